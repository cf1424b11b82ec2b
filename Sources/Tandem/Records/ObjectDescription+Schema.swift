extension ObjectDescription {
    /// JSON Schema (2020-12, as OpenAPI 3.1 has it) of the record as it is read.
    public var schema: JSON {
        var properties = JSONObject()
        for field in fields { properties[field.name] = field.schema(prefix: prefix, isWritten: false) }
        for child in children { properties[child.name] = child.schema(isWritten: false) }
        return [
            "type": "object", "description": .string(summary),
            "required": ["id", "version", "created_at", "updated_at"],
            "properties": .object(properties),
        ]
    }

    /// As `contact` is called among the schemas of a description: `Contact`, `ContactInput`, `ContactChange`.
    public var schemaName: String { name.prefix(1).uppercased() + name.dropFirst() }

    /// JSON Schema of the record as it is made: read-only fields are not taken.
    public var inputSchema: JSON {
        var schema = changeSchema.object ?? [:]
        schema["required"] = .array(
            fields.filter { $0.isRequired && !$0.isReadOnly && $0.custom?.defaultValue == nil }.map { .string($0.name) }
        )
        return .object(schema)
    }

    /// The same of what changes it.
    var changeSchema: JSON {
        var properties = JSONObject()
        for field in fields where !field.isReadOnly {
            properties[field.name] = field.schema(prefix: prefix, isWritten: true)
        }
        for child in children { properties[child.name] = child.schema(isWritten: true) }
        if isPerson {
            properties["profile"] = [
                "type": "object", "description": "The person that a new record stands for.",
                "properties": ["type": ["type": "string"], "value": ["type": "string"], "id": ["type": "string"]],
            ]
        }
        return [
            "type": "object", "description": .string(summary), "additionalProperties": false,
            "properties": .object(properties),
        ]
    }
}

extension ObjectCatalog {
    /// The schemas of all objects, by the names that routes give.
    public var schemas: JSONObject {
        var schemas = JSONObject()
        for object in objects {
            schemas[object.schemaName] = object.schema
            schemas[object.schemaName + "Input"] = object.inputSchema
            schemas[object.schemaName + "Change"] = object.changeSchema
        }
        return schemas
    }
}

extension ObjectChild {
    func schema(isWritten: Bool) -> JSON {
        var properties = JSONObject()
        for field in fields { properties[field.name] = field.schema(prefix: "", isWritten: isWritten) }
        return [
            "type": "array", "description": .string(summary),
            "items": ["type": "object", "properties": .object(properties)],
        ]
    }
}

extension ObjectField {
    func schema(prefix: PublicID.Prefix, isWritten: Bool) -> JSON {
        var schema: JSONObject
        switch type {
        case .id: schema = ["type": "string", "pattern": .string("^\(prefix.rawValue)_[0-9A-HJKMNP-TV-Z]{26}$")]
        case .text(let maximum): schema = ["type": "string", "maxLength": .number(maximum)]
        case .longText: schema = ["type": "string", "maxLength": .number(FieldReader.longTextBytes)]
        case .integer(let range):
            schema = ["type": "integer", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)]
        case .decimal: schema = ["type": "number"]
        case .money: schema = ["type": "string", "pattern": "^-?[0-9]{1,15}([.][0-9]{1,4})?$"]
        case .currency: schema = ["type": "string", "pattern": "^[A-Z]{3}$"]
        case .percent: schema = ["type": "number", "minimum": 0, "maximum": 100]
        case .bool: schema = ["type": "boolean"]
        case .date: schema = ["type": "string", "format": "date"]
        case .timestamp: schema = ["type": "string", "format": "date-time"]
        case .email: schema = ["type": "string", "format": "email"]
        case .phone, .domain, .record: schema = ["type": "string"]
        case .url: schema = ["type": "string", "format": "uri-reference"]
        case .select(let options): schema = ["type": "string", "enum": .array(options.map(JSON.string))]
        case .link(let target):
            schema = ["type": "string", "pattern": .string("^\(target.prefix.rawValue)_[0-9A-HJKMNP-TV-Z]{26}$")]
            if isWritten { schema = ["type": ["string", "object"]] }
        case .links(let target):
            let pattern: JSON = .string("^\(target.prefix.rawValue)_[0-9A-HJKMNP-TV-Z]{26}$")
            schema = ["type": "array", "items": ["type": "string", "pattern": pattern]]
        case .tags, .fieldNames: schema = ["type": "array", "items": ["type": "string"]]
        case .multiSelect(let options):
            schema = ["type": "array", "items": ["type": "string", "enum": .array(options.map(JSON.string))]]
        case .condition: schema = ["type": "object"]
        }
        if let custom { schema.take(custom) }
        if !isRequired, type != .id, !type.isArray, let kind = schema["type"] {
            schema["type"] = .array((kind.array ?? [kind]) + ["null"])
            if let options = schema["enum"]?.array { schema["enum"] = .array(options + [.null]) }
        }
        schema["description"] = .string(summary)
        if isReadOnly { schema["readOnly"] = true }
        return .object(schema)
    }
}

extension JSONObject {
    /// What the tenant says of a field's values.
    fileprivate mutating func take(_ custom: CustomField) {
        self["title"] = .string(custom.label)
        if let value = custom.defaultValue { self["default"] = value }
        if let pattern = custom.pattern { self["pattern"] = .string(pattern.source) }
        // A decimal's bounds are numbers where its values are.
        guard self["type"] == "number" || self["type"] == "integer" else { return }
        if let minimum = custom.minimum { self["minimum"] = JSONNumber(minimum.text).map(JSON.number) }
        if let maximum = custom.maximum { self["maximum"] = JSONNumber(maximum.text).map(JSON.number) }
    }
}
