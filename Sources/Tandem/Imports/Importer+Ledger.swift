public import Foundation
import Postgres

extension Importer {
    /// The newest imports first, each as `import show` has it.
    public func list(limit: Int = 100) throws(TandemError) -> [JSONObject] {
        let rows = try chunk { (connection) throws(TandemError) in
            try connection.run(.call("list_imports", .int4(Int32(clamping: limit))))
        }
        return try rows.map { (row) throws(TandemError) in shown(try row.json(0)) }
    }

    /// - Throws: `notFound`.
    public func show(_ id: UUID) throws(TandemError) -> JSONObject {
        let rows = try chunk { (connection) throws(TandemError) in
            try connection.run(.call("show_import", .uuid(id)))
        }
        guard let row = rows.first else { throw .notFound() }
        return shown(try row.json(0))
    }

    func finish(_ id: UUID) throws(TandemError) -> JSONObject {
        _ = try chunk { (connection) throws(TandemError) in try connection.run(.call("finish_import", .uuid(id))) }
        return try show(id)
    }

    /// Ids with their prefix, objects in the plural.
    private func shown(_ json: JSON?) -> JSONObject {
        var object = json?.object ?? [:]
        var result = JSONObject()
        if let id = object["id"]?.string.flatMap(UUID.init(uuidString:)) {
            result["id"] = .string(PublicID(.import, id).description)
        }
        object["id"] = nil
        if let name = object["object"]?.string {
            object["object"] = .string(catalog.object(name)?.plural ?? (name == "event" ? "events" : name))
        }
        let order = [
            "object", "file", "state", "rows", "read", "created", "updated", "unchanged", "rejected", "passed_over",
            "unknown", "cursor", "file_sha256", "actor", "created_at", "finished_at", "undone_at",
        ]
        for name in order { result[name] = object[name] ?? .null }
        return result
    }

    // MARK: rejected rows

    /// Writes the rows that were rejected, one JSON object a line: row, line, errors, and the row itself.
    ///
    /// - Returns: how many there are.
    public func writeRejects(of id: UUID, to path: String) throws(TandemError) -> Int {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw .badRequest(code: "file_not_writable", detail: "cannot write \(path)") }
        defer { try? file.close() }
        var last: Int64 = 0
        var count = 0
        while true {
            let after = last
            let rows = try chunk { (connection) throws(TandemError) in
                try connection.run(.call("rejected_import_rows", .uuid(id), .int8(after), .int4(Self.chunkRows)))
            }
            guard !rows.isEmpty else { return count }
            var text: [UInt8] = []
            for row in rows {
                let (number, line, outcome) = try reading { () throws(PostgresError) in
                    (try row.int(0), try row.int(1), try row.text(2))
                }
                let entry: JSONObject = [
                    "row": .number(number), "line": .number(line), "outcome": .string(outcome),
                    "errors": try row.json(3) ?? [], "data": try row.json(4) ?? [:],
                ]
                JSON.object(entry).append(to: &text)
                text.append(UInt8(ascii: "\n"))
                last = Int64(number)
            }
            do {
                try file.write(contentsOf: Data(text))
            } catch {
                throw .badRequest(code: "file_not_writable", detail: "cannot write \(path): \(error)")
            }
            count += rows.count
        }
    }

    // MARK: undo

    /// Takes an import back: records that it made go to the bin, values that it changed come back, unless the record was
    /// changed since or is in use. Killed, the same call goes on.
    ///
    /// - Returns: `{"import": …, "removed", "restored", "kept", "people_kept", "kept_rows": [{"row", "id", "code", "detail"}]}`.
    /// - Throws: `notFound`; `conflict` for events and for imports that are not done; `alreadyUndone`.
    public func undo(
        _ id: UUID, isDryRun: Bool = false, progress: (ImportProgress) throws(TandemError) -> Void = { _ in }
    ) throws(TandemError) -> JSONObject {
        let json = try show(id)
        guard let plural = json["object"]?.string, let object = catalog.object(plural: plural) else {
            throw .conflict("imported events stand: identities were joined by them; undo wrong merges one by one")
        }
        switch json["state"]?.string {
        case "done", "undoing": break
        case "undone": throw .alreadyUndone
        default: throw .conflict("the import is not at its end; run it again first")
        }
        if isDryRun { return ["import": .object(json), "dry_run": true] }
        let total = Int64(json["created"]?.int ?? 0) + Int64(json["updated"]?.int ?? 0)
        var below = Int64.max
        var done: Int64 = 0
        while true {
            try progress(ImportProgress(phase: .writing, done: min(done, total), total: total))
            let next = try chunk { (connection) throws(TandemError) in
                let rows = try connection.run(
                    .call(
                        "undo_import_rows", .uuid(id), .text(object.name), .int2(source.number), .text(actor),
                        .int8(below),
                        .int4(Self.chunkRows)))
                return try reading { () throws(PostgresError) in try rows.one().optionalInt(0) }
            }
            guard let next else { break }
            below = Int64(next)
            done += Int64(Self.chunkRows)
        }
        let result = try chunk { (connection) throws(TandemError) in
            for made in catalog.objects {
                _ = try connection.run(
                    .call(
                        "undo_import_references", .uuid(id), .text(made.name), .int2(source.number), .text(actor)))
            }
            return try connection.run(.call("finish_import_undo", .uuid(id), .text(actor))).first?.json(0)
        }
        return try undone(id, object, result)
    }

    private func undone(
        _ id: UUID, _ object: ObjectDescription, _ result: JSON?
    ) throws(TandemError) -> JSONObject {
        var answer: JSONObject = ["import": .object(try show(id))]
        for name in ["removed", "restored", "kept", "people_kept"] { answer[name] = result?[name] ?? 0 }
        if let cursor = result?["cursor"], !cursor.isNull { answer["cursor"] = cursor }
        answer["kept_rows"] = .array(
            (result?["kept_rows"]?.array ?? []).map { row in
                var row = row.object ?? [:]
                if let id = row["id"]?.string.flatMap(UUID.init(uuidString:)) {
                    row["id"] = .string(object.publicID(id))
                }
                return .object(row)
            })
        return answer
    }
}

