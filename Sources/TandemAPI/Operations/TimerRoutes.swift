import Hummingbird
import Tandem
import TandemHTTP

/// What the server does by itself every night.
struct TimerRoutes {
    let store: TenantStore

    var routes: [Route] { [list, update] }

    private var list: Route {
        Route(
            .get, "/v1/timers", "List what the server does by itself every night", feature: "Operations",
            scope: .secret
        ) { [store] call in
            let timers = try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                try connection.timers()
            }
            return Page(items: timers, next: nil).response
        }
    }

    private var update: Route {
        Route(
            .patch, "/v1/timers/{timer}", "Switch a timer on or off: {\"enabled\": false}", feature: "Operations",
            scope: .secret, permission: "settings:write"
        ) { [store] call in
            let body = try call.jsonObject()
            if let name = body.names.first(where: { $0 != "enabled" }) {
                throw TandemError.invalid("/\(name)", "unknown_field", "is no setting of a timer")
            }
            guard let enabled = body["enabled"]?.bool else {
                throw TandemError.invalid("/enabled", "invalid", "has to be true or false")
            }
            let (name, actor) = (call.capture("timer"), call.principal.actor)
            return Response(
                json: try await store.inTenant(call) { (connection) throws(TandemError) in
                    try connection.updateTimer(name, enabled: enabled, by: actor)
                })
        }
    }
}
