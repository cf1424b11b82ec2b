import Foundation

/// Where an identity provider may lie that the server calls.
public enum OIDCReach: Sendable, Hashable {
    /// An operator named it: anywhere, in a private network and on this machine too.
    case anywhere
    /// Somebody else did: outside. Else its answers would tell what lies in this network.
    case outside
}

/// Addresses of an identity provider: https, or http on this machine's own loopback.
public enum OIDCAddress {
    private static let limit = 2_000

    /// Whether the server calls it.
    /// - Parameter allowsLoopback: also http to 127.0.0.0/8, ::1 and localhost.
    public static func isAllowed(_ text: String, allowsLoopback: Bool) -> Bool {
        guard text.utf8.count <= limit, let parts = URLComponents(string: text), parts.user == nil,
            parts.password == nil, parts.fragment == nil, let host = parts.host, !host.isEmpty
        else { return false }
        switch parts.scheme?.lowercased() {
        case "https": return true
        case "http": return allowsLoopback && isLoopback(host: host)
        default: return false
        }
    }

    /// Whether it leads to this machine over http.
    public static func isLoopback(url text: String) -> Bool {
        guard let parts = URLComponents(string: text), parts.scheme?.lowercased() == "http" else { return false }
        return parts.host.map { isLoopback(host: $0) } ?? false
    }

    private static func isLoopback(host: String) -> Bool {
        if host == "localhost" || host == "::1" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// An issuer is compared as text: without a query.
    static func isIssuer(_ text: String, allowsLoopback: Bool) -> Bool {
        isAllowed(text, allowsLoopback: allowsLoopback) && !text.contains("?")
    }
}
