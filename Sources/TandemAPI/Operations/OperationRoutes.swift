import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// How far long work is.
struct OperationRoutes {
    let store: TenantStore

    var routes: [Route] {
        [
            Route(
                .get, "/v1/operations", "List operations, newest first", feature: "Operations", scope: .secret,
                parameters: Page.parameters + [.init("state", "running, done or failed")]
            ) { [store] call in
                let state = call.query["state"]
                guard state == nil || ["running", "done", "failed"].contains(state) else {
                    throw Problem.badRequest("invalid_parameter", "state has to be running, done or failed.")
                }
                return try await store.page(call, filter: state ?? "") { after, limit in
                    .call("operation_list", [state.bind] + after + [limit])
                } shape: {
                    OperationPresenter.shown($0)
                }
            },
            Route(
                .get, "/v1/operations/{id}", "Show how far an operation is", feature: "Operations", scope: .secret
            ) { [store] call in
                let id = try call.id(.operation)
                return Response(
                    json: OperationPresenter.shown(try await store.value(call, .call("operation_show", .uuid(id)))))
            },
        ]
    }
}
