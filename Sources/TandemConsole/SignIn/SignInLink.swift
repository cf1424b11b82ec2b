import Crypto
public import Foundation
public import Postgres
public import Tandem

/// A link that signs one browser in, once.
public struct SignInLink: Sendable {
    /// What stands in the address; only its hash is stored.
    public let token: String
    /// A tenant's id: the session sees that tenant alone. Nil: all of them.
    public let tenant: UUID?
    public let validity: Duration

    /// - Parameter connection: anybody's who may enter the control plane.
    public static func make(
        on connection: Connection, tenant: Tenant? = nil, actor: String, validity: Duration = .seconds(3600)
    ) throws(PostgresError) -> SignInLink {
        let token = Secret.random()
        _ = try connection.single(
            settings: TenantDatabase.control(),
            .call(
                "create_sign_in_link", .bytea(Secret.hash(token)), (tenant?.id).bind, .text(actor),
                .untyped("\(validity.components.seconds) seconds")))
        return SignInLink(token: token, tenant: tenant?.id, validity: validity)
    }

    /// The address to open. `base` has no slash at its end: `http://127.0.0.1:8080`.
    public func address(base: String) -> String { "\(base)/console/sign-in?token=\(token)" }
}

/// Random texts that open something; stored as SHA-256 only.
enum Secret {
    /// 256 random bits in base64url.
    static func random() -> String {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        return bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func hash(_ secret: String) -> [UInt8] { Array(SHA256.hash(data: Data(secret.utf8))) }
}
