import Synchronization

/// Limits of a pool.
public struct PoolConfiguration: Sendable {
    public var connection: ConnectionConfiguration

    /// Most connections, each with a thread of its own.
    public var size: Int

    /// Most calls that wait for a connection; one more is refused at once with kind `poolTimeout`.
    public var waitingLimit = 4096

    /// A connection is closed after it has served so many different affinities: the server's memory grows with each
    /// schema a session has touched and is never given back.
    public var affinityLimit = 100

    /// A connection is closed after this time, give or take a tenth.
    public var maximumAge: Duration = .seconds(1800)

    /// A connection that nobody used for this time is closed.
    public var idleTimeout: Duration = .seconds(600)

    /// First and longest ceiling of the random pause between attempts to reach a server that does not answer.
    public var backoff: (base: Duration, cap: Duration) = (.milliseconds(50), .seconds(2))

    /// Start of the threads' names.
    public var name = "pg"

    public init(connection: ConnectionConfiguration, size: Int = 8) {
        self.connection = connection
        self.size = size
    }
}

/// Figures of a pool at one moment.
public struct PoolStatistics: Sendable, Equatable {
    /// Connections that serve a call now.
    public var inUse = 0
    /// Calls that wait for a connection.
    public var waiting = 0
    /// Open connections, used or not.
    public var connections = 0
    /// Connections made, and attempts that failed, since the start.
    public var opened = 0
    public var failedAttempts = 0
    /// Calls refused because no connection became free in time.
    public var timeouts = 0
    /// Calls that got a connection, and how long they waited for it together, since the start.
    public var served = 0
    public var waited: Duration = .zero
    public var breaker = BreakerState.closed
}

/// Whether the server is asked for connections.
public enum BreakerState: Int, Sendable {
    case closed
    /// It did not answer: calls fail at once until the next attempt.
    case open
    /// One attempt is under way.
    case probing
}

/// A bounded set of connections, each on a thread of its own.
///
/// A call runs a synchronous closure on a connection's thread; it prefers the connection that its `affinity` (a hash
/// of the tenant) used before, else it takes any free one, else it waits, in order. Waiting counts against the
/// deadline. Connections are made when needed and made again after a loss. While the server cannot be reached, calls
/// fail at once with the last attempt's error, and attempts are made one at a time with growing random pauses.
public final class Pool: Sendable {
    private let core: PoolCore

    public init(_ configuration: PoolConfiguration) {
        core = PoolCore(configuration)
    }

    deinit { core.close() }

    public var statistics: PoolStatistics { core.statistics }

    /// Runs `body` with a connection.
    ///
    /// No call on the connection waits beyond `deadline`; a transaction that `body` leaves open is rolled back. The
    /// connection must not leave `body`.
    ///
    /// - Parameters:
    ///   - affinity: calls with the same value share a connection where possible.
    ///   - deadline: for waiting, connecting and all statements together, from now.
    /// - Throws: what `body` throws, or kinds `poolTimeout`, `poolClosed`, `cancelled` (nothing was sent), or
    ///   `connection` when no connection could be made. A task that is cancelled while `body` runs gets its result.
    @discardableResult
    public func withConnection<Result: Sendable, Failure: PostgresFailure>(
        affinity: Int = 0, deadline: Duration = .seconds(5),
        _ body: @escaping @Sendable (Connection) throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let id = core.nextID()
        let end = Deadline.after(RequestTime.within(deadline))
        let core = self.core
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Swift.Result<Result, Failure>, Never>) in
                let job = PoolJob(
                    run: { connection in
                        do throws(Failure) {
                            let result = try body(connection)
                            return { continuation.resume(returning: .success(result)) }
                        } catch {
                            return { continuation.resume(returning: .failure(error)) }
                        }
                    },
                    fail: { continuation.resume(returning: .failure(Failure($0))) })
                core.submit(.init(id: id, affinity: affinity, deadline: end, job: job))
            }
        } onCancel: {
            core.cancel(id: id)
        }
        return try outcome.get()
    }

    /// As above, for closures whose error type the compiler does not infer.
    @_disfavoredOverload @discardableResult
    public func withConnection<Result: Sendable>(
        affinity: Int = 0, deadline: Duration = .seconds(5),
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        do throws(AnyFailure) {
            return try await withConnection(affinity: affinity, deadline: deadline) {
                (connection) throws(AnyFailure) in
                do {
                    return try body(connection)
                } catch {
                    throw AnyFailure(wrapped: error)
                }
            }
        } catch {
            throw error.wrapped
        }
    }

    /// Refuses new calls, serves those that were accepted, closes the connections, and returns when all threads have
    /// ended.
    public func shutdown() async {
        core.close()
        await core.ended()
    }
}

/// A call in the pool: exactly one of the two is called, once.
struct PoolJob: Sendable {
    /// Runs the body; what it returns answers the caller, once the connection is free again.
    let run: @Sendable (Connection) -> @Sendable () -> Void
    let fail: @Sendable (PostgresError) -> Void
}
