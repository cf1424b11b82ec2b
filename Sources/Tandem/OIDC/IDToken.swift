public import Foundation
import JWTKit

/// An ID token that was checked: whom the provider vouches for.
public struct IDToken: Sendable, Hashable {
    /// The provider's own name for the person; never changes.
    public let subject: String
    /// The address, where the provider says that it is the person's.
    public let verifiedEmail: String?
    public let name: String?

    /// What a token has to say to be taken.
    public struct Expectation: Sendable {
        public let issuer: String
        public let clientID: String
        public let nonce: String

        public init(issuer: String, clientID: String, nonce: String) {
            self.issuer = issuer
            self.clientID = clientID
            self.nonce = nonce
        }
    }

    /// How far the provider's clock may be from ours, seconds.
    static let skew = 60.0
    private static let limit = 32 << 10

    /// A token whose signature nobody has looked at yet.
    public struct Unverified: Sendable {
        let text: String
        let algorithm: OIDCKeys.Algorithm
        /// Of the key that is said to have signed it.
        public let keyID: String?
        let payload: [UInt8]

        /// Reads the header, and refuses what no key could make right.
        public init(_ text: String) throws(OIDCFault.TokenFault) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard text.utf8.count <= IDToken.limit, parts.count == 3, let head = Base64URL.decode(parts[0]),
                let payload = Base64URL.decode(parts[1]), Base64URL.decode(parts[2]) != nil,
                let header = try? JSON(parsing: head), header.object != nil
            else { throw .malformed }
            guard let algorithm = header["alg"]?.string.flatMap(OIDCKeys.Algorithm.init) else { throw .algorithm }
            guard header["crit"] == nil else { throw .critical }
            if let type = header["typ"] {
                guard type.string?.uppercased() == "JWT" else { throw .type }
            }
            if let id = header["kid"], id.string == nil { throw .malformed }
            self.text = text
            self.algorithm = algorithm
            keyID = header["kid"]?.string
            self.payload = payload
        }

        /// Whether the keys have the one that is said to have signed it.
        public func isSigned(byOneOf keys: OIDCKeys) -> Bool { keys.key(algorithm, id: keyID) != nil }

        /// Checks signature and claims.
        ///
        /// - Parameter now: the time here.
        public func verified(
            by keys: OIDCKeys, as expected: Expectation, now: Date
        ) async throws(OIDCFault.TokenFault) -> IDToken {
            guard let key = keys.key(algorithm, id: keyID) else { throw .unknownKey }
            // A collection of this one key, of the algorithm that the key's own type decides: what the token's header says
            // chooses nothing any more.
            let collection = JWTKeyCollection()
            do {
                try await collection.add(jwk: key.jwk)
                _ = try await collection.verify(text, as: Signed.self)
            } catch {
                throw .signature
            }
            guard let claims = try? JSON(parsing: payload), claims.object != nil else { throw .malformed }
            return try IDToken(claims: claims, as: expected, now: now)
        }
    }

    /// The library checks the signature; the claims are read from the very bytes that were signed.
    private struct Signed: JWTPayload {
        func verify(using algorithm: some JWTAlgorithm) {}
    }

    init(claims: JSON, as expected: Expectation, now: Date) throws(OIDCFault.TokenFault) {
        guard claims["iss"]?.string == expected.issuer else { throw .issuer }
        try Self.check(audience: claims, expected.clientID)
        try Self.check(times: claims, now.timeIntervalSince1970)
        guard claims["nonce"]?.string == expected.nonce else { throw .nonce }
        guard let subject = claims["sub"]?.string, (1...255).contains(subject.utf8.count) else { throw .claims }
        self.subject = subject
        // Some providers write it as a text.
        let isVerified = claims["email_verified"] == true || claims["email_verified"] == "true"
        verifiedEmail = claims["email"]?.string.flatMap { isVerified && Self.isAddress($0) ? $0 : nil }
        name = claims["name"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// For us; if for others too, made for us.
    private static func check(audience claims: JSON, _ clientID: String) throws(OIDCFault.TokenFault) {
        let audiences = claims["aud"]?.array.map { $0.map(\.string) } ?? [claims["aud"]?.string]
        guard audiences.contains(clientID) else { throw .audience }
        let party = claims["azp"]
        if audiences.count > 1, party == nil { throw .audience }
        if let party, party.string != clientID { throw .audience }
    }

    private static func check(times claims: JSON, _ now: Double) throws(OIDCFault.TokenFault) {
        guard let expires = claims["exp"]?.double, let issued = claims["iat"]?.double else { throw .claims }
        guard now < expires + skew else { throw .expired }
        guard issued <= now + skew else { throw .notYet }
        if let begins = claims["nbf"] {
            guard let begins = begins.double else { throw .claims }
            guard begins <= now + skew else { throw .notYet }
        }
    }

    /// One plain address: what else the normal form allows is no way to name a user.
    private static func isAddress(_ text: String) -> Bool {
        text.filter { $0 == "@" }.count == 1 && !text.contains { $0.isWhitespace || "<>,;:\"".contains($0) }
            && Normalizer.email(text) != nil
    }
}
