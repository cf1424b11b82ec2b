/// What a caller says of a field, checked: all of a new one, or what changes of one that is there. Pure; what stands in the
/// database is checked there (`add_custom_field`, `update_custom_field`).
public struct CustomFieldDraft: Sendable {
    /// The columns of `custom_field` that it sets.
    public private(set) var columns = JSONObject()
    /// Nil: as it is.
    var isUnique: Bool? { columns["unique"]?.bool }
    var isHidden: Bool? { columns["hidden"]?.bool }

    private let object: ObjectDescription
    private let catalog: ObjectCatalog
    private var errors: [TandemError.FieldError] = []

    public static let types = [
        "text", "long_text", "integer", "decimal", "money", "currency", "percent", "boolean", "date", "timestamp",
        "select", "multi_select", "url", "email", "phone", "user", "link",
    ]
    static let changeable: Set<String> = [
        "label", "help", "required", "unique", "personal", "searchable", "compared", "hidden", "default", "options",
        "position",
    ]
    private static let flags: Set<String> = [
        "required", "unique", "personal", "searchable", "compared", "fixed", "hidden",
    ]

    /// A new field.
    ///
    /// - Throws: `invalid` with everything that is wrong.
    public init(
        creating body: JSONObject, of object: ObjectDescription, catalog: ObjectCatalog
    ) throws(TandemError) {
        self.object = object
        self.catalog = catalog
        takeName(body["name"])
        takeType(body["type"])
        for (name, value) in body where name != "name" && name != "type" && !value.isNull { take(name, value) }
        if columns["label"] == nil, let name = columns["name"]?.string { columns["label"] = .string(Self.label(name)) }
        settle(body)
        guard errors.isEmpty else { throw .invalid(errors) }
        try takeDefault(body["default"])
    }

    /// A change of a field.
    ///
    /// - Throws: `invalid` with everything that is wrong.
    public init(
        changing field: CustomField, _ body: JSONObject, of object: ObjectDescription, catalog: ObjectCatalog
    ) throws(TandemError) {
        self.object = object
        self.catalog = catalog
        columns = field.json.object ?? [:]
        for (name, value) in body {
            if !Self.changeable.contains(name), columns[name] != nil || Self.isKnown(name) {
                // What a reader was shown may be sent back.
                if columns[name] == value || ["version", "created_at", "updated_at", "created_by"].contains(name) {
                    continue
                }
                refuse(name, "fixed", "cannot be changed: hide the field and make another")
            } else if name == "options", value.isNull {
                refuse(name, "required", "is required")
            } else if !value.isNull {
                take(name, value)
            } else if name == "help" {
                columns[name] = ""
            }
        }
        settle(columns)
        guard errors.isEmpty else { throw .invalid(errors) }
        // New options must still have the default among them.
        try takeDefault(body["default"] ?? columns["default"])
        let changed = columns.filter { name, value in
            Self.changeable.contains(name) && field.json[name] ?? .null != value
        }
        columns = JSONObject(changed)
    }

    private static func isKnown(_ name: String) -> Bool {
        [
            "object", "name", "type", "fixed", "minimum", "maximum", "maximum_bytes", "pattern", "currency", "target",
            "version", "created_at", "updated_at", "created_by",
        ].contains(name)
    }

    private mutating func refuse(_ name: String, _ code: String, _ detail: String) {
        errors.append(.init(pointer: "/" + JSONPointer.escaped(name), code: code, detail: detail))
    }

    private var type: String { columns["type"]?.string ?? "" }

    private mutating func takeName(_ value: JSON?) {
        guard let name = value?.string else { return refuse("name", "required", "is required, such as cf_size") }
        let bytes = Array(name.utf8.dropFirst(3))
        let isPlain = bytes.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
        guard name.hasPrefix("cf_"), (1...37).contains(bytes.count), isPlain, (0x61...0x7a).contains(bytes[0]) else {
            return refuse(
                "name", "invalid_name",
                "has to be cf_ and a name of at most 37 lower-case letters, digits and _, such as cf_size")
        }
        columns["name"] = value
    }

