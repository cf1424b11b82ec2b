extension IdentityRules {
    /// The rules as the API shows them.
    public var json: JSON {
        [
            "version": .number(version),
            "identifiers": .array(identifiers.map(\.json)),
            "default": ["limit": .number(defaultLimit), "window": .string(defaultWindow.rawValue)],
            "blocked": .array(blocked.map(JSON.string)),
            "blocked_patterns": .array(blockedPatterns.map(JSON.string)),
            "max_ids": .number(maxIDs),
            "max_merges": .number(maxMerges),
            "anomaly_ids_per_hour": .number(anomalyIDsPerHour),
        ]
    }

    /// Reads the body of `PUT /v1/identity/rules`. What is absent has its default; of a listed type without `limit` the
    /// default of its kind (1 for `user_id`, else that of `default`). `version` is taken as it stands.
    /// - Throws: ``TandemError/invalid(_:)`` with a pointer for each fault.
    public init(json: JSON) throws(TandemError) {
        var reader = RulesReader()
        self = reader.rules(json)
        if !reader.errors.isEmpty { throw .invalid(reader.errors) }
    }
}

extension IdentityRules.Entry {
    var json: JSON {
        var object: JSONObject = [
            "type": .string(type), "priority": .number(priority), "limit": .number(limit),
            "window": .string(window.rawValue),
            "blocked": .array(blocked.map(JSON.string)),
            "blocked_patterns": .array(blockedPatterns.map(JSON.string)),
        ]
        if let trait { object["trait"] = .string(trait) }
        return .object(object)
    }
}

/// Collects every fault instead of stopping at the first.
private struct RulesReader {
    var errors: [TandemError.FieldError] = []

    private static let entries = 100
    private static let blockedValues = 1000
    private static let patterns = 100
    private static let keys: Set<String> = [
        "version", "identifiers", "default", "blocked", "blocked_patterns", "max_ids", "max_merges",
        "anomaly_ids_per_hour",
        // What GET shows beside the rules: who changes them sends back what he got.
        "author", "created_at",
    ]
    private static let entryKeys: Set<String> = [
        "type", "priority", "limit", "window", "blocked", "blocked_patterns", "trait",
    ]

    mutating func fail(_ pointer: String, _ code: String, _ detail: String) {
        errors.append(.init(pointer: pointer, code: code, detail: detail))
    }

    mutating func rules(_ json: JSON) -> IdentityRules {
        var rules = IdentityRules()
        guard let object = json.object else {
            fail("", "not_object", "The rules are a JSON object.")
            return rules
        }
        refuseUnknown(object, known: Self.keys, at: "")
        rules.version = integer(object["version"], at: "/version", in: 0...Int(Int32.max)) ?? rules.version
        if let value = object["default"] {
            if value.object == nil { fail("/default", "not_object", "It is an object with limit and window.") }
            if let object = value.object { refuseUnknown(object, known: ["limit", "window"], at: "/default") }
            rules.defaultLimit = integer(value["limit"], at: "/default/limit", in: 1...1000) ?? rules.defaultLimit
            rules.defaultWindow = window(value["window"], at: "/default/window") ?? rules.defaultWindow
        }
        if let blocked = object["blocked"] { rules.blocked = self.blocked(blocked, at: "/blocked") }
        if let value = object["blocked_patterns"] { rules.blockedPatterns = patterns(value, at: "/blocked_patterns") }
        rules.maxIDs = integer(object["max_ids"], at: "/max_ids", in: 1...1_000_000) ?? rules.maxIDs
        rules.maxMerges = integer(object["max_merges"], at: "/max_merges", in: 0...1_000_000) ?? rules.maxMerges
        rules.anomalyIDsPerHour =
            integer(object["anomaly_ids_per_hour"], at: "/anomaly_ids_per_hour", in: 1...1_000_000)
            ?? rules.anomalyIDsPerHour
        if let value = object["identifiers"] { rules.identifiers = entries(value, rules: rules) }
        return rules
    }

