import Tandem

/// What a dry run of a merge, an undo or a review's decision says, as text.
enum IdentityPlanText {
    /// Nil for an answer without a plan.
    static func text(_ answer: JSON) -> String? {
        guard let json = answer["plan"] else { return nil }
        let plan = IdentityPlan(json)
        var lines = ["Nothing is changed: this is what would happen. State: \(answer["state"]?.string ?? "")."]
        lines += profiles("before", plan.before) + profiles("after", plan.after)
        for part in IdentityPlan.Part.allCases {
            let changes = plan.changes(of: part)
            guard !changes.isEmpty else { continue }
            lines += ["", part.rawValue]
            for change in changes {
                let before = change.before.isEmpty ? "nobody" : change.before
                let after = change.after.isEmpty ? "nobody" : change.after
                lines.append("  \(change.what)   \(before)" + (before == after ? "" : " → \(after)"))
                lines += change.fields.map { "      \($0)" }
            }
        }
        if plan.changes.isEmpty { lines += ["", "nothing of theirs changes hands"] }
        lines += records(answer["records"])
        return lines.joined(separator: "\n") + "\n"
    }

    private static func profiles(_ title: String, _ profiles: [IdentityPlan.Profile]) -> [String] {
        ["", title] + profiles.map { "  \($0.id)  \($0.name)   \($0.has)" }
    }

    /// Of records that were merged with the profiles.
    private static func records(_ undo: JSON?) -> [String] {
        guard let undo else { return [] }
        var lines = ["", "records that were merged with them"]
        for (title, key) in [("come back", "returned"), ("are elsewhere by now", "missing")] {
            for (relation, count) in undo[key]?.object ?? [:] { lines.append("  \(count.text) \(relation) \(title)") }
        }
        for field in undo["kept"]?.array ?? [] { lines.append("  \(field.string ?? "") was edited since and stays") }
        for (loser, fields) in undo["lost"]?.object ?? [:] {
            let names = (fields.array ?? []).compactMap(\.string).joined(separator: ", ")
            lines.append("  \(loser) cannot have back: \(names)")
        }
        return lines.count == 2 ? [] : lines
    }
}
