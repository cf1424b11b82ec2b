import Foundation
import Logging
import Postgres
public import ServiceLifecycle

/// What comes by the clock, for every tenant: reminders ring, tasks that go on at their time come again, and at night duplicates are looked for.
/// Each happens once, however many servers look: in the database whoever comes first claims it.
public struct TimerService: Service {
    let pool: Pool
    let access: AccessDirectory
    let clock: WallClock
    let logger: Logger
    let interval: Duration

    public init(_ context: TandemContext, interval: Duration = .seconds(10)) {
        pool = context.pool
        access = context.access
        clock = context.clock
        logger = context.logger
        self.interval = interval
    }

    private static let freeMail = FreeMail.domains.sorted()
    /// Of one kind at one look; the next look takes the rest.
    private static let batch: Int32 = 500

    public func run() async throws {
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            await look()
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: interval) }
        }
    }

    /// Once through all tenants. What fails for one is tried again next time.
    func look() async {
        do throws(PostgresError) {
            for tenant in try await access.tenants() where tenant.state == .active && tenant.modules.contains(.crm) {
                await look(tenant)
                if Task.isShuttingDownGracefully { return }
            }
        } catch {
            logger.warning("timers were not looked at", metadata: ["error": "\(error)"])
        }
    }

    private func look(_ tenant: Tenant) async {
        let now = clock.microseconds
        do throws(PostgresError) {
            try await pool.withConnection(affinity: tenant.database.affinity, deadline: .seconds(30)) {
                (connection) throws(PostgresError) in
                let settings = tenant.database.settings()
                try connection.single(
                    settings: settings, .call("ring_reminders", .timestamptz(now), .int4(Self.batch)))
                try connection.single(
                    settings: settings, .call("make_due_tasks", .timestamptz(now), .int4(Self.batch)))
            }
            let found = try await findDuplicates(of: tenant, now: now)
            if let found {
                logger.info("looked for duplicates", metadata: ["tenant": "\(tenant.slug)", "found": "\(found)"])
            }
        } catch {
            logger.warning("timers of a tenant wait", metadata: ["tenant": "\(tenant.slug)", "error": "\(error)"])
        }
    }

    /// Nil: it is not the time.
    private func findDuplicates(of tenant: Tenant, now: Int64) async throws(PostgresError) -> Int? {
        try await pool.withConnection(affinity: tenant.database.affinity, deadline: .seconds(90)) {
            (connection) throws(PostgresError) in
            try connection.single(
                settings: tenant.database.settings(statementTimeout: RecordMerge.longest),
                .call(
                    "find_duplicates_nightly", .timestamptz(now), .text(tenant.timezone),
                    .textArray(Self.freeMail))
            ).one().optionalInt(0)
        }
    }
}
