public import Foundation
public import Logging
public import Postgres
public import ServiceLifecycle
import Synchronization

/// What a key opens. A class, because each request hands it on several times.
public final class Access: Sendable {
    public let key: APIKey
    /// Nil for an admin key.
    public let tenant: Tenant?
    /// Set for a write key.
    public let source: Source?
    /// Whose events they are that come with a key of the tenant itself: its first server source's.
    public let serverSource: Source?
    /// Set for a key with a role.
    public let rights: RecordRights?

    init(
        key: APIKey, tenant: Tenant?, source: Source?, serverSource: Source? = nil, rights: RecordRights? = nil
    ) {
        self.key = key
        self.tenant = tenant
        self.source = source
        self.serverSource = serverSource
        self.rights = rights
    }

    /// Takes as long for a wrong first byte as for a wrong last one.
    func isOpened(by text: KeyText) -> Bool {
        key.kind == text.kind && key.sha256.count == text.sha256.count
            && zip(key.sha256, text.sha256).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 } == 0
    }

    /// Whether requests with the key are served.
    public enum Standing: Sendable, Equatable {
        case good
        /// Not served, but events are held in quarantine for a time, since SDKs drop what is refused.
        case held(Reason, since: Date)
        /// As if the key did not exist.
        case refused
    }

    public enum Reason: String, Sendable {
        case tenantSuspended = "tenant_suspended"
        case sourceDisabled = "source_disabled"
        case keyExpired = "key_expired"
    }

    /// - Parameter events: for events, which are held also where a secret key stands for a disabled source.
    public func standing(at now: Date, events: Bool = false) -> Standing {
        if key.revokedAt != nil { return .refused }
        let standing = Self.standing(of: tenant, source: source ?? (events ? serverSource : nil), at: now)
        guard standing == .good, let end = key.expiresAt, end <= now else { return standing }
        return .held(.keyExpired, since: end)
    }

    /// The same without a key, for senders that are known by their signature.
    public static func standing(of tenant: Tenant?, source: Source?, at now: Date) -> Standing {
        if let tenant {
            switch tenant.state {
            case .creating, .deleting: return .refused
            case .suspended: return .held(.tenantSuspended, since: tenant.suspendedAt ?? now)
            case .active: break
            }
        }
        if let source, !source.isEnabled { return .held(.sourceDisabled, since: source.disabledAt ?? now) }
        return .good
    }

    /// True when a request with this key may use what needs `scope`: secret keys may everything within their tenant,
    /// restricted keys what they list.
    public func allows(scope: String) -> Bool {
        switch key.kind {
        case .secret, .admin: true
        case .restricted: key.scopes.contains(scope)
        case .write: scope == "events:write"
        }
    }
}

/// From a key's text to what it opens, and from an id to a tenant; remembered for a few seconds, so that a revocation
/// holds everywhere within five.
public final class AccessDirectory: Sendable, Service {
    private let pool: Pool
    private let clock: WallClock
    private let logger: Logger
    private let timeToLive: TimeInterval
    private let state = Mutex(State())

    private struct Entry {
        let access: Access?
        let readAt: Date
    }

    private struct State {
        var byKey: [String: Entry] = [:]
        var byTenant: [UUID: (tenant: Tenant?, readAt: Date)] = [:]
        var bySource: [UUID: (source: Source?, readAt: Date)] = [:]
        var used: Set<String> = []
    }

    /// More than this many remembered keys are forgotten at once: only somebody who guesses has so many.
    private let limit = 50_000

    public init(pool: Pool, clock: WallClock = .system, timeToLive: Duration = .seconds(4), logger: Logger) {
        self.pool = pool
        self.clock = clock
        self.logger = logger
        self.timeToLive = Double(timeToLive.components.seconds)
    }

    /// What the key opens; nil when it is malformed (known without asking the database), unknown or wrong.
    ///
    /// Revoked keys, suspended tenants and so on are for the caller to look at: `Access.standing(at:)`.
    public func access(for text: String) async throws(PostgresError) -> Access? {
        guard let key = KeyText(parsing: text) else { return nil }
        let now = clock.now()
        let known = state.withLock { $0.byKey[key.keyID] }
        let access: Access?
        if let known, abs(now.timeIntervalSince(known.readAt)) < timeToLive {
            access = known.access
        } else {
            access = try await read(key.keyID)
            state.withLock { state in
                if state.byKey.count >= limit { state.byKey.removeAll() }
                state.byKey[key.keyID] = Entry(access: access, readAt: now)
            }
        }
        guard let access, access.isOpened(by: key) else { return nil }
        state.withLock { _ = $0.used.insert(key.keyID) }
        return access
    }

