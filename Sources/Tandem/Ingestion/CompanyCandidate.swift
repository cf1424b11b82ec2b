/// One way in which a message names an account. The candidates of a message are tried in order: its id in the sender's
/// system, a domain, a company name.
public struct CompanyCandidate: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case groupID = "group_id"
        case domain
        case companyKey = "company_key"
    }

    public var kind: Kind
    /// The id as sent, a normalised domain, or a company key.
    public var value: String
    /// The name that an account made from it gets.
    public var name: String

    static let valueBytes = 2000

    /// Values that name nothing.
    static func isBlocked(_ value: String) -> Bool {
        let plain = Normalizer.lowercased(String(Normalizer.trimmed(value[...])))
        return plain.isEmpty || blocked.contains(plain) || FreeMail.contains(plain)
    }

    private static let blocked: Set<String> = [
        "n/a", "na", "none", "null", "nil", "self", "test", "undefined", "nan", "-", "-1", "[object object]",
    ]

    /// - Parameter email: the person's normalised address.
    static func all(_ content: MessageContent, group: GroupReference?, email: String?) -> [CompanyCandidate] {
        var list = CandidateList()
        if let traits = content.accountTraits {
            addAccount(traits, group: group, to: &list)
        } else {
            addCompany(content.personTraits?["company"], group: group, email: email, to: &list)
        }
        return list.candidates
    }

    /// A group call: its traits are the account's, a person's address says nothing here.
    private static func addAccount(_ traits: JSONNode, group: GroupReference?, to list: inout CandidateList) {
        let company = traits["company"]
        let name = text(traits["name"]) ?? text(company?["name"])
        if let id = group?.id { list.add(.groupID, id, name: name ?? id) }
        for key in [traits["domain"], traits["website"]] {
            if let domain = text(key).flatMap({ Normalizer.domain($0) }) {
                list.add(.domain, domain, name: name ?? domain)
            }
        }
        if let name, !isBlocked(name), let key = Normalizer.companyKey(name) { list.add(.companyKey, key, name: name) }
    }

    private static func addCompany(
        _ company: JSONNode?, group: GroupReference?, email: String?, to list: inout CandidateList
    ) {
        // `company: "Acme"` is common, if not by the book.
        let name = company?.isObject == true ? text(company?["name"]) : text(company)
        let given = name.flatMap { isBlocked($0) ? nil : $0 }
        if let id = group?.id { list.add(.groupID, id, name: given ?? id) }
        if let id = text(company?["id"]) { list.add(.groupID, id, name: given ?? id) }
        if let domain = text(company?["domain"]).flatMap({ Normalizer.domain($0) }) {
            list.add(.domain, domain, name: given ?? domain)
        } else if let domain = email.flatMap({ Normalizer.domain(ofEmail: $0) }) {
            list.add(.domain, domain, name: given ?? domain)
        }
        if let given, let key = Normalizer.companyKey(given) { list.add(.companyKey, key, name: given) }
    }

    private static func text(_ node: JSONNode?) -> String? {
        guard let text = node.flatMap(WireID.text) else { return nil }
        let plain = Normalizer.trimmed(text[...])
        return plain.isEmpty || plain.utf8.count > valueBytes ? nil : String(plain)
    }

    private struct CandidateList {
        var candidates: [CompanyCandidate] = []

        mutating func add(_ kind: Kind, _ value: String, name: String) {
            guard !CompanyCandidate.isBlocked(value), value.utf8.count <= CompanyCandidate.valueBytes,
                !candidates.contains(where: { $0.kind == kind && $0.value == value })
            else { return }
            candidates.append(CompanyCandidate(kind: kind, value: value, name: name))
        }
    }
}
