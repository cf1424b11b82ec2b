import HTTPTypes
import Testing

@testable import TandemHTTP

@Suite("Edge")
struct EdgeTests {
    @Test(
        "A range holds the addresses with its first bits",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false), ("0.0.0.0/0", "203.0.113.1", true), ("0.0.0.0/0", "2001:db8::1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("fd00::/8", "fd12::1", true), ("fd00::/8", "fe80::1", false),
            ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
            ("2001:db8::1", "2001:db8::1", true), ("::/0", "10.0.0.1", true), ("2001:db8::/127", "2001:db8::2", false),
        ])
    func ranges(range: String, address: String, isIn: Bool) throws {
        let proxies = TrustedProxies([try #require(AddressRange(range))])
        #expect(proxies.contains(address) == isIn)
    }

    @Test(
        "What is no range is refused",
        arguments: ["", "10", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "proxy", "10.0.0.0/8/8", "1.2.3.4/"])
    func wrong(text: String) { #expect(AddressRange(text) == nil) }

    @Test("Without trusted proxies no header counts")
    func nobody() {
        let head = HTTPRequest(
            method: .get, scheme: nil, authority: "crm.example", path: "/",
            headerFields: [.forwardedFor: "192.0.2.1", .forwardedProtocol: "https", .forwardedHost: "evil.example"])
        let client = Edge().client(of: head, peer: "127.0.0.1")
        #expect(client.address == "127.0.0.1" && !client.isSecure && client.authority == "crm.example")
    }

    @Test("Of a host that is none the connection's own counts")
    func host() throws {
        let edge = Edge(proxies: TrustedProxies([try #require(AddressRange("127.0.0.1"))]))
        func authority(_ text: String) -> String? {
            let head = HTTPRequest(
                method: .get, scheme: nil, authority: "own.example", path: "/", headerFields: [.forwardedHost: text])
            return edge.client(of: head, peer: "127.0.0.1").authority
        }
        #expect(authority("crm.example:8443") == "crm.example:8443")
        #expect(authority("a.example, b.example") == "b.example")
        #expect(
            authority("x/y") == "own.example" && authority("\"><script>") == "own.example"
                && authority("") == "own.example")
    }
}
