import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// How long events are kept.
struct RetentionRoutes {
    let store: TenantStore

    var routes: [Route] { [show, put, preview] }

    private var show: Route {
        Route(
            .get, "/v1/retention", "Show for how long events are kept, and how far the last pass is",
            feature: "Retention", scope: .secret, module: .cdp
        ) { [store] call in
            let shown = try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                try connection.retention()
            }
            return .resource(call, shown, version: shown["version"]?.int ?? 0)
        }
    }

    private var put: Route {
        Route(
            .put, "/v1/retention", "Put rules into force: what they do not keep is deleted from now on",
            feature: "Retention", scope: .secret, module: .cdp
        ) { [store] call in
            var change = try RetentionChange(json: call.jsonObject())
            change.expectedVersion = try EntityTag.ifMatch(call) ?? change.expectedVersion
            let actor = call.principal.actor
            let shown = try await store.inTenant(call) { [change] (connection) throws(TandemError) in
                try connection.retentionPut(change, actor: actor)
            }
            return .resource(call, shown, version: shown["version"]?.int ?? 0)
        }
    }

    private var preview: Route {
        Route(
            .post, "/v1/retention:preview", "Count what rules would delete now; deletes nothing",
            feature: "Retention", scope: .secret, module: .cdp, permission: "settings:read"
        ) { [store] call in
            let body = try call.jsonObject()
            let rules = body["rules"] == nil ? nil : try RetentionChange(json: body).rules
            return Response(
                json: try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                    try connection.retentionPlan(rules)
                })
        }
    }
}
