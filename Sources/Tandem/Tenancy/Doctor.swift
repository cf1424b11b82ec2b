public import Logging
public import Postgres

/// Looks at a database for what makes promises void: lost durability, open doors, unfinished migrations.
public enum Doctor {
    public enum Result: String, Sendable {
        case ok, warn, fail
    }

    public struct Finding: Sendable {
        public let result: Result
        public let check: String
        public let detail: String
        /// What to do, where something is to be done.
        public var remedy: String?

        public init(_ result: Result, _ check: String, _ detail: String, _ remedy: String? = nil) {
            self.result = result
            self.check = check
            self.detail = detail
            self.remedy = result == .ok ? nil : remedy
        }
    }

    /// - Parameters:
    ///   - server: the embedded one; its superuser sees all sessions, and its disk and backups are looked at.
    ///   - reserve: what is kept free of its disk.
    public static func examine(
        _ connection: Connection, server: EmbeddedServer?, reserve: DiskRoom.Bounds = .init(), logger: Logger
    ) throws -> [Finding] {
        let state = try ControlPlane.state(connection)
        var findings = [
            finding(
                "postgres", state.serverVersion / 10_000 == 15 ? .ok : .warn,
                "server \(state.serverVersion / 10_000).\(state.serverVersion % 10_000); 15 is what was tested"),
            finding(
                "login", state.isMember ? (state.isSuperuser ? .warn : .ok) : .fail,
                state.isSuperuser
                    ? "the service's login is a superuser: give it one of its own that is not"
                    : state.isMember ? "member of tandem_admin, no superuser" : "no member of tandem_admin"),
        ]
        if !state.hasRoles && !state.mayCreateRoles && !state.isSuperuser {
            findings.append(finding("rights", .fail, "once, the login needs CREATEROLE and to own the database"))
        }
        guard state.hasControlPlane, state.isMember else {
            return findings + [
                finding(
                    "control-plane", .fail,
                    "there is none: tandem migrate up makes it; if it may not, give the login the database: "
                        + "alter database \(state.database) owner to LOGIN")
            ]
        }
        for name in ["doctor", "doctor_schemas"] {
            findings += try self.findings(
                connection.single(
                    settings: TenantDatabase.control(statementTimeout: .seconds(60)),
                    ControlPlane.file("control/deploy/\(name).sql"), deadline: .seconds(60)))
        }
        findings += try sessions(connection, server)
        findings.append(try clock(connection))
        findings.append(try servers(connection))
        if let server { findings += machine(server, reserve, begin: try begin(connection)) }
        guard try ControlPlane.isCurrent(connection) else {
            return findings + [
                finding(
                    "migrations", .fail, "control plane or procedures are of another build",
                    "tandem migrate up, or doctor --fix")
            ]
        }
        findings.append(try walls(connection))
        findings.append(try controlAudit(connection))
        let pending = try Migrator(connection, logger: logger).plan()
        findings.append(
            finding(
                "migrations", pending.isEmpty ? .ok : .fail,
                pending.isEmpty
                    ? "every tenant is at this version"
                    : "pending: " + pending.map(\.tenant.slug).joined(separator: ", "),
                "tandem migrate up, or doctor --fix"))
        if pending.isEmpty {
            let tenants = try TenantDirectory(connection, actor: "doctor", logger: logger).list()
            findings.append(try duplicates(connection, tenants))
            findings.append(try forms(connection, of: tenants))
        }
        return findings
    }

    /// Two builds are a state to pass through.
    private static func servers(_ connection: Connection) throws(PostgresError) -> Finding {
        let found = try RunningServer.all(connection)
        let builds = Set(found.map(\.codeSchema))
        return finding(
            "servers", builds.count < 2 ? .ok : .warn,
            found.isEmpty
                ? "none says that it runs"
                : "\(found.count)"
                    + (builds.count < 2 ? ", all of one build" : ": " + found.map(\.words).joined(separator: "; ")),
            "end the upgrade: stop those of the older build")
    }

    private static func duplicates(_ connection: Connection, _ tenants: [Tenant]) throws(PostgresError) -> Finding {
        let alarms = try connection.duplicateAlarms(of: tenants, now: WallClock.system.microseconds)
        let words = alarms.map { "\($0.tenant.slug), \($0.alarm.words)" }
        return finding(
            "duplicates", alarms.isEmpty ? .ok : .warn,
            alarms.isEmpty ? "no source sends many" : words.joined(separator: "; "))
    }

    /// Looks into one tenant's data: whether all that is derived agrees with what it is derived from, and whether the audit
    /// log is whole. Reads every node, event and audit row of the tenant.
    public static func examine(_ tenant: Tenant, _ connection: Connection) throws -> [Finding] {
        let rows = try connection.single(
            settings: tenant.database.settings(statementTimeout: .seconds(600)),
            [.call("check_identity"), .call("verify_audit")])
        let breaches = try rows[0].map { "\(try $0.text("law")): \(try $0.text("detail"))" }
        let broken = try rows[1].map {
            "row \(try $0.int("seq")) of chain \(try $0.int("chain")) is \(try $0.text("breach"))"
        }
        return [
            finding(
                "identity", breaches.isEmpty ? .ok : .fail,
                breaches.isEmpty
                    ? "what is derived agrees with nodes, edges and records"
                    : "\(breaches.count) breaches: " + breaches.prefix(5).joined(separator: "; ")),
            finding(
                "audit", broken.isEmpty ? .ok : .fail,
                broken.isEmpty ? "every row fits the one before it" : broken.prefix(5).joined(separator: "; ")),
        ]
    }

    static func findings(_ rows: Rows) throws(PostgresError) -> [Finding] {
        var found: [Finding] = []
        for row in rows {
            found.append(
                finding(
                    try row.text("check"), Result(rawValue: try row.text("result")) ?? .fail, try row.text("detail"),
                    try row.text("remedy")))
        }
        return found
    }

    static func finding(_ check: String, _ result: Result, _ detail: String, _ remedy: String? = nil) -> Finding {
        Finding(result, check, detail, remedy)
    }
}
