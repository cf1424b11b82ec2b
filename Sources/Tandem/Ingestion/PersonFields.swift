/// One field of a contact or lead, as a person's traits give it.
public struct PersonField: Sendable, Hashable {
    /// Name of the field in API, SQL and BI.
    public var field: String
    /// As sent, without white space at its ends.
    public var value: String
}

/// What an identify call says for the fields of a contact or lead, by the default map of Segment's reserved traits.
/// Absent, null and blank traits say nothing.
struct PersonFields {
    private(set) var fields: [PersonField] = []
    /// Normalised; nil if there is none or it is no valid one.
    private(set) var email: String?
    private(set) var phone: String?

    private static let valueBytes = 512

    init(_ content: MessageContent, region: String) {
        guard let traits = content.personTraits else { return }
        if let text = add("email", traits["email"]) { email = Normalizer.email(text) }
        if let text = add("phone", traits["phone"]) { phone = Normalizer.phone(text, region: region) }
        addName(traits)
        add("title", traits["title"])
        add("website", traits["website"])
        if let company = traits["company"] { add("company", company.isObject ? company["name"] : company) }
        guard let address = traits["address"], address.isObject else { return }
        add("address_street", address["street"])
        add("address_city", address["city"])
        add("address_region", address["state"])
        add("address_postal_code", address["postalCode"] ?? address["postal_code"])
        add("address_country", address["country"])
    }

    /// A full name is parted at its first space where no parts are given.
    private mutating func addName(_ traits: JSONNode) {
        let first = add("first_name", traits["firstName"] ?? traits["first_name"])
        let last = add("last_name", traits["lastName"] ?? traits["last_name"])
        guard first == nil, last == nil, let name = text(traits["name"]) else { return }
        let parts = name.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        guard let given = parts.first else { return }
        fields.append(PersonField(field: "first_name", value: String(given)))
        if parts.count > 1 {
            fields.append(PersonField(field: "last_name", value: String(Normalizer.trimmed(parts[1]))))
        }
    }

    private func text(_ node: JSONNode?) -> String? {
        guard let text = node.flatMap(WireID.text) else { return nil }
        let plain = Normalizer.trimmed(text[...])
        guard !plain.isEmpty, plain.utf8.count <= Self.valueBytes else { return nil }
        return String(plain)
    }

    @discardableResult
    private mutating func add(_ field: String, _ node: JSONNode?) -> String? {
        guard let text = text(node) else { return nil }
        fields.append(PersonField(field: field, value: text))
        return text
    }
}
