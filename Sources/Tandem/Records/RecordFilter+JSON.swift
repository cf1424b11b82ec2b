/// Reads conditions against the description of an object.
struct RecordFilterReader {
    let description: ObjectDescription
    let catalog: ObjectCatalog

    /// - Throws: `invalid` with the pointer of the wrong part, below `pointer`.
    func read(_ json: JSON, at pointer: String = "/where") throws(TandemError) -> RecordFilter {
        let filter = try read(json, at: pointer, depth: 1)
        guard filter.conditionCount <= RecordFilter.conditionLimit else {
            throw .invalid(pointer, "too_many", "has more than \(RecordFilter.conditionLimit) conditions")
        }
        return filter
    }

    private func read(_ json: JSON, at pointer: String, depth: Int) throws(TandemError) -> RecordFilter {
        guard depth <= RecordFilter.depthLimit else {
            throw .invalid(pointer, "too_deep", "is nested deeper than \(RecordFilter.depthLimit)")
        }
        guard let object = json.object else { throw .invalid(pointer, "not_an_object", "must be a JSON object") }
        let groups = object.names.filter { ["all", "any", "and", "or", "not"].contains($0) }
        if let group = groups.first {
            guard object.count == 1, let value = object[group] else {
                throw .invalid(pointer, "two_operators", "must have one operator")
            }
            if group == "not" { return .not(try read(value, at: pointer + "/not", depth: depth + 1)) }
            guard let members = value.array, !members.isEmpty else {
                throw .invalid(pointer + "/" + group, "empty_group", "must be an array of conditions")
            }
            var filters: [RecordFilter] = []
            for (index, member) in members.enumerated() {
                filters.append(try read(member, at: "\(pointer)/\(group)/\(index)", depth: depth + 1))
            }
            return group == "all" || group == "and" ? .all(filters) : .any(filters)
        }
        return try comparison(object, at: pointer)
    }

    private func comparison(_ object: JSONObject, at pointer: String) throws(TandemError) -> RecordFilter {
        for name in object.names where !["field", "op", "value"].contains(name) {
            throw .invalid(pointer + "/" + JSONPointer.escaped(name), "unknown_operator", "is not known here")
        }
        guard let name = object["field"]?.string else { throw .invalid(pointer, "no_field", "names no field") }
        guard let path = RecordFilter.FieldPath(name, of: description, catalog: catalog) else {
            throw .invalid(pointer + "/field", "unknown_field", "is not a field of \(description.name)")
        }
        var comparison = RecordFilter.Comparison.eq
        if let op = object["op"] {
            guard let known = op.string.flatMap(RecordFilter.Comparison.named) else {
                throw .invalid(pointer + "/op", "unknown_operator", "is not an operator")
            }
            comparison = known
        }
        return try compare(path, comparison, object["value"], at: pointer)
    }

