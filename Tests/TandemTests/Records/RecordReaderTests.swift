import Testing

@testable import Tandem

@Suite struct RecordReaderTests {
    func errors(_ description: ObjectDescription, _ body: JSON, isNew: Bool = true) -> [String: String] {
        do throws(TandemError) {
            _ = try RecordReader(description, catalog: .standard).read(body, isNew: isNew)
            return [:]
        } catch {
            guard case .invalid(let fields) = error else { return ["": "\(error)"] }
            return Dictionary(fields.map { ($0.pointer, $0.code) }, uniquingKeysWith: { $1 })
        }
    }

    @Test func derivedColumnsAreFilled() throws {
        let account = try RecordReader(.account, catalog: .standard).read(
            ["name": "The Acme, Inc.", "phone": "+49 30 123456"], isNew: true)
        #expect(account.data["company_key"] == "acme")
        #expect(account.data["phone_e164"] == "+4930123456")
        let contact = try RecordReader(.contact, catalog: .standard).read(["email": "Ada@X.example"], isNew: true)
        #expect(contact.data["email"] == "Ada@X.example")
        #expect(contact.data["email_norm"] == "ada@x.example")
        let cleared = try RecordReader(.contact, catalog: .standard).read(["email": .null], isNew: false)
        #expect(cleared.data["email_norm"] == .null)
        let national = try RecordReader(.contact, catalog: .standard, region: "DE").read(
            ["phone": "030 123456"], isNew: true)
        #expect(national.data["phone_e164"] == "+4930123456")
    }

    @Test func everyWrongFieldIsNamed() {
        #expect(
            errors(.account, ["nmae": "x", "employee_count": -1, "id": "acct_1", "version": 3, "a/b": 1])
                == [
                    "/nmae": "unknown_field", "/employee_count": "out_of_range", "/id": "read_only",
                    "/version": "read_only", "/a~1b": "unknown_field", "/name": "required",
                ])
        #expect(errors(.account, ["name": .null], isNew: false) == ["/name": "required"])
        #expect(errors(.account, ["industry": "x"], isNew: false) == [:])
        #expect(errors(.account, ["name": "  "]) == ["/name": "required"])
        #expect(errors(.account, []) == ["": "not_an_object"])
        #expect(errors(.opportunity, ["name": "O", "status": "won"]) == ["/status": "read_only"])
    }

    @Test func childrenAreReadRowByRow() throws {
        let id = "01563e3a-b5d3-d676-4c61-efb99302bd5b"
        let input = try RecordReader(.contact, catalog: .standard).read(
            [
                "last_name": "L",
                "accounts": [["id": .string(id), "role": "buyer"], ["external_id": "acme", "primary": true]],
            ],
            isNew: true)
        #expect(
            input.data["accounts"]
                == [["account_id": .string(id), "role": "buyer"], ["account_id": .null, "primary": true]])
        #expect(
            input.references == [
                RecordReference(target: .account, externalID: "acme", field: "account_id", child: "accounts", row: 1)
            ])
        #expect(
            errors(.contact, ["accounts": [["role": "x"], ["id": "nobody"], 3]])
                == [
                    "/accounts/0/account_id": "required", "/accounts/1/id": "not_an_id",
                    "/accounts/1/account_id": "required",
                    "/accounts/2": "not_an_object",
                ])
    }

    @Test func primaryChannelsAndFieldsAreOneThing() throws {
        let input = try RecordReader(.contact, catalog: .standard).read(
            ["channels": [["kind": "email", "value": "a@x.example", "primary": true]]], isNew: true)
        #expect(input.data["email"] == "a@x.example")
        #expect(input.data["email_norm"] == "a@x.example")
        #expect(
            errors(
                .contact,
                ["email": "b@x.example", "channels": [["kind": "email", "value": "a@x.example", "primary": true]]])
                == ["/email": "differs"])
    }

    @Test func aContactNamesItsPerson() throws {
        let input = try RecordReader(.contact, catalog: .standard).read(
            ["profile": ["type": "email", "value": " A@x.example"], "last_name": "L"], isNew: true)
        #expect(input.person == ["type": "email", "value": "a@x.example"])
        #expect(
            errors(.contact, ["profile": ["type": "email", "value": "x"]]) == ["/profile/value": "invalid_identifier"])
        #expect(errors(.account, ["name": "A", "profile": "prof_1"]) == ["/profile": "unknown_field"])
    }

    @Test func aLinkOfAnActivityTellsItsObjectFromItsPrefix() throws {
        let input = try RecordReader(.activity, catalog: .standard).read(
            ["type": "note", "links": [["id": "opp_01ARZ3NDEKTSV4RRFFQ69G5FAV", "role": "about"]]], isNew: true)
        #expect(
            input.data["links"] == [
                ["record_id": "01563e3a-b5d3-d676-4c61-efb99302bd5b", "object": "opportunity", "role": "about"]
            ])
        #expect(
            errors(.activity, ["type": "note", "links": [["id": "01563e3a-b5d3-d676-4c61-efb99302bd5b"]]])[
                "/links/0/id"]
                == "not_an_id")
    }
}
