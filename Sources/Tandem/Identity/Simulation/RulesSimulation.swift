public import Foundation
public import Postgres

/// Which profiles changed rules would have joined or kept apart: the evidence that events have left, played under the rules
/// in force and under others, and compared. Reads page by page and writes nothing.
///
/// Not `Sendable`: it lives on the thread of its connection.
public final class RulesSimulation {
    /// What is asked: `{"rules", "since"?}`.
    public struct Order: Sendable {
        public let rules: IdentityRules
        /// Events before this time stay as they were decided, microseconds since 1970; nil: as if the rules had been there
        /// from the beginning.
        public let since: Int64?

        /// - Parameter body: `{"rules", "since"?}`, or the rules alone.
        /// - Throws: `invalid`.
        public init(json body: JSON) throws(TandemError) {
            guard let wrapped = body["rules"] else {
                rules = try IdentityRules(json: body)
                since = nil
                return
            }
            for name in body.object?.names ?? [] where !["rules", "since"].contains(name) {
                throw .invalid("/\(name)", "unknown_field", "A simulation has rules and since.")
            }
            rules = try IdentityRules(json: wrapped)
            since = try Self.time(body["since"])
        }

        /// - Throws: `invalid`.
        public static func time(_ json: JSON?) throws(TandemError) -> Int64? {
            guard let json, !json.isNull else { return nil }
            guard let time = json.string.flatMap({ WireTime.parse($0) }) else {
                throw .invalid("/since", "invalid", "since has to be a time in ISO 8601.")
            }
            return time
        }

        public init(rules: IdentityRules, since: Int64?) {
            self.rules = rules
            self.since = since
        }

        public var json: JSON {
            var object: JSONObject = ["rules": rules.json]
            if let since { object["since"] = .string(RecordTime.text(since)) }
            return .object(object)
        }
    }

    private enum Phase { case identifiers, merges, demotions, traits, before, after, done }

    /// As operations call it.
    public static let operationType = "rules_simulation"
    /// What is held in memory, some 300 bytes each.
    public static let identifiers = 1_000_000
    /// Tenants of up to so many nodes get their answer at once.
    public static let nodesAtOnce = 20_000
    private static let pageNodes: Int32 = 5_000
    /// Steps that are played in one page.
    private static let pageSteps = 100_000

    private let order: Order
    private var policies: (before: IdentifierPolicy, after: IdentifierPolicy)?
    private var version = 0
    private var phase = Phase.identifiers
    private var place: Int64 = 0
    private var evidence = IdentityEvidence()
    private var before: IdentityReplay?
    private var after: IdentityReplay?
    /// How many nodes were read.
    public private(set) var nodesRead = 0
    /// Set at the end.
    public private(set) var result: JSON?

    public init(_ order: Order) {
        self.order = order
    }

    /// Reads or plays the next part, in one transaction of the tenant. False: it was the last one, and `result` is there.
    /// - Throws: `limitReached`.
    public func next(on connection: Connection) throws(TandemError) -> Bool {
        switch phase {
        case .identifiers: try readIdentifiers(connection)
        case .merges: try readMerges(connection)
        case .demotions: try readDemotions(connection)
        case .traits: try readTraits(connection)
        case .before: play(&before, policies?.before) { phase = .after }
        case .after:
            play(&after, policies?.after) { phase = .done }
            if phase == .done { try report(connection) }
        case .done: break
        }
        return phase != .done
    }

    /// All of it, for what is answered at once.
    public func run(on connection: Connection) throws(TandemError) -> JSON {
        while try next(on: connection) {}
        return result ?? .null
    }

    private func begin(_ connection: Connection) throws(TandemError) {
        let stored = try connection.run(.call("identity_rules_get")).first.flatMap { (row) throws(TandemError) in
            try row.json(0)
        }
        let now = try stored.map { (json) throws(TandemError) in try IdentityRules(json: json) } ?? IdentityRules()
        version = now.version
        func fed(_ rules: IdentityRules) -> Set<String> {
            Set(rules.identifiers.filter { IdentityRules.trait(of: $0) != nil }.map(\.type))
        }
        policies = (
            IdentifierPolicy(now, fedElsewhere: fed(order.rules)), IdentifierPolicy(order.rules, fedElsewhere: fed(now))
        )
        let rows = try connection.run(.call("simulation_size"))
        let size = try reading { () throws(PostgresError) in try rows.one().int("identifiers") }
        try check(size)
    }

