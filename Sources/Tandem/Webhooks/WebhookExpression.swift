/// How one value of a message comes from a payload.
///
/// - `"Invoice {data.object.number}"`: a template; without braces a constant. A part that is missing leaves no value.
/// - `{"$path": "data.object.email"}`: what stands there, or of a list of paths the first that is there. With `$default`,
///   `$cast` (text, number, boolean, time) and `$format` as in a source's mapping, `$values` (a table of replacements), and
///   `$minor_units`: the path of a currency, by which cents become units.
/// - `{"$each": "data.object.lines.data", "$value": …}`: a list; in `$value` paths that begin with `item` are the element's.
/// - `{"$first": […]}`: the first of these expressions that has a value.
/// - any other object or list: one of expressions; what has no value is left out. Numbers, true, false, null: themselves.
indirect enum WebhookExpression: Sendable, Hashable {
    case constant(JSON)
    case template([Part])
    case path(WebhookLookup)
    case each(WebhookPath, WebhookExpression)
    case object([String], [WebhookExpression])
    case list([WebhookExpression])
    case first([WebhookExpression])

    enum Part: Sendable, Hashable {
        case text(String)
        case path(WebhookPath)
    }

    /// Nil: there is no value.
    func value(_ payload: WebhookPayload) -> JSON? {
        switch self {
        case .constant(let value): return value
        case .template(let parts):
            var text = ""
            for part in parts {
                switch part {
                case .text(let plain): text += plain
                case .path(let path):
                    guard let found = payload.at(path).flatMap({ ValueCast.text($0)?.string }) else { return nil }
                    text += found
                }
            }
            return .string(text)
        case .path(let lookup): return lookup.value(payload)
        case .each(let path, let expression):
            guard let elements = payload.at(path)?.array else { return nil }
            return .array(elements.compactMap { expression.value(payload.with(item: $0)) })
        case .object(let keys, let expressions):
            var object = JSONObject()
            for (key, expression) in zip(keys, expressions) {
                if let value = expression.value(payload) { object[key] = value }
            }
            return .object(object)
        case .first(let expressions): return expressions.lazy.compactMap { $0.value(payload) }.first
        case .list(let expressions): return .array(expressions.compactMap { $0.value(payload) })
        }
    }
}

/// A payload, and inside an `$each` one of its elements.
struct WebhookPayload {
    let root: JSON
    var item: JSON?

    func at(_ path: WebhookPath) -> JSON? {
        let found = path.isOfItem ? item?.at(path.keys) : root.at(path.keys)
        guard let found, !found.isNull else { return nil }
        return found
    }

    func with(item: JSON) -> WebhookPayload { WebhookPayload(root: root, item: item) }
}

/// Keys, one inside the other, of the payload or of the element `item`.
struct WebhookPath: Sendable, Hashable {
    let keys: [String]
    let isOfItem: Bool

    /// Nil if it is no path.
    init?(_ text: String) {
        guard let path = MappingPath(text, roots: nil), !path.steps.contains(.each) else { return nil }
        let keys = path.split.keys
        isOfItem = keys.first == "item"
        self.keys = isOfItem ? Array(keys.dropFirst()) : keys
    }
}

/// What stands at a path, changed as told.
struct WebhookLookup: Sendable, Hashable {
    var paths: [WebhookPath]
    var fallback: JSON?
    var cast: ValueCast?
    var values: JSONObject?
    var currency: WebhookPath?

    func value(_ payload: WebhookPayload) -> JSON? {
        var found: JSON?
        for path in paths {
            found = payload.at(path)
            if found != nil { break }
        }
        guard var value = found else { return fallback }
        if let values, let text = ValueCast.text(value)?.string { value = values[text] ?? value }
        if let currency { value = Self.units(value, of: payload.at(currency)?.string) ?? value }
        if let cast {
            guard let result = cast(value) else { return fallback }
            value = result
        }
        return value
    }

    /// Currencies whose smallest unit is the whole, and those of three digits; all others have cents.
    private static let wholes: Set<String> = [
        "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
    ]
    private static let thousandths: Set<String> = ["bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"]

    private static func units(_ value: JSON, of currency: String?) -> JSON? {
        guard let amount = value.double, let currency = currency?.lowercased() else { return nil }
        if wholes.contains(currency) { return value }
        return .number(amount / (thousandths.contains(currency) ? 1000 : 100))
    }
}
