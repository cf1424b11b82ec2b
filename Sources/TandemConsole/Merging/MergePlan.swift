import Tandem

/// What a merge of records will do, or did, in words.
struct MergePlan {
    struct Change {
        let changed: String
        let changedFrom: String
        let changedTo: String
        /// Whose value it is; nil: nobody's of them.
        let changedBy: String?
    }

    let warnings: [String]
    let hasWarnings: Bool
    let changes: [Change]
    let hasChanges: Bool
    let moves: [String]
    let hasMoves: Bool

    private static let warningWords = [
        "different_owners":
            "They have different owners. The record that stays keeps its own unless you choose otherwise.",
        "different_profiles": "Different persons stand behind them. These become one person, too.",
        "different_accounts": "They are at different accounts. The one that stays is at all of them.",
        "open_opportunities": "Several of them have open opportunities. These stay apart, below one record.",
    ]

    /// - Parameter names: of the records, by their id.
    init(_ merge: JSON, of description: ObjectDescription, names: [String: String], _ words: TimeWords) {
        warnings = (merge["warnings"]?.array ?? []).compactMap(\.string).map { Self.warningWords[$0] ?? $0 }
        hasWarnings = !warnings.isEmpty
        func said(_ value: JSON?, _ field: ObjectField?) -> String {
            guard let value, !value.isNull, value != [] else { return "nothing" }
            guard let field else { return value.string ?? value.text }
            return FieldWords.text(value, field, words)
        }
        changes = (merge["fields"]?.object ?? [:]).compactMap { name, change -> Change? in
            // One that the visitor may not see.
            guard let field = description.field(name) else { return nil }
            return Change(
                changed: FieldWords.label(field), changedFrom: said(change["old"], field),
                changedTo: said(change["new"], field), changedBy: change["from"]?.string.flatMap { names[$0] })
        }
        hasChanges = !changes.isEmpty
        moves =
            Self.counts(merge["moved"]).map { "\($0) will be of the record that stays" }
            + Self.counts(merge["united"]).map { "\($0) that several of them have will be one" }
        hasMoves = !moves.isEmpty
    }

    /// `{"activities": 2}` as `2 activities`.
    static func counts(_ json: JSON?) -> [String] {
        (json?.object ?? [:]).compactMap { relation, count in
            count.int.map { "\(Figures.count($0)) \(relation.replacing("_", with: " "))" }
        }
    }
}
