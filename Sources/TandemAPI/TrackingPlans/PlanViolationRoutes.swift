import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Where events did not keep to a tracking plan.
struct PlanViolationRoutes {
    let store: TenantStore

    var routes: [Route] {
        [
            Route(
                .get, "/v1/tracking-plans:violations",
                "List events that did not keep to a tracking plan, last received first", feature: "TrackingPlans",
                scope: .secret, module: .cdp, parameters: Page.parameters + Self.parameters
            ) { [store] call in
                let filter = try Self.filter(call)
                return try await store.page(call, filter: filter.fingerprint) { after, limit in
                    .call("plan_violation_list", [filter.bind] + after + [limit])
                } shape: {
                    TrackingPlan.shown(violation: $0)
                }
            },
            Route(
                .get, "/v1/tracking-plans:violation-counts",
                "Count violations by source, plan, event, keyword and what became of the event",
                feature: "TrackingPlans", scope: .secret, module: .cdp,
                parameters: [.init("by", "total or hour; total unless given")]
                    + Self.parameters.filter { $0.name != "pointer" }
            ) { [store] call in
                let filter = try Self.filter(call)
                let byHour = try Self.byHour(call)
                return Response(
                    json: .object(
                        try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                            try connection.planViolationCounts(filter, byHour: byHour)
                        }))
            },
        ]
    }

    private static let parameters = PlanViolationFilter.parts.map { Route.Parameter($0.name, $0.summary) }

    private static func byHour(_ call: Call) throws(Problem) -> Bool {
        switch call.query["by"] {
        case nil, "total": false
        case "hour": true
        default: throw .badRequest("invalid_parameter", "by has to be total or hour.")
        }
    }

    private static func filter(_ call: Call) throws -> PlanViolationFilter {
        let names = Set(PlanViolationFilter.parts.map(\.name))
        let parts = call.query.items.filter { names.contains($0.name) && !$0.value.isEmpty }
        do throws(TandemError) {
            return try PlanViolationFilter(parts.map { ($0.name, $0.value) })
        } catch {
            if case .invalid(let faults) = error, let fault = faults.first {
                throw Problem.badRequest("invalid_parameter", fault.detail)
            }
            throw error
        }
    }
}
