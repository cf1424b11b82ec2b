import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// A signed-in person's request: who, and which tenants they see.
struct Visit: Sendable {
    /// Hash of the session's cookie.
    let session: [UInt8]
    /// For histories and the audit: `console:cli:root`, `user:buyer@acme.example`.
    let actor: String
    /// The tenant's user whose session it is; nil: an operator's.
    let user: SignedInUser?
    /// What the user's roles allow; nil: an operator, who may do everything.
    let rights: RecordRights?
    /// Whether it is an operator's whose link named no tenant: such a one sees the installation too.
    let seesAll: Bool
    /// The tenants that the session may see, by name.
    let tenants: [Tenant]
    /// The one that the address names, if the session sees it.
    let tenant: Tenant?
    /// How many reviews of merges wait for a decision, of those at most `reviewsCounted`; 0 for who may not see them.
    var reviews = 0
    /// For the page's forms.
    let csrf: String
    /// Of the page, without its query.
    let path: String
    /// What the last form did and can be taken back, as the address says it.
    let undo: String?

    static let reviewsCounted = 100

    /// Whether the user's roles allow an action with some records of an object, or in a part of Tandem.
    func may(_ action: String, _ object: String) -> Bool { ConsoleRight.to(action, object).isHeld(rights) }

    /// Whether the user may write a field of some record.
    func changes(_ field: String, of object: String) -> Bool { rights?.changes(field, of: object) ?? true }

    /// The way to a person's page, for who may see people.
    func person(_ profile: UUID?, path: String, label: String) -> AccountPage.Link? {
        guard may("read", "profile") else { return nil }
        return profile.map { AccountPage.Link(href: "\(path)/people/\(PublicID(.profile, $0))", label: label) }
    }

    /// The tenant of a page that is a tenant's; what is read and written with it is what the rights allow.
    func requiredTenant() throws(Problem) -> Tenant {
        guard let tenant else { throw .notFound }
        return tenant
    }
}

extension Console {
    typealias PageHandler = @Sendable (Call, Visit) async throws -> Response

    static let cookieName = "tandem_console"

    /// A page for who is signed in; others are led to the sign-in page. A capture `{tenant}` that names no tenant of the
    /// session is answered as if the page did not exist.
    func page(
        _ template: String, _ summary: String, module: Module? = nil, right: ConsoleRight? = nil,
        parameters: [Route.Parameter] = [], takesFields: Bool = false, _ handler: @escaping PageHandler
    ) -> Route {
        Route(
            .get, template, summary, feature: "Console", scope: .none,
            parameters: parameters + [
                .init("notice", "What the last form did"), .init("undo", "What of it can be taken back"),
            ], takesFields: takesFields
        ) { call in
            guard let visit = try await visit(call) else { return Self.signInFirst(call) }
            return try await answer(call, visit, module, right) { try await handler(call, visit) }
        }
    }

    /// A form's action, behind its token.
    func action(
        _ template: String, _ summary: String, module: Module? = nil, right: ConsoleRight? = nil, limit: Int = 64 << 10,
        _ handler: @escaping @Sendable (Call, Visit, Query) async throws -> Response
    ) -> Route {
        Route(
            .post, template, summary, feature: "Console", scope: .none, body: .form(limit: limit), success: 303
        ) { call in
            try Self.refuseForeignForm(call)
            guard let visit = try await visit(call) else { return Self.signInFirst(call) }
            return try await answer(call, visit, module, right) {
                let form = try call.form()
                guard seal.isValid(form["csrf"], session: visit.session) else { throw Self.staleForm }
                return try await handler(call, visit, form)
            }
        }
    }

    /// To the sign-in page, which knows the workspace that the address names and, of a page, where to go then. It says nothing of whether there is
    /// either.
    static func signInFirst(_ call: Call) -> Response {
        guard let slug = call.captures["tenant"] else { return .seeOther("/console/sign-in") }
        let uri = call.request.uri
        let page = uri.path + (uri.query.map { "?" + $0 } ?? "")
        let isPage = call.request.method == .get && page.utf8.count <= 1000
        return .seeOther(
            "/console/sign-in?tenant=\(queryValue(slug))" + (isPage ? "&to=\(queryValue(page))" : ""))
    }

    /// What the handler answers; a problem becomes a page that keeps the navigation of the tenant. Faults of ours pass
    /// through, so that they are logged.
    func answer(
        _ call: Call, _ visit: Visit, _ module: Module?, _ right: ConsoleRight?,
        _ handler: () async throws -> Response
    ) async throws -> Response {
        do {
            if call.captures["tenant"] != nil {
                let tenant = try visit.requiredTenant()
                if let module, !tenant.modules.contains(module) { throw Self.disabled(module) }
                // A page that says nothing of rights is for operators.
                let isAllowed = right?.isHeld(visit.rights) ?? (visit.rights == nil)
                if !isAllowed { throw right?.refusal ?? Self.operatorsOnly }
            }
            return try await handler()
        } catch let problem as Problem {
            return try await shown(problem, call, visit)
        } catch let error as TandemError {
            if case .failure = error { throw error }
            return try await shown(Problem(of: error), call, visit)
        }
    }

