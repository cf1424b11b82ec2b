import Foundation
import Postgres

extension Importer {
    /// A dry run: every chunk is written and rolled back, so that the report has what the database itself would say.
    /// Rows that meet the record of a row before are told from what that row said.
    func rehearse(
        _ job: ImportJob, _ prepared: Prepared, _ progress: (ImportProgress) throws(TandemError) -> Void
    ) throws(TandemError) -> ImportReport {
        var reader = try RowReader(job.file, format: job.mapping.format)
        let writer = try makeWriter(prepared, at: clock.microseconds)
        var rehearsal = Rehearsal()
        var chunk: [StagedRow] = []
        var isAtEnd = false
        while !isAtEnd {
            if let row = try reader.next() {
                switch row.cells {
                case .success(let cells) where prepared.passage?.place(cells).isTaken == false: break
                case .success(let cells): chunk.append(StagedRow(number: row.number, line: row.line, cells: cells))
                case .failure(let fault):
                    rehearsal.note(row: row.number, line: row.line, .rejected, [fault])
                }
            } else {
                isAtEnd = true
            }
            guard chunk.count == Int(Self.chunkRows) || isAtEnd, !chunk.isEmpty else { continue }
            rehearsal.note(try tried(chunk, writer), of: chunk)
            chunk = []
            try progress(
                ImportProgress(phase: .writing, done: Int64(rehearsal.rows.count), total: prepared.survey.rows))
        }
        var report = rehearsal.report(object: job.object, file: job.file.name)
        prepared.tell(&report.json, of: job)
        report.json["file_sha256"] = .string(prepared.survey.hexDigest)
        report.json["encoding"] = .string((job.mapping.format.encoding ?? .utf8).rawValue)
        return report
    }

    /// Throws its result out of the transaction, which undoes it.
    private struct Tried: Error, PostgresFailure {
        var outcome: Result<WrittenChunk, TandemError>

        init(_ error: PostgresError) { outcome = .failure(TandemError(error)) }
        init(_ outcome: Result<WrittenChunk, TandemError>) { self.outcome = outcome }
    }

    private func tried(_ rows: [StagedRow], _ writer: Writer) throws(TandemError) -> WrittenChunk {
        let settings = tenant.database.settings(
            statementTimeout: .seconds(120), lockTimeout: .seconds(15),
            extra: [(name: "plan_cache_mode", value: "force_generic_plan")])
        var attempts = 0
        while true {
            let outcome: Result<WrittenChunk, TandemError>
            do throws(Tried) {
                try connection.transaction(settings: settings) { (connection) throws(Tried) -> Void in
                    var attempt = writer
                    let written: WrittenChunk
                    do throws(TandemError) {
                        written = try attempt.write(rows, on: connection)
                    } catch {
                        throw Tried(.failure(error))
                    }
                    throw Tried(.success(written))
                }
                return WrittenChunk()
            } catch {
                outcome = error.outcome
            }
            attempts += 1
            if case .failure(.unavailable) = outcome, attempts < 8, connection.isOpen { continue }
            return try outcome.get()
        }
    }
}

/// Collects what a dry run finds.
private struct Rehearsal {
    private(set) var rows: [ImportRowReport] = []
    private var unknown: [String: Int] = [:]
    private var seen = SeenRecords()

    mutating func note(row: Int64, line: Int, _ outcome: ImportRowReport.Outcome, _ faults: [ImportFault]) {
        rows.append(ImportRowReport(row: row, line: line, outcome: outcome, faults: faults))
    }

    mutating func note(_ chunk: WrittenChunk, of staged: [StagedRow]) {
        for (field, count) in chunk.unknown { unknown[field, default: 0] += count }
        for (row, source) in zip(chunk.rows, staged) {
            var (outcome, faults) = (row.outcome, row.faults)
            if outcome != .rejected, let record = row.record, let content = row.content {
                switch seen.meet(record, by: row.keys, content, row: row.row) {
                case .first: break
                case .again(let isEqual): if outcome == .created { outcome = isEqual ? .unchanged : .updated }
                case .torn(let rows):
                    outcome = .rejected
                    faults = [
                        ImportFault(
                            code: ImportFault.keysDiffer,
                            reason: "its keys find different records: those of rows "
                                + rows.map(String.init).joined(separator: " and "))
                    ]
                }
            }
            note(row: row.row, line: source.line, outcome, faults)
        }
    }

    func report(object: String, file: String) -> ImportReport {
        func count(_ outcome: ImportRowReport.Outcome) -> JSON { .number(rows.count { $0.outcome == outcome }) }
        var open = JSONObject()
        for (field, count) in unknown.sorted(by: { $0.key < $1.key }) { open[field] = .number(count) }
        let json: JSONObject = [
            "id": .null, "object": .string(object), "file": .string(file), "state": "dry_run",
            "rows": .number(rows.count), "read": .number(rows.count), "created": count(.created),
            "updated": count(.updated), "unchanged": count(.unchanged), "rejected": count(.rejected),
            "unknown": .object(open),
        ]
        return ImportReport(
            id: nil, json: json, rows: rows.sorted { $0.row < $1.row },
            rejected: Int64(rows.count { $0.outcome == .rejected }))
    }
}

/// The records that rows of a dry run have met, by what finds them. Chunks are rolled back, so that a record which one chunk makes
/// is made again, with another id, by the next: the first id stands for all of them.
private struct SeenRecords {
    enum Meeting {
        case first
        case again(isEqual: Bool)
        /// Keys of the row lead to records that these rows have met.
        case torn([Int64])
    }

    private struct Key: Hashable {
        var column: String
        var value: JSON
    }

    /// What the rows so far have said of a record.
    private struct Said {
        var content: JSON
        /// The first row that met it.
        var row: Int64
        var keys: [String: JSON]
    }

    private var records: [Key: UUID] = [:]
    private var firstIDs: [UUID: UUID] = [:]
    private var said: [UUID: Said] = [:]

    mutating func meet(_ record: UUID, by keys: [String: JSON], _ content: JSON, row: Int64) -> Meeting {
        var met = Set(keys.compactMap { records[Key(column: $0, value: $1)] })
        if let own = firstIDs[record] ?? (said[record] == nil ? nil : record) { met.insert(own) }
        if met.count > 1 { return .torn(met.compactMap { said[$0]?.row }.sorted()) }
        let first = met.first ?? record
        if first != record { firstIDs[record] = first }
        let before = said[first]
        for (column, value) in keys {
            // A record that a row gives another address is not found by the one before.
            if let old = before?.keys[column], old != value { records[Key(column: column, value: old)] = nil }
            records[Key(column: column, value: value)] = first
        }
        said[first] = Said(
            content: content, row: before?.row ?? row, keys: (before?.keys ?? [:]).merging(keys) { $1 })
        return before.map { .again(isEqual: $0.content == content) } ?? .first
    }
}
