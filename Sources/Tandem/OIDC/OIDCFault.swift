/// Why somebody was not signed in by an identity provider.
public enum OIDCFault: Error, Sendable, Hashable {
    /// The provider cannot be reached, or does not answer in time; the text is for the log.
    case unreachable(String)
    /// Its name leads into a private network, and no operator allowed that.
    case forbiddenAddress
    /// It answers something else than OpenID Connect says; the text is for the log and for who configures it.
    case provider(String)
    /// It did not let the person in, with its own code.
    case denied(String)
    /// Its token is not to be trusted.
    case token(TokenFault)
    /// The sign-in is of another browser, too old, used before, or of a provider that the tenant no longer has.
    case stale
    /// The provider does not vouch for an address.
    case unverifiedAddress
    /// The address is of a domain that the tenant does not take.
    case foreignDomain(String)
    /// Nobody in the tenant has the address.
    case unknownUser(String)
    /// The user has left.
    case inactiveUser(String)

    /// What is wrong with an ID token.
    public enum TokenFault: String, Error, Sendable, Hashable {
        case malformed
        /// Of an algorithm that is not taken: `none`, HMAC, or one that is not listed.
        case algorithm
        /// The header asks for an extension.
        case critical
        /// It is another kind of token.
        case type
        /// No key of the provider has signed it.
        case unknownKey = "unknown_key"
        case signature
        case issuer
        case audience
        case expired
        case notYet = "not_yet"
        case nonce
        /// A claim that every ID token has is missing or of another type.
        case claims
    }

    /// Stable, for logs, pages and machines.
    public var code: String {
        switch self {
        case .unreachable: "provider_unreachable"
        case .forbiddenAddress: "provider_address"
        case .provider: "provider_invalid"
        case .denied: "provider_denied"
        case .token(let fault): "token_" + fault.rawValue
        case .stale: "sign_in_stale"
        case .unverifiedAddress: "address_unverified"
        case .foreignDomain: "domain_not_allowed"
        case .unknownUser: "unknown_user"
        case .inactiveUser: "inactive_user"
        }
    }

    /// The same for who configures the provider and runs no server: nothing of what the network said.
    public var sentence: String {
        if case .unreachable = self { return "the provider cannot be reached, or its certificate is nobody's" }
        return detail
    }

    /// For the log and for operators.
    public var detail: String {
        switch self {
        case .unreachable(let text), .provider(let text), .denied(let text), .foreignDomain(let text),
            .unknownUser(let text), .inactiveUser(let text):
            text
        case .forbiddenAddress:
            "the provider lies in a private network or on this machine, which only an operator allows: tandem oidc set "
                + "--allow-private-network"
        case .token(let fault): "the ID token was refused: \(fault.rawValue)"
        case .stale: "the sign-in is of another browser, too old, or was used before"
        case .unverifiedAddress: "the ID token has no email with email_verified true"
        }
    }
}
