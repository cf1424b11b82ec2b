import Foundation

/// A row on its way into the database.
struct StagedRow: Sendable {
    var number: Int64
    var line: Int
    var cells: JSONObject
}

/// What a writer did with a row.
struct WrittenRow: Sendable {
    var row: Int64
    var outcome: ImportRowReport.Outcome
    var record: UUID?
    var version: Int?
    var before: JSON?
    var faults: [ImportFault] = []
    /// What finds the record, for rows of a dry run that meet earlier ones: column → value.
    var keys: [String: JSON] = [:]
    /// What the row says of the record.
    var content: JSON?

    static func rejected(_ row: Int64, _ faults: [ImportFault]) -> WrittenRow {
        WrittenRow(row: row, outcome: .rejected, faults: faults)
    }

    /// For the ledger.
    var reason: JSON? {
        faults.isEmpty ? nil : .array(faults.map(\.json))
    }
}

struct WrittenChunk: Sendable {
    /// In the order of the rows.
    var rows: [WrittenRow] = []
    /// Field → rows that leave it open.
    var unknown: [String: Int] = [:]
    /// Object → records that were made because rows named them.
    var made: [String: [UUID]] = [:]
    /// Some rows refer to rows further down.
    var hasDeferred = false

    mutating func count(unknown fields: [String]) {
        for field in fields { unknown[field, default: 0] += 1 }
    }
}
