import Crypto
import Foundation

/// A secret that the server needs in clear and shows to nobody: sealed with the installation's key, for one purpose and one owner.
struct SealedSecret: Sendable, Hashable {
    /// What it is for: sealed for one, it opens for no other.
    enum Purpose: String, Sendable {
        /// What a webhook's payloads are signed with; of a source.
        case webhook = "tandem webhook secret"
        /// What proves to an identity provider that it is us; of a tenant.
        case oidcClient = "tandem oidc client secret"
        /// A sign-in on its way to an identity provider and back, in a cookie; of a tenant.
        case oidcSignIn = "tandem oidc sign-in"
    }

    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Nil where the system has no randomness.
    init?(sealing text: some StringProtocol, for purpose: Purpose, of owner: UUID, with key: SymmetricKey) {
        let box = try? AES.GCM.seal(
            Array(text.utf8), using: Self.derived(key, purpose), authenticating: Self.context(owner))
        guard let combined = box?.combined else { return nil }
        bytes = Array(combined)
    }

    /// Nil if it was sealed with another key, for another purpose or for another owner.
    func open(for purpose: Purpose, of owner: UUID, with key: SymmetricKey) -> [UInt8]? {
        guard let box = try? AES.GCM.SealedBox(combined: bytes),
            let text = try? AES.GCM.open(
                box, using: Self.derived(key, purpose), authenticating: Self.context(owner))
        else { return nil }
        return Array(text)
    }

    private static func derived(_ key: SymmetricKey, _ purpose: Purpose) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: Array(purpose.rawValue.utf8), outputByteCount: 32)
    }

    private static func context(_ owner: UUID) -> [UInt8] { Array(owner.uuidString.utf8) }
}
