import Foundation
import Postgres

extension Importer {
    /// Which rows are taken, and the import that was begun of the same, if there is one.
    ///
    /// - Parameters:
    ///   - header: the file's columns; empty: each row says its own.
    ///   - mapping: as the ledger has it.
    /// - Throws: `badRequest` when something is asked for that the mapping or the file cannot tell.
    func passage(
        _ job: ImportJob, _ name: String, _ plan: RowPlan?, _ header: [String], mapping: [UInt8],
        digest: [UInt8]
    ) throws(TandemError) -> (CursorPassage?, running: UUID?) {
        let column = try cursorColumn(job, plan, header)
        guard let column else { return (nil, try self.running(job, name, mapping, digest, since: nil)) }
        let kept = try chunk { (connection) throws(TandemError) in
            let rows = try connection.run(.call("kept_import_cursor", .text(name), .jsonb(mapping)))
            return CursorPassage.Kept(try rows.first?.json(0))
        }
        let (since, from) = try asked(job.since, column, kept)
        let passage = CursorPassage(
            column: column, since: since, kept: kept, from: from, open: since == "last" ? Set(kept.open) : [],
            now: clock.microseconds)
        guard let running = try self.running(job, name, mapping, digest, since: since) else { return (passage, nil) }
        // What it has begun with holds, however far others have come since.
        let staged = try chunk { (connection) throws(TandemError) in
            try connection.run(.call("staged_import_cursor", .uuid(running))).first?.json(0)
        }
        return (
            CursorPassage(
                column: column, since: since, kept: kept, from: staged?["from"]?.decimal,
                open: Set((staged?["open"]?.array ?? []).compactMap(\.decimal)), now: passage.now), running
        )
    }

    /// Nil: rows have none.
    private func cursorColumn(
        _ job: ImportJob, _ plan: RowPlan?, _ header: [String]
    ) throws(TandemError) -> CursorColumn? {
        guard let cursor = job.mapping.cursor else {
            guard job.since != nil else { return nil }
            throw .badRequest(
                code: "no_cursor",
                detail: "--since needs a `cursor` in the mapping: the column that says when a row was changed, "
                    + "for example cursor: Last Modified Date")
        }
        if let plan, plan.match.isEmpty {
            throw .badRequest(
                code: "invalid_mapping",
                detail: "line \(cursor.line): `cursor` needs `match`, or `external_id` among the fields: without it a "
                    + "row that is read again, from another file, is another record")
        }
        if !header.isEmpty, !header.contains(cursor.column) {
            // An export without the column can be imported whole.
            guard job.since != nil else { return nil }
            throw FileSurvey.missing(cursor.column, in: header, line: cursor.line)
        }
        return try fitting { () throws(MappingError) in try CursorColumn(cursor) }
    }

    private func asked(
        _ since: ImportSince?, _ column: CursorColumn, _ kept: CursorPassage.Kept
    ) throws(TandemError) -> (since: String?, from: Decimal?) {
        switch since {
        case nil: return (nil, nil)
        case .last: return ("last", kept.value.map { $0 - (column.cursor.overlap ?? 0) })
        case .value(let text):
            guard let value = column.stated(text) else {
                let wanted =
                    column.cursor.kind == .number
                    ? "a number" : "a date or time such as 2026-11-01 or 2026-11-01T08:00:00Z"
                throw .badRequest(
                    code: "invalid_since", detail: "--since is `last` or \(wanted), not `\(text)`")
            }
            return (column.cursor.kind.text(value), value)
        }
    }

    private func running(
        _ job: ImportJob, _ name: String, _ mapping: [UInt8], _ digest: [UInt8], since: String?
    ) throws(TandemError) -> UUID? {
        if job.isDryRun { return nil }
        return try chunk { (connection) throws(TandemError) in
            let row = try connection.run(
                .call(
                    "find_running_import", .text(name), .bytea(digest), .jsonb(mapping),
                    since.map { .text($0) } ?? .null(.text)))
            return try reading { () throws(PostgresError) in try row.one().optionalUUID(0) }
        }
    }
}

extension Importer.Prepared {
    /// What the file itself says of its cursors; of an import, beside what the ledger does.
    func tell(_ json: inout JSONObject, of job: ImportJob) {
        guard let passage else {
            if let column = job.mapping.cursor?.column {
                json["cursor"] = ["column": .string(column), "missing": true]
            }
            return
        }
        let tally = survey.tally
        if json["id"]?.isNull != false {
            json["passed_over"] = .number(tally.passedOver)
            json["cursor"] = passage.json(tally)
        }
        guard var cursor = json["cursor"]?.object else { return }
        cursor["again"] = .number(tally.again)
        if let (line, text) = tally.firstWithout {
            cursor["first_without"] = ["line": .number(line), "value": .string(text)]
        }
        json["cursor"] = .object(cursor)
    }
}

extension CursorPassage.Kept {
    fileprivate init(_ json: JSON?) {
        value = json?["value"]?.decimal
        open = (json?["open"]?.array ?? []).compactMap(\.decimal)
        undone = json?["undone"]?.int ?? 0
    }
}

extension JSON {
    fileprivate var decimal: Decimal? { number.flatMap { CursorColumn.number($0.text) } }
}
