import Testing

@testable import Tandem

@Suite struct MappingTests {
    @Test func allPartsAreRead() throws {
        let mapping = try Mapping(
            yaml: """
                format: {kind: csv, delimiter: ";", header: true, encoding: UTF-8}
                match: external_id
                defaults: {currency: USD, lifecycle: customer}
                fields:
                  external_id: id
                  name: {column: account, values: {x: Y, "": none}, empty: reject}
                  parent_id: {column: parent, ref: accounts.name, on_missing: create}
                  annual_revenue: {column: revenue, multiply: 1000000, format: "1,234.5"}
                """, object: "accounts")
        #expect(mapping.format.delimiter == UInt8(ascii: ";"))
        #expect(mapping.match == ["external_id"])
        #expect(mapping.defaults.map(\.name) == ["currency", "lifecycle"])
        #expect(mapping.fields.map(\.name) == ["external_id", "name", "parent_id", "annual_revenue"])
        #expect(mapping.fields[0].value.name == "id")
        #expect(mapping.fields[1].value.values == ["x": "Y", "": "none"])
        #expect(mapping.fields[1].value.empty == .reject)
        #expect(mapping.fields[2].value.reference == .init(object: "accounts", field: "name"))
        #expect(mapping.fields[2].value.onMissing == .create)
        #expect(mapping.fields[3].value.multiply == "1000000")
        #expect(mapping.fields[3].line == 8)
    }

    @Test func eventsHaveTheirOwnParts() throws {
        let mapping = try Mapping(
            yaml: """
                format: whitespace
                event: {value: Order Completed}
                message_id: order
                timestamp: {column: date, format: YYYYMMDD, timezone: Europe/Berlin}
                identifiers: {user_id: customer}
                properties: {revenue: {column: dollars, type: number}}
                """, object: "events")
        #expect(mapping.format.kind == .whitespace)
        #expect(mapping.event?.value == "Order Completed")
        #expect(mapping.messageID?.name == "order")
        #expect(mapping.timestamp?.timezone == "Europe/Berlin")
        #expect(mapping.properties.first?.value.type == .number)
    }

    @Test(arguments: [
        ("fields: {name: a}\nmtach: name", 2, "unknown key `mtach`; did you mean `match`?"),
        ("format: {kind: csv, delimeter: ;}\nfields: {name: a}", 1, "did you mean `delimiter`?"),
        ("fields:\n  name: {colum: a}", 2, "unknown key `colum`; did you mean `column`?"),
        ("fields:\n  name: {column: a, empty: drop}", 2, "keep, clear, reject"),
        ("fields:\n  name: {column: a, ref: accounts}", 2, "OBJECT.FIELD"),
        ("fields:\n  name: {column: a, on_missing: reject}", 2, "`on_missing` goes with `ref`"),
        ("fields:\n  name: {format: x}", 2, "either `column` or `value`"),
        ("fields:\n  name: a\n  name: b", 0, "unique"),
        ("format: xml\nfields: {name: a}", 1, "csv, jsonl, whitespace"),
        ("format: {encoding: utf-7}\nfields: {name: a}", 1, "convert the file to UTF-8"),
        ("match: name", 1, "`fields` names no field"),
        ("match: []\nfields: {name: a}", 1, "a list without a field"),
        ("match: [name, [domain]]\nfields: {name: a}", 1, "a field or a list of fields"),
        ("event: x\nfields: {name: a}", 1, "unknown key `event`"),
        ("fields: [a]", 1, "pairs"),
        ("fields: {name: {column: a, timezone: Mars/Base}}", 1, "there is no time zone"),
    ])
    func mistakesAreToldWithTheirLine(yaml: String, line: Int, words: String) {
        let error = #expect(throws: MappingError.self) { _ = try Mapping(yaml: yaml, object: "accounts") }
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        if line > 0 { #expect(error?.line == line) }
    }

    @Test(arguments: [
        ("fields: {nmae: a}", "accounts have no field `nmae`; did you mean `name`?"),
        ("fields: {name: a, version: b}", "`version` is derived"),
        ("fields: {name: a, parent_id: {column: b, ref: acounts.name}}", "did you mean accounts?"),
        ("fields: {name: a, parent_id: {column: b, ref: users.name}}", "refers to account, not to user"),
        ("fields: {name: a, parent_id: {column: b, ref: accounts.nom}}", "have no field nom"),
        ("fields: {name: {column: a, ref: accounts.name}}", "is no link"),
        ("fields: {name: {column: a, format: MM/DD}}", "`format` has a meaning for dates and numbers"),
        ("fields: {employee_count: {column: a, format: MM/DD}}", "write how 1234.5 looks"),
        ("fields: {name: a}\nmatch: domain", "no column is mapped to domain"),
        ("fields: {name: a}\nmatch: [name, domain]", "no column is mapped to domain"),
        ("fields: {name: a}\nmatch: [name, name]", "names name twice"),
        ("fields: {name: a, id: b}\nmatch: [id, name]", "stands alone"),
        ("fields: {name: a, parent: b, parent_id: c}", "mapped twice"),
        ("fields: {name: a}\ndefaults: {colour: red}", "have no field `colour`"),
    ])
    func whatDoesNotFitTheObjectIsRefused(yaml: String, words: String) throws {
        let mapping = try Mapping(yaml: yaml, object: "accounts")
        let error = #expect(throws: MappingError.self) {
            _ = try RowPlan(mapping, object: .account, catalog: .standard)
        }
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }
}
