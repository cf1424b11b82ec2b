import Foundation
public import Logging
public import Postgres

/// What is wrong around the database: clock, disk, backups, sessions; and what can be put right without a decision.
extension Doctor {
    /// Tenants whose walls are tried.
    private static let tried: Int32 = 20

    static func sessions(_ connection: Connection, _ server: EmbeddedServer?) throws -> [Finding] {
        let file = ControlPlane.file("control/deploy/doctor_sessions.sql")
        guard let server else {
            do throws(PostgresError) {
                return try findings(connection.single(settings: TenantDatabase.control(), file))
            } catch {
                guard error.serverState == .insufficientPrivilege else { throw error }
                return [
                    finding("sessions", .warn, "the login may not see them", "grant pg_monitor to tandem_admin")
                ]
            }
        }
        let superuser = try server.superuser()
        defer { superuser.close() }
        return try findings(superuser.execute(file))
    }

    /// What administrators did, as it was written: reads all of it.
    static func controlAudit(_ connection: Connection) throws(PostgresError) -> Finding {
        let rows = try connection.single(
            settings: TenantDatabase.control(statementTimeout: .seconds(60)), .call("verify_control_audit"),
            deadline: .seconds(60))
        var breaches: [String] = []
        for row in rows { breaches.append("entry \(try row.int("seq")) is \(try row.text("breach"))") }
        return finding(
            "control-audit", breaches.isEmpty ? .ok : .fail,
            breaches.isEmpty
                ? "what administrators did is as it was written" : breaches.prefix(5).joined(separator: "; "),
            "somebody wrote to tandem.audit: compare those entries with a backup")
    }

    /// What must not work is tried.
    static func walls(_ connection: Connection) throws(PostgresError) -> Finding {
        let rows = try connection.single(
            settings: TenantDatabase.control(statementTimeout: .seconds(60)), .call("try_walls", .int4(tried)),
            deadline: .seconds(60))
        var breaches: [String] = []
        for row in rows { breaches.append("\(try row.text("role")) \(try row.text("did"))") }
        return finding(
            "walls", breaches.isEmpty ? .ok : .fail,
            breaches.isEmpty
                ? "no tenant's role reads the control plane or another tenant, or makes tables"
                : breaches.prefix(5).joined(separator: "; "),
            "revoke what that role was granted; nothing of Tandem grants it")
    }

    static func clock(_ connection: Connection) throws(PostgresError) -> Finding {
        let before = WallClock.system.microseconds
        let there = try connection.execute(.call("clock_timestamp")).one().timestamp(0)
        return clock(here: (before + WallClock.system.microseconds) / 2, there: there)
    }

    /// Both in microseconds.
    static func clock(here: Int64, there: Int64) -> Finding {
        let seconds = Double(here - there) / 1_000_000
        let words = String(format: "%.1f", abs(seconds))
        return finding(
            "clock", abs(seconds) < 1 ? .ok : .warn,
            abs(seconds) < 1
                ? "this machine and the database agree"
                : "this machine is \(words) s \(seconds > 0 ? "ahead of" : "behind") the database",
            "let both keep time by NTP")
    }

    /// When the installation was made.
    static func begin(_ connection: Connection) throws(PostgresError) -> Date? {
        let file = ControlPlane.file("control/deploy/installation_begin.sql")
        return try connection.single(settings: TenantDatabase.control(), file).one().optionalTimestamp("begin")
            .map { Date(microseconds: $0) }
    }

    static func machine(_ server: EmbeddedServer, _ reserve: DiskRoom.Bounds, begin: Date?) -> [Finding] {
        let place = server.directory.realCluster
        let space = DiskRoom.space(at: place) ?? DiskRoom.Space(free: 16 << 30, total: 16 << 30)
        return [disk(space, reserve, at: place), backups(of: server, begin: begin)]
    }

    /// PostgreSQL stops when its disk is full; before that, events are turned away.
    static func disk(_ space: DiskRoom.Space, _ bounds: DiskRoom.Bounds = .init(), at path: String) -> Finding {
        let gigabyte: UInt64 = 1_000_000_000
        let reserve = bounds.reserve(ofBytes: space.total)
        let isShort = space.free < reserve
        return finding(
            "disk", isShort || space.free < gigabyte / 2 ? .fail : space.free < 5 * gigabyte ? .warn : .ok,
            "\(space.free / 1_000_000) MB are free in \(path)"
                + (isShort ? ", less than \(reserve / 1_000_000): events are turned away (503 disk_full)" : ""),
            "make room (tandem backup prune, other files on that disk), or move the data directory; events are taken "
                + "again by themselves")
    }

