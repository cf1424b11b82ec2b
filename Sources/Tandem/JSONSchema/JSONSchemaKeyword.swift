/// What is done with a keyword.
enum JSONSchemaKeyword {
    /// Words for people: checks nothing.
    case annotation
    /// Holds schemas for references.
    case definitions
    case dialect
    case identifier
    case scalar
    case array
    case object
    case combination
    /// Read together with another keyword.
    case part

    private static let known: [String: JSONSchemaKeyword] = {
        let words: [(JSONSchemaKeyword, String)] = [
            (.annotation, "$comment title description default examples readOnly writeOnly deprecated"),
            (.definitions, "definitions $defs"),
            (.dialect, "$schema"),
            (.identifier, "$id"),
            (
                .scalar,
                """
                type enum const minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern format
                """
            ),
            (.array, "items prefixItems contains minItems maxItems uniqueItems"),
            (
                .object,
                "required minProperties maxProperties propertyNames dependencies dependentRequired dependentSchemas"
            ),
            (.combination, "allOf anyOf oneOf not if"),
            (.part, "properties patternProperties additionalProperties additionalItems then else"),
        ]
        return Dictionary(
            words.flatMap { kind, names in names.split(separator: " ").map { (String($0), kind) } },
            uniquingKeysWith: { $1 })
    }()

    static let dialects = [
        "http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-07/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ]

    init?(name: String) {
        guard let kind = Self.known[name] else { return nil }
        self = kind
    }
}
