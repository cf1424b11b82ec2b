import Testing

@testable import Tandem

@Suite struct ClockTests {
    @Test(
        arguments: [
            ("2024-01-02T03:04:05Z", 1_704_164_645_000_000), ("2024-01-02T03:04:05.678Z", 1_704_164_645_678_000),
            ("2024-01-02T03:04:05.678901+00:00", 1_704_164_645_678_901),
            ("2024-01-02T03:04:05.6789019Z", 1_704_164_645_678_901),
            ("2024-01-02T05:04:05+02:00", 1_704_164_645_000_000), ("2024-01-02T05:04:05+0200", 1_704_164_645_000_000),
            ("2024-01-02T01:04:05-02", 1_704_164_645_000_000), ("2024-01-02 03:04:05", 1_704_164_645_000_000),
            ("2024-01-02t03:04:05z", 1_704_164_645_000_000), ("2024-01-02T03:04Z", 1_704_164_640_000_000),
            ("2024-01-02", 1_704_153_600_000_000), ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T00:00:00Z", 951_782_400_000_000),
            ("1969-12-31T23:59:59.5Z", -500_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ] as [(String, Int64)])
    func readsATime(text: String, time: Int64) {
        #expect(WireTime.parse(text) == time)
    }

    @Test(arguments: [
        "", "2024", "2024-01", "2024-13-01", "2023-02-29T00:00:00Z", "1900-02-29", "2024-04-31", "2024-01-02T24:00:00Z",
        "2024-01-02T03:60:00Z", "2024-01-02T03:04:61Z", "2024-01-02T03:04:05.Z", "2024-01-02T03:04:05Zx",
        "2024-01-02T03:04:05+24:00",
        "2024-01-02T", "01/02/2024", "2024-1-2", "1704164645", "2024-00-10", "2024-01-00", "２０２４-01-02",
    ])
    func refusesWhatIsNoTime(text: String) {
        #expect(WireTime.parse(text) == nil)
    }

    private static let hour: Int64 = 3600 * WireTime.second

    private func body(_ fields: JSONObject) -> JSON {
        var object: JSONObject = ["userId": "u", "event": "A"]
        for (key, value) in fields { object[key] = value }
        return .object(object)
    }

    @Test func aServersTimestampIsKept() throws {
        let message = try ReadMessages().one(
            .track, body(["timestamp": "2021-03-04T05:06:07Z", "sentAt": "2024-06-01T10:00:00Z"]))
        #expect(message.timestamp == WireTime.parse("2021-03-04T05:06:07Z"))
        #expect(message.flags.isDisjoint(with: [.skewCorrected, .clockClamped]))
        #expect(try json(message.payload)?["originalTimestamp"] == nil)
    }

    @Test func aBrowsersTimestampIsMovedByTheSkew() throws {
        // Its clock is two hours slow: the event of 09:30 on it happened at 11:30.
        let message = try ReadMessages.browser.one(
            .track, body(["timestamp": "2024-06-01T09:30:00Z", "sentAt": "2024-06-01T10:00:00Z"]))
        #expect(message.timestamp == ReadMessages.received - Self.hour / 2)
        #expect(message.flags.contains(.skewCorrected))
        #expect(try json(message.payload)?["originalTimestamp"] == "2024-06-01T09:30:00Z")
        #expect(try json(message.payload)?["sentAt"] == "2024-06-01T10:00:00Z")
    }

    @Test func originalTimestampComesFirstAndSentAtMayStandInBatchOrHeader() throws {
        let times: JSONObject = ["timestamp": "2024-06-01T01:00:00Z", "originalTimestamp": "2024-06-01T09:30:00Z"]
        var browser = ReadMessages.browser
        browser.sentAtHeader = WireTime.parse("2024-06-01T10:00:00Z")
        #expect(try browser.one(.track, body(times)).timestamp == ReadMessages.received - Self.hour / 2)
        var item = try #require(body(times).object)
        item["type"] = "track"
        let batch: JSON = ["sentAt": "2024-06-01T11:00:00Z", "batch": [.object(item)]]
        let message = try #require(try browser.batch(batch.text).messages.first)
        #expect(message.timestamp == ReadMessages.received - 3 * Self.hour / 2)
    }

    @Test func withoutSentAtABrowsersTimestampIsKept() throws {
        let message = try ReadMessages.browser.one(
            .track, body(["timestamp": "2024-06-01T09:30:00Z", "sentAt": "soon"]))
        #expect(message.timestamp == WireTime.parse("2024-06-01T09:30:00Z"))
        #expect(!message.flags.contains(.skewCorrected))
    }

    @Test func withoutATimestampReceiptCounts() throws {
        let message = try ReadMessages.browser.one(
            .track, body(["timestamp": .null, "sentAt": "2024-06-01T09:30:00Z"]))
        #expect(message.timestamp == ReadMessages.received)
        #expect(message.receivedAt == ReadMessages.received)
    }

    @Test func aTimestampOverADayAheadIsClamped() throws {
        let edge = try ReadMessages().one(.track, body(["timestamp": "2024-06-02T12:00:00Z"]))
        #expect(edge.timestamp == ReadMessages.received + WireTime.day)
        #expect(!edge.flags.contains(.clockClamped))
        let late = try ReadMessages().one(.track, body(["timestamp": "2024-06-02T12:00:00.001Z"]))
        #expect(late.timestamp == ReadMessages.received)
        #expect(late.flags.contains(.clockClamped))
        #expect(try json(late.payload)?["originalTimestamp"] == "2024-06-02T12:00:00.001Z")
    }

    @Test func millisecondsOfJavaScriptAreATime() throws {
        let message = try ReadMessages().one(.track, body(["timestamp": .number(1_704_164_645_678)]))
        #expect(message.timestamp == 1_704_164_645_678_000)
    }
}
