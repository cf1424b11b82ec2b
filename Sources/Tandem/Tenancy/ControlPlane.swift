public import Logging
public import Postgres
import TandemSQL

/// The installation's own schema: roles, control tables, shared procedures.
public enum ControlPlane {
    /// What a login finds in a database.
    public struct State: Sendable {
        public let hasRoles: Bool
        public let isMember: Bool
        public let hasControlPlane: Bool
        public let isSuperuser: Bool
        public let mayCreateRoles: Bool
        public let database: String
        /// For example 150_006.
        public let serverVersion: Int
    }

    public static func state(_ connection: Connection) throws(PostgresError) -> State {
        let row = try connection.execute(file("control/deploy/bootstrap_state.sql")).one()
        return State(
            hasRoles: try row.bool("has_roles"), isMember: try row.bool("is_member"),
            hasControlPlane: try row.bool("has_control"), isSuperuser: try row.bool("is_superuser"),
            mayCreateRoles: try row.bool("may_create_roles"), database: try row.text("database"),
            serverVersion: try row.int("server_version"))
    }

    /// True when control plane and procedures are what this binary carries.
    public static func isCurrent(_ connection: Connection) throws(PostgresError) -> Bool {
        guard try state(connection).hasControlPlane else { return false }
        let rows = try connection.single(
            settings: TenantDatabase.control(),
            [
                file("control/deploy/control_ledger.sql"),
                file("control/deploy/code_state.sql", .text(CodeVersion.schema)),
            ])
        var ledger: [String: String] = [:]
        for row in rows[0] { ledger[try row.text("path")] = try row.text("sha256") }
        let files = ControlMigration.own
        let isSame = ledger.count == files.count && files.allSatisfy { ledger[$0.path] == Digest.hex(of: $0.text) }
        let isDeployed = try rows[1].one().bool("is_there")
        return isSame && isDeployed
    }

    /// Whether this build's procedures are there: for a look that costs next to nothing.
    public static func hasProcedures(_ connection: Connection) throws(PostgresError) -> Bool {
        try connection.execute(file("control/deploy/code_state.sql", .text(CodeVersion.schema))).one().bool("is_there")
    }

    /// The control plane's own migrations that are still to come.
    static func pending(_ connection: Connection) throws(PostgresError) -> [ControlMigration] {
        var applied: Set<String> = []
        for row in try connection.single(
            settings: TenantDatabase.control(), file("control/deploy/control_ledger.sql"))
        { applied.insert(try row.text("path")) }
        return ControlMigration.own.filter { !applied.contains($0.path) }
    }

    /// The same for people.
    public static func steps(_ connection: Connection) throws(PostgresError) -> [Migrator.Step] {
        try pending(connection).map { migration in
            Migrator.Step(
                path: migration.path, tenants: 0, safety: migration.header.safety.rawValue,
                isRolling: migration.header.isRolling, isByStatement: false, estimate: nil)
        }
    }

    /// Brings roles, control tables and procedures to what this binary carries. Safe to repeat and to kill.
    ///
    /// The login needs CREATEROLE and CREATE on the database the first time; later only its membership in tandem_admin.
    ///
    /// - Parameters:
    ///   - actor: who has it done, for the audit.
    ///   - anyway: also what servers of another build that run do not survive.
    ///   - staysBehind: as a server that may have been restarted in the middle of an upgrade: while servers of a newer build
    ///     run, that one stays the newest.
    public static func prepare(
        _ connection: Connection, by actor: String = AuditActor.tandem, anyway: Bool = false, staysBehind: Bool = false,
        logger: Logger
    ) throws(PostgresError) {
        let found = try state(connection)
        if found.hasControlPlane, found.isMember {
            try refuseNewer(connection)
            // Before anything is changed.
            if !anyway { try RollingUpgrade.check(TenantSchemaFiles.own.migrations, connection) }
        }
        if !found.hasRoles || !found.isMember || found.isSuperuser {
            try retryingRaces { () throws(PostgresError) in
                try connection.script(text("control/bootstrap/roles.sql"))
            }
        }
        if !found.hasControlPlane {
            try retryingRaces { () throws(PostgresError) in
                try connection.transaction(settings: TenantDatabase.control(statementTimeout: nil)) {
                    (connection) throws(PostgresError) in
                    try connection.script(text("control/bootstrap/control_plane.sql"))
                }
            }
        }
        try migrate(connection, logger: logger)
        try CodeDeployer.deploy(connection, by: actor, staysBehind: staysBehind, logger: logger)
    }

