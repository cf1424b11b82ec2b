import Foundation
import Glibc
import NIOPosix
import Tandem

/// Addresses that are nobody's own network: where the server calls whom somebody else than an operator has named.
public enum OutsideAddress {
    /// Private, loopback, link-local, shared, of documentation and tests, multicast and reserved ones; of IPv6 all but global unicast, and what
    /// holds an address of IPv4 or leads to one.
    private static let inside = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    ].compactMap { AddressRange($0) }
    private static let globalV6 = AddressRange("2000::/3")

    static func isOutside(_ address: IPAddress) -> Bool {
        if inside.contains(where: { $0.contains(address) }) { return false }
        return address.isV4 || globalV6?.contains(address) == true
    }

    /// False where the URL itself says an address that is not outside; what a name stands for is looked at when it is called.
    public static func mayLieOutside(_ url: String) -> Bool {
        guard let host = host(of: url) else { return false }
        if host == "localhost" || host.hasSuffix(".localhost") { return false }
        // 127.1, 0x7f000001 and the like, which the resolver takes for addresses.
        var packed = in_addr()
        if IPAddress(host) == nil, inet_aton(host, &packed) != 0 { return false }
        return IPAddress(host).map(isOutside) ?? true
    }

    private static func host(of url: String) -> String? {
        guard let host = URLComponents(string: url)?.host, !host.isEmpty else { return nil }
        return host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    }

    /// The host of a URL with the address that it stands for now; none for a host that is an address.
    ///
    /// - Throws: `forbiddenAddress` where any of its addresses is not outside; `unreachable` where it has none.
    static func names(of url: String) async throws(OIDCFault) -> [String: String] {
        guard let host = host(of: url), mayLieOutside(url) else { throw .forbiddenAddress }
        if IPAddress(host) != nil { return [:] }
        let found: [String]
        do {
            found = try await NIOThreadPool.singleton.runIfActive { addresses(of: host) }
        } catch {
            throw .unreachable("\(host): \(error)")
        }
        guard let first = found.first else { throw .unreachable("\(host) has no address") }
        guard found.allSatisfy({ IPAddress($0).map(isOutside) ?? false }) else { throw .forbiddenAddress }
        return Dictionary([(host, first), (host.lowercased(), first)]) { first, _ in first }
    }

    /// As the resolver gives them; blocks.
    static func addresses(of host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [String] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let code = getnameinfo(
                entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            guard code == 0 else { continue }
            found.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        return found
    }
}
