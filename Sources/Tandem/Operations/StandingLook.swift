import Logging
import Postgres
import ServiceLifecycle

/// Looks at the database again and again, on a connection of its own, until the service ends.
struct StandingLook: Sendable {
    let database: ConnectionConfiguration
    let pause: Duration
    let logger: Logger
    /// Said once when a look fails: whatever hinders it is the same each time.
    let warning: Logger.Message

    /// - Parameter failed: after each look that failed.
    func run(
        failed: @Sendable () -> Void = {}, _ look: @escaping @Sendable (Connection) throws(PostgresError) -> Void
    ) async {
        let pool = Pool(PoolConfiguration(connection: database, size: 1))
        var isTold = false
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            do throws(PostgresError) {
                try await pool.withConnection(deadline: .seconds(5)) { (connection) throws(PostgresError) in
                    try look(connection)
                }
                isTold = false
            } catch {
                failed()
                if !isTold { logger.warning(warning, metadata: ["error": "\(error)"]) }
                isTold = true
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
        }
        await pool.shutdown()
    }
}
