extension WebhookExpression {
    private static let options: [String: Set<String>] = [
        "$path": ["$default", "$cast", "$format", "$values", "$minor_units"], "$each": ["$value"], "$const": [],
        "$first": [],
    ]

    /// - Parameter pointer: where it stands.
    /// - Throws: `invalid`.
    init(_ json: JSON, at pointer: String) throws(TandemError) {
        switch json {
        case .string(let text): self = try Self.template(text, pointer)
        case .array(let items):
            var expressions: [WebhookExpression] = []
            for (index, item) in items.enumerated() {
                expressions.append(try WebhookExpression(item, at: "\(pointer)/\(index)"))
            }
            self = .list(expressions)
        case .object(let object):
            guard object.names.contains(where: { $0.hasPrefix("$") }) else {
                var expressions: [WebhookExpression] = []
                for (key, value) in object { expressions.append(try WebhookExpression(value, at: "\(pointer)/\(key)")) }
                self = .object(object.names, expressions)
                return
            }
            self = try Self.operation(object, pointer)
        case .null, .bool, .number: self = .constant(json)
        }
    }

    private static func operation(_ object: JSONObject, _ pointer: String) throws(TandemError) -> WebhookExpression {
        guard let name = object.names.first(where: { options[$0] != nil }), let known = options[name] else {
            throw .invalid(pointer, "invalid_expression", "An expression has $path, $first, $each or $const.")
        }
        if let unknown = object.names.first(where: { $0 != name && !known.contains($0) }) {
            throw .invalid("\(pointer)/\(unknown)", "unknown_key", "An expression with \(name) has no \(unknown).")
        }
        switch name {
        case "$const": return .constant(object[name] ?? .null)
        case "$first":
            guard case .list(let expressions) = try WebhookExpression(object[name] ?? .null, at: "\(pointer)/$first")
            else {
                throw .invalid("\(pointer)/$first", "invalid", "$first is a list of expressions.")
            }
            return .first(expressions)
        case "$each":
            guard let value = object["$value"] else {
                throw .invalid("\(pointer)/$value", "required", "$each has a $value for its elements.")
            }
            return .each(try path(object[name], "\(pointer)/$each"), try .init(value, at: "\(pointer)/$value"))
        default: return .path(try lookup(object, pointer))
        }
    }

    private static func lookup(_ object: JSONObject, _ pointer: String) throws(TandemError) -> WebhookLookup {
        var lookup = WebhookLookup(paths: [])
        for (index, item) in (object["$path"]?.array ?? [object["$path"] ?? .null]).enumerated() {
            lookup.paths.append(try path(item, "\(pointer)/$path/\(index)"))
        }
        lookup.fallback = object["$default"]
        lookup.values = object["$values"]?.object
        if let currency = object["$minor_units"] { lookup.currency = try path(currency, "\(pointer)/$minor_units") }
        if object["$cast"] != nil || object["$format"] != nil {
            lookup.cast = try ValueCast(name: object["$cast"], format: object["$format"], at: pointer, prefix: "$")
        }
        return lookup
    }

    static func path(_ json: JSON?, _ pointer: String) throws(TandemError) -> WebhookPath {
        guard let path = json?.string.flatMap({ WebhookPath($0) }) else {
            throw .invalid(pointer, "invalid_path", "A path is keys with dots between them, such as data.object.email.")
        }
        return path
    }

    /// `{{` is a brace.
    private static func template(_ text: String, _ pointer: String) throws(TandemError) -> WebhookExpression {
        guard text.contains("{") else { return .constant(.string(text)) }
        var parts: [Part] = []
        var plain = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "{" else {
                plain.append(character)
                continue
            }
            if rest.first == "{" {
                rest.removeFirst()
                plain.append("{")
                continue
            }
            guard let end = rest.firstIndex(of: "}") else {
                throw .invalid(pointer, "invalid_template", "A brace is not closed.")
            }
            if !plain.isEmpty { parts.append(.text(plain)) }
            plain = ""
            parts.append(.path(try path(.string(String(rest[..<end])), pointer)))
            rest = rest[rest.index(after: end)...]
        }
        if !plain.isEmpty { parts.append(.text(plain)) }
        return .template(parts)
    }
}