    private mutating func entries(_ json: JSON, rules: IdentityRules) -> [IdentityRules.Entry] {
        guard let values = json.array else {
            fail("/identifiers", "not_array", "It is a list of identifier types.")
            return []
        }
        guard values.count <= Self.entries else {
            fail("/identifiers", "too_many", "At most \(Self.entries) types may be listed.")
            return []
        }
        var entries: [IdentityRules.Entry] = []
        var types: Set<String> = []
        var priorities: Set<Int> = []
        for (index, value) in values.enumerated() {
            let pointer = "/identifiers/\(index)"
            guard let entry = entry(value, at: pointer, index: index, rules: rules) else { continue }
            if !types.insert(entry.type).inserted {
                fail("\(pointer)/type", "duplicate", "The type is listed twice.")
            }
            if !priorities.insert(entry.priority).inserted {
                fail("\(pointer)/priority", "duplicate", "Another type has this priority.")
            }
            entries.append(entry)
        }
        return entries.sorted { $0.priority < $1.priority }
    }

    private mutating func entry(
        _ json: JSON, at pointer: String, index: Int, rules: IdentityRules
    ) -> IdentityRules.Entry? {
        guard let object = json.object else {
            fail(pointer, "not_object", "Each type is an object.")
            return nil
        }
        refuseUnknown(object, known: Self.entryKeys, at: pointer)
        guard let type = object["type"]?.string, isName(type) else {
            fail("\(pointer)/type", "invalid_type", "A type is 1 to 128 bytes of a-z, 0-9, underscore and dot.")
            return nil
        }
        let limit = integer(object["limit"], at: "\(pointer)/limit", in: 1...1000)
        var entry = IdentityRules.Entry(
            type: type,
            priority: integer(object["priority"], at: "\(pointer)/priority", in: 0...1_000_000) ?? index + 1,
            limit: limit ?? (type == Identifier.userID ? 1 : rules.defaultLimit),
            window: window(object["window"], at: "\(pointer)/window")
                ?? (limit == nil && type != Identifier.userID ? rules.defaultWindow : .ever))
        if let blocked = object["blocked"] { entry.blocked = self.blocked(blocked, at: "\(pointer)/blocked") }
        if let value = object["blocked_patterns"] {
            entry.blockedPatterns = patterns(value, at: "\(pointer)/blocked_patterns")
        }
        if let trait = object["trait"], !trait.isNull {
            if let key = trait.string, (1...256).contains(key.utf8.count) {
                entry.trait = key
            } else {
                fail("\(pointer)/trait", "invalid_trait", "A trait is a key of 1 to 256 bytes.")
            }
        }
        return entry
    }

    private func isName(_ text: String) -> Bool {
        (1...Identifier.typeBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
                    || $0 == UInt8(ascii: ".")
            }
    }

    private mutating func refuseUnknown(_ object: JSONObject, known: Set<String>, at pointer: String) {
        for name in object.names where !known.contains(name) {
            let escaped = name.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
                .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
            fail("\(pointer)/\(escaped)", "unknown_field", "There is no such field.")
        }
    }

    private mutating func integer(_ json: JSON?, at pointer: String, in range: ClosedRange<Int>) -> Int? {
        guard let json, !json.isNull else { return nil }
        guard let value = json.int, range.contains(value) else {
            fail(pointer, "out_of_range", "It is a whole number from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return value
    }

    private mutating func window(_ json: JSON?, at pointer: String) -> IdentityRules.Window? {
        guard let json, !json.isNull else { return nil }
        guard let window = json.string.flatMap(IdentityRules.Window.init) else {
            fail(pointer, "invalid_window", "It is one of ever, weekly, monthly, annually.")
            return nil
        }
        return window
    }

    private mutating func blocked(_ json: JSON, at pointer: String) -> [String] {
        strings(json, at: pointer, limit: Self.blockedValues, bytes: Identifier.valueBytes)
    }

    private mutating func patterns(_ json: JSON, at pointer: String) -> [String] {
        let texts = strings(json, at: pointer, limit: Self.patterns, bytes: RegularExpression.sourceBytes)
        for (index, text) in texts.enumerated() {
            do throws(RegularExpression.SyntaxError) {
                _ = try RegularExpression(text)
            } catch {
                fail("\(pointer)/\(index)", "invalid_pattern", error.reason)
            }
        }
        return texts
    }

    private mutating func strings(_ json: JSON, at pointer: String, limit: Int, bytes: Int) -> [String] {
        guard let values = json.array, values.count <= limit else {
            fail(pointer, "not_array", "It is a list of at most \(limit) texts.")
            return []
        }
        var result: [String] = []
        for (index, value) in values.enumerated() {
            if let text = value.string, text.utf8.count <= bytes {
                result.append(text)
            } else {
                fail("\(pointer)/\(index)", "not_string", "It is a text of at most \(bytes) bytes.")
            }
        }
        return result
    }
}
