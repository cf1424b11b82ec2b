/// What a source leaves out of events whose person did not agree: a list of rules, each about one purpose.
public struct ConsentRules: Sendable, Hashable {
    static let rulesLimit = 20
    static let pathsLimit = 100

    /// Canonical, as the database keeps it and the API shows it.
    public let json: JSON

    /// - Parameter json: `[{"purpose", "channel"?, "missing"?: "refuse"|"allow", "drop"?: [path], "activation"?: "refuse"|"allow"}]`.
    /// - Throws: `invalid`.
    public init(rules json: JSON) throws(TandemError) {
        guard let list = json.array else { throw .invalid("/rules", "not_array", "rules is a list.") }
        guard list.count <= Self.rulesLimit else {
            throw .invalid("/rules", "too_many", "A source has at most \(Self.rulesLimit) rules of consent.")
        }
        var rules: [JSON] = []
        for (index, item) in list.enumerated() { rules.append(try Self.rule(item, at: "/rules/\(index)")) }
        self.json = .array(rules)
    }

    private static func rule(_ json: JSON, at pointer: String) throws(TandemError) -> JSON {
        guard let object = json.object else { throw .invalid(pointer, "not_object", "Each rule is an object.") }
        if let name = object.names.first(where: {
            !["purpose", "channel", "missing", "drop", "activation"].contains($0)
        }) {
            throw .invalid("\(pointer)/" + JSONPointer.escaped(name), "unknown_key", "is not known here")
        }
        guard let purpose = object["purpose"]?.string, ConsentQuestion.isName(purpose) else {
            throw .invalid("\(pointer)/purpose", "required", "purpose is \(ConsentQuestion.nameRule)")
        }
        var rule: JSONObject = ["purpose": .string(purpose)]
        if let value = object["channel"], !value.isNull {
            guard let channel = value.string, ConsentQuestion.isName(channel) else {
                throw .invalid("\(pointer)/channel", "invalid", "channel is \(ConsentQuestion.nameRule)")
            }
            rule["channel"] = .string(channel)
        }
        for key in ["missing", "activation"] {
            let word = object[key] ?? "refuse"
            guard word == "refuse" || word == "allow" else {
                throw .invalid("\(pointer)/\(key)", "invalid", "\(key) is refuse or allow.")
            }
            rule[key] = word
        }
        rule["drop"] = .array(try paths(object["drop"], at: "\(pointer)/drop"))
        return .object(rule)
    }

    private static func paths(_ json: JSON?, at pointer: String) throws(TandemError) -> [JSON] {
        guard let json, !json.isNull else { return [] }
        guard let list = json.array, list.count <= pathsLimit else {
            throw .invalid(pointer, "invalid", "drop is a list of at most \(pathsLimit) paths.")
        }
        for (index, item) in list.enumerated() {
            let parts = item.string?.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false) ?? []
            let isWhole = parts == ["properties"]
            let isKey = parts.count == 2 && ["properties", "context"].contains(parts[0]) && !parts[1].isEmpty
            guard isWhole || isKey else {
                throw .invalid(
                    "\(pointer)/\(index)", "invalid_path",
                    "A path is properties (all of them), properties.KEY or context.KEY.")
            }
        }
        return list
    }
}
