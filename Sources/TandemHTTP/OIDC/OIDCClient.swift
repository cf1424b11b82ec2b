public import Foundation
import Synchronization
public import Tandem

/// Asks identity providers, and remembers what they say of themselves.
public final class OIDCClient: Sendable {
    /// What is known of one issuer.
    private struct Known {
        var metadata: OIDCMetadata?
        var keys: OIDCKeys?
        var readAt: ContinuousClock.Instant
        /// When the keys were last read because of a token with an unknown one.
        var rereadAt: ContinuousClock.Instant?
        /// Why nobody asks again for a moment.
        var fault: OIDCFault?
    }

    /// What one tenant's operator allowed says nothing to the others.
    private struct Place: Hashable {
        let issuer: String
        let reach: OIDCReach
    }

    private let known = Mutex<[Place: Known]>([:])

    /// How long documents hold.
    private static let validity: Duration = .seconds(3600)
    /// How long a provider that does not answer is left alone: whoever presses the button again and again asks it no more often.
    private static let pause: Duration = .seconds(2)
    /// How often tokens with an unknown key have the keys read again.
    private static let rereadInterval: Duration = .seconds(10)
    /// Issuers to remember.
    private static let limit = 1_000

    public init() {}

    /// What the provider says of itself.
    public func metadata(of issuer: String, _ reach: OIDCReach) async throws(OIDCFault) -> OIDCMetadata {
        let place = Place(issuer: issuer, reach: reach)
        if let found = known.withLock({ $0[place] }), let metadata = found.metadata,
            .now - found.readAt < Self.validity
        {
            return metadata
        }
        try pausing(place)
        do throws(OIDCFault) {
            let metadata = try await OIDCMetadata(
                json: Self.document(OIDCMetadata.address(of: issuer), reach), issuer: issuer)
            remember(place) { $0 = Known(metadata: metadata, readAt: .now) }
            return metadata
        } catch {
            remember(place) { $0 = Known(readAt: .now, fault: error) }
            throw error
        }
    }

    private func pausing(_ place: Place) throws(OIDCFault) {
        guard let found = known.withLock({ $0[place] }), let fault = found.fault, .now - found.readAt < Self.pause
        else { return }
        throw fault
    }

    private func remember(_ place: Place, _ change: (inout Known) -> Void) {
        known.withLock { known in
            if known.count >= Self.limit, known[place] == nil { known.removeAll() }
            var entry = known[place] ?? Known(readAt: .now)
            change(&entry)
            known[place] = entry
        }
    }

    /// The provider's keys as they are now.
    public func keys(_ metadata: OIDCMetadata, _ reach: OIDCReach) async throws(OIDCFault) -> OIDCKeys {
        let keys = try OIDCKeys(json: await Self.document(metadata.keysAddress, reach))
        remember(Place(issuer: metadata.issuer, reach: reach)) { $0.keys = keys }
        return keys
    }

    /// The keys for a token: the remembered ones if they have its key, else those of now, at most once in a while.
    private func keys(
        for token: IDToken.Unverified, _ metadata: OIDCMetadata, _ reach: OIDCReach
    ) async throws(OIDCFault) -> OIDCKeys {
        let place = Place(issuer: metadata.issuer, reach: reach)
        guard let keys = known.withLock({ $0[place]?.keys }) else { return try await self.keys(metadata, reach) }
        if token.isSigned(byOneOf: keys) { return keys }
        let mayReread = known.withLock { known in
            if let last = known[place]?.rereadAt, .now - last < Self.rereadInterval { return false }
            known[place]?.rereadAt = .now
            return true
        }
        return mayReread ? try await self.keys(metadata, reach) : keys
    }

    /// Turns what the provider sent back into the person it vouches for.
    ///
    /// - Parameters:
    ///   - code: from the address that the provider led the browser to.
    ///   - secret: what proves that it is us.
    ///   - now: the time here.
    public func person(
        _ signIn: OIDCSignIn, _ reach: OIDCReach, code: String, secret: String, now: Date
    ) async throws(OIDCFault) -> IDToken {
        let metadata = try await metadata(of: signIn.issuer, reach)
        let text = try await token(signIn, code: code, secret: secret, metadata, reach)
        let token: IDToken.Unverified
        do throws(OIDCFault.TokenFault) { token = try IDToken.Unverified(text) } catch { throw .token(error) }
        let keys = try await keys(for: token, metadata, reach)
        let expected = IDToken.Expectation(issuer: signIn.issuer, clientID: signIn.clientID, nonce: signIn.nonce)
        do throws(OIDCFault.TokenFault) {
            return try await token.verified(by: keys, as: expected, now: now)
        } catch {
            throw .token(error)
        }
    }

    /// What the provider has to say, asked anew, for who configures it:
    /// `{"issuer","authorization_endpoint","token_endpoint","jwks_uri","keys","algorithms"}`.
    public func report(on provider: OIDCProvider) async throws(OIDCFault) -> JSONObject {
        let (issuer, reach) = (provider.issuer, provider.reach)
        known.withLock { $0[Place(issuer: issuer, reach: reach)] = nil }
        let metadata = try await metadata(of: issuer, reach)
        let keys = try await keys(metadata, reach)
        guard keys.count > 0 else {
            let names = OIDCKeys.Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw .provider("the JWKS has no key that tokens are taken from: \(names)")
        }
        return [
            "issuer": .string(metadata.issuer), "authorization_endpoint": .string(metadata.authorizationEndpoint),
            "token_endpoint": .string(metadata.tokenEndpoint), "jwks_uri": .string(metadata.keysAddress),
            "keys": .number(keys.count), "algorithms": .array(keys.algorithms.map { .string($0) }),
        ]
    }

    private func token(
        _ signIn: OIDCSignIn, code: String, secret: String, _ metadata: OIDCMetadata, _ reach: OIDCReach
    ) async throws(OIDCFault) -> String {
        var form = signIn.exchange(of: code)
        var authorization: String?
        if metadata.takesSecretInBody {
            form.append(("client_secret", secret))
        } else {
            let pair = OIDCSignIn.encoded(signIn.clientID) + ":" + OIDCSignIn.encoded(secret)
            authorization = "Basic " + Data(pair.utf8).base64EncodedString()
        }
        let answer = try await OutgoingRequests.post(
            metadata.tokenEndpoint, reach, form: form, authorization: authorization)
        guard answer.status == 200, let token = answer.json?["id_token"]?.string else {
            let code = answer.json?["error"]?.string ?? "no id_token"
            throw .provider("the token endpoint answered \(answer.status): \(code.prefix(100))")
        }
        return token
    }

    private static func document(_ address: String, _ reach: OIDCReach) async throws(OIDCFault) -> JSON {
        let answer = try await OutgoingRequests.get(address, reach)
        guard answer.status == 200 else { throw .provider("\(address) answered \(answer.status)") }
        guard let json = answer.json, json.object != nil else { throw .provider("\(address) is no JSON object") }
        return json
    }
}
