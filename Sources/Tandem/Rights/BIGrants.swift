public import Postgres

/// What BI logins with a role may read: the relations and columns that a key with the role, and without a user, reads through the
/// API. PostgreSQL knows no rows here, so an object that the role reads in part is not there at all.
public struct BIGrants {
    let connection: Connection
    let tenant: Tenant

    public init(_ connection: Connection, tenant: Tenant) {
        self.connection = connection
        self.tenant = tenant
    }

    /// Brings what each login may read to what its role reads now.
    ///
    /// - Returns: for how many it changed.
    public func renew() throws(TandemError) -> Int {
        let rows = try connection.inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) in
            try connection.run(.call("bi_grantees"))
        }
        var changed = 0
        for row in rows {
            let (login, role) = try reading { () throws(PostgresError) in
                (try row.text("login"), try row.uuid("role_id"))
            }
            if try grant(login, role) { changed += 1 }
        }
        return changed
    }

    /// Lets the login read what the role reads, and nothing else.
    ///
    /// - Returns: whether that changed anything.
    @discardableResult
    func grant(_ login: String, _ role: RecordID) throws(TandemError) -> Bool {
        let catalog = try connection.inTenant(tenant.database, readOnly: true, catalogs: CatalogDirectory()) {
            (_, catalog) throws(TandemError) in catalog
        }
        return try reading { () throws(PostgresError) in
            let rights = try connection.recordRights(tenant.database, of: RecordCaller(roles: [role], user: nil))
            let owner = tenant.database.ownerSettings(
                internalFirst: false, statementTimeout: .seconds(20), lockTimeout: .seconds(2))
            return try connection.single(
                settings: owner,
                .call(
                    "grant_bi_columns", .text(login), .uuid(role),
                    .jsonb(JSON.object(Self.columns(rights, catalog)).encoded()))
            ).one().bool(0)
        }
    }

    /// Lists of records are the console's own.
    private static let unread: Set<String> = ["view"]
    /// What may be about any record: whoever does not read all others is not told what was said of them.
    private static let aboutAny: Set<String> = ["activity", "attachment", "comment"]

    /// `{relation: [column]}`.
    static func columns(_ rights: RecordRights, _ catalog: ObjectCatalog) -> JSONObject {
        let objects = rights.narrowed(catalog).objects.filter { !unread.contains($0.name) }
        let readable = objects.filter { $0.condition == nil && rights.reads($0.name) }
        let readsAll = objects.allSatisfy { object in
            aboutAny.contains(object.name) || readable.contains { $0.name == object.name }
        }
        var columns = JSONObject()
        func allow(_ relation: String, _ names: [String]) { columns[relation] = .array(names.map { .string($0) }) }
        for object in readable where readsAll || !aboutAny.contains(object.name) {
            allow(object.table, object.fields.flatMap { [$0.name] + ($0.companion.map { [$0.column] } ?? []) })
            for child in object.children where child.recordKey == nil {
                allow(child.table, [child.parent] + child.order + child.fields.map(\.name))
            }
            if object.name == "opportunity" {
                let seen = object.fields.map(\.name)
                allow(
                    "opportunity_history",
                    ["opportunity_id", "seq", "changed_at", "recorded_at", "actor", "cause"]
                        + seen.flatMap { ["old_" + $0, "new_" + $0] })
                if seen.contains("stage_id") {
                    allow(
                        "opportunity_stages",
                        ["opportunity_id", "seq", "stage_id", "entered_at", "exited_at", "duration_s", "open"])
                }
            }
        }
        return columns
    }
}
