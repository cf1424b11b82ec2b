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
        var written: [UUID: Int] = [:]
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            if let folder = BackupFolder(of: directory) {
                do {
                    try await look(folder, &written)
                } catch {
                    logger.warning("suppression lists were not kept", metadata: ["error": "\(error)"])
                }
            }
            // With very many tenants it takes longer to ask them all.
            let pause = max(Self.pause, .milliseconds(10 * written.count))
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
        }
    }

    /// Writes those that changed since.
    private func look(_ folder: BackupFolder, _ written: inout [UUID: Int]) async throws {
        for tenant in try await access.tenants() where tenant.state != .creating {
            let known = written[tenant.id]
            let place = try await pool.withConnection(affinity: tenant.database.affinity) {
                (connection) throws(PostgresError) in
                try connection.single(settings: tenant.database.settings(), .call("suppression_place")).one().int(0)
            }
            if place == known { continue }
            try await pool.withConnection { (connection) throws in
                try SuppressionFile(tenant, on: connection).write(
                    to: folder.suppressions, signer: try ReceiptSigner(connection))
            }
            written[tenant.id] = place
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
