import FoundationEssentials
import Glibc
import Logging
import Postgres

/// One thread with one connection that stores batches. Two of them serve a database: while one waits for its commit, the
/// other fills the next batch.
///
/// Not `Sendable`: it lives on its thread.
final class IngestLane {
    /// A message of a job, by its place in it.
    struct Piece {
        let job: IngestJob
        let index: Int
        var item: IngestJob.Item { job.items[index] }
    }

    /// A transaction that has no answer by then never gets one: something between here and the database swallows it.
    private static let transactionTime: Duration = .milliseconds(4_200)

    private let configuration: ConnectionConfiguration
    private let readingRules: ReadingRulesDirectory
    private let memory: IngestMemory
    private let hook: (any IngestHook)?
    private let batchLimit: Int
    private let stats: IngestStats
    private let tail: EventTail
    private let room: DiskRoom
    private let logger: Logger
    private let isOwn: (UUID) -> Bool
    private var connection: Connection?
    /// Whose it is, see `database_identity`.
    private var database = ""
    private var plans = KeptPlans()

    /// - Parameter isOwn: whether the tenant is the lane's own, see ``IngestQueue``.
    init(
        configuration: ConnectionConfiguration, readingRules: ReadingRulesDirectory, memory: IngestMemory,
        hook: (any IngestHook)?, batchLimit: Int, stats: IngestStats, tail: EventTail, room: DiskRoom = DiskRoom(),
        logger: Logger, isOwn: @escaping (UUID) -> Bool = { _ in true }
    ) {
        self.room = room
        self.isOwn = isOwn
        self.configuration = configuration
        self.readingRules = readingRules
        self.memory = memory
        self.hook = hook
        self.batchLimit = batchLimit
        self.stats = stats
        self.tail = tail
        self.logger = logger
    }

    /// Stores a batch and answers its requests.
    ///
    /// - Parameter decided: called when the database is done with it, before the requests are answered.
    /// - Returns: why it could not be stored, for a caller that does not wait for the requests' answers.
    @discardableResult
    func process(_ jobs: [IngestJob], of tenant: Tenant, decided: () -> Void = {}) -> IngestFailure? {
        let pieces = jobs.flatMap { job in job.items.indices.map { Piece(job: job, index: $0) } }
        let deadline = jobs.map(\.request.deadline).min() ?? .now
        do throws(IngestFailure) {
            var start = 0
            while start < pieces.count {
                let end = min(start + batchLimit, pieces.count)
                try store(pieces[start..<end], tenant, deadline)
                start = end
            }
            try keepRejected(pieces, tenant, deadline)
            decided()
            stats.decided(pieces.lazy.map { $0.job.outcomes[$0.index] }, of: tenant.id)
            for job in jobs { job.answer(.success(job.outcomes)) }
            tail.show(jobs, of: tenant.id)
            return nil
        } catch {
            decided()
            for job in jobs { job.answer(.failure(error)) }
            return error
        }
    }

    func close() {
        connection?.close()
        connection = nil
    }

    /// Stores `pieces` in one transaction, or in several where one message spoils it.
    private func store(
        _ pieces: ArraySlice<Piece>, _ tenant: Tenant, _ deadline: ContinuousClock.Instant
    ) throws(IngestFailure) {
        var mustHalve: PostgresError?
        try retrying(tenant, deadline) { (connection, attempt) throws(PostgresError) in
            try transact(pieces, tenant, connection, deadline, usesHints: attempt == 0)
        } onHalve: { error in
            mustHalve = error
        }
        guard let error = mustHalve else { return }
        if pieces.count > 1 {
            let middle = pieces.startIndex + pieces.count / 2
            try store(pieces[..<middle], tenant, deadline)
            try store(pieces[middle...], tenant, deadline)
            return
        }
        for piece in pieces {
            logger.warning("a message cannot be stored", metadata: ["tenant": "\(tenant.slug)", "error": "\(error)"])
            if case .message = piece.item {
                let reason = QuarantineReason.unstorable
                piece.job.outcomes[piece.index] = .rejected(code: reason.code, message: reason.message)
            }
        }
    }

    /// Runs `body` until it succeeds, the time is over, or `onHalve` has been told that the batch itself is to blame.
    private func retrying(
        _ tenant: Tenant, _ deadline: ContinuousClock.Instant,
        _ body: (Connection, _ attempt: Int) throws(PostgresError) -> Void, onHalve: (PostgresError) -> Void
    ) throws(IngestFailure) {
        var attempt = 0
        while true {
            let failure: PostgresError
            do throws(PostgresError) {
                return try body(try open(tenant, deadline), attempt)
            } catch {
                failure = error
            }
            let decision = IngestRetry.decide(
                failure, attempt: attempt, timeLeft: deadline - .now, jitter: Double.random(in: 0..<1))
            attempt += 1
            stats.retried()
            switch decision {
            case .again(let milliseconds):
                pause(milliseconds)
            case .reloadRules:
                readingRules.forget(tenant)
            case .reconnect(let milliseconds):
                close()
                pause(milliseconds)
            case .halve:
                return onHalve(failure)
            case .giveUp(let reason):
                if reason == .diskFull { room.told() }
                logger.error(
                    "a batch could not be stored", metadata: ["tenant": "\(tenant.slug)", "error": "\(failure)"])
                throw reason
            }
        }
    }

