/// A compiled JSON Schema: draft 7, with the words of 2020-12 that mean the same. docs/plans.md names the keywords; all others
/// are refused when it is compiled, so that no part of a schema goes unchecked.
///
/// Immutable, for any thread.
public struct JSONSchema: Sendable {
    /// What of a value does not fit.
    public struct Violation: Sendable, Hashable {
        /// Where in the value; of a missing property, where it should be.
        public var pointer: String
        public var keyword: String
        /// A sentence for people.
        public var message: String
    }

    /// More violations of one value are not told.
    public static let violationsLimit = 20

    /// The rules of each subschema.
    let subschemas: [[Rule]]
    /// Which of them is the whole.
    let root: Int

    init(subschemas: [[Rule]], root: Int = 0) {
        self.subschemas = subschemas
        self.root = root
    }

    /// Regular expressions in it.
    var patternCount: Int {
        subschemas.joined().reduce(0) { count, rule in
            switch rule {
            case .pattern: count + 1
            case .properties(let properties): count + properties.patterns.count
            default: count
            }
        }
    }

    /// - Parameter pointer: where the schema stands, in front of the errors' pointers.
    /// - Throws: `invalid`, one entry for each keyword that is wrong or outside the subset.
    public init(_ schema: JSON, at pointer: String = "") throws(TandemError) {
        self = try JSONSchemaCompiler.compile(schema, at: pointer)
    }

    /// In the order of the value's text, at most ``violationsLimit``.
    /// - Parameter pointer: where the value stands.
    func violations(of node: JSONNode, at pointer: String = "") -> [Violation] {
        var validation = JSONSchemaValidation(self, root: pointer)
        return validation.run(node)
    }

    /// One check of a value. Subschemas are named by their place.
    enum Rule: Sendable {
        /// The schema `false`.
        case nothing
        case reference(Int)
        case type(TypeSet)
        /// `enum` and `const`.
        case oneOfValues(Set<SchemaValue>, keyword: StaticString, shown: String)

        case minimum(ExactNumber, shown: String)
        case maximum(ExactNumber, shown: String)
        case exclusiveMinimum(ExactNumber, shown: String)
        case exclusiveMaximum(ExactNumber, shown: String)
        case multipleOf(ExactNumber, shown: String)

        case minLength(Int)
        case maxLength(Int)
        case pattern(RegularExpression)
        case format(StringFormat)

        /// Subschemas of the first elements, and of those behind.
        case items([Int], rest: Int?)
        case contains(Int)
        case minItems(Int)
        case maxItems(Int)
        case uniqueItems

        case properties(Properties)
        case propertyNames(Int)
        /// By name, its place.
        case required([String: Int], names: [String])
        case minProperties(Int)
        case maxProperties(Int)
        /// If the object has the property, it has these too.
        case dependentRequired(String, [String])
        case dependentSchema(String, Int)

        case allOf([Int])
        case anyOf([Int])
        case oneOf([Int])
        case not(Int)
        case conditional(if: Int, then: Int?, else: Int?)
    }

    /// Which subschemas the members of an object have.
    struct Properties: Sendable {
        var named: [String: Int] = [:]
        var patterns: [(expression: RegularExpression, subschema: Int)] = []
        /// Of those that none of the above is for.
        var others: Int?
    }

    /// What `type` allows.
    struct TypeSet: OptionSet, Sendable {
        let rawValue: UInt8

        static let null = TypeSet(rawValue: 1)
        static let boolean = TypeSet(rawValue: 2)
        static let integer = TypeSet(rawValue: 4)
        static let number = TypeSet(rawValue: 8)
        static let string = TypeSet(rawValue: 16)
        static let array = TypeSet(rawValue: 32)
        static let object = TypeSet(rawValue: 64)

        static let names: [(name: String, type: TypeSet)] = [
            ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .number), ("string", .string),
            ("array", .array), ("object", .object),
        ]

        var shown: String {
            Self.names.filter { contains($0.type) }.map(\.name).joined(separator: " or ")
        }
    }
}
