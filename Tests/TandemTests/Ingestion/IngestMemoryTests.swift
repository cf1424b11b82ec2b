import Foundation
import Testing

@testable import Tandem

@Suite struct IngestMemoryTests {
    private let tenant = UUID()
    private let minute: Int64 = 60_000_000

    private func message(_ ids: [(String, String)], type: MessageType = .track, at timestamp: Int64 = 0) throws
        -> WireMessage
    {
        let body = #"{"type":"track","userId":"u","event":"E","messageId":"m"}"#
        var message = try #require(try ReadMessages().all(Array(body.utf8), path: .message(.track)).messages.first)
        message.type = type
        message.timestamp = timestamp
        message.identifiers = ids.map { Identifier(type: $0.0, value: $0.1) }
        return message
    }

    private func key(_ ids: [(String, String)]) throws -> IngestMemory.Key {
        try #require(IngestMemory.Key(of: message(ids)))
    }

    @Test func aKeyIsTheIdentifiersInTheirOrder() throws {
        let list = [("user_id", "u"), ("anonymous_id", "a")]
        #expect(try key(list) == key(list))
        #expect(try key(list) != key(list.reversed()))
        #expect(try key([("user_id", "ua")]) != key([("user_id", "u"), ("user_id", "a")]))
        #expect(try IngestMemory.Key(of: message(list, type: .alias)) == nil)
        #expect(try IngestMemory.Key(of: message([])) == nil)
    }

    @Test func whatWasLearnedIsToldWithinItsMinutes() throws {
        let memory = IngestMemory()
        let known = try key([("user_id", "u")])
        memory.learn([.init(key: known, home: 7, timestamp: 90 * minute / 60 + 5)], epoch: 3, of: tenant, in: "db")
        let asked: [(key: IngestMemory.Key?, timestamp: Int64)] = [
            (known, 90 * minute / 60 + 5), (known, 2 * minute - 1), (known, 2 * minute), (known, 0), (nil, minute),
        ]
        let hints = memory.hints(for: asked, of: tenant, in: "db")
        #expect(hints.epoch == 3)
        #expect(hints.homes == [7, 7, 7, 7, 0])
        #expect(hints.settled == [true, true, false, false, false])
    }

    @Test func anotherEpochOrDatabaseForgets() throws {
        let memory = IngestMemory()
        let known = try key([("user_id", "u")])
        let lesson = IngestMemory.Lesson(key: known, home: 7, timestamp: 0)
        let asked: [(key: IngestMemory.Key?, timestamp: Int64)] = [(known, 0)]
        memory.learn([lesson], epoch: 3, of: tenant, in: "db")
        #expect(memory.hints(for: asked, of: UUID(), in: "db").epoch == nil)
        #expect(memory.hints(for: asked, of: tenant, in: "other").epoch == nil)
        let other = try key([("user_id", "v")])
        memory.learn([.init(key: other, home: 8, timestamp: 0)], epoch: 4, of: tenant, in: "db")
        #expect(memory.hints(for: asked, of: tenant, in: "db").homes == [0])
        // An answer that was on its way says nothing of the new epoch.
        memory.learn([lesson], epoch: 3, of: tenant, in: "db")
        #expect(memory.hints(for: asked, of: tenant, in: "db").homes == [0])
        memory.learn([lesson], epoch: 1, of: tenant, in: "restored")
        #expect(memory.hints(for: asked, of: tenant, in: "restored").homes == [7])
    }

    @Test func itHoldsTwoGenerationsAtMost() throws {
        let memory = IngestMemory(limit: 100)
        let first = try key([("user_id", "0")])
        for number in 0..<1_000 {
            memory.learn(
                [.init(key: try key([("user_id", "\(number)")]), home: Int64(number + 1), timestamp: 0)], epoch: 1,
                of: tenant, in: "db")
        }
        let asked: [(key: IngestMemory.Key?, timestamp: Int64)] = try [
            (first, 0), (key([("user_id", "999")]), 0), (key([("user_id", "950")]), 0),
        ]
        #expect(memory.hints(for: asked, of: tenant, in: "db").homes == [0, 1_000, 951])
    }
}