    /// False for a build that `staysBehind`: tenants are left to the newer one.
    public static func isNewest(_ connection: Connection) throws(PostgresError) -> Bool {
        let newest = try connection.single(settings: TenantDatabase.control(), .call("newest_build"))
        return try newest.one().text("code_schema") == CodeVersion.schema
    }

    /// A database that a newer binary has migrated is left as it is: this one's procedures would not fit its tables.
    private static func refuseNewer(_ connection: Connection) throws(PostgresError) {
        let known = Set(ControlMigration.own.map(\.path) + CodeVersion.migrations)
        let unknown = try ledgers(connection).filter { !known.contains($0) }
        if unknown.isEmpty { return }
        let names = unknown.prefix(3).joined(separator: ", ") + (unknown.count > 3 ? ", …" : "")
        throw PostgresError(
            kind: .server("TD013"),
            message: "a newer version of tandem has migrated this database (\(names)); this one leaves it as it is. "
                + "Start the newer binary, or restore a backup from before the upgrade")
    }

    /// The paths of all migrations that were ever applied here.
    private static func ledgers(_ connection: Connection) throws(PostgresError) -> [String] {
        do throws(PostgresError) {
            let rows = try connection.single(
                settings: TenantDatabase.control(), file("control/deploy/ledgers.sql"))
            var paths: [String] = []
            for row in rows { paths.append(try row.text("path")) }
            return paths
        } catch {
            // Killed before the first of them.
            guard error.serverState == .undefinedTable else { throw error }
            return []
        }
    }

    /// What a superuser does once in a database: roles, the service's login `tandem`, and the rights that a read-only login
    /// has by default and must not have. Safe to repeat.
    public static func setUpAsSuperuser(_ connection: Connection) throws(PostgresError) {
        for name in ["roles", "service_login", "harden"] {
            try retryingRaces { () throws(PostgresError) in
                try connection.script(text("control/bootstrap/\(name).sql"), deadline: .seconds(60))
            }
        }
    }

    private static func migrate(_ connection: Connection, logger: Logger) throws(PostgresError) {
        let settings = TenantDatabase.control(statementTimeout: nil, lockTimeout: LockPatience.wait)
        let ledger = try connection.single(settings: settings, file("control/deploy/control_ledger.sql"))
        var applied: [String: String] = [:]
        for row in ledger { applied[try row.text("path")] = try row.text("sha256") }
        for migration in ControlMigration.own {
            let hash = Digest.hex(of: migration.text)
            if let known = applied[migration.path] {
                if known != hash {
                    throw PostgresError(
                        kind: .server("TD013"),
                        message: "\(migration.path) was applied with another text: this database is of another build")
                }
                continue
            }
            let patience = LockPatience(logger: logger, metadata: ["path": "\(migration.path)"])
            try patience.run { () throws(PostgresError) in
                try connection.transaction(settings: settings) { (connection) throws(PostgresError) in
                    let isOurs = try connection.execute(
                        file("control/deploy/record_control_migration.sql", .text(migration.path), .text(hash)))
                    if isOurs.isEmpty { return }
                    try connection.script(migration.text, deadline: .seconds(600))
                }
            }
            logger.info("applied a control migration", metadata: ["path": "\(migration.path)"])
        }
    }

    /// Two processes that start on one empty database, or on two of one cluster, meet in unique violations and concurrent
    /// updates of the catalog; the second then finds it done.
    private static func retryingRaces(_ body: () throws(PostgresError) -> Void) throws(PostgresError) {
        let races: Set<SQLState> = [
            .uniqueViolation, .duplicateSchema, .duplicateTable, .duplicateObject, "XX000",
        ]
        for attempt in 1... {
            do throws(PostgresError) {
                return try body()
            } catch {
                let isRace = error.serverState.map(races.contains) ?? false
                if !isRace || attempt == 10 { throw error }
            }
        }
    }

    /// The text of an embedded file; a missing one is a fault of the build.
    static func text(_ path: String) -> String {
        guard let file = EmbeddedSQL.files.first(where: { $0.path == path }) else {
            preconditionFailure("sql/\(path) is not embedded")
        }
        return file.text
    }

    /// A file of one statement, with its parameters.
    static func file(_ path: String, _ binds: Bind...) -> Statement {
        Statement(unchecked: text(path), binds)
    }
}

/// One file of `sql/control/migrations`.
struct ControlMigration: Sendable {
    let path: String
    let text: String
    let header: MigrationHeader

    /// Of this binary; a file that cannot be read is a fault of the build.
    static let own: [ControlMigration] = EmbeddedSQL.files(below: "control/migrations").map { file in
        do throws(TenantSQLFile.HeaderError) {
            let header = try MigrationHeader(path: file.path, text: file.text)
            return ControlMigration(path: file.path, text: file.text, header: header)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
