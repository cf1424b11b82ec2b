public import Foundation
public import Postgres

/// What a caller wants of a merge of records: `POST /v1/{accounts,contacts,leads}/{id}:merge`. See the procedure `merge_records`.
public struct RecordMerge: Sendable {
    /// The objects whose records can be merged.
    public static let objects: [ObjectDescription] = [.account, .contact, .lead]
    static let losersMaximum = 20
    /// How long a merge may take: of large accounts it moves some 100,000 rows.
    public static let longest: Duration = .seconds(60)

    let description: ObjectDescription
    private var losers: [UUID] = []
    private var choose = JSONObject()

    /// - Throws: `invalid` with every wrong field.
    public init(
        _ body: JSONObject, into winner: UUID, of description: ObjectDescription, catalog: ObjectCatalog = .standard
    ) throws(TandemError) {
        self.description = description
        var errors: [TandemError.FieldError] = []
        for name in body.names where !["losers", "choose"].contains(name) {
            errors.append(
                .init(
                    pointer: "/" + JSONPointer.escaped(name), code: "unknown_field", detail: "is no option of a merge"))
        }
        readLosers(body["losers"], winner, &errors)
        guard errors.isEmpty else { throw .invalid(errors) }
        guard let value = body["choose"], !value.isNull else { return }
        guard let object = value.object else {
            throw .invalid("/choose", "not_an_object", "has to be an object of fields")
        }
        try readChoices(object, winner, catalog)
    }

    private mutating func readLosers(_ value: JSON?, _ winner: UUID, _ errors: inout [TandemError.FieldError]) {
        guard let items = value?.array, (1...Self.losersMaximum).contains(items.count) else {
            errors.append(
                .init(
                    pointer: "/losers", code: "invalid",
                    detail: "has to be a list of 1 to \(Self.losersMaximum) ids"))
            return
        }
        for (index, item) in items.enumerated() {
            let id = item.string.flatMap { PublicID(description.prefix, text: $0)?.uuid }
            guard let id, id != winner, !losers.contains(id) else {
                let detail = id == nil ? "has to be an id: \(description.prefix.rawValue)_…" : "names a record twice"
                errors.append(.init(pointer: "/losers/\(index)", code: "invalid", detail: detail))
                continue
            }
            losers.append(id)
        }
    }

    /// A field takes the value of the record that is named, or the value itself.
    private mutating func readChoices(
        _ object: JSONObject, _ winner: UUID, _ catalog: ObjectCatalog
    ) throws(TandemError) {
        var values = JSONObject()
        var errors: [TandemError.FieldError] = []
        for (name, value) in object {
            let pointer = "/choose/" + JSONPointer.escaped(name)
            let field = description.field(name)
            guard name == "address" || field.map({ !$0.isReadOnly && $0.type != .id }) ?? false else {
                errors.append(.init(pointer: pointer, code: "unknown_field", detail: "is no field to choose"))
                continue
            }
            if name == "do_not_contact" || name == "status" {
                errors.append(
                    .init(
                        pointer: pointer, code: "read_only",
                        detail: name == "status" ? "stays the winner's" : "is set as soon as any of the records says so"
                    ))
            } else if let id = value.string.flatMap({ PublicID(description.prefix, text: $0)?.uuid }),
                id == winner || losers.contains(id)
            {
                choose[name] = ["from": .string(id.text)]
            } else if name == "address" {
                errors.append(
                    .init(pointer: pointer, code: "invalid", detail: "has to be the id of one of the records"))
            } else {
                values[name] = value
            }
        }
        guard errors.isEmpty else { throw .invalid(errors) }
        guard !values.isEmpty else { return }
        let input: RecordInput
        do throws(TandemError) {
            input = try RecordReader(description, catalog: catalog).read(.object(values), isNew: false)
        } catch {
            throw error.below("/choose")
        }
        guard input.references.isEmpty else {
            throw .invalid("/choose", "invalid", "names other records by their id only")
        }
        for (name, value) in input.data { choose[name] = ["value": value] }
    }

    fileprivate func statement(_ winner: UUID, _ actor: String, _ dryRun: Bool) -> Statement {
        .call(
            "merge_records", .text(description.name), .uuid(winner), .uuidArray(losers),
            .jsonb(JSON.object(choose).encoded()), .text(actor), .bool(dryRun))
    }
}

extension ObjectDescription {
    /// Whether what a record is called may be told: not where a role hides a part of it.
    var showsName: Bool {
        let parts = ["name", "first_name", "last_name", "email", "company"]
        let all = ObjectCatalog.standard.object(name)
        return parts.allSatisfy { all?.field($0) == nil || field($0) != nil }
    }
}

