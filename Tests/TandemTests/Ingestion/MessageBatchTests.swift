import Testing

@testable import Tandem

@Suite struct MessageBatchTests {
    private let read = ReadMessages()

    @Test(arguments: [
        (#"{"batch":[]}"#, BodyError.emptyBatch), ("{}", .emptyBatch), (#"{"batch":null}"#, .emptyBatch),
        (#"{"batch":{"a":1}}"#, .emptyBatch), ("[]", .invalidJSON), ("", .invalidJSON), ("null", .invalidJSON),
        (#"{"batch":["#, .invalidJSON), ("x", .invalidJSON), (#"{"batch":[{"type":"track",}]}"#, .invalidJSON),
        ("\u{0}", .invalidJSON),
    ])
    func refusesTheBody(body: String, error: BodyError) {
        #expect(throws: error) { try read.batch(body) }
    }

    @Test func refusesInvalidUTF8AndTooLargeABody() {
        #expect(throws: BodyError.invalidJSON) {
            try MessageBatch([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d], path: .batch)
        }
        let large = [UInt8](repeating: 0x20, count: MessageBatch.bodyBytesLimit + 1)
        #expect(throws: BodyError.bodyTooLarge) { try MessageBatch(large, path: .batch) }
    }

    @Test func refusesTooManyMessages() {
        let body = #"{"batch":["# + String(repeating: "{},", count: MessageBatch.messagesLimit) + "{}]}"
        #expect(throws: BodyError.batchTooLarge) { try read.batch(body) }
    }

    @Test func takes2501Messages() throws {
        let item = #"{"type":"track","userId":"u","event":"A","messageId":"m"}"#
        let body = #"{"batch":["# + Array(repeating: item, count: 2501).joined(separator: ",") + "]}"
        #expect(try read.batch(body).messages.count == 2501)
    }

    /// One of each kind of bad message beside good ones; the hostile values of jsonb among them.
    @Test func aBadMessageRefusesOnlyItself() throws {
        let deep = String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000)
        let key = String(repeating: "k", count: 257)
        let items = [
            #"{"type":"track","userId":"u","event":"A","messageId":"good-0"}"#,
            #"{"type":"track","event":"A","messageId":"bad-1"}"#,
            #"{"type":"track","userId":"u","event":"A","properties":{"x":\#(deep.prefix(40))\#(deep.suffix(40))}}"#,
            #"{"type":"track","userId":"u","event":"A","properties":{"x":1e131072}}"#,
            #"{"type":"track","userId":"u","event":"A","properties":{"x":1e131071}}"#,
            #"{"type":"track","userId":"u","event":"A","properties":{"\#(key)":1}}"#,
            #"{"type":"nothing","userId":"u","event":"A"}"#, "17", "null", #"{"userId":"u","event":"A"}"#,
            #"{"type":"track","userId":"u","event":"A","properties":{"x":\#(deep)}}"#,
            #"{"type":"track","userId":"u","event":"A","properties":{"x":"\u0000\ud800"},"messageId":"good-11"}"#,
        ]
        let result = try read.batch(#"{"batch":[\#(items.joined(separator: ","))]}"#)
        #expect(result.messages.map(\.messageID) == ["good-0", "good-11"])
        #expect(result.messages.map(\.index) == [0, 11])
        #expect(result.messages[1].flags.contains(.textReplaced))
        #expect(try json(result.messages[1].payload)?["properties"]?["x"] == "\u{fffd}\u{fffd}")
        #expect(result.refused.map(\.index) == Array(1...10))
        #expect(
            result.errors == [
                .noUserOrAnonymousID, .tooDeep, .numberOutOfRange, .numberOutOfRange, .keyTooLong, .unknownType,
                .eventNotObject, .eventNotObject, .unknownType, .eventTooLarge,
            ])
        #expect(result.refused[0].messageID == "bad-1")
    }

    @Test func theBatchsContextAndIntegrationsAreMergedIntoEachMessage() throws {
        let body = """
            {"context":{"ip":"1.2.3.4","groupId":"g1","traits":{"email":"a@b.example"},"locale":"de"},
             "integrations":{"All":false,"X":true},"sentAt":"2024-06-01T11:00:00Z",
             "batch":[{"type":"track","anonymousId":"a","event":"A","context":{"locale":"fr","ip":null},"integrations":{"X":false}},
                      {"type":"track","anonymousId":"b","event":"A"}]}
            """
        let messages = try read.batch(body).messages
        let first = try #require(try json(messages[0].payload))
        #expect(first["context"]?["locale"] == "fr")
        #expect(first["context"]?["ip"] == .null)
        #expect(first["context"]?["traits"]?["email"] == "a@b.example")
        #expect(first["integrations"] == ["All": false, "X": false])
        #expect(messages[0].groupID == "g1")
        #expect(messages[0].identifiers.map(\.type) == ["email", "anonymous_id"])
        let second = try #require(try json(messages[1].payload))
        #expect(second["context"]?["locale"] == "de")
        #expect(second["integrations"] == ["All": false, "X": true])
    }

    /// An account has a field for some of them; the others are kept nowhere else.
    @Test func whatAGroupCallSaysOfTheAccountStaysWithTheEvent() throws {
        let messages = try read.batch(
            #"{"batch":[{"type":"group","userId":"u","groupId":"g","traits":{"name":"Acme","seats":20}}]}"#
        ).messages
        #expect(try json(messages[0].payload)?["traits"] == ["name": "Acme", "seats": 20])
        let identify = try read.batch(#"{"batch":[{"type":"identify","userId":"u","traits":{"plan":"team"}}]}"#)
        #expect(try json(identify.messages[0].payload)?["traits"] == nil, "the profile's traits have them")
    }

    @Test func whatTheBatchAddsCountsTowardsEachMessage() throws {
        let context = #"{"x":"\#(String(repeating: "a", count: 33_000))"}"#
        let result = try read.batch(#"{"context":\#(context),"batch":[{"type":"track","userId":"u","event":"A"}]}"#)
        #expect(result.errors == [.eventTooLarge])
        let bad = try read.batch(#"{"context":{"x":1e999},"batch":[{"type":"track","userId":"u","event":"A"}]}"#)
        #expect(bad.errors == [.numberOutOfRange])
        let odd = try read.batch(#"{"context":[],"batch":[{"type":"track","userId":"u","event":"A"}]}"#)
        #expect(odd.errors == [.contextNotObject])
    }

    @Test func repeatedKeysCountByTheirLastValueAsInJsonb() throws {
        let message = try read.one(.track, #"{"userId":"a","event":"A","userId":"b","event":"B"}"#)
        #expect(message.name == "B")
        #expect(message.identifiers.map(\.value) == ["b"])
    }

    @Test func keysMayBeWrittenWithEscapes() throws {
        let message = try read.one(.track, #"{"user\u0049d":"a","\u0065vent":"A","messageId":"m"}"#)
        #expect(message.identifiers.map(\.value) == ["a"])
        #expect(message.name == "A")
    }

    @Test func originalsAndOutlinesServeTheQuarantine() throws {
        let items = [#"{"type":"track","event":"A","messageId":"m1","x":"y"}"#, "17", #"{"type":"page","name":"P"}"#]
        let batch = try MessageBatch(Array(#"{"batch":[\#(items.joined(separator: ", "))]}"#.utf8), path: .batch)
        #expect(
            batch.outlines(at: [0, 1, 2]) == [
                .init(index: 0, messageID: "m1", type: "track", name: "A", original: Array(items[0].utf8)[...]),
                .init(index: 1, messageID: nil, type: nil, name: nil, original: Array(items[1].utf8)[...]),
                .init(index: 2, messageID: nil, type: "page", name: "P", original: Array(items[2].utf8)[...]),
            ])
        #expect(batch.outlines(at: [2]).map(\.index) == [2])
    }

    @Test func readingAgainAnswersTheSame() throws {
        let batch = try MessageBatch(try fixture("segment-python-2.4.0.json"), path: .batch)
        let circumstances = MessageBatch.Circumstances(
            source: read.source, rules: ReadingRules(identity: IdentifierPolicy(read.rules)),
            receivedAt: ReadMessages.received)
        let (first, second) = (batch.read(circumstances), batch.read(circumstances))
        #expect(first.messages.map(\.payload) == second.messages.map(\.payload))
        #expect(first.messages.map(\.eventID) == second.messages.map(\.eventID))
    }

    /// Bodies with random bytes changed are read or refused, and what is read is valid JSON for jsonb.
    @Test func damagedBodiesNeverTrap() throws {
        var random = SeededGenerator(seed: 4)
        let original = try fixture("rudder-python-2.1.9.json")
        let bytes = Array(#"{}[]",:\u0019ed8truflns-.+E "#.utf8)
        var readMessages = 0
        for _ in 0..<3000 {
            var body = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: body.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: body[place] = bytes.randomElement(using: &random) ?? 0
                case 1: body.remove(at: place)
                default: body.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            guard let result = try? read.all(body, path: .batch) else { continue }
            for message in result.messages {
                readMessages += 1
                for part in [message.payload, message.traits, message.consent] { _ = try json(part) }
            }
        }
        #expect(readMessages > 1000)
    }
}
