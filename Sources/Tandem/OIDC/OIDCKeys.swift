import JWTKit

/// The public keys of an identity provider (RFC 7517). What is of no use here is left out: keys for encryption, of other
/// algorithms, and symmetric ones.
public struct OIDCKeys: Sendable {
    /// What tokens may be signed with. Never `none`, and never an HMAC: its key would be one that everybody reads.
    public enum Algorithm: String, Sendable, CaseIterable {
        case rs256 = "RS256"
        case es256 = "ES256"
        case eddsa = "EdDSA"
    }

    struct Key: Sendable {
        let id: String?
        let algorithm: Algorithm
        let jwk: JWK
    }

    let keys: [Key]

    public var count: Int { keys.count }

    /// The algorithms for which there are keys.
    public var algorithms: [String] {
        Algorithm.allCases.filter { used in keys.contains { $0.algorithm == used } }.map(\.rawValue)
    }

    /// Reads `{"keys": […]}`.
    ///
    /// - Throws: `provider` where it is none.
    public init(json: JSON) throws(OIDCFault) {
        guard let list = json["keys"]?.array else { throw .provider("the JWKS has no keys") }
        keys = list.prefix(100).compactMap(Self.key)
    }

    private static func key(_ json: JSON) -> Key? {
        if let use = json["use"], use.string != "sig" { return nil }
        let id = json["kid"]?.string
        let identifier = id.map { JWKIdentifier(string: $0) }
        let found: (Algorithm, JWK)? =
            switch (json["kty"]?.string, json["crv"]?.string) {
            case ("RSA", _):
                (
                    .rs256,
                    .rsa(
                        .rs256, identifier: identifier, modulus: json["n"]?.string, exponent: json["e"]?.string)
                )
            case ("EC", "P-256"):
                (
                    .es256,
                    .ecdsa(
                        .es256, identifier: identifier, x: json["x"]?.string, y: json["y"]?.string, curve: .p256)
                )
            case ("OKP", "Ed25519"):
                (
                    .eddsa,
                    .octetKeyPair(
                        .eddsa, identifier: identifier, x: json["x"]?.string, y: nil, curve: .ed25519)
                )
            default: nil
            }
        guard let (algorithm, jwk) = found else { return nil }
        // A key that says what it is for is for nothing else.
        if let named = json["alg"], named.string != algorithm.rawValue { return nil }
        return Key(id: id, algorithm: algorithm, jwk: jwk)
    }

    /// The key that a token names; without a name, the only one of its algorithm.
    func key(_ algorithm: Algorithm, id: String?) -> Key? {
        let fitting = keys.filter { $0.algorithm == algorithm && (id == nil || $0.id == id) }
        return fitting.count == 1 ? fitting[0] : nil
    }
}
