/// What each keyword's value has to be, and the rule it becomes. A wrong value gives no rule, and a fault.
extension JSONSchemaCompiler {
    // MARK: Scalars

    mutating func scalarRule(_ name: String, _ value: JSON, at place: String) -> [Rule] {
        switch name {
        case "type": return type(value, at: place).map { [.type($0)] } ?? []
        case "enum":
            guard let values = value.array, !values.isEmpty else {
                fault(place, "It has to be a list of values that is not empty.")
                return []
            }
            let shown = values.prefix(10).map(\.text).joined(separator: ", ") + (values.count > 10 ? ", …" : "")
            return [.oneOfValues(Set(values.map(SchemaValue.init)), keyword: "enum", shown: "one of \(shown)")]
        case "const": return [.oneOfValues([SchemaValue(value)], keyword: "const", shown: value.text)]
        case "minLength": return count(value, at: place).map { [.minLength($0)] } ?? []
        case "maxLength": return count(value, at: place).map { [.maxLength($0)] } ?? []
        case "pattern": return expression(value.string, at: place).map { [.pattern($0)] } ?? []
        case "format":
            if let format = value.string.flatMap(StringFormat.init) { return [.format(format)] }
            let all = StringFormat.allCases.map(\.rawValue).joined(separator: ", ")
            fault(place, "The formats are \(all).", code: "unsupported_keyword")
            return []
        default: return numberRule(name, value, at: place)
        }
    }

    private mutating func numberRule(_ name: String, _ value: JSON, at place: String) -> [Rule] {
        guard let number = value.number else {
            fault(place, "It has to be a number.")
            return []
        }
        let (limit, shown) = (ExactNumber(number), number.text)
        switch name {
        case "minimum": return [.minimum(limit, shown: shown)]
        case "maximum": return [.maximum(limit, shown: shown)]
        case "exclusiveMinimum": return [.exclusiveMinimum(limit, shown: shown)]
        case "exclusiveMaximum": return [.exclusiveMaximum(limit, shown: shown)]
        default:
            if limit.isPositive { return [.multipleOf(limit, shown: shown)] }
            fault(place, "It has to be over 0.")
            return []
        }
    }

    private mutating func type(_ value: JSON, at place: String) -> JSONSchema.TypeSet? {
        let names = value.string.map { [$0] } ?? value.array?.compactMap(\.string) ?? []
        let types = names.compactMap { name in JSONSchema.TypeSet.names.first { $0.name == name }?.type }
        guard !types.isEmpty, types.count == (value.array?.count ?? 1) else {
            let all = JSONSchema.TypeSet.names.map(\.name).joined(separator: ", ")
            fault(place, "It has to be one of \(all), or a list of them.")
            return nil
        }
        return JSONSchema.TypeSet(types)
    }

    private mutating func expression(_ source: String?, at place: String) -> RegularExpression? {
        guard let source else {
            fault(place, "It has to be a string.")
            return nil
        }
        do throws(RegularExpression.SyntaxError) {
            return try RegularExpression(source)
        } catch {
            fault(place, error.reason, code: "unsupported_pattern")
            return nil
        }
    }

    // MARK: Arrays

    mutating func arrayRule(_ name: String, _ value: JSON, _ keywords: JSONObject, at place: String) -> [Rule] {
        switch name {
        case "items":
            if keywords["prefixItems"] != nil { return [] }
            guard value.array != nil else { return [.items([], rest: subschema(value, at: place))] }
            let rest = keywords["additionalItems"].map { subschema($0, at: sibling("additionalItems", of: place)) }
            return [.items(tuple(value, at: place), rest: rest)]
        case "prefixItems":
            let rest = keywords["items"].map { subschema($0, at: sibling("items", of: place)) }
            return [.items(tuple(value, at: place), rest: rest)]
        case "contains": return [.contains(subschema(value, at: place))]
        case "minItems": return count(value, at: place).map { [.minItems($0)] } ?? []
        case "maxItems": return count(value, at: place).map { [.maxItems($0)] } ?? []
        default:
            guard let isUnique = value.bool else {
                fault(place, "It has to be true or false.")
                return []
            }
            return isUnique ? [.uniqueItems] : []
        }
    }

    /// An empty tuple is allowed.
    private mutating func tuple(_ value: JSON, at place: String) -> [Int] {
        value.array == [] ? [] : subschemaList(value, at: place)
    }

    /// Another keyword of the same schema.
    private func sibling(_ name: String, of place: String) -> String {
        place[...(place.lastIndex(of: "/") ?? place.startIndex)] + name
    }

    // MARK: Objects

    mutating func objectRule(_ name: String, _ value: JSON, at place: String) -> [Rule] {
        switch name {
        case "required":
            guard let names = strings(value, at: place), !names.isEmpty else { return [] }
            return [
                .required(
                    Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 }), names: names)
            ]
        case "minProperties": return count(value, at: place).map { [.minProperties($0)] } ?? []
        case "maxProperties": return count(value, at: place).map { [.maxProperties($0)] } ?? []
        case "propertyNames": return [.propertyNames(subschema(value, at: place))]
        default: return dependencies(name, value, at: place)
        }
    }

    /// `dependencies` of draft 7 holds lists of names and schemas, its two successors one of them each.
    private mutating func dependencies(_ name: String, _ value: JSON, at place: String) -> [Rule] {
        guard let object = value.object else {
            fault(place, "It has to be an object.")
            return []
        }
        var rules: [Rule] = []
        for (property, needed) in object {
            let pointer = "\(place)/\(JSONPointer.escaped(property))"
            if name == "dependentRequired" || name == "dependencies" && needed.array != nil {
                rules += strings(needed, at: pointer).map { [.dependentRequired(property, $0)] } ?? []
            } else {
                rules.append(.dependentSchema(property, subschema(needed, at: pointer)))
            }
        }
        return rules
    }

    /// `properties`, `patternProperties` and `additionalProperties` together; nil if there is none of them.
    mutating func properties(_ keywords: JSONObject, at pointer: String) -> JSONSchema.Properties? {
        var properties = JSONSchema.Properties()
        var isThere = false
        if let named = keywords["properties"] {
            isThere = true
            for (name, part) in members(named, at: pointer + "/properties") { properties.named[name] = part }
        }
        if let patterns = keywords["patternProperties"] {
            isThere = true
            for (source, part) in members(patterns, at: pointer + "/patternProperties") {
                let place = "\(pointer)/patternProperties/\(JSONPointer.escaped(source))"
                if let expression = expression(source, at: place) { properties.patterns.append((expression, part)) }
            }
        }
        if let others = keywords["additionalProperties"] {
            isThere = true
            properties.others = subschema(others, at: pointer + "/additionalProperties")
        }
        return isThere ? properties : nil
    }

    // MARK: Combinations

    mutating func combination(_ name: String, _ value: JSON, _ keywords: JSONObject, at place: String) -> [Rule] {
        switch name {
        case "allOf": return [.allOf(subschemaList(value, at: place))]
        case "anyOf": return [.anyOf(subschemaList(value, at: place))]
        case "oneOf": return [.oneOf(subschemaList(value, at: place))]
        case "not": return [.not(subschema(value, at: place))]
        default:
            let then = keywords["then"].map { subschema($0, at: sibling("then", of: place)) }
            let otherwise = keywords["else"].map { subschema($0, at: sibling("else", of: place)) }
            return [.conditional(if: subschema(value, at: place), then: then, else: otherwise)]
        }
    }
}
