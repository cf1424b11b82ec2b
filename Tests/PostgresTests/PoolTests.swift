import Dispatch
import Postgres
import Synchronization
import TandemTesting
import Testing

private enum CallFailure: PostgresFailure, Equatable {
    case database(PostgresError.Kind)
    case own

    init(_ error: PostgresError) { self = .database(error.kind) }
}

/// Holds a call on its connection until the test lets it go; the time this takes does not matter.
private final class Gate: Sendable {
    private let opened = DispatchSemaphore(value: 0)

    /// For the body of the call.
    func pass() {
        opened.wait()
    }

    func open() { opened.signal() }

    /// Starts a call that holds its connection, and returns once it does.
    func hold(_ pool: Pool) async -> Task<Void, any Error> {
        let call = Task { try await pool.withConnection(deadline: .seconds(60)) { _ in self.pass() } }
        while pool.statistics.inUse == 0 { await Task.yield() }
        return call
    }
}

private final class Counter: Sendable {
    private let state = Mutex(0)

    var value: Int { state.withLock { $0 } }

    func raise(to value: Int) { state.withLock { $0 = max($0, value) } }
}

@Suite struct PoolTests {
    private let database: TestDatabase

    init() throws {
        database = try TestServer.shared.schema()
    }

    private func pool(size: Int, _ change: (inout PoolConfiguration) -> Void = { _ in }) -> Pool {
        var configuration = PoolConfiguration(connection: database.configuration, size: size)
        change(&configuration)
        return Pool(configuration)
    }

