import Logging
import Postgres
public import ServiceLifecycle

/// Looks every half minute whether tenants have traits that ought to be columns. A look at a tenant that had no identify
/// since the last one reads one row.
public struct PromotionService: Service {
    let pool: Pool
    let access: AccessDirectory
    let logger: Logger
    let interval: Duration

    public init(_ context: TandemContext, interval: Duration = .seconds(30)) {
        pool = context.pool
        access = context.access
        logger = context.logger
        self.interval = interval
    }

    public func run() async throws {
        var marks: [TenantSchema: Int] = [:]
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: interval) }
            if Task.isShuttingDownGracefully { return }
            do throws(PostgresError) {
                for tenant in try await access.tenants() where tenant.state == .active {
                    await look(tenant, &marks)
                    await renewGrants(tenant)
                }
            } catch {
                logger.warning("traits were not looked at", metadata: ["error": "\(error)"])
            }
        }
    }

    /// What BI logins with a role may read follows the role and the tenant's fields at once; this is for what failed then, and for
    /// columns that a new version brought.
    private func renewGrants(_ tenant: Tenant) async {
        do {
            let renewed = try await pool.withConnection(affinity: tenant.database.affinity, deadline: .seconds(60)) {
                (connection) throws(TandemError) in try BIGrants(connection, tenant: tenant).renew()
            }
            if renewed > 0 {
                logger.info(
                    "renewed rights of BI logins", metadata: ["tenant": "\(tenant.slug)", "logins": "\(renewed)"])
            }
        } catch {
            logger.notice("rights of BI logins wait", metadata: ["tenant": "\(tenant.slug)", "error": "\(error)"])
        }
    }

    private func look(_ tenant: Tenant, _ marks: inout [TenantSchema: Int]) async {
        let known = marks[tenant.schema]
        do throws(PostgresError) {
            marks[tenant.schema] = try await pool.withConnection(
                affinity: tenant.database.affinity, deadline: .seconds(300)
            ) {
                [logger] (connection) throws(PostgresError) -> Int in
                let row = try connection.single(
                    settings: tenant.database.settings(), .call("promotion_look")
                ).one()
                let mark = try row.int(0)
                let isFilling = try row.bool(1)
                let promotion = TraitPromotion(connection, logger: logger)
                var columns: [TraitPromotion.Column] = []
                if mark != known {
                    columns = try promotion.promote(tenant, sample: .routine, attempts: 3)
                }
                if isFilling || !columns.isEmpty { try promotion.fill(tenant) }
                if !columns.isEmpty {
                    logger.info(
                        "promoted traits",
                        metadata: [
                            "tenant": "\(tenant.slug)", "columns": "\(columns.map(\.column).joined(separator: ","))",
                        ])
                }
                return mark
            }
        } catch {
            // Asked again at the next look.
            logger.notice("traits wait", metadata: ["tenant": "\(tenant.slug)", "error": "\(error)"])
        }
    }
}
