import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Where a user chooses a password: behind an invitation, or a link for a new one.
private struct PasswordPage {
    let chrome: Chrome
    /// Nil: the link is used or old.
    let token: String?
    let tenantName: String
    let userName: String
    let email: String
    let minimum: Int
    let problem: String?
}

extension Console {
    var passwordRoutes: [Route] {
        [
            Route(
                .get, "/console/password", "Choose a password: the page behind an invitation", feature: "Console",
                scope: .none, parameters: [.init("token", "From the link")]
            ) { call in
                let token = call.query["token"] ?? ""
                return passwordPage(token, try await invited(token, "find_password_link"))
            },
            Route(
                .post, "/console/password", "Store the password that somebody chose, and sign in", feature: "Console",
                scope: .none, body: .form(limit: 4 << 10), success: 303
            ) { call in
                try Self.refuseForeignForm(call)
                let form = try call.form()
                return try await choosePassword(call, form["token"] ?? "", form["password"] ?? "", form["again"] ?? "")
            },
        ]
    }

    /// Whose password a link lets somebody choose.
    private struct Invited {
        let tenant: Tenant
        let user: SignedInUser
    }

    private func choosePassword(
        _ call: Call, _ token: String, _ password: String, _ again: String
    ) async throws -> Response {
        guard let asked = try await invited(token, "find_password_link") else { return passwordPage(token, nil) }
        let fault = password == again ? Password.fault(password, email: asked.user.email) : "The two are not the same."
        if let fault { return passwordPage(token, asked, problem: fault) }
        let hash = try await signIns.compute { try Password.hash(password) }
        // Used only now, so that a password that is refused leaves the link as it was.
        guard let invited = try await invited(token, "use_password_link") else { return passwordPage(token, nil) }
        let (tenant, user) = (invited.tenant, invited.user)
        let isStored = try await context.pool.withConnection(affinity: tenant.database.affinity) {
            (connection) throws -> Bool in
            let isStored = try connection.setPassword(tenant.database, user: user.id, hash: hash, actor: user.actor)
            if isStored { try UserAccess(connection, tenant: tenant, actor: user.actor).signOut(user.id) }
            return isStored
        }
        guard isStored else { return passwordPage(token, nil) }
        return try await startSession(call, tenant, user: user.id, by: "password")
    }

    private func invited(_ token: String, _ function: StaticString) async throws -> Invited? {
        let found = try await context.pool.withConnection {
            (connection) throws(PostgresError) -> (tenant: Tenant, user: RecordID)? in
            let hash = Secret.hash(token)
            guard
                let link = try connection.single(
                    settings: TenantDatabase.control(), .call(function, .bytea(hash))
                ).first,
                let row = try connection.single(
                    settings: TenantDatabase.control(),
                    .call("find_tenants", .null(.text), .uuid(link.uuid("tenant")))
                ).first
            else { return nil }
            return (try Tenant(row: row), try link.uuid("user_id"))
        }
        guard let found, found.tenant.isOpen else { return nil }
        let user = try await context.pool.withConnection(affinity: found.tenant.database.affinity) {
            (connection) throws -> SignedInUser? in
            try connection.signedInUser(found.tenant.database, found.user)
        }
        return user.map { Invited(tenant: found.tenant, user: $0) }
    }

    private func passwordPage(_ token: String, _ invited: Invited?, problem: String? = nil) -> Response {
        let page = PasswordPage(
            chrome: Chrome(title: "Choose a password", version: version), token: invited == nil ? nil : token,
            tenantName: invited?.tenant.displayName ?? "", userName: invited?.user.name ?? "",
            email: invited?.user.email ?? "", minimum: Password.minimumLength, problem: problem)
        let status: HTTPResponse.Status = invited == nil ? .forbidden : problem == nil ? .ok : .unprocessableContent
        return Response(html: templates.render(page, as: "password"), status: status)
    }
}
