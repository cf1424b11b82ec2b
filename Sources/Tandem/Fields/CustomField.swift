/// A field that a tenant gave an object: a column of its name in the object's relation.
public struct CustomField: Sendable, Hashable {
    /// Singular.
    public let object: String
    public let name: String
    /// As the API names it; see `FieldType.name`.
    public let type: String
    public let label: String
    public let help: String
    public let isHidden: Bool
    public let isRequired: Bool
    public let isUnique: Bool
    public let isPersonal: Bool
    public let isSearchable: Bool
    /// Duplicates are looked for by it.
    public let isCompared: Bool
    /// Given with the record, never changed.
    public let isFixed: Bool
    public let defaultValue: JSON?
    let minimum: DecimalNumber?
    let maximum: DecimalNumber?
    let maximumBytes: Int?
    let pattern: FieldPattern?
    public let options: [String]
    /// Of money: the field that names its currency.
    public let currency: String?
    /// Of links: the object, singular.
    public let target: String?
    public let version: Int
    /// As the API shows it.
    public let json: JSON

    static let textBytes = 1000
    /// As many digits as decimals have.
    static let wholeLimit = 999_999_999_999_999

    /// - Parameter json: as `custom_field_json` answers it.
    init(stored json: JSON) throws(TandemError) {
        func flag(_ name: String) -> Bool { json[name]?.bool ?? false }
        func number(_ name: String) -> DecimalNumber? { (json[name]?.number?.text).flatMap(DecimalNumber.init) }
        object = json["object"]?.string ?? ""
        name = json["name"]?.string ?? ""
        type = json["type"]?.string ?? ""
        label = json["label"]?.string ?? name
        help = json["help"]?.string ?? ""
        isHidden = flag("hidden")
        isRequired = flag("required")
        isUnique = flag("unique")
        isPersonal = flag("personal")
        isSearchable = flag("searchable")
        isCompared = flag("compared")
        isFixed = flag("fixed")
        defaultValue = json["default"]
        minimum = number("minimum")
        maximum = number("maximum")
        maximumBytes = json["maximum_bytes"]?.int
        do throws(RegularExpression.SyntaxError) {
            if let source = json["pattern"]?.string { pattern = try FieldPattern(source) } else { pattern = nil }
        } catch {
            throw .failure("the pattern of \(name) is not understood: \(error.reason)", sqlState: nil)
        }
        options = json["options"]?.array?.compactMap(\.string) ?? []
        currency = json["currency"]?.string
        target = json["target"]?.string
        version = json["version"]?.int ?? 1
        self.json = json
    }

    /// The field as the object's description has it; nil where its type means nothing to this catalog.
    func field(in catalog: ObjectCatalog) -> ObjectField? {
        guard let type = fieldType(in: catalog) else { return nil }
        return ObjectField(
            name, type, isRequired: isRequired, isPersonal: isPersonal, isSearchable: isSearchable,
            summary: help.isEmpty ? label : help, custom: self)
    }

    private func fieldType(in catalog: ObjectCatalog) -> FieldType? {
        switch type {
        case "text": .text(maximum: maximumBytes ?? Self.textBytes)
        case "long_text": .longText
        case "integer": .integer(whole(minimum, or: -Self.wholeLimit)...whole(maximum, or: Self.wholeLimit))
        case "decimal": .decimal
        case "money": .money(currency: currency ?? "currency")
        case "currency": .currency
        case "percent": .percent
        case "boolean": .bool
        case "date": .date
        case "timestamp": .timestamp
        case "url": .url
        case "email": .email
        case "phone": .phone
        case "select": .select(options)
        case "multi_select": .multiSelect(options)
        case "link":
            target.flatMap { catalog.object($0) }.map {
                .link(LinkTarget(object: $0.name, prefix: $0.prefix, table: $0.table, title: $0.title))
            }
        default: nil
        }
    }

    private func whole(_ bound: DecimalNumber?, or limit: Int) -> Int { bound.flatMap { Int($0.text) } ?? limit }

    /// What the tenant says of a value that its type takes. One with a default is never empty.
    func checked(_ value: JSON) -> FieldReader.Result {
        if value.isNull { return .value(defaultValue ?? .null) }
        if let pattern, let text = value.string, !pattern.expression.matches(text) {
            return .wrong(code: "pattern", detail: "must match \(pattern.source)")
        }
        if let number = (value.number?.text).flatMap(DecimalNumber.init) {
            if let minimum, number < minimum {
                return .wrong(code: "out_of_range", detail: "must be at least \(minimum.text)")
            }
            if let maximum, maximum < number {
                return .wrong(code: "out_of_range", detail: "must be at most \(maximum.text)")
            }
        }
        if let defaultValue, value.array?.isEmpty == true { return .value(defaultValue) }
        return .value(value)
    }
}

/// A pattern that values must match; anywhere unless it is anchored. Equal when their sources are.
struct FieldPattern: Sendable, Hashable {
    let expression: RegularExpression

    init(_ source: String) throws(RegularExpression.SyntaxError) { expression = try RegularExpression(source) }

    var source: String { expression.source }

    static func == (left: FieldPattern, right: FieldPattern) -> Bool { left.source == right.source }

    func hash(into hasher: inout Hasher) { hasher.combine(source) }
}
