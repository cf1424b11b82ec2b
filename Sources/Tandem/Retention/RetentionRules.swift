/// For how many days events of a type are kept: a list of rules; what none names is kept for ever.
public struct RetentionRules: Sendable, Hashable {
    static let rulesLimit = 200
    static let daysLimit = 36_500

    /// Canonical, as the database keeps it and the API shows it.
    public let json: JSON

    /// - Parameter json: `[{"type": "track"|…|"*", "event"?: name, "days": n}]`.
    /// - Throws: `invalid`.
    public init(rules json: JSON) throws(TandemError) {
        guard let list = json.array else { throw .invalid("/rules", "not_array", "rules is a list.") }
        guard list.count <= Self.rulesLimit else {
            throw .invalid("/rules", "too_many", "There are at most \(Self.rulesLimit) rules.")
        }
        var rules: [JSON] = []
        var seen: Set<String> = []
        for (index, item) in list.enumerated() {
            let rule = try Self.rule(item, at: "/rules/\(index)")
            guard seen.insert("\(rule["type"]?.text ?? "") \(rule["event"]?.text ?? "")").inserted else {
                throw .invalid("/rules/\(index)", "repeated", "An earlier rule is about the same events.")
            }
            rules.append(.object(rule))
        }
        self.json = .array(rules)
    }

    private static func rule(_ json: JSON, at pointer: String) throws(TandemError) -> JSONObject {
        guard let object = json.object else { throw .invalid(pointer, "not_object", "Each rule is an object.") }
        if let name = object.names.first(where: { !["type", "event", "days"].contains($0) }) {
            throw .invalid("\(pointer)/" + JSONPointer.escaped(name), "unknown_key", "is not known here")
        }
        guard let type = object["type"]?.string, type == "*" || MessageType(rawValue: type) != nil else {
            throw .invalid(
                "\(pointer)/type", "invalid_type", "type is track, page, screen, identify, group, alias or *.")
        }
        guard let days = object["days"]?.int, (1...daysLimit).contains(days) else {
            throw .invalid("\(pointer)/days", "invalid", "days is a whole number from 1 to \(daysLimit).")
        }
        var rule: JSONObject = ["type": .string(type)]
        if let value = object["event"], !value.isNull {
            guard let name = value.string, !name.isEmpty, ["track", "page", "screen"].contains(type) else {
                throw .invalid(
                    "\(pointer)/event", "invalid", "event is the name of an event (track), a page or a screen.")
            }
            rule["event"] = .string(name)
        }
        rule["days"] = .number(days)
        return rule
    }
}
