import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What was not stored, and why.
struct QuarantineRoutes {
    let store: TenantStore

    var routes: [Route] {
        [
            Route(
                .get, "/v1/quarantine", "List events that were not stored, newest first", feature: "Ingestion",
                scope: .secret, module: .cdp,
                parameters: Page.parameters + [.init("state", "held, rejected, reprocessed or discarded")]
            ) { [store] call in
                let state = call.query["state"]
                if let state, Quarantine.State(rawValue: state) == nil {
                    throw Problem.badRequest(
                        "invalid_parameter", "state has to be held, rejected, reprocessed or discarded.")
                }
                return try await store.page(call, filter: state ?? "") { after, limit in
                    .call("quarantine_list", [state.bind] + after + [limit])
                } shape: {
                    $0
                }
            }
        ]
    }
}
