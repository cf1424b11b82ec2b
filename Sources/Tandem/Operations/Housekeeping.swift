import Foundation
import Logging
import Postgres
public import ServiceLifecycle

/// What a tenant needs from time to time, whoever uses it: partitions for the months to come, a new generation of dedupe
/// keys, and an end to remembered answers, to files of exports, to what lay long in quarantine, to events that its rules do not keep, to
/// what is told between the parts of Tandem, and to files that nobody has any more.
public struct Housekeeping: Service {
    let pool: Pool
    let access: AccessDirectory
    let logger: Logger
    let quarantineDays: Int
    let interval: Duration

    /// - Parameter quarantineDays: how long events that were not stored are kept after their receipt.
    public init(_ context: TandemContext, quarantineDays: Int, interval: Duration = .seconds(3_600)) {
        pool = context.pool
        access = context.access
        logger = context.logger
        self.quarantineDays = quarantineDays
        self.interval = interval
    }

    /// Each transaction of ingest leaves a mark; who reads them is seconds behind.
    static let dirtyDays = 1

    static let outboxDays = 30

    /// Months for which partitions are made ahead.
    static let months: Int32 = 2

    private var rounds: TenantRounds {
        TenantRounds(access: access, logger: logger, failure: "tenants were not looked after") {
            $0.state == .active || $0.state == .suspended
        }
    }

    public func run() async throws { await rounds.run(every: interval, look(after:)) }

    /// Once through all tenants. What fails for one is tried again next time.
    func look() async { await rounds.once(look(after:)) }

    private func look(after tenant: Tenant) async {
        do throws(PostgresError) {
            let now = try await pool.withConnection(affinity: tenant.database.affinity, deadline: .seconds(30)) {
                (connection) throws(PostgresError) -> Int64 in
                // What goes for good goes by the database's clock, which all servers share: ours may be a year ahead.
                let now = try connection.single(settings: tenant.database.settings(), .call("database_time")).one()
                    .timestamp(0)
                try connection.single(settings: tenant.database.settings(), .call("idempotency_expire"))
                try connection.single(settings: tenant.database.settings(), .call("exports_expire", .timestamptz(now)))
                guard tenant.modules.contains(.cdp) else { return now }
                try Self.makePartitions(of: tenant, now: now, on: connection)
                try connection.single(settings: Self.owner(tenant), .call("rotate_dedupe", .timestamptz(now)))
                return now
            }
            while try await settleHistory(of: tenant) > 0, !Task.isShuttingDownGracefully {}
            try await expire("dirty_expire", after: Self.dirtyDays, of: tenant, now: now)
            try await expire("outbox_expire", after: Self.outboxDays, of: tenant, now: now)
            if tenant.modules.contains(.cdp) {
                try await expire("quarantine_expire", after: quarantineDays, of: tenant, now: now)
                try await expire("plan_violations_expire", after: quarantineDays, of: tenant, now: now)
                while try await retentionStep(of: tenant, now: now) > 0, !Task.isShuttingDownGracefully {}
            }
            if tenant.modules.contains(.crm) {
                try await expire("forget_attachment_content", after: quarantineDays, of: tenant, now: now)
            }
        } catch {
            logger.warning(
                "a tenant was not looked after", metadata: ["tenant": "\(tenant.slug)", "error": "\(error)"])
        }
    }

    /// After a restore from a backup.
    private func settleHistory(of tenant: Tenant) async throws(PostgresError) -> Int {
        try await pool.withConnection(affinity: tenant.database.affinity, deadline: .seconds(30)) {
            (connection) throws(PostgresError) in
            try connection.single(
                settings: tenant.database.settings(), .call("settle_history", .int4(Self.expiryBatch))
            ).one().int(0)
        }
    }

    /// What is kept for so many days, in small transactions: there may be millions.
    private func expire(
        _ procedure: StaticString, after days: Int, of tenant: Tenant, now: Int64
    ) async throws(PostgresError) {
        let before = now - Int64(days) * 86_400_000_000
        while !Task.isShuttingDownGracefully {
            let count = try await pool.withConnection(affinity: tenant.database.affinity, deadline: .seconds(30)) {
                (connection) throws(PostgresError) in
                try connection.single(
                    settings: tenant.database.settings(),
                    .call(procedure, .timestamptz(before), .int4(Self.expiryBatch))
                ).one().int(0)
            }
            if count == 0 { return }
        }
    }

    /// Takes away some of the events that the tenant's rules do not keep. 0: all is done for today.
    private func retentionStep(of tenant: Tenant, now: Int64) async throws(PostgresError) -> Int {
        try await pool.withConnection(affinity: tenant.database.affinity, deadline: .seconds(30)) {
            (connection) throws(PostgresError) in
            try connection.single(
                settings: tenant.database.settings(),
                .call("retention_step", .timestamptz(now), .int4(Self.retentionPages))
            ).one().int(0)
        }
    }

    /// Of 8 kB, read and perhaps written in one transaction.
    private static let retentionPages: Int32 = 256

    private static let expiryBatch: Int32 = 2_000

    /// Partitions of the event log around `now`, under the owner's role: ingest never makes any.
    static func makePartitions(of tenant: Tenant, now: Int64, on connection: Connection) throws(PostgresError) {
        try connection.single(
            settings: owner(tenant), .call("ensure_event_partitions", .timestamptz(now), .int4(months)))
    }

    private static func owner(_ tenant: Tenant) -> [Connection.Setting] {
        tenant.database.ownerSettings(internalFirst: true, statementTimeout: .seconds(20), lockTimeout: .seconds(2))
    }
}