    /// `cf_contract_size` is `Contract size`.
    private static func label(_ name: String) -> String {
        let words = name.dropFirst(3).replacing("_", with: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    private mutating func takeType(_ value: JSON?) {
        guard let type = value?.string, Self.types.contains(type) else {
            return refuse("type", "unknown_option", "must be one of " + Self.types.joined(separator: ", "))
        }
        columns["type"] = .string(type == "user" ? "link" : type)
        if type == "user" { columns["target"] = "user" }
    }

    private mutating func take(_ name: String, _ value: JSON) {
        switch name {
        case _ where Self.flags.contains(name):
            guard value.bool != nil else { return refuse(name, "not_a_boolean", "must be true or false") }
            columns[name] = value
        case "label", "help":
            let (least, most) = name == "label" ? (1, 200) : (0, 1000)
            guard let text = value.string.map({ String(Normalizer.trimmed($0[...])) }),
                (least...most).contains(text.utf8.count)
            else { return refuse(name, "out_of_range", "must be a text of \(least) to \(most) bytes") }
            columns[name] = .string(text)
        case "position", "maximum_bytes":
            guard let number = value.int, (1...100_000).contains(number) else {
                return refuse(name, "out_of_range", "must be a whole number from 1 to 100000")
            }
            columns[name] = .number(number)
        case "minimum", "maximum": takeBound(name, value)
        case "pattern": takePattern(value)
        case "options": takeOptions(value)
        case "currency": columns[name] = value
        case "target": takeTarget(value)
        case "default": break
        default: refuse(name, "unknown_field", "is not known of a field")
        }
    }

    private mutating func takeBound(_ name: String, _ value: JSON) {
        guard let text = value.number?.text ?? value.string, let number = DecimalNumber(text),
            number.integerDigits <= 15, number.fractionDigits <= (type == "integer" ? 0 : 4)
        else {
            return refuse(
                name, "not_a_number", type == "integer" ? "must be a whole number" : "must be a decimal number")
        }
        columns[name] = JSONNumber(number.text).map(JSON.number)
    }

    private mutating func takePattern(_ value: JSON) {
        guard let source = value.string, !source.isEmpty else {
            return refuse("pattern", "not_a_text", "must be a regular expression")
        }
        do throws(RegularExpression.SyntaxError) {
            _ = try RegularExpression(source)
            columns["pattern"] = value
        } catch {
            refuse("pattern", "invalid_pattern", error.reason)
        }
    }

    private mutating func takeOptions(_ value: JSON) {
        let options = value.array?.compactMap(\.string) ?? []
        let isSound = options.allSatisfy { (1...100).contains($0.utf8.count) && $0 == Normalizer.trimmed($0[...]) }
        guard let count = value.array?.count, (1...500).contains(count), options.count == count, isSound,
            Set(options).count == count
        else {
            return refuse("options", "invalid_options", "must be 1 to 500 different texts of 1 to 100 bytes")
        }
        columns["options"] = value
    }

    private mutating func takeTarget(_ value: JSON) {
        guard let target = value.string.flatMap({ catalog.object($0) ?? catalog.object(plural: $0) }) else {
            return refuse(
                "target", "unknown_option", "must be one of " + catalog.objects.map(\.name).joined(separator: ", "))
        }
        columns["target"] = .string(target.name)
    }

    // MARK: what must fit together

    private mutating func settle(_ body: JSONObject) {
        guard !type.isEmpty else { return }
        let owners: [String: [String]] = [
            "options": ["select", "multi_select"], "currency": ["money"], "target": ["link"],
            "minimum": ["integer", "decimal", "money", "percent"],
            "maximum": ["integer", "decimal", "money", "percent"],
            "maximum_bytes": ["text"], "pattern": ["text"],
        ]
        for (name, types) in owners where columns[name] != nil && !types.contains(type) {
            refuse(name, "unsuitable", "has a meaning for \(types.joined(separator: ", ")) only")
        }
        if type == "select" || type == "multi_select", columns["options"] == nil, errors.isEmpty {
            refuse("options", "required", "is required")
        }
        if type == "link", columns["target"] == nil, errors.isEmpty { refuse("target", "required", "is required") }
        if type == "money" { settleCurrency() }
        let searchable = ["text", "long_text", "email", "phone", "url"]
        if columns["searchable"] == true, !searchable.contains(type) {
            refuse("searchable", "unsuitable", "is for \(searchable.joined(separator: ", ")) only")
        }
        let keys = ["text", "integer", "decimal", "date", "timestamp", "url", "email", "phone", "link"]
        if columns["unique"] == true, !keys.contains(type) {
            refuse("unique", "unsuitable", "is for \(keys.joined(separator: ", ")) only")
        }
        let bounds = [columns["minimum"], columns["maximum"]].compactMap {
            $0?.number.flatMap { DecimalNumber($0.text) }
        }
        if bounds.count == 2, bounds[1] < bounds[0] { refuse("maximum", "out_of_range", "is less than minimum") }
    }

    private mutating func settleCurrency() {
        let name = columns["currency"]?.string ?? "currency"
        guard object.field(name)?.type == .currency else {
            return refuse(
                "currency", "unknown_field",
                "must be a field of type currency of \(object.plural): make one, such as cf_currency, and name it")
        }
        columns["currency"] = .string(name)
    }

    /// In the form in which the column holds it.
    private mutating func takeDefault(_ value: JSON?) throws(TandemError) {
        columns["default"] = nil
        guard let value, !value.isNull else {
            // Said so: there is none any more.
            if value != nil { columns["default"] = .null }
            return
        }
        if columns["unique"] == true { throw .invalid("/default", "unsuitable", "has no meaning for a unique field") }
        if type == "link" { throw .invalid("/default", "unsuitable", "has no meaning for a link") }
        guard let field = try CustomField(stored: .object(columns)).field(in: catalog) else {
            throw .invalid("/type", "unknown_option", "is not known")
        }
        switch FieldReader(region: Normalizer.noRegion).read(field, value) {
        case .value(let read) where !read.isNull: columns["default"] = read
        case .wrong(let code, let detail): throw .invalid("/default", code, detail)
        default: throw .invalid("/default", "invalid_value", "is not a value of this field")
        }
    }
}