    /// The same as far as it is remembered; nil: ask ``access(for:)``.
    public func remembered(_ key: KeyText) -> Access? {
        let now = clock.now()
        return state.withLock { state in
            guard let entry = state.byKey[key.keyID], abs(now.timeIntervalSince(entry.readAt)) < timeToLive,
                let access = entry.access, access.isOpened(by: key)
            else { return nil }
            state.used.insert(key.keyID)
            return access
        }
    }

    /// The tenant with that id, or nil.
    public func tenant(_ id: UUID) async throws(PostgresError) -> Tenant? {
        let now = clock.now()
        if let known = state.withLock({ $0.byTenant[id] }), abs(now.timeIntervalSince(known.readAt)) < timeToLive {
            return known.tenant
        }
        let tenant = try await pool.withConnection { (connection) throws(PostgresError) -> Tenant? in
            try connection.single(
                settings: TenantDatabase.control(), .call("find_tenants", .null(.text), .uuid(id))
            ).first.map { (row) throws(PostgresError) in try Tenant(row: row) }
        }
        state.withLock { $0.byTenant[id] = (tenant, now) }
        return tenant
    }

    /// The source with that id, or nil.
    public func source(_ id: UUID) async throws(PostgresError) -> Source? {
        let now = clock.now()
        if let known = state.withLock({ $0.bySource[id] }), abs(now.timeIntervalSince(known.readAt)) < timeToLive {
            return known.source
        }
        let source = try await pool.withConnection { (connection) throws(PostgresError) -> Source? in
            try connection.single(
                settings: TenantDatabase.control(), .call("find_sources", .null(.uuid), .uuid(id))
            ).first.map { (row) throws(PostgresError) in try Source(row: row) }
        }
        state.withLock { state in
            if state.bySource.count >= limit { state.bySource.removeAll() }
            state.bySource[id] = (source, now)
        }
        return source
    }

    /// All tenants, unremembered: for pages that list them.
    public func tenants() async throws(PostgresError) -> [Tenant] {
        try await pool.withConnection { (connection) throws(PostgresError) -> [Tenant] in
            var tenants: [Tenant] = []
            for row in try connection.single(settings: TenantDatabase.control(), .call("find_tenants")) {
                tenants.append(try Tenant(row: row))
            }
            return tenants
        }
    }

    /// Forgets everything remembered.
    public func forget() {
        state.withLock {
            $0.byKey.removeAll()
            $0.byTenant.removeAll()
            $0.bySource.removeAll()
        }
    }

    /// Writes once a minute which keys were used, until shutdown.
    public func run() async throws {
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(60)) }
            let used = state.withLock { state in
                defer { state.used.removeAll() }
                return state.used
            }
            if used.isEmpty { continue }
            do throws(PostgresError) {
                try await pool.withConnection { (connection) throws(PostgresError) in
                    _ = try connection.single(
                        settings: TenantDatabase.control(), .call("touch_key", .textArray(used.sorted())))
                }
            } catch {
                logger.warning("the use of keys was not noted", metadata: ["error": "\(error)"])
            }
        }
    }

    private func read(_ keyID: String) async throws(PostgresError) -> Access? {
        try await pool.withConnection { (connection) throws(PostgresError) -> Access? in
            let control = TenantDatabase.control()
            let rows = try connection.single(
                settings: control, .call("find_keys", .null(.uuid), .null(.uuid), .text(keyID)))
            guard let row = rows.first else { return nil }
            let key = try APIKey(row: row)
            guard let tenantID = key.tenant else { return Access(key: key, tenant: nil, source: nil) }
            let related = try connection.single(
                settings: control,
                [.call("find_tenants", .null(.text), .uuid(tenantID)), .call("find_sources", .uuid(tenantID))])
            let tenant = try Tenant(row: related[0].one())
            var sources: [Source] = []
            for row in related[1] { sources.append(try Source(row: row)) }
            let server = sources.filter { $0.kind == .server }.min { $0.number < $1.number }
            return Access(
                key: key, tenant: tenant, source: sources.first { $0.id == key.source },
                serverSource: server ?? sources.first,
                rights: try key.caller.map { (caller) throws(PostgresError) in
                    try connection.recordRights(tenant.database, of: caller)
                })
        }
    }
}
