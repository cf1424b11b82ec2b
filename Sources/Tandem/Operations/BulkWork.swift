import Foundation
import Postgres

/// Changes the records of an order, page by page. Each page notes what became of its records in the transaction that did it. What does
/// not fit the condition any more is skipped.
final class BulkWork: OperationWork {
    private var order: BulkOrder?
    private var actor = ""
    private var caller: RecordCaller?
    static let pageRecords = 200

    func close() {}

    func next(
        _ operation: Operation, of tenant: Tenant, on connection: Connection
    ) throws(TandemError) -> OperationPage {
        let order = try order(operation, tenant, connection)
        let ids = try connection.inTenant(tenant.database.acting(for: caller)) {
            (connection) throws(TandemError) -> [RecordID] in
            let ids = try Self.ids(
                connection.run(.call("bulk_waiting", .uuid(operation.id), .int4(Int32(Self.pageRecords)))))
            if !ids.isEmpty { try write(ids, order, operation, connection) }
            return ids
        }
        return OperationPage(cursor: ids.last.map { (0, $0) }, isLast: ids.count < Self.pageRecords)
    }

    private func write(
        _ ids: [RecordID], _ order: BulkOrder, _ operation: Operation, _ connection: Connection
    ) throws(TandemError) {
        let rows = try connection.run("select t.id \(order.records(among: ids))" as SQLFragment)
        let meant = Set(try Self.ids(rows))
        let written = ids.filter(meant.contains)
        let outcomes = try connection.recordWrite(
            order.description, written.map(order.write),
            by: RecordAuthor(actor: actor, cause: "bulk:" + operation.id.text))
        let skipped = ids.filter { !meant.contains($0) }
        _ = try connection.run(
            .call(
                "bulk_note", .uuid(operation.id), .uuidArray(outcomes.map { written[$0.index] } + skipped),
                .textArray(outcomes.map(\.status.rawValue) + skipped.map { _ in "skipped" }),
                .jsonbArray(outcomes.map { Self.detail($0)?.encoded()[...] } + skipped.map { _ in nil })))
    }

    /// What there is to say of a record beside its outcome: why it is in error, what could not be put back around it.
    private static func detail(_ outcome: RecordOutcome) -> JSON? {
        if let error = outcome.error { return error.summary }
        return outcome.detail?["not_restored"].map { ["not_restored": $0] }
    }

    private func order(
        _ operation: Operation, _ tenant: Tenant, _ connection: Connection
    ) throws(TandemError) -> BulkOrder {
        if let order { return order }
        let (read, orderer, caller) = try connection.inTenant(
            tenant.database, readOnly: true, catalogs: CatalogDirectory()
        ) { (connection, catalog) throws(TandemError) -> (BulkOrder, String, RecordCaller?) in
            let shown = try connection.operationShow(operation.id)
            return (
                try BulkOrder(input: shown?["input"] ?? .null, catalog: catalog), shown?["actor"]?.string ?? "",
                try connection.caller(of: operation)
            )
        }
        actor = orderer
        self.caller = caller
        order = read
        return read
    }

    private static func ids(_ rows: Rows) throws(TandemError) -> [RecordID] {
        try rows.map { (row) throws(TandemError) in try reading { () throws(PostgresError) in try row.uuid(0) } }
    }
}

/// Takes back what a `BulkWork` did, page by page.
final class BulkUndoing: OperationWork {
    func close() {}

    func next(
        _ operation: Operation, of tenant: Tenant, on connection: Connection
    ) throws(TandemError) -> OperationPage {
        let database = tenant.database
        let caller = try connection.inTenant(database, readOnly: true) { (connection) throws(TandemError) in
            try connection.caller(of: operation)
        }
        let count = try connection.inTenant(database.acting(for: caller)) { (connection) throws(TandemError) -> Int in
            let rows = try connection.run(
                .call("bulk_undo_page", .uuid(operation.id), .int4(Int32(BulkWork.pageRecords))))
            return try reading { () throws(PostgresError) in try rows.one().int(0) }
        }
        return OperationPage(isLast: count < BulkWork.pageRecords)
    }
}

extension Connection {
    /// In whose name an operation is done; nil: without limits.
    func caller(of operation: Operation) throws(TandemError) -> RecordCaller? {
        let shown = try run(.call("operation_show", .uuid(operation.id))).first?.json(0)
        guard let caller = shown?["input"]?["caller"]?.object else { return nil }
        let roles = (caller["roles"]?.array ?? []).compactMap { $0.string.flatMap { UUID(uuidString: $0) } }
        return RecordCaller(roles: roles, user: caller["user"]?.string.flatMap { UUID(uuidString: $0) })
    }
}
