public import Foundation
import Logging
public import Postgres
public import ServiceLifecycle
import Synchronization

/// Says every few seconds that this server runs, so that an upgrade knows whom it must not break; and brings tenants here
/// that a server of the build before made in the meantime.
public final class ServerPresence: Service {
    /// Newer builds have been here for long, and this server did not say that it runs.
    private static let outdated = PostgresError(
        kind: .server("TD013"),
        message:
            "the procedures of this build are gone from the database: a newer tandem has taken over; start that one")

    private let pool: Pool
    private let configuration: ConnectionConfiguration
    /// Of this server, among those that run.
    public let id: UUID
    private let logger: Logger
    private let interval: Duration
    private let address = Mutex("")

    /// - Parameter configuration: for a connection of its own, when there is a tenant to bring here.
    public init(
        _ context: TandemContext, configuration: ConnectionConfiguration, interval: Duration = .seconds(5)
    ) {
        pool = context.pool
        id = context.ids.next()
        logger = context.logger
        self.configuration = configuration
        self.interval = interval
    }

    /// Where it listens, once it does.
    public func listens(at address: String) { self.address.withLock { $0 = address } }

    public func run() async throws {
        // Beside it: an index may take as long as it likes. Nobody waits for it at the end, since a migration that was killed is
        // taken up again.
        let adoption = Task { await self.adoptTenants() }
        defer { adoption.cancel() }
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            do throws(PostgresError) {
                try await note()
            } catch {
                if error.serverState == .undefinedFunction { throw Self.outdated }
                logger.warning("this server could not say that it runs", metadata: ["error": "\(error)"])
            }
            // Soon again while it is not known where it listens.
            let pause = address.withLock { $0.isEmpty } ? min(interval, .milliseconds(500)) : interval
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
        }
        // In a task of its own: this one may be cancelled, and then nothing is sent.
        await Task { [pool, id] in
            _ = try? await pool.withConnection { (connection) throws(PostgresError) in
                try connection.single(settings: TenantDatabase.control(), .call("forget_server", .uuid(id)))
            }
        }.value
    }

    private func note() async throws(PostgresError) {
        let (id, address) = (id, address.withLock { $0 })
        try await pool.withConnection { (connection) throws(PostgresError) in
            try connection.single(
                settings: TenantDatabase.control(),
                .call(
                    "note_server", .uuid(id), .text(CodeVersion.schema), .text(CodeVersion.build),
                    .text(ProcessInfo.processInfo.hostName), .int4(ProcessInfo.processInfo.processIdentifier),
                    .text(address)))
        }
    }

    private func adoptTenants() async {
        // While servers of another build run, and once more behind them, any tenant may be one of theirs: this server's
        // migrator did not see those that were made while it was at work.
        var looksAtAll = true
        while !Task.isCancelled {
            var pause = interval
            do throws(PostgresError) {
                let (tenants, hasOthers) = try await strangers(all: looksAtAll)
                if !tenants.isEmpty { try await adopt(tenants) }
                looksAtAll = hasOthers
            } catch {
                logger.warning("tenants of an older server were not brought here", metadata: ["error": "\(error)"])
                pause = max(interval, .seconds(60))
            }
            try? await Task.sleep(for: pause)
        }
    }

    /// Tenants that are not at this build, if it is the newest, and whether servers of another one run.
    ///
    /// - Parameter all: also those that were made before this server began.
    private func strangers(all: Bool) async throws(PostgresError) -> (tenants: [Tenant], hasOthers: Bool) {
        let (id, logger) = (self.id, self.logger)
        return try await pool.withConnection { (connection) throws(PostgresError) in
            guard try ControlPlane.isNewest(connection) else { return ([], true) }
            let servers = try RunningServer.all(connection)
            let hasOthers = servers.contains { !$0.isOfThisBuild }
            let began = servers.first { $0.id == id }?.startedAt ?? .distantPast
            let tenants = try Migrator(connection, logger: logger, files: .own).outdated().filter { tenant in
                [.active, .suspended].contains(tenant.state) && (all || hasOthers || tenant.createdAt > began)
            }
            return (tenants, hasOthers)
        }
    }

    private func adopt(_ tenants: [Tenant]) async throws(PostgresError) {
        var own = PoolConfiguration(connection: configuration, size: 1)
        own.name = "adopt"
        let (pool, logger) = (Pool(own), self.logger)
        defer { Task { await pool.shutdown() } }
        try await pool.withConnection(deadline: Migrator.patience) { (connection) throws(PostgresError) in
            let migrator = Migrator(connection, logger: logger, files: .own)
            for tenant in tenants {
                try migrator.migrate(tenant)
                logger.notice("brought a tenant here that an older server made", metadata: ["tenant": "\(tenant.slug)"])
            }
        }
    }
}
