import ArgumentParser
import Foundation
import Tandem

struct QuarantineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine",
        abstract: "Events that were not stored: list, show, correct, process again, discard.",
        discussion: """
            tandem quarantine summary --tenant acme
            tandem quarantine list --tenant acme --state rejected --code invalid_timestamp
            tandem quarantine reprocess --tenant acme --source web --received-after 2026-11-01 --dry-run
            """,
        subcommands: [Summary.self, List.self, Show.self, Correct.self, Reprocess.self, Discard.self])

    /// Which events are meant.
    struct Filter: ParsableArguments {
        @Option(help: "held, rejected, reprocessed or discarded.") var state: String?
        @Option(help: "Only those with this reason.") var code: String?
        @Option(help: "Only those of this source, by name or src_….") var source: String?
        @Option(help: "track, page, screen, identify, group or alias.") var type: String?
        @Option(help: "Only those of this event's or page's name.") var name: String?
        @Option(help: "Only those that came with this key.") var key: String?
        @Option(
            name: [.customLong("since"), .customLong("received-after")],
            help: "Received at this time or later, ISO 8601.")
        var receivedAfter: String?
        @Option(
            name: [.customLong("until"), .customLong("received-before")], help: "Received before this time, ISO 8601.")
        var receivedBefore: String?
        @Option(help: "This one event, by its id.") var id: String?

        func value() throws(TandemError) -> QuarantineFilter {
            let parts = [
                ("state", state), ("code", code), ("source", source), ("type", type), ("name", name), ("key", key),
                ("received_after", receivedAfter), ("received_before", receivedBefore), ("id", id),
            ]
            return try QuarantineFilter(parts.compactMap { part in part.1.map { (part.0, $0) } })
        }
    }

    struct Summary: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "How many there are, by state, code and source.",
            discussion: "tandem quarantine summary --tenant acme --state held")
        @OptionGroup var global: GlobalOptions
        @OptionGroup var filter: Filter

        func run(_ session: DatabaseSession) throws -> Output {
            let filter = try filter.value()
            let summary = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.quarantineSummary(filter)
            }
            return QuarantineCommand.counts(summary.object ?? [:])
        }
    }

    struct List: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "List them, newest first.",
            discussion: "tandem quarantine list --tenant acme --state held --source web")
        @OptionGroup var global: GlobalOptions
        @OptionGroup var filter: Filter
        @Option(help: "At most so many.") var limit = 50

        func run(_ session: DatabaseSession) throws -> Output {
            let filter = try filter.value()
            let items = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.quarantineList(filter, limit: limit)
            }
            return Output(
                content: .list(items.compactMap(\.object)),
                columns: [
                    ("ID", "id"), ("RECEIVED", "received_at"), ("STATE", "state"), ("CODE", "code"),
                    ("SOURCE", "source"), ("TYPE", "type"), ("NAME", "name"), ("ATTEMPTS", "attempts"),
                ])
        }
    }

    struct Show: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one with its reason and its original bytes.",
            discussion: "tandem quarantine show 019a… --tenant acme")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its id.") var id: String

        func run(_ session: DatabaseSession) throws -> Output {
            guard let uuid = UUID(uuidString: id) else { throw TandemError.notFound() }
            let shown = try session.inTenant(session.tenant(), readOnly: true) { (connection) throws(TandemError) in
                try connection.quarantineShow(uuid)
            }
            guard let object = shown?.object else { throw TandemError.notFound() }
            return Output(content: .object(object))
        }
    }

    struct Correct: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Correct one, and process it again; its original bytes stay.",
            discussion: """
                tandem quarantine show 019a… -o json --tenant acme | jq -r .original > event.json
                tandem quarantine correct 019a… --from-file event.json --dry-run --tenant acme
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its id.") var id: String
        @Option(help: "The corrected event as JSON; - reads standard input.") var fromFile: String

        func run(_ session: DatabaseSession) throws -> Output {
            guard let uuid = UUID(uuidString: id) else { throw TandemError.notFound() }
            guard let event = try JSONFile.objects(at: fromFile).first else {
                throw CommandFailure.usage("\(fromFile) holds no JSON object")
            }
            let (tenant, rules) = (try session.tenant(), ReadingRulesDirectory())
            let correction = QuarantineCorrection(of: uuid, JSON.object(event).encoded())
            if session.options.dryRun {
                let fault = try session.connection.quarantineFault(
                    correction, of: tenant, rules: rules, logger: session.logger)
                let object: JSONObject = [
                    "valid": .bool(fault == nil), "code": fault.map { .string($0.code) } ?? .null,
                    "message": fault.map { .string($0.message) } ?? .null,
                ]
                return Output(
                    content: .object(session.written(.object(object))),
                    text: fault.map { "\($0.code): \($0.message)" } ?? "Nothing is wrong with it: it would be stored.")
            }
            let operation = UUID.v7()
            let ordered = try session.connection.quarantineCorrect(
                correction, of: tenant, rules: rules, operation: operation, actor: DatabaseSession.actor,
                logger: session.logger)
            return try session.followOperation(operation, ordered, of: tenant, verb: "processing")
        }
    }

    struct Reprocess: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Process held (or rejected) events again, at the time of their receipt.",
            discussion: """
                tandem quarantine reprocess --tenant acme --source web --dry-run
                tandem quarantine reprocess --tenant acme --state rejected --code invalid_timestamp

                Held events are meant unless --state says rejected. One that fails again stays, with its new reason. If the
                command is interrupted, a running server goes on with it.
                """)
        @OptionGroup var global: GlobalOptions
        @OptionGroup var filter: Filter

        func run(_ session: DatabaseSession) throws -> Output {
            try QuarantineCommand.decide(.reprocess, filter, session)
        }
    }

    struct Discard: DatabaseCommand {
        static let configuration = CommandConfiguration(
            abstract: "Discard held (or rejected) events; their bytes stay to be looked at.",
            discussion: "tandem quarantine discard --tenant acme --state rejected --code event_too_large --dry-run")
        @OptionGroup var global: GlobalOptions
        @OptionGroup var filter: Filter

        func run(_ session: DatabaseSession) throws -> Output {
            try QuarantineCommand.decide(.discard, filter, session)
        }
    }

    private static func counts(_ summary: JSONObject) -> Output {
        var output = Output(content: .object(summary), name: "count")
        var text = "\(summary["count"]?.number?.text ?? "0") events\n"
        for item in summary["items"]?.array ?? [] {
            let words = ["count", "state", "code", "source"].map { key in
                item[key]?.number?.text ?? item[key]?.string ?? "–"
            }
            text += "  \(words.joined(separator: "  "))\n"
        }
        output.text = text
        return output
    }

    private static func decide(
        _ order: QuarantineOrder, _ filter: Filter, _ session: DatabaseSession
    ) throws -> Output {
        let scope = try QuarantineOrder.scope(of: filter.value())
        let tenant = try session.tenant()
        if session.options.dryRun {
            let summary = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                try connection.quarantineSummary(scope)
            }
            return counts(session.written(summary))
        }
        let id = UUID.v7()
        let ordered = try session.inTenant(tenant) { (connection) throws(TandemError) in
            try connection.quarantineOrder(order, scope, id: id, actor: DatabaseSession.actor)
        }
        return try session.followOperation(id, ordered, of: tenant, verb: "processing")
    }
}
