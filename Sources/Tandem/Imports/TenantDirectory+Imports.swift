public import Postgres

extension TenantDirectory {
    /// The tenant's source `import`, made at its first use: what imported values and events carry.
    public func importSource(of tenant: Tenant) throws(PostgresError) -> Source {
        if let known = try sources(tenant).first(where: { $0.kind == .importer && $0.name == "import" }) {
            return known
        }
        do throws(PostgresError) {
            return try createSource(tenant, name: "import", kind: .importer)
        } catch {
            // Another import was faster, or a source of another kind has the name.
            if let known = try sources(tenant).first(where: { $0.kind == .importer }) { return known }
            throw error
        }
    }
}
