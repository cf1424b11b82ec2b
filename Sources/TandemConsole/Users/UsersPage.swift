import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What the SQL function `user_page` gives of a user.
private struct UserRead: Decodable {
    let id: UUID
    let name: String
    let email: String?
    let active: Bool?
    let team: String?
    let manager: String?
    let roleIds: [RoleName]?
    let hasPassword: Bool
    let isBlocked: Bool

    struct RoleName: Decodable {
        let id: UUID
        let name: String
    }
}

/// The users of a tenant: who they are, whether they can sign in and are, and the buttons that let them.
struct UsersPage {
    struct Entry {
        let userName: String
        let email: String?
        let team: String?
        let manager: String?
        let state: String
        let tone: String
        let browsers: String?
        let seen: Moment?
        let actions: [Action]
        /// Their roles in words.
        let roleNames: String?
        /// Nil for a visitor who may give none.
        let giving: RoleGiving?
    }

    /// The form that gives a user roles.
    struct RoleGiving {
        let rolesAction: String
        let rolesToken: String
        let rolesOf: String
        let choices: [Choice]
    }

    struct Action {
        let action: String
        let label: String
        let isDangerous: Bool
        let csrf: String
    }

    /// A link that was just made; shown this once.
    struct Made {
        let address: String
        let userName: String
        let until: Moment?
    }

    let chrome: Chrome
    let made: Made?
    let users: [Entry]
    let hasUsers: Bool
    /// Whether the visitor may let users in.
    let isManager: Bool
    /// Whether the visitor may see what roles allow.
    let rolesHref: String?
    let pager: Pager?
}

extension Console {
    private static let userPageSize = 100

    var userRoutes: [Route] {
        [
            page(
                "/console/{tenant}/users", "The users of a tenant",
                right: .read("user"),
                parameters: [.init("after", "Name of the last one of the page before"), .init("id", "And its id")]
            ) { call, visit in
                try await users(call, visit, visit.requiredTenant())
            },
            action(
                "/console/{tenant}/users/{user}/roles", "Give a user roles, and take them", right: .to("edit", "role")
            ) {
                call, visit, form in
                try await giveRoles(call, visit, form)
            },
            userAction("invite", "Make a link by which a user chooses a first password") {
                try await invitation($0, $1, $2) { (access, user) throws(TandemError) in try access.invite(user) }
            },
            userAction("reset", "Make a link for a new password; the old one and all sessions end") {
                try await invitation($0, $1, $2) { (access, user) throws(TandemError) in try access.reset(user) }
            },
            userAction("sign-out", "End all sessions of a user") { call, visit, tenant in
                let (id, actor) = (try call.id("user", .user), visit.actor)
                try await context.pool.withConnection(affinity: tenant.database.affinity) { (connection) throws in
                    _ = try UserAccess(connection, tenant: tenant, actor: actor).signOut(id)
                }
                return .seeOther("/console/\(tenant.slug)/users?notice=signed-out")
            },
        ]
    }

    /// A button beside a user: for operators, who let users in.
    private func userAction(
        _ verb: String, _ summary: String, _ handler: @escaping @Sendable (Call, Visit, Tenant) async throws -> Response
    ) -> Route {
        action("/console/{tenant}/users/{user}/\(verb)", summary) { call, visit, _ in
            guard visit.user == nil else {
                throw Problem.forbidden(
                    "operator_only", "Only operators let users in: whoever signed in with tandem console link.")
            }
            return try await handler(call, visit, visit.requiredTenant())
        }
    }

    private func giveRoles(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let id = try call.id("user", .user)
        let roles = form.items.filter { $0.name == "role" }.map { JSON.string($0.value) }
        let (catalog, author) = (try await catalog(of: tenant), RecordAuthor(actor: visit.actor))
        try await writing(tenant) { (connection) throws(TandemError) in
            let body: JSON = ["role_ids": .array(roles)]
            _ = try connection.recordUpdate(catalog[.user], id: id, body, by: author, catalog: catalog)
        }
        return .seeOther("/console/\(tenant.slug)/users?notice=roles-given")
    }

    private func invitation(
        _ call: Call, _ visit: Visit, _ tenant: Tenant,
        _ make: @escaping @Sendable (UserAccess, RecordID) throws(TandemError) -> SignInLink
    ) async throws -> Response {
        let (id, actor) = (try call.id("user", .user), visit.actor)
        let (link, user) = try await context.pool.withConnection(affinity: tenant.database.affinity) {
            (connection) throws -> (SignInLink, SignedInUser?) in
            let link = try make(UserAccess(connection, tenant: tenant, actor: actor), id)
            return (link, try connection.signedInUser(tenant.database, id))
        }
        let end = Date().addingTimeInterval(Double(link.validity.components.seconds))
        let made = UsersPage.Made(
            address: link.address(base: call.origin), userName: user?.name ?? "",
            until: TimeWords(tenant.timezone).moment(end.ISO8601Format()))
        // No redirect: the link is shown once, and stands in no address.
        return try await users(call, visit, tenant, made: made)
    }

