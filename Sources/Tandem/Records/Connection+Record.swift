public import Foundation
public import Postgres

/// A record as the API shows it.
public struct RecordSnapshot: Sendable, Hashable {
    public let id: RecordID
    /// The ETag.
    public let version: Int
    public let json: JSON
    /// What else there is to say of the write that made it so (see `RecordOutcome.detail`).
    public var detail: JSON?
}

// All of these run inside a transaction of the tenant: `connection.inTenant(tenant.database) { connection in … }`.

extension Connection {
    /// Makes a record from its JSON.
    ///
    /// - Throws: `invalid`, `duplicate`.
    public func recordCreate(
        _ description: ObjectDescription, _ body: JSON, by author: RecordAuthor, catalog: ObjectCatalog,
        region: String = Normalizer.noRegion, allowDuplicate: Bool = false
    ) throws(TandemError) -> RecordSnapshot {
        let reader = RecordReader(description, catalog: catalog, region: region)
        var write = RecordWrite(.create, input: try reader.read(body, isNew: true))
        write.allowDuplicate = allowDuplicate
        return try recordWriteOne(description, write, by: author, catalog: catalog).snapshot
    }

    /// Changes the fields that `body` has; null clears.
    ///
    /// - Parameter ifMatch: the version that the caller has seen.
    /// - Throws: `notFound`, `merged`, `versionMismatch`, `invalid`, `duplicate`.
    public func recordUpdate(
        _ description: ObjectDescription, id: RecordID, _ body: JSON, ifMatch: Int? = nil, by author: RecordAuthor,
        catalog: ObjectCatalog, region: String = Normalizer.noRegion
    ) throws(TandemError) -> RecordSnapshot {
        let reader = RecordReader(description, catalog: catalog, region: region)
        var write = RecordWrite(.update, id: id, input: try reader.read(body, isNew: false))
        write.ifMatch = ifMatch
        return try recordWriteOne(description, write, by: author, catalog: catalog).snapshot
    }

    /// Changes the record that has `value` in `field`, or makes one that has.
    ///
    /// - Throws: `notFound(code: "unknown_key")` if the object is not looked up by that field; `duplicate` with the ids
    ///   when several records have the value; `invalid` if the body has another value in that field: the same call again
    ///   would make a second record.
    public func recordUpsert(
        _ description: ObjectDescription, by field: String, _ value: String, _ body: JSON, ifMatch: Int? = nil,
        by author: RecordAuthor, catalog: ObjectCatalog, region: String = Normalizer.noRegion
    ) throws(TandemError) -> (snapshot: RecordSnapshot, isCreated: Bool) {
        let key = try RecordKey(description, field, value, region: region)
        var object = body.object ?? JSONObject()
        if key.field.name == "id" || body.object == nil {
            // An id is no field to be written; anything but an object is the reader's error.
        } else if let given = object[key.field.name] {
            let text = given.string ?? given.number?.text
            guard let text, try RecordKey(description, field, text, region: region).value == key.value else {
                throw .invalid("/" + field, "differs", "differs from the value that the record is looked up by")
            }
        } else {
            object[key.field.name] = .string(value)
        }
        var live = try recordFindLive(description, key)
        if live.isEmpty, key.field.name != "id" {
            // Whoever is about to make it goes first.
            try lockKey(description, key)
            live = try recordFindLive(description, key)
        }
        var existing = live
        if live.isEmpty { existing = try recordFindMerged(description, key) }
        if live.isEmpty, !existing.isEmpty, body[key.field.name] == nil {
            // The key of a record that was merged into this one is no value of this one.
            object[key.field.name] = nil
        }
        let reader = RecordReader(description, catalog: catalog, region: region)
        let full: JSON = body.object == nil ? body : .object(object)
        if existing.count > 1 { throw .duplicate(ids: existing) }
        var write: RecordWrite
        if let id = existing.first {
            write = RecordWrite(.update, id: id, input: try reader.read(full, isNew: false))
        } else {
            write = RecordWrite(.create, input: try reader.read(full, isNew: true))
            write.id = key.field.name == "id" ? RecordID(uuidString: key.value) : nil
        }
        write.ifMatch = ifMatch
        do throws(TandemError) {
            let result = try recordWriteOne(description, write, by: author, catalog: catalog)
            return (result.snapshot, result.outcome.status == .created)
        } catch {
            // Somebody else made it since it was looked for, and the write waited for them.
            guard case .duplicate = error, write.operation == .create else { throw error }
            let made = try recordFindLive(description, key)
            guard made.count == 1, let id = made.first else { throw error }
            var change = RecordWrite(.update, id: id, input: try reader.read(full, isNew: false))
            change.ifMatch = ifMatch
            return (try recordWriteOne(description, change, by: author, catalog: catalog).snapshot, false)
        }
    }

