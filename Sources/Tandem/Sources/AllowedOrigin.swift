import Foundation

/// An origin that a browser source takes requests from: `https://acme.example`, `http://localhost:3000`, or with
/// `https://*.acme.example` every host below one.
public struct AllowedOrigin: Sendable, Hashable {
    public static let limit = 100
    public static let rule =
        "An origin is a scheme, a host and perhaps a port, such as https://acme.example or https://*.acme.example."

    /// In small letters.
    public let text: String
    private let scheme: Substring
    /// With its port; of a wildcard what comes after the asterisk.
    private let host: Substring
    private let isWildcard: Bool

    /// Nil if it is none.
    public init?(_ text: String) {
        let plain = text.lowercased()
        guard plain.utf8.count <= 300, let mark = plain.range(of: "://") else { return nil }
        scheme = plain[..<mark.lowerBound]
        let rest = plain[mark.upperBound...]
        isWildcard = rest.hasPrefix("*.")
        host = isWildcard ? rest.dropFirst() : rest
        let allowed = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        guard allowed, host.utf8.count > (isWildcard ? 1 : 0), !scheme.isEmpty,
            scheme.utf8.allSatisfy({ (0x61...0x7a).contains($0) })
        else { return nil }
        self.text = plain
    }

    /// - Parameter origin: as a browser's header says it.
    public func matches(_ origin: String) -> Bool {
        let origin = origin.lowercased()
        guard isWildcard else { return origin == text }
        return origin.hasPrefix("\(scheme)://") && origin.hasSuffix(host)
            && origin.utf8.count > scheme.utf8.count + 3 + host.utf8.count
    }
}
