import Foundation
import Logging
public import Postgres
public import ServiceLifecycle
import Synchronization

/// Keeps the counts of events small, and looks for sources that send too many duplicates: within seconds where events came in
/// here, every ten minutes elsewhere. What is counted is exact without it; only reading becomes slower.
public struct TallyService: Service {
    private let context: TandemContext
    private let stats: IngestStats
    private static let pause: Duration = .seconds(5)
    private static let round: Duration = .seconds(600)

    public init(_ context: TandemContext, stats: IngestStats) {
        self.context = context
        self.stats = stats
    }

    public func run() async throws {
        var alarms: [UUID: [DuplicateAlarm]] = [:]
        var lookedAt: ContinuousClock.Instant?
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            let looksAtAll = lookedAt.map { .now - $0 > Self.round } ?? true
            if looksAtAll { lookedAt = .now }
            let rung = stats.tallied.taken().union(alarms.keys)
            if looksAtAll || !rung.isEmpty {
                for tenant in await tenants() where looksAtAll || rung.contains(tenant.id) {
                    let now = await look(at: tenant)
                    guard let now else { continue }
                    tell(now, before: alarms[tenant.id] ?? [], of: tenant)
                    alarms[tenant.id] = now.isEmpty ? nil : now
                }
                stats.alarms.store(alarms.values.reduce(0) { $0 + $1.count }, ordering: .relaxed)
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.pause) }
        }
    }

    private func tenants() async -> [Tenant] {
        do throws(PostgresError) {
            return try await context.access.tenants().filter {
                ($0.state == .active || $0.state == .suspended) && $0.modules.contains(.cdp)
            }
        } catch {
            context.logger.warning("tenants' counts were not looked at", metadata: ["error": "\(error)"])
            return []
        }
    }

    /// Nil: it could not be looked at now.
    private func look(at tenant: Tenant) async -> [DuplicateAlarm]? {
        let now = context.clock.microseconds
        do throws(PostgresError) {
            return try await context.pool.withConnection(affinity: tenant.database.affinity, deadline: .seconds(30)) {
                (connection) throws(PostgresError) -> [DuplicateAlarm] in
                try connection.single(settings: tenant.database.settings(), .call("roll_tallies"))
                return try connection.duplicateAlarms(of: tenant, now: now)
            }
        } catch {
            context.logger.warning(
                "a tenant's counts were not rolled up", metadata: ["tenant": "\(tenant.slug)", "error": "\(error)"])
            return nil
        }
    }

    private func tell(_ alarms: [DuplicateAlarm], before: [DuplicateAlarm], of tenant: Tenant) {
        for alarm in alarms where !before.contains(where: { $0.source == alarm.source }) {
            context.logger.warning(
                "a source sends many duplicates: its client may repeat messageIds",
                metadata: [
                    "tenant": "\(tenant.slug)", "source": "\(alarm.source)", "received": "\(alarm.received)",
                    "duplicates": "\(alarm.duplicates)",
                ])
        }
    }
}

/// More than a fifth of what a source sent in an hour were duplicates.
public struct DuplicateAlarm: Sendable {
    /// The source's name.
    public let source: String
    /// Begin of the hour, microseconds since 1970.
    public let hour: Int64
    public let received: Int
    public let duplicates: Int

    /// For people.
    public var words: String {
        let share = received > 0 ? 100 * duplicates / received : 0
        return "source \(source): \(share) % of \(received) events in an hour were duplicates; "
            + "its client repeats messageIds, or sends everything twice"
    }
}

extension Connection {
    /// The sources of a tenant with the module cdp that send too many duplicates.
    /// - Parameter now: microseconds since 1970.
    public func duplicateAlarms(of tenant: Tenant, now: Int64) throws(PostgresError) -> [DuplicateAlarm] {
        let rows = try single(settings: tenant.database.settings(), .call("duplicate_alarms", .timestamptz(now)))
        var alarms: [DuplicateAlarm] = []
        for row in rows {
            alarms.append(
                DuplicateAlarm(
                    source: try row.text("name"), hour: try row.timestamp("hour"), received: try row.int("received"),
                    duplicates: try row.int("duplicates")))
        }
        return alarms
    }

    /// The sources that send too many duplicates, of all tenants that `tenants` lists.
    public func duplicateAlarms(
        of tenants: [Tenant], now: Int64
    ) throws(PostgresError) -> [(tenant: Tenant, alarm: DuplicateAlarm)] {
        var found: [(Tenant, DuplicateAlarm)] = []
        for tenant in tenants where tenant.modules.contains(.cdp) && tenant.state == .active {
            found += try duplicateAlarms(of: tenant, now: now).map { (tenant, $0) }
        }
        return found
    }
}