    private func transact(
        _ pieces: ArraySlice<Piece>, _ tenant: Tenant, _ connection: Connection, _ deadline: ContinuousClock.Instant,
        usesHints: Bool
    ) throws(PostgresError) {
        let rules = try readingRules.rules(of: tenant, on: connection)
        let version = rules.version
        for piece in pieces where piece.job.readingVersion != version { piece.job.read(again: rules) }
        var messages: [WireMessage] = []
        var stored: [Piece] = []
        var refused: [Piece] = []
        var violations = PlanViolations()
        messages.reserveCapacity(pieces.count)
        for piece in pieces {
            switch piece.item {
            case .message(let message):
                messages.append(message)
                stored.append(piece)
                if let note = message.planNote { violations.append(note) }
            case .refused(let message):
                refused.append(piece)
                if let note = message.note { violations.append(note) }
            }
        }
        var statements: [Statement] = []
        let keys = messages.map { (key: IngestMemory.Key(of: $0), timestamp: $0.timestamp) }
        if !messages.isEmpty {
            // A hint may be why the call has failed.
            let hints = usesHints ? memory.hints(for: keys, of: tenant.id, in: database) : IngestMemory.Hints()
            let keepsPlans = plans.include(tenant.id, isGuest: !isOwn(tenant.id))
            let storing = Self.storing(
                stored, messages, readingVersion: version, hints: hints, keepsPlans: keepsPlans)
            statements.append(keepsPlans ? storing.scoped(to: tenant.schema.name) : storing)
            if plans.outgrow() { statements.append(.call("forget_plans")) }
        } else if refused.contains(where: Self.isRefusedByRules) {
            // No call tells whether the rules are still in force: ask for that alone.
            statements.append(IngestColumns(readingVersion: version).statement())
        }
        statements += Self.keeping(refused)
        if let statement = violations.statement { statements.append(statement) }
        if let hook { statements += hook.statements(for: messages, refused: refused.count, of: tenant) }
        let results = try connection.single(
            lasting: tenant.database.ingestSettings, statements,
            deadline: max(.zero, min(deadline - .now, Self.transactionTime)))
        stats.stored(messages: messages.count)
        for piece in refused {
            if case .refused(let refused) = piece.item { piece.job.outcomes[piece.index] = IngestOutcome(refused) }
        }
        if !messages.isEmpty, let rows = results.first { try note(rows.one(), stored, keys, of: tenant) }
    }

    private func note(
        _ row: Row, _ pieces: [Piece], _ keys: [(key: IngestMemory.Key?, timestamp: Int64)], of tenant: Tenant
    ) throws(PostgresError) {
        let accepted = try row.bools("accepted")
        // What was read again from the quarantine teaches nothing.
        let homes = try row.isNull("home") ? [] : row.nullableInts("home")
        var lessons: [IngestMemory.Lesson] = []
        lessons.reserveCapacity(pieces.count)
        for (place, piece) in pieces.enumerated() {
            piece.job.outcomes[piece.index] = accepted[place] ? .accepted : .duplicate
            if accepted[place], homes.indices.contains(place), let home = homes[place], let key = keys[place].key {
                lessons.append(.init(key: key, home: Int64(home), timestamp: keys[place].timestamp))
            }
        }
        memory.learn(lessons, epoch: Int32(try row.optionalInt("epoch") ?? 0), of: tenant.id, in: database)
    }

    /// What no transaction could store goes into the quarantine before the answer.
    private func keepRejected(
        _ pieces: [Piece], _ tenant: Tenant, _ deadline: ContinuousClock.Instant
    ) throws(IngestFailure) {
        let rejected = pieces.filter { piece in
            if case .rejected = piece.job.outcomes[piece.index], case .message = piece.item { return true }
            return false
        }
        if rejected.isEmpty { return }
        let statements = Self.keeping(rejected)
        try retrying(tenant, deadline) { (connection, _) throws(PostgresError) in
            try connection.single(
                settings: tenant.database.ingestSettings, statements,
                deadline: max(.zero, min(deadline - .now, Self.transactionTime)))
        } onHalve: { error in
            logger.error(
                "rejected messages were not kept", metadata: ["tenant": "\(tenant.slug)", "error": "\(error)"])
        }
    }

    private func open(
        _ tenant: Tenant, _ deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> Connection {
        if plans.isStale() { close() }
        if let connection, connection.isOpen { return connection }
        let time = max(.zero, min(deadline - .now, .seconds(3)))
        let opened = try Connection.open(configuration, deadline: time)
        database = try opened.single(
            settings: tenant.database.ingestSettings, .call("database_identity"), deadline: time
        ).one().text(0)
        connection = opened
        plans = KeptPlans()
        return opened
    }

    private func pause(_ milliseconds: Int) {
        if milliseconds > 0 { usleep(UInt32(milliseconds) * 1_000) }
    }
}

extension TenantDatabase {
    /// Without `force_generic_plan` each inner statement of a small batch would be planned anew on each call.
    var ingestSettings: [Connection.Setting] {
        settings(
            statementTimeout: .seconds(4), lockTimeout: .seconds(3),
            extra: [(name: "plan_cache_mode", value: "force_generic_plan")])
    }
}
