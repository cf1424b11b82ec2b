import Foundation
import Testing

@testable import Tandem

/// What each call must be, and what is refused with which code.
@Suite struct MessageRulesTests {
    private let read = ReadMessages()

    @Test(arguments: [
        (MessageType.track, #"{"event":"A"}"#, MessageError.noUserOrAnonymousID),
        (.track, #"{"userId":null,"anonymousId":null,"event":"A"}"#, .noUserOrAnonymousID),
        (.track, #"{"userId":" ","event":"A"}"#, .noUserOrAnonymousID),
        (.track, #"{"userId":true,"event":"A"}"#, .idNotString),
        (.track, #"{"userId":{"a":1},"event":"A"}"#, .idNotString),
        (.track, #"{"anonymousId":["a"],"event":"A"}"#, .idNotString),
        (.track, #"{"userId":"u"}"#, .eventNotDefined),
        (.track, #"{"userId":"u","event":null}"#, .eventNotDefined),
        (.track, #"{"userId":"u","event":""}"#, .eventNotDefined),
        (.track, #"{"userId":"u","event":" \t"}"#, .eventNotDefined),
        (.track, #"{"userId":"u","event":1}"#, .eventNotString),
        (.track, #"{"userId":"u","event":"A","properties":[]}"#, .propertiesNotObject),
        (.track, #"{"userId":"u","event":"A","properties":"x"}"#, .propertiesNotObject),
        (.track, #"{"userId":"u","event":"A","context":"x"}"#, .contextNotObject),
        (.identify, #"{"userId":"u","traits":"x"}"#, .traitsNotObject),
        (.group, #"{"userId":"u","groupId":"g","traits":1}"#, .traitsNotObject),
        (.group, #"{"userId":"u"}"#, .idRequired),
        (.group, #"{"userId":"u","groupId":""}"#, .idRequired),
        (.group, #"{"userId":"u","groupId":[]}"#, .idNotString),
        (.alias, #"{"userId":"u"}"#, .idRequired),
        (.alias, #"{"previousId":"p"}"#, .idRequired),
        (.alias, #"{"userId":"u","previousId":{}}"#, .idNotString),
        (.page, #"{"userId":"u","name":1}"#, .nameNotString),
        (.screen, #"{"userId":"u","category":1}"#, .categoryNotString),
        (.track, #"{"userId":"u","event":"A","messageId":{}}"#, .idNotString),
        (.track, #"{"userId":"u","event":"A","timestamp":"yesterday"}"#, .invalidTimestamp),
        (.track, #"{"userId":"u","event":"A","timestamp":5}"#, .invalidTimestamp),
        (.track, #"{"userId":"u","event":"A","timestamp":"1969-12-31T23:59:59Z"}"#, .timestampTooEarly),
        (.track, #"{"userId":"u","event":"A","context":{"consent":{}}}"#, .consentWithoutPreferences),
        (.track, #"{"userId":"u","event":"A","context":{"consent":1}}"#, .consentWithoutPreferences),
        (
            .track, #"{"userId":"u","event":"A","context":{"consent":{"categoryPreferences":[]}}}"#,
            .consentPreferencesNotObject
        ),
        (
            .track, #"{"userId":"u","event":"A","context":{"consent":{"categoryPreferences":{"a":"yes"}}}}"#,
            .consentPreferenceNotBool
        ),
        (.track, #"{"userId":"u","event":"A","context":{"device":{"advertisingId":1}}}"#, .advertisingIDNotString),
        (.track, #"{"userId":"u","event":"A","properties":{"a":1e999}}"#, .numberOutOfRange),
        (.track, #"{"userId":"u","event":"A","properties":{"a":1e131071}}"#, .numberOutOfRange),
    ])
    func refuses(type: MessageType, body: String, error: MessageError) {
        #expect(throws: error) { try read.one(type, body) }
    }

    @Test(arguments: [
        (MessageType.track, #"{"userId":"u","event":"A","properties":null,"context":null,"integrations":null}"#),
        (.page, #"{"userId":"u","name":null,"category":null}"#), (.identify, #"{"userId":"u","traits":null}"#),
        (.group, #"{"userId":"u","groupId":7}"#), (.group, #"{"anonymousId":"a","groupId":"g"}"#),
        (.track, #"{"event":"A","properties":{"email":"a@b.example"}}"#),
        (.track, #"{"userId":"u","event":"A","type":"identify"}"#),
        (.track, #"{"userId":"u","event":"A","integrations":[1]}"#),
    ])
    func takes(type: MessageType, body: String) throws {
        #expect(try read.one(type, body).type == type)
    }

    @Test func codesAreUniqueAndSpoken() {
        #expect(Set(MessageError.allCases.map(\.code)).count == MessageError.allCases.count)
        #expect(MessageError.allCases.allSatisfy { !$0.message.isEmpty })
        #expect(MessageError.noUserOrAnonymousID.code == "no_user_anon_id")
    }

    @Test(arguments: [
        ("42", "42"), ("42.0", "42"), ("4.2e1", "42"), ("-7", "-7"), ("1.5", "1.5"),
        ("12345678901234567890123", "12345678901234567890123"), (#""42""#, "42"), (#"" u ""#, "u"),
    ])
    func idsMayBeNumbers(source: String, id: String) throws {
        let message = try read.one(.track, #"{"userId":\#(source),"event":"A"}"#)
        #expect(message.identifiers == [Identifier(type: "user_id", value: id)])
    }

    private func track(_ extra: JSONObject) -> JSON {
        var object: JSONObject = ["userId": "u", "event": "A"]
        for (key, value) in extra { object[key] = value }
        return .object(object)
    }

    @Test func aMessageIDHasAtMost100Characters() throws {
        let id = String(repeating: "é", count: 100)
        #expect(try read.one(.track, track(["messageId": .string(id)])).messageID == id)
        #expect(throws: MessageError.messageIDTooLong) { try read.one(.track, track(["messageId": .string(id + "x")])) }
    }

    @Test(arguments: [JSON.null, "", "  "]) func aBlankMessageIDIsReplaced(id: JSON) throws {
        let message = try read.one(.track, track(["messageId": id]))
        #expect(message.messageID == "made-here")
        #expect(message.eventID == EventID.hash(of: "made-here"))
    }

    @Test func messageIDsAreKeptVerbatim() throws {
        #expect(try read.one(.track, track(["messageId": " node-next-1-x "])).messageID == " node-next-1-x ")
        #expect(try read.one(.track, track(["messageId": 12])).messageID == "12")
    }

    @Test func theEventIDIsTheHashOfTheMessageID() {
        // printf abc | sha256sum: ba7816bf 8f01cfea 414140de 5dae2223
        #expect(EventID.hash(of: "abc").uuidString.lowercased() == "ba7816bf-8f01-8fea-8141-40de5dae2223")
    }

    @Test func namesHaveAtMost255Characters() throws {
        let name = String(repeating: "é", count: 255)
        #expect(try read.one(.track, track(["event": .string(name)])).name == name)
        #expect(throws: MessageError.eventNameTooLong) { try read.one(.track, track(["event": .string(name + "x")])) }
        #expect(throws: MessageError.nameTooLong) { try read.one(.page, ["userId": "u", "name": .string(name + "x")]) }
    }

    @Test func aGroupIDHasAtMost500Characters() throws {
        let id = String(repeating: "é", count: 500)
        #expect(try read.one(.group, ["userId": "u", "groupId": .string(id)]).groupID == id)
        #expect(throws: MessageError.groupIDTooLong) {
            try read.one(.group, ["userId": "u", "groupId": .string(id + "x")])
        }
    }

    @Test func anIdentifierHasAtMost512Bytes() throws {
        let id = String(repeating: "é", count: 256)
        #expect(try read.one(.track, track(["userId": .string(id)])).identifiers.map(\.value) == [id])
        #expect(throws: MessageError.identifierTooLong) { try read.one(.track, track(["userId": .string(id + "x")])) }
        #expect(throws: MessageError.identifierTooLong) {
            try read.one(.alias, ["userId": "u", "previousId": .string(id + "x")])
        }
    }

    @Test func anIdentifyHasAtMost300Traits() throws {
        var traits = JSONObject()
        for index in 0..<300 { traits["t\(index)"] = 1 }
        _ = try read.one(.identify, ["userId": "u", "traits": .object(traits)])
        traits["one_more"] = 1
        #expect(throws: MessageError.tooManyTraits) {
            try read.one(.identify, ["userId": "u", "traits": .object(traits)])
        }
        _ = try read.one(.group, ["userId": "u", "groupId": "g", "traits": .object(traits)])
    }

    @Test func anEventHasAtMost32KB() throws {
        let rest = #"{"userId":"u","event":"A","properties":{"x":""}}"#.utf8.count
        func body(_ size: Int) -> String {
            #"{"userId":"u","event":"A","properties":{"x":"\#(String(repeating: "a", count: size - rest))"}}"#
        }
        _ = try read.one(.track, body(32 * 1024))
        #expect(throws: MessageError.eventTooLarge) { try read.one(.track, body(32 * 1024 + 1)) }
    }

    @Test func anEventIsNestedAtMost32Levels() throws {
        func body(_ depth: Int) -> String {
            let nested = String(repeating: "[", count: depth - 2) + String(repeating: "]", count: depth - 2)
            return #"{"userId":"u","event":"A","properties":{"x":\#(nested)}}"#
        }
        _ = try read.one(.track, body(32))
        #expect(throws: MessageError.tooDeep) { try read.one(.track, body(33)) }
        #expect(throws: MessageError.tooDeep) { try read.one(.track, body(16_000)) }
        let key = String(repeating: "k", count: 257)
        #expect(throws: MessageError.keyTooLong) { try read.one(.track, track(["properties": [key: 1]])) }
    }
}
