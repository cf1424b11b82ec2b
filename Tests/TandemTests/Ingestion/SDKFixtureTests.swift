import Testing

@testable import Tandem

/// Bodies that the vendors' SDKs really send.
@Suite struct SDKFixtureTests {
    @Test(arguments: ["segment-python-2.4.0.json", "rudder-python-2.1.9.json", "rudder-python-2.1.9.json.gz"])
    func everyCallIsRead(name: String) throws {
        var body = try fixture(name)
        if name.hasSuffix(".gz") { body = try Gunzip.inflate(body, limit: MessageBatch.bodyBytesLimit) }
        let batch = try MessageBatch(body, path: .batch)
        #expect(batch.count == 9)
        #expect(batch.writeKey == (name.hasPrefix("segment") ? "write-key-1" : nil))
        // The SDKs' clocks are years ahead of the fixed time of receipt: read at their own time.
        let sent = try #require(WireTime.parse("2026-11-24T08:12:00Z"))
        let result = batch.read(
            .init(
                source: MessageSource(id: 1, trust: .default(for: .server), isPublic: false),
                rules: ReadingRules(identity: IdentifierPolicy(IdentityRules())), receivedAt: sent))
        #expect(result.refused == [])
        let messages = result.messages
        #expect(messages.map(\.type) == [.identify, .track, .track, .track, .page, .screen, .group, .alias, .track])
        #expect(
            messages.map(\.name) == [
                nil, "Order Completed", "Numeric Id", "Anonymous", "Pricing", "Home", nil, nil, "Past",
            ])
        #expect(
            messages.map { $0.identifiers.map { "\($0.type)=\($0.value)" } } == [
                ["user_id=user-1", "email=buyer-17@acme.example"], ["user_id=user-1"], ["user_id=42"],
                ["anonymous_id=anon-1"], ["user_id=user-1"], ["user_id=user-1"], ["user_id=user-1"], ["user_id=user-1"],
                ["user_id=user-1"],
            ])
        #expect(messages.allSatisfy { $0.messageID.count == 36 && !$0.flags.contains(.clockClamped) })
        #expect(try json(messages[0].traits)?["email"] == "Buyer-17@Acme.Example")
        #expect(messages[0].email == "buyer-17@acme.example")
        #expect(messages[0].phone == "+14155552671")
        #expect(
            messages[0].companies.map { "\($0.kind.rawValue)=\($0.value) \($0.name)" }
                == ["group_id=acme Acme Inc.", "domain=acme.example Acme Inc.", "company_key=acme Acme Inc."])
        #expect(try json(messages[0].payload)?["context"]?["traits"] == nil)
        #expect(try json(messages[1].payload)?["properties"]?["big"]?.number?.text == "12345678901234567890123")
        #expect(try json(messages[4].payload)?["category"] == "Docs")
        #expect(messages[6].groupID == "acme")
        #expect(try json(messages[6].traits)?["employees"]?.int == 42)
        #expect(messages[6].companies.map(\.kind) == [.groupID, .domain, .companyKey])
        #expect(messages[7].previousID == "anon-1")
        #expect(messages[8].timestamp / 1000 == (WireTime.parse("2021-03-04T05:06:07.890Z") ?? 0) / 1000)
        #expect(try json(messages[8].payload)?["properties"]?["x"] == "é😀")
    }
}
