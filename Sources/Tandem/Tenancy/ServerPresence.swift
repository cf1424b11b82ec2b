import Foundation
import Logging
import Postgres
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
    private let id: UUID
    private let logger: Logger
    private let interval: Duration
    private let address = Mutex("")

    public init(_ context: TandemContext, interval: Duration = .seconds(5)) {
        pool = context.pool
        id = context.ids.next()
        logger = context.logger
        self.interval = interval
    }

    /// Where it listens, once it does.
    public func listens(at address: String) { self.address.withLock { $0 = address } }

    public func run() async throws {
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            do throws(PostgresError) {
                try await adopt(since: try await note())
            } catch {
                if error.serverState == .undefinedFunction { throw Self.outdated }
                logger.warning("this server could not say that it runs", metadata: ["error": "\(error)"])
            }
            // Soon again while it is not known where it listens.
            let pause = address.withLock { $0.isEmpty } ? min(interval, .milliseconds(500)) : interval
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
        }
        let id = self.id
        _ = try? await pool.withConnection { (connection) throws(PostgresError) in
            try connection.single(settings: TenantDatabase.control(), .call("forget_server", .uuid(id)))
        }
    }

    /// - Returns: since when it runs, by the database's clock.
    private func note() async throws(PostgresError) -> Int64 {
        let (id, address) = (id, address.withLock { $0 })
        return try await pool.withConnection { (connection) throws(PostgresError) in
            try connection.single(
                settings: TenantDatabase.control(),
                .call(
                    "note_server", .uuid(id), .text(CodeVersion.schema), .text(CodeVersion.build),
                    .text(ProcessInfo.processInfo.hostName), .int4(ProcessInfo.processInfo.processIdentifier),
                    .text(address))
            ).one().timestamp(0)
        }
    }

    /// Tenants that were made since this server runs, by one of an older build.
    private func adopt(since: Int64) async throws(PostgresError) {
        let logger = self.logger
        try await pool.withConnection(deadline: .seconds(60)) { (connection) throws(PostgresError) in
            let newest = try connection.single(settings: TenantDatabase.control(), .call("newest_build"))
            guard try newest.first?.text("code_schema") == CodeVersion.schema,
                let migrator = try? Migrator(connection, logger: logger)
            else { return }
            for tenant in try migrator.outdated() where tenant.state == .active && tenant.createdAt.microseconds > since
            {
                try migrator.migrate(tenant)
                logger.notice("brought a tenant here that an older server made", metadata: ["tenant": "\(tenant.slug)"])
            }
        }
    }
}
