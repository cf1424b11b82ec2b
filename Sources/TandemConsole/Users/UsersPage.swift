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
    let active: Bool
    let team: String?
    let manager: String?
    let hasPassword: Bool
    let isBlocked: Bool
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
    let pager: Pager?
}

extension Console {
    private static let userPageSize = 100

    var userRoutes: [Route] {
        [
            page(
                "/console/{tenant}/users", "The users of a tenant",
                parameters: [.init("after", "Name of the last one of the page before"), .init("id", "And its id")]
            ) { call, visit in
                try await users(call, visit, visit.requiredTenant())
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
        let shown = found.prefix(Self.userPageSize)
        let words = TimeWords(tenant.timezone)
        let path = "/console/\(tenant.slug)/users"
        let page = UsersPage(
            chrome: Chrome(title: "Users", visit: visit, place: .users, notice: call.query["notice"], version: version),
            made: made,
            users: shown.map { read in
                entry(read, sessions[read.id], words, path: path, csrf: visit.user == nil ? visit.csrf : nil)
            },
            hasUsers: !shown.isEmpty, isManager: visit.user == nil,
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

    /// - Parameter csrf: nil for a visitor who may not let users in.
    private func entry(
        _ read: UserRead, _ sessions: Sessions?, _ words: TimeWords, path: String, csrf: String?
    ) -> UsersPage.Entry {
        let (state, tone) =
            if !read.active { ("left", "") } else if read.email == nil { ("no address", "warn") } else if read.isBlocked
            { ("waits after wrong passwords", "warn") } else if read.hasPassword { ("can sign in", "good") } else {
                ("no password", "")
            }
        var verbs: [(String, String, Bool)] = []
        if read.active, read.email != nil {
            verbs.append(read.hasPassword ? ("reset", "New password", false) : ("invite", "Invite", false))
        }
        if sessions != nil { verbs.append(("sign-out", "Sign out", true)) }
        return UsersPage.Entry(
            userName: read.name, email: read.email, team: read.team, manager: read.manager, state: state, tone: tone,
            browsers: sessions.map { Figures.counted($0.count, "browser") }, seen: words.moment(sessions?.seen),
            actions: csrf.map { csrf in
                verbs.map { verb, label, isDangerous in
                    UsersPage.Action(
                        action: "\(path)/\(PublicID(.user, read.id))/\(verb)", label: label, isDangerous: isDangerous,
                        csrf: csrf)
                }
            } ?? [])
    }
}

extension Call {
    /// Where the browser finds this server, as it said: for links that it is to pass on.
    fileprivate var origin: String {
        let scheme = headers[.forwardedProtocol]?.lowercased() == "https" ? "https" : "http"
        return "\(scheme)://\(request.head.authority ?? "127.0.0.1:8080")"
    }
}
