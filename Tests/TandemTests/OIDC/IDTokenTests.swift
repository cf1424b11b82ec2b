import Crypto
import Foundation
import JWTKit
import Testing

@testable import Tandem

/// What an ID token must say, to the second. `Tests/blackbox/test_oidc.py` forges them over a whole sign-in.
@Suite("ID tokens")
struct IDTokenTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let expected = IDToken.Expectation(
        issuer: "https://id.example", clientID: "tandem", nonce: "n-1")

    private struct Claims: JWTPayload {
        var iss = "https://id.example"
        var aud = "tandem"
        var sub = "p-1"
        var nonce = "n-1"
        var exp: Double
        var iat: Double
        var nbf: Double?
        var email = "desk@acme.example"
        var emailVerified = true

        enum CodingKeys: String, CodingKey {
            case iss, aud, sub, nonce, exp, iat, nbf, email
            case emailVerified = "email_verified"
        }

        func verify(using algorithm: some JWTAlgorithm) {}
    }

    private struct Signer {
        let key = Curve25519.Signing.PrivateKey()
        let kid: String

        func sign(_ claims: Claims) async throws -> String {
            let keys = JWTKeyCollection()
            await keys.add(eddsa: EdDSA.PrivateKey(backing: key), kid: JWKIdentifier(string: kid))
            return try await keys.sign(claims, kid: JWKIdentifier(string: kid))
        }

        var jwk: JSON {
            [
                "kty": "OKP", "crv": "Ed25519", "kid": .string(kid), "use": "sig",
                "x": .string(Base64URL.encode(key.publicKey.rawRepresentation)),
            ]
        }
    }

    /// What became of a token whose times are so many seconds from now; nil: it was taken.
    private func fault(
        exp: Double = 300, iat: Double = 0, nbf: Double? = nil
    ) async throws -> OIDCFault.TokenFault? {
        let signer = Signer(kid: "a")
        let now = Self.now.timeIntervalSince1970
        let text = try await signer.sign(Claims(exp: now + exp, iat: now + iat, nbf: nbf.map { now + $0 }))
        let keys = try OIDCKeys(json: ["keys": [signer.jwk]])
        do throws(OIDCFault.TokenFault) {
            let person = try await IDToken.Unverified(text).verified(by: keys, as: Self.expected, now: Self.now)
            #expect(person.verifiedEmail == "desk@acme.example")
            return nil
        } catch {
            return error
        }
    }

    @Test("Clocks may differ by a minute")
    func skew() async throws {
        #expect(try await fault(exp: -59) == nil)
        #expect(try await fault(exp: -60) == .expired)
        #expect(try await fault(exp: -61) == .expired)
        #expect(try await fault(iat: 60) == nil)
        #expect(try await fault(iat: 61) == .notYet)
        #expect(try await fault(nbf: 60) == nil)
        #expect(try await fault(nbf: 61) == .notYet)
    }

    @Test("A key opens what it is for: not encryption, not another algorithm, not two under one name")
    func keys() throws {
        let signer = Signer(kid: "a")
        var other = try #require(signer.jwk.object)
        #expect(try OIDCKeys(json: ["keys": [.object(other)]]).count == 1)
        other["use"] = "enc"
        #expect(try OIDCKeys(json: ["keys": [.object(other)]]).count == 0)
        other["use"] = nil
        other["alg"] = "HS256"
        #expect(try OIDCKeys(json: ["keys": [.object(other)]]).count == 0)
        let symmetric: JSON = ["kty": "oct", "k": "AAAA", "kid": "a", "alg": "HS256"]
        #expect(try OIDCKeys(json: ["keys": [symmetric]]).count == 0)
        let twice = try OIDCKeys(json: ["keys": [signer.jwk, Signer(kid: "a").jwk]])
        #expect(twice.key(.eddsa, id: "a") == nil)
        #expect(throws: OIDCFault.self) { try OIDCKeys(json: ["keys": "none"]) }
    }

    @Test(
        "The server calls https, and http on this machine where that is allowed",
        arguments: [
            ("https://id.example/realms/a", true, true), ("http://127.0.0.1:8080", false, true),
            ("http://localhost/x", false, true), ("http://[::1]:9/", false, true), ("http://id.example", false, false),
            ("http://127.0.0.1.evil.example", false, false), ("http://127.evil.0.1", false, false),
            ("ftp://id.example", false, false), ("https://user@id.example", false, false),
            ("https://id.example/#x", false, false), ("https://", false, false), ("", false, false),
        ])
    func addresses(text: String, isOpen: Bool, isOpenHere: Bool) {
        #expect(OIDCAddress.isAllowed(text, allowsLoopback: false) == isOpen)
        #expect(OIDCAddress.isAllowed(text, allowsLoopback: true) == isOpenHere)
    }

    @Test("base64url is read without padding alone")
    func base64URL() {
        #expect(Base64URL.decode(Base64URL.encode([251, 255, 0])) == [251, 255, 0])
        #expect(Base64URL.encode([251, 255]) == "-_8")
        for text in ["-_8=", "+/8", "a", "ä"] { #expect(Base64URL.decode(text) == nil, "\(text)") }
    }
}
