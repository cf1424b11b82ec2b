import HTTPTypes
import Hummingbird
import Tandem

/// A key as a request shows it in its headers or in its query.
public enum Credential {
    /// The key of `Authorization`: Basic with the key as user name (a missing colon is tolerated, as the vendors do), or
    /// Bearer. 401 for a header of another form.
    public static func header(_ value: String?) throws(Problem) -> String? {
        guard let value else { return nil }
        let parts = value.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1).map { Substring($0) }
        guard parts.count == 2 else { throw malformed }
        let token = parts[1].trimmingSpaces()
        switch parts[0].lowercased() {
        case "bearer":
            return token
        case "basic":
            guard let bytes = Base64.decode(token), let text = String(validating: bytes, as: UTF8.self) else {
                throw malformed
            }
            return String(text[..<(text.utf8.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex)])
        default:
            throw malformed
        }
    }

    private static let malformed = Problem.unauthorized(
        "invalid_authorization", "Authorization has to be Basic with the key as user name, or Bearer with the key.")
}

/// The key that a connection's last request showed, since nearly every next one shows the same.
///
/// Not `Sendable`: lives on its channel's event loop.
public final class CredentialMemory {
    private var authorization = ""
    private var key: KeyText?

    init() {}

    /// The key of a header `Authorization`; nil where there is none in it.
    func key(of authorization: String) -> KeyText? {
        if authorization != self.authorization {
            self.authorization = authorization
            key = (try? Credential.header(authorization)).flatMap { KeyText(parsing: $0) }
        }
        return key
    }
}

/// RFC 4648 base64, with or without padding, of both alphabets.
public enum Base64 {
    /// Nil when it is none.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 3 / 4)
        var buffer: UInt32 = 0
        var bits = 0
        var isPadded = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: "=") {
                isPadded = true
                continue
            }
            guard !isPadded, let value = value(byte) else { return nil }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        return bits >= 6 ? nil : bytes
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
