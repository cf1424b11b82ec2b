import Foundation
import Testing

@testable import Tandem

@Suite struct EventTailTests {
    private let tenant = UUID()

    private func event(
        _ number: Int, _ outcome: TailedEvent.Outcome = .accepted, source: Int16 = 1, bytes: Int = 10
    ) -> TailedEvent {
        TailedEvent(
            outcome: outcome, reason: nil, id: UUID(), receivedAt: 0, source: source, sourceName: "web", keyID: "k",
            path: "/v1/track", messageID: "m\(number)", type: "track", name: "E",
            original: Array(("{\"a\":\"" + String(repeating: "x", count: bytes) + "\"}").utf8)[...])
    }

    @Test func nobodyWatchesUntilSomebodyDoes() throws {
        let tail = EventTail()
        #expect(tail.readers(of: tenant).isEmpty)
        let reader = try #require(tail.open(tenant, TailFilter()))
        #expect(tail.readers(of: tenant).count == 1 && tail.readers(of: UUID()).isEmpty)
        tail.close(reader)
        tail.close(reader)
        #expect(tail.readers(of: tenant).isEmpty && tail.readerCount(of: tenant) == 0)
    }

    @Test func asManyWatchAsMay() {
        let tail = EventTail()
        for _ in 0..<EventTail.readersLimit { #expect(tail.open(tenant, TailFilter()) != nil) }
        #expect(tail.open(tenant, TailFilter()) == nil)
        #expect(tail.open(UUID(), TailFilter()) != nil)
    }

    @Test func aReaderThatLagsHasOneGapAtTheEndOfWhatItGets() {
        let reader = TailReader(tenant: tenant, filter: TailFilter())
        for number in 0..<(TailReader.eventsLimit + 5) { reader.offer([event(number)]) }
        let (events, missed) = reader.take()
        #expect(events.map(\.messageID) == (0..<TailReader.eventsLimit).map { "m\($0)" } && missed == 5)
        reader.offer([event(1)])
        #expect(reader.take() == (1, 0))
    }

    @Test func bytesAreBoundedToo() {
        let reader = TailReader(tenant: tenant, filter: TailFilter())
        reader.offer((0..<200).map { event($0, bytes: 30 << 10) })
        let (events, missed) = reader.take()
        #expect(events.count + missed == 200 && events.count * (30 << 10) <= TailReader.bytesLimit)
        #expect(events.count >= 130)
    }

    @Test func onlyWhatIsWantedIsKept() {
        var filter = TailFilter()
        filter.source = 2
        filter.outcomes = [.rejected]
        let reader = TailReader(tenant: tenant, filter: filter)
        reader.offer([event(1), event(2, .rejected), event(3, .rejected, source: 2)])
        #expect(reader.take().events.map(\.messageID) == ["m3"])
    }

    @Test func itsJSONIsOneLine() throws {
        var shown = event(1, .rejected)
        shown.reason = QuarantineReason(code: "c", message: "a \"b\"\n")
        shown.original = Array("{\r\n \"a\": 1\n}".utf8)[...]
        #expect(!shown.json.contains(UInt8(ascii: "\n")) && !shown.json.contains(UInt8(ascii: "\r")))
        let json = try JSON(parsing: shown.json)
        #expect(json["event"]?["a"] == 1 && json["message"]?.string == "a \"b\"\n" && json["event_id"] == nil)
    }
}

private func == (left: (events: [TailedEvent], missed: Int), right: (Int, Int)) -> Bool {
    left.events.count == right.0 && left.missed == right.1
}
