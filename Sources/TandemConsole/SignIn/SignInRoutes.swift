import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The page behind a sign-in link: a button, so that programs which look at links do not use it up.
private struct SignInPage {
    let chrome: Chrome
    /// From the link; nil: the page says how to get one.
    let token: String?
    let wasRefused: Bool
}

extension Console {
    /// How long a session lasts, seconds.
    private static let sessionSeconds = 30 * 86_400

    var signInRoutes: [Route] {
        [
            Route(
                .get, "/console/sign-in", "The page behind a sign-in link", feature: "Console", scope: .none,
                parameters: [.init("token", "From the link")]
            ) { call in
                let token = call.query["token"].flatMap { $0.isEmpty ? nil : $0 }
                return signInPage(token: token, wasRefused: false)
            },
            Route(
                .post, "/console/sign-in", "Use a sign-in link", feature: "Console", scope: .none,
                body: .form(limit: 4 << 10), success: 303
            ) { call in
                try Self.refuseForeignForm(call)
                return try await signIn(call)
            },
            action("/console/sign-out", "End the session") { call, visit, _ in
                try await context.pool.withConnection { (connection) throws(PostgresError) in
                    _ = try connection.single(
                        settings: TenantDatabase.control(), .call("end_session", .bytea(visit.session)))
                }
                return .seeOther("/console/sign-in", cookie: Self.cookie("", seconds: 0, call))
            },
        ]
    }

    private func signIn(_ call: Call) async throws -> Response {
        guard let token = try call.form()["token"], !token.isEmpty else {
            return signInPage(token: nil, wasRefused: true)
        }
        let secret = Secret.random()
        let isSignedIn = try await context.pool.withConnection { (connection) throws(PostgresError) -> Bool in
            try !connection.single(
                settings: TenantDatabase.control(),
                .call(
                    "redeem_sign_in_link", .bytea(Secret.hash(token)), .bytea(Secret.hash(secret)),
                    .untyped("\(Self.sessionSeconds) seconds"))
            ).isEmpty
        }
        guard isSignedIn else { return signInPage(token: nil, wasRefused: true) }
        return .seeOther("/console", cookie: Self.cookie(secret, seconds: Self.sessionSeconds, call))
    }

    private func signInPage(token: String?, wasRefused: Bool) -> Response {
        let page = SignInPage(
            chrome: Chrome(title: "Sign in", version: version), token: token, wasRefused: wasRefused)
        return Response(
            html: templates.render(page, as: "sign-in"), status: wasRefused ? .forbidden : .ok)
    }

    private static func cookie(_ value: String, seconds: Int, _ call: Call) -> String {
        let secure = call.headers[.forwardedProtocol]?.lowercased() == "https" ? "; Secure" : ""
        return "\(cookieName)=\(value); Path=/console; Max-Age=\(seconds); HttpOnly; SameSite=Lax" + secure
    }
}
