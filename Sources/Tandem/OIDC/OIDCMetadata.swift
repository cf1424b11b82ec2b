/// What an identity provider says of itself (OpenID Connect Discovery 1.0).
public struct OIDCMetadata: Sendable, Hashable {
    public let issuer: String
    public let authorizationEndpoint: String
    public let tokenEndpoint: String
    public let keysAddress: String
    /// Whether the client proves itself in the body of the request for a token, instead of the header.
    public let takesSecretInBody: Bool

    /// Where it stands.
    public static func address(of issuer: String) -> String {
        (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
    }

    /// - Throws: `provider` where it is of another issuer, incomplete, or leads to where the server does not call.
    public init(json: JSON, issuer: String) throws(OIDCFault) {
        guard let named = json["issuer"]?.string else { throw .provider("the discovery document names no issuer") }
        guard named == issuer else { throw .provider("the discovery document is of the issuer \(named)") }
        self.issuer = issuer
        let allowsLoopback = OIDCAddress.isLoopback(url: issuer)
        func endpoint(_ key: String) throws(OIDCFault) -> String {
            guard let text = json[key]?.string, OIDCAddress.isAllowed(text, allowsLoopback: allowsLoopback) else {
                throw .provider("the discovery document has no \(key) with https")
            }
            return text
        }
        authorizationEndpoint = try endpoint("authorization_endpoint")
        tokenEndpoint = try endpoint("token_endpoint")
        keysAddress = try endpoint("jwks_uri")
        let methods = (json["token_endpoint_auth_methods_supported"]?.array ?? []).compactMap(\.string)
        takesSecretInBody = methods.contains("client_secret_post") && !methods.contains("client_secret_basic")
    }
}
