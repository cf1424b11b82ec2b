@testable import Postgres
import Testing

/// The pool's decisions, without threads or a server.
@Suite struct ScheduleTests {
    private let start = Deadline(nanoseconds: 1_000_000_000)
    private let failure = PostgresError.lost("down")

    private func schedule(size: Int) -> PoolSchedule<String> {
        PoolSchedule(size: size, breaker: Breaker(base: .milliseconds(100), cap: .seconds(1)))
    }

    private func waiter(_ id: UInt64, affinity: Int = 0, until: Deadline = .distantFuture)
        -> PoolSchedule<String>.Waiter
    {
        .init(id: id, affinity: affinity, deadline: until, job: "job \(id)")
    }

    private func ids(_ assignments: [PoolSchedule<String>.Assignment]) -> [UInt64] { assignments.map(\.waiter.id) }

    @Test func aJobGoesHomeElseAnywhere() {
        var schedule = schedule(size: 3)
        for id in 1...4 { schedule.enqueue(waiter(UInt64(id), affinity: 1)) }
        let assignments = schedule.dispatch(at: start)
        #expect(assignments.map(\.slot) == [1, 0, 2])
        #expect(schedule.waiters.count == 1)
        #expect(schedule.busyCount == 3)
    }

    @Test func jobsAreServedInOrder() {
        var schedule = schedule(size: 1)
        for id in 1...5 { schedule.enqueue(waiter(UInt64(id))) }
        var served: [UInt64] = ids(schedule.dispatch(at: start))
        for _ in 0..<4 {
            schedule.release(0, isConnected: true, at: start)
            served += ids(schedule.dispatch(at: start))
        }
        #expect(served == [1, 2, 3, 4, 5])
    }

    @Test func affinityOvertakesOnlyALittle() {
        var schedule = schedule(size: 2)
        schedule.enqueue(waiter(100, affinity: 0))
        schedule.enqueue(waiter(101, affinity: 1))
        _ = schedule.dispatch(at: start)
        schedule.enqueue(waiter(1, affinity: 0))
        for id in 2...30 { schedule.enqueue(waiter(UInt64(id), affinity: 1)) }
        var served: [UInt64] = []
        while !served.contains(1) {
            schedule.release(1, isConnected: true, at: start)
            served += ids(schedule.dispatch(at: start))
        }
        #expect(served.first == 2)
        #expect(served.count == 9)
    }

    @Test func expiredJobsComeBack() {
        var schedule = schedule(size: 1)
        schedule.enqueue(waiter(1))
        _ = schedule.dispatch(at: start)
        schedule.enqueue(waiter(2, until: start))
        schedule.enqueue(waiter(3))
        #expect(schedule.earliestDeadline == start)
        #expect(schedule.withdrawExpired(at: start).map(\.id) == [2])
        #expect(schedule.withdraw(id: 3)?.id == 3)
        #expect(schedule.withdraw(id: 3) == nil ? true : false)
    }

    @Test func aDeadServerFailsFastAndIsProbedByOneJob() {
        var schedule = schedule(size: 2)
        schedule.enqueue(waiter(1))
        let first = schedule.dispatch(at: start)[0]
        schedule.connectFailed(first.slot, failure, at: start, random: 0.5)
        schedule.release(first.slot, isConnected: false, at: start)

        // Within the pause (50 ms) nothing runs.
        schedule.enqueue(waiter(2))
        #expect(schedule.dispatch(at: start).isEmpty)
        #expect(schedule.withdrawHopeless(at: start)?.waiters.map(\.id) == [2])

        // After it, one job probes and the next fails.
        let later = start.adding(nanoseconds: 60_000_000)
        schedule.enqueue(waiter(3))
        schedule.enqueue(waiter(4))
        let probe = schedule.dispatch(at: later)
        #expect(ids(probe) == [3])
        #expect(schedule.withdrawHopeless(at: later)?.waiters.map(\.id) == [4])

        // It succeeds, and all slots may connect again.
        schedule.connected(probe[0].slot)
        schedule.enqueue(waiter(5, affinity: 1))
        #expect(ids(schedule.dispatch(at: later)) == [5])
    }

    @Test func aProbeThatNeverRanDoesNotBlockTheNext() {
        var schedule = schedule(size: 2)
        schedule.enqueue(waiter(1))
        let slot = schedule.dispatch(at: start)[0].slot
        schedule.connectFailed(slot, failure, at: start, random: 0)
        schedule.release(slot, isConnected: false, at: start)
        schedule.enqueue(waiter(2))
        let probe = schedule.dispatch(at: start)
        #expect(ids(probe) == [2])
        schedule.release(probe[0].slot, isConnected: false, at: start)
        schedule.enqueue(waiter(3))
        #expect(ids(schedule.dispatch(at: start)) == [3])
    }

    @Test func waitersStayWhileAnotherConnectionLives() {
        var schedule = schedule(size: 2)
        schedule.enqueue(waiter(1))
        let alive = schedule.dispatch(at: start)[0].slot
        schedule.connected(alive)
        schedule.enqueue(waiter(2, affinity: 1))
        let other = schedule.dispatch(at: start)[0].slot
        schedule.connectFailed(other, failure, at: start, random: 1)
        schedule.release(other, isConnected: false, at: start)
        schedule.enqueue(waiter(3, affinity: 1))
        #expect(schedule.dispatch(at: start).isEmpty)
        #expect(schedule.withdrawHopeless(at: start) == nil ? true : false)
        schedule.release(alive, isConnected: true, at: start)
        #expect(schedule.dispatch(at: start).map(\.slot) == [alive])
    }

    @Test func pausesGrowToTheirCapAndShrinkByLuck() {
        var breaker = Breaker(base: .milliseconds(100), cap: .seconds(1))
        var pauses: [Int64] = []
        for _ in 0..<6 {
            breaker.attempt()
            breaker.failed(failure, at: start, random: 0.999_999)
            guard case .open(let retryAt, _) = breaker.state else { continue }
            pauses.append((retryAt.nanoseconds - start.nanoseconds + 500_000) / 1_000_000)
            #expect(breaker.refusal(at: start) == failure)
            #expect(breaker.refusal(at: retryAt) == nil)
        }
        #expect(pauses == [100, 200, 400, 800, 1000, 1000])
        breaker.attempt()
        breaker.failed(failure, at: start, random: 0)
        #expect(breaker.refusal(at: start) == nil)
        breaker.attempt()
        #expect(breaker.refusal(at: start) == failure)
        breaker.succeeded()
        #expect(breaker.refusal(at: start) == nil)
    }
}
