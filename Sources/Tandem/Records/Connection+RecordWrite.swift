import Foundation
public import Postgres

// All of these run inside a transaction of the tenant: `connection.inTenant(tenant.database) { connection in … }`.

extension Connection {
    /// Writes records of one object: the one way in from Swift. Errors of single items are outcomes; the caller decides
    /// whether the others stand (throwing out of the transaction undoes all).
    public func recordWrite(
        _ description: ObjectDescription, _ writes: [RecordWrite], by author: RecordAuthor, at: Int64? = nil
    ) throws(TandemError) -> [RecordOutcome] {
        guard !writes.isEmpty else { return [] }
        var (resolved, errors) = try resolveReferences(writes)
        if description.name == "view" { errors.merge(try viewErrors(resolved)) { $0 + $1 } }
        let sound = resolved.indices.filter { errors[$0] == nil }
        var outcomes = errors.map { RecordOutcome(index: $0.key, status: .error, error: .invalid($0.value)) }
        if !sound.isEmpty {
            let items = JSON.array(sound.map { resolved[$0].json })
            let binds: [Bind] = [
                .text(description.name), .int2(author.source), .int2(author.rank.rawValue),
                at.map(Bind.timestamptz) ?? .null(.timestamptz), .text(author.actor), .text(author.cause),
                .jsonb(items.encoded()), .bool(description.isPerson),
            ]
            let rows = try run(.call("write_records", binds))
            for row in rows { outcomes.append(try Self.outcome(row, positions: sound)) }
        }
        for outcome in outcomes where outcome.status != .error && outcome.status != .deleted {
            try writeOwnRecords(description, of: outcome, resolved[outcome.index], by: author, at: at)
        }
        return outcomes.sorted { $0.index < $1.index }
    }

    /// Children that are records of their own: those of the array are written, the others go to the bin.
    ///
    /// - Throws: the error of any of them, so that the whole write fails.
    private func writeOwnRecords(
        _ description: ObjectDescription, of outcome: RecordOutcome, _ write: RecordWrite, by author: RecordAuthor,
        at: Int64?
    ) throws(TandemError) {
        for child in description.children {
            guard let key = child.recordKey, let rows = write.input.records[child.name], let parent = outcome.id,
                let object = ObjectCatalog.standard.objects.first(where: { $0.table == child.table })
            else { continue }
            var writes: [RecordWrite] = []
            var kept: [String?] = []
            for (index, row) in rows.enumerated() {
                var data = row
                data[child.parent] = .string(parent.text)
                if data["position"] == nil { data["position"] = .number(index + 1) }
                let match: JSONObject = [child.parent: .string(parent.text), key: row[key] ?? .null]
                writes.append(RecordWrite(.upsert, match: match, input: RecordInput(normalized: data)))
                kept.append(row[key]?.string)
            }
            let others = try run(
                """
                select id from \(.table(of: child)) where \(.parent(of: child)) = \(bind: .uuid(parent))
                and \(.recordKey(of: child)) <> all (\(bind: .textArray(kept)))
                """ as SQLFragment)
            for row in others {
                writes.append(RecordWrite(.delete, id: try reading { () throws(PostgresError) in try row.uuid(0) }))
            }
            for outcome in try recordWrite(object, writes, by: author, at: at) {
                if let error = outcome.error { throw error.below("/\(child.name)/\(outcome.index)") }
            }
        }
    }

    private static func outcome(_ row: Row, positions: [Int]) throws(TandemError) -> RecordOutcome {
        let index = try reading { () throws(PostgresError) in try row.int(0) }
        let id = try reading { () throws(PostgresError) in try row.optionalUUID(1) }
        let status = try reading { () throws(PostgresError) in try row.text(2) }
        let version = try reading { () throws(PostgresError) in try row.optionalInt(3) }
        let code = try reading { () throws(PostgresError) in try row.optionalText(4) }
        let detail = try row.json(5)
        guard let known = RecordOutcome.Status(rawValue: status), positions.indices.contains(index) else {
            throw .failure("write_records answered \(status) for item \(index)", sqlState: nil)
        }
        return RecordOutcome(
            index: positions[index], id: id, status: known, version: version,
            error: known == .error ? TandemError(recordCode: code ?? "", detail: detail) : nil, detail: detail)
    }

