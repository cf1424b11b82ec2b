import Crypto
public import Foundation

/// A key as the database holds it: everything but the secret.
public struct APIKey: Sendable, Hashable, Identifiable {
    public enum Kind: String, CaseIterable, Sendable {
        /// Sends events; may be public.
        case write
        /// Everything within one tenant.
        case secret
        /// Some scopes within one tenant.
        case restricted
        /// The admin plane; belongs to no tenant.
        case admin

        var tag: String {
            switch self {
            case .write: "wk"
            case .secret: "sk"
            case .restricted: "rk"
            case .admin: "ak"
            }
        }
    }

    public let id: UUID
    /// Twelve characters, part of the key; not secret.
    public let keyID: String
    public let kind: Kind
    /// Nil for an admin key.
    public let tenant: UUID?
    /// Set for a write key.
    public let source: UUID?
    let sha256: [UInt8]
    /// The key itself, for a write key.
    public let clear: String?
    public let scopes: [String]
    /// Set for a key that has the rights of a role.
    public let role: UUID?
    /// In whose place such a key acts.
    public let user: UUID?
    public let createdAt: Date
    public let expiresAt: Date?
    public let revokedAt: Date?
    public let lastUsedAt: Date?

    public var publicID: PublicID { PublicID(.key, id) }

    /// In whose name requests with the key read and write records; nil: everything is allowed.
    public var caller: RecordCaller? { role.map { RecordCaller(roles: [$0], user: user, key: id) } }

    /// The scopes of routes that obey the rights of roles: a key with a role can have these alone.
    public static let scopesWithRole: Set<String> = ["crm:read", "crm:write"]

    /// The rights that a restricted key can have. Those of audiences and analytics open nothing yet.
    public static let knownScopes: Set<String> = [
        "events:write", "profiles:read", "profiles:write", "crm:read", "crm:write", "audiences:read", "audiences:write",
        "analytics:read", "privacy:write", "settings:read", "settings:write", "access:read", "access:write",
    ]
}

/// The text of a key: `tdm_<wk|sk|rk|ak>_live_<12 base62>_<32 base62><CRC-32 of all before it, in 6 base62>`.
///
/// The checksum lets a mistyped or invented key be refused without asking the database. The secret has 190 random bits,
/// so its plain SHA-256 is what is stored.
public struct KeyText: Sendable, Hashable {
    public let kind: APIKey.Kind
    public let keyID: String
    public let text: String
    /// What is stored.
    public let sha256: [UInt8]

    /// A new random key.
    public static func random(_ kind: APIKey.Kind) -> KeyText {
        let keyID = Base62.random(12)
        let body = "tdm_\(kind.tag)_live_\(keyID)_\(Base62.random(32))"
        return KeyText(kind: kind, keyID: keyID, text: body + Base62.encode(CRC32.checksum(body.utf8)))
    }

    /// Nil unless form and checksum are right.
    public init?(parsing text: some StringProtocol) {
        // By bytes, because every request passes here and characters cost many times as much.
        let bytes = Substring(text).utf8
        let parts = bytes.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].elementsEqual("tdm".utf8), parts[2].elementsEqual("live".utf8),
            let kind = APIKey.Kind.allCases.first(where: { parts[1].elementsEqual($0.tag.utf8) }),
            parts[3].count == 12, parts[4].count == 38,
            parts[3].allSatisfy(Base62.contains), parts[4].allSatisfy(Base62.contains),
            bytes.suffix(6).elementsEqual(Base62.encode(CRC32.checksum(bytes.dropLast(6))).utf8)
        else { return nil }
        self.init(kind: kind, keyID: String(Substring(parts[3])), text: String(text))
    }

    private init(kind: APIKey.Kind, keyID: String, text: String) {
        self.kind = kind
        self.keyID = keyID
        self.text = text
        sha256 = Array(SHA256.hash(data: Data(text.utf8)))
    }
}

enum Base62 {
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    static func contains(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// From the system's random source.
    static func random(_ count: Int) -> String {
        String(decoding: (0..<count).map { _ in digits[Int.random(in: 0..<62)] }, as: UTF8.self)
    }

    /// Six characters hold 32 bits.
    static func encode(_ value: UInt32) -> String {
        var rest = value
        var characters = [UInt8](repeating: digits[0], count: 6)
        for index in (0..<6).reversed() {
            characters[index] = digits[Int(rest % 62)]
            rest /= 62
        }
        return String(decoding: characters, as: UTF8.self)
    }
}

/// CRC-32 as in zlib and IEEE 802.3.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }

    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
    }
}