    /// Checks that operator and value fit the field.
    func compare(
        _ path: RecordFilter.FieldPath, _ comparison: RecordFilter.Comparison, _ value: JSON?, at pointer: String
    ) throws(TandemError) -> RecordFilter {
        let type = path.field.type
        func refuse(_ code: String, _ detail: String) -> TandemError { .invalid(pointer + "/value", code, detail) }
        switch comparison {
        case .isSet, .isNotSet:
            // `is_null false` is `is_set`.
            return .compare(path, value == false ? (comparison == .isSet ? .isNotSet : .isSet) : comparison, [])
        case .inLast, .inNext, .olderThan:
            guard type == .timestamp || type == .date else {
                throw .invalid(pointer + "/op", "unsuitable_operator", "needs a date or a time")
            }
            guard let count = value?[0]?.int, count > 0, count <= 10_000, let unit = value?[1]?.string,
                ["minute", "hour", "day", "week", "month"].contains(unit)
            else { throw refuse("not_a_window", "must be [count, unit] with unit minute, hour, day, week or month") }
            return .compare(path, comparison, [.number(count), .string(unit)])
        case .contains, .startsWith, .endsWith:
            if case .links(let target) = type, comparison == .contains {
                guard let id = value?.string.flatMap({ PublicID(target.prefix, text: $0) }) else {
                    throw refuse("not_an_id", "must be the id of a \(target.object)")
                }
                return .compare(path, .contains, [.string(id.uuid.text)])
            }
            if type.isArray, comparison == .contains, let tag = value?.string {
                if case .multiSelect(let options) = type, !options.contains(tag) {
                    throw refuse("unknown_option", "must be one of " + options.joined(separator: ", "))
                }
                return .compare(path, .contains, [.string(tag)])
            }
            if case .links(let target) = type, comparison == .contains {
                return .compare(path, .contains, [try id(value, target, refuse)])
            }
            guard isText(type) else { throw .invalid(pointer + "/op", "unsuitable_operator", "needs a text") }
            guard let text = value?.string, !text.isEmpty else { throw refuse("not_a_text", "must be a string") }
            return .compare(path, comparison, [.string(text)])
        case .in, .notIn:
            guard let values = value?.array, !values.isEmpty, values.count <= 1000 else {
                throw refuse("not_an_array", "must be an array of 1 to 1000 values")
            }
            var read: [JSON] = []
            for value in values { read.append(try scalar(value, path, refuse)) }
            return .compare(path, comparison, read)
        case .lt, .lte, .gt, .gte, .before, .after:
            guard type.isOrdered else {
                throw .invalid(pointer + "/op", "unsuitable_operator", "needs a field with an order")
            }
            return .compare(path, comparison, [try scalar(value ?? .null, path, refuse)])
        case .eq, .ne:
            guard !type.isArray else {
                throw .invalid(pointer + "/op", "unsuitable_operator", "of several values, ask with contains")
            }
            if value?.isNull ?? false { return .compare(path, comparison == .eq ? .isNotSet : .isSet, []) }
            return .compare(path, comparison, [try scalar(value ?? .null, path, refuse)])
        }
    }

    private func id(
        _ value: JSON?, _ target: LinkTarget, _ refuse: (String, String) -> TandemError
    ) throws(TandemError) -> JSON {
        guard let id = value?.string.flatMap({ PublicID(target.prefix, text: $0) }) else {
            throw refuse("not_an_id", "must be the id of a \(target.object)")
        }
        return .string(id.uuid.text)
    }

    private func isText(_ type: FieldType) -> Bool {
        switch type {
        case .text, .longText, .email, .phone, .domain, .url, .currency, .select: true
        default: false
        }
    }

    /// A value in the form in which the column holds it.
    private func scalar(
        _ value: JSON, _ path: RecordFilter.FieldPath, _ refuse: (String, String) -> TandemError
    ) throws(TandemError) -> JSON {
        if value.isNull { throw refuse("not_a_value", "must not be null") }
        switch path.field.type {
        case .id:
            let owner = path.target.flatMap { catalog.object($0.object) } ?? description
            guard let id = value.string.flatMap({ PublicID(owner.prefix, text: $0) }) else {
                throw refuse("not_an_id", "must be an id of a \(owner.name)")
            }
            return .string(id.uuid.text)
        case .link(let target): return try id(value, target, refuse)
        case .record:
            guard let id = value.string.flatMap({ PublicID.ofAny(catalog.objects.map(\.prefix), text: $0) }) else {
                throw refuse("not_an_id", "must be the id of a record")
            }
            return .string(id.uuid.text)
        case .condition: throw refuse("unsuitable_field", "is nothing to be compared with")
        case .select(let options):
            guard let text = value.string, options.contains(text) else {
                throw refuse("unknown_option", "must be one of " + options.joined(separator: ", "))
            }
            return value
        case .email:
            guard let text = value.string else { throw refuse("not_a_text", "must be a string") }
            return .string(path.field.companion == nil ? text : Normalizer.email(text) ?? text)
        default:
            switch FieldReader(region: Normalizer.noRegion).readPlain(path.field, value) {
            case .value(let read) where !read.isNull: return read
            case .wrong(let code, let detail): throw refuse(code, detail)
            default: throw refuse("not_a_value", "must not be empty")
            }
        }
    }
}
