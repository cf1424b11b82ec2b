public import Foundation

/// An id as people see it: a prefix that names the kind, `_`, and the UUID as 26 characters of Crockford's base32
/// (`acct_01JD9ZP3V8Q4M2T6X0C5R7N1KB`). Inside, everything is a plain UUID.
public struct PublicID: Sendable, Hashable, CustomStringConvertible {
    /// The kind, for example `acct`; without the underscore.
    public let prefix: Prefix
    public let uuid: UUID

    public init(_ prefix: Prefix, _ uuid: UUID) {
        self.prefix = prefix
        self.uuid = uuid
    }

    /// Reads `prefix_…` (any letter case; `I`, `L` read as 1 and `O` as 0) or a plain UUID.
    ///
    /// - Returns: nil if the text is neither, or carries another kind's prefix.
    public init?(_ prefix: Prefix, text: some StringProtocol) {
        if let uuid = UUID(uuidString: String(text)) {
            self.init(prefix, uuid)
            return
        }
        guard let mark = text.lastIndex(of: "_"), text[..<mark].lowercased() == prefix.rawValue,
            let uuid = Self.decode(text[text.index(after: mark)...])
        else { return nil }
        self.init(prefix, uuid)
    }

    /// Reads `prefix_…` with any of the prefixes.
    static func ofAny(_ prefixes: [Prefix], text: String) -> PublicID? {
        prefixes.lazy.compactMap { PublicID($0, text: text) }.first
    }

    public var description: String { prefix.rawValue + "_" + Self.encode(uuid) }

    /// What stands before the underscore. The contract fixes the ones below; an object of a tenant's own brings its own.
    public struct Prefix: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public init(stringLiteral value: String) { self.init(rawValue: value) }

        public static let tenant: Prefix = "tnt"
        public static let key: Prefix = "key"
        public static let source: Prefix = "src"
        public static let profile: Prefix = "prof"
        public static let event: Prefix = "evt"
        public static let merge: Prefix = "mrg"
        public static let review: Prefix = "rev"
        public static let duplicate: Prefix = "dup"
        public static let privacyRequest: Prefix = "prv"
        public static let account: Prefix = "acct"
        public static let contact: Prefix = "cont"
        public static let lead: Prefix = "lead"
        public static let form: Prefix = "form"
        public static let opportunity: Prefix = "opp"
        public static let pipeline: Prefix = "pipe"
        public static let stage: Prefix = "stg"
        public static let product: Prefix = "prod"
        public static let activity: Prefix = "act"
        public static let ticket: Prefix = "tick"
        public static let comment: Prefix = "cmt"
        public static let attachment: Prefix = "att"
        public static let view: Prefix = "view"
        public static let user: Prefix = "user"
        public static let team: Prefix = "team"
        public static let role: Prefix = "role"
        public static let audience: Prefix = "aud"
        public static let webhookEndpoint: Prefix = "whe"
        public static let `import`: Prefix = "imp"
        public static let operation: Prefix = "op"
        public static let request: Prefix = "req"
        public static let trackingPlan: Prefix = "plan"
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// 128 bits as 26 characters, most significant first; the first carries 3 bits.
    private static func encode(_ uuid: UUID) -> String {
        var (high, low) = words(of: uuid)
        return String(unsafeUninitializedCapacity: 26) { buffer in
            for index in stride(from: 25, through: 0, by: -1) {
                buffer[index] = alphabet[Int(low & 31)]
                low = low >> 5 | high << 59
                high >>= 5
            }
            return 26
        }
    }

    /// Appends what stands behind the underscore.
    static func append(_ uuid: UUID, to bytes: inout [UInt8]) {
        let (high, low) = words(of: uuid)
        append(high: high, low: low, to: &bytes)
    }

    /// Appends 128 bits as `encode` writes them.
    static func append(high: UInt64, low: UInt64, to bytes: inout [UInt8]) {
        for index in 0..<26 {
            let shift = 125 - 5 * index
            let bits = shift >= 64 ? high >> (shift - 64) : shift == 0 ? low : low >> shift | high << (64 - shift)
            bytes.append(alphabet[Int(bits & 31)])
        }
    }

    private static func decode(_ text: some StringProtocol) -> UUID? {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var count = 0
        for byte in text.utf8 {
            guard let value = value(of: byte), count > 0 || value < 8 else { return nil }
            high = high << 5 | low >> 59
            low = low << 5 | value
            count += 1
        }
        guard count == 26 else { return nil }
        return UUID(high: high, low: low)
    }

    private static func value(of byte: UInt8) -> UInt64? {
        switch byte | 0x20 {
        case UInt8(ascii: "i"), UInt8(ascii: "l"): return 1
        case UInt8(ascii: "o"): return 0
        default:
            let upper = byte >= UInt8(ascii: "a") ? byte & 0xDF : byte
            return alphabet.firstIndex(of: upper).map(UInt64.init)
        }
    }

    private static func words(of uuid: UUID) -> (UInt64, UInt64) {
        withUnsafeBytes(of: uuid.uuid) { bytes in
            (
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self).bigEndian,
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian
            )
        }
    }
}

extension UUID {
    /// From its two halves, most significant first.
    init(high: UInt64, low: UInt64) {
        var bytes: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &bytes) { buffer in
            buffer.storeBytes(of: high.bigEndian, as: UInt64.self)
            buffer.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        self.init(uuid: bytes)
    }

    /// A UUID of version 7 (RFC 9562): 48 bits of milliseconds since 1970, 12 bits of the millisecond's fraction, 62 random
    /// bits, so that ids made one after the other ascend. The SQL function `uuidv7` makes the same.
    public static func v7(at date: Date, using random: inout some RandomNumberGenerator) -> UUID {
        let microseconds = UInt64(max(0, (date.timeIntervalSince1970 * 1_000_000).rounded(.down)))
        let fraction = microseconds % 1000 * 4096 / 1000
        let high = (microseconds / 1000) << 16 | 0x7000 | fraction
        let low = 0x8000_0000_0000_0000 | UInt64.random(in: 0...0x3FFF_FFFF_FFFF_FFFF, using: &random)
        return UUID(high: high, low: low)
    }

    /// A UUID of version 7 for now.
    public static func v7() -> UUID {
        var random = SystemRandomNumberGenerator()
        return v7(at: Date(), using: &random)
    }
}
