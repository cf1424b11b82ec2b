public import Postgres

extension TenantDirectory {
    /// Makes a database login that reads what BI sees of one tenant. The password is known only here.
    ///
    /// - Parameters:
    ///   - role: it reads what a key with the role and without a user reads; nil: every row and column.
    ///   - connections: how many sessions it may have at a time.
    ///   - models: it makes views, in a schema that the tenant's other full logins read; see `BIModels`.
    public func createBILogin(
        _ tenant: Tenant, name: String, role: RecordID? = nil, connections: Int = 20, models: Bool = false
    ) throws(TandemError) -> (login: BILogin, password: String) {
        guard (1...50).contains(connections) else { throw .invalid("/connections", "out_of_range", "1 to 50") }
        let made = try reading { () throws(PostgresError) in
            try makeBILogin(tenant, name: name, role: role, connections, models)
        }
        // Until this is done it reads nothing.
        if let role, !isDryRun { try BIGrants(connection, tenant: tenant).grant(made.login.login, role) }
        return made
    }

    private func makeBILogin(
        _ tenant: Tenant, name: String, role: RecordID?, _ connections: Int, _ models: Bool
    ) throws(PostgresError) -> (login: BILogin, password: String) {
        guard !name.isEmpty, name.utf8.count <= 200 else { throw Self.invalid("/name", "1 to 200 bytes") }
        let password = Base62.random(32)
        let verifier = SCRAM.verifier(password: password, salt: (0..<16).map { _ in UInt8.random(in: 0...255) })
        let rows = try change([
            .call(
                "create_bi_login", .uuid(tenant.id), .text(name), (role?.text).bind, .text(verifier), .text(actor),
                .int4(Int32(connections)), .bool(models))
        ])
        return (try BILogin(row: rows[0].one()), password)
    }

    /// BI logins by age, revoked ones too; of a tenant, or of all.
    public func biLogins(_ tenant: Tenant?) throws(PostgresError) -> [BILogin] {
        var result: [BILogin] = []
        for row in try connection.single(
            settings: TenantDatabase.control(), .call("find_bi_logins", tenant.map { .uuid($0.id) } ?? .null(.uuid)))
        {
            result.append(try BILogin(row: row))
        }
        return result
    }

    /// Ends the sessions of a BI login and drops it.
    public func revokeBILogin(_ tenant: Tenant, name: String) throws(PostgresError) -> BILogin {
        try BILogin(
            row: change([.call("revoke_bi_login", .uuid(tenant.id), .text(name), .text(actor))])[0].one())
    }
}