    static let operatorsOnly = Problem.forbidden(
        "operator_only",
        "This page is for operators alone: who runs Tandem opens it with tandem console link. No role gives the right to it."
    )

    private func shown(_ problem: Problem, _ call: Call, _ visit: Visit) async throws -> Response {
        if problem.status == .notFound, let moved = try await movedOn(call, visit) { return moved }
        let givers = problem.code == "forbidden" ? try await givers(of: visit) : []
        guard
            let page = ErrorPage(
                problem: problem, request: call.request, id: call.id, version: version, visit: visit, givers: givers)
        else { throw problem }
        return page.response(templates)
    }

    /// Who may give a right that is missing.
    private func givers(of visit: Visit) async throws -> [String] {
        guard let tenant = visit.tenant, let rights = visit.rights else { return [] }
        let rows = try await read(tenant.unlimited, [.call("administrators")])[0]
        return try rows.map { row in
            let (name, email) = (try row.text("name"), try row.optionalText("email"))
            return rights.reads("user") ? [name, email].compactMap { $0 }.joined(separator: ", ") : name
        }
    }

    private static func disabled(_ module: Module) -> Problem {
        let (name, what) = module == .crm ? ("CRM", "opportunities") : ("CDP", "events")
        return .forbidden(
            ErrorPage.moduleDisabled, "This tenant does not have the \(name) module, which \(what) belong to.")
    }

    static let staleForm = Problem.forbidden(
        "form_expired", "The form is older than your session. Go back, load the page again and repeat what you did.")

    /// Browsers say where a form came from; one of another site is refused before anything is read.
    static func refuseForeignForm(_ call: Call) throws(Problem) {
        switch call.headers[.fetchSite] {
        case nil, "same-origin", "none": break
        default: throw .forbidden("foreign_form", "The form came from another site.")
        }
    }

    /// Nil: nobody is signed in. The tenant is nil if the address names none that the session sees.
    func visit(_ call: Call) async throws -> Visit? {
        guard let cookie = Self.cookie(call, named: Self.sessionCookie(call)) else { return nil }
        let hash = Secret.hash(cookie)
        let found = try await context.pool.withConnection {
            (connection) throws(PostgresError) -> (
                session: (actor: String, tenant: UUID?, user: RecordID?)?, tenants: [Tenant]
            ) in
            let results = try connection.single(
                settings: TenantDatabase.control(), [.call("find_session", .bytea(hash)), .call("find_tenants")])
            guard let row = results[0].first else { return (nil, []) }
            var tenants: [Tenant] = []
            for row in results[1] { tenants.append(try Tenant(row: row)) }
            return (
                (try row.text("actor"), try row.optionalUUID("tenant"), try row.optionalUUID("user_id")), tenants
            )
        }
        guard let session = found.session else { return nil }
        let visible = found.tenants.filter { session.tenant == nil || session.tenant == $0.id }
        let tenant = call.captures["tenant"].flatMap { slug in visible.first { $0.slug == slug && $0.isOpen } }
        var (user, rights): (SignedInUser?, RecordRights?) = (nil, nil)
        if let id = session.user {
            // Whoever has left is signed out by that.
            guard let home = visible.first(where: \.isOpen), let found = try await signedInUser(home, id) else {
                return nil
            }
            (user, rights) = found
        }
        var limited = tenant
        limited?.rights = rights
        var visit = Visit(
            session: hash, actor: user?.actor ?? "console:" + session.actor, user: user, rights: rights,
            seesAll: session.tenant == nil && user == nil, tenants: visible,
            tenant: limited, csrf: seal.token(session: hash), path: call.request.uri.path, undo: call.query["undo"])
        if let tenant, call.request.method == .get, ConsoleRight.profiles.isHeld(rights) {
            let count = try await read(
                tenant.unlimited, [.call("reviews_waiting", .int4(Int32(Visit.reviewsCounted)))])[0]
            visit.reviews = try count.one().int(0)
        }
        return visit
    }

    private func signedInUser(_ tenant: Tenant, _ id: RecordID) async throws -> (SignedInUser, RecordRights)? {
        try await context.pool.withConnection(affinity: tenant.database.affinity) {
            (connection) throws -> (SignedInUser, RecordRights)? in
            guard let user = try connection.signedInUser(tenant.database, id) else { return nil }
            return (user, try connection.recordRights(tenant.database, of: user))
        }
    }

    static func cookie(_ call: Call, named name: String) -> String? {
        for pair in (call.headers[.cookie] ?? "").split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0].trimmingPrefix(while: \.isWhitespace) == name {
                return String(parts[1])
            }
        }
        return nil
    }
}
