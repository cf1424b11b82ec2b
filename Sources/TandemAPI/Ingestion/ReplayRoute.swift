import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Runs stored events once more through what reads them.
struct ReplayRoute {
    let store: TenantStore

    /// Counting millions takes a while.
    private static let time: Duration = .seconds(30)

    var routes: [Route] {
        [
            Route(
                .post, "/v1/events:replay", "Run stored events through what reads them, under the rules of now",
                feature: "Ingestion", scope: .secret, module: .cdp, success: 202, also: [200], time: Self.time
            ) { [store] call in
                let (filter, isDryRun) = try Self.body(call)
                if isDryRun {
                    var counted = try await store.value(call, .call("replay_summary", filter.bind)).object ?? [:]
                    counted["dry_run"] = true
                    return Response(json: .object(counted))
                }
                let id = UUID.v7()
                let answer = try await store.value(
                    call, .call("replay_order", .uuid(id), filter.bind, .text(call.principal.actor)))
                store.context.operations.ring(for: try store.tenant(call).id)
                return Response(
                    json: OperationPresenter.shown(answer), status: .accepted,
                    headers: [.location: "/v1/operations/\(PublicID(.operation, id))"])
            }
        ]
    }

    /// The parts of a filter as strings, `rate` as a number, and `dry_run`.
    private static func body(_ call: Call) throws -> (ReplayFilter, isDryRun: Bool) {
        var isDryRun = false
        var parts: [(String, String)] = []
        for (name, value) in try call.jsonObject() where !value.isNull {
            if name == "dry_run", let flag = value.bool {
                isDryRun = flag
            } else if let text = name == "rate" ? value.number?.text : name == "dry_run" ? nil : value.string {
                parts.append((name, text))
            } else {
                let kind = name == "rate" ? "a number" : name == "dry_run" ? "true or false" : "a string"
                throw TandemError.invalid("/\(name)", "invalid", "\(name) has to be \(kind).")
            }
        }
        return (try ReplayFilter(parts), isDryRun)
    }
}
