import Foundation

/// Turns the text of a JSON Schema into rules, and refuses what it cannot check.
struct JSONSchemaCompiler {
    typealias Rule = JSONSchema.Rule

    /// Subschemas of one schema.
    static let subschemasLimit = 5_000

    private let document: JSON
    private let base: String
    private var subschemas: [[Rule]] = []
    /// Places of subschemas by where they stand in the document; a reference may come first.
    private var known: [String: Int] = [:]
    private var pointers: [String] = []
    private var faults: [TandemError.FieldError] = []

    static func compile(_ document: JSON, at base: String) throws(TandemError) -> JSONSchema {
        var compiler = JSONSchemaCompiler(document: document, base: base)
        _ = compiler.subschema(document, at: "")
        if compiler.faults.isEmpty { compiler.refuseCircles() }
        if !compiler.faults.isEmpty { throw .invalid(compiler.faults) }
        return JSONSchema(subschemas: compiler.subschemas)
    }

    private init(document: JSON, base: String) {
        self.document = document
        self.base = base
    }

    mutating func fault(_ pointer: String, _ detail: String, code: String = "invalid_schema") {
        faults.append(.init(pointer: base + pointer, code: code, detail: detail))
    }

    mutating func subschema(_ schema: JSON, at pointer: String) -> Int {
        if let place = known[pointer] { return place }
        let place = subschemas.count
        known[pointer] = place
        pointers.append(pointer)
        subschemas.append([])
        guard place < Self.subschemasLimit else {
            if place == Self.subschemasLimit { fault(pointer, "A schema has at most \(place) subschemas.") }
            return place
        }
        switch schema {
        case .bool(let allows): if !allows { subschemas[place] = [.nothing] }
        case .object(let keywords): subschemas[place] = rules(keywords, at: pointer)
        default: fault(pointer, "A schema is an object, true or false.")
        }
        return place
    }

    private mutating func rules(_ keywords: JSONObject, at pointer: String) -> [Rule] {
        if let target = keywords["$ref"] { return reference(target, among: keywords, at: pointer) }
        var rules: [Rule] = []
        for (name, value) in keywords {
            let place = "\(pointer)/\(JSONPointer.escaped(name))"
            switch JSONSchemaKeyword(name: name) {
            case .annotation: break
            case .definitions: _ = members(value, at: place)
            case .dialect:
                if !JSONSchemaKeyword.dialects.contains(value.string ?? "") {
                    fault(place, "Schemas of draft 7 and 2020-12 are understood.", code: "unsupported_keyword")
                }
            case .identifier:
                if !pointer.isEmpty {
                    fault(
                        place, "Only the whole schema has an $id; refer to parts by their place.",
                        code: "unsupported_keyword")
                }
            case .scalar: rules += scalarRule(name, value, at: place)
            case .array: rules += arrayRule(name, value, keywords, at: place)
            case .object: rules += objectRule(name, value, at: place)
            case .combination: rules += combination(name, value, keywords, at: place)
            case .part: part(name, value, keywords, at: place)
            case nil:
                fault(place, "The keyword \(name) is not supported.", code: "unsupported_keyword")
            }
        }
        if let properties = properties(keywords, at: pointer) { rules.append(.properties(properties)) }
        return rules
    }

    /// A keyword that another one of the same schema reads, if that is there: its value is checked in any case.
    private mutating func part(_ name: String, _ value: JSON, _ keywords: JSONObject, at place: String) {
        switch name {
        case "properties", "patternProperties": break
        default: _ = subschema(value, at: place)
        }
    }

    private mutating func reference(_ target: JSON, among keywords: JSONObject, at pointer: String) -> [Rule] {
        for name in keywords.names where name != "$ref" {
            let place = "\(pointer)/\(JSONPointer.escaped(name))"
            switch JSONSchemaKeyword(name: name) {
            case .annotation, .dialect, .identifier: break
            case .definitions: _ = members(keywords[name] ?? .null, at: place)
            default:
                fault(
                    place, "Draft 7 ignores \(name) beside $ref: put both into allOf.", code: "unsupported_keyword")
            }
        }
        let place = pointer + "/$ref"
        guard let text = target.string, text.hasPrefix("#"),
            let path = text.dropFirst().description.removingPercentEncoding
        else {
            fault(place, "Only references into the same schema (#/…) are followed.", code: "unsupported_keyword")
            return []
        }
        guard let schema = document.value(at: path) else {
            fault(place, "There is nothing at \(text).")
            return []
        }
        return [.reference(subschema(schema, at: path))]
    }

    // MARK: Values of keywords

    mutating func subschemaList(_ value: JSON, at place: String) -> [Int] {
        guard let parts = value.array, !parts.isEmpty else {
            fault(place, "It has to be a list of schemas that is not empty.")
            return []
        }
        var places: [Int] = []
        for (index, part) in parts.enumerated() { places.append(subschema(part, at: "\(place)/\(index)")) }
        return places
    }

    /// An object of schemas.
    mutating func members(_ value: JSON, at place: String) -> [(name: String, subschema: Int)] {
        guard let object = value.object else {
            fault(place, "It has to be an object of schemas.")
            return []
        }
        var places: [(String, Int)] = []
        for (name, part) in object {
            places.append((name, subschema(part, at: "\(place)/\(JSONPointer.escaped(name))")))
        }
        return places
    }

    mutating func strings(_ value: JSON, at place: String) -> [String]? {
        let texts = value.array?.compactMap(\.string)
        guard let texts, texts.count == value.array?.count, Set(texts).count == texts.count else {
            fault(place, "It has to be a list of different strings.")
            return nil
        }
        return texts
    }

    mutating func count(_ value: JSON, at place: String) -> Int? {
        guard let count = value.int, count >= 0 else {
            fault(place, "It has to be a whole number from 0.")
            return nil
        }
        return count
    }

    // MARK: Circles

    /// A schema that leads back to itself without going down in the value has no meaning.
    private mutating func refuseCircles() {
        /// 0: not seen, 1: on the way, 2: done.
        var states = [Int](repeating: 0, count: subschemas.count)
        for start in subschemas.indices where states[start] == 0 {
            var way: [(place: Int, next: [Int])] = [(start, JSONSchemaCompiler.sameValue(subschemas[start]))]
            states[start] = 1
            while let (place, next) = way.last {
                guard let target = next.last else {
                    states[place] = 2
                    way.removeLast()
                    continue
                }
                way[way.count - 1].next.removeLast()
                if states[target] == 1 { return fault(pointers[target], "The schema refers to itself in a circle.") }
                if states[target] == 0 {
                    states[target] = 1
                    way.append((target, JSONSchemaCompiler.sameValue(subschemas[target])))
                }
            }
        }
    }

    /// Subschemas that the same value is checked by.
    private static func sameValue(_ rules: [Rule]) -> [Int] {
        rules.flatMap { rule -> [Int] in
            switch rule {
            case .reference(let place), .not(let place), .dependentSchema(_, let place): [place]
            case .allOf(let places), .anyOf(let places), .oneOf(let places): places
            case .conditional(let condition, let then, let otherwise):
                [condition] + [then, otherwise].compactMap { $0 }
            default: []
            }
        }
    }
}
