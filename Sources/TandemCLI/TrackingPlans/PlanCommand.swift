import ArgumentParser
import Foundation
import Tandem

/// `tandem plan …`: what events are expected to look like.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Tracking plans: what events are expected to look like, and where they do not.",
        discussion: """
            tandem plan learn --since 7d --tenant acme -o json > web.json
            tandem plan set web web.json --tenant acme
            tandem plan connect web --source web --violations quarantine --tenant acme
            tandem plan violations --plan web --tenant acme

            A file of a plan is {"events": [{"type": "track", "name": "Order Completed", "schema": {…}}, …]} with a JSON
            Schema of the properties (track, page, screen) or traits (identify, group) of each.
            """,
        subcommands: [
            List.self, Show.self, Set.self, Delete.self, Connect.self, Disconnect.self, Check.self, Learn.self,
            Violations.self,
        ])

    /// The plan of a file: one object with `events`.
    static func content(_ path: String) throws -> JSONObject {
        let objects = try JSONFile.objects(at: path)
        guard let first = objects.first, objects.count == 1, first["events"] != nil else {
            throw CommandFailure.usage("\(path) has to be one JSON object with events")
        }
        return first
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the plans with the sources that keep to them.",
            discussion: "tandem plan list --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Option(help: "At most so many.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            let items = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.planList(limit: limit)
            }
            // A table shows the sources by name.
            return Output(
                content: .list(
                    items.compactMap(\.object).map { item in
                        var item = item
                        item["source_names"] = .array(
                            item["sources"]?.array?.compactMap { $0["source"] } ?? [])
                        return item
                    }),
                columns: [
                    ("NAME", "name"), ("VERSION", "version"), ("EVENTS", "event_count"), ("SOURCES", "source_names"),
                    ("CHANGED", "created_at"), ("BY", "author"),
                ], name: "name")
        }
    }

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a plan, or the versions that there were.",
            discussion: """
                tandem plan show web --tenant acme -o json
                tandem plan show web --versions --tenant acme
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, plan_… or uuid.") var plan: String
        @Option(help: "This version instead of the newest.") var version: Int?
        @Flag(help: "List the versions, newest first.") var versions = false
        @Option(help: "At most so many versions.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) -> Output in
                if versions {
                    return Output(
                        content: .list(try connection.planVersions(plan, limit: limit).compactMap(\.object)),
                        columns: [
                            ("VERSION", "version"), ("EVENTS", "event_count"), ("CREATED", "created_at"),
                            ("BY", "author"), ("DESCRIPTION", "description"),
                        ], name: "version")
                }
                return Output(content: .object(try connection.planGet(plan, version: version)), name: "name")
            }
        }
    }

    struct Set: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a version to a plan, or make the plan.",
            discussion: "tandem plan set web web.json --if-version 3 --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, plan_… or uuid.") var plan: String
        @Argument(help: "A file of the plan; - is standard input.") var file: String
        @Option(help: "Only if this version is the newest; 0: only if there is no such plan.") var ifVersion: Int?

        func run(_ session: DatabaseSession) throws -> Output {
            var change = try PlanChange(json: PlanCommand.content(file))
            change.expectedVersion = ifVersion ?? change.expectedVersion
            let stored = try session.inTenant(session.tenant()) { [change] (connection) throws(TandemError) in
                try connection.planPut(change, of: plan, actor: DatabaseSession.actor)
            }
            return Output(content: .object(session.written(.object(stored))), name: "version")
        }
    }

    struct Delete: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a plan that no source keeps to; its violations stay.",
            discussion: "tandem plan delete web --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name, plan_… or uuid.") var plan: String

        func run(_ session: DatabaseSession) throws -> Output {
            let deleted = try session.inTenant(session.tenant()) { (connection) throws(TandemError) in
                try connection.planDelete(plan, actor: DatabaseSession.actor)
            }
            return Output(content: .object(session.written(.object(deleted))), name: "name")
        }
    }

    struct Connect: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a source keep to a plan, and say what becomes of its events that do not.",
            discussion: """
                tandem plan connect web --source web --tenant acme
                tandem plan connect web --source web --violations quarantine --unplanned-properties omit --tenant acme

                allow: stored and noted. omit: stored without the properties that do not fit. quarantine: kept until somebody
                decides. block: refused. ignore: not even noted.
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The plan's name, plan_… or uuid.") var plan: String
        @Option(help: "The source's name, src_… or uuid.") var source: String
        @Option(help: "Keep to this version instead of the newest of each time.") var version: Int?
        @Option(help: "What does not fit a schema: allow, omit, quarantine or block.") var violations = "allow"
        @Option(help: "Events that the plan does not name: ignore, allow, quarantine or block.")
        var unplannedEvents = "allow"
        @Option(help: "Properties that a schema does not name: ignore, allow, omit, quarantine or block.")
        var unplannedProperties = "allow"

        func run(_ session: DatabaseSession) throws -> Output {
            let order = try PlanConnection(json: [
                "version": version.map { .number($0) } ?? .null, "violations": .string(violations),
                "unplanned_events": .string(unplannedEvents), "unplanned_properties": .string(unplannedProperties),
            ])
            let shown = try session.inTenant(session.tenant()) { (connection) throws(TandemError) in
                try connection.planConnect(
                    order, of: plan, source: Source.reference(source), actor: DatabaseSession.actor)
            }
            return Output(content: .object(session.written(.object(shown))), name: "name")
        }
    }

    struct Disconnect: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a source keep to a plan no longer.",
            discussion: "tandem plan disconnect web --source web --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The plan's name, plan_… or uuid.") var plan: String
        @Option(help: "The source's name, src_… or uuid.") var source: String

        func run(_ session: DatabaseSession) throws -> Output {
            let shown = try session.inTenant(session.tenant()) { (connection) throws(TandemError) in
                try connection.planDisconnect(
                    plan, source: Source.reference(source), actor: DatabaseSession.actor)
            }
            return Output(content: .object(session.written(.object(shown))), name: "name")
        }
    }
}
