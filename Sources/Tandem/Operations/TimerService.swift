import Foundation
import Logging
import Postgres
public import ServiceLifecycle

/// What comes by the clock, for every tenant: reminders ring, and tasks that go on at their time come again.
/// Each happens once, however many servers look: in the database whoever comes first claims it.
public struct TimerService: Service {
    let pool: Pool
    let access: AccessDirectory
    let clock: WallClock
    let logger: Logger
    let interval: Duration
    let duplicates: DuplicateService

    public init(_ context: TandemContext, duplicates: DuplicateService, interval: Duration = .seconds(10)) {
        self.duplicates = duplicates
        pool = context.pool
        access = context.access
        clock = context.clock
        logger = context.logger
        self.interval = interval
    }

    /// Of one kind at one look; the next look takes the rest.
    private static let batch: Int32 = 500

    public func run() async throws {
        let rounds = TenantRounds(access: access, logger: logger, failure: "timers were not looked at") {
            $0.state == .active && $0.modules.contains(.crm)
        }
        await rounds.run(every: interval, look)
    }

    private func look(_ tenant: Tenant) async {
        let now = clock.microseconds
        do throws(PostgresError) {
            let isTimeForDuplicates = try await pool.withConnection(
                affinity: tenant.database.affinity, deadline: .seconds(30)
            ) { (connection) throws(PostgresError) in
                try connection.single(
                    settings: tenant.database.settings(),
                    .call("run_timers", .timestamptz(now), .int4(Self.batch))
                ).one().bool(0)
            }
            if isTimeForDuplicates { duplicates.look(for: tenant) }
        } catch {
            logger.warning("timers of a tenant wait", metadata: ["tenant": "\(tenant.slug)", "error": "\(error)"])
        }
    }
}