extension Connection {
    func stagedRows(_ id: UUID, after: Int64, limit: Int32) throws(TandemError) -> [StagedRow] {
        let rows = try run(.call("next_import_rows", .uuid(id), .int8(after), .int4(limit)))
        return try rows.map { (row) throws(TandemError) in try StagedRow(row) }
    }

    func linkedRows(
        _ id: UUID, after: Int64, limit: Int32
    ) throws(TandemError) -> [(row: StagedRow, record: UUID)] {
        let rows = try run(.call("linked_import_rows", .uuid(id), .int8(after), .int4(limit)))
        return try rows.map { (row) throws(TandemError) in
            (try StagedRow(row), try reading { () throws(PostgresError) in try row.uuid(3) })
        }
    }

    /// Enters a chunk into the ledger.
    func note(_ chunk: WrittenChunk, in id: UUID) throws(TandemError) {
        for (object, records) in chunk.made {
            _ = try run(.call("note_import_references", .uuid(id), .text(object), .uuidArray(records)))
        }
        let rows = chunk.rows
        var unknown = JSONObject()
        for (field, count) in chunk.unknown.sorted(by: { $0.key < $1.key }) { unknown[field] = .number(count) }
        _ = try run(
            .call(
                "note_import_rows", .uuid(id), .int8Array(rows.map(\.row)), .textArray(rows.map(\.outcome.rawValue)),
                .uuidArray(rows.map(\.record)), .int4Array(rows.map { $0.version.map(Int32.init(clamping:)) }),
                .jsonbArray(rows.map { $0.before.map { $0.encoded()[...] } }),
                .jsonbArray(rows.map { $0.reason.map { $0.encoded()[...] } }), .jsonb(JSON.object(unknown).encoded())))
    }
}

extension StagedRow {
    fileprivate init(_ row: Row) throws(TandemError) {
        let (number, line) = try reading { () throws(PostgresError) in (try row.int(0), try row.int(1)) }
        self.init(number: Int64(number), line: line, cells: try row.json(2)?.object ?? [:])
    }
}
