import Testing

@testable import Tandem

/// Reading a request of a source that has a mapping.
@Suite struct MappedReaderTests {
    private func read(_ rules: JSON, source: Int16 = 3) throws -> ReadMessages {
        ReadMessages(mappings: [source: try SourceMapping(rules: rules)])
    }

    @Test func aMappedMessageIsReadAsIfItHadBeenSentThatWay() throws {
        let read = try read([
            ["rename_event": "old", "to": "New"], ["rename": "properties.mail", "to": "context.traits.email"],
            ["cast": "properties.n", "as": "number"],
        ])
        let message = try read.one(
            .track,
            #"{"userId":"u","event":"old","messageId":"m1","properties":{"mail":"A@b.example","n":"7","t":"\u0000"}}"#)
        #expect(message.name == "New")
        #expect(message.messageID == "m1")
        #expect(message.identifiers.map(\.value) == ["u", "a@b.example"])
        #expect(message.flags.contains(.textReplaced))
        #expect(try json(message.payload)?["properties"] == ["n": 7, "t": "\u{fffd}"])
    }

    @Test func aBatchsContextIsMappedWithEachMessage() throws {
        let read = try read([["drop": "context.ip", "event": "A"]])
        let result = try read.batch(
            #"{"context":{"ip":"1.2.3.4","locale":"de"},"batch":[{"type":"track","userId":"u","event":"A"},"#
                + #"{"type":"track","userId":"u","event":"B"}]}"#)
        #expect(try json(result.messages[0].payload)?["context"] == ["locale": "de"])
        #expect(try json(result.messages[1].payload)?["context"] == ["ip": "1.2.3.4", "locale": "de"])
    }

    @Test func droppedMessagesAreHeldInTheirPlaceAndWrongOnesRefused() throws {
        let read = try read([["drop_event": "Heartbeat"], ["cast": "properties.n", "as": "number"]])
        let result = try read.batch(
            #"{"batch":[{"type":"track","userId":"u","event":"Heartbeat","messageId":"h"},{"type":"track","event":"A"},"#
                + #"{"type":"track","userId":"u","event":"A"},{"type":"track","userId":"u","event":"A","properties":{"n":"x"}}]}"#
        )
        #expect(result.messages.map(\.index) == [2])
        #expect(result.refused.map(\.index) == [0, 1, 3])
        #expect(result.refused.map(\.reason.code) == ["dropped_by_mapping", "no_user_anon_id", "mapping_failed"])
        #expect(result.refused.map(\.answer) == [.quarantined, .rejected, .quarantined])
        #expect(result.refused[0].messageID == "h")
    }

    @Test func anotherSourcesMappingIsNotMine() throws {
        let read = try read([["drop_event": "Heartbeat"]], source: 4)
        #expect(try read.one(.track, #"{"userId":"u","event":"Heartbeat"}"#).name == "Heartbeat")
    }

    @Test func whatAMappingMakesTooDeepIsRefused() throws {
        let deep = String(repeating: "[", count: 30) + String(repeating: "]", count: 30)
        let read = try read([["rename": "properties.a", "to": "properties.b.c.d"]])
        let result = try read.batch(
            #"{"batch":[{"type":"track","userId":"u","event":"A","properties":{"a":\#(deep)}}]}"#)
        #expect(result.errors == [.tooDeep])
    }
}