    private static func backups(of server: EmbeddedServer, begin: Date?) -> Finding {
        guard let folder = BackupFolder(of: server.directory) else { return noBackups(since: begin, now: Date()) }
        do throws(BackupError) {
            return backups(try folder.all(), now: Date())
        } catch {
            return finding("backups", .fail, "\(error)", "tandem backup create")
        }
    }

    /// - Parameter begin: of the installation: a new one has nothing to lose yet.
    static func noBackups(since begin: Date?, now: Date) -> Finding {
        let hours = Int(now.timeIntervalSince(begin ?? now) / 3_600)
        return finding(
            "backups", hours < 24 ? .ok : .warn,
            hours < 24
                ? "none are made (tandem backup create makes the first)"
                : "none was ever made, and the installation is \(hours / 24) d old: what it holds is in one place",
            "tandem backup create, every night by a timer (docs/systemd)")
    }

    static func backups(_ all: [BaseBackup], now: Date) -> Finding {
        guard let newest = all.first else {
            return finding("backups", .fail, "none was finished", "tandem backup create")
        }
        let hours = Int(now.timeIntervalSince(newest.finishedAt) / 3_600)
        if newest.isVerified == false {
            return finding("backups", .fail, "the newest, \(newest.name), is damaged", "tandem backup create")
        }
        return finding(
            "backups", hours < 48 ? .ok : .warn,
            "\(all.count), the newest \(hours) h old" + (newest.isVerified == nil ? ", not verified yet" : ""),
            "tandem backup create, every night by a timer")
    }

    /// The checks that ``fix(_:_:server:by:until:logger:)`` puts right.
    public static let fixable: Set<String> = [
        "migrations", "control-plane", "durability", "temporary-tables", "built-in-functions", "bi-sessions",
        "snapshots", formsCheck,
    ]

    /// Puts right what needs no decision.
    ///
    /// - Parameters:
    ///   - actor: who has it done, for the audit: what is set in the server is set outside of transactions, so the entry comes
    ///     behind it, also where only a part was done.
    ///   - end: when to leave the rest of what may be much for the next time; nil: never.
    /// - Returns: what was done, by check.
    public static func fix(
        _ found: [Finding], _ connection: Connection, server: EmbeddedServer?, by actor: String,
        until end: ContinuousClock.Instant? = nil, logger: Logger
    ) throws -> [(check: String, done: String)] {
        var done: [(check: String, done: String)] = []
        do {
            try putRight(found, connection, server, actor, end, logger, &done)
        } catch {
            try? note(done, by: actor, on: connection)
            throw error
        }
        try note(done, by: actor, on: connection)
        return done
    }

    private static func note(
        _ done: [(check: String, done: String)], by actor: String, on connection: Connection
    ) throws(PostgresError) {
        if done.isEmpty { return }
        try connection.noteAdministration(
            "installation.fix", of: CodeVersion.schema, by: actor,
            detail: .object(JSONObject(done.map { ($0.check, JSON.string($0.done)) })))
    }

    private static func putRight(
        _ found: [Finding], _ connection: Connection, _ server: EmbeddedServer?, _ actor: String,
        _ end: ContinuousClock.Instant?, _ logger: Logger, _ done: inout [(check: String, done: String)]
    ) throws {
        let checks = Set(found.filter { $0.result != .ok }.map(\.check))
        if checks.contains("migrations") || checks.contains("control-plane") {
            try ControlPlane.prepare(connection, by: actor, logger: logger)
            let failures = try Migrator(connection, actor: actor, logger: logger).migrateAll()
            done.append(("migrations", failures.isEmpty ? "every tenant is at this version" : "some tenants failed"))
        }
        if checks.contains(formsCheck) {
            let tenants = try TenantDirectory(connection, actor: actor, logger: logger).list()
            done.append((formsCheck, try renewForms(connection, of: tenants, until: end)))
        }
        guard let server else { return }
        let superuser = try server.superuser()
        defer { superuser.close() }
        if checks.contains("durability") {
            let lines = ControlPlane.text("control/deploy/fix_durability.sql").split(separator: "\n")
            for line in lines where !line.hasPrefix("--") { try superuser.script(String(line)) }
            _ = try superuser.execute(ControlPlane.file("control/backup/reload.sql"))
            done.append(("durability", "fsync, full_page_writes and synchronous_commit are on"))
        }
        if checks.contains("temporary-tables") || checks.contains("built-in-functions") {
            try ControlPlane.setUpAsSuperuser(superuser)
            for check in ["temporary-tables", "built-in-functions"] where checks.contains(check) {
                done.append((check, "closed to BI logins"))
            }
        }
        if checks.contains("bi-sessions") || checks.contains("snapshots") {
            let ended = try superuser.execute(ControlPlane.file("control/deploy/fix_sessions.sql")).one().int(0)
            done.append(("bi-sessions", "ended \(ended) of BI logins"))
        }
    }
}
