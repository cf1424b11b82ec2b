import Foundation
import Postgres

/// Writes chunks of rows as records, through `write_records`. Inside a transaction of the tenant; a value that a failed
/// transaction leaves behind is thrown away, since it may remember records that are not there.
struct RecordImportWriter {
    let plan: RowPlan
    let catalog: ObjectCatalog
    let author: RecordAuthor
    /// Microseconds since 1970: the import's beginning, so that a run that goes on later is no newer.
    let at: Int64
    let digest: [UInt8]
    let ownKeys: [String: Set<String>]
    let phoneRegion: String

    private var references = References()
    private var stages: StageTable?

    init(
        plan: RowPlan, catalog: ObjectCatalog, author: RecordAuthor, at: Int64, survey: FileSurvey, phoneRegion: String
    ) {
        self.plan = plan
        self.catalog = catalog
        self.author = author
        self.at = at
        self.phoneRegion = phoneRegion
        digest = survey.digest
        ownKeys = survey.ownKeys
    }

    mutating func write(_ rows: [StagedRow], on connection: Connection) throws(TandemError) -> WrittenChunk {
        var chunk = WrittenChunk()
        try prepare(rows, on: connection, &chunk)
        let known = plan.match.count != 1 ? try knownRecords(rows, on: connection) : [:]
        let converter = self.converter
        var writes: [RecordWrite] = []
        var places: [Int] = []
        for row in rows {
            let converted = converter.convert(row.cells, known: known[row.number])
            if !converted.deferred.isEmpty { chunk.hasDeferred = true }
            switch recordWrite(converted) {
            case .failure(let refusal): chunk.rows.append(.rejected(row.number, refusal.faults))
            case .success(let write):
                chunk.count(unknown: converted.unknown)
                places.append(chunk.rows.count)
                chunk.rows.append(
                    WrittenRow(
                        row: row.number, outcome: .unchanged, keys: Self.keys(of: write),
                        content: .object(write.input.data)))
                writes.append(write)
            }
        }
        try note(try connection.recordWrite(plan.object, writes, by: author, at: at), places, &chunk, on: connection)
        try addReplacedValues(to: &chunk, on: connection)
        return chunk
    }

    /// Sets the links between rows of the file, now that all of them are there.
    mutating func link(_ rows: [(row: StagedRow, record: UUID)], on connection: Connection) throws(TandemError)
        -> WrittenChunk
    {
        var chunk = WrittenChunk()
        try prepare(rows.map(\.row), on: connection, &chunk)
        var converter = self.converter
        converter.onlyOwnLinks = true
        var writes: [RecordWrite] = []
        var places: [Int] = []
        for (row, record) in rows {
            let converted = converter.convert(row.cells, known: nil)
            // The row that is referred to was rejected.
            let lost = converted.deferred.map { link in
                ImportFault(
                    column: link.target.column.name, field: link.target.name, code: "unknown_reference",
                    reason: "`\(link.value)` is in the file, but its row was rejected")
            }
            if converted.data.isEmpty && lost.isEmpty { continue }
            var write = RecordWrite(.update, id: record)
            write.input = try RecordReader(plan.object, catalog: catalog, region: phoneRegion).read(
                .object(converted.data), isNew: false)
            places.append(chunk.rows.count)
            chunk.rows.append(WrittenRow(row: row.number, outcome: .unchanged, faults: lost))
            writes.append(write)
        }
        try note(try connection.recordWrite(plan.object, writes, by: author, at: at), places, &chunk, on: connection)
        try addReplacedValues(to: &chunk, on: connection)
        return chunk
    }

    private var converter: RowConverter {
        RowConverter(
            plan: plan, references: references, stages: stages, ownKeys: ownKeys, phoneRegion: phoneRegion)
    }

    // MARK: one row

    private struct Refusal: Error {
        var faults: [ImportFault]
    }

    private func recordWrite(_ row: ConvertedRow) -> Result<RecordWrite, Refusal> {
        guard row.faults.isEmpty else { return .failure(Refusal(faults: row.faults)) }
        var body = row.data
        for (name, value) in row.add { body[name] = value }
        let input: RecordInput
        do throws(TandemError) {
            input = try RecordReader(plan.object, catalog: catalog, region: phoneRegion).read(
                .object(body), isNew: false)
        } catch {
            return .failure(Refusal(faults: faults(of: error)))
        }
        var write = RecordWrite(.upsert, id: row.id, input: input)
        let keys = row.match.compactMap { key(of: $0.field, input) }
        if keys.count > 1 { write.matches = keys } else { write.match = keys.first }
        for (name, _) in row.add { write.moveToAdd(name) }
        write.createdAt = row.createdAt?.string.flatMap { WireTime.parse($0) }
        if let changedAt = row.changedAt { write.changedAt = .some(changedAt.string.flatMap { WireTime.parse($0) }) }
        if !row.history.isEmpty { write.history = .array(row.history) }
        return .success(write)
    }

