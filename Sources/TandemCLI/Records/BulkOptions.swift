import ArgumentParser
import Foundation
import Tandem

/// `--where … --expect-count …`: all records that a condition means, instead of one.
struct BulkOptions: ParsableArguments {
    @Option(name: .customLong("where"), help: "All that a condition means (see list); with --expect-count.")
    var filter: String?

    @Option(help: "How many records you expect; --dry-run counts them.")
    var expectCount: Int?

    /// Orders it and works on it until it is done; with --dry-run counts, and tries it with the first records.
    func run(
        _ action: BulkOrder.Action, _ object: ObjectDescription, where filter: String, data: JSONObject? = nil,
        _ session: DatabaseSession
    ) throws -> Output {
        var body: JSONObject = ["where": .string(filter)]
        if let data { body["data"] = .object(data) }
        if let expectCount { body["expect_count"] = .number(expectCount) }
        let isDryRun = session.options.dryRun
        let tenant = try session.tenant()
        let catalog = try session.catalog(of: tenant)
        let order = try BulkOrder(action, of: catalog[object], body, isDryRun: isDryRun, catalog: catalog)
        if isDryRun {
            let answer = try session.inTenant(tenant) { (connection) throws(TandemError) in
                try connection.bulkRehearse(order, by: DatabaseSession.actor)
            }
            return Self.rehearsed(answer, object)
        }
        let id = UUID.v7()
        let ordered = try session.inTenant(tenant) { (connection) throws(TandemError) in
            try connection.bulkOrder(order, id: id, by: DatabaseSession.actor)
        }
        var output = try session.followOperation(id, ordered, of: tenant, verb: "\(action.rawValue)", unit: "records")
        output.next = ["tandem operation undo \(ordered["id"]?.string ?? "")"]
        return output
    }

    private static func rehearsed(_ answer: JSON, _ object: ObjectDescription) -> Output {
        let count = answer["count"]?.int ?? 0
        var output = Output(content: .object(answer.object ?? [:]), name: "count")
        let lines = (answer["sample"]?.array ?? []).map { item in
            [
                "", item["id"]?.string ?? "", item["name"]?.string ?? "", item["outcome"]?.string ?? "",
                item["error"]?["message"]?.string ?? "",
            ]
        }
        output.text = "\(count) \(count == 1 ? object.name : object.plural); the first:\n" + Output.aligned(lines)
        output.next = ["the same with --expect-count \(count)"]
        return output
    }
}
