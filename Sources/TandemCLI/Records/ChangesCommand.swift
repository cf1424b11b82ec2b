import ArgumentParser
import Foundation
import Tandem

struct ChangesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "changes", abstract: "Show what changed in records, in order and without gaps.",
        discussion: """
            tandem changes --tenant acme
            tandem changes --objects contacts,opportunities --after c_… -o jsonl
            tandem changes --follow

            Without --after from the beginning; with --follow from now on, until Ctrl-C. Every line of JSON has the cursor to go
            on from; the API takes the same ones.
            """)
    @OptionGroup var global: GlobalOptions
    @Option(help: "Names of objects, comma-separated; all unless given.") var objects: String?
    @Option(help: "The cursor behind which to begin, or now.") var after: String?
    @Option(help: "End after so many; 1000 unless given or following.") var limit: Int?
    @Flag(help: "Wait for what comes.") var follow = false

    func run() async throws {
        let format = try OutputFormat(Settings(global))
        try DatabaseSession.with(global) { session in try run(session, format) }
    }

    private func run(_ session: DatabaseSession, _ format: OutputFormat) throws {
        let tenant = try session.tenant()
        let seal = try CursorSeal(of: tenant.database, on: session.connection)
        let catalog = try session.catalog(of: tenant)
        var query = try RecordChangesQuery(
            objects: objects, limit: RecordQuery.limitMaximum,
            after: after ?? (follow ? RecordChangesQuery.fromNow : nil), catalog: catalog)
        var left = limit ?? (follow ? .max : 1_000)
        var isFirst = true
        var gathered: [JSONObject] = []
        while left > 0 {
            query.limit = min(RecordQuery.limitMaximum, left)
            let page = try session.inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
                try connection.recordChanges(query, modules: tenant.modules, seal: seal, catalog: catalog)
            }
            let items = (page["items"]?.array ?? []).compactMap(\.object)
            left -= items.count
            query.after = page["page"]?["next"]?.string
            if !follow {
                gathered += items
            } else if !items.isEmpty {
                show(items, format, hasTitles: isFirst)
                isFirst = false
            }
            if page["page"]?["has_more"]?.bool == true { continue }
            if !follow { break }
            usleep(500_000)
        }
        if !follow { show(gathered, format, hasTitles: true) }
    }

    private func show(_ items: [JSONObject], _ format: OutputFormat, hasTitles: Bool) {
        var output = Output(content: .list(items))
        if format == .table {
            let rows = items.map { item in
                let fields = (item["changes"]?.object?.names ?? []).sorted().joined(separator: ", ")
                return ["at", "action", "id", "actor", "cause"].map { item[$0]?.string ?? "" } + [fields]
            }
            output.text = Output.aligned(
                (hasTitles ? [["AT", "ACTION", "ID", "ACTOR", "CAUSE", "FIELDS"]] : []) + rows)
        }
        output.columns = ["at", "object", "id", "version", "action", "actor", "cause", "cursor"].map { ($0, $0) }
        output.print(follow && format == .json ? .jsonl : format)
    }
}
