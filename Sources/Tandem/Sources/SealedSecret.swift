import Crypto
import Foundation

/// A secret that the server needs in clear and shows to nobody: sealed with the installation's key, for one source.
struct SealedSecret: Sendable, Hashable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Nil where the system has no randomness.
    init?(sealing text: String, of source: UUID, with key: SymmetricKey) {
        let box = try? AES.GCM.seal(Array(text.utf8), using: Self.derived(key), authenticating: Self.context(source))
        guard let combined = box?.combined else { return nil }
        bytes = Array(combined)
    }

    /// Nil if it was sealed with another key or for another source.
    func open(of source: UUID, with key: SymmetricKey) -> [UInt8]? {
        guard let box = try? AES.GCM.SealedBox(combined: bytes),
            let text = try? AES.GCM.open(box, using: Self.derived(key), authenticating: Self.context(source))
        else { return nil }
        return Array(text)
    }

    private static func derived(_ key: SymmetricKey) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: Array("tandem webhook secret".utf8), outputByteCount: 32)
    }

    private static func context(_ source: UUID) -> [UInt8] { Array(source.uuidString.utf8) }
}
