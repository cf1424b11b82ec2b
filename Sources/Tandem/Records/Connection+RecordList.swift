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
        var page: JSONObject = ["next": .string(orNull: next), "has_more": .bool(next != nil)]
        if let count { page["count"] = .number(count) }
        return ["items": .array(items.map(\.json)), "page": .object(page)]
    }
}

/// What seals the cursors of a tenant's lists.
public struct CursorSeal: Sendable {
    let key: SymmetricKey
    let tenant: TenantDatabase

    public init(key: SymmetricKey, tenant: TenantDatabase) {
        self.key = key
        self.tenant = tenant
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
    /// - Throws: `badRequest` for a cursor that does not fit.
    public func recordList(
        _ description: ObjectDescription, _ query: RecordQuery, seal: CursorSeal, catalog: ObjectCatalog = .standard
    ) throws(TandemError) -> RecordPage {
        let selection = RecordSelection(description, names: query.names, followed: query.followed)
        let order = RecordOrder(query.sort)
        var conditions = query.filter.map { [$0.sql] } ?? []
        if let after = query.after {
            let cursor = try PageCursor(
                opening: after, with: seal.key, scope: seal.scope(description.plural), fingerprint: query.fingerprint)
            conditions.append(try order.following(cursor.keys))
        }
        let table = SQLIdentifier.table(of: description)
        let rows = try run(
            """
            select \(selection.columns), \(order.keys) from \(table) t
            where \(conditions.isEmpty ? "true" : .joined(conditions, by: " and "))
            order by \(order.clause) limit \(bind: .int(query.limit + 1))
            """ as SQLFragment)
        var items: [RecordSnapshot] = []
        for row in rows.prefix(query.limit) { items.append(try selection.snapshot(row, catalog: catalog)) }
        var next: String?
        if rows.count > query.limit, let last = rows.dropLast().last {
            let keys = (try last.json(3)?.array ?? []).map(\.string)
            next = PageCursor(keys: keys, fingerprint: query.fingerprint)
                .sealed(with: seal.key, scope: seal.scope(description.plural))
        }
        return RecordPage(items: items, next: next, count: try recordCount(description, query))
    }

    private func recordCount(_ description: ObjectDescription, _ query: RecordQuery) throws(TandemError) -> Int? {
        let source: SQLFragment = "from \(.table(of: description)) t where \(query.filter?.sql ?? "true")"
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

/// The order of a list: the asked fields, nulls last, and the id behind them, so that every row has its own place.
struct RecordOrder {
    private struct Part {
        let column: SQLFragment
        let isDescending: Bool
    }

    private let parts: [Part]
    private let isIDDescending: Bool

    /// Without fields: newest first, by id, which is time-ordered.
    init(_ sort: [RecordQuery.Order]) {
        let fields = sort.prefix { $0.field.name != "id" }
        parts = fields.map { Part(column: "t.\(.column(of: $0.field))", isDescending: $0.isDescending) }
        isIDDescending = sort.first { $0.field.name == "id" }?.isDescending ?? sort.first?.isDescending ?? true
    }

    var clause: SQLFragment {
        let orders: [SQLFragment] =
            parts.map { $0.isDescending ? "\($0.column) desc nulls last" : "\($0.column) asc nulls last" }
            + [isIDDescending ? "t.id desc" : "t.id"]
        return .joined(orders, by: ", ")
    }

    /// The row's keys as a JSON array of texts, the id last.
    var keys: SQLFragment {
        "jsonb_build_array(\(SQLFragment.joined(parts.map { "\($0.column)::text" } + ["t.id::text"], by: ", ")))"
    }

    /// The rows behind the one that has these keys: behind it in the first field, or equal there and behind in the next …
    func following(_ keys: [String?]) throws(TandemError) -> SQLFragment {
        guard keys.count == parts.count + 1, let id = keys.last ?? nil, UUIDText.isUUID(id) else {
            throw .badRequest(code: "invalid_cursor", detail: "The cursor is not one of this list.")
        }
        var alternatives: [SQLFragment] = []
        var equal: [SQLFragment] = []
        for (part, key) in zip(parts, keys) {
            guard let key else {
                // Nothing comes behind null in this field.
                equal.append("\(part.column) is null")
                continue
            }
            let value: SQLFragment = "\(bind: .untyped(key))"
            let behind: SQLFragment =
                part.isDescending
                ? "(\(part.column) < \(value) or \(part.column) is null)"
                : "(\(part.column) > \(value) or \(part.column) is null)"
            alternatives.append(.joined(equal + [behind], by: " and "))
            equal.append("\(part.column) = \(value)")
        }
        let identity: SQLFragment =
            isIDDescending ? "t.id < \(bind: .untyped(id))" : "t.id > \(bind: .untyped(id))"
        alternatives.append(.joined(equal + [identity], by: " and "))
        return "(\(SQLFragment.joined(alternatives.map { "(\($0))" }, by: " or ")))"
    }
}

private enum UUIDText {
    static func isUUID(_ text: String) -> Bool { RecordID(uuidString: text) != nil }
}
