public import Foundation
public import Postgres

/// A link that opens the console for one browser, once.
public struct SignInLink: Sendable {
    /// What using it does.
    public enum Purpose: String, Sendable {
        /// Signs in.
        case signIn = "sign_in"
        /// Lets a user choose a password, and signs in.
        case password
    }

    /// What stands in the address; only its hash is stored.
    public let token: String
    public let purpose: Purpose
    public let validity: Duration

    /// - Parameters:
    ///   - connection: anybody's who may enter the control plane.
    ///   - tenant: the session sees that tenant alone; nil: all of them.
    ///   - user: of that tenant, whose session it becomes; nil: an operator's.
    ///   - actor: who makes the link.
    public static func make(
        on connection: Connection, tenant: Tenant? = nil, user: RecordID? = nil, purpose: Purpose = .signIn,
        actor: String, validity: Duration = .seconds(3600)
    ) throws(PostgresError) -> SignInLink {
        let token = Secret.random()
        _ = try connection.single(
            settings: TenantDatabase.control(),
            .call(
                "create_sign_in_link", .bytea(Secret.hash(token)), (tenant?.id).bind, .text(actor),
                .untyped("\(validity.components.seconds) seconds"), user.bind, .text(purpose.rawValue)))
        return SignInLink(token: token, purpose: purpose, validity: validity)
    }

    /// Below the address of the server.
    public var path: String {
        switch purpose {
        case .signIn: "/console/sign-in?token=\(token)"
        case .password: "/console/password?token=\(token)"
        }
    }

    /// The address to open. `base` has no slash at its end: `http://127.0.0.1:8080`.
    public func address(base: String) -> String { base + path }
}
