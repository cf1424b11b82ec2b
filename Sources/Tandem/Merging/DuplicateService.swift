import Logging
import Postgres
public import ServiceLifecycle

/// Looks for duplicates in the tenants that `TimerService` names, one after the other: at night, and where a search of many records was begun. A
/// step is a transaction, so that it stops between steps and the next server goes on. Apart from the timers, which would wait for it.
public struct DuplicateService: Service {
    let pool: Pool
    let clock: WallClock
    let logger: Logger
    private let tenants: AsyncStream<Tenant>
    private let waiting: AsyncStream<Tenant>.Continuation

    public init(_ context: TandemContext) {
        pool = context.pool
        clock = context.clock
        logger = context.logger
        // Who is left out is named again at the timers' next round.
        (tenants, waiting) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(100))
    }

    /// There is something to do. Comes back at once.
    func look(for tenant: Tenant) { waiting.yield(tenant) }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            for await tenant in tenants {
                await search(tenant)
                if Task.isCancelled { return }
            }
        }
    }

    /// What fails is tried again when the timers name the tenant the next time.
    private func search(_ tenant: Tenant) async {
        do throws(PostgresError) {
            while !Task.isCancelled, let progress = try await step(tenant) {
                guard progress["finished"]?.bool == true else { continue }
                let found = progress["found"]?.int ?? 0
                logger.info("looked for duplicates", metadata: ["tenant": "\(tenant.slug)", "found": "\(found)"])
                return
            }
        } catch {
            logger.warning(
                "the search for duplicates waits", metadata: ["tenant": "\(tenant.slug)", "error": "\(error)"])
        }
    }

    /// Nil: there is nothing to do.
    private func step(_ tenant: Tenant) async throws(PostgresError) -> JSON? {
        let now = clock.microseconds
        return try await pool.withConnection(
            affinity: tenant.database.affinity, deadline: DuplicateSearch.longest + .seconds(30)
        ) { (connection) throws(PostgresError) in
            let row = try connection.single(
                settings: tenant.database.settings(statementTimeout: DuplicateSearch.longest),
                .call(
                    "find_duplicates_nightly", .timestamptz(now), .text(tenant.timezone),
                    .textArray(DuplicateSearch.freeMail))
            ).one()
            return try row.optionalText(0).flatMap { try? JSON(parsing: $0) }
        }
    }
}
