import Foundation
public import Logging
public import Postgres

/// Tenants, sources, keys and BI logins, on one connection. Each call is a transaction of its own.
///
/// Errors are the database's; SQLSTATEs of class TD say what was wrong (`TandemError.init(_:)`).
public struct TenantDirectory {
    let connection: Connection
    /// Who does it, for the audit: `cli:root`, `key:…`.
    let actor: String
    let ids: IDGenerator
    let logger: Logger
    /// Every change is made, checked by the database, and rolled back.
    let isDryRun: Bool

    public init(
        _ connection: Connection, actor: String, isDryRun: Bool = false, ids: IDGenerator = .uuidV7(), logger: Logger
    ) {
        self.connection = connection
        self.actor = actor
        self.isDryRun = isDryRun
        self.ids = ids
        self.logger = logger
    }

    /// A tenant that is to be made.
    public struct Draft: Sendable {
        public var slug: String
        public var displayName: String
        public var modules: Set<Module>
        public var timezone: String
        public var currency: String

        public init(
            slug: String, displayName: String? = nil, modules: Set<Module> = [.cdp, .crm], timezone: String = "UTC",
            currency: String = "USD"
        ) {
            self.slug = slug
            self.displayName = displayName ?? slug
            self.modules = modules
            self.timezone = timezone
            self.currency = currency
        }
    }

    /// A new tenant with its first keys; the secret one is shown only here.
    public struct Created: Sendable {
        public let tenant: Tenant
        public let writeKey: KeyText
        public let secretKey: KeyText
    }

    /// Makes a tenant: row and roles, then tables, then first rows, sources `server` and `web`, and keys. Killed
    /// anywhere, the same call continues.
    ///
    /// - Throws: `TD003` when a finished tenant has the name, `TD004` for wrong input.
    public func create(_ draft: Draft) throws -> Created {
        try validate(draft)
        try refuseOlder()
        let begun = try tenant(
            .call(
                "create_tenant", .uuid(ids.next()), .text(draft.slug), .text(draft.displayName),
                .text(TenantSchema.random().name), .textArray(draft.modules.sorted().map(\.rawValue)),
                .text(draft.timezone), .text(draft.currency), .text(actor)))
        let write = KeyText.random(.write)
        let secret = KeyText.random(.secret)
        if isDryRun { return Created(tenant: begun, writeKey: write, secretKey: secret) }
        // Near a megabyte of catalog for each tenant that is made.
        connection.isSpent = true
        try Migrator(connection, actor: actor, logger: logger).migrate(begun)
        if begun.modules.contains(.cdp) {
            // Before the first event, which would keep its month in the default partition.
            try Housekeeping.makePartitions(of: begun, now: WallClock.system.microseconds, on: connection)
        }
        let active: Tenant
        do throws(PostgresError) {
            active = try activate(begun, write, secret)
        } catch {
            // A control migration changed the table under a statement of this connection.
            guard error.isRetryable else { throw error }
            active = try activate(begun, write, secret)
        }
        return Created(tenant: active, writeKey: write, secretKey: secret)
    }

    private func activate(_ tenant: Tenant, _ write: KeyText, _ secret: KeyText) throws(PostgresError) -> Tenant {
        try connection.transaction(settings: slow) { (connection) throws(PostgresError) in
            let row = try connection.execute(.call("activate_tenant", .uuid(tenant.id))).one()
            let server = try makeSource(tenant.id, name: "server", kind: .server)
            let web = try makeSource(tenant.id, name: "web", kind: .browser)
            try store(write, tenant: tenant.id, source: server.id)
            try store(KeyText.random(.write), tenant: tenant.id, source: web.id)
            try store(secret, tenant: tenant.id)
            return try Tenant(row: row)
        }
    }

    /// Once a newer build is here, tenants are made by its servers: those of this one would lack what it needs.
    private func refuseOlder() throws(PostgresError) {
        let newest = try connection.single(settings: TenantDatabase.control(), .call("newest_build")).one()
        let known = Set(CodeVersion.migrations)
        guard let unknown = try newest.texts("migrations").first(where: { !known.contains($0) }) else { return }
        throw PostgresError(
            kind: .server("TD013"),
            message: "a newer build of tandem takes over this database (\(unknown)): "
                + "tenants and their modules are made by it")
    }

    /// All tenants, by name.
    public func list() throws(PostgresError) -> [Tenant] {
        try tenants(.call("find_tenants"))
    }

    /// The tenant with that name, `tnt_…` or uuid.
    ///
    /// - Throws: `TD001` when there is none.
    public func find(_ reference: String) throws(PostgresError) -> Tenant {
        let id = PublicID(.tenant, text: reference)?.uuid
        let found = try tenants(
            .call("find_tenants", id == nil ? .text(reference) : .null(.text), id.map { .uuid($0) } ?? .null(.uuid)))
        guard let tenant = found.first else {
            throw PostgresError(kind: .server("TD001"), message: "there is no tenant \(reference)")
        }
        return tenant
    }

    /// Changes what is not nil. A module may be added: its tables are made and their first rows written.
    public func update(
        _ tenant: Tenant, displayName: String? = nil, timezone: String? = nil, currency: String? = nil,
        modules: Set<Module>? = nil
    ) throws -> Tenant {
        try validate(timezone: timezone, currency: currency)
        if modules != nil { try refuseOlder() }
        let changed = try self.tenant(
            .call(
                "update_tenant", .uuid(tenant.id), displayName.bind, timezone.bind, currency.bind,
                modules.map { .textArray($0.sorted().map(\.rawValue)) } ?? .null(.textArray), .text(actor)))
        guard modules != nil, !isDryRun else { return changed }
        try Migrator(connection, actor: actor, logger: logger).migrate(changed)
        try connection.single(settings: slow, .call("initialise_modules", .uuid(tenant.id)), deadline: .seconds(60))
        return try find(changed.publicID.description)
    }

