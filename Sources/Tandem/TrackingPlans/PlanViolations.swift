import Foundation
import Postgres

/// Where messages of one transaction did not keep to a plan, as the procedure `plan_violations_add` takes it.
struct PlanViolations {
    /// A message that does not keep to its plan, stored or not.
    struct Note: Sendable, Hashable {
        var finding: PlanFinding
        var eventID: UUID
        var messageID: String
        /// Microseconds since 1970.
        var receivedAt: Int64
        var source: Int16
        var type: MessageType
        var name: String?
    }

    private var notes: [Note] = []

    init() {}

    init(of read: MessageBatch.Result) {
        notes = read.messages.compactMap(\.planNote) + read.refused.compactMap(\.note)
    }

    mutating func append(_ note: Note) { notes.append(note) }

    /// Nil: there is nothing to note.
    var statement: Statement? {
        if notes.isEmpty { return nil }
        return .call(
            "plan_violations_add", .uuidArray(notes.map(\.eventID)), .timestamptzArray(notes.map(\.receivedAt)),
            .textArray(notes.map(\.messageID)), .int2Array(notes.map(\.source)),
            .uuidArray(notes.map(\.finding.plan.id)),
            .int4Array(notes.map { Int32(clamping: $0.finding.plan.version) }), .textArray(notes.map(\.type.rawValue)),
            .textArray(notes.map(\.name)), .textArray(notes.map(\.finding.action.rawValue)),
            .jsonbArray(notes.map { $0.finding.json.encoded()[...] }))
    }
}
