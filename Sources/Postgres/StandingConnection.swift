import Logging

/// A connection that one dedicated thread keeps for good and makes anew after a loss.
///
/// For work that does not go through the pool. Like `Connection` it belongs to one thread.
public final class StandingConnection {
    private let configuration: ConnectionConfiguration
    private var breaker: Breaker
    private var current: Connection?

    /// - Parameter backoff: first and longest ceiling of the random pause between attempts to connect.
    public init(
        _ configuration: ConnectionConfiguration,
        backoff: (base: Duration, cap: Duration) = (.milliseconds(50), .seconds(2))
    ) {
        self.configuration = configuration
        breaker = Breaker(base: backoff.base, cap: backoff.cap)
    }

    /// The connection, alive and outside any transaction.
    ///
    /// - Parameter deadline: for an attempt to connect, beside the configuration's `connectTimeout`.
    /// - Throws: kind `connection`; at once while the pause after a failed attempt lasts.
    public func ready(deadline: Duration = .seconds(5)) throws(PostgresError) -> Connection {
        if let current {
            current.rollBack()
            if current.isAlive() { return current }
            current.close()
            self.current = nil
        }
        if let refusal = breaker.refusal(at: .now) { throw refusal }
        breaker.attempt()
        do throws(PostgresError) {
            let connection = try Connection.open(configuration, deadline: deadline)
            breaker.succeeded()
            current = connection
            return connection
        } catch {
            breaker.failed(error, at: .now, random: .random(in: 0..<1))
            configuration.logger.warning("cannot connect", metadata: ["error": "\(error)"])
            throw error
        }
    }

    /// Closes the connection; `ready` makes another.
    public func close() {
        current?.close()
        current = nil
    }
}

@available(*, unavailable, message: "A connection belongs to one thread.")
extension StandingConnection: Sendable {}
