import Testing

@testable import Tandem

@Suite struct PersonReaderTests {
    private var read = ReadMessages()

    private func names(_ message: WireMessage) -> [String] { message.identifiers.map { "\($0.type)=\($0.value)" } }

    @Test func identifiersComeFromTheirPlacesInOrder() throws {
        let message = try read.one(
            .track,
            [
                "anonymousId": "anon", "userId": "u", "event": "A",
                "properties": ["email": "C@x.example", "phone": "+14155552671"],
                "traits": ["email": "b@x.example"],
                "context": [
                    "traits": ["email": "a@x.example"],
                    "device": [
                        "type": "iOS", "id": "d", "advertisingId": "ad", "adTrackingEnabled": true, "token": "t",
                    ],
                    "externalIds": [
                        ["id": "e1", "type": "crm_id", "collection": "users", "encoding": "none"],
                        ["id": "e2", "type": "crm_id", "collection": "accounts", "encoding": "none"],
                        ["id": "e3", "type": "crm_id", "collection": "users", "encoding": "sha256"],
                        ["id": true, "type": "crm_id", "collection": "users", "encoding": "none"],
                    ],
                ],
            ])
        #expect(
            names(message) == [
                "user_id=u", "email=a@x.example", "email=b@x.example", "email=c@x.example", "anonymous_id=anon",
                "crm_id=e1", "ios.id=d", "ios.idfa=ad", "ios.push_token=t",
            ])
        #expect(message.rawUserID == "u")
        #expect(message.rawAnonymousID == "anon")
    }

    @Test func anAdvertisingIDNeedsPermissionAndASystem() throws {
        let device: JSONObject = ["type": "android", "advertisingId": "ad", "adTrackingEnabled": false]
        #expect(
            try names(read.one(.track, ["userId": "u", "event": "A", "context": ["device": .object(device)]])) == [
                "user_id=u"
            ])
        let web: JSONObject = ["type": "web", "id": "d", "token": "t"]
        #expect(
            try names(read.one(.track, ["userId": "u", "event": "A", "context": ["device": .object(web)]])) == [
                "user_id=u"
            ])
    }

    @Test func aGroupCallsTraitsAreNoPersons() throws {
        let message = try read.one(
            .group,
            [
                "anonymousId": "a", "groupId": "g", "traits": ["email": "info@acme.example"],
                "context": ["traits": ["email": "me@acme.example"]],
            ])
        #expect(names(message) == ["email=me@acme.example", "anonymous_id=a"])
        #expect(message.email == nil)
        #expect(message.personFields == [])
    }

    @Test func anAliasLooksAtItsTwoIDsOnly() throws {
        let message = try read.one(
            .alias,
            ["userId": "u", "previousId": " p ", "anonymousId": "a", "context": ["traits": ["email": "a@b.example"]]])
        #expect(names(message) == ["user_id=u"])
        #expect(message.previousID == "p")
        #expect(try read.one(.alias, ["userId": "u", "previousId": "anonymous"]).previousID == nil)
        let blocked = try read.one(.alias, ["userId": "null", "previousId": "p"])
        #expect(blocked.previousID == nil)
        #expect(blocked.flags.contains(.identifiersBlocked))
    }

    @Test func blockedValuesAreDroppedAndAnEventWithoutOthersIsUnassigned() throws {
        let some = try read.one(.track, ["userId": "null", "anonymousId": "a", "event": "A"])
        #expect(names(some) == ["anonymous_id=a"])
        #expect(!some.flags.contains(.identifiersBlocked))
        let none = try read.one(.track, ["userId": "null", "anonymousId": "00000000-0000-0000", "event": "A"])
        #expect(none.identifiers == [])
        #expect(none.flags.contains(.identifiersBlocked))
    }

    @Test func configuredTraitsFeedTypesInBothSpellings() throws {
        var read = ReadMessages()
        read.rules.identifiers += [
            .init(type: "app_id", priority: 3, limit: 5), .init(type: "phone", priority: 4, limit: 5),
            .init(type: "badge", priority: 5, limit: 5, trait: "badgeNumber"),
        ]
        read.phoneRegion = "US"
        let message = try read.one(
            .identify,
            [
                "userId": "u",
                "traits": ["appId": 7, "phone": "(415) 555-2671", "badge_number": "b", "email": " X@Y.example "],
            ])
        #expect(names(message) == ["user_id=u", "email=x@y.example", "app_id=7", "phone=+14155552671", "badge=b"])
        let track = try read.one(.track, ["userId": "u", "event": "A", "properties": ["app_id": "8", "phone": "no"]])
        #expect(names(track) == ["user_id=u", "app_id=8"])
    }

    @Test func phonesAreNoIdentifiersUnlessListed() throws {
        let message = try read.one(.identify, ["userId": "u", "traits": ["phone": "+14155552671"]])
        #expect(names(message) == ["user_id=u"])
        #expect(message.phone == "+14155552671")
    }

    @Test func valuesThatNoIDHasAreIgnored() throws {
        let message = try read.one(.track, ["userId": "u", "event": "A", "properties": ["email": ["a@b.example"]]])
        #expect(names(message) == ["user_id=u"])
    }

    @Test func anEventCarriesABoundedNumberOfIdentifiers() throws {
        let ids = (0..<120).map {
            JSON.object(["id": .number($0), "type": "t", "collection": "users", "encoding": "none"])
        }
        #expect(throws: MessageError.tooManyIdentifiers) {
            try read.one(.track, ["userId": "u", "event": "A", "context": ["externalIds": .array(ids)]])
        }
    }

    @Test func traitsAreTopLevelOrElseContextsForIdentify() throws {
        let both = try read.one(
            .identify, ["userId": "u", "traits": ["a": 1], "context": ["traits": ["b": 2], "locale": "de"]])
        #expect(try json(both.traits) == ["a": 1])
        #expect(try json(both.payload)?["context"]?["traits"]?["b"] == 2)
        let context = try read.one(
            .identify, ["userId": "u", "traits": [:], "context": ["traits": ["b": 2], "locale": "de"]])
        #expect(try json(context.traits) == ["b": 2])
        #expect(try json(context.payload) == ["context": ["locale": "de"]])
        let track = try read.one(.track, ["userId": "u", "event": "A", "context": ["traits": ["b": 2]]])
        #expect(track.traits == nil)
    }

    @Test func aPersonsFieldsFollowTheReservedTraits() throws {
        let message = try read.one(
            .identify,
            [
                "userId": "u",
                "traits": [
                    "email": "Sales <S@acme.example>", "phone": "12", "firstName": " Buyer ", "last_name": "Seventeen",
                    "title": .null, "name": "not used", "website": "https://acme.example", "company": "Acme Inc.",
                    "address": [
                        "street": "1 Main St", "city": "Town", "state": "CA", "postalCode": 94000, "country": "US",
                    ],
                ],
            ])
        #expect(
            message.personFields.map { "\($0.field)=\($0.value)" } == [
                "email=Sales <S@acme.example>", "phone=12", "first_name=Buyer", "last_name=Seventeen",
                "website=https://acme.example", "company=Acme Inc.", "address_street=1 Main St", "address_city=Town",
                "address_region=CA", "address_postal_code=94000", "address_country=US",
            ])
        #expect(message.email == "s@acme.example")
        #expect(message.phone == nil)
        let named = try read.one(.identify, ["userId": "u", "traits": ["name": "Buyer  of Acme"]])
        #expect(named.personFields.map(\.value) == ["Buyer", "of Acme"])
    }

    @Test func consentAndSessionAreColumns() throws {
        let message = try read.one(
            .track,
            [
                "userId": "u", "event": "A",
                "context": [
                    "sessionId": 1_717_243_200, "consent": ["categoryPreferences": ["Advertising": true, "x": false]],
                ],
            ])
        #expect(message.session == "1717243200")
        #expect(try json(message.consent) == ["Advertising": true, "x": false])
    }

    @Test func trustBecomesFlags() throws {
        let server = try read.one(.track, ["userId": "u", "event": "A"])
        #expect(server.flags == [.mayIdentify, .mayCreateAccounts, .mayWriteContacts])
        let browser = try ReadMessages.browser.one(.track, ["userId": "u", "event": "A"])
        #expect(browser.flags == [.mayIdentify, .mayWriteLeads, .publicSource])
    }
}
