import Foundation
import Glibc
import Logging
import Postgres
public import ServiceLifecycle

/// Keeps each tenant's suppression list beside the backups, outside of the database: a backup that is older learns from it who
/// was erased since. Does nothing as long as there are no backups.
public struct SuppressionKeeper: Service {
    private let pool: Pool
    private let access: AccessDirectory
    private let directory: DataDirectory
    private let logger: Logger

    private static let pause = Duration.seconds(5)

    public init(_ context: TandemContext, directory: DataDirectory) {
        pool = context.pool
        access = context.access
        logger = context.logger
        self.directory = directory
    }

    public func run() async throws {
        let rounds = TenantRounds(access: access, logger: logger, failure: "suppression lists were not kept") {
            $0.state != .creating
        }
        var written: [UUID: Int] = [:]
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            if let folder = BackupFolder(of: directory) {
                await rounds.once { tenant in
                    written[tenant.id] = await keep(tenant, in: folder, written: written[tenant.id])
                }
            }
            // With very many tenants it takes longer to ask them all.
            let pause = max(Self.pause, .milliseconds(10 * written.count))
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
        }
    }

    /// Writes the list of a tenant if it has changed.
    /// - Parameter written: what was last written.
    /// - Returns: what is written now.
    private func keep(_ tenant: Tenant, in folder: BackupFolder, written: Int?) async -> Int? {
        do {
            let place = try await pool.withConnection(affinity: tenant.database.affinity) {
                (connection) throws(PostgresError) in
                try connection.single(settings: tenant.database.settings(), .call("suppression_place")).one().int(0)
            }
            if place == written { return written }
            try await pool.withConnection { (connection) throws in
                try SuppressionFile(tenant, on: connection).write(
                    to: folder.suppressions, signer: try ReceiptSigner(connection))
            }
            return place
        } catch {
            logger.warning(
                "a suppression list was not kept", metadata: ["tenant": "\(tenant.slug)", "error": "\(error)"])
            return written
        }
    }

    /// Writes the lists of all tenants at once.
    static func write(
        into folder: BackupFolder, signer: ReceiptSigner, on connection: Connection, logger: Logger
    ) throws(BackupError) {
        let tenants = try backing { try TenantDirectory(connection, actor: "backup", logger: logger).list() }
        for tenant in tenants where tenant.state != .creating {
            try SuppressionFile(tenant, on: connection).write(to: folder.suppressions, signer: signer)
        }
    }
}
