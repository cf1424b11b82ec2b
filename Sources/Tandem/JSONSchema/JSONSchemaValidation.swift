/// One value on its way through a compiled schema.
struct JSONSchemaValidation {
    /// Where in the value the check is.
    private enum Step {
        case member(JSONNode)
        case element(Int)
    }

    private let schema: JSONSchema
    private let root: String
    private var path: [Step] = []
    private var violations: [JSONSchema.Violation] = []
    /// False inside `anyOf` and its kin, where only the answer counts.
    private var tells = true
    private var work = 0
    private var depth = 0

    /// What the value may cost, in nodes looked at. A schema may ask for a product of steps that no event's size bounds
    /// (references inside alternatives inside …); what a request costs has to be bounded by its size.
    private var workLimit = 0
    private static let stepsOfAny = 5_000
    private static let stepsOfNode = 50
    /// Subschemas inside each other, so that the stack is bounded.
    static let depthLimit = 400

    init(_ schema: JSONSchema, root: String) {
        self.schema = schema
        self.root = root
    }

    mutating func run(_ node: JSONNode) -> [JSONSchema.Violation] {
        workLimit = Self.stepsOfAny + Self.stepsOfNode * node.size
        _ = check(node, schema.root)
        if isOver {
            violations.append(
                .init(pointer: root, keyword: "limit", message: "The schema is too costly for this value."))
        }
        return violations
    }

    private var isOver: Bool { work > workLimit }

    // MARK: Telling

    private var pointer: String {
        path.reduce(into: root) { text, step in
            switch step {
            case .member(let key): text += "/" + JSONPointer.escaped(key.string ?? "")
            case .element(let index): text += "/\(index)"
            }
        }
    }

    /// Notes that the value does not fit; false, so that a check can return it.
    mutating func refuse(_ keyword: StaticString, _ message: @autoclosure () -> String, missing: String? = nil) -> Bool
    {
        guard tells, violations.count < JSONSchema.violationsLimit else { return false }
        let pointer = pointer + (missing.map { "/" + JSONPointer.escaped($0) } ?? "")
        violations.append(.init(pointer: pointer, keyword: keyword.description, message: message()))
        return false
    }

    // MARK: Going down

    /// Whether the value fits the subschema, without telling why not.
    private mutating func fits(_ node: JSONNode, _ subschema: Int) -> Bool {
        let before = tells
        tells = false
        defer { tells = before }
        return check(node, subschema)
    }

    mutating func check(_ node: JSONNode, _ subschema: Int) -> Bool {
        work += 1
        guard !isOver, depth < Self.depthLimit else {
            work = .max / 2
            return false
        }
        depth += 1
        defer { depth -= 1 }
        var isFine = true
        for rule in schema.subschemas[subschema] where !check(node, rule) {
            isFine = false
            if !tells { return false }
        }
        return isFine
    }

    private mutating func check(member key: JSONNode, _ value: JSONNode, _ subschema: Int) -> Bool {
        path.append(.member(key))
        defer { path.removeLast() }
        return check(value, subschema)
    }

    private mutating func check(_ node: JSONNode, _ rule: JSONSchema.Rule) -> Bool {
        switch rule {
        case .nothing: return refuse("false", "Nothing is allowed here.")
        case .reference(let target): return check(node, target)
        case .type(let types): return check(node, types)
        case .oneOfValues(let values, let keyword, let shown):
            work += node.size
            return values.contains(SchemaValue(node)) || refuse(keyword, "It has to be \(shown).")
        case .allOf(let parts):
            var isFine = true
            for part in parts where !check(node, part) { isFine = false }
            return isFine
        case .anyOf(let parts):
            for part in parts where fits(node, part) { return true }
            return refuse("anyOf", "It fits none of the alternatives.")
        case .oneOf(let parts):
            var count = 0
            for part in parts where fits(node, part) { count += 1 }
            return count == 1
                || refuse("oneOf", "It fits \(count == 0 ? "none" : "more than one") of the alternatives.")
        case .not(let part): return !fits(node, part) || refuse("not", "It fits what it must not fit.")
        case .conditional(let condition, let then, let otherwise):
            return (fits(node, condition) ? then : otherwise).map { check(node, $0) } ?? true
        default: break
        }
        return switch node.kind {
        case .number: check(number: node, rule)
        case .string: check(string: node, rule)
        case .array: check(array: node, rule)
        case .object: check(object: node, rule)
        case .null, .bool: true
        }
    }

    private mutating func check(_ node: JSONNode, _ types: JSONSchema.TypeSet) -> Bool {
        let (name, fits) =
            switch node.kind {
            case .null: ("null", types.contains(.null))
            case .bool: ("a boolean", types.contains(.boolean))
            case .string: ("a string", types.contains(.string))
            case .array: ("an array", types.contains(.array))
            case .object: ("an object", types.contains(.object))
            case .number:
                (
                    "a number",
                    types.contains(.number)
                        || types.contains(.integer) && (node.isInteger || ExactNumber(node.slice).isInteger)
                )
            }
        return fits || refuse("type", "It has to be of type \(types.shown) and is \(name).")
    }

    // MARK: Arrays

    private mutating func check(array node: JSONNode, _ rule: JSONSchema.Rule) -> Bool {
        switch rule {
        case .items(let first, let rest): return check(elements: node, first, rest)
        case .contains(let part):
            for element in node.elements where fits(element, part) { return true }
            return refuse("contains", "None of its elements fits.")
        case .minItems(let least):
            return node.elementCount >= least || refuse("minItems", "It has to have at least \(least) elements.")
        case .maxItems(let most):
            return node.elementCount <= most || refuse("maxItems", "It has to have at most \(most) elements.")
        case .uniqueItems:
            work += node.size
            var seen: Set<SchemaValue> = []
            for element in node.elements where !seen.insert(SchemaValue(element)).inserted {
                return refuse("uniqueItems", "It has an element twice.")
            }
            return true
        default: return true
        }
    }

