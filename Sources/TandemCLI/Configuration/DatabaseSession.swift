import ArgumentParser
import Foundation
import Logging
import Postgres
import Tandem

/// A command's way to its database: the URL, else the embedded server, running or started for the time of the command.
struct DatabaseSession {
    let connection: Connection
    /// For more connections like it.
    let configuration: ConnectionConfiguration
    let settings: Settings
    let options: GlobalOptions
    let logger: Logger
    /// Nil with a database URL.
    let server: EmbeddedServer?

    var directory: TenantDirectory {
        TenantDirectory(connection, actor: Self.actor, isDryRun: options.dryRun, logger: logger)
    }

    /// Who does it, for the audit.
    static var actor: String { "cli:" + NSUserName() }

    /// The tenant that was named: as an argument, by --tenant, TANDEM_TENANT or the file.
    func tenant(_ argument: String? = nil) throws -> Tenant {
        guard let reference = argument ?? settings[.tenant] else {
            throw CommandFailure.usage("which tenant?", hint: "name it, or give --tenant or TANDEM_TENANT")
        }
        return try directory.find(reference)
    }

    /// What the database must be at before a command may use it.
    enum Requirement {
        /// As it is.
        case none
        /// This binary's control plane and procedures.
        case current
    }

    static func with<Result>(
        _ options: GlobalOptions, requiring requirement: Requirement = .current,
        _ body: (DatabaseSession) throws -> Result
    ) throws -> Result {
        let settings = try Settings(options)
        var logger = Logger(label: "tandem") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = try settings.logLevel(default: .warning)
        if let url = settings[.databaseURL] {
            var configuration = try ConnectionConfiguration(conninfo: url)
            configuration.logger = logger
            return try use(configuration, nil, settings, options, logger, requirement, body)
        }
        let server = try EmbeddedServer.open(DataDirectory(settings.dataDirectory), for: .command, logger: logger)
        defer {
            do {
                try server.close()
            } catch {
                logger.warning("PostgreSQL was not stopped", metadata: ["error": "\(error)"])
            }
        }
        return try use(server.connection, server, settings, options, logger, requirement, body)
    }

    private static func use<Result>(
        _ configuration: ConnectionConfiguration, _ server: EmbeddedServer?, _ settings: Settings,
        _ options: GlobalOptions, _ logger: Logger, _ requirement: Requirement,
        _ body: (DatabaseSession) throws -> Result
    ) throws -> Result {
        var configuration = configuration
        // Nobody else waits for this connection.
        configuration.queryTimeout = .seconds(600)
        configuration.startupSettings["idle_in_transaction_session_timeout"] = "10min"
        let connection = try Connection.open(configuration, deadline: .seconds(30))
        defer { connection.close() }
        if requirement == .current { try require(connection, logger: logger) }
        return try body(
            DatabaseSession(
                connection: connection, configuration: configuration, settings: settings, options: options,
                logger: logger, server: server))
    }

    /// A database without a control plane gets one; one of another version is left alone.
    private static func require(_ connection: Connection, logger: Logger) throws {
        if try !ControlPlane.state(connection).hasControlPlane {
            try ControlPlane.prepare(connection, by: actor, logger: logger)
        } else if try !ControlPlane.isCurrent(connection) {
            throw CommandFailure(
                exit: .pending, code: "migrations_pending",
                message: "the database is at another version than this binary",
                hint: "tandem migrate up brings it here; so does tandem serve")
        }
    }
}

/// A command that works on the database and answers with an `Output`.
protocol DatabaseCommand: AsyncParsableCommand {
    var global: GlobalOptions { get }
    var requirement: DatabaseSession.Requirement { get }
    func run(_ session: DatabaseSession) throws -> Output
}

extension DatabaseCommand {
    var requirement: DatabaseSession.Requirement { .current }

    func run() async throws {
        let format = try OutputFormat(Settings(global))
        let output = try DatabaseSession.with(global, requiring: requirement) { try run($0) }
        output.print(format)
        if output.exit != .success { Foundation.exit(output.exit.rawValue) }
    }
}