    /// Moves a record to the bin.
    ///
    /// - Throws: `notFound`, `merged`, `versionMismatch`, `inUse`.
    public func recordDelete(
        _ description: ObjectDescription, id: RecordID, ifMatch: Int? = nil, by author: RecordAuthor
    ) throws(TandemError) {
        var write = RecordWrite(.delete, id: id)
        write.ifMatch = ifMatch
        if let error = try recordWrite(description, [write], by: author).first?.error { throw error }
    }

    /// Brings a record back from the bin.
    ///
    /// - Throws: `notFound` if it is not there, `duplicate` if a key of its was taken.
    public func recordRestore(
        _ description: ObjectDescription, id: RecordID, by author: RecordAuthor, catalog: ObjectCatalog
    ) throws(TandemError) -> RecordSnapshot {
        try recordWriteOne(description, RecordWrite(.restore, id: id), by: author, catalog: catalog).snapshot
    }

    private func recordWriteOne(
        _ description: ObjectDescription, _ write: RecordWrite, by author: RecordAuthor, catalog: ObjectCatalog
    ) throws(TandemError) -> (snapshot: RecordSnapshot, outcome: RecordOutcome) {
        guard let outcome = try recordWrite(description, [write], by: author).first else {
            throw .failure("write_records answered nothing", sqlState: nil)
        }
        if let error = outcome.error { throw error }
        guard let id = outcome.id else { throw .failure("write_records answered no id", sqlState: nil) }
        var snapshot = try recordGet(description, id: id, catalog: catalog)
        snapshot.detail = outcome.detail
        return (snapshot, outcome)
    }

    /// One record with its children.
    ///
    /// - Throws: `notFound`, `merged`.
    public func recordGet(
        _ description: ObjectDescription, id: RecordID, catalog: ObjectCatalog
    ) throws(TandemError) -> RecordSnapshot {
        let shape = catalog.shape(of: description)
        let row = try recordRow(description, id, shape)
        var encoder = shape.encoder
        return try encoder.snapshot(row)
    }

    /// The same as JSON text, with its version.
    ///
    /// - Throws: `notFound`, `merged`.
    public func recordText(
        _ description: ObjectDescription, id: RecordID, catalog: ObjectCatalog
    ) throws(TandemError) -> (version: Int, json: [UInt8]) {
        let shape = catalog.shape(of: description)
        let row = try recordRow(description, id, shape)
        var encoder = shape.encoder
        var json: [UInt8] = []
        try encoder.append(row, to: &json)
        return (try reading { () throws(PostgresError) in try row.int(RecordSelection.versionColumn) }, json)
    }

    private func recordRow(
        _ description: ObjectDescription, _ id: RecordID, _ shape: RecordShape
    ) throws(TandemError) -> Row {
        let rows = try run(
            "select \(shape.selection.columns) from \(rows: description) t where t.id = \(bind: .uuid(id))"
                as SQLFragment)
        guard let row = rows.first else { throw try recordAbsence(description, id) }
        return row
    }

