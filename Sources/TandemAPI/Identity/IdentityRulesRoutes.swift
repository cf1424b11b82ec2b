import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The rules by which events become profiles.
struct IdentityRulesRoutes {
    let store: TenantStore
    let readingRules: ReadingRulesDirectory

    var routes: [Route] {
        [
            Route(
                .get, "/v1/identity/rules", "Show the identity rules in force", feature: "Identity", scope: .secret,
                module: .cdp, permission: "settings:read"
            ) { [store] call in
                Response(json: try await store.value(call, .call("identity_rules_get")))
            },
            Route(
                .put, "/v1/identity/rules", "Put identity rules into force, for events from now on",
                feature: "Identity", scope: .secret, module: .cdp, permission: "settings:write"
            ) { [self] call in
                let rules = try IdentityRules(json: call.json())
                let stored = try await store.value(
                    call, .call("identity_rules_put", .jsonb(rules.json.encoded()), .text(call.principal.actor)))
                readingRules.forget(try store.tenant(call))
                return Response(json: stored)
            },
        ]
    }
}
