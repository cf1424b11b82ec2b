import ArgumentParser
import Foundation
import Tandem

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Who did what, and whether that is still as it was written.",
        discussion: """
            tandem audit list --tenant acme --since 2026-11-01 --action contact
            tandem audit verify --tenant acme
            tandem audit export --to audit.jsonl --tenant acme
            tandem audit list --control --tenant acme       what administrators did to it; without --tenant: to all of them
            """,
        subcommands: [List.self, Verify.self, Export.self])

    /// Whose log: a tenant's, or the one of what administrators did.
    struct Log: ParsableArguments {
        @Flag(
            name: .customLong("control"),
            help: "What administrators did: to tenants, keys, sources, sign-ins, the installation.")
        var isControl = false
    }

    struct Filter: ParsableArguments {
        @Option(help: "Who did it, as entries say it: user:…, key:…, cli:….") var actor: String?
        @Option(help: "What was done, such as contact.write, or what stands before the dot.") var action: String?
        @Option(help: "The kind of thing it was done to.") var object: String?
        @Option(name: .customLong("id"), help: "The thing's id.") var objectID: String?
        @Option(help: "Done at this time or later, ISO 8601.") var since: String?
        @Option(help: "Done before this time, ISO 8601.") var until: String?

        /// - Parameter tenant: of what administrators did, which they did to it.
        func filter(tenant: String? = nil) throws -> AuditFilter {
            try AuditFilter([
                ("actor", actor), ("action", action), ("object", object), ("object_id", objectID), ("since", since),
                ("until", until), ("tenant", tenant),
            ])
        }
    }

    /// Reads a log page by page.
    private struct Reader {
        let session: DatabaseSession
        let filter: AuditFilter
        /// Nil: what administrators did.
        let tenant: Tenant?
        private var place: AuditPlace?

        /// Only a tenant that the command itself names narrows what administrators did: `TANDEM_TENANT` is for work in it.
        init(_ session: DatabaseSession, _ log: Log, _ filter: Filter) throws {
            self.session = session
            self.tenant = try log.isControl ? nil : session.tenant()
            self.filter = try filter.filter(tenant: log.isControl ? session.options.tenant : nil)
        }

        /// The next page.
        mutating func next(_ limit: Int) throws -> (items: [JSON], isLast: Bool) {
            let (filter, place) = (filter, place)
            if let tenant {
                let page = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                    try connection.auditEntries(filter, after: place, limit: limit)
                }
                self.place = page.next
                return (page.items, page.next == nil)
            }
            let page = try session.connection.controlAuditEntries(filter, before: place?.seq, limit: limit)
            self.place = page.next.map { AuditPlace(at: 0, chain: 0, seq: $0) }
            return (page.items, page.next == nil)
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List entries, newest first.",
            discussion: """
                tandem audit list --tenant acme --actor user:sales@acme.example
                tandem audit list --tenant acme --object contact --id cont_…
                tandem audit list --control --action key
                """)
        @OptionGroup var global: GlobalOptions
        @OptionGroup var log: Log
        @OptionGroup var filter: Filter
        @Option(help: "At most so many.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            var reader = try Reader(session, log, filter)
            let items = try reader.next(limit).items
            let subject: (title: String, key: String) = log.isControl ? ("TENANT", "slug") : ("OBJECT", "object")
            return Output(
                content: .list(items.compactMap(\.object)),
                columns: [
                    ("AT", "at"), ("ACTOR", "actor"), ("ACTION", "action"), subject, ("ID", "object_id"),
                    ("CHAIN", "chain"), ("SEQ", "seq"),
                ], name: "object_id")
        }
    }

    struct Verify: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether the audit log is as it was written, and where it is not.",
            discussion: """
                tandem audit verify --tenant acme
                tandem audit verify --tenant acme -o json > heads.json
                tandem audit verify --tenant acme --heads heads.json
                tandem audit verify --control

                Each entry's hash covers the one before it. Who can write to the database could write all of them anew, heads \
                included: keep the heads that this prints (-o json) elsewhere, and give them to --heads later.
                """)
        @OptionGroup var global: GlobalOptions
        @OptionGroup var log: Log
        @Option(
            name: .customLong("heads"),
            help:
                "A file of heads that was kept elsewhere (what -o json printed): also name where the log does not go on from them.",
            completion: .file())
        var headsFile: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let state = try state(session, since: heads())
            let breaches = state["breaches"]?.array ?? []
            var text = "\(state["entries"]?.int ?? 0) entries: "
            text += breaches.isEmpty ? "all as they were written.\n" : "NOT as they were written.\n"
            for breach in breaches {
                text +=
                    "  entry \(breach["seq"]?.int ?? 0) of chain \(breach["chain"]?.int ?? 0): \(breach["breach"]?.string ?? "")\n"
            }
            var output = Output(content: .object(state.object ?? [:]), name: "intact", text: text)
            if !breaches.isEmpty { output.exit = .failed }
            return output
        }

        private func state(_ session: DatabaseSession, since kept: AuditHeads) throws -> JSON {
            guard log.isControl else {
                return try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                    try connection.auditState(since: kept)
                }
            }
            if global.tenant != nil {
                throw CommandFailure.usage(
                    "--control has one chain for all tenants, which is read whole: leave --tenant away")
            }
            return try session.connection.controlAuditState(since: kept)
        }

        private func heads() throws -> AuditHeads {
            guard let headsFile else { return AuditHeads() }
            guard let data = FileManager.default.contents(atPath: headsFile) else {
                throw CommandFailure.usage("\(headsFile) cannot be read")
            }
            guard let kept = try? AuditHeads(JSON(parsing: Array(data))) else {
                throw CommandFailure.usage(
                    "\(headsFile) has no heads", hint: "it is to be what tandem audit verify -o json printed")
            }
            return kept
        }
    }

    struct Export: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write entries as JSON lines, newest first.",
            discussion: """
                tandem audit export --to audit.jsonl --since 2026-11-01 --tenant acme
                tandem audit export --to administrators.jsonl --control
                """)
        @OptionGroup var global: GlobalOptions
        @OptionGroup var log: Log
        @OptionGroup var filter: Filter
        @Option(name: .customLong("to"), help: "The file; - is standard output.") var path = "-"

        private static let page = 1_000

        func run(_ session: DatabaseSession) throws -> Output {
            var reader = try Reader(session, log, filter)
            let file = try ExportFile(path)
            var lines = 0
            while true {
                let page = try reader.next(Self.page)
                try file.write(page.items)
                lines += page.items.count
                if page.isLast { break }
            }
            return try file.closed(
                Output(
                    content: .object(["lines": .number(lines), "file": .string(path)]), name: "lines",
                    text: "\(lines) lines in \(path).\n"))
        }
    }
}
