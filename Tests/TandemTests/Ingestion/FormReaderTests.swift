import Testing

@testable import Tandem

@Suite struct FormReaderTests {
    private func form(
        _ properties: JSON, context: JSON = [:], reader: ReadMessages = .browser
    ) throws -> JSON {
        let message = try reader.one(
            .track,
            ["event": "Form Submitted", "anonymousId": "a", "properties": properties, "context": context])
        return try #require(try json(message.form))
    }

    @Test func onlySubmissionsAreForms() throws {
        let reader = ReadMessages.browser
        #expect(try reader.one(.track, #"{"event":"Form submitted","anonymousId":"a"}"#).form == nil)
        #expect(try reader.one(.page, #"{"name":"Form Submitted","anonymousId":"a"}"#).form == nil)
        #expect(try reader.one(.track, #"{"event":"Form Submitted","anonymousId":"a"}"#).form != nil)
    }

    @Test func columnsAreAsLongAsTheLastForm() throws {
        let reader = ReadMessages.browser
        let other = try reader.one(.track, #"{"event":"Other","anonymousId":"a"}"#)
        let submission = try reader.one(.track, #"{"event":"Form Submitted","anonymousId":"a"}"#)
        let columns = IngestColumns([other, submission, other, submission, other], readingVersion: 1)
        #expect(columns.form.map { $0 != nil } == [false, true, false, true])
    }

    @Test func theFirstPlaceCounts() throws {
        let said = try form(
            [
                "email": "second@acme.example", "company": "Acme", "title": "A page", "name": "A form",
                "fields": ["E-Mail": "third@acme.example", "your-name": "Buyer Seventeen", "Company": "Globex"],
            ], context: ["traits": ["email": "First@ACME.example"]])
        let expected: JSON = [
            "email": "First@ACME.example", "company": "Acme", "first_name": "Buyer", "last_name": "Seventeen",
            "email_norm": "first@acme.example", "company_key": "acme",
        ]
        #expect(said["data"]?.object.map { Set($0.names) } == expected.object.map { Set($0.names) })
        for (field, value) in try #require(expected.object) { #expect(said["data"]?[field] == value) }
        #expect(said["domain"] == "acme.example")
        #expect(said["fault"] == nil)
        #expect(said["form"] == "unnamed")
    }

    @Test func campaignsComeFromTheContextElseFromTheAddress() throws {
        let page: JSON = [
            "url": "https://a.example/?utm_campaign=a+b%21&x=1&utm_source=%E4%F6&utm_term=&utm_medium=m#utm_id=1"
        ]
        #expect(try form([:], context: ["page": page])["campaign"] == ["name": "a b!", "medium": "m"])
        #expect(
            try form([:], context: ["page": page, "campaign": ["name": "c", "id": 7]])["campaign"]
                == ["name": "c", "id": "7"])
        #expect(try form([:])["campaign"] == nil)
    }

    @Test(
        arguments: [
            (true, [["purpose": "form", "given": true]]),
            ("  I agree. ", [["purpose": "form", "given": true, "text": "I agree."]]),
            (
                [["purpose": "news", "given": false], ["text": "Yes"], 7, "", ["given": "no"]],
                [
                    ["purpose": "news", "given": false], ["purpose": "form", "given": true, "text": "Yes"],
                    ["purpose": "form", "given": false],
                ]
            ),
            (7, []),
        ] as [(JSON, JSON)])
    func consent(sent: JSON, statements: JSON) throws {
        #expect(try form(["consent": sent])["consent"] == statements)
    }

    @Test(
        arguments: [
            (["email": "buyer@acme.example", "phone": "12"], nil),
            (["email": "no address", "phone": "12"], "invalid_address"),
            (["company": "Acme"], "no_address"),
            (
                ["email": "buyer@acme.example", "company": .string(String(repeating: "x", count: 513))],
                "value_too_long"
            ),
            (["email": "blocked@acme.example"], "invalid_address"),
        ] as [(JSON, JSON?)])
    func faults(properties: JSON, fault: JSON?) throws {
        var reader = ReadMessages.browser
        reader.rules.blocked = ["blocked@acme.example"]
        #expect(try form(properties, reader: reader)["fault"] == fault)
    }

    @Test func theIdentifyOfAFormMayMakeNoLead() throws {
        let reader = ReadMessages.browser
        let plain = try reader.one(.identify, #"{"anonymousId":"a","traits":{"email":"b@acme.example"}}"#)
        let marked = try reader.one(
            .identify, #"{"anonymousId":"a","traits":{"email":"b@acme.example"},"context":{"form":true}}"#)
        #expect(plain.flags.contains(.mayWriteLeads))
        #expect(plain.flags.subtracting(.mayWriteLeads) == marked.flags)
    }
}
