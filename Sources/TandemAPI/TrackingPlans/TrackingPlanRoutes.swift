import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What events are expected to look like, and which sources keep to it.
struct TrackingPlanRoutes {
    let store: TenantStore
    let readingRules: ReadingRulesDirectory

    var routes: [Route] { [list, show, put, delete, versions, connect, disconnect, trial, learn] }

    private func route(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, permission: String? = nil,
        parameters: [Route.Parameter] = [], _ handler: @escaping Route.Handler
    ) -> Route {
        Route(
            method, "/v1/tracking-plans\(path)", summary, feature: "TrackingPlans", scope: .secret, module: .cdp,
            permission: permission, parameters: parameters, handler: handler)
    }

    private var list: Route {
        route(.get, "", "List the tracking plans by name, without their schemas", parameters: Page.parameters) {
            [store] call in
            try await store.page(call, keys: 1) { after, limit in
                .call("plan_list", after + [limit])
            } shape: {
                TrackingPlan.shown($0)
            }
        }
    }

    private var show: Route {
        route(
            .get, "/{plan}", "Show a tracking plan with its events and the sources that keep to it",
            parameters: [.init("version", "The newest unless given")]
        ) { [store] call in
            let version = try call.query["version"].map { (text) throws(Problem) -> Int in
                guard let version = Int(text) else {
                    throw .badRequest("invalid_parameter", "version has to be a whole number.")
                }
                return version
            }
            let plan = try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                try connection.planGet(call.plan, version: version)
            }
            return .resource(call, .object(plan), version: plan["version"]?.int ?? 0)
        }
    }

    private var put: Route {
        route(.put, "/{plan}", "Add a version to a tracking plan, or make the plan") { [self] call in
            var change = try PlanChange(json: call.jsonObject())
            change.expectedVersion = try EntityTag.ifMatch(call) ?? change.expectedVersion
            let plan = try await changing(call) { [change] (connection) throws(TandemError) in
                try connection.planPut(change, of: call.plan, actor: call.principal.actor)
            }
            return .resource(call, .object(plan), version: plan["version"]?.int ?? 0)
        }
    }

    private var delete: Route {
        route(.delete, "/{plan}", "Delete a tracking plan that no source keeps to; its violations stay") {
            [self] call in
            let plan = try await changing(call) { (connection) throws(TandemError) in
                try connection.planDelete(call.plan, actor: call.principal.actor)
            }
            return Response(json: .object(plan))
        }
    }

    private var versions: Route {
        route(
            .get, "/{plan}/versions", "List the versions of a tracking plan, newest first", parameters: Page.parameters
        ) { [store] call in
            try await store.page(call, keys: 1) { after, limit in
                .call("plan_versions", [.text(TrackingPlan.reference(call.plan))] + after + [limit])
            } shape: {
                $0
            }
        }
    }

    private var connect: Route {
        route(
            .put, "/{plan}/sources/{source}",
            "Let a source keep to a tracking plan, and say what becomes of its events that do not"
        ) { [self] call in
            let order = try PlanConnection(json: call.jsonObject())
            let plan = try await changing(call) { (connection) throws(TandemError) in
                try connection.planConnect(
                    order, of: call.plan, source: call.source, actor: call.principal.actor)
            }
            return Response(json: .object(plan))
        }
    }

    private var disconnect: Route {
        route(.delete, "/{plan}/sources/{source}", "Let a source keep to a tracking plan no longer") { [self] call in
            let plan = try await changing(call) { (connection) throws(TandemError) in
                try connection.planDisconnect(
                    call.plan, source: call.source, actor: call.principal.actor)
            }
            return Response(json: .object(plan))
        }
    }

    private var trial: Route {
        route(
            .post, ":check", "Check messages by a tracking plan, saved or not; stores nothing",
            permission: "settings:read"
        ) { [store] call in
            let trial = try PlanTrial(json: call.jsonObject())
            return Response(
                json: try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                    try connection.planTrial(trial)
                })
        }
    }

    private var learn: Route {
        route(
            .post, ":learn", "Draft a tracking plan that stored events keep to; stores nothing",
            permission: "settings:read"
        ) { [store] call in
            let lesson = try PlanLesson(json: call.jsonObject(), now: store.context.clock.microseconds)
            return Response(
                json: .object(
                    try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                        try connection.planLearn(lesson)
                    }))
        }
    }

    /// Runs what changes the rules of reading, for events from now on.
    private func changing(
        _ call: Call, _ body: @escaping @Sendable (Connection) throws(TandemError) -> JSONObject
    ) async throws -> JSONObject {
        let result = try await store.inTenant(call, body)
        readingRules.forget(try store.tenant(call))
        return result
    }
}

extension Call {
    /// The plan that the path names.
    fileprivate var plan: String { capture("plan") }
}
