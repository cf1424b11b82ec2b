import Testing

@testable import Tandem

@Suite struct CompanyCandidateTests {
    private let read = ReadMessages()

    private func companies(_ type: MessageType, _ body: JSON) throws -> [String] {
        try read.one(type, body).companies.map { "\($0.kind.rawValue)=\($0.value) (\($0.name))" }
    }

    private func identify(_ traits: JSON, context: JSON = [:]) throws -> [String] {
        try companies(.identify, ["userId": "u", "traits": traits, "context": context])
    }

    @Test func theOrderIsGroupCompanyDomainName() throws {
        let found = try identify(
            [
                "email": "a@mail.acme.example",
                "company": ["id": "c1", "name": "Acme Inc.", "domain": "https://www.acme.example/"],
            ],
            context: ["groupId": "g1"])
        #expect(
            found == [
                "group_id=g1 (Acme Inc.)", "group_id=c1 (Acme Inc.)", "domain=acme.example (Acme Inc.)",
                "company_key=acme (Acme Inc.)",
            ])
    }

    @Test func withoutACompanysDomainTheAddressNamesIt() throws {
        #expect(try identify(["email": "a@acme.example"]) == ["domain=acme.example (acme.example)"])
        #expect(try identify(["email": "a@gmail.com"]) == [])
        #expect(
            try identify(["email": "a@acme.example", "company": ["domain": "gmail.com", "id": 7]]) == ["group_id=7 (7)"]
        )
    }

    @Test(arguments: ["n/a", "None", "NULL", " self ", "test", "", "gmail.com", "undefined", "-"])
    func someValuesNameNothing(value: String) throws {
        #expect(try identify(["company": ["id": .string(value), "name": .string(value)]]) == [])
        if !value.isEmpty {
            #expect(try read.one(.group, ["userId": "u", "groupId": .string(value)]).groupID == nil)
        }
    }

    @Test func aGroupsTraitsDescribeTheAccount() throws {
        let found = try companies(
            .group,
            [
                "userId": "u", "groupId": " g1 ", "traits": ["name": "Acme GmbH", "website": "http://acme.example/x"],
                "context": ["traits": ["email": "me@agency.example"]],
            ])
        #expect(
            found == ["group_id=g1 (Acme GmbH)", "domain=acme.example (Acme GmbH)", "company_key=acme (Acme GmbH)"])
        #expect(try companies(.group, ["userId": "u", "groupId": 12]) == ["group_id=12 (12)"])
    }

    @Test func otherCallsNameAnAccountByContextOnly() throws {
        let context: JSON = ["groupId": "g1", "traits": ["email": "a@acme.example", "company": ["id": "c"]]]
        #expect(try companies(.track, ["userId": "u", "event": "A", "context": context]) == ["group_id=g1 (g1)"])
        #expect(try read.one(.page, ["userId": "u", "context": context]).groupID == "g1")
    }

    @Test func aCompanyMayBeAName() throws {
        #expect(try identify(["company": "Acme Inc."]) == ["company_key=acme (Acme Inc.)"])
    }
}