    /// The records that have `value` in `field`, at most 100.
    ///
    /// - Throws: `notFound(code: "unknown_key")` if the object is not looked up by that field.
    public func recordFind(
        _ description: ObjectDescription, by field: String, _ value: String, region: String = Normalizer.noRegion
    ) throws(TandemError) -> [RecordID] {
        try recordFind(description, try RecordKey(description, field, value, region: region))
    }

    private func recordFind(_ description: ObjectDescription, _ key: RecordKey) throws(TandemError) -> [RecordID] {
        let live = try recordFindLive(description, key)
        if live.isEmpty { return try recordFindMerged(description, key) }
        return live
    }

    private func recordFindLive(_ description: ObjectDescription, _ key: RecordKey) throws(TandemError) -> [RecordID] {
        let rows = try run(
            """
            select t.id from \(rows: description) t where t.\(key.column) = \(bind: .untyped(key.value))
            order by t.id limit 100
            """ as SQLFragment)
        return try rows.map { (row) throws(TandemError) in try reading { () throws(PostgresError) in try row.uuid(0) } }
    }

    /// Holds the value until the transaction ends: another upsert by it waits, and then finds what this one has made.
    private func lockKey(_ description: ObjectDescription, _ key: RecordKey) throws(TandemError) {
        let items: JSON = [["op": "upsert", "match": .object([key.columnName: .string(key.value)])]]
        _ = try run(.call("lock_keys", .text(description.name), .jsonb(items.encoded())))
    }

    /// What records that had the key before they were merged have become.
    private func recordFindMerged(
        _ description: ObjectDescription, _ key: RecordKey
    ) throws(TandemError) -> [RecordID] {
        guard key.field.name != "id" else { return [] }
        let column = key.field.type == .email ? key.field.companion?.column ?? key.field.name : key.field.name
        let rows = try run(
            """
            select t.id from aliased(\(bind: .text(description.name)), \(bind: .text(column)),
            \(bind: .textArray([key.value]))) a join \(.table(of: description)) t on t.id = a.id order by t.id limit 100
            """ as SQLFragment)
        return try rows.map { (row) throws(TandemError) in try reading { () throws(PostgresError) in try row.uuid(0) } }
    }

    func recordAbsence(_ description: ObjectDescription, _ id: RecordID) throws(TandemError) -> TandemError {
        let rows = try run(
            """
            select new_id from record_redirect where old_id = \(bind: .uuid(id))
            and object = \(bind: .text(description.name))
            and exists (select from \(rows: description) t where t.id = new_id)
            """ as SQLFragment)
        guard let row = rows.first else { return .notFound() }
        return .merged(into: try reading { () throws(PostgresError) in try row.uuid(0) })
    }
}

/// A field and a value by which a record is looked up.
struct RecordKey {
    let field: ObjectField
    let value: String
    let column: SQLIdentifier
    var columnName: String { field.type == .email ? field.companion?.column ?? field.name : field.name }

    /// Values are compared in the form in which they are stored: e-mail addresses and hosts normalised.
    init(_ description: ObjectDescription, _ name: String, _ value: String, region: String) throws(TandemError) {
        guard description.keys.contains(name), let field = description.field(name) else {
            throw .notFound(code: "unknown_key")
        }
        self.field = field
        var normal: String? = String(Normalizer.trimmed(value[...]))
        switch field.type {
        case .id: normal = PublicID(description.prefix, text: value)?.uuid.text
        case .email: normal = Normalizer.email(value)
        case .domain: normal = Normalizer.domain(value)
        case _ where field.custom != nil:
            guard case .value(let read) = FieldReader(region: region).readPlain(field, .string(value)) else {
                throw .invalid("/" + name, "invalid_value", "is not a value of this field")
            }
            normal = read.string ?? read.number?.text
        default: break
        }
        guard let normal, !normal.isEmpty else {
            throw .invalid("/" + name, "invalid_value", "is not a value of this field")
        }
        self.value = normal
        column = field.type == .email ? .companion(of: field) : .column(of: field)
    }
}
