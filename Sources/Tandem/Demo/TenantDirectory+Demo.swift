import Postgres

extension TenantDirectory {
    /// Says of a tenant that its people are made by a generator.
    func markSimulated(_ tenant: Tenant) throws(PostgresError) -> Tenant {
        try Tenant(row: change([.call("mark_simulated", .uuid(tenant.id))])[0].one())
    }
}
