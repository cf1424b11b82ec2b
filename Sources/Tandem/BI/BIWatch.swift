public import Logging
public import Postgres
public import ServiceLifecycle
import Synchronization

/// Keeps BI from standing in everybody's way. A login's time-outs are defaults that its session may set aside, so whoever keeps a transaction
/// open for too long is ended from here, and so are sessions beyond a number; and on the embedded server BI's processes get the processor
/// only after those that serve requests.
public final class BIWatch: Service {
    public struct Bounds: Sendable, Hashable {
        /// Of a transaction; nil: none.
        public var transaction: Duration?
        /// Of all tenants together; 0: no bound.
        public var sessions: Int

        public init(transaction: Duration? = .seconds(600), sessions: Int = 50) {
            self.transaction = transaction
            self.sessions = sessions
        }
    }

    /// Why a session was ended.
    public enum Reason: String, Sendable, CaseIterable {
        case age, count

        var words: String {
            switch self {
            case .age: "its transaction was open for too long"
            case .count: "there were too many sessions"
            }
        }
    }

    public let bounds: Bounds
    private let database: ConnectionConfiguration
    /// The embedded one.
    private let server: EmbeddedServer?
    private let logger: Logger
    private let open = Atomic<Int>(0)
    private let ended = Mutex<[Reason: Int]>([:])

    /// - Parameters:
    ///   - server: the embedded one, whose superuser sees everybody; nil: the service's login must be a member of `pg_monitor` and
    ///     `pg_signal_backend`.
    ///   - database: the service's connection.
    public init(server: EmbeddedServer?, database: ConnectionConfiguration, bounds: Bounds = Bounds(), logger: Logger) {
        self.bounds = bounds
        self.database = server?.connection(user: "postgres", database: "tandem") ?? database
        self.server = server
        self.logger = logger
    }

    /// Sessions at the last look, and how many were ended since the start.
    public var figures: (open: Int, ended: [Reason: Int]) {
        (open.load(ordering: .relaxed), ended.withLock { $0 })
    }

    public func run() async throws {
        await withDiscardingTaskGroup { group in
            if let server { group.addTask { await self.yield(server) } }
            group.addTask { await self.watch() }
        }
    }

    /// Four times a second: new processes begin with everybody's priority.
    private func yield(_ server: EmbeddedServer) async {
        var priority = BIPriority()
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            if let postmaster = server.postmasterPID { priority.look(at: postmaster) }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(250)) }
        }
    }

    private func watch() async {
        let look = StandingLook(
            database: database, pause: pause, logger: logger, warning: "BI sessions were not looked at")
        await look.run { (connection) throws(PostgresError) in
            try self.look(BISessions(connection, isSuperuser: self.server != nil))
        }
    }

    /// Often enough that a bound is kept to within a quarter.
    private var pause: Duration {
        max(.seconds(1), min(.seconds(5), (bounds.transaction ?? .seconds(20)) / 4))
    }

    private func look(_ sessions: BISessions) throws(PostgresError) {
        let found = try sessions.list()
        open.store(found.count, ordering: .relaxed)
        // Once more, for a kernel that tells of no children.
        if server != nil { for pid in found.flatMap({ [$0.pid] + $0.workers }) { BIPriority.lower(pid) } }
        for (session, reason) in Self.excess(of: found, bounds) where try sessions.end(session) {
            ended.withLock { $0[reason, default: 0] += 1 }
            logger.warning(
                "a BI session was ended: \(reason.words)",
                metadata: [
                    "login": "\(session.login)", "application": "\(session.application)",
                    "transaction_s": "\(session.transaction?.components.seconds ?? 0)",
                ])
        }
    }

    /// Which are to be ended: transactions that are too old, and of sessions beyond the number those that came last.
    static func excess(of sessions: [BISession], _ bounds: Bounds) -> [(session: BISession, reason: Reason)] {
        var excess: [(session: BISession, reason: Reason)] = []
        var others: [BISession] = []
        for session in sessions {
            if let limit = bounds.transaction, let age = session.transaction, age > limit {
                excess.append((session, .age))
            } else {
                others.append(session)
            }
        }
        guard bounds.sessions > 0, others.count > bounds.sessions else { return excess }
        let late = others.sorted { ($0.connectedAt, $0.pid) < ($1.connectedAt, $1.pid) }.dropFirst(bounds.sessions)
        return excess + late.map { ($0, .count) }
    }
}
