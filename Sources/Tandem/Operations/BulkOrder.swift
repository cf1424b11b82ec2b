public import Foundation
public import Postgres

/// Changes of all records that a condition means: `{"where", "data", "expect_count"}`.
public struct BulkOrder: Sendable {
    public enum Action: String, Sendable, CaseIterable {
        case update, delete, restore
    }

    static let operationType = "bulk"
    static let undoType = "bulk_undo"
    /// Records of one order.
    static let recordLimit = 1_000_000

    let action: Action
    let description: ObjectDescription
    let filter: RecordFilter
    let input: RecordInput
    let expected: Int?
    /// As it was given: what an operation keeps.
    private let json: JSONObject

    /// - Parameter isDryRun: then no number has to be expected.
    /// - Throws: `invalid` with the pointer of the wrong part; `badRequest` for a condition in its short form.
    public init(
        _ action: Action, of description: ObjectDescription, _ body: JSONObject, isDryRun: Bool = false,
        catalog: ObjectCatalog, region: String = Normalizer.noRegion
    ) throws(TandemError) {
        self.action = action
        self.description = description
        let known = ["where", "expect_count"] + (action == .update ? ["data"] : [])
        for name in body.names where !known.contains(name) {
            throw .invalid("/" + JSONPointer.escaped(name), "unknown_field", "is not known here")
        }
        guard let condition = body["where"], !condition.isNull else {
            throw .invalid(
                "/where", "required", "says which records are meant; {\"field\": \"id\", \"op\": \"is_set\"} means all")
        }
        let reader = RecordFilterReader(description: description, catalog: catalog)
        if let text = condition.string {
            filter = try RecordFilterText.read(text, reader)
        } else {
            filter = try reader.read(condition)
        }
        var json: JSONObject = [
            "object": .string(description.name), "action": .string(action.rawValue), "where": condition,
        ]
        if action == .update {
            guard let data = body["data"], data.object?.isEmpty == false else {
                throw .invalid("/data", "required", "has the fields to change")
            }
            do throws(TandemError) {
                input = try RecordReader(description, catalog: catalog, region: region).read(data, isNew: false)
            } catch {
                throw error.below("/data")
            }
            guard input.records.isEmpty else {
                throw .invalid("/data", "unsuitable_field", "has records of their own; change those")
            }
            json["data"] = data
        } else {
            input = RecordInput()
        }
        if let number = body["expect_count"], !number.isNull {
            guard let count = number.int, (0...Self.recordLimit).contains(count) else {
                throw .invalid("/expect_count", "out_of_range", "is a number from 0 to \(Self.recordLimit)")
            }
            expected = count
        } else {
            guard isDryRun else {
                throw .invalid("/expect_count", "required", "is how many records you expect; ?dry_run=true counts them")
            }
            expected = nil
        }
        self.json = json
    }

    /// From what an operation keeps.
    init(input: JSON, catalog: ObjectCatalog) throws(TandemError) {
        guard let action = input["action"]?.string.flatMap(Action.init),
            let description = input["object"]?.string.flatMap({ catalog.object($0) })
        else { throw .failure("an operation with another kind of order", sqlState: nil) }
        var body = JSONObject()
        for name in ["where", "data"] { body[name] = input[name] }
        try self.init(action, of: description, body, isDryRun: true, catalog: catalog)
    }

    var bind: Bind { .jsonb(JSON.object(json).encoded()) }

    /// Those that it means, all or among `ids`, as `t` behind `select …`: live records, or what is in the bin.
    func records(among ids: [RecordID]? = nil) -> SQLFragment {
        let table = SQLIdentifier.table(of: description)
        let isReached = description.reached(action == .update ? "edit" : "delete")
        guard action == .restore else {
            return
                """
                from \(rows: description) t where \(ids.map { "t.id = any (\(bind: .uuidArray($0)))" } ?? "true")
                and \(isReached) and \(filter.sql)
                """
        }
        let isRead: SQLFragment = description.condition == nil ? "true" : "reads_deleted(b.object, b.data)"
        return """
            from bin b cross join lateral jsonb_populate_record(null::\(table), b.data) t
            where b.object = \(bind: .text(description.name))
            and \(ids.map { "b.record_id = any (\(bind: .uuidArray($0)))" } ?? "true")
            and \(isReached) and \(isRead) and \(filter.sql)
            """
    }

