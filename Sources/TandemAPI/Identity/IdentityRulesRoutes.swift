import Foundation
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
                let rules = try await store.value(call, .call("identity_rules_get"))
                return .resource(call, rules, version: rules["version"]?.int ?? 0)
            },
            Route(
                .put, "/v1/identity/rules", "Put identity rules into force, for events from now on",
                feature: "Identity", scope: .secret, module: .cdp, permission: "settings:write"
            ) { [self] call in
                let rules = try IdentityRules(json: call.json())
                let replaced = try EntityTag.ifMatch(call) ?? call.jsonObject().expectedVersion()
                let stored = try await store.value(
                    call, rules.statement(replacing: replaced, actor: call.principal.actor))
                readingRules.forget(try store.tenant(call))
                return .resource(call, stored, version: stored["version"]?.int ?? 0)
            },
            versions, simulate,
        ]
    }

    private var versions: Route {
        Route(
            .get, "/v1/identity/rules/versions", "List the versions of the identity rules, newest first",
            feature: "Identity", scope: .secret, module: .cdp, permission: "settings:read", parameters: Page.parameters
        ) { [store] call in
            try await store.page(call, keys: 1) { after, limit in
                .call("identity_rules_versions", after + [limit])
            } shape: {
                $0
            }
        }
    }

    private var simulate: Route {
        Route(
            .post, "/v1/identity/rules:simulate", "Say which profiles other rules would have joined or kept apart",
            feature: "Identity", scope: .secret, module: .cdp, permission: "settings:write",
            parameters: [
                .init("since", "Events received before this time stay as they were decided; ISO 8601"),
                .init("async", "true orders an operation also where the answer could be given at once"),
            ], also: [202], time: .seconds(60)
        ) { [store] call in
            var order = try RulesSimulation.Order(json: call.json())
            if let since = call.query["since"] {
                order = .init(rules: order.rules, since: try RulesSimulation.Order.time(.string(since)))
            }
            let (actor, isOrdered, id) = (call.principal.actor, try call.flag("async"), UUID.v7())
            let answer = try await store.inTenant(call, deadline: .seconds(60)) {
                [order] (connection) throws(TandemError) -> (json: JSON, isOperation: Bool) in
                let nodes = isOrdered ? Int.max : try connection.simulationNodes()
                if nodes > RulesSimulation.nodesAtOnce {
                    return (try connection.simulationOrder(order, id: id, actor: actor), true)
                }
                return (try RulesSimulation(order).run(on: connection), false)
            }
            return answer.isOperation ? .ordered(call, store, answer.json) : Response(json: answer.json)
        }
    }
}
