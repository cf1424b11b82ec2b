import Foundation
public import Logging
public import Postgres
public import Tandem

/// A migrated tenant of a test, in a database that all tests of the process share. Tenants do not see each other, so each
/// test that commits makes its own; one that rolls back may use `shared`.
public struct TestTenant: Sendable {
    public let database: TestDatabase
    public let tenant: Tenant
    /// Of the source `server`.
    public let writeKey: String
    public let secretKey: String

    /// A database with a control plane, roles and hardening as the embedded server's.
    public static let sharedDatabase: TestDatabase = {
        do {
            return try preparedDatabase()
        } catch {
            fatalError("no test database: \(error)")
        }
    }()

    /// One tenant with both modules for tests that leave nothing behind.
    public static let shared: TestTenant = {
        do {
            return try TestTenant()
        } catch {
            fatalError("no test tenant: \(error)")
        }
    }()

    /// A database of its own with a control plane, for tests of the control plane itself.
    public static func preparedDatabase(on server: TestServer = .shared) throws -> TestDatabase {
        let database = try server.database()
        try ControlPlane.setUpAsSuperuser(database.connect())
        try ControlPlane.prepare(database.service(), logger: quiet)
        return database
    }

    public init(modules: Set<Module> = [.cdp, .crm], in database: TestDatabase = sharedDatabase) throws {
        let slug = "t" + UUID().uuidString.lowercased().filter { $0 != "-" }
        let directory = TenantDirectory(try database.service(), actor: "test", logger: Self.quiet)
        let created = try directory.create(.init(slug: slug, modules: modules))
        self.database = database
        tenant = created.tenant
        writeKey = created.writeKey.text
        secretKey = created.secretKey.text
    }

    /// The tenant's sources by name.
    public func source(_ name: String) throws -> Source {
        try TenantDirectory(database.service(), actor: "test", logger: Self.quiet).source(tenant, name)
    }

    /// As the service's login, for pools.
    public var configuration: ConnectionConfiguration { database.serviceConfiguration }

    /// A connection as the service's login, for the calling thread.
    public func connect() throws(PostgresError) -> Connection { try database.service() }

    /// The settings of a request's transaction.
    public var settings: [Connection.Setting] { tenant.database.settings(statementTimeout: .seconds(60)) }

    /// Runs `body` in a transaction under the tenant's role and path, and rolls it back.
    public func rolledBack<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        let connection = try connect()
        defer { connection.close() }
        var result: Result?
        do {
            try connection.transaction(settings: settings) { connection in
                result = try body(connection)
                throw RolledBack()
            }
        } catch is RolledBack {}
        guard let result else { throw RolledBack() }
        return result
    }

    /// A context on the shared database, for services and routes.
    public func context(clock: WallClock = .system, connections: Int = 4) async throws -> TandemContext {
        try await TandemContext.open(configuration, connections: connections, clock: clock, logger: Self.quiet)
    }

    /// Warnings and errors only.
    public static var quiet: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .warning
        return logger
    }

    private struct RolledBack: Error {}
}

extension TestDatabase {
    /// The service's login, which is no superuser and inherits nothing.
    public var serviceConfiguration: ConnectionConfiguration {
        var configuration = configuration(user: "tandem")
        configuration.queryTimeout = .seconds(60)
        return configuration
    }

    /// A connection as the service's login.
    public func service() throws(PostgresError) -> Connection { try Connection.open(serviceConfiguration) }
}
