import FoundationEssentials
public import Hummingbird
public import Tandem

/// Who calls.
public enum Principal: Sendable {
    case nobody
    case key(Access)

    /// The tenant of the key, if it has one.
    public var tenant: Tenant? {
        if case .key(let access) = self { access.tenant } else { nil }
    }

    /// What the caller may do with records; nil: everything.
    public var rights: RecordRights? {
        if case .key(let access) = self { access.rights } else { nil }
    }

    /// Whether it is a tenant's secret key, which may do everything within the tenant.
    public var mayEverything: Bool {
        if case .key(let access) = self { access.key.kind == .secret } else { false }
    }

    /// For histories and the audit: `key:key_…`, or the user in whose place a key with a role acts.
    public var actor: String {
        if case .key(let access) = self { access.rights?.actor ?? "key:\(access.key.publicID)" } else { "nobody" }
    }
}

/// Turns the key that a request shows into who calls.
public protocol Authenticator: Sendable {
    /// For routes of scope `secret` and `admin`. Throws a `Problem`: 401 without a valid key, 403 for one that may not.
    func authenticate(_ request: Request, for route: Route) async throws -> Principal

    /// What a header `Authorization` opens, as far as that is known without asking: for the log. Grants nothing.
    func remembered(_ authorization: String?) -> Access?
}

extension Authenticator {
    public func remembered(_ authorization: String?) -> Access? { nil }
}

/// Keys of the installation, as `AccessDirectory` knows them.
public struct KeyAuthenticator: Authenticator {
    let access: AccessDirectory
    let clock: WallClock

    public init(access: AccessDirectory, clock: WallClock) {
        self.access = access
        self.clock = clock
    }

    public func authenticate(_ request: Request, for route: Route) async throws -> Principal {
        guard let text = try Credential.header(request.headers[.authorization]) else {
            throw Problem.unauthorized(
                "missing_key", "Send the key as Authorization: Bearer, or Basic with it as user name.")
        }
        guard let access = try await find(text) else { throw KeyAuthenticator.invalid }
        switch access.standing(at: clock.now()) {
        case .good:
            break
        case .refused:
            throw KeyAuthenticator.invalid
        case .held(.tenantSuspended, _):
            throw Problem.forbidden("tenant_suspended", "The tenant is suspended.")
        case .held(.keyExpired, _), .held(.sourceDisabled, _):
            throw Problem.unauthorized("key_expired", "The key has expired.")
        }
        try KeyAuthenticator.check(access, route)
        return .key(access)
    }

    /// The same for an unknown and for a revoked key.
    public static let invalid = Problem.unauthorized("invalid_key", "The key is unknown or revoked.")

    /// What the key text opens; 503 while the database cannot be asked.
    public func find(_ text: String) async throws(Problem) -> Access? {
        do {
            return try await access.access(for: text)
        } catch {
            throw .unavailable("unavailable", "The key cannot be checked at this moment.")
        }
    }

    /// The same as far as both the key and what it opens are remembered; nil: ask ``find(_:)``.
    public func remembered(_ authorization: String, in memory: CredentialMemory) -> (key: KeyText, access: Access)? {
        guard let key = memory.key(of: authorization), let access = access.remembered(key) else { return nil }
        return (key, access)
    }

    public func remembered(_ authorization: String?) -> Access? {
        (try? Credential.header(authorization)).flatMap { KeyText(parsing: $0) }.flatMap { access.remembered($0) }
    }

    static func check(_ access: Access, _ route: Route) throws(Problem) {
        switch (route.scope, access.key.kind) {
        case (.secret, .secret), (.admin, .admin), (.none, _), (.write, _):
            break
        case (.secret, .restricted):
            let held = access.key.role == nil ? nil : route.recordPermission
            if let permission = held ?? route.permission, !access.allows(scope: permission) {
                throw .forbidden("insufficient_scope", "The key lacks the scope \(permission).")
            }
            if access.key.role != nil, !route.obeysRights {
                throw .forbidden(
                    "role_not_obeyed", "A key with a role reaches records; this endpoint takes another key.")
            }
        default:
            throw .forbidden("insufficient_scope", "This endpoint takes another kind of key.")
        }
        try checkModule(of: access.tenant, route)
    }

    /// 403 where the tenant has not the module of the route.
    public static func checkModule(of tenant: Tenant?, _ route: Route) throws(Problem) {
        guard let tenant else { return }
        let hasModule =
            switch route.module {
            case .any: true
            case .cdp: tenant.modules.contains(.cdp)
            case .crm: tenant.modules.contains(.crm)
            }
        if !hasModule {
            throw .forbidden("module_disabled", "The tenant does not have the module \(route.module.rawValue).")
        }
    }
}
