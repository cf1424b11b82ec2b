import Foundation

/// What the submission of a form says: which form, who filled it in, on which page, of which campaign, and what was agreed
/// to. The procedure `place_form` makes a lead from it.
///
/// The person's fields stand in `context.traits`, in the properties themselves or in `properties.fields`, by the names
/// that forms commonly have; of two the first of these places counts.
struct FormReader {
    /// The name of the track call that is a submission.
    static let event: StaticString = "Form Submitted"

    /// The form that an identify call belongs to, which decides about the lead: in `context`.
    static let mark: StaticString = "form"

    private enum Limits {
        static let nameCharacters = 255
        static let valueBytes = 512
        static let messageBytes = 20_000
        static let addressCharacters = 2_000
        static let campaignCharacters = 255
        static let campaignParts = 20
        static let purposeCharacters = 100
        static let statements = 20
    }

    private let content: MessageContent
    private let policy: IdentifierPolicy
    private var data: JSONObject = [:]
    private var hasTooLong = false

    /// Nil for any other message.
    init?(_ content: MessageContent, event: JSONNode?, _ policy: IdentifierPolicy) {
        guard content.type == .track, event?.equals(Self.event) == true else { return nil }
        self.content = content
        self.policy = policy
    }

    /// `{"form", "data": {field of a lead: value}, "domain"?, "page"?, "referrer"?, "campaign"?: {…},
    /// "consent": [{"purpose", "given", "text"?}], "fault"?: why no lead can come of it}`.
    consuming func read() -> [UInt8] {
        readPerson()
        let sawAddress = data["email"] != nil || data["phone"] != nil
        let email = normaliseAddresses()
        var form: JSONObject = ["form": .string(name), "data": .object(data), "consent": .array(consent)]
        if let domain = email.flatMap({ Normalizer.domain(ofEmail: $0) }), !FreeMail.contains(domain) {
            form["domain"] = .string(domain)
        }
        form["page"] = address(of: "url").map(JSON.string)
        form["referrer"] = address(of: "referrer").map(JSON.string)
        let campaign = campaign
        if !campaign.isEmpty { form["campaign"] = .object(campaign) }
        if hasTooLong {
            form["fault"] = "value_too_long"
        } else if data["email_norm"] == nil, data["phone_e164"] == nil {
            form["fault"] = sawAddress ? "invalid_address" : "no_address"
        }
        return JSON.object(form).encoded()
    }

    // MARK: The person

    /// Fields of a lead by what forms call them, without case and marks and a leading `your`.
    private static let fields: [String: String] = {
        let names: [String: [String]] = [
            "email": ["email", "emailaddress", "mail", "workemail", "businessemail"],
            "phone": ["phone", "phonenumber", "telephone", "tel", "mobile", "mobilephone"],
            "first_name": ["firstname", "givenname", "fname"],
            "last_name": ["lastname", "familyname", "surname", "lname"],
            "name": ["name", "fullname"],
            "title": ["title", "jobtitle", "position"],
            "company": ["company", "companyname", "organization", "organisation"],
            "website": ["website", "companywebsite"],
            "message": ["message", "comment", "comments", "question", "inquiry", "enquiry"],
        ]
        return Dictionary(names.flatMap { field, names in names.map { ($0, field) } }, uniquingKeysWith: { $1 })
    }()

    /// What the properties themselves call so is the page's title and the form's name.
    private static let notInProperties: Set<String> = ["title", "name"]

    private mutating func readPerson() {
        if let traits = content.contextTraits { take(traits, except: []) }
        if let properties = content.properties { take(properties, except: Self.notInProperties) }
        if let fields = content.properties?["fields"] { take(fields, except: []) }
        let name = data["name"]?.string
        data["name"] = nil
        if let name, data["first_name"] == nil, data["last_name"] == nil {
            let parts = name.split(maxSplits: 1, whereSeparator: \.isWhitespace)
            if let given = parts.first { data["first_name"] = .string(String(given)) }
            if parts.count > 1 { data["last_name"] = .string(String(Normalizer.trimmed(parts[1]))) }
        }
    }

    private mutating func take(_ place: JSONNode, except left: Set<String>) {
        for (key, value) in place.members {
            guard let name = key.string, let field = Self.fields[Self.folded(name)], !left.contains(field),
                data[field] == nil
            else { continue }
            let node = field == "company" && value.isObject ? value["name"] : value
            guard let text = node.flatMap(WireID.text) else { continue }
            let plain = Normalizer.trimmed(text[...])
            if plain.isEmpty { continue }
            if plain.utf8.count > (field == "message" ? Limits.messageBytes : Limits.valueBytes) {
                hasTooLong = true
            } else {
                data[field] = .string(String(plain))
            }
        }
    }