    private func users(
        _ call: Call, _ visit: Visit, _ tenant: Tenant, made: UsersPage.Made? = nil
    ) async throws -> Response {
        let after: (Bind, Bind) =
            if let name = call.text("after"), let id = call.text("id").flatMap({ PublicID(.user, text: $0)?.uuid }) {
                (.text(name), .uuid(id))
            } else { (.null(.text), .null(.uuid)) }
        let found = try await read(
            tenant, [.call("user_page", after.0, after.1, .int4(Int32(Self.userPageSize + 1)))]
        )[0].decoded("item", as: UserRead.self)
        let sessions = try await sessions(of: tenant)
        let roles =
            !visit.may("edit", "role")
            ? []
            : try await read(tenant, [.call("find_roles")])[0].map { row in
                RecordChoice(id: try row.uuid("id"), title: try row.decoded("role", as: RoleRead.self).name)
            }
        let shown = found.prefix(Self.userPageSize)
        let words = TimeWords(tenant.timezone)
        let path = "/console/\(tenant.slug)/users"
        let page = UsersPage(
            chrome: Chrome(title: "Users", visit: visit, place: .users, notice: call.query["notice"], version: version),
            made: made,
            users: shown.map { read in
                entry(read, sessions[read.id], words, path: path, visit, roles)
            },
            hasUsers: !shown.isEmpty, isManager: visit.user == nil,
            rolesHref: visit.may("read", "role") ? "/console/\(tenant.slug)/roles" : nil,
            pager: found.count > shown.count
                ? shown.last.map {
                    Pager(href: "\(path)?after=\(queryValue($0.name))&id=\(PublicID(.user, $0.id))")
                } : nil)
        return Response(html: templates.render(page, as: "users"))
    }

    private typealias Sessions = (count: Int, seen: String)

    private func sessions(of tenant: Tenant) async throws -> [UUID: Sessions] {
        let rows = try await context.pool.withConnection { (connection) throws(PostgresError) in
            try connection.single(settings: TenantDatabase.control(), .call("user_sessions", .uuid(tenant.id)))
        }
        var sessions: [UUID: Sessions] = [:]
        for row in rows {
            sessions[try row.uuid("user_id")] = (try row.int("sessions"), try row.text("last_seen_at"))
        }
        return sessions
    }

    /// - Parameter roles: those that the visitor may give.
    private func entry(
        _ read: UserRead, _ sessions: Sessions?, _ words: TimeWords, path: String, _ visit: Visit,
        _ roles: [RecordChoice]
    ) -> UsersPage.Entry {
        let (state, tone) =
            if read.active == false { ("left", "") } else if read.email == nil {
                ("no address", "warn")
            } else if read.isBlocked { ("waits after wrong passwords", "warn") } else if read.hasPassword {
                ("can sign in", "good")
            } else {
                ("no password", "")
            }
        var verbs: [(String, String, Bool)] = []
        if read.active != false, read.email != nil {
            verbs.append(read.hasPassword ? ("reset", "New password", false) : ("invite", "Invite", false))
        }
        if sessions != nil { verbs.append(("sign-out", "Sign out", true)) }
        return UsersPage.Entry(
            userName: read.name, email: read.email, team: read.team, manager: read.manager, state: state, tone: tone,
            browsers: sessions.map { Figures.counted($0.count, "browser") }, seen: words.moment(sessions?.seen),
            actions: visit.user != nil
                ? []
                : verbs.map { verb, label, isDangerous in
                    UsersPage.Action(
                        action: "\(path)/\(PublicID(.user, read.id))/\(verb)", label: label, isDangerous: isDangerous,
                        csrf: visit.csrf)
                },
            roleNames: read.roleIds.flatMap { $0.isEmpty ? nil : $0.map(\.name).joined(separator: ", ") },
            giving: roles.isEmpty
                ? nil
                : UsersPage.RoleGiving(
                    rolesAction: "\(path)/\(PublicID(.user, read.id))/roles", rolesToken: visit.csrf,
                    rolesOf: read.name,
                    choices: roles.map { role in
                        Choice(
                            value: "\(PublicID(.role, role.id))", label: role.title,
                            isChosen: (read.roleIds ?? []).contains { $0.id == role.id })
                    }))
    }
}