    private func check(_ identifiers: Int) throws(TandemError) {
        guard identifiers <= Self.identifiers else {
            throw .limitReached("A simulation reads at most \(Self.identifiers) identifiers; this tenant has more.")
        }
    }

    private func readIdentifiers(_ connection: Connection) throws(TandemError) {
        if policies == nil { try begin(connection) }
        let rows = try connection.run(.call("evidence_identifiers", .int8(place), .int4(Self.pageNodes)))
        var last: Int64?
        try reading { () throws(PostgresError) in
            for row in rows {
                let node = Int64(try row.int("node"))
                if node != last { nodesRead += 1 }
                last = node
                guard let type = try row.optionalText("type") else { continue }
                let received = try row.optionalTimestamp("received_at")
                let order = Int64(try row.optionalInt("seq") ?? 0)
                evidence.add(
                    attached: Identifier(type: type, value: try row.text("value")), to: node,
                    at: try row.timestamp("attached_at"), event: try row.optionalUUID("event_id"),
                    received: received.map { ($0, order) })
            }
        }
        try check(evidence.entries.count)
        if let last { place = last } else { (phase, place) = (.merges, 0) }
    }

    private func readMerges(_ connection: Connection) throws(TandemError) {
        let rows = try connection.run(.call("evidence_merges", .int8(place), .int4(Self.pageNodes)))
        var last: Int64?
        for row in rows {
            let named = try row.json(8)?.array ?? []
            try reading { () throws(PostgresError) in
                last = Int64(try row.int("id"))
                let message = try row.bool("by_event") ? try row.optionalText("message_id") : nil
                evidence.add(
                    joined: Int64(try row.int("b")), to: Int64(try row.int("a")), at: try row.timestamp("at"),
                    event: message.map { EventID.hash(of: $0) },
                    received: (try row.timestamp("received_at"), Int64(try row.int("seq"))),
                    named: named.compactMap { Identifier(stored: $0) })
            }
        }
        if let last {
            place = last
            return
        }
        for row in try connection.run(.call("evidence_separations")) {
            try reading { () throws(PostgresError) in
                evidence.add(separated: Int64(try row.int("a")), from: Int64(try row.int("b")))
            }
        }
        phase = .demotions
    }

    private func readDemotions(_ connection: Connection) throws(TandemError) {
        let rows = try connection.run(.call("evidence_demotions", .int4(Int32(Self.identifiers))))
        try add(rows, isUnread: false)
        phase = .traits
    }

    /// Values under keys that only the new rules read.
    private func readTraits(_ connection: Connection) throws(TandemError) {
        defer {
            evidence.sort()
            phase = .before
        }
        guard let policies else { return }
        let known = Set(policies.before.traits.map(\.type))
        let new = policies.after.traits.filter { !known.contains($0.type) }
        guard !new.isEmpty else { return }
        let pairs = new.flatMap { entry in entry.keys.map { (entry.type, $0) } }
        let rows = try connection.run(
            .call(
                "evidence_traits", .textArray(pairs.map(\.0)), .textArray(pairs.map(\.1)),
                .int4(Int32(Self.identifiers))))
        try add(rows, isUnread: true)
    }

    private func add(_ rows: Rows, isUnread: Bool) throws(TandemError) {
        let region = policies?.after.phoneRegion ?? Normalizer.noRegion
        try reading { () throws(PostgresError) in
            for row in rows {
                let type = try row.text("type")
                guard let value = Identifier.normalize(type: type, value: try row.text("value"), phoneRegion: region)
                else { continue }
                evidence.add(
                    keptOut: Identifier(type: type, value: value), of: Int64(try row.int("node")),
                    at: try row.timestamp("at"), event: try row.uuid("event_id"),
                    received: (try row.timestamp("received_at"), Int64(try row.int("seq"))), isUnread: isUnread)
            }
        }
        try check(evidence.entries.count)
    }

    private func play(_ replay: inout IdentityReplay?, _ policy: IdentifierPolicy?, _ end: () -> Void) {
        guard let policy else { return end() }
        if replay == nil {
            replay = IdentityReplay(evidence, under: policy, since: order.since)
            place = 0
        }
        let upTo = min(Int(place) + Self.pageSteps, evidence.steps.count)
        replay?.play(Int(place)..<upTo)
        place = Int64(upTo)
        if upTo == evidence.steps.count { end() }
    }

