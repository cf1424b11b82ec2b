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
    /// By the source's number: those that leave out what nobody agreed to.
    let enforcing: Set<Int16>
    /// Whose events are refused.
    let suppressions: SuppressionList?

    init(
        version: Int = 0, identity: IdentifierPolicy, mappings: [Int16: SourceMapping] = [:],
        plans: [Int16: PlanInForce] = [:], enforcing: Set<Int16> = [], suppressions: SuppressionList? = nil
    ) {
        self.version = version
        self.identity = identity
        self.mappings = mappings
        self.plans = plans
        self.enforcing = enforcing
        self.suppressions = suppressions
    }

    public convenience init(version: Int = 0, identity: IdentifierPolicy) {
        self.init(version: version, identity: identity, mappings: [:])
    }

    /// Nil: nobody's are.
    var suppressed: SuppressionList? { suppressions?.isEmpty == false ? suppressions : nil }
}

/// The reading rules of the tenants, prepared and remembered until somebody finds them stale.
///
/// Another process may change the rules: `ingest_batch` refuses a batch that was read under others (TD011), and the lane
/// that is told so asks here again with `reload`.
public final class ReadingRulesDirectory: Sendable {
    private let known = Mutex<[UUID: ReadingRules]>([:])
    /// Outlive the rules that they belong to: of a list, only what changed is read again.
    private let lists = Mutex<[UUID: SuppressionList]>([:])

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
        let text = try row.text(0)
        let earlier = lists.withLock { $0[tenant.id] }
        let rules = try ReadingRules(stored: text) { (key, place) throws(PostgresError) in
            if let earlier, earlier.place == place { return earlier }
            return try connection.suppressions(
                of: tenant.database, key: key, known: earlier.flatMap { $0.place < place ? $0 : nil })
        }
        lists.withLock { $0[tenant.id] = rules.suppressions }
        known.withLock { $0[tenant.id] = rules }
        return rules
    }

    public func forget(_ tenant: Tenant) { known.withLock { $0[tenant.id] = nil } }
}

extension ReadingRules {
    /// - Parameters:
    ///   - text: what `reading_rules` answers.
    ///   - list: the suppression list with that key, at that place or behind it.
    convenience init(
        stored text: String, list: (_ key: [UInt8], _ place: Int64) throws(PostgresError) -> SuppressionList
    ) throws(PostgresError) {
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
            var suppressions: SuppressionList?
            let place = json["suppression"]?["place"]?.int ?? 0
            if place > 0, let key = json["suppression"]?["key"]?.string.flatMap({ Data(base64Encoded: $0) }) {
                suppressions = try list(Array(key), Int64(place))
            }
            self.init(
                version: json["version"]?.int ?? 0, identity: identity, mappings: mappings, plans: plans,
                enforcing: Set((json["consent"]?.array ?? []).compactMap { $0.int.map { Int16(clamping: $0) } }),
                suppressions: suppressions)
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(kind: .decoding, message: "stored reading rules are not understood: \(error)")
        }
    }
}
