import Testing

@testable import Tandem

@Suite struct JSONSchemaTests {
    private func violations(_ value: JSON, _ schema: JSON) throws -> [JSONSchema.Violation] {
        let schema = try JSONSchema(schema)
        return try JSONDocument(value.encoded()).withRoot { schema.violations(of: $0, at: "/properties") }
    }

    private func faults(_ schema: JSON) -> [TandemError.FieldError] {
        do throws(TandemError) {
            _ = try JSONSchema(schema, at: "/schema")
            return []
        } catch {
            guard case .invalid(let faults) = error else { return [] }
            return faults
        }
    }

    @Test func aViolationSaysWhereAndWhat() throws {
        let schema: JSON = [
            "type": "object", "required": ["total", "a/b"], "additionalProperties": false,
            "properties": [
                "total": ["type": "number", "minimum": 0], "a/b": [:],
                "items": ["items": ["properties": ["sku": ["type": "string"]]]],
            ],
        ]
        let found = try violations(["total": -1, "items": [["sku": "a"], ["sku": 7]], "colour": "red"], schema)
        #expect(
            Set(found) == [
                .init(pointer: "/properties/total", keyword: "minimum", message: "It has to be at least 0."),
                .init(
                    pointer: "/properties/items/1/sku", keyword: "type",
                    message: "It has to be of type string and is a number."),
                .init(
                    pointer: "/properties/colour", keyword: "additionalProperties",
                    message: "A property of this name is not expected."),
                .init(pointer: "/properties/a~1b", keyword: "required", message: "It is required."),
            ])
    }

    @Test(
        arguments: [
            (["unevaluatedProperties": false], "/schema/unevaluatedProperties"),
            (["properties": ["a": ["contentEncoding": "base64"]]], "/schema/properties/a/contentEncoding"),
            (["format": "hostname"], "/schema/format"),
            (["$schema": "http://json-schema.org/draft-04/schema#"], "/schema/$schema"),
            (["properties": ["a": ["$ref": "other.json"]]], "/schema/properties/a/$ref"),
            (["definitions": ["a": ["$id": "b"]]], "/schema/definitions/a/$id"),
            (["$ref": "#/definitions/a", "definitions": ["a": true], "minimum": 1], "/schema/minimum"),
            (["definitions": ["unused": ["format": "time"]]], "/schema/definitions/unused/format"),
            (["items": [], "additionalItems": ["format": "time"]], "/schema/additionalItems/format"),
            (["then": ["format": "time"]], "/schema/then/format"),
        ] as [(JSON, String)])
    func whatIsOutsideTheSubsetIsRefusedWithItsPlace(schema: JSON, pointer: String) {
        let found = faults(schema)
        #expect(found.map(\.pointer) == [pointer])
        #expect(found.first?.code == "unsupported_keyword")
    }

    @Test(
        arguments: [
            ([], ""), (["type": "text"], "/type"), (["type": []], "/type"), (["enum": []], "/enum"),
            (["minLength": -1], "/minLength"), (["maxLength": 1.5], "/maxLength"), (["minimum": "1"], "/minimum"),
            (["exclusiveMinimum": true], "/exclusiveMinimum"), (["multipleOf": 0], "/multipleOf"),
            (["required": ["a", "a"]], "/required"), (["required": "a"], "/required"),
            (["properties": []], "/properties"),
            (["properties": ["a": 1]], "/properties/a"), (["anyOf": []], "/anyOf"),
            (["uniqueItems": 1], "/uniqueItems"),
            (["dependencies": ["a": 1]], "/dependencies/a"), (["$ref": "#/nothing"], "/$ref"), (["$ref": "#"], ""),
            (["allOf": [["$ref": "#"]]], ""), (["patternProperties": ["a": ["type": 1]]], "/patternProperties/a/type"),
        ] as [(JSON, String)])
    func whatIsWrongIsRefusedWithItsPlace(schema: JSON, pointer: String) {
        #expect(faults(schema).map(\.pointer) == ["/schema" + pointer])
    }

    @Test(arguments: ["(", "(?=a)", "(a)\\1", "((a{500}){500}){500}", String(repeating: "a", count: 1_001)])
    func patternsWithoutABoundAreRefused(source: String) {
        #expect(faults(["pattern": .string(source)]).map(\.code) == ["unsupported_pattern"])
    }

    @Test(.timeLimit(.minutes(1))) func hostileSchemasAndPatternsTakeBoundedTime() throws {
        let letters = JSON.string(String(repeating: "a", count: 30_000) + "!")
        #expect(try !violations(letters, ["pattern": "^(a+)+$"]).isEmpty)
        // Each level of the value doubles the work.
        let doubling: JSON = ["properties": ["a": ["allOf": [["$ref": "#"], ["$ref": "#"]]]]]
        var value: JSON = 1
        for _ in 0..<30 { value = ["a": value] }
        #expect(try violations(value, doubling).map(\.keyword) == ["limit"])
    }

    @Test func numbersAreComparedWithoutRounding() throws {
        #expect(try violations(JSON(parsing: "9007199254740993"), ["maximum": 9_007_199_254_740_992]).count == 1)
        #expect(try violations(JSON(parsing: "1.0"), ["const": 1]).isEmpty)
        #expect(try violations(JSON(parsing: "1e2"), ["type": "integer"]).isEmpty)
        #expect(try violations(JSON(parsing: "19.99"), ["multipleOf": JSON(parsing: "0.01")]).isEmpty)
        #expect(try violations(JSON(parsing: "1.5e300"), ["minimum": 1, "maximum": JSON(parsing: "1e301")]).isEmpty)
    }

    @Test func wordsOfTheNewerDraftMeanTheSame() throws {
        let schema: JSON = [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": ["n": ["type": "number"]],
            "prefixItems": [["$ref": "#/$defs/n"]], "items": ["type": "string"],
            "dependentRequired": ["a": ["b"]], "dependentSchemas": ["c": ["required": ["d"]]],
        ]
        #expect(try violations([1, "a"], schema).isEmpty)
        #expect(try violations(["a", 1], schema).map(\.pointer) == ["/properties/0", "/properties/1"])
        #expect(try violations(["a": 1, "c": 1], schema).map(\.pointer) == ["/properties/b", "/properties/d"])
    }
}
