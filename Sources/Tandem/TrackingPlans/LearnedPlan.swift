/// A draft of a plan that observed events keep to, for people to go over.
struct LearnedPlan {
    /// What `plan_observe` answers.
    private let observed: JSON

    /// A property is required if it is always there, in at least so many events.
    static let eventsToRequire = 10
    /// Texts are an enumeration if they are few, and each stands for this many events at least.
    static let enumerationSize = 10
    static let eventsToEnumerate = 5
    /// A format is proposed if so many texts have it, and no other one is there.
    static let textsToFormat = 3

    init(observed: JSON) { self.observed = observed }

    /// `{"read", "events": a draft, "observed": [{"type","name","count","properties":[{"name","present","types","texts"}]}]}`.
    var json: JSONObject {
        let events = observed["events"]?.array ?? []
        return [
            "read": observed["read"] ?? 0, "events": .array(events.map(Self.event)), "observed": .array(events),
        ]
    }

    private static func event(_ seen: JSON) -> JSON {
        let count = seen["count"]?.int ?? 0
        var properties: JSONObject = [:]
        var required: [JSON] = []
        for property in seen["properties"]?.array ?? [] {
            guard let name = property["name"]?.string else { continue }
            properties[name] = .object(schema(property))
            if count >= eventsToRequire, property["present"]?.int == count { required.append(.string(name)) }
        }
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { schema["required"] = .array(required) }
        var event: JSONObject = ["type": seen["type"] ?? .null]
        if let name = seen["name"]?.string { event["name"] = .string(name) }
        event["schema"] = .object(schema)
        return .object(event)
    }

    private static func schema(_ property: JSON) -> JSONObject {
        var types = Set(property["types"]?.object?.names ?? [])
        if types.contains("number") { types.remove("integer") }
        let words = types.sorted().map(JSON.string)
        var schema: JSONObject = ["type": words.count == 1 ? words[0] : .array(words)]
        let texts = property["texts"]?.array ?? []
        let count = texts.reduce(0) { $0 + ($1["count"]?.int ?? 0) }
        // All of its values are texts that were shown.
        guard types == ["string"], count > 0, count == property["present"]?.int,
            property["distinct_texts"]?.int == texts.count
        else {
            if types == ["string"], let format = format(texts) { schema["format"] = .string(format.rawValue) }
            return schema
        }
        let values = texts.compactMap { $0["value"] }
        if let format = format(texts) {
            schema["format"] = .string(format.rawValue)
        } else if values.count <= enumerationSize,
            texts.allSatisfy({ ($0["count"]?.int ?? 0) >= eventsToEnumerate })
        {
            schema["enum"] = .array(values.sorted { ($0.string ?? "") < ($1.string ?? "") })
        }
        return schema
    }

    /// The format that all shown texts have.
    private static func format(_ texts: [JSON]) -> StringFormat? {
        let values = texts.compactMap { $0["value"]?.string }
        guard values.count >= textsToFormat else { return nil }
        return StringFormat.allCases.first { format in
            values.allSatisfy { value in
                var value = value
                return value.withUTF8 { format.accepts($0) }
            }
        }
    }
}