    private mutating func check(elements node: JSONNode, _ first: [Int], _ rest: Int?) -> Bool {
        var isFine = true
        var index = 0
        for element in node.elements {
            guard let subschema = index < first.count ? first[index] : rest else { break }
            path.append(.element(index))
            if !check(element, subschema) { isFine = false }
            path.removeLast()
            if !isFine, !tells { return false }
            index += 1
        }
        return isFine
    }

    // MARK: Objects

    private mutating func check(object node: JSONNode, _ rule: JSONSchema.Rule) -> Bool {
        switch rule {
        case .properties(let properties): return check(members: node, properties)
        case .propertyNames(let part):
            for (key, _) in node.members where !fits(key, part) {
                return refuse("propertyNames", "The name \(key.string ?? "") does not fit.")
            }
            return true
        case .required(let places, let names):
            work += node.size
            return checkPresence(in: node, places, names)
        case .minProperties(let least):
            return node.memberCount >= least || refuse("minProperties", "It has to have at least \(least) properties.")
        case .maxProperties(let most):
            return node.memberCount <= most || refuse("maxProperties", "It has to have at most \(most) properties.")
        case .dependentRequired(let name, let others):
            work += node.size
            let names = Set(node.members.lazy.compactMap { $0.key.string })
            guard names.contains(name), let missing = others.first(where: { !names.contains($0) }) else { return true }
            return refuse("dependencies", "With \(name) it has to have \(missing).", missing: missing)
        case .dependentSchema(let name, let part):
            guard node.members.contains(where: { $0.key.string == name }) else { return true }
            return check(node, part)
        default: return true
        }
    }

    private mutating func check(members node: JSONNode, _ properties: JSONSchema.Properties) -> Bool {
        var isFine = true
        for (key, value) in node.members {
            work += 1 + properties.patterns.count
            let name = key.string ?? ""
            var isPlanned = false
            if let subschema = properties.named[name] {
                isPlanned = true
                if !check(member: key, value, subschema) { isFine = false }
            }
            for (expression, subschema) in properties.patterns where expression.matches(name) {
                isPlanned = true
                if !check(member: key, value, subschema) { isFine = false }
            }
            if !isPlanned, let others = properties.others {
                if case .nothing? = schema.subschemas[others].first {
                    path.append(.member(key))
                    isFine = refuse("additionalProperties", "A property of this name is not expected.")
                    path.removeLast()
                } else if !check(member: key, value, others) {
                    isFine = false
                }
            }
            if !isFine, !tells { return false }
        }
        return isFine
    }

    private mutating func checkPresence(in node: JSONNode, _ places: [String: Int], _ names: [String]) -> Bool {
        var present = [Bool](repeating: false, count: names.count)
        for (key, _) in node.members {
            if let name = key.string, let place = places[name] { present[place] = true }
        }
        var isFine = true
        for (name, isThere) in zip(names, present) where !isThere {
            isFine = refuse("required", "It is required.", missing: name)
        }
        return isFine
    }

    // MARK: Scalars

    private mutating func check(number node: JSONNode, _ rule: JSONSchema.Rule) -> Bool {
        switch rule {
        case .minimum(let limit, let shown):
            return !(ExactNumber(node.slice) < limit) || refuse("minimum", "It has to be at least \(shown).")
        case .maximum(let limit, let shown):
            return !(limit < ExactNumber(node.slice)) || refuse("maximum", "It has to be at most \(shown).")
        case .exclusiveMinimum(let limit, let shown):
            return limit < ExactNumber(node.slice) || refuse("exclusiveMinimum", "It has to be over \(shown).")
        case .exclusiveMaximum(let limit, let shown):
            return ExactNumber(node.slice) < limit || refuse("exclusiveMaximum", "It has to be under \(shown).")
        case .multipleOf(let divisor, let shown):
            return ExactNumber(node.slice).isMultiple(of: divisor)
                || refuse("multipleOf", "It has to be a multiple of \(shown).")
        default: return true
        }
    }

    private mutating func check(string node: JSONNode, _ rule: JSONSchema.Rule) -> Bool {
        switch rule {
        case .minLength(let least):
            return node.characterCount >= least || refuse("minLength", "It has to have at least \(least) characters.")
        case .maxLength(let most):
            return node.characterCount <= most || refuse("maxLength", "It has to have at most \(most) characters.")
        case .pattern(let expression):
            return matches(node) { expression.matches($0) }
                || refuse("pattern", "It has to match \(expression.source).")
        case .format(let format):
            return matches(node) { format.accepts($0) } || refuse("format", "It has to be a valid \(format.rawValue).")
        default: return true
        }
    }

    private mutating func matches(_ node: JSONNode, _ body: (UnsafeBufferPointer<UInt8>) -> Bool) -> Bool {
        work += node.slice.count / 16
        if !node.hasEscapes { return body(node.slice) }
        var text = node.string ?? ""
        return text.withUTF8(body)
    }
}

extension JSONNode {
    fileprivate var elementCount: Int { elements.reduce(0) { count, _ in count + 1 } }
    fileprivate var memberCount: Int { members.reduce(0) { count, _ in count + 1 } }

    /// Of a string: its Unicode scalars.
    fileprivate var characterCount: Int {
        if hasEscapes { return string?.unicodeScalars.count ?? 0 }
        return slice.count { $0 & 0xC0 != 0x80 }
    }
}
