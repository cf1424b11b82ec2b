public import Crypto
public import Foundation
import Postgres

/// The identity provider of a tenant: by whom its users sign in to the console.
public struct OIDCProvider: Sendable, Hashable {
    public let tenant: UUID
    /// As its tokens say it, compared as text.
    public let issuer: String
    public let clientID: String
    let clientSecret: SealedSecret
    /// What the button says; nil: nothing of its own.
    public let label: String?
    /// Of e-mail addresses, in small letters; none: any.
    public let allowedDomains: [String]
    /// What users get who are made when they first sign in; nil: none are made.
    public let newUserRole: RecordID?
    /// Whether an operator allowed that it lies in a private network.
    public let isPrivate: Bool
    public let updatedAt: Date

    init(row: Row) throws(PostgresError) {
        tenant = try row.uuid("tenant")
        issuer = try row.text("issuer")
        clientID = try row.text("client_id")
        clientSecret = SealedSecret(try row.bytea("client_secret"))
        label = try row.optionalText("label")
        allowedDomains = try row.texts("allowed_domains")
        newUserRole = try row.optionalUUID("new_user_role")
        isPrivate = try row.bool("private_network")
        updatedAt = Date(microseconds: try row.timestamp("updated_at"))
    }

    /// Nil where it was sealed with another installation's key.
    public func secret(with key: SymmetricKey) -> String? {
        clientSecret.open(for: .oidcClient, of: tenant, with: key).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// Where the provider sends people back to, below the address of the server.
    public static func callbackPath(_ tenant: Tenant) -> String { "/console/sign-in/\(tenant.slug)/callback" }

    /// Whether the tenant takes addresses of that domain.
    public func allows(email: String) -> Bool {
        guard !allowedDomains.isEmpty else { return true }
        let domain = email.split(separator: "@", omittingEmptySubsequences: false).last.map { $0.lowercased() }
        return domain.map(allowedDomains.contains) ?? false
    }

    /// Where the server may ask for it. Over http an operator alone names one.
    public var reach: OIDCReach {
        isPrivate || OIDCAddress.isLoopback(url: issuer) ? .anywhere : .outside
    }

    /// `{"issuer","client_id","secret_set","label","allowed_domains","new_user_role","private_network","callback_path",
    /// "updated_at"}`; the secret itself is never shown.
    public func json(of tenant: Tenant) -> JSONObject {
        [
            "issuer": .string(issuer), "client_id": .string(clientID), "secret_set": true,
            "label": .string(orNull: label), "allowed_domains": .array(allowedDomains.map { .string($0) }),
            "new_user_role": .string(orNull: newUserRole.map { PublicID(.role, $0).description }),
            "private_network": .bool(isPrivate), "callback_path": .string(Self.callbackPath(tenant)),
            "updated_at": .string(updatedAt.iso8601),
        ]
    }
}

/// What an identity provider is to be.
public struct OIDCDraft: Sendable {
    public var issuer: String
    public var clientID: String
    /// Nil: the one that is there, which is possible with the same issuer and client id alone.
    public var clientSecret: String?
    public var label: String?
    public var allowedDomains: [String]
    /// A role by `role_…`, uuid or name; nil: no users are made.
    public var newUserRole: String?
    /// Whether it may lie in a private network, which an operator says; nil: as it was for the same issuer.
    public var allowsPrivate: Bool?

    private static let keys: Set<String> = [
        "issuer", "client_id", "client_secret", "label", "allowed_domains", "new_user_role",
    ]

    /// Reads the body of `PUT /v1/oidc`.
    ///
    /// - Parameter allowsLoopback: whether the issuer may be http on this machine.
    /// - Throws: `invalid`, with all faults.
    public init(json body: JSONObject, allowsLoopback: Bool) throws(TandemError) {
        var faults: [TandemError.FieldError] = []
        func fail(_ key: String, _ code: String, _ detail: String) {
            faults.append(.init(pointer: "/\(key)", code: code, detail: detail))
        }
        /// A text, nil where it is absent or null.
        func text(_ key: String, _ lengths: ClosedRange<Int>) -> String? {
            guard let value = body[key], !value.isNull else { return nil }
            guard let text = value.string, lengths.contains(text.utf8.count) else {
                fail(key, "invalid", "is a text of \(lengths.lowerBound) to \(lengths.upperBound) bytes")
                return nil
            }
            return text
        }
        for key in body.names where !Self.keys.contains(key) { fail(key, "unknown_field", "is not known here") }
        issuer = text("issuer", 1...500) ?? ""
        clientID = text("client_id", 1...500) ?? ""
        clientSecret = text("client_secret", 1...2_000)
        label = text("label", 1...60)
        newUserRole = text("new_user_role", 1...255)
        allowedDomains = []
        if let list = body["allowed_domains"], !list.isNull {
            let domains = (list.array ?? []).compactMap { $0.string?.lowercased() }
            let areDomains = domains.allSatisfy { $0.contains(".") && Normalizer.domain($0) == $0 }
            if let count = list.array?.count, count <= 100, domains.count == count, areDomains {
                allowedDomains = domains
            } else {
                fail("allowed_domains", "invalid", "is a list of at most 100 domains such as acme.example")
            }
        }
        if body["issuer"]?.string == nil {
            fail(
                "issuer", "required",
                "is the address that the provider's tokens name, such as https://accounts.google.com")
        } else if !issuer.isEmpty, !OIDCAddress.isIssuer(issuer, allowsLoopback: allowsLoopback) {
            fail("issuer", "invalid", "is an https address without a query")
        }
        if body["client_id"]?.string == nil { fail("client_id", "required", "is what the provider knows Tandem by") }
        if newUserRole != nil, allowedDomains.isEmpty, faults.isEmpty {
            fail(
                "allowed_domains", "required",
                "name whose users are made: with none, anybody at the provider would be one")
        }
        if !faults.isEmpty { throw .invalid(faults) }
    }
}
