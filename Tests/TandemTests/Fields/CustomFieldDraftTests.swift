import Testing

@testable import Tandem

/// What is checked of a field before the database is asked.
@Suite struct CustomFieldDraftTests {
    private func errors(_ body: JSONObject, _ object: ObjectDescription = .account) -> [String] {
        do throws(TandemError) {
            _ = try CustomFieldDraft(creating: body, of: object, catalog: .standard)
            return []
        } catch {
            guard case .invalid(let fields) = error else { return ["\(error)"] }
            return fields.map { "\($0.pointer) \($0.code)" }
        }
    }

    private func field(_ json: JSON) throws -> CustomField { try CustomField(stored: json) }

    @Test func aFieldIsCompletedFromLittle() throws {
        let draft = try CustomFieldDraft(
            creating: ["name": "cf_contract_size", "type": "user"], of: .account, catalog: .standard)
        #expect(draft.columns["label"] == "Contract size")
        #expect(draft.columns["type"] == "link")
        #expect(draft.columns["target"] == "user")
    }

    @Test func defaultsAreReadAsValues() throws {
        let draft = try CustomFieldDraft(
            creating: ["name": "cf_mail", "type": "email", "default": "Info@ACME.example"], of: .account,
            catalog: .standard)
        #expect(draft.columns["default"] == "info@acme.example")
        #expect(
            errors(["name": "cf_n", "type": "integer", "maximum": 5, "default": 6]) == ["/default out_of_range"])
    }

    @Test func moneyTakesTheCurrencyOfItsObject() {
        #expect(errors(["name": "cf_m", "type": "money"]).isEmpty)
        #expect(errors(["name": "cf_m", "type": "money"], .contact) == ["/currency unknown_field"])
        #expect(errors(["name": "cf_m", "type": "money", "currency": "name"]) == ["/currency unknown_field"])
    }

    @Test func everythingWrongIsToldAtOnce() {
        #expect(
            errors(["name": "x", "type": "y", "options": [], "colour": 1]) == [
                "/name invalid_name", "/type unknown_option", "/options invalid_options", "/colour unknown_field",
            ])
    }

    @Test func onlySomeOfAFieldChanges() throws {
        let known = try field([
            "object": "account", "name": "cf_t", "type": "select", "label": "T", "options": ["a", "b"], "default": "a",
            "version": 3, "position": 1,
        ])
        let same = try CustomFieldDraft(
            changing: known, ["label": "T", "name": "cf_t", "version": 3], of: .account, catalog: .standard)
        #expect(same.columns.isEmpty)
        let other = try CustomFieldDraft(changing: known, ["default": .null], of: .account, catalog: .standard)
        #expect(other.columns.names == ["default"])
        #expect(throws: TandemError.self) {
            try CustomFieldDraft(changing: known, ["type": "text"], of: .account, catalog: .standard)
        }
        // The default would be no option any more.
        #expect(throws: TandemError.self) {
            try CustomFieldDraft(changing: known, ["options": ["b"]], of: .account, catalog: .standard)
        }
    }

    @Test func aCatalogHasTheFieldsThatAreShown() throws {
        let fields = try [
            field(["object": "account", "name": "cf_a", "type": "text", "unique": true]),
            field(["object": "account", "name": "cf_b", "type": "text", "hidden": true]),
            field(["object": "lead", "name": "cf_c", "type": "link", "target": "account"]),
        ]
        let catalog = ObjectCatalog.standard.with(fields)
        let account = catalog[.account]
        #expect(account.field("cf_a") != nil && account.field("cf_b") == nil)
        #expect(account.keys.contains("cf_a"))
        #expect(account.fields.last?.name == "version")
        #expect(catalog[.lead].field("cf_c")?.type == .link(.account))
        #expect(ObjectDescription.account.field("cf_a") == nil)
    }

    @Test func valuesKeepTheRules() throws {
        let ratio = try field([
            "object": "account", "name": "cf_r", "type": "decimal", "minimum": -1.5, "maximum": 10, "default": 2,
        ])
        #expect(ratio.checked(-1.6) == .wrong(code: "out_of_range", detail: "must be at least -1.5"))
        #expect(ratio.checked(10.01) == .wrong(code: "out_of_range", detail: "must be at most 10"))
        #expect(ratio.checked(9.99) == .value(9.99))
        #expect(ratio.checked(.null) == .value(2))
        let code = try field(["object": "account", "name": "cf_c", "type": "text", "pattern": "^[A-Z]+$"])
        #expect(code.checked("ABC") == .value("ABC"))
        #expect(code.checked("abc") == .wrong(code: "pattern", detail: "must match ^[A-Z]+$"))
    }

    @Test(arguments: [("-2", "-1.5"), ("-0.5", "0"), ("0.45", "0.5"), ("9.9", "10"), ("-10", "-9.9")])
    func numbersHaveAnOrder(_ pair: (String, String)) throws {
        let (small, great) = (try #require(DecimalNumber(pair.0)), try #require(DecimalNumber(pair.1)))
        #expect(small < great && !(great < small) && !(small < small))
    }
}
