import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Postgres
import Tandem
import TandemHTTP

/// The way in: a form for users of a tenant, a button of its identity provider, a button behind a sign-in link.
private struct SignInPage {
    /// The workspace's identity provider.
    struct Provider {
        let href: String
        let label: String
    }

    let chrome: Chrome
    /// From the link.
    let token: String?
    /// What the form held; for a link, nothing.
    let workspace: String
    let email: String
    /// The page to go to once signed in.
    let to: String?
    let provider: Provider?
    /// Whether no workspace with a provider is named; one that is not there looks like one that has none.
    let asksForWorkspace: Bool
    /// Whether a password typed here can be read on the way.
    let isExposed: Bool
    let problem: String?

    static let linkRefused = "This sign-in link was used before or has expired. Ask for a new one."
    static let passwordRefused =
        "Workspace, address and password do not fit together. After five wrong passwords the next try has to wait, "
        + "a minute first."
}

extension Console {
    /// How long a session lasts, seconds.
    static let sessionSeconds = 30 * 86_400

    var signInRoutes: [Route] {
        oidcRoutes + [
            Route(
                .get, "/console/sign-in", "Sign in with a password, or the page behind a sign-in link",
                feature: "Console", scope: .none,
                parameters: [
                    .init("token", "From the link"), .init("tenant", "The workspace to sign in to"),
                    .init("to", "The page of the workspace to go to then"),
                ]
            ) { call in
                let token = call.query["token"].flatMap { $0.isEmpty ? nil : $0 }
                return try await signInPage(
                    call, token: token, workspace: call.text("tenant") ?? "", to: call.query["to"])
            },
            Route(
                .post, "/console/sign-in", "Use a sign-in link or a password", feature: "Console", scope: .none,
                body: .form(limit: 4 << 10), success: 303
            ) { call in
                try Self.refuseForeignForm(call)
                let form = try call.form()
                if let token = form["token"] { return try await signIn(call, token: token) }
                return try await signIn(
                    call, workspace: (form["tenant"] ?? "").trimmed, email: (form["email"] ?? "").trimmed,
                    password: form["password"] ?? "", to: form["to"])
            },
            action("/console/sign-out", "End the session") { call, visit, _ in
                try await context.pool.withConnection { (connection) throws(PostgresError) in
                    _ = try connection.single(
                        settings: TenantDatabase.control(), .call("end_session", .bytea(visit.session)))
                }
                let workspace = visit.user == nil ? nil : visit.tenants.first?.slug
                return .seeOther(
                    "/console/sign-in" + (workspace.map { "?tenant=" + queryValue($0) } ?? ""),
                    cookie: Self.cookie("", seconds: 0, call))
            },
        ]
    }

    private func signIn(_ call: Call, token: String) async throws -> Response {
        let secret = Secret.random()
        let isSignedIn = try await context.pool.withConnection { (connection) throws(PostgresError) -> Bool in
            try !connection.single(
                settings: TenantDatabase.control(),
                .call(
                    "redeem_sign_in_link", .bytea(Secret.hash(token)), .bytea(Secret.hash(secret)),
                    .untyped("\(Self.sessionSeconds) seconds"))
            ).isEmpty
        }
        guard isSignedIn else {
            note(call, "a sign-in link was refused", workspace: nil)
            return try await signInPage(call, token: nil, workspace: "", problem: SignInPage.linkRefused)
        }
        note(call, "signed in by a link", workspace: nil)
        return .seeOther("/console", cookie: Self.cookie(secret, seconds: Self.sessionSeconds, call))
    }

    /// In the log, with where from; not who: that is in the session and in the audit log.
    private func note(_ call: Call, _ what: Logger.Message, workspace: String?) {
        var metadata: Logger.Metadata = ["request_id": "\(call.id)", "secure": "\(call.isSecure)"]
        if let address = call.client.address { metadata["address"] = "\(address)" }
        if let workspace { metadata["tenant"] = "\(workspace)" }
        call.logger.notice(what, metadata: metadata)
    }

