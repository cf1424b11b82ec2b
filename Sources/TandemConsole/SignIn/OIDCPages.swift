import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Postgres
import Tandem
import TandemHTTP

extension Console {
    /// The sign-in that a browser has begun, sealed.
    private static let oidcCookie = "tandem_oidc"
    /// Up to three requests to the provider.
    private static let oidcTime: Duration = .seconds(20)

    var oidcRoutes: [Route] {
        [
            Route(
                .get, "/console/sign-in/{workspace}/oidc", "Lead to the identity provider of a workspace",
                feature: "Console", scope: .none, success: 303, time: Self.oidcTime
            ) { call in
                try await beginOIDC(call, slug: call.capture("workspace"))
            },
            Route(
                .get, "/console/sign-in/{workspace}/callback", "Where an identity provider leads back to",
                feature: "Console", scope: .none, takesFields: true, success: 303, time: Self.oidcTime
            ) { call in
                try await finishOIDC(call, slug: call.capture("workspace"))
            },
        ]
    }

    func oidcProvider(_ tenant: Tenant) async throws -> OIDCProvider? {
        try await context.pool.withConnection { (connection) throws(PostgresError) in
            try connection.oidcProvider(tenant)
        }
    }

    private func beginOIDC(_ call: Call, slug: String) async throws -> Response {
        guard let tenant = try await openTenant(slug: slug), let provider = try await oidcProvider(tenant) else {
            return .seeOther("/console/sign-in?tenant=" + queryValue(slug))
        }
        do throws(OIDCFault) {
            let metadata = try await oidc.metadata(of: provider.issuer, provider.reach)
            let signIn = OIDCSignIn(
                provider, callback: call.origin + OIDCProvider.callbackPath(tenant), now: context.clock.now())
            let cookie = try sealed(signIn, tenant, call)
            return .seeOther(signIn.address(metadata), cookies: [cookie])
        } catch {
            return try await refused(error, call, tenant)
        }
    }

    private func sealed(_ signIn: OIDCSignIn, _ tenant: Tenant, _ call: Call) throws(OIDCFault) -> String {
        do throws(TandemError) {
            return oidcCookie(
                try signIn.sealed(with: context.sealingKey), seconds: OIDCSignIn.validSeconds, tenant, call)
        } catch {
            throw .unreachable(error.message)
        }
    }

    private func oidcCookie(_ value: String, seconds: Int, _ tenant: Tenant, _ call: Call) -> String {
        Self.cookie(
            named: Self.oidcCookie, value, path: "/console/sign-in/" + tenant.slug, seconds: seconds, call)
    }

    private func finishOIDC(_ call: Call, slug: String) async throws -> Response {
        guard let tenant = try await openTenant(slug: slug) else { return .seeOther("/console/sign-in") }
        do {
            let (signIn, provider) = try await returned(call, tenant)
            guard let secret = provider.secret(with: context.sealingKey) else {
                throw OIDCFault.provider("the client secret was sealed by another installation: set it again")
            }
            let person = try await oidc.person(
                signIn, provider.reach, code: call.query["code"] ?? "", secret: secret, now: context.clock.now())
            let catalogs = context.catalogs
            let user = try await context.pool.withConnection(affinity: tenant.database.affinity) {
                (connection) throws in
                try connection.oidcUser(tenant, provider, person, catalogs: catalogs)
            }
            return try await startSession(
                call, tenant, user: user.id, by: nil, cookies: [oidcCookie("", seconds: 0, tenant, call)])
        } catch let fault as OIDCFault {
            return try await refused(fault, call, tenant)
        }
    }

    /// The sign-in that this browser began and that has come back now, for the first time.
    private func returned(_ call: Call, _ tenant: Tenant) async throws -> (OIDCSignIn, OIDCProvider) {
        guard let cookie = Self.cookie(call, named: Self.oidcCookie),
            let signIn = OIDCSignIn(
                opening: cookie, of: tenant.id, with: context.sealingKey, now: context.clock.now()),
            let state = call.query["state"], Secret.hash(state) == Secret.hash(signIn.state),
            // Who answers says so, if it can: no other provider's answer counts (RFC 9207).
            call.query["iss"].map({ $0 == signIn.issuer }) ?? true,
            let provider = try await oidcProvider(tenant), provider.issuer == signIn.issuer,
            provider.clientID == signIn.clientID
        else { throw OIDCFault.stale }
        let isFirst = try await context.pool.withConnection { (connection) throws(PostgresError) in
            try connection.useOIDCState(signIn.state)
        }
        guard isFirst else { throw OIDCFault.stale }
        if let code = call.query["error"] {
            let known = code.utf8.count <= 60 && code.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "_") }
            throw OIDCFault.denied(known ? code : "error")
        }
        guard call.query["code"]?.isEmpty == false else { throw OIDCFault.stale }
        return (signIn, provider)
    }

    /// The sign-in page with what went wrong; the log has the rest.
    private func refused(_ fault: OIDCFault, _ call: Call, _ tenant: Tenant) async throws -> Response {
        call.logger.notice(
            "a sign-in with an identity provider was refused",
            metadata: [
                "tenant": "\(tenant.slug)", "code": "\(fault.code)", "detail": "\(fault.detail)",
                "request_id": "\(call.id)", "address": "\(call.client.address ?? "")",
            ])
        let status: HTTPResponse.Status =
            switch fault {
            case .unreachable, .provider, .forbiddenAddress: .badGateway
            default: .forbidden
            }
        return try await signInPage(
            call, token: nil, workspace: tenant.slug, problem: Self.words(fault) + " (\(fault.code))", status: status)
    }

    private static func words(_ fault: OIDCFault) -> String {
        switch fault {
        case .unreachable:
            "The identity provider of this workspace does not answer. Try again in a moment, or sign in with a password."
        case .provider:
            "The identity provider of this workspace answered something that cannot be used. Who runs the workspace can "
                + "look with tandem oidc test."
        case .forbiddenAddress:
            "The identity provider of this workspace lies where this server does not call. Who runs the server can allow it."
        case .denied(let code): "The identity provider did not let you in: \(code)."
        case .token: "The identity provider's answer is not to be trusted, and nobody was signed in. Try again."
        case .stale: "This sign-in is too old, was used before, or began in another browser. Begin again."
        case .unverifiedAddress:
            "The identity provider does not say that your address is yours, so it opens nothing here."
        case .foreignDomain(let email):
            "This workspace does not take \(email): its domain is not one of the workspace's."
        case .unknownUser(let email):
            "Nobody in this workspace has the address \(email). Who runs it can make you a user."
        case .inactiveUser(let email): "The user with the address \(email) has left this workspace."
        }
    }
}
