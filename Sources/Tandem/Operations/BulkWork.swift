import Foundation
import Postgres

/// Changes the records of an order, page by page. Each page notes what became of its records in the transaction that did it. What does
/// not fit the condition any more is skipped. With the rights of a caller, each page is done with those that they have then.
final class BulkWork: OperationWork {
    private var order: BulkOrder?
    static let pageRecords = 200

    func close() {}

    func next(
        _ operation: Operation, of tenant: Tenant, on connection: Connection
    ) throws(TandemError) -> OperationPage {
        let orderer = try connection.orderer(of: operation, tenant)
        let order = try order(orderer, tenant, connection)
        let ids = try connection.inTenant(tenant.database.acting(for: orderer.rights?.caller)) {
            (connection) throws(TandemError) -> [RecordID] in
            let ids = try Self.ids(
                connection.run(.call("bulk_waiting", .uuid(operation.id), .int4(Int32(Self.pageRecords)))))
            if !ids.isEmpty { try write(ids, order, operation, by: orderer.actor, connection) }
            return ids
        }
        return OperationPage(cursor: ids.last.map { (0, $0) }, isLast: ids.count < Self.pageRecords)
    }

    private func write(
        _ ids: [RecordID], _ order: BulkOrder, _ operation: Operation, by actor: String, _ connection: Connection
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

    /// As who ordered it may read it now. Without limits it is read once.
    private func order(
        _ orderer: Orderer, _ tenant: Tenant, _ connection: Connection
    ) throws(TandemError) -> BulkOrder {
        if let order, orderer.rights == nil { return order }
        let read = try connection.inTenant(
            tenant.database, readOnly: true, catalogs: CatalogDirectory()
        ) { (connection, catalog) throws(TandemError) in
            try BulkOrder(input: orderer.input, catalog: orderer.rights?.narrowed(catalog) ?? catalog)
        }
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
        let orderer = try connection.orderer(of: operation, tenant)
        let count = try connection.inTenant(database.acting(for: orderer.rights?.caller)) {
            (connection) throws(TandemError) -> Int in
            if let rights = orderer.rights { try Self.check(orderer.input, rights, connection) }
            let rows = try connection.run(
                .call("bulk_undo_page", .uuid(operation.id), .int4(Int32(BulkWork.pageRecords))))
            return try reading { () throws(PostgresError) in try rows.one().int(0) }
        }
        return OperationPage(isLast: count < BulkWork.pageRecords)
    }

    /// The fields that go back are those that the order named.
    private static func check(
        _ input: JSON, _ rights: RecordRights, _ connection: Connection
    ) throws(TandemError) {
        guard let object = input["object"]?.string,
            let undone = input["operation"]?.string.flatMap({ UUID(uuidString: $0) })
        else { return }
        let order = try connection.run(.call("operation_show", .uuid(undone))).first?.json(0)
        for field in order?["input"]?["data"]?.object?.names ?? [] where !rights.changes(field, of: object) {
            throw .denied(
                code: "forbidden",
                detail: "Who ordered this may not change \(field) any more; what is not taken back stays as it is.")
        }
    }
}

/// Who ordered an operation, and what they may do now.
struct Orderer {
    let input: JSON
    let actor: String
    /// Nil: without limits.
    let rights: RecordRights?
}

extension Connection {
    /// - Throws: `denied` where who ordered it is not let in any more: a key that ended, a user who has left.
    func orderer(of operation: Operation, _ tenant: Tenant) throws(TandemError) -> Orderer {
        let shown = try inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) in
            try connection.run(.call("operation_show", .uuid(operation.id))).first?.json(0)
        }
        let input = shown?["input"] ?? .null
        var rights: RecordRights?
        if let named = input["caller"]?.object {
            let caller = try present(named, tenant)
            rights = try reading { () throws(PostgresError) in try recordRights(tenant.database, of: caller) }
        }
        return Orderer(input: input, actor: shown?["actor"]?.string ?? "", rights: rights)
    }

    /// The caller that `caller_json` kept, with the roles of now: a key's own, else those of the user.
    private func present(_ named: JSONObject, _ tenant: Tenant) throws(TandemError) -> RecordCaller {
        func id(_ name: String) -> UUID? { named[name]?.string.flatMap { UUID(uuidString: $0) } }
        if let key = id("key") {
            let rows = try reading { () throws(PostgresError) in
                try single(settings: TenantDatabase.control(), .call("find_keys", .null(.uuid), .uuid(key)))
            }
            let found = try rows.first.map { (row) throws(TandemError) in
                try reading { () throws(PostgresError) in try APIKey(row: row) }
            }
            guard let found, found.tenant == tenant.id, found.revokedAt == nil,
                found.expiresAt.map({ $0 > .now }) ?? true,
                let caller = found.caller
            else { throw .orderedByNobody("The key that ordered this works no more") }
            return caller
        }
        guard let user = id("user") else { throw .orderedByNobody("It is not known any more who ordered this") }
        guard let found = try signedInUser(tenant.database, user) else {
            throw .orderedByNobody("The user who ordered this has left")
        }
        return RecordCaller(roles: found.roles, user: user)
    }
}

extension TandemError {
    fileprivate static func orderedByNobody(_ words: String) -> TandemError {
        .denied(code: "forbidden", detail: words + "; what was not done yet is left as it is. Order the rest anew.")
    }
}
