public import Foundation
public import Logging
public import Postgres
public import ServiceLifecycle
import Synchronization

/// How the database is, looked at every quarter of a minute for the metrics, by one statement on a connection of its own.
public final class Vitals: Service {
    public struct Figures: Sendable, Hashable {
        /// Seconds for which the oldest snapshot has held back clean-up; nil: the login may not see it.
        public var oldestSnapshot: Double?
        /// The last segment of the write-ahead log that was to be kept could not be.
        public var archiveFails: Bool
        /// Replication slots that nobody reads.
        public var idleSlots: Int
        /// When the installation was made.
        public var begin: Date?
    }

    private let database: ConnectionConfiguration
    private let isSuperuser: Bool
    private let interval: Duration
    private let logger: Logger
    private let state = Mutex<Figures?>(nil)

    /// - Parameters:
    ///   - server: the embedded one, whose superuser sees everybody; nil: the service's login should be a member of `pg_monitor`.
    ///   - database: the service's connection.
    public init(
        server: EmbeddedServer?, database: ConnectionConfiguration, interval: Duration = .seconds(15), logger: Logger
    ) {
        self.database = server?.connection(user: "postgres", database: "tandem") ?? database
        isSuperuser = server != nil
        self.interval = interval
        self.logger = logger
    }

    /// Of the last look; nil: there was none yet, or the database did not answer it.
    public var figures: Figures? { state.withLock { $0 } }

    public func run() async throws {
        let look = StandingLook(
            database: database, pause: interval, logger: logger, warning: "the database was not looked at")
        await look.run(failed: { self.state.withLock { $0 = nil } }) { (connection) throws(PostgresError) in
            let figures = try self.look(connection)
            self.state.withLock { $0 = figures }
        }
    }

    private func look(_ connection: Connection) throws(PostgresError) -> Figures {
        let file = ControlPlane.file("control/deploy/vitals.sql")
        let row =
            isSuperuser
            ? try connection.execute(file).one() : try connection.single(settings: TenantDatabase.control(), file).one()
        return Figures(
            oldestSnapshot: try row.optionalDouble("oldest_snapshot_s"), archiveFails: try row.bool("archive_fails"),
            idleSlots: try row.int("idle_slots"),
            begin: try row.optionalTimestamp("begin").map { Date(microseconds: $0) })
    }
}