    private static func keys(of write: RecordWrite) -> [String: JSON] {
        if let id = write.id { return ["id": .string(id.text)] }
        let keys = (write.matches + [write.match].compactMap { $0 }).flatMap { key in key.map { ($0, $1) } }
        return Dictionary(keys, uniquingKeysWith: { first, _ in first })
    }

    /// A field that matches, in the form in which its column holds it.
    private func key(of name: String, _ input: RecordInput) -> JSONObject? {
        guard let field = plan.object.field(name) else { return nil }
        let normal: [FieldCompanion] = [.emailNorm, .phoneE164]
        if let companion = field.companion, normal.contains(companion), let value = input.data[companion.column],
            !value.isNull
        {
            return [companion.column: value]
        }
        return input.data[name].map { [name: $0] }
    }

    private func faults(of error: TandemError) -> [ImportFault] {
        guard case .invalid(let fields) = error else { return [ImportFault(code: error.code, reason: error.message)] }
        return fields.map { field in
            let path = field.pointer.split(separator: "/").map(String.init).filter { Int($0) == nil }.joined(
                separator: ".")
            let target = plan.targets.first { target in
                path == target.field || path == [target.child, target.field].compactMap { $0 }.joined(separator: ".")
            }
            return ImportFault(
                column: target?.column.name, field: path.isEmpty ? nil : path, code: field.code, reason: field.detail)
        }
    }

    private func note(
        _ outcomes: [RecordOutcome], _ places: [Int], _ chunk: inout WrittenChunk, on connection: Connection
    ) throws(TandemError) {
        for outcome in outcomes {
            guard places.indices.contains(outcome.index) else { continue }
            let place = places[outcome.index]
            if let error = outcome.error {
                var faults = faults(of: error)
                if case .duplicate(let ids, _) = error, let id = ids.first {
                    faults = [try repeated(id, chunk.rows[place].content?.object ?? [:], on: connection)]
                } else if let found = outcome.detail?["found"]?.array {
                    faults = [torn(between: found)]
                }
                chunk.rows[place] = .rejected(chunk.rows[place].row, faults)
                continue
            }
            chunk.rows[place].record = outcome.id
            chunk.rows[place].version = outcome.version
            switch outcome.status {
            case .created: chunk.rows[place].outcome = .created
            case .updated: chunk.rows[place].outcome = .updated
            default: chunk.rows[place].outcome = .unchanged
            }
        }
    }

    /// A row whose keys find different records, told by each key and what it finds.
    private func torn(between found: [JSON]) -> ImportFault {
        let parts = found.map { found in
            let column = found["key"]?.string ?? ""
            let field = plan.match.first { plan.object.field($0)?.companion?.column == column } ?? column
            let ids = (found["ids"]?.array ?? []).compactMap { $0.string.flatMap(RecordID.init(uuidString:)) }
            return "\(field) finds " + ids.map(plan.object.publicID).joined(separator: " and ")
        }
        return ImportFault(
            code: ImportFault.keysDiffer,
            reason: "its keys find different \(plan.object.plural): \(parts.joined(separator: ", ")); "
                + "merge them, or correct the row")
    }

    /// A row that would make what is there: which record, by which of its fields, and how to write to it instead.
    private func repeated(
        _ id: RecordID, _ content: JSONObject, on connection: Connection
    ) throws(TandemError) -> ImportFault {
        var name: String?
        for key in plan.object.keys where key != "id" && name == nil {
            guard let value = content[key]?.string else { continue }
            do throws(TandemError) {
                if try connection.recordFind(plan.object, by: key, value, region: phoneRegion).contains(id) {
                    name = key
                }
            } catch {
                // A value that is none of this key's is not what they share.
                guard case .invalid = error else { throw error }
            }
        }
        let target = plan.targets.first { $0.field == name && $0.child == nil }
        let kind = plan.object.name
        return ImportFault(
            column: target?.column.name, field: name, code: "duplicate",
            reason: name.map { "another \(kind) has this \($0); --match \($0) writes the row to that one" }
                ?? "another \(kind) holds a key of this row",
            record: plan.object.publicID(id))
    }