    @Test func aThousandTasksShareFourConnections() async throws {
        let pool = pool(size: 4)
        let most = Counter()
        let pids = try await withThrowingTaskGroup(of: Int32.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    try await pool.withConnection(affinity: number % 50, deadline: .seconds(60)) { connection in
                        let value = try connection.execute("select \(number) + 1").one().int(0)
                        #expect(value == number + 1)
                        return connection.backendPID
                    }
                }
            }
            group.addTask {
                for _ in 0..<20 {
                    let inUse = pool.statistics.inUse
                    most.raise(to: inUse)
                    try await Task.sleep(for: .milliseconds(2))
                }
                return 0
            }
            return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }.subtracting([0])
        }
        #expect(pids.count <= 4)
        #expect(most.value <= 4)
        #expect(pool.statistics.opened <= 4)
        #expect(pool.statistics.inUse == 0)
        #expect(pool.statistics.served == 1000)
        #expect(pool.statistics.waited > .zero)
        await pool.shutdown()
        #expect(pool.statistics.connections == 0)
    }

    @Test func theSameAffinityKeepsItsConnection() async throws {
        let pool = pool(size: 4)
        var pids: [Int: Set<Int32>] = [:]
        for round in 0..<12 {
            let affinity = round % 4
            let pid = try await pool.withConnection(affinity: affinity) { $0.backendPID }
            pids[affinity, default: []].insert(pid)
        }
        #expect(pids.values.allSatisfy { $0.count == 1 })
        #expect(Set(pids.values.flatMap { $0 }).count == 4)
        await pool.shutdown()
    }

    @Test func waitingCountsAgainstTheDeadline() async throws {
        let pool = pool(size: 1)
        let gate = Gate()
        let busy = await gate.hold(pool)
        await #expect(throws: CallFailure.database(.poolTimeout)) {
            try await pool.withConnection(deadline: .milliseconds(100)) { (_) throws(CallFailure) in }
        }
        #expect(pool.statistics.timeouts == 1)
        gate.open()
        try await busy.value
        #expect(try await pool.withConnection { try $0.execute("select 1").one().int(0) } == 1)
        await pool.shutdown()
    }

    @Test func aCheckoutBoundsItsStatementsAndThePoolHeals() async throws {
        let pool = pool(size: 1)
        let error = await #expect(throws: PostgresError.self) {
            try await pool.withConnection(deadline: .milliseconds(200)) { connection in
                _ = try connection.execute("select pg_sleep(60)", deadline: .seconds(60))
            }
        }
        #expect(error?.kind == .deadlineExceeded)
        #expect(try await pool.withConnection { try $0.execute("select 1").one().int(0) } == 1)
        #expect(pool.statistics.opened == 2)
        await pool.shutdown()
    }

    @Test func aTooLongQueueRefusesAtOnce() async throws {
        let pool = pool(size: 1) { $0.waitingLimit = 2 }
        let gate = Gate()
        let busy = await gate.hold(pool)
        let served = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    let result = await outcome { () async throws(PostgresError) in
                        try await pool.withConnection(deadline: .seconds(60)) { (_) throws(PostgresError) in }
                    }
                    if case .failure(let error) = result { return error.kind != .poolTimeout }
                    return true
                }
            }
            var refused = 0
            while refused < 8, let isServed = await group.next() { refused += isServed ? 0 : 1 }
            gate.open()
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(served == 2)
        try await busy.value
        await pool.shutdown()
    }

    @Test func whatACallLeavesOpenIsRolledBack() async throws {
        let pool = pool(size: 1)
        try await pool.withConnection { connection in
            try connection.script("create table item (x int)")
            try connection.script("begin; insert into item values (1)")
        }
        let (count, status) = try await pool.withConnection { connection in
            (try connection.execute("select count(*) from item").one().int(0), connection.transactionStatus)
        }
        #expect(count == 0)
        #expect(status == .idle)
        #expect(pool.statistics.opened == 1)
        await pool.shutdown()
    }

    @Test func ownErrorsPassThrough() async throws {
        let pool = pool(size: 1)
        await #expect(throws: CallFailure.own) {
            try await pool.withConnection { (_) throws(CallFailure) in throw .own }
        }
        #expect(pool.statistics.opened == 1)
        await pool.shutdown()
    }

    @Test func aConnectionIsRecycledAfterManyAffinities() async throws {
        let pool = pool(size: 1) { $0.affinityLimit = 10 }
        for affinity in 0..<35 {
            _ = try await pool.withConnection(affinity: affinity) { try $0.execute("select 1") }
        }
        #expect(pool.statistics.opened == 4)
        for _ in 0..<35 { _ = try await pool.withConnection(affinity: 1) { try $0.execute("select 1") } }
        #expect(pool.statistics.opened == 4)
        await pool.shutdown()
    }

    @Test func aConnectionIsRecycledByAgeAndClosedWhenIdle() async throws {
        let old = pool(size: 1) { $0.maximumAge = .zero }
        for _ in 0..<3 { _ = try await old.withConnection { try $0.execute("select 1") } }
        #expect(old.statistics.opened == 3)
        await old.shutdown()
        let spent = pool(size: 1)
        for _ in 0..<3 { _ = try await spent.withConnection { $0.isSpent = true } }
        _ = try await spent.withConnection { try $0.execute("select 1") }
        #expect(spent.statistics.opened == 4)
        await spent.shutdown()
        let idle = pool(size: 1) { $0.idleTimeout = .milliseconds(50) }
        _ = try await idle.withConnection { try $0.execute("select 1") }
        for _ in 0..<100 where idle.statistics.connections > 0 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(idle.statistics.connections == 0)
        #expect(try await idle.withConnection { try $0.execute("select 1").one().int(0) } == 1)
        await idle.shutdown()
    }

    @Test func shutdownServesWhatWaitsAndRefusesTheRest() async throws {
        let pool = pool(size: 1)
        let gate = Gate()
        let busy = await gate.hold(pool)
        let waiting = (0..<4).map { _ in
            Task {
                try await pool.withConnection(deadline: .seconds(60)) { try $0.execute("select 1").one().int(0) }
            }
        }
        while pool.statistics.waiting < 4 { await Task.yield() }
        let end = Task { await pool.shutdown() }
        // Refused from the moment the shutdown has begun.
        while true {
            let late = await outcome { () async throws(PostgresError) in
                try await pool.withConnection(deadline: .milliseconds(20)) { (_) throws(PostgresError) in }
            }
            guard case .failure(let error) = late else { break }
            if error.kind == .poolClosed { break }
            #expect(error.kind == .poolTimeout)
        }
        gate.open()
        await end.value
        #expect(pool.statistics.served == 5)
        for task in waiting { #expect(try await task.value == 1) }
        try await busy.value
        #expect(pool.statistics.connections == 0)
    }

    @Test func aCancelledTaskStopsWaiting() async throws {
        let pool = pool(size: 1)
        let gate = Gate()
        let busy = await gate.hold(pool)
        let waiting = Task {
            try await pool.withConnection(deadline: .seconds(60)) { (_) throws(CallFailure) in }
        }
        while pool.statistics.waiting == 0 { await Task.yield() }
        waiting.cancel()
        let result = await waiting.result
        #expect(throws: CallFailure.database(.cancelled)) { try result.get() }
        gate.open()
        try await busy.value
        await pool.shutdown()
    }
}

/// `Result(catching:)` for an asynchronous body.
private func outcome(
    _ body: () async throws(PostgresError) -> Void
) async -> Result<Void, PostgresError> {
    do throws(PostgresError) {
        return .success(try await body())
    } catch {
        return .failure(error)
    }
}
