import ArgumentParser
import Foundation
import Postgres
import Tandem

struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "By which identifiers events become one person: show, change, try.",
        discussion: """
            tandem rules show --tenant acme -o json > rules.json
            tandem rules simulate rules.json --tenant acme
            tandem rules set rules.json --tenant acme

            What the file leaves out has its default:
              {"identifiers": [{"type": "user_id", "priority": 1, "limit": 1, "window": "ever"},
                               {"type": "app_id", "priority": 2, "limit": 3, "window": "monthly", "trait": "appId",
                                "blocked": ["guest"]}],
               "default": {"limit": 5, "window": "ever"}, "blocked": ["null"], "blocked_patterns": ["^[0-]*$"],
               "max_ids": 1000, "max_merges": 100, "anomaly_ids_per_hour": 20}
            """,
        subcommands: [Show.self, Versions.self, Set.self, Simulate.self])

    static func rules(_ path: String) throws -> JSON {
        let objects = try JSONFile.objects(at: path)
        guard let object = objects.first, objects.count == 1 else {
            throw CommandFailure.usage(
                "\(path) has to hold one JSON object", hint: "tandem rules show -o json prints one")
        }
        return .object(object)
    }

    /// The rules in a table: what tells versions apart.
    static func words(_ rules: JSON) -> String {
        let head = ["TYPE", "PRIORITY", "LIMIT", "WINDOW", "FED BY", "BLOCKED"]
        let rows = (rules["identifiers"]?.array ?? []).map { entry in
            let blocked = ["blocked", "blocked_patterns"].flatMap { entry[$0]?.array ?? [] }.compactMap(\.string)
            return [
                entry["type"]?.string ?? "", entry["priority"]?.text ?? "", entry["limit"]?.text ?? "default",
                entry["window"]?.string ?? "", entry["trait"]?.string ?? "", blocked.joined(separator: " "),
            ]
        }
        let others = [
            "any other", "", rules["default"]?["limit"]?.text ?? "", rules["default"]?["window"]?.string ?? "", "",
            ["blocked", "blocked_patterns"].flatMap { rules[$0]?.array ?? [] }.compactMap(\.string)
                .joined(separator: " "),
        ]
        let author = rules["author"]?.string.map { " by \($0)" } ?? ""
        let caps = ["max_ids", "max_merges", "anomaly_ids_per_hour"].map { "\($0) \(rules[$0]?.text ?? "")" }
        return "version \(rules["version"]?.text ?? ""), \(rules["created_at"]?.string ?? "")\(author)\n"
            + Output.aligned([head] + rows + [others]) + caps.joined(separator: ", ") + "\n"
    }

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the rules in force.", discussion: "tandem rules show --tenant acme -o json > rules.json")
        @OptionGroup var global: GlobalOptions

        func run(_ session: DatabaseSession) throws -> Output {
            let rules = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.identityRules()
            }
            return Output(content: .object(rules.object ?? [:]), name: "version", text: RulesCommand.words(rules))
        }
    }

    struct Versions: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the versions that there were, newest first.",
            discussion: "tandem rules versions --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Option(help: "At most so many.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            let items = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.identityRulesVersions(limit: limit)
            }
            return Output(
                content: .list(items.compactMap(\.object)),
                columns: [("VERSION", "version"), ("AUTHOR", "author"), ("CREATED", "created_at")], name: "version")
        }
    }

    struct Set: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put rules into force, for events from now on.",
            discussion: "tandem rules set rules.json --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "A file with the rules; - is standard input.") var file: String

        func run(_ session: DatabaseSession) throws -> Output {
            let document = try RulesCommand.rules(file)
            let (rules, replaced) = (try IdentityRules(json: document), try document.object?.expectedVersion())
            let stored = try session.inTenant(session.tenant()) { (connection) throws(TandemError) in
                try connection.identityRulesPut(rules, replacing: replaced, actor: DatabaseSession.actor)
            }
            return Output(
                content: .object(session.written(stored)), name: "version", text: RulesCommand.words(stored))
        }
    }

    struct Simulate: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say which profiles other rules would have joined or kept apart; changes nothing.",
            discussion: """
                tandem rules simulate rules.json --tenant acme
                tandem rules simulate rules.json --since 2026-11-01 --tenant acme

                What events attached, joined and were kept from joining is played once more in memory, under the rules in
                force and under those of the file, and compared. What people decided stands under both.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "A file with the rules; - is standard input.") var file: String
        @Option(help: "Events received before this time stay as they were decided, ISO 8601.") var since: String?

        func run(_ session: DatabaseSession) throws -> Output {
            let since = try RulesSimulation.Order.time(since.map { .string($0) })
            let order = RulesSimulation.Order(rules: try IdentityRules(json: RulesCommand.rules(file)), since: since)
            let tenant = try session.tenant()
            let simulation = RulesSimulation(order)
            let meter = ProgressMeter()
            defer { meter.end() }
            let total = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                try connection.simulationNodes()
            }
            var goesOn = true
            while goesOn {
                goesOn = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                    try simulation.next(on: connection)
                }
                meter.show("reading", done: Int64(simulation.nodesRead), of: Int64(total), unit: "profiles")
            }
            let result = simulation.result ?? .null
            var output = Output(content: .object(result.object ?? [:]), name: "joined")
            output.text = SimulationText.text(result)
            return output
        }
    }
}

/// What a simulation of rules found, as text.
enum SimulationText {
    static func text(_ result: JSON) -> String {
        func number(_ path: String...) -> String {
            path.reduce(Optional(result)) { json, key in json?[key] }?.text ?? "0"
        }
        var lines = [
            "Nothing is changed. \(number("events")) events that attached, joined or were kept out, \(number("identifiers"))"
                + " identifiers.",
            "profiles   \(number("profiles", "before")) under version \(number("version")), which is in force;"
                + " \(number("profiles", "after")) under these rules",
            "joined     \(number("joined")) profiles would be made of several that are apart",
            "parted     \(number("parted")) profiles would be several",
            "dropped    \(number("dropped_identifiers")) identifiers would be nobody's; added \(number("added_identifiers"))",
        ]
        for (title, key) in [("would be joined", "joined"), ("would be parted", "parted")] {
            for example in result["examples"]?[key]?.array ?? [] {
                lines += ["", title + because(example["because"])]
                for profile in example["profiles"]?.array ?? [] {
                    let identifiers = (profile["identifiers"]?.array ?? []).map {
                        "\($0["type"]?.string ?? "") \($0["value"]?.string ?? "")"
                    }
                    let more = (profile["count"]?.int ?? 0) - identifiers.count
                    lines.append(
                        "  \(profile["id"]?.string ?? "")  " + identifiers.joined(separator: ", ")
                            + (more > 0 ? " and \(more) more" : ""))
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func because(_ cause: JSON?) -> String {
        guard let cause else { return "" }
        let (type, value) = (cause["identifier"]?["type"]?.string ?? "", cause["identifier"]?["value"]?.string ?? "")
        return ": \(cause["rule"]?.string ?? "") at \(type) \(value), \(cause["at"]?.string ?? "")"
    }
}
