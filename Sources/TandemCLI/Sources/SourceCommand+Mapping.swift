import ArgumentParser
import Tandem

extension SourceCommand {
    struct Mapping: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a source's messages are renamed, cast and dropped by when they are read.",
            discussion: """
                tandem source mapping show web --tenant acme
                tandem source mapping try web rules.json --tenant acme
                tandem source mapping set web rules.json --tenant acme

                A file of rules is a list such as
                  [{"rename_event": "order completed", "to": "Order Completed"},
                   {"rename": "properties.qty", "to": "properties.quantity", "event": "Order Completed"},
                   {"cast": "properties.price", "as": "number", "otherwise": "keep"},
                   {"drop": "traits.ssn"}, {"drop_event": "Heartbeat"}]
                """,
            subcommands: [Show.self, Set.self, Try.self])

        /// The rules of a file: a list of rules, or what `show` prints.
        private static func content(_ path: String) throws -> JSONObject {
            let objects = try JSONFile.objects(at: path)
            if let first = objects.first, objects.count == 1, first["rules"] != nil { return first }
            return ["rules": .array(objects.map(JSON.object))]
        }

        struct Show: DatabaseCommand {
            static let configuration = CommandConfiguration(
                abstract: "Show the rules in force, or the versions that there were.",
                discussion: """
                    tandem source mapping show web --tenant acme -o json
                    tandem source mapping show web --versions --tenant acme
                    """)
            @OptionGroup var global: GlobalOptions
            @Argument(help: "Its name, src_… or uuid.") var source: String
            @Flag(help: "List the versions, newest first.") var versions = false
            @Option(help: "At most so many versions.") var limit = 50

            func run(_ session: DatabaseSession) throws -> Output {
                let source = Source.reference(source)
                return try session.inTenant(session.tenant(), readOnly: true) {
                    (connection) throws(TandemError) -> Output in
                    if versions {
                        let items = try connection.mappingVersions(of: source, limit: limit)
                        return Output(
                            content: .list(items.compactMap(\.object)),
                            columns: [
                                ("VERSION", "version"), ("AUTHOR", "author"), ("CREATED", "created_at"),
                                ("RULES", "rules"),
                            ], name: "version")
                    }
                    return Output(
                        content: .object(try connection.mappingGet(of: source).object ?? [:]), name: "version")
                }
            }
        }

        struct Set: DatabaseCommand {
            static let configuration = CommandConfiguration(
                abstract: "Put rules into force for the source's messages from now on; an empty list takes all away.",
                discussion: "tandem source mapping set web rules.json --if-version 3 --tenant acme")
            @OptionGroup var global: GlobalOptions
            @Argument(help: "Its name, src_… or uuid.") var source: String
            @Argument(help: "A file of rules; - is standard input.") var file: String
            @Option(help: "Only if this version is in force.") var ifVersion: Int?

            func run(_ session: DatabaseSession) throws -> Output {
                var change = try MappingChange(json: Mapping.content(file))
                change.expectedVersion = ifVersion ?? change.expectedVersion
                let stored = try session.inTenant(session.tenant()) { [change] (connection) throws(TandemError) in
                    try connection.mappingPut(
                        change, of: Source.reference(source), actor: DatabaseSession.actor)
                }
                return Output(content: .object(session.written(stored)), name: "version")
            }
        }

        struct Try: DatabaseCommand {
            static let configuration = CommandConfiguration(
                abstract: "Show what rules would do to the source's last messages; changes nothing.",
                discussion: """
                    tandem source mapping try web rules.json --limit 100 --tenant acme
                    tandem source mapping try web rules.json --messages samples.jsonl --tenant acme
                    """)
            @OptionGroup var global: GlobalOptions
            @Argument(help: "Its name, src_… or uuid.") var source: String
            @Argument(help: "A file of rules; without it the rules in force.") var file: String?
            @Option(help: "A file of messages to try instead of the last ones.") var messages: String?
            @Option(help: "So many of the last messages, up to 100.") var limit = 20

            func run(_ session: DatabaseSession) throws -> Output {
                var body: JSONObject = ["limit": .number(limit)]
                if let file { body["rules"] = try Mapping.content(file)["rules"] }
                if let messages { body["messages"] = .array(try JSONFile.objects(at: messages).map(JSON.object)) }
                let trial = try MappingTrial(json: body)
                let report = try session.inTenant(session.tenant(), readOnly: true) {
                    (connection) throws(TandemError) in
                    try connection.mappingTrial(trial, of: Source.reference(source))
                }
                var output = Output(content: .object(report.object ?? [:]))
                output.text = Self.words(report)
                return output
            }

            private static func words(_ report: JSON) -> String {
                let counts = ["samples", "unchanged", "changed", "quarantined", "rejected"]
                var text = counts.map { "\(report[$0]?.int ?? 0) \($0)" }.joined(separator: ", ") + "\n"
                for item in report["items"]?.array ?? [] where item["outcome"] != "unchanged" {
                    let name = item["name"]?.string ?? ""
                    text += "\n\(item["outcome"]?.string ?? "")  \(item["type"]?.string ?? "") \(name)\n"
                    if let detail = item["detail"]?.string { text += "  \(detail)\n" }
                    if let before = item["before"], let after = item["after"] {
                        text += "  - \(before.text)\n  + \(after.text)\n"
                    }
                }
                return text
            }
        }
    }
}
