import ArgumentParser
import Foundation
import Postgres
import Tandem

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Import a file by a mapping, or take an import back.",
        discussion: """
            tandem import accounts accounts.csv --map accounts.yaml --tenant acme
            tandem import detect contacts export.csv                 what the file is, and a mapping to begin with
            tandem import contacts hubspot.csv --map hubspot-contacts --tenant acme --dry-run --report rows.csv
            tandem import contacts hubspot.csv --map hubspot-contacts --tenant acme --since last     every night
            tandem import events orders.jsonl --map orders.yaml --tenant acme --dry-run
            tandem import events segment-logs/ --format segment --tenant acme --dry-run

            The mapping says which column becomes which field; docs/import.md describes it. Archives of Segment and
            RudderStack need none. The same file again changes nothing; an interrupted import goes on when it is run again.
            """,
        subcommands: [Run.self, Detect.self, Mappings.self, List.self, Show.self, Undo.self],
        defaultSubcommand: Run.self)

    static let columns: [(title: String, key: String)] = [
        ("ID", "id"), ("OBJECT", "object"), ("FILE", "file"), ("STATE", "state"), ("READ", "read"),
        ("CREATED", "created"), ("UPDATED", "updated"), ("UNCHANGED", "unchanged"), ("REJECTED", "rejected"),
        ("PASSED OVER", "passed_over"), ("CURSOR", "cursor.kept"), ("AT", "created_at"),
    ]

    struct Run: DatabaseCommand {
        static let configuration = CommandConfiguration(
            commandName: "run",
            abstract:
                "Import a file: tandem import OBJECT FILE --map MAP.yaml, or tandem import events FILE… --format F.",
            discussion: """
                tandem import contacts people.csv --map hubspot-contacts --tenant acme --dry-run --report rows.csv
                tandem import run events segment-logs/ --format segment --tenant acme
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "accounts, contacts, leads, opportunities, products, users, activities, … or events.")
        var object: String
        @Argument(help: "The file, plain or gzip; with --format also several, and folders.") var files: [String]
        @Option(help: "The mapping file, or the name of one of tandem import mappings.") var map: String?
        @Option(help: "How dates are written for which the mapping says nothing, such as DD/MM/YYYY.")
        var dateFormat: String?
        @Option(help: "Refuse any other file than the one with this SHA-256, which a dry run tells.") var sha256:
            String?
        @Option(help: "With --dry-run: each row with column and reason, as .csv or .jsonl.") var report: String?
        @Option(help: "Whose archive of messages the files are: segment or rudderstack.") var format: ArchiveFormat?
        @Option(help: "With --format: the source that the events carry (import).") var source: String?
        @Option(help: "With --format: events a second, at most.") var rate: Int?
        @Option(
            help:
                "The field that finds a row's record, or several by preference (external_id,email); overrides the mapping's."
        ) var match: String?
        @Option(
            help:
                "Only rows that changed since: `last` (where the last import by this mapping ended) or a value such as 2026-11-01."
        ) var since: String?
        @Option(help: "Where rejected rows are written (FILE.rejects.jsonl).") var rejects: String?

        func validate() throws {
            if format != nil {
                if object != "events" { throw ValidationError("--format is for events") }
                if map != nil || match != nil { throw ValidationError("--format needs no --map and no --match") }
                if since != nil {
                    throw ValidationError(
                        "--since goes with --map: a file of an archive does not grow, and what is stored of it is known for ever; name the new files"
                    )
                }
                if let rate, rate < 1 { throw ValidationError("--rate is a number of events a second, 1 or more") }
                if files.count > 1, rejects != nil { throw ValidationError("--rejects is for one file") }
            } else {
                if map == nil { throw ValidationError("give --map MAP.yaml, or for archives of events --format") }
                if files.count != 1 { throw ValidationError("with --map one file is imported at a time") }
                if report != nil, !global.dryRun { throw ValidationError("--report goes with --dry-run") }
                if source != nil || rate != nil { throw ValidationError("--source and --rate go with --format") }
            }
        }

        func run(_ session: DatabaseSession) throws -> Output {
            if let format { return try runArchive(format, session) }
            let (file, map) = (files[0], map ?? "")
            let importer = try session.importer()
            let yaml = try ImportCommand.mappingText(map, object: object)
            let mapping: Mapping
            do throws(MappingError) {
                mapping = try Mapping(yaml: yaml, object: object)
            } catch {
                throw CommandFailure(exit: .usage, code: "invalid_mapping", message: "\(map): \(error)")
            }
            let keys = (match ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            let job = ImportJob(
                object: object, file: ImportFile(path: file), mapping: mapping, match: keys, isDryRun: global.dryRun,
                dateFormat: dateFormat, digest: sha256, since: since.map(ImportSince.init))
            let meter = ProgressMeter()
            defer { meter.end() }
            let progress = try session.whileThereIsRoom(meter.show)
            do throws(TandemError) {
                return try report(try importer.run(job, progress: progress), importer, file)
            } catch {
                if case .badRequest(let code, let detail) = error, detail.hasPrefix("line ") {
                    throw CommandFailure(exit: .usage, code: code, message: "\(map): \(detail)")
                }
                throw error
            }
        }

        private func report(
            _ report: ImportReport, _ importer: Importer, _ file: String
        ) throws(TandemError) -> Output {
            var answer = try answer(report, importer, file)
            if global.dryRun {
                answer["rows"] = .array(report.rows.map(\.json))
                if let path = self.report { try ImportRowFile.write(report.rows, to: path) }
            }
            var output = Output(content: .object(answer), name: "import.id")
            output.text = words(report, rejects: answer["rejects"]?.string)
            return output
        }

        /// Writes the rejected rows; `{"import": …, "rejects": …}`.
        func answer(
            _ report: ImportReport, _ importer: Importer, _ file: String
        ) throws(TandemError) -> JSONObject {
            var answer: JSONObject = ["import": .object(report.json), "rejects": .null]
            if let id = report.id, report.rejected > 0 {
                let path = rejects ?? Self.rejectsPath(of: file)
                _ = try importer.writeRejects(of: id, to: path)
                answer["rejects"] = .string(path)
            }
            return answer
        }

        /// Beside the file, or in the current folder when that may not be written.
        private static func rejectsPath(of file: String) -> String {
            let path = file + ".rejects.jsonl"
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            return FileManager.default.isWritableFile(atPath: folder) ? path : (path as NSString).lastPathComponent
        }

        private func words(_ report: ImportReport, rejects: String?) -> String {
            func number(_ key: String) -> String { report.json[key]?.number?.text ?? "0" }
            var text = global.dryRun ? "dry run: nothing was kept\n" : "import \(report.json["id"]?.string ?? "")\n"
            for key in ["read", "created", "updated", "unchanged", "rejected"] {
                text += "  \(key)\(String(repeating: " ", count: 11 - key.count))\(number(key))\n"
            }
            for (field, count) in report.json["unknown"]?.object ?? [:] {
                text += "  unknown    \(count.number?.text ?? "") × \(field)\n"
            }
            text += ImportCursorWords(report.json, isDryRun: global.dryRun).text
            text += faults(of: report)
            if let rejects { text += "  rejected rows are in \(rejects)\n" }
            if let path = self.report { text += "  each row is in \(path)\n" }
            if let digest = report.json["file_sha256"]?.string {
                text += "  encoding   \(report.json["encoding"]?.string ?? "")\n  sha256     \(digest)\n"
            }
            return text
        }

        /// What is wrong, each kind once, with how many rows it concerns.
        private func faults(of report: ImportReport) -> String {
            var kinds: [(words: String, line: Int, count: Int)] = []
            var positions: [String: Int] = [:]
            for row in report.rows {
                for fault in row.faults {
                    let place = [fault.column.map { "column \($0)" }, fault.field].compactMap { $0 }
                        .joined(separator: " → ")
                    let words = (place.isEmpty ? "" : place + ": ") + fault.reason
                    if let position = positions[words] {
                        kinds[position].count += 1
                    } else {
                        positions[words] = kinds.count
                        kinds.append((words, row.line, 1))
                    }
                }
            }
            var text = ""
            for kind in kinds.prefix(20) {
                let more = kind.count > 1 ? " and \(kind.count - 1) more" : ""
                text += "  line \(kind.line)\(more): \(kind.words)\n"
            }
            if kinds.count > 20 { text += "  … and \(kinds.count - 20) more kinds; -o json lists all rows\n" }
            return text
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "The newest imports of a tenant.", discussion: "tandem import list --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Option(help: "How many.") var limit = 100

        func run(_ session: DatabaseSession) throws -> Output {
            Output(content: .list(try session.importer().list(limit: limit)), columns: ImportCommand.columns)
        }
    }

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "One import with its counts.", discussion: "tandem import show imp_… --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "imp_…") var id: String

        func run(_ session: DatabaseSession) throws -> Output {
            Output(
                content: .object(["import": .object(try session.importer().show(ImportCommand.id(id)))]),
                name: "import.id")
        }
    }

    struct Undo: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an import back: what it made is removed, what it changed is restored if unchanged since.",
            discussion: "tandem import undo imp_… --tenant acme --dry-run")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "imp_…") var id: String

        func run(_ session: DatabaseSession) throws -> Output {
            let meter = ProgressMeter()
            defer { meter.end() }
            let result = try session.importer().undo(
                ImportCommand.id(id), isDryRun: global.dryRun, progress: meter.show)
            return Output(content: .object(result), name: "import.id", text: Self.words(result))
        }

        private static func words(_ result: JSONObject) -> String {
            let id = result["import"]?["id"]?.string ?? ""
            if result["dry_run"]?.bool == true {
                func number(_ key: String) -> String { result["import"]?[key]?.number?.text ?? "0" }
                return "dry run: import \(id) made \(number("created")) and changed \(number("updated")) records; "
                    + "nothing was taken back" + ImportCursorWords.wouldGoBack(result["import"]?["cursor"])
            }
            func line(_ name: String, _ words: String) -> String {
                let count = result[name]?.int ?? 0
                return "  \(name.replacing("_", with: " ").padding(toLength: 12, withPad: " ", startingAt: 0))\(count)"
                    + (count == 0 || words.isEmpty ? "" : "  \(words)")
            }
            var lines = [
                "import \(id) is taken back", line("removed", "in the bin"), line("restored", "as they were before"),
                line("kept", "changed since, or in use"),
                line(
                    "people_kept",
                    "profiles of removed records: what is known of a person stays; tandem privacy erase removes it"),
            ]
            if let cursor = result["cursor"] { lines.append(ImportCursorWords.isBack(cursor)) }
            let kept = result["kept_rows"]?.array ?? []
            for row in kept.prefix(20) {
                lines.append("  row \(row["row"]?.int ?? 0): \(row["id"]?.string ?? "")  \(row["code"]?.string ?? "")")
            }
            if kept.count > 20 { lines.append("  and \(kept.count - 20) more: -o json lists them") }
            return lines.joined(separator: "\n")
        }
    }

    private static func id(_ text: String) throws -> UUID {
        guard let id = PublicID(.import, text: text)?.uuid else { throw TandemError.notFound() }
        return id
    }
}

extension DatabaseSession {
    /// Tells how far an import is, and ends it before it takes what is kept free of the database's disk. The same command goes on later.
    func whileThereIsRoom(
        _ show: @escaping (ImportProgress) -> Void
    ) throws -> (ImportProgress) throws(TandemError) -> Void {
        guard let path = server?.clusterPath else { return { show($0) } }
        let bounds = try settings.diskReserve()
        return { (progress) throws(TandemError) in
            show(progress)
            guard let space = DiskRoom.space(at: path),
                bounds.isShort(free: space.free, total: space.total, wasShort: false)
            else { return }
            throw .unavailable("the disk is nearly full", sqlState: SQLState.diskFull.rawValue)
        }
    }

    /// An importer into the tenant that was named.
    /// - Parameter source: where imported values come from; nil: the tenant's source "import", made at its first use.
    func importer(source name: String? = nil) throws -> Importer {
        let tenant = try tenant()
        return try Importer(
            connection, tenant: tenant,
            source: name.map { try directory.source(tenant, $0) } ?? directory.importSource(of: tenant),
            actor: Self.actor, catalog: catalog(of: tenant), logger: logger)
    }
}
