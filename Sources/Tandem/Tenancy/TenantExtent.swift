public import Postgres

/// What goes with a tenant that is deleted.
public struct TenantExtent: Sendable {
    /// As PostgreSQL estimates them.
    public let rows: Int
    /// On disk.
    public let bytes: Int
    public let biLogins: Int
    public let keys: Int
    public let sources: Int

    init(row: Row) throws(PostgresError) {
        rows = try row.int("rows")
        bytes = try row.int("bytes")
        biLogins = try row.int("bi_logins")
        keys = try row.int("keys")
        sources = try row.int("sources")
    }

    public var json: JSONObject {
        [
            "rows": .number(rows), "bytes": .number(bytes), "bi_logins": .number(biLogins), "keys": .number(keys),
            "sources": .number(sources),
        ]
    }
}

extension TenantDirectory {
    public func extent(_ tenant: Tenant) throws(PostgresError) -> TenantExtent {
        try TenantExtent(
            row: connection.single(settings: TenantDatabase.control(), .call("tenant_extent", .uuid(tenant.id))).one())
    }
}