    private func signIn(
        _ call: Call, workspace: String, email: String, password: String, to: String?
    ) async throws -> Response {
        try signIns.take(call.client.address)
        let tenant = try await openTenant(slug: workspace)
        var found: (user: RecordID, hash: String)?
        if let tenant {
            found = try await context.pool.withConnection(affinity: tenant.database.affinity) { (connection) throws in
                try connection.beginSignIn(tenant.database, email: email)
            }
        }
        let hash = found?.hash
        // Of an unknown address too: the time of the answer does not tell.
        let isRight = try await signIns.compute { Password.verify(password, against: hash) }
        guard isRight, let tenant, let user = found?.user else {
            note(call, "a password was refused", workspace: tenant?.slug)
            return try await signInPage(
                call, token: nil, workspace: workspace, email: email, to: to, problem: SignInPage.passwordRefused)
        }
        try await context.pool.withConnection(affinity: tenant.database.affinity) { (connection) throws in
            try connection.finishSignIn(tenant.database, user: user)
        }
        signIns.giveBack(call.client.address)
        return try await startSession(call, tenant, user: user, by: "password", to: to)
    }

    /// Signs a user in on this browser.
    /// - Parameters:
    ///   - method: how, for the audit; nil: it was told.
    ///   - cookies: others to set.
    ///   - to: the page to go to, where it is the tenant's.
    func startSession(
        _ call: Call, _ tenant: Tenant, user: RecordID, by method: String?, cookies: [String] = [], to: String? = nil
    ) async throws -> Response {
        let secret = Secret.random()
        try await context.pool.withConnection { (connection) throws(PostgresError) in
            _ = try connection.single(
                settings: TenantDatabase.control(),
                .call(
                    "start_session", .bytea(Secret.hash(secret)), .uuid(tenant.id), .uuid(user),
                    .text("user:" + PublicID(.user, user).description),
                    .untyped("\(Self.sessionSeconds) seconds"), method.bind))
        }
        note(call, "signed in", workspace: tenant.slug)
        return .seeOther(
            Self.local(to, tenant) ?? "/console/" + tenant.slug,
            cookies: [Self.cookie(secret, seconds: Self.sessionSeconds, call)] + cookies)
    }

    func openTenant(slug: String) async throws -> Tenant? {
        guard !slug.isEmpty else { return nil }
        let rows = try await context.pool.withConnection { (connection) throws(PostgresError) in
            try connection.single(settings: TenantDatabase.control(), .call("find_tenants", .text(slug)))
        }
        guard let row = rows.first else { return nil }
        let tenant = try Tenant(row: row)
        return tenant.isOpen ? tenant : nil
    }

    /// - Parameter status: beside a problem.
    func signInPage(
        _ call: Call, token: String?, workspace: String, email: String = "", to: String? = nil,
        problem: String? = nil,
        status: HTTPResponse.Status = .forbidden
    ) async throws -> Response {
        var provider: SignInPage.Provider?
        let tenant = try await openTenant(slug: workspace)
        if token == nil, let tenant, let found = try await oidcProvider(tenant) {
            provider = SignInPage.Provider(
                href: "/console/sign-in/\(tenant.slug)/oidc",
                label: found.label.map { "Sign in with \($0)" } ?? "Single sign-on")
        }
        let page = SignInPage(
            chrome: Chrome(title: "Sign in", version: version), token: token, workspace: workspace, email: email,
            to: to,
            provider: provider, asksForWorkspace: token == nil && provider == nil,
            isExposed: call.isExposed, problem: problem)
        return Response(html: templates.render(page, as: "sign-in"), status: problem == nil ? .ok : status)
    }

    /// The session's. By TLS its name says that no other host and no plain connection can have set it, which needs the
    /// path of the whole server.
    static func cookie(_ value: String, seconds: Int, _ call: Call) -> String {
        cookie(
            named: sessionCookie(call), value, path: call.isSecure ? "/" : "/console", seconds: seconds, call)
    }

    static func sessionCookie(_ call: Call) -> String { call.isSecure ? "__Host-" + cookieName : cookieName }

    static func cookie(named name: String, _ value: String, path: String, seconds: Int, _ call: Call) -> String {
        "\(name)=\(value); Path=\(path); Max-Age=\(seconds); HttpOnly; SameSite=Lax" + (call.isSecure ? "; Secure" : "")
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
