public import Postgres

/// How a transaction reaches one tenant: path, role and limits, set for that transaction only.
///
/// ```swift
/// try await context.pool.withConnection(affinity: tenant.database.affinity) { connection in
///     try connection.single(settings: tenant.database.settings(), .call("profile_show", .uuid(id)))
/// }
/// ```
///
/// The service's login has no rights of its own, so a transaction without these settings reads and writes nothing.
public struct TenantDatabase: Sendable, Hashable {
    public let schema: TenantSchema
    /// ISO 4217: what new records have that are given no other.
    public let currency: String
    /// Where owners are who say nothing of it.
    let timezone: String
    /// Whose rights hold for records; nil: everything is allowed.
    public private(set) var caller: RecordCaller?
    /// What procedures for pages leave out, see ``RecordRights``.
    private var hidden: String?

    /// The same tenant with the rights of that caller alone.
    public func acting(for caller: RecordCaller?) -> TenantDatabase {
        var database = self
        database.caller = caller
        return database
    }

    /// The same with the rights of who visits the console.
    fileprivate func acting(for rights: RecordRights?) -> TenantDatabase {
        guard let rights else { return self }
        var database = acting(for: rights.caller)
        database.hidden = rights.hidden
        return database
    }

    public init(_ schema: TenantSchema, currency: String, timezone: String = "UTC") {
        self.schema = schema
        self.currency = currency
        self.timezone = timezone
    }

    /// Keeps a tenant's requests on the same few connections: their catalog caches are per connection and never shrink.
    public var affinity: Int { schema.name.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & Int.max }

    /// The settings of a request's transaction: role `<schema>_app`, path `t_x, t_x_i, tandem_code_…, pg_temp`, and
    /// `tandem.currency` and `tandem.zone`, since a tenant's schemas do not know the control plane; with a caller, whose rights hold.
    ///
    /// - Parameters:
    ///   - statementTimeout: ends each statement at the server; nil: no limit.
    ///   - lockTimeout: ends a wait for a lock.
    ///   - forWriting: with what only procedures that write ask for.
    ///   - extra: more settings, for example `plan_cache_mode` (a role's own settings do not apply on SET ROLE).
    public func settings(
        statementTimeout: Duration? = .milliseconds(4_200), lockTimeout: Duration? = .seconds(2),
        forWriting: Bool = true, extra: [Connection.Setting] = []
    ) -> [Connection.Setting] {
        Self.settings(
            role: schema.appRole, path: path(first: schema.name, second: schema.internals),
            statementTimeout: statementTimeout, lockTimeout: lockTimeout)
            + (forWriting ? [(name: "tandem.currency", value: currency), (name: "tandem.zone", value: timezone)] : [])
            + (caller?.settings ?? [])
            + (hidden.map { [(name: "tandem.hidden", value: $0)] } ?? []) + extra
    }

    /// The settings under which the tenant's own DDL runs.
    func ownerSettings(
        internalFirst: Bool, statementTimeout: Duration?, lockTimeout: Duration
    ) -> [Connection.Setting] {
        let names = [schema.name, schema.internals]
        let path = internalFirst ? path(first: names[1], second: names[0]) : path(first: names[0], second: names[1])
        return Self.settings(
            role: schema.ownerRole, path: path, statementTimeout: statementTimeout, lockTimeout: lockTimeout)
    }

    /// The settings of a transaction on the control plane: role `tandem_admin`, path `tandem_code_…` (``CodeVersion/schema``).
    public static func control(
        statementTimeout: Duration? = .milliseconds(4_200), lockTimeout: Duration? = .seconds(2)
    ) -> [Connection.Setting] {
        settings(
            role: "tandem_admin", path: "\(CodeVersion.schema), pg_temp", statementTimeout: statementTimeout,
            lockTimeout: lockTimeout)
    }

    private func path(first: String, second: String) -> String { "\(first), \(second), \(CodeVersion.schema), pg_temp" }

    private static func settings(
        role: String, path: String, statementTimeout: Duration?, lockTimeout: Duration?
    ) -> [Connection.Setting] {
        [
            (name: "search_path", value: path), (name: "role", value: role),
            (name: "statement_timeout", value: milliseconds(statementTimeout)),
            (name: "lock_timeout", value: milliseconds(lockTimeout)),
        ]
    }

    private static func milliseconds(_ duration: Duration?) -> String {
        guard let duration else { return "0" }
        let (seconds, attoseconds) = duration.components
        return "\(max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000))ms"
    }
}

extension Tenant {
    public var database: TenantDatabase {
        TenantDatabase(schema, currency: currency, timezone: timezone).acting(for: rights)
    }

    /// The same without the limits of a visit: for what is no work on records, and guarded by itself.
    public var unlimited: Tenant {
        var tenant = self
        tenant.rights = nil
        return tenant
    }
}

extension Connection {
    /// Changes role, path and limits within an open transaction.
    func enter(_ settings: [Setting]) throws(PostgresError) {
        for setting in settings {
            try execute(.call("set_config", .text(setting.name), .text(setting.value), .bool(true)))
        }
    }
}
