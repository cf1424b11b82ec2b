import ArgumentParser
import Foundation
import Tandem

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Who did what in a tenant, and whether that is still as it was written.",
        discussion: """
            tandem audit list --tenant acme --since 2026-11-01 --action contact
            tandem audit verify --tenant acme
            tandem audit export --to audit.jsonl --tenant acme
            """,
        subcommands: [List.self, Verify.self, Export.self])

    struct Filter: ParsableArguments {
        @Option(help: "Who did it, as entries say it: user:…, key:…, cli:….") var actor: String?
        @Option(help: "What was done, such as contact.write, or what stands before the dot.") var action: String?
        @Option(help: "The kind of thing it was done to.") var object: String?
        @Option(name: .customLong("id"), help: "The thing's id.") var objectID: String?
        @Option(help: "Done at this time or later, ISO 8601.") var since: String?
        @Option(help: "Done before this time, ISO 8601.") var until: String?

        func filter() throws -> AuditFilter {
            try AuditFilter([
                ("actor", actor), ("action", action), ("object", object), ("object_id", objectID), ("since", since),
                ("until", until),
            ])
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List entries, newest first.",
            discussion: """
                tandem audit list --tenant acme --actor user:sales@acme.example
                tandem audit list --tenant acme --object contact --id cont_…
                """)
        @OptionGroup var global: GlobalOptions
        @OptionGroup var filter: Filter
        @Option(help: "At most so many.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            let filter = try filter.filter()
            let page = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.auditEntries(filter, after: nil, limit: limit)
            }
            return Output(
                content: .list(page.items.compactMap(\.object)),
                columns: [
                    ("AT", "at"), ("ACTOR", "actor"), ("ACTION", "action"), ("OBJECT", "object"), ("ID", "object_id"),
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

                Each entry's hash covers the one before it. Who can write to the database could write all of them anew, heads \
                included: keep the heads that this prints (-o json) elsewhere, and give them to --heads later.
                """)
        @OptionGroup var global: GlobalOptions
        @Option(
            name: .customLong("heads"),
            help:
                "A file of heads that was kept elsewhere (what -o json printed): also name where the log does not go on from them.",
            completion: .file())
        var headsFile: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let kept = try heads()
            let state = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.auditState(since: kept)
            }
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
            discussion: "tandem audit export --to audit.jsonl --since 2026-11-01 --tenant acme")
        @OptionGroup var global: GlobalOptions
        @OptionGroup var filter: Filter
        @Option(name: .customLong("to"), help: "The file; - is standard output.") var path = "-"

        private static let page = 1_000

        func run(_ session: DatabaseSession) throws -> Output {
            let (filter, tenant) = (try filter.filter(), try session.tenant())
            let file = try ExportFile(path)
            var lines = 0
            var after: AuditPlace?
            repeat {
                let place = after
                let page = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                    try connection.auditEntries(filter, after: place, limit: Self.page)
                }
                try file.write(page.items)
                lines += page.items.count
                after = page.next
            } while after != nil
            return try file.closed(
                Output(
                    content: .object(["lines": .number(lines), "file": .string(path)]), name: "lines",
                    text: "\(lines) lines in \(path).\n"))
        }
    }
}
