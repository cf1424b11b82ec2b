import ArgumentParser
import Tandem

struct RetentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "For how long events are kept.",
        discussion: """
            tandem retention set retention.json --dry-run --tenant acme
            tandem retention set retention.json --tenant acme
            tandem retention show --tenant acme

            A file of rules is a list such as
              [{"type": "track", "event": "Heartbeat", "days": 30}, {"type": "page", "days": 400}]
            What no rule names is kept for ever. Identifiers, traits and merges that events brought stay.
            """,
        subcommands: [Show.self, Set.self])

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the rules in force, and what the last pass has deleted.",
            discussion: "tandem retention show --tenant acme")
        @OptionGroup var global: GlobalOptions

        func run(_ session: DatabaseSession) throws -> Output {
            let shown = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.retention()
            }
            return Output(content: .object(shown.object ?? [:]), name: "version", text: Self.text(shown))
        }

        private static func text(_ shown: JSON) -> String {
            let rules = shown["rules"]?.array ?? []
            if rules.isEmpty { return "No rules: all events are kept.\n" }
            let rows = rules.map { rule in
                [rule["type"]?.string ?? "", rule["event"]?.string ?? "", "\(rule["days"]?.int ?? 0)"]
            }
            var text = Output.aligned([["TYPE", "EVENT", "DAYS"]] + rows)
            guard let pass = shown["pass"], let began = pass["began_at"]?.string else {
                return text + "\nNothing was looked at yet; the server does so every hour.\n"
            }
            text +=
                "\nlast pass: from \(began) " + (pass["finished_at"]?.string.map { "to \($0)" } ?? "on, not ended")
                + "\n"
            for (what, count) in pass["deleted"]?.object ?? [:] { text += "deleted: \(count.text) \(what)\n" }
            return text
        }
    }

    struct Set: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Put rules into force; an empty list keeps everything. With --dry-run count what they would delete.",
            discussion: "tandem retention set retention.json --dry-run --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "A file of rules; - is standard input.") var file: String
        @Option(help: "Only if this version is in force.") var ifVersion: Int?

        func run(_ session: DatabaseSession) throws -> Output {
            let objects = try JSONFile.objects(at: file)
            let body: JSONObject =
                if let first = objects.first, objects.count == 1, first["rules"] != nil {
                    first
                } else {
                    ["rules": .array(objects.map(JSON.object))]
                }
            var change = try RetentionChange(json: body)
            change.expectedVersion = ifVersion ?? change.expectedVersion
            if global.dryRun {
                let plan = try session.inTenant(session.tenant(), readOnly: true) {
                    [change] (connection) throws(TandemError) in
                    try connection.retentionPlan(change.rules)
                }
                return Output(content: .object(plan.object ?? [:]), text: Self.text(plan))
            }
            let stored = try session.inTenant(session.tenant()) { [change] (connection) throws(TandemError) in
                try connection.retentionPut(change, actor: DatabaseSession.actor)
            }
            return Output(content: .object(session.written(stored)), name: "version")
        }

        private static func text(_ plan: JSON) -> String {
            let rows = (plan["would_delete"]?.array ?? []).map { item in
                ["\(item["events"]?.int ?? 0)", item["type"]?.string ?? "", item["event"]?.string ?? ""]
            }
            if rows.isEmpty { return "Nothing would be deleted now.\n" }
            return "Nothing was deleted. These rules would delete now:\n"
                + Output.aligned([["EVENTS", "TYPE", "EVENT"]] + rows)
        }
    }
}
