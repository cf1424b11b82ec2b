extension MappingRule {
    /// The rule as API and command line show it.
    var json: JSON {
        var object: JSONObject
        switch action {
        case .dropEvent(let name): object = ["drop_event": .string(name)]
        case .renameEvent(let name, let to): object = ["rename_event": .string(name), "to": .string(to)]
        case .rename(let from, let to): object = ["rename": .string(from.text), "to": .string(to.text)]
        case .cast(let path, let cast, let otherwise):
            object = ["cast": .string(path.text), "as": .string(cast.name)]
            if case .time(let format) = cast, format != .iso8601 { object["format"] = .string(format.text) }
            if otherwise != .quarantine { object["otherwise"] = .string(otherwise.rawValue) }
        case .drop(let path): object = ["drop": .string(path.text)]
        }
        if let event { object["event"] = .string(event) }
        if let type { object["type"] = .string(type.rawValue) }
        return .object(object)
    }

    /// What each rule may say beside its first key, `event` and `type`.
    private static let options: [String: Set<String>] = [
        "drop_event": [], "rename_event": ["to"], "rename": ["to"], "cast": ["as", "format", "otherwise"], "drop": [],
    ]

    /// - Parameter pointer: where the rule stands.
    /// - Throws: `invalid`.
    init(_ json: JSON, at pointer: String) throws(TandemError) {
        guard let object = json.object else { throw .invalid(pointer, "not_object", "Each rule is an object.") }
        let verbs = object.names.filter { Self.options[$0] != nil }
        guard verbs.count == 1, let verb = verbs.first, let options = Self.options[verb] else {
            throw .invalid(
                pointer, "invalid_rule", "A rule has one of \(Self.options.keys.sorted().joined(separator: ", ")).")
        }
        let known = options.union([verb, "event", "type"])
        if let unknown = object.names.first(where: { !known.contains($0) }) {
            throw .invalid("\(pointer)/\(unknown)", "unknown_key", "A rule with \(verb) has no \(unknown).")
        }
        let reader = RuleReader(object: object, pointer: pointer)
        action = try reader.action(verb)
        event = try reader.name("event", isRequired: false)
        type = try reader.type()
        if case .dropEvent(Self.anyName) = action, type == nil {
            throw .invalid("\(pointer)/type", "required", "A rule that drops events of any name names their type.")
        }
    }
}

private struct RuleReader {
    let object: JSONObject
    let pointer: String

    func action(_ verb: String) throws(TandemError) -> MappingRule.Action {
        switch verb {
        case "drop_event": return .dropEvent(try name(verb) ?? "")
        case "rename_event": return .renameEvent(try name(verb) ?? "", to: try name("to") ?? "")
        case "rename":
            let (from, to) = (try path(verb), try path("to"))
            guard from.split.container == to.split.container, !from.split.keys.isEmpty, !to.split.keys.isEmpty else {
                throw .invalid("\(pointer)/to", "invalid_path", "Both paths go through the same arrays.")
            }
            if from == to { throw .invalid("\(pointer)/to", "invalid_path", "The new path is the old one.") }
            return .rename(from, to: to)
        case "cast":
            return .cast(
                try path(verb), try ValueCast(name: object["as"], nameKey: "as", format: object["format"], at: pointer),
                otherwise: try otherwise())
        default: return .drop(try path(verb))
        }
    }

    func name(_ key: String, isRequired: Bool = true) throws(TandemError) -> String? {
        guard let value = object[key] else {
            if !isRequired { return nil }
            throw .invalid("\(pointer)/\(key)", "required", "\(key) is required.")
        }
        guard let text = value.string, !text.isEmpty, text.unicodeScalars.count <= MessageLimits.nameCharacters else {
            throw .invalid(
                "\(pointer)/\(key)", "invalid_name",
                "\(key) is the name of an event or a page, of 1 to \(MessageLimits.nameCharacters) characters.")
        }
        return text
    }

    func type() throws(TandemError) -> MessageType? {
        guard let value = object["type"] else { return nil }
        guard let type = value.string.flatMap(MessageType.init) else {
            throw .invalid("\(pointer)/type", "invalid_type", MessageError.unknownType.message)
        }
        return type
    }

    private func path(_ key: String) throws(TandemError) -> MappingPath {
        guard let path = object[key]?.string.flatMap({ MappingPath($0) }) else {
            throw .invalid(
                "\(pointer)/\(key)", "invalid_path",
                "\(key) is a path such as properties.price, traits.address.city or properties.products[].price; it begins "
                    + "with \(MappingPath.roots.joined(separator: ", ")).")
        }
        return path
    }

    private func otherwise() throws(TandemError) -> MappingRule.Otherwise {
        guard let value = object["otherwise"] else { return .quarantine }
        guard let otherwise = value.string.flatMap(MappingRule.Otherwise.init) else {
            let known = MappingRule.Otherwise.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid("\(pointer)/otherwise", "invalid", "otherwise is one of \(known).")
        }
        return otherwise
    }
}
