import Foundation
import Logging
import Postgres

/// A change of a table that waits for its lock holds up everybody who comes after it. So it waits for as long as nobody
/// minds, gives up, lets the others through, and tries again.
struct LockPatience {
    /// What a change's `lock_timeout` is to be.
    static let wait: Duration = .milliseconds(150)
    /// How long it is tried: more than any request and most reports take.
    static let limit: Duration = .seconds(75)

    let logger: Logger
    /// Of what, for the log.
    let metadata: Logger.Metadata
    var limit = Self.limit

    func run(_ body: () throws(PostgresError) -> Void) throws(PostgresError) {
        let end = ContinuousClock.now + limit
        for attempt in 1... {
            do throws(PostgresError) {
                return try body()
            } catch {
                guard error.serverState == .lockNotAvailable || error.isRetryable else { throw error }
                guard ContinuousClock.now < end else { throw spent(error) }
                // Not of each: a report may take minutes.
                if attempt & (attempt - 1) == 0 {
                    logger.info(
                        "a migration waits for a lock", metadata: metadata.merging(["attempt": "\(attempt)"]) { $1 })
                }
                Thread.sleep(forTimeInterval: Double.random(in: 0.1...0.8))
            }
        }
    }

    private func spent(_ error: PostgresError) -> PostgresError {
        var fields = PostgresError.Fields()
        fields.detail = error.detail
        fields.hint =
            "a transaction of somebody else holds it for more than \(limit): tandem doctor names those that are open for long"
        return PostgresError(kind: error.kind, sqlState: error.sqlState, message: error.message, fields: fields)
    }
}
