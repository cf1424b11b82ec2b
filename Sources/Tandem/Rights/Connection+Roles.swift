public import Postgres

// All of these run inside a transaction of the tenant: `connection.inTenant(tenant.database) { connection in … }`.

extension Connection {
    /// The roles by name, as `{"id", "name", "description", "grants", "fields", "users", "version", …}`.
    public func roleList() throws(TandemError) -> [JSON] {
        try run(.call("find_roles")).map { (row) throws(TandemError) in Self.shownRole(try row.json(1) ?? .null) }
    }

    /// One role, by `role_…`, uuid or name.
    ///
    /// - Throws: `notFound`.
    public func roleFind(_ reference: String) throws(TandemError) -> (id: RecordID, json: JSON) {
        let id = PublicID(.role, text: reference)?.uuid
        let rows = try run(
            .call("find_roles", id.map(Bind.uuid) ?? .null(.uuid), id == nil ? .text(reference) : .null(.text)))
        guard let row = rows.first else { throw .notFound(code: "unknown_role") }
        return (try reading { () throws(PostgresError) in try row.uuid(0) }, Self.shownRole(try row.json(1) ?? .null))
    }

    /// Makes a role (`id` nil) or changes one; grants and fields that are given replace those that were there.
    ///
    /// - Throws: `notFound`, `versionMismatch`, `duplicate` where the name is taken.
    public func rolePut(
        _ id: RecordID?, _ input: RoleInput, ifMatch: Int? = nil, by actor: String
    ) throws(TandemError) -> JSON {
        let rows = try run(
            .call(
                "role_put", id.map(Bind.uuid) ?? .null(.uuid), .jsonb(input.json.encoded()),
                ifMatch.map { .int4(Int32(clamping: $0)) } ?? .null(.int4), .text(actor)))
        return Self.shownRole(try rows.first?.json(0) ?? .null)
    }

    /// Deletes a role.
    ///
    /// - Parameter keys: how many keys have it (`TenantDirectory.keys`).
    /// - Throws: `notFound`; `inUse` while a user or a key has it.
    public func roleDelete(_ id: RecordID, keys: Int, by actor: String) throws(TandemError) {
        _ = try run(.call("role_delete", .uuid(id), .int4(Int32(clamping: keys)), .text(actor)))
    }

    private static func shownRole(_ json: JSON) -> JSON {
        guard var role = json.object else { return json }
        if let id = role["id"]?.string.flatMap({ PublicID(.role, text: $0) }) { role["id"] = .string(id.description) }
        return .object(role)
    }
}

extension TenantDirectory {
    /// A role and, if one is named, a user of the tenant, for a key: by id or name, by id or address.
    public func binding(_ tenant: Tenant, role: String, user: String?) throws(TandemError) -> RecordCaller {
        try connection.inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) in
            let found: RecordID
            do throws(TandemError) {
                found = try connection.roleFind(role).id
            } catch .notFound {
                throw .invalid("/role", "unknown_role", "there is no role \(role)")
            }
            guard let user else { return RecordCaller(roles: [found], user: nil) }
            if let id = PublicID(.user, text: user) {
                _ = try connection.recordGet(.user, id: id.uuid, catalog: .standard)
                return RecordCaller(roles: [found], user: id.uuid)
            }
            guard user.contains("@"), let id = try connection.recordFind(.user, by: "email", user).first else {
                throw .invalid("/user", "unknown_user", "there is no user \(user)")
            }
            return RecordCaller(roles: [found], user: id)
        }
    }

    /// How many keys that still work have the role.
    public func keys(_ tenant: Tenant, with role: RecordID) throws(PostgresError) -> Int {
        try keys(tenant).filter { $0.role == role && $0.revokedAt == nil }.count
    }
}