    /// Suspends (events are held, requests refused, BI logins closed) or resumes.
    ///
    /// - Throws: `TD013` for one in deletion, which `restore` alone takes back.
    public func setSuspended(_ suspended: Bool, _ tenant: Tenant) throws(PostgresError) -> Tenant {
        try setState(suspended ? .suspended : .active, tenant)
    }

    /// Marks for deletion after `grace`; until then `restore` takes it back.
    public func delete(_ tenant: Tenant, grace: Duration = .seconds(7 * 86400)) throws(PostgresError) -> Tenant {
        try setState(.deleting, tenant, grace: grace)
    }

    /// Takes a deletion back: the tenant is what it was before, suspended too.
    public func restore(_ tenant: Tenant) throws(PostgresError) -> Tenant {
        try self.tenant(.call("restore_tenant", .uuid(tenant.id), .text(actor)))
    }

    /// Drops a deleted tenant's schemas, roles and rows for good.
    ///
    /// - Parameter now: without waiting for the end of its grace period.
    public func drop(_ tenant: Tenant, now: Bool = false) throws(PostgresError) {
        for attempt in 1... {
            do throws(PostgresError) {
                return _ = try change(
                    [.call("drop_tenant", .uuid(tenant.id), .bool(now), .text(actor))], deadline: .seconds(600))
            } catch {
                // The services were at work in it when its deletion was said, and end with what they do.
                guard error.isRetryable, attempt < 5 else { throw error }
                Thread.sleep(forTimeInterval: Double.random(in: 0.2...1))
            }
        }
    }

    private func setState(
        _ state: Tenant.State, _ tenant: Tenant, grace: Duration = .zero
    ) throws(PostgresError) -> Tenant {
        let interval = Bind.literal("\(grace.components.seconds) seconds", .unspecified)
        let changed = try self.tenant(
            .call("set_tenant_state", .uuid(tenant.id), .text(state.rawValue), interval, .text(actor)))
        if state != .active { try change([.call("end_bi_sessions", .uuid(tenant.id))]) }
        return changed
    }

    private func validate(_ draft: Draft) throws(PostgresError) {
        guard Tenant.isValid(slug: draft.slug) else {
            throw Self.invalid("/slug", "must be lower-case letters, digits and inner hyphens, 63 characters at most")
        }
        guard !draft.displayName.isEmpty, draft.displayName.utf8.count <= 200 else {
            throw Self.invalid("/display_name", "1 to 200 bytes")
        }
        guard !draft.modules.isEmpty else { throw Self.invalid("/modules", "must be cdp, crm or both") }
        try validate(timezone: draft.timezone, currency: draft.currency)
    }

    private func validate(timezone: String?, currency: String?) throws(PostgresError) {
        if let timezone, TimeZone(identifier: timezone) == nil {
            throw Self.invalid("/timezone", "must be an IANA name such as Europe/Berlin")
        }
        if let currency, currency.utf8.count != 3 || !currency.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) {
            throw Self.invalid("/currency", "must be an ISO 4217 code such as EUR")
        }
    }

    static func invalid(_ pointer: String, _ detail: String) -> PostgresError {
        var fields = PostgresError.Fields()
        let entry = ["pointer": pointer, "code": "invalid", "detail": detail]
        fields.detail = (try? JSONEncoder().encode([entry])).map { String(decoding: $0, as: UTF8.self) }
        return PostgresError(kind: .server("TD004"), message: "\(pointer.dropFirst()): \(detail)", fields: fields)
    }

    private func tenant(_ statement: Statement) throws(PostgresError) -> Tenant {
        try Tenant(row: change([statement])[0].one())
    }

    private func tenants(_ statement: Statement) throws(PostgresError) -> [Tenant] {
        var result: [Tenant] = []
        for row in try connection.single(settings: TenantDatabase.control(), statement) {
            result.append(try Tenant(row: row))
        }
        return result
    }

    /// Runs statements that change something, as one transaction; a dry run undoes it.
    @discardableResult
    func change(_ statements: [Statement], deadline: Duration = .seconds(60)) throws(PostgresError) -> [Rows] {
        guard isDryRun else { return try connection.single(settings: slow, statements, deadline: deadline) }
        var rows: [Rows] = []
        do throws(DryRun) {
            try connection.transaction(settings: slow) { (connection) throws(DryRun) in
                do throws(PostgresError) {
                    for statement in statements { rows.append(try connection.execute(statement, deadline: deadline)) }
                } catch {
                    throw DryRun(error)
                }
                throw DryRun.undone
            }
        } catch {
            if case .failed(let failure) = error { throw failure }
        }
        return rows
    }

    /// Leaves a transaction without a commit.
    private enum DryRun: PostgresFailure {
        case undone
        case failed(PostgresError)

        init(_ error: PostgresError) { self = .failed(error) }
    }

    /// Creating roles and dropping schemas takes longer than a request.
    var slow: [Connection.Setting] {
        TenantDatabase.control(statementTimeout: .seconds(600), lockTimeout: .seconds(30))
    }
}
