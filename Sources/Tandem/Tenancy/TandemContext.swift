public import Crypto
public import Logging
public import Postgres

/// What every part of a running Tandem shares. Made once by the command line (or a test) and handed down.
public struct TandemContext: Sendable {
    /// Requests, console, background work. Ingest has connections of its own (`Batcher`).
    public let pool: Pool
    /// Keys and tenants, remembered for a few seconds.
    public let access: AccessDirectory
    public let clock: WallClock
    public let ids: IDGenerator
    /// Seals cursors and cookies; random, the same on every node of the installation.
    public let sealingKey: SymmetricKey
    public let logger: Logger
    /// The objects of the tenants.
    public let catalogs = CatalogDirectory()
    /// Tells the service that does long work that there is some.
    public let operations = TenantBell()
    public let operationFigures = OperationFigures()

    public init(
        pool: Pool, access: AccessDirectory, clock: WallClock = .system,
        ids: IDGenerator = .uuidV7(), sealingKey: SymmetricKey, logger: Logger
    ) {
        self.pool = pool
        self.access = access
        self.clock = clock
        self.ids = ids
        self.sealingKey = sealingKey
        self.logger = logger
    }

    /// Opens a pool on a prepared database and reads the sealing key.
    public static func open(
        _ configuration: ConnectionConfiguration, connections: Int, clock: WallClock = .system, logger: Logger
    ) async throws(PostgresError) -> TandemContext {
        var general = PoolConfiguration(connection: configuration, size: connections)
        general.name = "pg"
        let pool = Pool(general)
        let sealing = try await pool.withConnection { (connection) throws(PostgresError) in
            try sealingKey(on: connection)
        }
        return TandemContext(
            pool: pool, access: AccessDirectory(pool: pool, clock: clock, logger: logger), clock: clock,
            ids: .uuidV7(clock: clock), sealingKey: sealing, logger: logger)
    }

    /// The installation's key; made when it is first asked for.
    static func sealingKey(on connection: Connection) throws(PostgresError) -> SymmetricKey {
        let fresh = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        let stored = try connection.single(
            settings: TenantDatabase.control(), .call("installation_secret", .text("sealing"), .bytea(fresh)))
        return SymmetricKey(data: try stored.one().bytea(0))
    }

    /// Closes the pool; accepted calls are served first.
    public func shutdown() async { await pool.shutdown() }
}
