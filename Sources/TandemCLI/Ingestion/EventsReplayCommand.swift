import ArgumentParser
import Foundation
import Tandem

struct EventsReplayCommand: DatabaseCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Run stored events once more through what reads them, under the rules of now.",
        discussion: """
            tandem events replay --tenant acme --since 2026-11-01 --event 'Form Submitted' --dry-run
            tandem events replay --tenant acme --source web --rate 500

            For after a change of rules: a form that makes leads now, a source that may make accounts now, a mapping. No event
            is stored a second time and nobody's events move; what is right already stays as it is. If the command is
            interrupted, a running server goes on with it.
            """)
    @OptionGroup var global: GlobalOptions
    @Option(help: "Events of this time or later, ISO 8601.") var since: String?
    @Option(help: "Events before this time, ISO 8601.") var until: String?
    @Option(help: "Only those of this source, by name or src_….") var source: String?
    @Option(help: "track, page, screen, identify or group.") var type: String?
    @Option(help: "Only those of this event's or page's name.") var event: String?
    @Option(help: "Events a second, at most.") var rate: Int?

    func run(_ session: DatabaseSession) throws -> Output {
        let parts = [
            ("since", since), ("until", until), ("source", source), ("type", type), ("event", event),
            ("rate", rate.map { String($0) }),
        ]
        let filter = try ReplayFilter(parts.compactMap { part in part.1.map { (part.0, $0) } })
        let tenant = try session.tenant()
        if global.dryRun {
            let summary = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                try connection.replaySummary(filter)
            }
            return counts(session.written(summary))
        }
        let id = UUID.v7()
        let ordered = try session.inTenant(tenant) { (connection) throws(TandemError) in
            try connection.replayOrder(filter, id: id, actor: DatabaseSession.actor)
        }
        return try session.followOperation(id, ordered, of: tenant, verb: "replaying")
    }

    private func counts(_ summary: JSONObject) -> Output {
        var output = Output(content: .object(summary), name: "count")
        var text = "\(summary["count"]?.number?.text ?? "0") events\n"
        for item in summary["items"]?.array ?? [] {
            text +=
                "  \(item["count"]?.number?.text ?? "")  \(item["type"]?.string ?? "")  \(item["name"]?.string ?? "")\n"
        }
        output.text = text
        return output
    }
}
