extension Mapping {
    /// For the ledger: two mappings that do the same are equal.
    ///
    /// - Parameter match: the fields that are matched by, wherever it was said.
    func json(match: [String]) -> JSON {
        var object: JSONObject = [
            "format": [
                "kind": .string(format.kind.rawValue), "header": .bool(format.header),
                "delimiter": .string(String(decoding: [format.delimiter ?? UInt8(ascii: ",")], as: UTF8.self)),
            ],
            "match": match.count > 1 ? .array(match.map(JSON.string)) : .string(orNull: match.first),
        ]
        if let encoding = format.encoding, encoding != .utf8 { object["encoding"] = .string(encoding.rawValue) }
        func columns(_ entries: [Entry<Column>]) -> JSON {
            .object(JSONObject(entries.map { ($0.name, $0.value.json) }))
        }
        if !defaults.isEmpty { object["defaults"] = .object(JSONObject(defaults.map { ($0.name, $0.value) })) }
        if !fields.isEmpty { object["fields"] = columns(fields) }
        if !history.isEmpty { object["history"] = columns(history) }
        if let cursor { object["cursor"] = cursor.json }
        if let event { object["event"] = event.json }
        if let messageID { object["message_id"] = messageID.json }
        if let timestamp { object["timestamp"] = timestamp.json }
        if !identifiers.isEmpty { object["identifiers"] = columns(identifiers) }
        if !properties.isEmpty { object["properties"] = columns(properties) }
        return .object(object)
    }
}

extension Mapping.Cursor {
    /// Without the overlap: whoever changes that goes on where the import before has ended.
    fileprivate var json: JSON {
        var object: JSONObject = ["column": .string(column)]
        if kind != .timestamp { object["type"] = .string(kind.rawValue) }
        if let format { object["format"] = .string(format) }
        if let timezone { object["timezone"] = .string(timezone) }
        if let name { object["name"] = .string(name) }
        return .object(object)
    }
}

extension Mapping.Column {
    fileprivate var json: JSON {
        var object = JSONObject()
        if let name { object["column"] = .string(name) }
        if let value { object["value"] = value }
        if let format { object["format"] = .string(format) }
        if let timezone { object["timezone"] = .string(timezone) }
        if !values.isEmpty {
            object["values"] = .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
        }
        if empty != .keep { object["empty"] = .string(empty.rawValue) }
        if let reference { object["ref"] = .string(reference.object + "." + reference.field) }
        if onMissing != .reject { object["on_missing"] = .string(onMissing.rawValue) }
        if let multiply { object["multiply"] = .string(multiply) }
        if let type { object["type"] = .string(type.rawValue) }
        return .object(object)
    }
}
