import Foundation
import Tandem

extension DatabaseSession {
    /// Works on an operation that was ordered until it is done, and answers it; shows how far it is.
    /// - Parameters:
    ///   - verb: what is being done.
    ///   - unit: to what.
    func followOperation(
        _ id: UUID, _ ordered: JSON, of tenant: Tenant, verb: String, unit: String = "events"
    ) throws -> Output {
        let runner = OperationRunner(
            connection, ingest: configuration, readingRules: ReadingRulesDirectory(), logger: logger)
        let meter = ProgressMeter()
        defer { meter.end() }
        let total = Self.number(ordered["total"])
        var shown = ordered
        // Another process may be at work for the tenant, or take this over: then watch until it is done.
        while shown["state"]?.string == "running" {
            let last = shown
            let isDone = try runner.run(
                tenant, only: id,
                progress: { _ in
                    let now = (try? showOperation(id, of: tenant)) ?? last
                    meter.show(verb, done: Self.number(now["done"]) ?? 0, of: total, unit: unit)
                })
            shown = try showOperation(id, of: tenant)
            if isDone == 0, shown["state"]?.string == "running" { usleep(200_000) }
        }
        var output = Output(content: .object(shown.object ?? [:]))
        if shown["state"]?.string == "failed" { output.exit = .failed }
        return output
    }

    private func showOperation(_ id: UUID, of tenant: Tenant) throws -> JSON {
        try inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
            try connection.operationShow(id)
        } ?? .null
    }

    private static func number(_ json: JSON?) -> Int64? { json?.number.flatMap { Int64($0.text) } }
}
