import Testing

@testable import TandemHTTP

@Suite struct OutsideAddressTests {
    @Test(arguments: [
        "127.0.0.1", "127.9.9.9", "10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fd12:3456::1",
        "ff02::1",
        "::ffff:10.0.0.5", "::ffff:127.0.0.1", "64:ff9b::a00:5", "2002:a00:5::1", "2001:db8::1", "::10.0.0.5",
    ])
    func nobodyElseThanAnOperatorHasUsCallThese(_ text: String) throws {
        #expect(!OutsideAddress.isOutside(try #require(IPAddress(text))))
        let host = text.contains(":") ? "[\(text)]" : text
        #expect(!OutsideAddress.mayLieOutside("https://\(host):5432/x"))
    }

    @Test(arguments: ["8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"])
    func othersAreOutside(_ text: String) throws {
        #expect(OutsideAddress.isOutside(try #require(IPAddress(text))))
    }

    @Test(arguments: [
        "https://127.1", "https://0x7f000001", "https://2130706433", "https://localhost", "https://a.localhost",
        "https://", "x",
    ])
    func otherWaysToWriteThemAreNoWay(_ url: String) { #expect(!OutsideAddress.mayLieOutside(url)) }

    @Test func aNameIsWhatItStandsForNow() async throws {
        #expect(OutsideAddress.mayLieOutside("https://id.example"))
        #expect(OutsideAddress.addresses(of: "localhost").allSatisfy { ["127.0.0.1", "::1"].contains($0) })
        await #expect(throws: (any Error).self) { _ = try await OutsideAddress.names(of: "https://localhost:5432") }
        #expect(try await OutsideAddress.names(of: "https://8.8.8.8/x").isEmpty)
    }

    @Test func aClientsNetwork() {
        #expect(ClientNetwork.of("192.0.2.7") == "192.0.2.7")
        #expect(ClientNetwork.of("2001:db8:1:2::1") == ClientNetwork.of("2001:db8:1:2:ffff::9"))
        #expect(ClientNetwork.of("2001:db8:1:2::1") != ClientNetwork.of("2001:db8:1:3::1"))
    }
}
