import Tandem

/// What a merge, an undo or a decision will change, on the page that asks for it.
struct PlanCard {
    struct Person {
        let personName: String
        let personHref: String?
        let has: String
    }

    struct Part {
        let partName: String
        let changes: [Change]
    }

    struct Change {
        let what: String
        let whatHref: String?
        let from: String
        let to: String
        let isSame: Bool
        let fields: [String]
    }

    let before: [Person]
    let after: [Person]
    let parts: [Part]
    let hasParts: Bool

    private static let names: [IdentityPlan.Part: String] = [
        .identifiers: "Identifiers", .traits: "Traits", .consent: "Consent", .accounts: "Accounts",
        .contacts: "Contacts", .opportunities: "Opportunities", .audiences: "Audiences",
    ]
    /// Longer lists end in how many there are more.
    private static let shown = 50

    /// - Parameters:
    ///   - isUndo: people who are there afterwards only have no page yet.
    ///   - mayRead: whether the visitor may see all records of that object.
    init(_ plan: IdentityPlan, path: String, mayRead: (String) -> Bool) {
        let known = Set(plan.before.map(\.id))
        before = plan.before.map { Person(personName: $0.name, personHref: "\(path)/people/\($0.id)", has: $0.has) }
        after = plan.after.map {
            Person(
                personName: $0.name, personHref: known.contains($0.id) ? "\(path)/people/\($0.id)" : nil, has: $0.has)
        }
        let objects: [IdentityPlan.Part: (object: String, plural: String)] = [
            .accounts: ("account", "accounts"), .contacts: ("contact", "contacts"),
            .opportunities: ("opportunity", "opportunities"),
        ]
        parts = IdentityPlan.Part.allCases.compactMap { part in
            let all = plan.changes(of: part)
            guard !all.isEmpty else { return nil }
            let object = objects[part]
            let name = Self.names[part] ?? part.rawValue
            if let object, !mayRead(object.object) {
                return Part(
                    partName: name,
                    changes: [Change("\(Figures.count(all.count)), which your roles do not show")])
            }
            var changes = all.prefix(Self.shown).map { Change($0, object.map { "\(path)/\($0.plural)" }) }
            if all.count > Self.shown { changes.append(Change("and \(Figures.count(all.count - Self.shown)) more")) }
            return Part(partName: name, changes: changes)
        }
        hasParts = !parts.isEmpty
    }
}

extension PlanCard.Change {
    fileprivate init(_ words: String) {
        self.init(what: words, whatHref: nil, from: "", to: "", isSame: true, fields: [])
    }

    fileprivate init(_ change: IdentityPlan.Change, _ place: String?) {
        what = change.what
        whatHref = place.flatMap { place in
            // A record that is not there yet, or will not be, has no page.
            change.before.isEmpty ? nil : change.id.map { "\(place)/\($0)" }
        }
        from = change.before.isEmpty ? "nobody" : change.before
        to = change.after.isEmpty ? "nobody" : change.after
        isSame = from == to
        fields = change.fields
    }
}
