import Foundation
public import Postgres
import Synchronization

/// The identity rules of the tenants, prepared for reading events and remembered until somebody finds them stale.
///
/// Another process may change the rules: `ingest_batch` refuses a batch that was read under others (TD011), and the lane
/// that is told so asks here again with `reload`.
public final class IdentityPolicies: Sendable {
    private let known = Mutex<[UUID: IdentifierPolicy]>([:])

    public init() {}

    /// The rules in force as far as this process knows.
    public func policy(of tenant: Tenant, from pool: Pool) async throws(PostgresError) -> IdentifierPolicy {
        if let policy = remembered(tenant) { return policy }
        return try await pool.withConnection(affinity: tenant.database.affinity) {
            [self] (connection) throws(PostgresError) in try reload(tenant, on: connection)
        }
    }

    /// The same, on a connection of the caller's.
    func policy(of tenant: Tenant, on connection: Connection) throws(PostgresError) -> IdentifierPolicy {
        if let policy = remembered(tenant) { return policy }
        return try reload(tenant, on: connection)
    }

    private func remembered(_ tenant: Tenant) -> IdentifierPolicy? { known.withLock { $0[tenant.id] } }

    /// Reads the rules that are in force now.
    @discardableResult
    public func reload(_ tenant: Tenant, on connection: Connection) throws(PostgresError) -> IdentifierPolicy {
        let row = try connection.single(settings: tenant.database.settings(), .call("identity_rules_get")).one()
        let policy = IdentifierPolicy(try Self.rules(row.text(0)))
        known.withLock { $0[tenant.id] = policy }
        return policy
    }

    public func forget(_ tenant: Tenant) { known.withLock { $0[tenant.id] = nil } }

    private static func rules(_ text: String) throws(PostgresError) -> IdentityRules {
        do {
            var json = try JSON(parsing: text).object ?? [:]
            for key in ["author", "created_at"] { json[key] = nil }
            return try IdentityRules(json: .object(json))
        } catch {
            throw PostgresError(kind: .decoding, message: "stored identity rules are not understood: \(error)")
        }
    }
}