    /// Looks up links that were given by `external_id`, one statement per target.
    private func resolveReferences(
        _ writes: [RecordWrite]
    ) throws(TandemError) -> (writes: [RecordWrite], errors: [Int: [TandemError.FieldError]]) {
        var resolved = writes
        var errors: [Int: [TandemError.FieldError]] = [:]
        var wanted: [LinkTarget: Set<String>] = [:]
        for write in writes {
            for reference in write.input.references {
                wanted[reference.target, default: []].insert(reference.externalID)
            }
        }
        for (target, externalIDs) in wanted {
            var found: [String: JSON] = [:]
            if target.column == "id" {
                let names = Bind.textArray(externalIDs.sorted())
                let object = ObjectCatalog.standard.objects.first { $0.table == target.table }?.name ?? ""
                // What merged records were known by leads to what they are now, unless a live one has it.
                let rows = try run(
                    """
                    select value, id from (
                    select a.value, a.id, 1 as place from aliased(\(bind: .text(object)), 'external_id', \(bind: names)) a
                    join \(rows: target) t on t.id = a.id
                    union all select t.external_id, t.id, 2 from \(rows: target) t where t.external_id = any (\(bind: names))
                    ) k order by place
                    """ as SQLFragment)
                for row in rows {
                    let pair = try reading { () throws(PostgresError) in (try row.text(0), try row.uuid(1)) }
                    found[pair.0] = .string(pair.1.text)
                }
            }
            for index in resolved.indices {
                for reference in resolved[index].input.references where reference.target == target {
                    guard let id = found[reference.externalID] else {
                        errors[index, default: []].append(
                            TandemError.FieldError(
                                pointer: reference.pointer, code: "unknown_reference", detail: "there is no such record"
                            ))
                        continue
                    }
                    resolved[index].input.set(reference, to: id)
                }
            }
        }
        return (resolved, errors)
    }
}

extension RecordInput {
    /// Puts a looked-up id where its reference stood.
    mutating func set(_ reference: RecordReference, to id: JSON) {
        guard let child = reference.child, let row = reference.row else {
            data[reference.field] = id
            return
        }
        guard var rows = data[child]?.array, rows.indices.contains(row), var object = rows[row].object else { return }
        object[reference.field] = id
        rows[row] = .object(object)
        data[child] = .array(rows)
    }
}

extension TandemError {
    /// The same error with its pointers below another.
    func below(_ pointer: String) -> TandemError {
        guard case .invalid(let fields) = self else { return self }
        return .invalid(fields.map { FieldError(pointer: pointer + $0.pointer, code: $0.code, detail: $0.detail) })
    }

    /// An item's error as `write_records` answers it.
    init(recordCode code: String, detail: JSON?) {
        func ids(_ value: JSON?) -> [RecordID] {
            (value?.array ?? []).compactMap { $0.string.flatMap(RecordID.init(uuidString:)) }
        }
        switch State.allCases.first(where: { $0.name == code }) {
        case .notFound:
            if let winner = detail?["merged_into"]?.string.flatMap(RecordID.init(uuidString:)) {
                self = .merged(into: winner)
            } else {
                self = .notFound()
            }
        case .versionMismatch: self = .versionMismatch(current: detail?["version"]?.int)
        case .duplicate: self = .duplicate(ids: ids(detail?["ids"]), hidden: detail?["hidden"]?.int ?? 0)
        case .forbidden:
            self = .denied(code: code, detail: detail?["detail"]?.string ?? "The role does not allow this.")
        case .validationFailed:
            self = .invalid(
                (detail?.array ?? []).map {
                    FieldError(
                        pointer: $0["pointer"]?.string ?? "", code: $0["code"]?.string ?? "invalid",
                        detail: $0["detail"]?.string ?? "is invalid")
                })
        case .inUse:
            let references = (detail?["references"]?.object ?? JSONObject()).map { ($0, $1.int ?? 0) }
            self = .inUse(references: Dictionary(references, uniquingKeysWith: { $1 }))
        case .notAuthor: self = .notAuthor
        case .conflict: self = .conflict(detail?["detail"]?.string ?? "The record was changed by someone else.")
        default: self = .failure("write_records answered \(code)", sqlState: nil)
        }
    }
}
