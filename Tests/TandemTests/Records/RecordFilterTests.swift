import Crypto
import Postgres
import Testing

@testable import Tandem

@Suite struct RecordFilterTests {
    let reader = RecordFilterReader(description: .opportunity, catalog: .standard)

    func sql(_ json: JSON) throws -> Statement { try reader.read(json).sql.statement }

    @Test func valuesAreBoundAndNamesAreQuoted() throws {
        let statement = try sql([
            "all": [
                ["field": "amount", "op": "gte", "value": "10.5"],
                ["not": ["field": "name", "op": "contains", "value": "50%_"]],
                ["field": "status", "op": "in", "value": ["open", "won"]],
            ]
        ])
        #expect(
            statement.sql == """
                ((t."amount" >= $1) and not coalesce((t."name" ilike $2), false) and (t."status" in ($3, $4)))
                """)
        #expect(statement.binds == [.untyped("10.5"), .text("%50\\%\\_%"), .untyped("open"), .untyped("won")])
    }

    @Test func aPathFollowsALink() throws {
        let statement = try sql(["field": "stage.status", "value": "open"])
        #expect(
            statement.sql
                == #"exists (select from "stages" l where l."id" = t."stage_id" and l."status" = $1)"#)
        #expect(throws: TandemError.self) { try sql(["field": "stage.pipeline.name", "value": "x"]) }
    }

    @Test func `A cursor's fingerprint tells conditions apart, not their spellings`() throws {
        let queries = RecordQueryReader(.opportunity, catalog: .standard)
        func fingerprint(_ query: JSON) throws -> [UInt8] { try queries.read(query).fingerprint }
        let open: JSON = ["where": ["field": "stage.status", "value": "open"]]
        let others: [JSON] = [
            ["where": ["field": "stage.status", "value": "won"]], ["where": ["field": "status", "value": "open"]],
            ["where": ["not": ["field": "stage.status", "value": "open"]]], [:],
            ["where": ["field": "stage.status", "value": "open"], "sort": "name"],
        ]
        #expect(Set(try ([open] + others).map(fingerprint)).count == 6)
        let same: JSON = [
            "where": ["field": "stage.status", "op": "eq", "value": "open"], "limit": 7, "fields": "name",
        ]
        #expect(try fingerprint(open) == fingerprint(same))
    }

    static let wrong: [(JSON, String, String)] = [
        (["field": "nope"], "/where/field", "unknown_field"),
        (["field": "name", "op": "like", "value": "x"], "/where/op", "unknown_operator"),
        (["all": []], "/where/all", "empty_group"),
        (["all": [["field": "status", "value": "maybe"]]], "/where/all/0/value", "unknown_option"),
        (["all": [["field": "name", "value": "x"]], "any": []], "/where", "two_operators"),
        (["field": "probability_manual", "op": "gt", "value": true], "/where/op", "unsuitable_operator"),
        (["field": "close_date", "op": "in_last", "value": [0, "day"]], "/where/value", "not_a_window"),
        (["field": "account_id", "value": "cont_01ARZ3NDEKTSV4RRFFQ69G5FAV"], "/where/value", "not_an_id"),
        (["field": "name", "operator": "eq"], "/where/operator", "unknown_operator"),
        ("x", "/where", "not_an_object"),
    ]

    @Test(arguments: wrong)
    func whatIsWrongIsNamed(json: JSON, pointer: String, code: String) {
        do throws(TandemError) {
            _ = try reader.read(json)
            Issue.record("it was read")
        } catch {
            guard case .invalid(let fields) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(fields.first?.pointer == pointer)
            #expect(fields.first?.code == code)
        }
    }

    @Test func depthAndSizeAreBounded() {
        var deep: JSON = ["field": "name", "value": "x"]
        for _ in 0..<9 { deep = ["not": deep] }
        #expect(throws: TandemError.self) { try sql(deep) }
        let many: JSON = ["any": .array(Array(repeating: ["field": "name", "value": "x"], count: 101))]
        #expect(throws: TandemError.self) { try sql(many) }
    }

    @Test func theShortFormIsTheSameTree() throws {
        let text = #"status eq open and (amount gte 100 or name starts_with "A\"b") and not close_date is_not_set"#
        let tree: JSON = [
            "all": [
                ["field": "status", "value": "open"],
                [
                    "any": [
                        ["field": "amount", "op": "gte", "value": 100],
                        ["field": "name", "op": "starts_with", "value": "A\"b"],
                    ]
                ],
                ["not": ["field": "close_date", "op": "is_not_set"]],
            ]
        ]
        #expect(try RecordFilterText.read(text, reader) == reader.read(tree))
        #expect(
            try RecordFilterText.read("status in (open, 'won')", reader)
                == reader.read(["field": "status", "op": "in", "value": ["open", "won"]]))
    }

    @Test(arguments: [
        "", "status", "status eq", "status eq open or", "(status eq open", "status eq open)", "nope eq 1",
        "status eq \"open",
        "status in open", "status eq maybe", "status = 'x'; drop table accounts", "((((((((status eq open))))))))",
    ])
    func aBadShortFormIsABadRequest(text: String) {
        do throws(TandemError) {
            _ = try RecordFilterText.read(text, reader)
            Issue.record("it was read")
        } catch {
            guard case .badRequest = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func parametersThatAreNoFieldsAreRefused() throws {
        let reader = RecordQueryReader(.account, catalog: .standard)
        let query = try reader.read(parameters: [
            ("industry", "Steel"), ("limit", "5000"), ("sort", "-name,created_at"),
        ])
        #expect(query.limit == 1000)
        #expect(query.sort.map(\.field.name) == ["name", "created_at"])
        #expect(query.sort.map(\.isDescending) == [true, false])
        #expect(query.filter?.sql.statement.sql == #"(t."industry" = $1)"#)
        for bad in [
            ("nope", "x"), ("limit", "0"), ("limit", "-1"), ("sort", "nope"), ("count", "maybe"), ("sort", "tags"),
        ] {
            #expect(throws: TandemError.self) { try reader.read(parameters: [bad]) }
        }
    }

    @Test func aCursorOpensOnlyForItsList() throws {
        let key = SymmetricKey(size: .bits256)
        let cursor = PageCursor(keys: ["ä", nil, "x"], fingerprint: [1, 2, 3])
        let text = cursor.sealed(with: key, scope: "t_a/accounts")
        #expect(try PageCursor(opening: text, with: key, scope: "t_a/accounts", fingerprint: [1, 2, 3]) == cursor)
        func code(_ text: String, _ key: SymmetricKey, _ scope: String, _ fingerprint: [UInt8]) -> String {
            do throws(TandemError) {
                _ = try PageCursor(opening: text, with: key, scope: scope, fingerprint: fingerprint)
                return "opened"
            } catch {
                return error.code
            }
        }
        #expect(code(text, key, "t_b/accounts", [1, 2, 3]) == "invalid_cursor")
        #expect(code(text, SymmetricKey(size: .bits256), "t_a/accounts", [1, 2, 3]) == "invalid_cursor")
        #expect(code(text, key, "t_a/accounts", [9]) == "cursor_mismatch")
        #expect(code(String(text.dropLast(2)) + "AA", key, "t_a/accounts", [1, 2, 3]) == "invalid_cursor")
        for garbage in ["", "c_", "c_!!!", "x", "c_AAAA"] {
            #expect(code(garbage, key, "t_a/accounts", []) == "invalid_cursor")
        }
    }
}