    func write(_ id: RecordID) -> RecordWrite {
        switch action {
        case .update: RecordWrite(.update, id: id, input: input)
        case .delete: RecordWrite(.delete, id: id)
        case .restore: RecordWrite(.restore, id: id)
        }
    }
}

// Inside a transaction of the tenant: `connection.inTenant(tenant.database) { … }`.

extension Connection {
    /// Orders it and answers the operation. Whoever works for the tenant does it (`OperationRunner`).
    ///
    /// - Throws: `countDiffers`.
    public func bulkOrder(_ order: BulkOrder, id: UUID, by actor: String) throws(TandemError) -> JSON {
        _ = try run("select set_config('statement_timeout', '60s', true)" as Statement)
        let rows = try run(
            """
            select bulk_order(\(bind: .uuid(id)), \(bind: order.bind), array(select t.id
            \(order.records())), \(bind: .int8(Int64(order.expected ?? 0))), \(bind: .text(actor)))
            """ as SQLFragment)
        return OperationPresenter.shown(try rows.first?.json(0) ?? .null)
    }

    /// What it would do: `{"dry_run": true, "count", "sample": [{"id", "name", "outcome", "error"?}]}`. The sample is written; who
    /// calls takes all back (`discardChanges`).
    public func bulkRehearse(_ order: BulkOrder, by actor: String) throws(TandemError) -> JSON {
        _ = try run("select set_config('statement_timeout', '60s', true)" as Statement)
        let counted = try run("select count(*) \(order.records())" as SQLFragment)
        let count = try counted.first.map { (row) throws(TandemError) in
            try reading { () throws(PostgresError) in try row.int(0) }
        }
        if let expected = order.expected, let count, count != expected { throw .countDiffers(count: count) }
        let title = order.description.field(order.description.title) ?? order.description.fields[0]
        let rows = try run(
            """
            select t.id, t.\(.column(of: title))::text \(order.records()) order by t.id limit \(bind: .int(Self.sampleRecords))
            """ as SQLFragment)
        var found: [(id: RecordID, title: String?)] = []
        for row in rows {
            found.append(
                try reading { () throws(PostgresError) in (try row.uuid(0), try row.optionalText(1)) })
        }
        let outcomes = try recordWrite(
            order.description, found.map { order.write($0.id) }, by: RecordAuthor(actor: actor, cause: "bulk"))
        let sample = zip(found, outcomes).map { record, outcome -> JSON in
            var item: JSONObject = [
                "id": .string(order.description.publicID(record.id)), "name": .string(orNull: record.title),
                "outcome": .string(outcome.status.rawValue),
            ]
            if let error = outcome.error { item["error"] = error.summary }
            return .object(item)
        }
        return ["dry_run": true, "count": .number(count ?? 0), "sample": .array(sample)]
    }

    private static let sampleRecords = 10

    /// Orders that an operation be taken back.
    ///
    /// - Throws: `notFound`, `conflict`, `alreadyUndone`.
    public func bulkUndo(_ operation: UUID, id: UUID, by actor: String) throws(TandemError) -> JSON {
        let rows = try run(.call("bulk_undo_order", .uuid(id), .uuid(operation), .text(actor)))
        return OperationPresenter.shown(try rows.first?.json(0) ?? .null)
    }

    /// Operations, newest first.
    public func operationList(state: String? = nil, limit: Int) throws(TandemError) -> [JSON] {
        let rows = try run(
            .call("operation_list", state.bind, .null(.timestamptz), .null(.uuid), .int4(Int32(clamping: limit))))
        return try rows.map { (row) throws(TandemError) in OperationPresenter.shown(try row.json(2) ?? .null) }
    }

    /// Ends an operation before its end.
    ///
    /// - Throws: `notFound`, `conflict` if it has ended.
    public func operationCancel(_ id: UUID, by actor: String) throws(TandemError) -> JSON {
        OperationPresenter.shown(try run(.call("operation_cancel", .uuid(id), .text(actor))).first?.json(0) ?? .null)
    }
}

extension TandemError {
    /// `{"code", "message", "errors"?}`, where an error is one of many.
    var summary: JSON {
        var object: JSONObject = ["code": .string(code), "message": .string(message)]
        if case .invalid(let fields) = self {
            object["errors"] = .array(
                fields.map {
                    ["pointer": .string($0.pointer), "code": .string($0.code), "detail": .string($0.detail)]
                })
        }
        return .object(object)
    }
}
