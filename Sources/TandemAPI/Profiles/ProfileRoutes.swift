import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Profiles: who they are, what is known of them, what they did.
struct ProfileRoutes {
    let store: TenantStore
    let readingRules: ReadingRulesDirectory

    var routes: [Route] {
        [
            list, search, show, find, graph, events, traits, identifiers, timeline, merges, leave, consent,
            stateConsent,
        ]
    }

    private static let asOf = Route.Parameter(
        "as_of", "A time: as it was known then, merges and undos of later left away")

    private func route(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, parameters: [Route.Parameter] = [],
        success: Int = 200, _ handler: @escaping Route.Handler
    ) -> Route {
        Route(
            method, "/v1/profiles" + path, summary, feature: "Profiles", scope: .secret, module: .cdp,
            parameters: parameters, success: success, handler: handler)
    }

    private var list: Route {
        route(.get, "", "List profiles, oldest first", parameters: Page.parameters) { [store] call in
            try await store.page(call, keys: 1) { after, limit in
                .call("profile_list", after + [limit])
            } shape: {
                IdentityPresenter.profile($0)
            }
        }
    }

    private var search: Route {
        route(.post, "/search", "Find profiles by condition") { [store] call in
            let query = try ProfileQuery(call.json())
            let seal = CursorSeal(key: store.context.sealingKey, tenant: try store.tenant(call).database)
            let page = try await store.withConnection(call) { connection, tenant in
                try connection.inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) in
                    try connection.profileSearch(query, seal: seal)
                }
            }
            return Page(items: page.items.map(IdentityPresenter.profile), next: page.next).response
        }
    }

    private var show: Route {
        route(
            .get, "/{id}", "Show a profile; a merged id shows the surviving one", parameters: [Self.asOf]
        ) { [store] call in
            let id = try call.id(.profile)
            if let moment = try call.asOf() {
                return Response(
                    json: try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                        try connection.profileShow(.profile(id), asOf: moment)
                    })
            }
            return Response.profile(call, try await store.value(call, .call("profile_show", .uuid(id))))
        }
    }

    private var find: Route {
        route(
            .get, "/by/{type}/{value}", "Show the profile that owns an identifier", parameters: [Self.asOf]
        ) { [self] call in
            let policy = try await readingRules.rules(of: store.tenant(call), from: store.context.pool).identity
            let type = call.capture("type")
            guard policy.knows(type: type) || type.contains(".") else {
                throw Problem.notFound("identifier_type_not_configured", "The identity rules know no type \(type).")
            }
            let value = Identifier.normalize(
                type: type, value: call.capture("value"), phoneRegion: policy.phoneRegion)
            guard let value else { throw Problem.notFound }
            if let moment = try call.asOf() {
                let owner = MergeEnd.identifier(Identifier(type: type, value: value))
                return Response(
                    json: try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                        try connection.profileShow(owner, asOf: moment)
                    })
            }
            return Response.profile(
                call, try await store.value(call, .call("profile_by_identifier", .text(type), .text(value))))
        }
    }

    private var graph: Route {
        route(
            .get, "/{id}/graph", "Show the nodes and merges behind a profile, undone ones too", parameters: [Self.asOf]
        ) { [store] call in
            let (id, moment) = (try call.id(.profile), try call.asOf())
            return Response(
                json: try await store.inTenant(call, readOnly: true) {
                    (connection) throws(TandemError) -> JSON in
                    guard let moment else { return try connection.profileGraph(id) }
                    return try connection.profileGraph(.profile(id), asOf: moment)
                })
        }
    }

    private var events: Route {
        route(.get, "/{id}/events", "List a profile's events, newest first", parameters: Page.parameters) {
            [store] call in
            let id = try call.id(.profile)
            return try await store.page(call) { after, limit in
                .call("profile_events", [.uuid(id)] + after + [limit])
            } shape: {
                IdentityPresenter.event($0)
            }
        }
    }

    private var traits: Route {
        route(.get, "/{id}/traits", "List a profile's traits with time and source") { [store] call in
            let id = try call.id(.profile)
            let rows = try await store.single(call, .call("profile_trait_list", .uuid(id)))
            return Page(items: try rows.map { try JSON(stored: $0.text("item")) }, next: nil).response
        }
    }

    private var identifiers: Route {
        route(.get, "/{id}/identifiers", "List a profile's identifiers in the order attached") { [store] call in
            let id = try call.id(.profile)
            let rows = try await store.single(call, .call("profile_identifier_list", .uuid(id)))
            let items = try rows.map { IdentityPresenter.identifier(try JSON(stored: $0.text("item"))) }
            return Page(items: items, next: nil).response
        }
    }

    private var timeline: Route {
        route(.get, "/{id}/timeline", "Show what happened to a profile, newest first", parameters: Page.parameters) {
            [store] call in
            let id = try call.id(.profile)
            return try await store.page(call) { after, limit in
                .call("profile_timeline", [.uuid(id)] + after + [limit])
            } shape: {
                IdentityPresenter.timelineItem($0)
            }
        }
    }

    private var merges: Route {
        route(.get, "/{id}/merges", "List the merges that touch a profile, newest first", parameters: Page.parameters) {
            [store] call in
            let id = try call.id(.profile)
            _ = try await store.value(call, .call("profile_show", .uuid(id)))
            return try await store.page(call) { after, limit in
                .call("merge_list", [.null(.text), .uuid(id)] + MergeFilter().binds + [after[1], after[0], limit])
            } shape: {
                IdentityPresenter.merge($0)
            }
        }
    }

    private var consent: Route {
        route(.get, "/{id}/consent", "Show what a profile agreed to, by category") { [store] call in
            let id = try call.id(.profile)
            return Response(
                json: try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                    try connection.profileConsent(id)
                })
        }
    }

    private var stateConsent: Route {
        route(.put, "/{id}/consent", "Record what a person said of consent; other categories stay") { [store] call in
            let (id, actor) = (try call.id(.profile), call.principal.actor)
            let order = try ConsentOrder(call.jsonObject())
            return Response(
                json: try await store.inTenant(call) { (connection) throws(TandemError) in
                    try connection.stateConsent(id, order, by: actor)
                })
        }
    }

    private var leave: Route {
        route(
            .delete, "/{id}/accounts/{account}", "End a profile's membership in an account, dated now", success: 204
        ) { [store] call in
            let id = try call.id(.profile)
            let account = call.capture("account")
            let accountID = PublicID(.account, text: account)?.uuid
            _ = try await store.single(
                call,
                .call(
                    "profile_leave_account", .uuid(id), accountID.bind,
                    accountID == nil ? .text(account) : .null(.text), .text(call.principal.actor)))
            return .noContent
        }
    }
}

extension Response {
    /// A profile, with the headers that its version makes.
    fileprivate static func profile(_ call: Call, _ json: JSON) -> Response {
        .resource(call, IdentityPresenter.profile(json), version: json["version"]?.int ?? 0)
    }
}

extension Call {
    /// Microseconds since 1970; nil: now.
    fileprivate func asOf() throws(Problem) -> Int64? {
        guard let text = query["as_of"] else { return nil }
        guard let time = WireTime.parse(text) else {
            throw Problem.badRequest("invalid_parameter", "as_of has to be a time in ISO 8601.")
        }
        return time
    }
}