    private static func folded(_ name: String) -> String {
        var plain = name.lowercased()
        plain.removeAll { !$0.isLetter && !$0.isNumber }
        return plain.hasPrefix("your") ? String(plain.dropFirst(4)) : plain
    }

    /// Adds the normal forms and takes away what has none.
    /// - Returns: the address.
    private mutating func normaliseAddresses() -> String? {
        var email = data["email"]?.string.flatMap { Normalizer.email($0) }
        if let address = email, policy.isBlocked(Identifier(type: Identifier.email, value: address)) { email = nil }
        if let email { data["email_norm"] = .string(email) } else { data["email"] = nil }
        if let phone = data["phone"]?.string.flatMap({ Normalizer.phone($0, region: policy.phoneRegion) }) {
            data["phone_e164"] = .string(phone)
        } else {
            data["phone"] = nil
        }
        if let company = data["company"]?.string, let key = Normalizer.companyKey(company) {
            data["company_key"] = .string(key)
        }
        return email
    }

    // MARK: The form

    private var name: String {
        for key in ["form", "form_name", "formName", "form_id", "formId"] as [StaticString] {
            if let text = content.properties?[key].flatMap(WireID.text) {
                let plain = Normalizer.trimmed(text[...])
                if !plain.isEmpty { return String(plain.prefix(Limits.nameCharacters)) }
            }
        }
        return "unnamed"
    }

    /// From the properties, else from the page of the context.
    private func address(of key: StaticString) -> String? {
        guard let text = content.properties?[key]?.string ?? content.context["page"]?[key]?.string, !text.isEmpty else {
            return nil
        }
        return String(text.prefix(Limits.addressCharacters))
    }

    /// `context.campaign`, else the `utm_…` of the page's address, by Segment's names (`name` is `utm_campaign`).
    private var campaign: JSONObject {
        var parts: JSONObject = [:]
        func add(_ name: String, _ text: String) {
            let plain = Normalizer.trimmed(text[...])
            guard !plain.isEmpty, parts.count < Limits.campaignParts else { return }
            parts[String(name.prefix(Limits.campaignCharacters))] =
                .string(String(plain.prefix(Limits.campaignCharacters)))
        }
        if let said = content.context["campaign"] {
            for (key, value) in said.members {
                if let name = key.string, let text = WireID.text(of: value) { add(name, text) }
            }
        }
        guard parts.isEmpty, let page = address(of: "url"), let mark = page.firstIndex(of: "?") else { return parts }
        let query = page[page.index(after: mark)...].prefix { $0 != "#" }
        for pair in query.split(separator: "&") where pair.hasPrefix("utm_") {
            let sides = pair.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, sides[0].count > 4,
                let value = sides[1].replacing("+", with: " ").removingPercentEncoding
            else { continue }
            add(sides[0] == "utm_campaign" ? "name" : String(sides[0].dropFirst(4)), value.replacing("\0", with: ""))
        }
        return parts
    }

    // MARK: Consent

    /// `properties.consent`: true or false, the words that were agreed to, `{"purpose", "given", "text"}`, or a list of these.
    private var consent: [JSON] {
        guard let node = content.properties?["consent"] else { return [] }
        var statements: [JSON] = []
        if node.isArray {
            for element in node.elements where statements.count < Limits.statements {
                if let statement = Self.statement(element) { statements.append(statement) }
            }
        } else if let statement = Self.statement(node) {
            statements.append(statement)
        }
        return statements
    }

    private static func statement(_ node: JSONNode) -> JSON? {
        if let given = node.bool { return ["purpose": "form", "given": .bool(given)] }
        if let text = node.string {
            return Normalizer.trimmed(text[...]).isEmpty
                ? nil : ["purpose": "form", "given": true, "text": .string(String(Normalizer.trimmed(text[...])))]
        }
        guard node.isObject else { return nil }
        let purpose = node["purpose"]?.string.map {
            String(Normalizer.trimmed($0[...]).prefix(Limits.purposeCharacters))
        }
        var statement: JSONObject = [
            "purpose": .string(purpose.flatMap { $0.isEmpty ? nil : $0 } ?? "form"),
            "given": .bool(node["given"].map { $0.bool ?? false } ?? true),
        ]
        if let text = node["text"]?.string.map({ Normalizer.trimmed($0[...]) }), !text.isEmpty {
            statement["text"] = .string(String(text))
        }
        return .object(statement)
    }
}
