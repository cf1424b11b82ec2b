import Foundation
import Postgres

/// Makes the file of an export, page by page. What a page brings and where the next one begins are written together; rights are
/// those that the caller has at that moment.
final class Exporting: OperationWork {
    /// Of a file that is kept, bytes.
    private static let sizeLimit = 2 << 30
    private let catalogs = CatalogDirectory()

    func close() {}

    func next(
        _ operation: Operation, of tenant: Tenant, on connection: Connection
    ) throws(TandemError) -> OperationPage {
        let orderer = try connection.orderer(of: operation, tenant)
        let database = tenant.database.acting(for: orderer.rights?.caller)
        let seal = try reading { () throws(PostgresError) in
            try CursorSeal(of: tenant.database, on: connection)
        }
        let isLast = try connection.inTenant(database, catalogs: catalogs) {
            (connection, catalog) throws(TandemError) in
            try Self.page(of: operation, on: connection, orderer.rights.map { $0.narrowed(catalog) } ?? catalog, seal)
        }
        return OperationPage(isLast: isLast)
    }

    /// Whether it was the last.
    private static func page(
        of operation: Operation, on connection: Connection, _ catalog: ObjectCatalog, _ seal: CursorSeal
    ) throws(TandemError) -> Bool {
        guard let row = try connection.run(.call("export_begin", .uuid(operation.id))).first else { return true }
        let (cursor, written) = try reading { () throws(PostgresError) in
            (try row.optionalText("cursor"), try row.int("bytes"))
        }
        let order = try ExportOrder(input: row.json(2) ?? .null, catalog: catalog)
        let page = try connection.exportPage(order, after: cursor, seal: seal, catalog: catalog)
        let writer = ExportWriter(order)
        var bytes: [UInt8] = []
        if written == 0 { writer.begin(&bytes) }
        for item in page.items { writer.append(item, to: &bytes) }
        guard written + bytes.count <= sizeLimit else {
            throw .limitReached(
                "The file would have more than 2 GiB: narrow the condition, or let tandem export write it where there is room."
            )
        }
        _ = try connection.run(
            .call(
                "export_append", .uuid(operation.id), .bytea(bytes), .int8(Int64(page.items.count)), page.next.bind))
        return page.next == nil
    }
}
