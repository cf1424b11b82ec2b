import Crypto

/// A checksum of rows that does not depend on their order: the sum of each row's SHA-256, in four lanes of 64 bits.
struct RowDigest: Equatable {
    private var lanes = SIMD4<UInt64>()
    private(set) var rows = 0

    mutating func add(_ row: UnsafeRawBufferPointer) {
        rows += 1
        SHA256.hash(data: row).withUnsafeBytes { bytes in
            for lane in 0..<4 {
                lanes[lane] &+= UInt64(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: lane * 8, as: UInt64.self))
            }
        }
    }

    /// Hexadecimal, 64 digits.
    var text: String {
        (0..<4).map { lane in
            let digits = String(lanes[lane], radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
