public import Logging
public import Postgres

/// Brings tenants' schemas to what this binary carries: each tenant in turn, each file in a transaction of its own, so
/// that it may be killed at any moment and run again.
public struct Migrator {
    private let connection: Connection
    private let actor: String
    private let logger: Logger
    private let files: TenantSchemaFiles

    /// - Parameter actor: who has it done, for the audit.
    public init(_ connection: Connection, actor: String = AuditActor.tandem, logger: Logger) throws {
        try self.init(connection, actor: actor, logger: logger, files: .embedded())
    }

    init(_ connection: Connection, actor: String = AuditActor.tandem, logger: Logger, files: TenantSchemaFiles) {
        self.connection = connection
        self.actor = actor
        self.logger = logger
        self.files = files
    }

    /// What a tenant still needs.
    public struct TenantPlan: Sendable {
        public let tenant: Tenant
        /// Paths below `sql/`, in order.
        public let pending: [String]
        /// `online`, `locks-briefly` or `offline` of each.
        public let safety: [String]
        /// Of the pending ones those that servers of an older build do not survive.
        public let breaking: [String]
        /// Applied with another text than this binary has.
        public let changed: [String]
        /// Applied by a newer binary.
        public let unknown: [String]
        /// The migrations are all applied, but views differ.
        public var onlyViews: Bool { pending.isEmpty && changed.isEmpty && unknown.isEmpty }
    }

    /// Tenants that are not at this binary's digest, with what each needs; one indexed read when nothing is to do.
    ///
    /// - Parameter slugs: looks at these alone.
    public func plan(of slugs: Set<String>? = nil) throws(PostgresError) -> [TenantPlan] {
        var plans: [TenantPlan] = []
        for tenant in try outdated(slugs) {
            let plan = files.plan(modules: tenant.modules, applied: try applied(tenant))
            plans.append(
                TenantPlan(
                    tenant: tenant, pending: plan.pending.map(\.path), safety: plan.pending.map(\.safety.rawValue),
                    breaking: plan.pending.filter { !$0.isRolling }.map(\.path), changed: plan.changed,
                    unknown: plan.unknown))
        }
        return plans
    }

    /// One file, over all tenants that need it.
    public struct Step: Sendable {
        /// Below `sql/`.
        public let path: String
        /// 0: of the control plane.
        public let tenants: Int
        /// `online`, `locks-briefly` or `offline`.
        public let safety: String
        /// Whether servers of an older build go on with it.
        public let isRolling: Bool
        /// Each statement commits by itself and holds nobody up.
        let isByStatement: Bool
        /// What that means to a tenant's requests.
        public var cost: String {
            if isByStatement { return "none" }
            return switch TenantSQLFile.Safety(rawValue: safety) {
            case .online: "instant"
            case .locksBriefly: "short lock"
            case .offline, nil: "long"
            }
        }
        /// For all of them, by the tenants that have it already; nil: none has.
        public let estimate: Duration?
    }

    /// What plans need in whole, file by file.
    public func steps(_ plans: [TenantPlan]) throws(PostgresError) -> [Step] {
        var counts: [String: (tenants: Int, safety: String)] = [:]
        let aside = Set(files.migrations.filter(\.isByStatement).map(\.path))
        let breaking = plans.reduce(into: Set<String>()) { $0.formUnion($1.breaking) }
        for plan in plans {
            for (path, safety) in zip(plan.pending, plan.safety) { counts[path, default: (0, safety)].tenants += 1 }
        }
        let paths = counts.keys.sorted()
        let rows = try connection.single(
            settings: TenantDatabase.control(),
            ControlPlane.file("control/deploy/migration_durations.sql", .textArray(paths)))
        var means: [String: Double] = [:]
        for row in rows { means[try row.text("path")] = try row.double("duration_ms") }
        return paths.compactMap { path in
            counts[path].map { count in
                Step(
                    path: path, tenants: count.tenants, safety: count.safety, isRolling: !breaking.contains(path),
                    isByStatement: aside.contains(path),
                    estimate: means[path].map { .milliseconds(max(1, $0) * Double(count.tenants)) })
            }
        }
    }