    private func report(_ connection: Connection) throws(TandemError) {
        guard let before, let after else { return }
        let report = SimulationReport(evidence, before: before, after: after)
        var profiles: [Int64: UUID] = [:]
        for row in try connection.run(.call("profiles_of_nodes", .int8Array(Array(Set(report.nodes))))) {
            try reading { () throws(PostgresError) in
                profiles[Int64(try row.int("node"))] = try row.uuid("profile_id")
            }
        }
        var object = report.json(profiles).object ?? [:]
        object["version"] = .number(version)
        object["since"] = order.since.map { .string(RecordTime.text($0)) } ?? .null
        object["limits"] = [
            "identifiers": .number(Self.identifiers), "examples": .number(SimulationReport.examples),
        ]
        result = .object(object)
    }
}

extension Identifier {
    fileprivate init?(stored json: JSON) {
        guard let type = json["type"]?.string, let value = json["value"]?.string else { return nil }
        self.init(type: type, value: value)
    }
}

/// A simulation that was ordered: a page of it after the other, what it finds is the operation's result.
final class RulesSimulating: OperationWork {
    private var simulation: RulesSimulation?

    func close() {}

    func next(
        _ operation: Operation, of tenant: Tenant, on connection: Connection
    ) throws(TandemError) -> OperationPage {
        let simulation = if let known = self.simulation { known } else { try order(operation, tenant, connection) }
        self.simulation = simulation
        let goesOn = try connection.inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) in
            try simulation.next(on: connection)
        }
        try connection.inTenant(tenant.database) { (connection) throws(TandemError) in
            let result: Bind = simulation.result.map { .jsonb($0.encoded()) } ?? .null(.jsonb)
            _ = try connection.run(
                .call("simulation_note", .uuid(operation.id), .int8(Int64(simulation.nodesRead)), result))
        }
        return OperationPage(isLast: !goesOn)
    }

    private func order(
        _ operation: Operation, _ tenant: Tenant, _ connection: Connection
    ) throws(TandemError) -> RulesSimulation {
        let shown = try connection.inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) in
            try connection.operationShow(operation.id)
        }
        return RulesSimulation(try RulesSimulation.Order(json: shown?["input"] ?? .null))
    }
}

// Inside a transaction of the tenant.

extension Connection {
    /// Nodes of the tenant: up to `RulesSimulation.nodesAtOnce` a simulation is answered at once.
    public func simulationNodes() throws(TandemError) -> Int {
        let rows = try run(.call("simulation_size"))
        return try reading { () throws(PostgresError) in try rows.one().int("nodes") }
    }

    /// Orders a simulation; answers the operation.
    public func simulationOrder(_ order: RulesSimulation.Order, id: UUID, actor: String) throws(TandemError) -> JSON {
        let rows = try run(
            .call("simulation_order", .uuid(id), .jsonb(order.json.encoded()), .text(actor)))
        return OperationPresenter.shown(
            try rows.first.flatMap { (row) throws(TandemError) in try row.json(0) } ?? .null)
    }

    /// The rules in force.
    public func identityRules() throws(TandemError) -> JSON {
        let rows = try run(.call("identity_rules_get"))
        guard let row = rows.first, let json = try row.json(0) else { throw .notFound() }
        return json
    }

    /// Puts rules into force, for events from now on.
    ///
    /// - Parameter replacing: the version that they replace; nil: whatever it is.
    public func identityRulesPut(
        _ rules: IdentityRules, replacing version: Int?, actor: String
    ) throws(TandemError) -> JSON {
        let rows = try run(rules.statement(replacing: version, actor: actor))
        guard let row = rows.first, let json = try row.json(0) else { throw .notFound() }
        return json
    }

    /// Versions of the rules, newest first, behind `before` if given.
    public func identityRulesVersions(before: Int32? = nil, limit: Int) throws(TandemError) -> [JSON] {
        var items: [JSON] = []
        for row in try run(
            .call(
                "identity_rules_versions", before.map { .int4($0) } ?? .null(.int4), .int4(Int32(clamping: limit))))
        {
            if let item = try row.json(1) { items.append(item) }
        }
        return items
    }
}

extension IdentityRules {
    /// - Parameter replacing: the version that they replace; nil: whatever it is.
    public func statement(replacing version: Int?, actor: String) -> Statement {
        .call(
            "identity_rules_put", version.map { .int4(Int32(clamping: $0)) } ?? .null(.int4), .jsonb(json.encoded()),
            .text(actor))
    }
}
