extension ObjectDescription {
    /// The object as `GET /v1/objects/{object}` and `tandem object show` answer it: enough to write a valid record, to
    /// know what a wrong one is, and to find its rows in SQL.
    public var json: JSON {
        [
            "object": .string(plural), "name": .string(name), "summary": .string(summary),
            "module": .string(orNull: module?.rawValue), "id_prefix": .string(prefix.rawValue),
            "relation": .string(table), "title": .string(title), "keys": .array(keys.map(JSON.string)),
            "person": .bool(isPerson), "fields": .array(fields.map(\.json)), "children": .array(children.map(\.json)),
            "rights": [.string(readRight), .string(writeRight)],
        ]
    }
}

extension ObjectChild {
    fileprivate var json: JSON {
        [
            "name": .string(name), "summary": .string(summary), "relation": .string(table),
            "record_key": .string(orNull: recordKey), "fields": .array(fields.map(\.json)),
        ]
    }
}

extension ObjectField {
    fileprivate var json: JSON {
        var json: JSONObject = [
            "name": .string(name), "type": .string(type.name), "required": .bool(isRequired),
            "read_only": .bool(isReadOnly), "personal": .bool(isPersonal), "searchable": .bool(isSearchable),
            "sortable": .bool(type.isSortable), "summary": .string(summary),
        ]
        switch type {
        case .text(let maximum): json["maximum_bytes"] = .number(maximum)
        case .longText: json["maximum_bytes"] = .number(FieldReader.longTextBytes)
        case .phone: json["maximum_bytes"] = .number(FieldReader.phoneBytes)
        case .url: json["maximum_bytes"] = .number(FieldReader.urlBytes)
        case .integer(let range):
            json["minimum"] = .number(range.lowerBound)
            json["maximum"] = .number(range.upperBound)
        case .percent:
            json["minimum"] = 0
            json["maximum"] = 100
        case .money(let currency): json["currency"] = .string(currency)
        case .select(let options), .multiSelect(let options): json["options"] = .array(options.map(JSON.string))
        case .link(let target), .links(let target): json["target"] = .string(target.object)
        case .record(let object), .condition(let object), .fieldNames(let object): json["object"] = .string(object)
        default: break
        }
        if let custom {
            json["label"] = .string(custom.label)
            json["custom"] = true
            json["unique"] = .bool(custom.isUnique)
            json["fixed"] = .bool(custom.isFixed)
            if let value = custom.defaultValue { json["default"] = value }
            if let minimum = custom.minimum { json["minimum"] = JSONNumber(minimum.text).map(JSON.number) }
            if let maximum = custom.maximum { json["maximum"] = JSONNumber(maximum.text).map(JSON.number) }
            if let pattern = custom.pattern { json["pattern"] = .string(pattern.source) }
        }
        return .object(json)
    }
}

extension FieldType {
    /// The type's name on the wire.
    public var name: String {
        switch self {
        case .id: "id"
        case .text: "text"
        case .longText: "long_text"
        case .integer: "integer"
        case .decimal: "decimal"
        case .money: "money"
        case .currency: "currency"
        case .percent: "percent"
        case .bool: "boolean"
        case .date: "date"
        case .timestamp: "timestamp"
        case .email: "email"
        case .phone: "phone"
        case .domain: "domain"
        case .url: "url"
        case .select: "select"
        case .link: "link"
        case .links: "links"
        case .record: "record"
        case .tags: "tags"
        case .multiSelect: "multi_select"
        case .condition: "condition"
        case .fieldNames: "field_names"
        }
    }
}
