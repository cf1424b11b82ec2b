import Foundation
import Postgres

/// The order of a list: the asked fields, nulls last, and the id behind them, so that every row has its own place.
///
/// A page is read in steps, so that each is one range of one index: first the rows that have the first field, then those that
/// have it not.
struct RecordOrder {
    struct Step {
        let conditions: [SQLFragment]
        let order: SQLFragment
    }

    private struct Part {
        let column: SQLFragment
        let isDescending: Bool
        /// Of the first part the steps say it.
        let mayBeNull: Bool
    }

    private let parts: [Part]
    private let mayFirstBeNull: Bool
    private let isIDDescending: Bool

    /// Without fields: newest first, by id, which is time-ordered.
    init(_ sort: [RecordQuery.Order]) {
        let fields = sort.prefix { $0.field.name != "id" }
        parts = fields.enumerated().map { index, order in
            Part(
                column: "t.\(.column(of: order.field))", isDescending: order.isDescending,
                mayBeNull: index > 0 && order.field.mayBeNull)
        }
        mayFirstBeNull = fields.first?.field.mayBeNull ?? false
        isIDDescending = sort.first { $0.field.name == "id" }?.isDescending ?? sort.first?.isDescending ?? true
    }

    /// The row's keys as texts, the id last.
    var keys: SQLFragment { .joined(parts.map { "\($0.column)::text" } + ["t.id::text"], by: ", ") }

    /// Of how many columns `keys` is.
    var width: Int { parts.count + 1 }

    /// What is to be read, one after the other, until the page is full.
    /// - Parameter keys: of the row behind which the page begins.
    func steps(after keys: [String?]?) throws(TandemError) -> [Step] {
        var id: String?
        if let keys {
            guard keys.count == parts.count + 1, let last = keys.last ?? nil, RecordID(uuidString: last) != nil else {
                throw .badRequest(code: "invalid_cursor", detail: "The cursor is not one of this list.")
            }
            id = last
        }
        let values = keys.map { Array($0.dropLast()) } ?? []
        let behind = id.map { [following(parts[...], values[...], $0)] } ?? []
        guard let first = parts.first, mayFirstBeNull else { return [Step(conditions: behind, order: order)] }
        let missing: SQLFragment = "\(first.column) is null"
        if let id, values[0] == nil {
            let behind = following(parts.dropFirst(), values.dropFirst(), id)
            return [Step(conditions: [missing, behind], order: order)]
        }
        let present: SQLFragment = "\(first.column) is not null"
        return [
            Step(conditions: [present] + behind, order: order),
            Step(conditions: [missing], order: order),
        ]
    }

    /// Where no null can be, or nothing else, the words `nulls last` would only keep an index from being read backwards.
    private var order: SQLFragment {
        let orders = parts.map { part -> SQLFragment in
            let direction: SQLFragment = part.isDescending ? "desc" : "asc"
            let nulls: SQLFragment = part.mayBeNull ? " nulls last" : ""
            return "\(part.column) \(direction)\(nulls)"
        }
        return .joined(orders + [isIDDescending ? "t.id desc" : "t.id"], by: ", ")
    }

    /// The rows behind the one that has these values: as a comparison of rows where all fields run one way and none is null,
    /// else behind it in the first field, or equal there and behind in the next …
    private func following(_ parts: ArraySlice<Part>, _ values: ArraySlice<String?>, _ id: String) -> SQLFragment {
        let isUniform =
            parts.allSatisfy { $0.isDescending == isIDDescending && !$0.mayBeNull } && values.allSatisfy { $0 != nil }
        let way: SQLFragment = isIDDescending ? "<" : ">"
        if isUniform {
            let columns = SQLFragment.joined(parts.map(\.column) + ["t.id"], by: ", ")
            let place = SQLFragment.joined((values + [id]).map { "\(bind: .untyped($0 ?? ""))" }, by: ", ")
            return "(\(columns)) \(way) (\(place))"
        }
        var alternatives: [SQLFragment] = []
        var equal: [SQLFragment] = []
        for (part, value) in zip(parts, values) {
            guard let value else {
                // Nothing comes behind null in this field.
                equal.append("\(part.column) is null")
                continue
            }
            let behind: SQLFragment = "\(part.column) \(part.isDescending ? "<" : ">") \(bind: .untyped(value))"
            alternatives.append(
                .joined(equal + [part.mayBeNull ? "(\(behind) or \(part.column) is null)" : behind], by: " and "))
            equal.append("\(part.column) = \(bind: .untyped(value))")
        }
        alternatives.append(.joined(equal + ["t.id \(way) \(bind: .untyped(id))"], by: " and "))
        let any: SQLFragment = "(\(SQLFragment.joined(alternatives.map { "(\($0))" }, by: " or ")))"
        guard let first = parts.first, !first.mayBeNull, let value = values.first ?? nil else { return any }
        // Says it once more, for the index's sake: where to begin.
        return "\(first.column) \(first.isDescending ? "<=" : ">=") \(bind: .untyped(value)) and \(any)"
    }
}

extension ObjectField {
    /// A tenant's own field may have become required when there were records without it.
    fileprivate var mayBeNull: Bool { !(isRequired || isAlwaysThere) || name.hasPrefix("cf_") }

    private var isAlwaysThere: Bool { ["id", "created_at", "updated_at", "created_by", "version"].contains(name) }
}
