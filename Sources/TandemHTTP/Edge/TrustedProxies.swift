/// The proxies in front of this server whose word on their clients counts. Of anybody else the headers
/// `X-Forwarded-For`, `-Proto` and `-Host` are as if they were not there.
///
/// `Forwarded` (RFC 7239) is not read: a proxy that writes one of the two families passes the other on as its client sent it.
public struct TrustedProxies: Sendable {
    private let ranges: [AddressRange]
    /// A longer chain is nobody's.
    private static let longest = 20

    public init(_ ranges: [AddressRange] = []) { self.ranges = ranges }

    public var isEmpty: Bool { ranges.isEmpty }

    func contains(_ address: String) -> Bool {
        if ranges.isEmpty { return false }
        guard let address = IPAddress(address) else { return false }
        return contains(address)
    }

    private func contains(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// The last address of the chain that no trusted proxy has: each proxy adds whom it was asked by, so that what stands
    /// before that is only what the client said. Nil: what stands there is no address.
    func client(behind peer: String, forwarded: some StringProtocol) -> String? {
        var client: String? = peer
        for entry in forwarded.split(separator: ",").suffix(Self.longest).reversed() {
            guard let (text, address) = Self.address(in: entry) else { return nil }
            client = text
            if !contains(address) { return client }
        }
        return client
    }

    /// Of `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
    private static func address(in entry: some StringProtocol) -> (text: String, address: IPAddress)? {
        var text = String(entry).trimmingSpaces()
        if text.hasPrefix("[") {
            text = String(text.dropFirst().prefix { $0 != "]" })
        } else if text.count(where: { $0 == ":" }) == 1 {
            text = String(text.prefix { $0 != ":" })
        }
        return IPAddress(text).map { (text, $0) }
    }
}
