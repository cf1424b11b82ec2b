public import Logging
public import Postgres
public import ServiceLifecycle

/// Drops, once an hour, the tenants whose grace period is over.
public struct DueDeletions: Service {
    private let pool: Pool
    private let logger: Logger

    public init(pool: Pool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    public func run() async throws {
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            do throws(PostgresError) {
                for tenant in try await due() {
                    try await drop(tenant)
                    logger.notice("dropped a deleted tenant", metadata: ["tenant": "\(tenant.slug)"])
                }
            } catch {
                logger.warning("deleted tenants were not dropped", metadata: ["error": "\(error)"])
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(3600)) }
        }
    }

    /// Those whose time has come by the database's clock.
    func due() async throws(PostgresError) -> [Tenant] {
        try await pool.withConnection { (connection) throws(PostgresError) -> [Tenant] in
            var tenants: [Tenant] = []
            for row in try connection.single(settings: TenantDatabase.control(), .call("tenants_to_drop")) {
                tenants.append(try Tenant(row: row))
            }
            return tenants
        }
    }

    func drop(_ tenant: Tenant) async throws(PostgresError) {
        let logger = self.logger
        try await pool.withConnection(deadline: .seconds(600)) { (connection) throws(PostgresError) in
            try TenantDirectory(connection, actor: "system", logger: logger).drop(tenant)
        }
    }
}
