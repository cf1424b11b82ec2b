import Foundation
public import Postgres
import Synchronization

/// All that messages of a tenant are read by, of one version: whatever the tenant says of reading comes in here. A
/// class, because each request is read by them.
public final class ReadingRules: Sendable {
    /// Raised by each change of any of them.
    public let version: Int
    public let identity: IdentifierPolicy
    /// By the source's number; sources without rules have none.
    let mappings: [Int16: SourceMapping]
    /// By the source's number; sources that keep to none have none.
    let plans: [Int16: PlanInForce]

    public init(
        version: Int = 0, identity: IdentifierPolicy, mappings: [Int16: SourceMapping] = [:],
        plans: [Int16: PlanInForce] = [:]
    ) {
        self.version = version
        self.identity = identity
        self.mappings = mappings
        self.plans = plans
    }
}

/// The reading rules of the tenants, prepared and remembered until somebody finds them stale.
///
/// Another process may change the rules: `ingest_batch` refuses a batch that was read under others (TD011), and the lane
/// that is told so asks here again with `reload`.
public final class ReadingRulesDirectory: Sendable {
    private let known = Mutex<[UUID: ReadingRules]>([:])

    public init() {}

    /// The rules in force as far as this process knows.
    public func rules(of tenant: Tenant, from pool: Pool) async throws(PostgresError) -> ReadingRules {
        if let rules = remembered(tenant) { return rules }
        return try await pool.withConnection(affinity: tenant.database.affinity) {
            [self] (connection) throws(PostgresError) in try reload(tenant, on: connection)
        }
    }

    /// The same, on a connection of the caller's.
    func rules(of tenant: Tenant, on connection: Connection) throws(PostgresError) -> ReadingRules {
        if let rules = remembered(tenant) { return rules }
        return try reload(tenant, on: connection)
    }

    /// The rules in force as far as this process knows, if it knows any.
    public func remembered(_ tenant: Tenant) -> ReadingRules? { known.withLock { $0[tenant.id] } }

    /// Reads the rules that are in force now.
    @discardableResult
    public func reload(_ tenant: Tenant, on connection: Connection) throws(PostgresError) -> ReadingRules {
        let row = try connection.single(settings: tenant.database.settings(), .call("reading_rules")).one()
        let rules = try ReadingRules(stored: row.text(0))
        known.withLock { $0[tenant.id] = rules }
        return rules
    }

    public func forget(_ tenant: Tenant) { known.withLock { $0[tenant.id] = nil } }
}

extension ReadingRules {
    /// - Parameter text: what `reading_rules` answers.
    convenience init(stored text: String) throws(PostgresError) {
        do {
            let json = try JSON(parsing: text, depth: 60)
            var rules = json["identity"]?.object ?? [:]
            for key in ["author", "created_at"] { rules[key] = nil }
            let identity = IdentifierPolicy(try IdentityRules(json: .object(rules)))
            var mappings: [Int16: SourceMapping] = [:]
            for (source, rules) in json["mappings"]?.object ?? [:] {
                if let number = Int16(source) { mappings[number] = try SourceMapping(rules: rules) }
            }
            var plans: [Int16: PlanInForce] = [:]
            for (source, plan) in json["plans"]?.object ?? [:] {
                if let number = Int16(source) { plans[number] = try PlanInForce(stored: plan) }
            }
            self.init(version: json["version"]?.int ?? 0, identity: identity, mappings: mappings, plans: plans)
        } catch {
            throw PostgresError(kind: .decoding, message: "stored reading rules are not understood: \(error)")
        }
    }
}
