public import Crypto
import Foundation
public import Postgres

/// One page of a list.
public struct RecordPage: Sendable {
    public let items: [RecordSnapshot]
    /// The cursor of the next page; nil on the last.
    public let next: String?
    /// How many records there are in all, if it was asked for.
    public let count: Int?

    /// `{"items": […], "page": {"next", "has_more"}}`.
    public var json: JSON {
        ["items": .array(items.map(\.json)), "page": Self.footer(next: next, count: count)]
    }

    static func footer(next: String?, count: Int?) -> JSON {
        var page: JSONObject = ["next": .string(orNull: next), "has_more": .bool(next != nil)]
        if let count { page["count"] = .number(count) }
        return .object(page)
    }
}

/// One page of a list as PostgreSQL answered it.
private struct RecordRows {
    let shape: RecordShape
    let rows: ArraySlice<Row>
    let next: String?
    let count: Int?
}

/// What seals the cursors of a tenant's lists.
public struct CursorSeal: Sendable {
    let key: SymmetricKey
    let tenant: TenantDatabase

    public init(key: SymmetricKey, tenant: TenantDatabase) {
        self.key = key
        self.tenant = tenant
    }

    /// For a caller beside a server, whose cursors its server takes and the other way round.
    public init(of tenant: TenantDatabase, on connection: Connection) throws(PostgresError) {
        self.init(key: try TandemContext.sealingKey(on: connection), tenant: tenant)
    }

    /// For a caller who pages within one process and shows no cursor.
    public init(ofProcess tenant: TenantDatabase) {
        self.init(key: SymmetricKey(size: .bits256), tenant: tenant)
    }

    func scope(_ list: String) -> String { tenant.schema.name + "/" + list }
}

// All of these run inside a transaction of the tenant: `connection.inTenant(tenant.database, readOnly: true) { … }`.

extension Connection {
    /// One page of records.
    ///
    /// - Parameter right: what the caller's roles must allow with them beside reading; nil: nothing else.
    /// - Throws: `badRequest` for a cursor that does not fit.
    public func recordList(
        _ description: ObjectDescription, _ query: RecordQuery, seal: CursorSeal, catalog: ObjectCatalog,
        reaching right: String? = nil
    ) throws(TandemError) -> RecordPage {
        let page = try recordRows(description, query, seal: seal, catalog: catalog, reaching: right)
        var encoder = page.shape.encoder
        var items: [RecordSnapshot] = []
        for row in page.rows { items.append(try encoder.snapshot(row)) }
        return RecordPage(items: items, next: page.next, count: page.count)
    }

    /// The same page as JSON text, see `RecordPage.json`.
    ///
    /// - Throws: `badRequest` for a cursor that does not fit.
    public func recordListText(
        _ description: ObjectDescription, _ query: RecordQuery, seal: CursorSeal, catalog: ObjectCatalog
    ) throws(TandemError) -> [UInt8] {
        let page = try recordRows(description, query, seal: seal, catalog: catalog)
        var encoder = page.shape.encoder
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64 + 1024 * page.rows.count)
        bytes.append(contentsOf: "{\"items\":[".utf8)
        for (index, row) in page.rows.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            try encoder.append(row, to: &bytes)
        }
        bytes.append(contentsOf: "],\"page\":".utf8)
        RecordPage.footer(next: page.next, count: page.count).append(to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// How many records a condition means, of those with which the caller's roles allow something.
    func recordCount(
        _ description: ObjectDescription, _ filter: RecordFilter?, reaching right: String
    ) throws(TandemError) -> Int {
        let rows = try run(
            """
            select count(*) from \(rows: description) t where \(filter?.sql ?? "true") and \(description.reached(right))
            """ as SQLFragment)
        return try reading { () throws(PostgresError) in try rows.one().int(0) }
    }

    private func recordRows(
        _ description: ObjectDescription, _ query: RecordQuery, seal: CursorSeal, catalog: ObjectCatalog,
        reaching right: String? = nil
    ) throws(TandemError) -> RecordRows {
        let shape =
            query.showsAll
            ? catalog.shape(of: description)
            : RecordShape(
                RecordSelection(description, names: query.names, followed: query.followed), catalog: catalog)
        let order = RecordOrder(query.sort)
        var place: [String?]?
        if let after = query.after {
            place = try PageCursor(
                opening: after, with: seal.key, scope: seal.scope(description.plural), fingerprint: query.fingerprint
            ).keys
        }
        var rows: [Row] = []
        for step in try order.steps(after: place) where rows.count <= query.limit {
            let conditions =
                (query.filter.map { [$0.sql] } ?? []) + (right.map { [description.reached($0)] } ?? [])
                + step.conditions
            rows += try run(
                """
                select \(shape.selection.columns), \(order.keys) from \(rows: description) t
                where \(conditions.isEmpty ? "true" : .joined(conditions, by: " and "))
                order by \(step.order) limit \(bind: .int(query.limit + 1 - rows.count))
                """ as SQLFragment)
        }
        var next: String?
        if rows.count > query.limit, let last = rows.dropLast().last {
            var keys: [String?] = []
            let width = shape.selection.width
            for column in width..<(width + order.width) {
                keys.append(try reading { () throws(PostgresError) in try last.optionalText(column) })
            }
            next = PageCursor(keys: keys, fingerprint: query.fingerprint)
                .sealed(with: seal.key, scope: seal.scope(description.plural))
        }
        return RecordRows(
            shape: shape, rows: rows.prefix(query.limit), next: next, count: try recordCount(description, query)
        )
    }

    private func recordCount(_ description: ObjectDescription, _ query: RecordQuery) throws(TandemError) -> Int? {
        let source: SQLFragment = "from \(rows: description) t where \(query.filter?.sql ?? "true")"
        switch query.count {
        case .none: return nil
        case .exact:
            guard let row = try run("select count(*) \(source)" as SQLFragment).first else { return nil }
            return try reading { () throws(PostgresError) in try row.int(0) }
        case .estimate:
            guard let row = try run("explain (format json) select 1 \(source)" as SQLFragment).first else { return nil }
            return try row.json(0)?[0]?["Plan"]?["Plan Rows"]?.int
        }
    }
}

extension ObjectDescription {
    /// Those of its records, as `t`, with which the caller's roles allow an action.
    func reached(_ action: String) -> SQLFragment {
        let reach: SQLFragment = "(select reach(\(bind: .text(name)), \(bind: .text(action))))"
        guard ObjectCatalog.standard.object(name)?.field("owner_id") != nil else { return "\(reach) is null" }
        return "(\(reach) is null or t.owner_id = any (\(reach)::uuid[]))"
    }
}
