import ArgumentParser
import Foundation
import Tandem

/// What plans have to do with events: checking, learning, violations.
extension PlanCommand {
    struct Check: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check messages by a plan; changes nothing. Exits 1 if one does not keep to it.",
            discussion: """
                tandem plan check web samples.jsonl --tenant acme
                tandem plan check --file web.json samples.jsonl --tenant acme
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "A saved plan (unless --file is given), and a file of messages; - is standard input.")
        var arguments: [String]
        @Option(help: "A file of a plan that is not saved.") var file: String?
        @Option(help: "This version of the saved plan.") var version: Int?

        func validate() throws {
            guard arguments.count == (file == nil ? 2 : 1) else {
                throw ValidationError("Name a plan and a file of messages, or --file and a file of messages.")
            }
        }

        func run(_ session: DatabaseSession) throws -> Output {
            let messages = try JSONFile.objects(at: arguments[arguments.count - 1])
            var body: JSONObject = ["messages": .array(messages.map(JSON.object))]
            if let file {
                body["events"] = try PlanCommand.content(file)["events"]
            } else {
                body["plan"] = .string(arguments[0])
                body["version"] = version.map { .number($0) }
            }
            let trial = try PlanTrial(json: body)
            let report = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.planTrial(trial)
            }
            var output = Output(content: .object(report.object ?? [:]))
            output.text = Self.words(report)
            if report["invalid"]?.int != 0 { output.exit = .failed }
            return output
        }

        private static func words(_ report: JSON) -> String {
            var text = "\(report["valid"]?.int ?? 0) keep to it, \(report["invalid"]?.int ?? 0) do not\n"
            for item in report["items"]?.array ?? [] where item["valid"] != true {
                text += "\n\(item["type"]?.string ?? "") \(item["name"]?.string ?? "")\n"
                if let detail = item["detail"]?.string { text += "  \(detail)\n" }
                text += (item["violations"]?.array ?? []).map(PlanCommand.line).joined()
            }
            return text
        }
    }

    struct Learn: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Draft a plan that stored events keep to, for you to go over; changes nothing.",
            discussion: """
                tandem plan learn --since 7d --tenant acme
                tandem plan learn --since 2026-11-01 --source web --tenant acme -o json > web.json
                tandem plan set web web.json --tenant acme
                """)
        @OptionGroup var global: GlobalOptions
        @Option(help: "Events of this time and later, ISO 8601, or of the last hours or days: 12h, 7d.")
        var since = "7d"
        @Option(help: "Only those of this source, by name, src_… or uuid.") var source: String?
        @Option(help: "At most so many.") var limit = PlanLesson.eventsLimit

        func run(_ session: DatabaseSession) throws -> Output {
            let lesson = try PlanLesson(
                json: [
                    "since": .string(since), "source": .string(orNull: source), "limit": .number(limit),
                ], now: WallClock.system.microseconds)
            let learned = try session.inTenant(session.tenant(), readOnly: true) {
                (connection) throws(TandemError) in try connection.planLearn(lesson)
            }
            var output = Output(content: .object(["events": learned["events"] ?? []]))
            output.text = Self.words(learned)
            output.next = ["tandem plan learn … -o json > plan.json, edit it, then tandem plan set NAME plan.json"]
            return output
        }

        private static func words(_ learned: JSONObject) -> String {
            var text = "\(learned["read"]?.int ?? 0) events were read\n"
            for event in learned["observed"]?.array ?? [] {
                let count = event["count"]?.int ?? 0
                text += "\n\(event["type"]?.string ?? "") \(event["name"]?.string ?? "")  \(count) events\n"
                for property in event["properties"]?.array ?? [] {
                    let types = property["types"]?.object?.names.joined(separator: ", ") ?? ""
                    let share = 100 * (property["present"]?.int ?? 0) / max(count, 1)
                    text += "  \(property["name"]?.string ?? "")  \(types)  in \(share) %\n"
                }
            }
            return text
        }
    }

    struct Violations: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Where events did not keep to a plan: the events, or how many there were.",
            discussion: """
                tandem plan violations --plan web --received-after 2026-11-01 --tenant acme
                tandem plan violations --counts hour --source web --tenant acme
                """)
        @OptionGroup var global: GlobalOptions
        @Option(help: "Only those of this plan.") var plan: String?
        @Option(help: "Only those of this source, by name or src_….") var source: String?
        @Option(help: "track, page, screen, identify or group.") var type: String?
        @Option(help: "Only those of this event's or page's name.") var name: String?
        @Option(help: "Only those of this keyword of JSON Schema, or unplanned.") var keyword: String?
        @Option(help: "Only those at this place, such as /properties/total.") var pointer: String?
        @Option(help: "allow, omit, block or quarantine.") var action: String?
        @Option(
            name: [.customLong("since"), .customLong("received-after")],
            help: "Received at this time or later, ISO 8601.")
        var receivedAfter: String?
        @Option(
            name: [.customLong("until"), .customLong("received-before")], help: "Received before this time, ISO 8601.")
        var receivedBefore: String?
        @Option(help: "Count them instead: total or hour.") var counts: String?
        @Option(help: "At most so many events.") var limit = 50

        func validate() throws {
            guard counts == nil || ["total", "hour"].contains(counts) else {
                throw ValidationError("--counts is total or hour.")
            }
        }

        func run(_ session: DatabaseSession) throws -> Output {
            let parts = [
                ("plan", plan), ("source", source), ("type", type), ("name", name), ("keyword", keyword),
                ("pointer", pointer), ("action", action), ("received_after", receivedAfter),
                ("received_before", receivedBefore),
            ]
            let filter = try PlanViolationFilter(parts.compactMap { part in part.1.map { (part.0, $0) } })
            return try session.inTenant(session.tenant(), readOnly: true) {
                (connection) throws(TandemError) -> Output in
                if let counts {
                    let found = try connection.planViolationCounts(filter, byHour: counts == "hour")
                    let columns = ["hour", "source", "plan", "type", "name", "keyword", "action", "count"]
                    return Output(
                        content: .list(found["items"]?.array?.compactMap(\.object) ?? []),
                        columns: columns.filter { $0 != "hour" || counts == "hour" }.map { ($0.uppercased(), $0) },
                        name: "count")
                }
                let items = try connection.planViolations(filter, limit: limit).compactMap(\.object)
                var output = Output(content: .list(items))
                output.text = items.map(Self.words).joined(separator: "\n")
                return output
            }
        }

        private static func words(_ item: JSONObject) -> String {
            let head = ["received_at", "source", "type", "name", "action", "message_id"].compactMap { item[$0]?.string }
            return head.joined(separator: "  ") + "\n"
                + (item["violations"]?.array ?? []).map(PlanCommand.line).joined()
        }
    }

    private static func line(_ violation: JSON) -> String {
        "  \(violation["pointer"]?.string ?? "")  \(violation["message"]?.string ?? "")\n"
    }
}
