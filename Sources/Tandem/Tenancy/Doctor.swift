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
    }

    public static func examine(_ connection: Connection, logger: Logger) throws -> [Finding] {
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
            findings.append(finding("rights", .fail, "the login needs CREATEROLE and CREATE on the database once"))
        }
        guard state.hasControlPlane, state.isMember else {
            return findings + [finding("control-plane", .fail, "there is none: tandem migrate up makes it")]
        }
        for row in try connection.single(
            settings: TenantDatabase.control(), ControlPlane.file("control/deploy/doctor.sql"))
        {
            findings.append(
                finding(
                    try row.text("check"), Result(rawValue: try row.text("result")) ?? .fail, try row.text("detail")))
        }
        guard try ControlPlane.isCurrent(connection) else {
            return findings + [finding("migrations", .fail, "control plane or procedures are of another build")]
        }
        let pending = try Migrator(connection, logger: logger).plan()
        findings.append(
            finding(
                "migrations", pending.isEmpty ? .ok : .fail,
                pending.isEmpty
                    ? "every tenant is at this version"
                    : "pending: " + pending.map(\.tenant.slug).joined(separator: ", ")))
        return findings
    }

    private static func finding(_ check: String, _ result: Result, _ detail: String) -> Finding {
        Finding(result: result, check: check, detail: detail)
    }
}