    /// Migrates every tenant that needs it; one that fails does not stop the others.
    ///
    /// - Parameters:
    ///   - slugs: of these alone.
    ///   - anyway: also what servers of another build that run do not survive.
    ///   - progress: called after each tenant.
    /// - Returns: what went wrong, by tenant; empty when all are done.
    public func migrateAll(
        of slugs: Set<String>? = nil, anyway: Bool = false,
        progress: (_ done: Int, _ total: Int, _ tenant: Tenant) -> Void = { _, _, _ in }
    ) throws(PostgresError) -> [(tenant: Tenant, error: PostgresError)] {
        var failures: [(tenant: Tenant, error: PostgresError)] = []
        if !anyway { try RollingUpgrade.check(files.migrations, connection) }
        let tenants = try outdated(slugs)
        for (index, tenant) in tenants.enumerated() {
            do throws(PostgresError) {
                try migrate(tenant)
            } catch {
                if error.isConnectionLoss { throw error }
                logger.error("a tenant was not migrated", metadata: ["tenant": "\(tenant.slug)", "error": "\(error)"])
                failures.append((tenant, error))
            }
            progress(index + 1, tenants.count, tenant)
        }
        return failures
    }

    /// Applies what one tenant lacks, then recreates its views as a set.
    public func migrate(_ tenant: Tenant) throws(PostgresError) {
        let plan = files.plan(modules: tenant.modules, applied: try applied(tenant))
        guard plan.isPossible else {
            let names = (plan.changed + plan.unknown).joined(separator: ", ")
            throw PostgresError(
                kind: .server("TD013"), message: "tenant \(tenant.slug) was made by another build: \(names)")
        }
        for migration in plan.pending {
            try naming(migration.path) { () throws(PostgresError) in
                // Who builds an index of an hour is waited for.
                let limit = migration.isByStatement ? Self.patience : LockPatience.limit
                try retryingLocks(tenant, for: limit) { () throws(PostgresError) in
                    try apply(migration, to: tenant)
                }
            }
        }
        try naming("tenant/views") { () throws(PostgresError) in
            try retryingLocks(tenant) { () throws(PostgresError) in try recreateViews(of: tenant) }
        }
    }

    /// Applies those of the named migrations that one tenant lacks, without views: what rows of that version need.
    func migrate(_ tenant: Tenant, only paths: Set<String>) throws(PostgresError) {
        let plan = files.plan(modules: tenant.modules, applied: try applied(tenant))
        for migration in plan.pending where paths.contains(migration.path) {
            try retryingLocks(tenant) { () throws(PostgresError) in try apply(migration, to: tenant) }
        }
    }

    /// The names of the tenants that are meant, each by its name, `tnt_…` or uuid. Needs no procedure.
    ///
    /// - Throws: `TD001` when there is none.
    public func slugs(_ references: [String]) throws(PostgresError) -> Set<String> {
        var slugs: Set<String> = []
        for reference in references {
            let id = PublicID(.tenant, text: reference)?.uuid
            let rows = try connection.single(
                settings: TenantDatabase.control(),
                ControlPlane.file(
                    "control/deploy/tenant_slugs.sql", .text(reference), id.map { .uuid($0) } ?? .null(.uuid)))
            guard let row = rows.first else {
                throw PostgresError(kind: .server("TD001"), message: "there is no tenant \(reference)")
            }
            slugs.insert(try row.text("slug"))
        }
        return slugs
    }

    /// Tenants that are not at this binary's digest.
    func outdated(_ slugs: Set<String>? = nil) throws(PostgresError) -> [Tenant] {
        let digests = files.digests
        let rows = try connection.single(
            settings: TenantDatabase.control(),
            ControlPlane.file(
                "control/deploy/tenants_to_migrate.sql", .textArray(digests.map(\.modules)),
                .textArray(digests.map(\.digest))))
        var tenants: [Tenant] = []
        for row in rows { tenants.append(try Tenant(row: row)) }
        return slugs.map { slugs in tenants.filter { slugs.contains($0.slug) } } ?? tenants
    }

