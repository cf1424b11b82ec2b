import Crypto
public import Foundation

/// The id of an event: its message id's hash, so that a message sent twice has the same.
public enum EventID {
    /// The first 16 bytes of SHA-256, with the bits of a UUID of version 8 (RFC 9562).
    public static func hash(of messageID: String) -> UUID {
        var hasher = SHA256()
        var messageID = messageID
        messageID.withUTF8 { hasher.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        return hasher.finalize().withUnsafeBytes { digest in
            let high = digest.loadUnaligned(fromByteOffset: 0, as: UInt64.self).bigEndian
            let low = digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian
            return UUID(
                high: high & 0xFFFF_FFFF_FFFF_0FFF | 0x8000,
                low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
        }
    }
}