    private func addReplacedValues(to chunk: inout WrittenChunk, on connection: Connection) throws(TandemError) {
        let updated = chunk.rows.indices.filter { chunk.rows[$0].outcome == .updated }
        guard !updated.isEmpty else { return }
        let rows = try connection.run(
            .call(
                "replaced_values", .text(plan.object.name), .uuidArray(updated.map { chunk.rows[$0].record }),
                .int4Array(updated.map { chunk.rows[$0].version.map(Int32.init(clamping:)) })))
        var before: [UUID: [Int: JSON]] = [:]
        for row in rows {
            let (record, version) = try reading { () throws(PostgresError) in (try row.uuid(0), try row.int(1)) }
            before[record, default: [:]][version] = try row.json(2)
        }
        for place in updated {
            guard let record = chunk.rows[place].record, let version = chunk.rows[place].version else { continue }
            chunk.rows[place].before = before[record]?[version] ?? [:]
        }
    }

    private func knownRecords(_ rows: [StagedRow], on connection: Connection) throws(TandemError) -> [Int64: UUID] {
        let found = try connection.run(
            .call(
                "known_import_records", .text(plan.object.name), .bytea(digest[...]), .int8Array(rows.map(\.number))))
        var known: [Int64: UUID] = [:]
        for row in found {
            let (number, record) = try reading { () throws(PostgresError) in (try row.int(0), try row.uuid(1)) }
            known[Int64(number)] = record
        }
        return known
    }

    // MARK: what rows refer to

    /// Looks up what a chunk refers to, and makes what is missing where the mapping says so.
    private mutating func prepare(
        _ rows: [StagedRow], on connection: Connection, _ chunk: inout WrittenChunk
    ) throws(TandemError) {
        if stages == nil, plan.object.name == "opportunity" { stages = try connection.importStages() }
        var wanted: [ReferenceKey: Set<String>] = [:]
        for row in rows {
            for (key, value) in RowConverter.lookups(of: row.cells, plan, phoneRegion: phoneRegion) {
                wanted[key, default: []].insert(value)
            }
        }
        for (key, values) in wanted.sorted(by: { $0.key.object < $1.key.object }) where !plan.finds(stageBy: key) {
            try lookUp(references.unknown(values, of: key), of: key, on: connection)
            let missing = references.missing(values, of: key)
            guard !missing.isEmpty else { continue }
            if plan.targets.contains(where: { $0.reference == key && $0.column.onMissing == .create }) {
                try make(missing.filter { ownKeys[key.column]?.contains($0) != true }, of: key, on: connection, &chunk)
            } else if !references.hasCandidates(of: key) {
                references.learn(candidates: try connection.referenceValues(key), of: key)
            }
        }
    }

    private mutating func lookUp(
        _ values: [String], of key: ReferenceKey, on connection: Connection
    ) throws(TandemError) {
        guard !values.isEmpty else { return }
        for value in values { references.learn(key, value, .missing) }
        let rows = try connection.run(
            .call("find_references", .text(key.object), .text(key.column), .textArray(values)))
        for row in rows {
            let (value, ids) = try reading { () throws(PostgresError) in (try row.text(0), try row.uuids(1)) }
            references.learn(key, value, ids.count == 1 ? .found(ids[0]) : .several(ids.count))
        }
    }

    private mutating func make(
        _ values: [String], of key: ReferenceKey, on connection: Connection, _ chunk: inout WrittenChunk
    ) throws(TandemError) {
        guard let object = catalog.object(key.object), !values.isEmpty else { return }
        let reader = RecordReader(object, catalog: catalog, region: phoneRegion)
        var writes: [RecordWrite] = []
        for value in values {
            writes.append(RecordWrite(.create, input: try reader.read([key.column: .string(value)], isNew: true)))
        }
        for outcome in try connection.recordWrite(object, writes, by: author, at: at) {
            if let error = outcome.error { throw error }
            guard let id = outcome.id else { continue }
            references.learn(key, values[outcome.index], .found(id))
            chunk.made[object.name, default: []].append(id)
        }
    }
}

extension Connection {
    /// All stages of all pipelines.
    func importStages() throws(TandemError) -> StageTable {
        var stages: [StageTable.Stage] = []
        for row in try run(.call("import_stages")) {
            stages.append(
                try reading { () throws(PostgresError) in
                    StageTable.Stage(
                        id: try row.uuid("id"), pipeline: try row.uuid("pipeline_id"), key: try row.text("key"),
                        name: try row.text("name"), position: try row.int("position"),
                        isOpen: try row.text("status") == "open", isDefault: try row.bool("is_default"))
                })
        }
        return StageTable(stages: stages)
    }

    /// At most so many values are searched for a misspelt one.
    private static var candidateLimit: Int32 { 20_000 }

    fileprivate func referenceValues(_ key: ReferenceKey) throws(TandemError) -> [String] {
        let rows = try run(.call("reference_values", .text(key.object), .text(key.column), .int4(Self.candidateLimit)))
        return try rows.map { (row) throws(TandemError) in try reading { () throws(PostgresError) in try row.text(0) } }
    }
}