    private func applied(_ tenant: Tenant) throws(PostgresError) -> [String: String] {
        let rows = try connection.single(
            settings: TenantDatabase.control(),
            ControlPlane.file("control/deploy/applied_migrations.sql", .uuid(tenant.id)))
        var applied: [String: String] = [:]
        for row in rows { applied[try row.text("path")] = try row.text("sha256") }
        return applied
    }

    private func apply(_ migration: TenantSQLFile, to tenant: Tenant) throws(PostgresError) {
        let start = ContinuousClock.now
        let isByStatement = migration.isByStatement && tenant.state != .creating
        let control =
            TenantDatabase.control(statementTimeout: nil, lockTimeout: LockPatience.wait)
            + (isByStatement ? Self.whileStatementsRun : [])
        try connection.transaction(settings: control) { (connection) throws(PostgresError) in
            try connection.execute(.call(isByStatement ? "lock_ledger" : "lock_tenant", .uuid(tenant.id)))
            // Another migrator may have done it while this one waited.
            let done = try connection.execute(
                ControlPlane.file("control/deploy/applied_migrations.sql", .uuid(tenant.id)))
            for row in done where try row.text("path") == migration.path { return }
            let owner = owner(of: tenant, internalFirst: migration.scope == .internals)
            if isByStatement {
                try connection.script(ControlPlane.text("control/deploy/no_snapshot.sql"))
                try ByStatement(connection.configuration, owner: owner).run(migration.text)
            } else {
                try connection.enter(owner)
                try connection.script(migration.textInTransaction, deadline: Self.patience)
                try connection.enter(control)
            }
            let duration = Int32(clamping: Int((ContinuousClock.now - start) / Duration.milliseconds(1)))
            try connection.execute(
                .call(
                    "note_migration", .uuid(tenant.id), .text(migration.path), .text(migration.sha256),
                    .int4(duration), .text(actor)))
        }
    }

    /// The transaction beside statements that commit by themselves has nothing to do for as long as an index is built; if
    /// its host vanishes, it is to end all the same.
    private static let whileStatementsRun: [Connection.Setting] = [
        (name: "idle_in_transaction_session_timeout", value: "0"), (name: "tcp_keepalives_idle", value: "60"),
        (name: "tcp_keepalives_interval", value: "10"), (name: "tcp_keepalives_count", value: "6"),
    ]

    /// How long one file may work.
    static let patience: Duration = .seconds(24 * 3_600)

    private func recreateViews(of tenant: Tenant) throws(PostgresError) {
        let control = TenantDatabase.control(statementTimeout: nil, lockTimeout: LockPatience.wait)
        try connection.transaction(settings: control) { (connection) throws(PostgresError) in
            try connection.execute(.call("lock_tenant", .uuid(tenant.id)))
            try connection.enter(owner(of: tenant, internalFirst: false))
            try connection.execute(.call("drop_bi_views", .text(tenant.schema.name)))
            for view in files.views(for: tenant.modules) {
                try connection.script(view.text, deadline: .seconds(600))
            }
            try connection.enter(control)
            try connection.execute(
                .call(
                    "note_schema_digest", .uuid(tenant.id), .text(files.digest(for: tenant.modules)), .text(actor)))
        }
    }

    /// Says which file an error is of.
    private func naming(_ path: String, _ body: () throws(PostgresError) -> Void) throws(PostgresError) {
        do throws(PostgresError) {
            try body()
        } catch {
            if error.isConnectionLoss { throw error }
            var fields = PostgresError.Fields()
            (fields.detail, fields.hint) = (error.detail, error.hint)
            throw PostgresError(
                kind: error.kind, sqlState: error.sqlState, message: "\(path): \(error.message)", fields: fields)
        }
    }

    private func owner(of tenant: Tenant, internalFirst: Bool) -> [Connection.Setting] {
        tenant.database.ownerSettings(
            internalFirst: internalFirst, statementTimeout: nil, lockTimeout: LockPatience.wait)
    }

    private func retryingLocks(
        _ tenant: Tenant, for limit: Duration = LockPatience.limit, _ body: () throws(PostgresError) -> Void
    ) throws(PostgresError) {
        try LockPatience(logger: logger, metadata: ["tenant": "\(tenant.slug)"], limit: limit).run(body)
    }
}
