import Testing

@testable import Tandem

@Suite struct LearnedPlanTests {
    private func schema(_ properties: [JSON], count: Int = 20) throws -> JSON {
        let learned = LearnedPlan(observed: [
            "read": .number(count),
            "events": [
                ["type": "track", "name": "A", "count": .number(count), "properties": .array(properties)]
            ],
        ])
        _ = try TrackingPlan(events: try #require(learned.json["events"]))
        return try #require(learned.json["events"]?[0]?["schema"])
    }

    private func property(_ types: JSONObject, texts: [(String, Int)] = [], distinct: Int? = nil) -> JSON {
        let present = types.reduce(0) { $0 + ($1.1.int ?? 0) }
        return [
            "name": "p", "present": .number(present), "types": .object(types),
            "distinct_texts": .number(distinct ?? texts.count),
            "texts": .array(texts.map { ["value": .string($0), "count": .number($1)] }),
        ]
    }

    @Test func typesAreThoseThatWereSeen() throws {
        #expect(try schema([property(["integer": 20])])["properties"]?["p"] == ["type": "integer"])
        #expect(try schema([property(["integer": 5, "number": 5])])["properties"]?["p"] == ["type": "number"])
        #expect(
            try schema([property(["string": 5, "null": 5], texts: [("a", 5)])])["properties"]?["p"] == [
                "type": ["null", "string"]
            ])
    }

    @Test func whatIsAlwaysThereIsRequiredIfThereWereEnough() throws {
        #expect(try schema([property(["integer": 20])])["required"] == ["p"])
        #expect(try schema([property(["integer": 19])])["required"] == nil)
        #expect(try schema([property(["integer": 9])], count: 9)["required"] == nil)
    }

    @Test func fewTextsAreAnEnumeration() throws {
        #expect(
            try schema([property(["string": 20], texts: [("b", 15), ("a", 5)])])["properties"]?["p"] == [
                "type": "string", "enum": ["a", "b"],
            ])
        // One that is rare, or one that was not shown.
        #expect(
            try schema([property(["string": 20], texts: [("b", 16), ("a", 4)])])["properties"]?["p"] == [
                "type": "string"
            ])
        #expect(
            try schema([property(["string": 20], texts: [("b", 10), ("a", 9)], distinct: 3)])["properties"]?["p"] == [
                "type": "string"
            ])
    }

    @Test func aFormatIsProposedIfAllTextsHaveIt() throws {
        let dates = [("2026-01-01", 10), ("2026-01-02", 5), ("2026-01-03", 5)]
        #expect(
            try schema([property(["string": 20], texts: dates)])["properties"]?["p"] == [
                "type": "string", "format": "date",
            ])
    }
}
