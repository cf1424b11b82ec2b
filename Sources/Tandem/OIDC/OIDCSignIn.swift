public import Crypto
public import Foundation

/// One sign-in on its way to the identity provider and back. It travels sealed in a cookie of the browser that began it, so
/// that it ends in no other, and no row is written for who never comes back.
public struct OIDCSignIn: Sendable, Hashable {
    public let tenant: UUID
    public let issuer: String
    public let clientID: String
    /// Comes back beside the code; used once.
    public let state: String
    /// Comes back inside the token.
    public let nonce: String
    /// Whose hash went with the request; only we can turn the code into a token.
    public let verifier: String
    /// Where the provider sends the browser back to.
    public let callback: String
    private let expires: Int64

    /// From the button to the return.
    public static let validSeconds = 600

    public init(_ provider: OIDCProvider, callback: String, now: Date) {
        tenant = provider.tenant
        issuer = provider.issuer
        clientID = provider.clientID
        state = Secret.random()
        nonce = Secret.random()
        verifier = Secret.random()
        self.callback = callback
        expires = Int64(now.timeIntervalSince1970) + Int64(Self.validSeconds)
    }

    /// What the browser keeps.
    ///
    /// - Throws: `failure` where the system has no randomness.
    public func sealed(with key: SymmetricKey) throws(TandemError) -> String {
        let parts: JSON = [
            .string(issuer), .string(clientID), .string(state), .string(nonce), .string(verifier), .string(callback),
            .number(expires),
        ]
        guard let sealed = SealedSecret(sealing: parts.text, for: .oidcSignIn, of: tenant, with: key) else {
            throw .failure("a sign-in could not be sealed", sqlState: nil)
        }
        return Base64URL.encode(sealed.bytes)
    }

    /// Nil for anything but a sign-in of that tenant whose time is not over.
    public init?(opening text: String, of tenant: UUID, with key: SymmetricKey, now: Date) {
        guard text.utf8.count <= 4096, let bytes = Base64URL.decode(text),
            let opened = SealedSecret(bytes).open(for: .oidcSignIn, of: tenant, with: key),
            let parts = try? JSON(parsing: opened).array, parts.count == 7,
            let expires = parts[6].int, Double(expires) > now.timeIntervalSince1970
        else { return nil }
        let texts = parts.prefix(6).compactMap(\.string)
        guard texts.count == 6 else { return nil }
        self.tenant = tenant
        (issuer, clientID, state) = (texts[0], texts[1], texts[2])
        (nonce, verifier, callback) = (texts[3], texts[4], texts[5])
        self.expires = Int64(expires)
    }

    /// Where the browser goes to.
    public func address(_ metadata: OIDCMetadata) -> String {
        let challenge = Base64URL.encode(SHA256.hash(data: Data(verifier.utf8)))
        let parameters = [
            ("response_type", "code"), ("client_id", clientID), ("redirect_uri", callback),
            ("scope", "openid email profile"), ("state", state), ("nonce", nonce), ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ]
        let mark = metadata.authorizationEndpoint.contains("?") ? "&" : "?"
        return metadata.authorizationEndpoint + mark + Self.form(parameters)
    }

    /// The body of the request that turns the code into a token; without what proves that it is us.
    public func exchange(of code: String) -> [(String, String)] {
        [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callback),
            ("code_verifier", verifier), ("client_id", clientID),
        ]
    }

    /// application/x-www-form-urlencoded.
    public static func form(_ parameters: [(String, String)]) -> String {
        parameters.map { "\($0)=\(encoded($1))" }.joined(separator: "&")
    }

    /// One value of a form.
    public static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: "%" + String(byte >> 4, radix: 16, uppercase: true) + String(byte & 15, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
