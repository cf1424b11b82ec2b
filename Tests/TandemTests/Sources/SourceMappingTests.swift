import Testing

@testable import Tandem

@Suite struct SourceMappingTests {
    private func mapping(_ rules: JSON) throws -> SourceMapping { try SourceMapping(rules: rules) }

    private func mapped(_ rules: JSON, _ message: JSON, type: MessageType = .track) throws -> JSON {
        switch try mapping(rules).apply(to: message, type: type) {
        case .unchanged: message
        case .changed(let changed): changed
        case .quarantined(let reason): .string(reason.code)
        }
    }

    @Test func eachRuleSeesWhatTheOnesBeforeItLeft() throws {
        let rules: JSON = [
            ["rename_event": "order completed", "to": "Order Completed"],
            ["rename": "properties.qty", "to": "properties.quantity", "event": "Order Completed"],
            ["cast": "properties.quantity", "as": "number"],
            ["drop": "properties.secret"],
        ]
        let message: JSON = ["event": "order completed", "properties": ["qty": " 3 ", "secret": 1, "other": true]]
        #expect(
            try mapped(rules, message) == [
                "event": "Order Completed", "properties": ["other": true, "quantity": 3],
            ])
        #expect(
            try mapped(rules, ["event": "X", "properties": ["qty": "3"]]) == ["event": "X", "properties": ["qty": "3"]])
    }

    @Test func pathsGoThroughArraysAndTraitsStandInBothPlaces() throws {
        let message: JSON = [
            "event": "A", "properties": ["products": [["p": "1.5", "n": "a"], ["p": 2], 7]],
            "context": ["traits": ["mail": "a@b.example"]],
        ]
        let rules: JSON = [
            ["cast": "properties.products[].p", "as": "number"],
            ["rename": "properties.products[].p", "to": "properties.products[].price"],
            ["rename": "traits.mail", "to": "traits.email"],
        ]
        let result = try mapped(rules, message)
        #expect(result["properties"]?["products"] == [["n": "a", "price": 1.50], ["price": 2], 7])
        #expect(result["context"]?["traits"] == ["email": "a@b.example"])
        let escaped = try mapped(
            [["drop": "properties.a\\.b"]], ["event": "A", "properties": ["a.b": 1, "a": ["b": 2]]])
        #expect(escaped["properties"] == ["a": ["b": 2]])
    }

    @Test func aRenameNeverOverwrites() throws {
        let rules: JSON = [["rename": "properties.a", "to": "properties.b"]]
        let both: JSON = ["event": "A", "properties": ["a": 1, "b": 2]]
        #expect(try mapped(rules, both) == both)
        #expect(try mapped(rules, ["event": "A", "properties": ["a": 1, "b": .null]])["properties"] == ["b": 1])
        let deep: JSON = [["rename": "properties.a", "to": "context.campaign.name"]]
        #expect(
            try mapped(deep, ["event": "A", "properties": ["a": "x"]]) == [
                "event": "A", "properties": [:], "context": ["campaign": ["name": "x"]],
            ])
        let blocked: JSON = ["event": "A", "properties": ["a": "x"], "context": ["campaign": "text"]]
        #expect(try mapped(deep, blocked) == blocked)
    }

    @Test func whatCannotBeCastGoesWhereTheRuleSays() throws {
        let message: JSON = ["event": "A", "properties": ["price": "12,50"]]
        let cast: (String) -> JSON = { ["cast": "properties.price", "as": "number", "otherwise": .string($0)] }
        #expect(try mapped([["cast": "properties.price", "as": "number"]], message) == "mapping_failed")
        #expect(try mapped([cast("keep")], message) == message)
        #expect(try mapped([cast("drop")], message)["properties"] == [:])
        guard case .quarantined(let reason) = try mapping([cast("quarantine")]).apply(to: message, type: .track) else {
            Issue.record("not quarantined")
            return
        }
        #expect(reason.message == "properties.price is no number.")
    }

    @Test(
        arguments: [
            ("text", 12.5, "12.5"), ("text", true, "true"), ("text", .null, .null),
            ("number", "1e3", JSON.number(JSONNumber("1e3")!)),
            ("boolean", "Yes", true), ("boolean", 0, false),
            ("time", "2026-01-02 03:04:05+01:00", "2026-01-02T02:04:05.000Z"),
        ] as [(String, JSON, JSON)])
    func castsSayWhatTheyMean(type: String, value: JSON, expected: JSON) throws {
        let result = try mapped([["cast": "traits.x", "as": .string(type)]], ["traits": ["x": value]], type: .identify)
        #expect(result["traits"]?["x"] == expected)
    }

    @Test(
        arguments: [
            ("number", "a"), ("number", true), ("boolean", 2), ("boolean", "ja"), ("text", [1]),
            ("time", 1_700_000_000),
            ("time", "01/02/2026"),
        ] as [(String, JSON)])
    func nothingIsGuessed(type: String, value: JSON) throws {
        let rules: JSON = [["cast": "traits.x", "as": .string(type)]]
        #expect(try mapped(rules, ["traits": ["x": value]], type: .identify) == "mapping_failed")
    }

    @Test func aTimeHasItsFormat() throws {
        let unix: JSON = [["cast": "properties.at", "as": "time", "format": "unix"]]
        #expect(
            try mapped(unix, ["event": "A", "properties": ["at": 1_700_000_000]])["properties"]?["at"]
                == "2023-11-14T22:13:20.000Z")
        #expect(try mapping(unix).json == unix)
    }

    @Test func droppedEventsAreKnownByNameOrType() throws {
        let rules: JSON = [["drop_event": "Heartbeat"], ["drop_event": "*", "type": "page"]]
        #expect(try mapped(rules, ["event": "Heartbeat"]) == "dropped_by_mapping")
        #expect(try mapped(rules, ["name": "Home"], type: .page) == "dropped_by_mapping")
        #expect(
            try mapped(rules, ["name": "Heartbeat", "userId": "u"], type: .identify) == [
                "name": "Heartbeat", "userId": "u",
            ])
    }

    @Test(
        arguments: [
            (["drop": "userId"], "/rules/0/drop", "invalid_path"),
            (["drop": "properties"], "/rules/0/drop", "invalid_path"),
            (["drop": "properties..a"], "/rules/0/drop", "invalid_path"),
            (["rename": "properties.a[].b", "to": "properties.b"], "/rules/0/to", "invalid_path"),
            (["rename": "properties.a", "to": "properties.a"], "/rules/0/to", "invalid_path"),
            (["cast": "properties.a", "as": "money"], "/rules/0/as", "invalid"),
            (["cast": "properties.a", "as": "time", "format": "DD/MM/YY"], "/rules/0/format", "invalid_format"),
            (["cast": "properties.a", "as": "text", "format": "unix"], "/rules/0/format", "unknown_key"),
            (["drop_event": "*"], "/rules/0/type", "required"),
            (["drop_event": "A", "to": "B"], "/rules/0/to", "unknown_key"),
            (["drop": "properties.a", "type": "buy"], "/rules/0/type", "invalid_type"),
            (["drop": "properties.a", "cast": "properties.b"], "/rules/0", "invalid_rule"),
            ("drop", "/rules/0", "not_object"),
        ] as [(JSON, String, String)])
    func aWrongRuleIsNamed(rule: JSON, pointer: String, code: String) throws {
        let error = try #require(throws: TandemError.self) { try SourceMapping(rules: [rule]) }
        guard case .invalid(let faults) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(faults.map(\.pointer) == [pointer])
        #expect(faults.map(\.code) == [code])
    }
}
