import HTTPTypes

/// How a listener meets the world: by TLS or without, and which proxies it believes.
public struct Edge: Sendable {
    /// Nil: plain HTTP.
    public var certificate: CertificateKeeper?
    public var proxies: TrustedProxies

    public init(certificate: CertificateKeeper? = nil, proxies: TrustedProxies = TrustedProxies()) {
        self.certificate = certificate
        self.proxies = proxies
    }

    /// Who asks.
    /// - Parameter peer: the address at the other end of the connection.
    func client(of head: HTTPRequest, peer: String?) -> Client {
        guard let peer, !proxies.isEmpty, proxies.contains(peer) else {
            return Client(address: peer, isSecure: certificate != nil, authority: head.authority)
        }
        var addresses: String?
        var proto: Substring?
        var host: String?
        for field in head.headerFields {
            switch field.name {
            // Several headers are one list.
            case .forwardedFor: addresses = addresses.map { $0 + "," + field.value } ?? field.value
            case .forwardedProtocol: proto = field.value.split(separator: ",").last
            case .forwardedHost: host = field.value.split(separator: ",").last.map { String($0).trimmingSpaces() }
            default: break
            }
        }
        if let name = host, !Self.isAuthority(name) { host = nil }
        return Client(
            address: addresses.map { proxies.client(behind: peer, forwarded: $0) } ?? peer,
            isSecure: certificate != nil || proto.map { String($0).trimmingSpaces().lowercased() } == "https",
            authority: host ?? head.authority)
    }

    private static func isAuthority(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "["),
                    UInt8(ascii: "]"):
                    true
                default: false
                }
            }
    }
}

/// Who asks, as far as the connection or a trusted proxy tells.
public struct Client: Sendable {
    /// Nil: a trusted proxy told something that is no address.
    public let address: String?
    /// Whether the request came by TLS, to here or to a trusted proxy.
    public let isSecure: Bool
    /// Host and port by which the client knows this server.
    public let authority: String?
}
