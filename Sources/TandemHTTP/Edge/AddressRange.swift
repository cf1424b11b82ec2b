import Glibc

/// An address of IPv4 or IPv6; one of IPv4 inside IPv6 (`::ffff:192.0.2.1`) is the same as without.
struct IPAddress: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    /// The upper 96 bits of an IPv4 address inside IPv6.
    private static let mapped: UInt64 = 0xffff << 32

    var isV4: Bool { high == 0 && low & ~0xffff_ffff == Self.mapped }

    init?(_ text: some StringProtocol) {
        let text = String(text)
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            high = 0
            low = Self.mapped | UInt64(UInt32(bigEndian: v4.s_addr))
            return
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        (high, low) = withUnsafeBytes(of: &v6) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }
}

/// What stands for a client where single addresses say too little.
public enum ClientNetwork {
    /// An IPv4 address itself, of an IPv6 address the first 64 bits, which one client has whole; a text that is no address as it is.
    public static func of(_ address: String) -> String {
        guard let parsed = IPAddress(address), !parsed.isV4 else { return address }
        return String(parsed.high, radix: 16) + "::/64"
    }
}

/// Addresses with the same first bits: `10.0.0.0/8`, `fd00::/8`, or one address.
public struct AddressRange: Hashable, Sendable {
    private let first: IPAddress
    /// Of 128.
    private let bits: Int

    /// Nil: it is no address and no range.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress($0) }) else { return nil }
        let width = address.isV4 ? 32 : 128
        var bits = width
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...width).contains(given) else { return nil }
            bits = given
        }
        first = address
        self.bits = bits + 128 - width
    }

    func contains(_ address: IPAddress) -> Bool {
        let high = first.high ^ address.high
        let low = first.low ^ address.low
        if bits == 0 { return true }
        if bits <= 64 { return high >> UInt64(64 - bits) == 0 }
        return high == 0 && low >> UInt64(128 - bits) == 0
    }
}