/// A merge of records as API, command line and console show it.
public enum RecordMergePresenter {
    public static func shown(_ json: JSON, catalog: ObjectCatalog = .standard) -> JSON {
        guard var object = json.object, let description = object["object"]?.string.flatMap({ catalog.object($0) })
        else { return json }
        let presenter = RecordPresenter(description: description, catalog: catalog)
        func id(_ json: JSON?) -> JSON {
            json?.string.flatMap { UUID(uuidString: $0) }.map { .string(description.publicID($0)) } ?? .null
        }
        for name in ["id", "profile_merge"] {
            if let uuid = object[name]?.string.flatMap({ UUID(uuidString: $0) }) {
                object[name] = .string(PublicID(.merge, uuid).description)
            }
        }
        object["winner"] = id(object["winner"])
        object["losers"] = .array(
            (object["losers"]?.array ?? []).map {
                ["id": id($0["id"]), "name": description.showsName ? $0["name"] ?? .null : .null]
            })
        if !description.showsName, object["winner_name"] != nil { object["winner_name"] = .null }
        var fields = JSONObject()
        for (name, change) in object["fields"]?.object ?? [:] {
            // Columns for matching are nobody's field.
            guard let field = description.field(name) else { continue }
            fields[name] = [
                "old": presenter.present(change["old"] ?? .null, field, beside: JSONObject()),
                "new": presenter.present(change["new"] ?? .null, field, beside: JSONObject()),
                "from": id(change["from"]),
            ]
        }
        object["fields"] = .object(fields)
        var conflicts = JSONObject()
        for (name, said) in object["conflicts"]?.object ?? [:] {
            guard let field = description.field(name) else { continue }
            var values = JSONObject()
            for (record, value) in said.object ?? [:] {
                values[id(.string(record)).string ?? record] = presenter.present(value, field, beside: JSONObject())
            }
            conflicts[name] = .object(values)
        }
        object["conflicts"] = .object(conflicts)
        if var undo = object["undo"]?.object {
            var lost = JSONObject()
            for (record, names) in undo["lost"]?.object ?? [:] {
                lost[id(.string(record)).string ?? record] = .array(
                    (names.array ?? []).filter { $0.string.map { description.field($0) != nil } ?? false })
            }
            undo["lost"] = .object(lost)
            undo["kept"] = .array(
                (undo["kept"]?.array ?? []).filter { $0.string.map { description.field($0) != nil } ?? false })
            object["undo"] = .object(undo)
        }
        return .object(object)
    }
}

// Inside a transaction of the tenant: `connection.inTenant(tenant.database) { … }`.

extension Connection {
    /// Merges records into one; answers what was done, or would be.
    ///
    /// - Throws: `notFound`, `merged` (the winner was merged away), `alreadyMerged` (a loser was), `invalid`, `conflict`.
    public func mergeRecords(
        into winner: UUID, _ merge: RecordMerge, by actor: String, dryRun: Bool = false,
        catalog: ObjectCatalog = .standard
    ) throws(TandemError) -> JSON {
        try allowLongStatements()
        return try recordMerge(merge.statement(winner, actor, dryRun), catalog)
    }

    /// Takes a merge of records back; answers it with what came back and what did not.
    ///
    /// - Throws: `notFound`, `alreadyUndone`, `conflict` (the winner is not there).
    public func undoRecordMerge(
        _ id: UUID, by actor: String, dryRun: Bool = false, catalog: ObjectCatalog = .standard
    ) throws(TandemError) -> JSON {
        try allowLongStatements()
        return try recordMerge(.call("undo_record_merge", .uuid(id), .text(actor), .bool(dryRun)), catalog)
    }

    /// - Throws: `notFound`.
    public func showRecordMerge(_ id: UUID, catalog: ObjectCatalog = .standard) throws(TandemError) -> JSON {
        try recordMerge(.call("record_merge_find", .uuid(id)), catalog)
    }

    /// Newest first, as far as object, record (winner or loser) and state are given.
    ///
    /// - Parameter catalog: what the caller may read; nil: all.
    public func recordMerges(
        of object: String? = nil, record: UUID? = nil, state: String? = nil, limit: Int = 50,
        catalog: ObjectCatalog? = nil
    ) throws(TandemError) -> [JSON] {
        let rows = try run(
            .call(
                "record_merge_list", object.bind, record.bind, state.bind, .null(.uuid), .int4(Int32(limit))))
        var items: [JSON] = []
        let seen: ObjectCatalog
        if let catalog { seen = catalog } else { seen = try tenantCatalog() }
        for row in rows {
            if let json = try row.json(1) { items.append(RecordMergePresenter.shown(json, catalog: seen)) }
        }
        return items
    }

    /// For the rest of the transaction.
    func allowLongStatements() throws(TandemError) {
        let milliseconds = RecordMerge.longest.components.seconds * 1_000
        _ = try run(.call("set_config", .text("statement_timeout"), .text("\(milliseconds)"), .bool(true)))
    }

    private func recordMerge(_ statement: Statement, _ catalog: ObjectCatalog) throws(TandemError) -> JSON {
        guard let row = try run(statement).first, let json = try row.json(0) else { throw .notFound() }
        return RecordMergePresenter.shown(json, catalog: catalog)
    }
}
