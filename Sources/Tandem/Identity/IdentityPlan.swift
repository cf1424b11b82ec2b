/// What a merge, an undo or the decision about a review will change, in words: the `plan` that a dry run answers.
public struct IdentityPlan: Sendable {
    public struct Profile: Sendable {
        public let id: String
        /// What a list calls the person.
        public let name: String
        /// `3 identifiers, 2 traits`.
        public let has: String
    }

    public enum Part: String, Sendable, CaseIterable {
        case identifiers, traits, consent, accounts, contacts, opportunities, audiences
    }

    /// One thing that is somebody else's afterwards, or has another value.
    public struct Change: Sendable {
        public let part: Part
        public let what: String
        /// Of a record its id.
        public let id: String?
        /// Whose it is, or what each says; empty: nobody's.
        public let before: String
        public let after: String
        /// Of a contact the fields that change.
        public let fields: [String]
    }

    public let before: [Profile]
    public let after: [Profile]
    public let changes: [Change]

    public init(_ plan: JSON) {
        before = Self.profiles(plan["profiles"]?["before"])
        after = Self.profiles(plan["profiles"]?["after"])
        // Whoever has the same id before and after is called as before.
        let names = Dictionary((before + after).map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        changes = Part.allCases.flatMap { part in
            (plan[part.rawValue]?.array ?? []).map { Self.change($0, part, names) }
        }
    }

    public func changes(of part: Part) -> [Change] { changes.filter { $0.part == part } }

    private static func profiles(_ json: JSON?) -> [Profile] {
        (json?.array ?? []).map { profile in
            let counts = Part.allCases.compactMap { part -> String? in
                guard let count = profile[part.rawValue]?.int, count > 0 else { return nil }
                return counted(count, part)
            }
            return Profile(
                id: profile["id"]?.string ?? "", name: profile["name"]?.string ?? "",
                has: counts.isEmpty ? "nothing" : counts.joined(separator: ", "))
        }
    }

    private static func counted(_ count: Int, _ part: Part) -> String {
        let one =
            switch part {
            case .opportunities: "opportunity"
            case .consent: "consent"
            default: String(part.rawValue.dropLast())
            }
        return "\(count) \(count == 1 ? one : part == .consent ? "consents" : part.rawValue)"
    }

    private static func change(_ json: JSON, _ part: Part, _ names: [String: String]) -> Change {
        func sides(_ json: JSON?) -> String {
            (json?.array ?? []).map { entry in
                let id = entry["profile"]?.string ?? ""
                let name = names[id] ?? id
                guard let value = entry["value"] else { return name }
                return "\(name): \(value.string ?? value.text)"
            }
            .joined(separator: ", ")
        }
        let fields = (json["fields"]?.object ?? [:]).map { name, values in
            let said = (values.array ?? []).map { $0.isNull ? "nothing" : $0.string ?? $0.text }
            return "\(name): \(said.joined(separator: " → "))"
        }
        return Change(
            part: part, what: title(json, part), id: json["id"]?.string, before: sides(json["before"]),
            after: sides(json["after"]), fields: fields)
    }

    private static func title(_ json: JSON, _ part: Part) -> String {
        switch part {
        case .identifiers: "\(json["type"]?.string ?? "") \(json["value"]?.string ?? "")"
        case .traits: json["trait"]?.string ?? ""
        case .consent: json["category"]?.string ?? ""
        case .accounts: json["group_id"]?.string ?? json["id"]?.string ?? ""
        case .opportunities: "\(json["name"]?.string ?? "") (\(json["status"]?.string ?? ""))"
        case .contacts, .audiences: json["name"]?.string ?? json["id"]?.string ?? ""
        }
    }
}
