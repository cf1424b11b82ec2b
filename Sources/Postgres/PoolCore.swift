import Dispatch
import Logging
import Synchronization

/// The shared state of a pool and its threads.
final class PoolCore: Sendable {
    typealias Schedule = PoolSchedule<PoolJob>

    enum Order {
        case work(Schedule.Waiter)
        case stop
    }

    private struct State {
        var schedule: Schedule
        var mailboxes: [Schedule.Waiter?]
        var isStarted: [Bool]
        var liveThreads = 0
        var isClosed = false
        var nextExpiry = Deadline.distantFuture
        var isTimerStarted = false
        var opened = 0
        var failedAttempts = 0
        var timeouts = 0
        var served = 0
        var waitedNanoseconds: Int64 = 0
        var endWaiters: [CheckedContinuation<Void, Never>] = []
    }

    /// What a change of the state asks for, done outside the lock.
    private struct Effects {
        var failures: [(waiter: Schedule.Waiter, error: PostgresError)] = []
        var wake: [Int] = []
        var start: [Int] = []
        var wakeTimer = false
        var startTimer = false
        var ended: [CheckedContinuation<Void, Never>] = []
    }

    let configuration: PoolConfiguration
    private let state: Mutex<State>
    private let bells: [DispatchSemaphore]
    private let timerBell = DispatchSemaphore(value: 0)
    private let ids = Atomic<UInt64>(0)
    private let generations = Atomic(0)

    init(_ configuration: PoolConfiguration) {
        self.configuration = configuration
        let size = max(configuration.size, 1)
        let breaker = Breaker(base: configuration.backoff.base, cap: configuration.backoff.cap)
        state = Mutex(
            State(
                schedule: Schedule(size: size, breaker: breaker), mailboxes: Array(repeating: nil, count: size),
                isStarted: Array(repeating: false, count: size)))
        bells = (0..<size).map { _ in DispatchSemaphore(value: 0) }
    }

    /// A connection of an older one has to show that it works.
    var generation: Int { generations.load(ordering: .relaxed) }

    /// A query got no answer in time: the other connections may be no better.
    func suspectAll() { generations.add(1, ordering: .relaxed) }

    func nextID() -> UInt64 { ids.add(1, ordering: .relaxed).newValue }

    var statistics: PoolStatistics {
        state.withLock { state in
            PoolStatistics(
                inUse: state.schedule.busyCount, waiting: state.schedule.waiters.count,
                connections: state.schedule.connectedCount, opened: state.opened,
                failedAttempts: state.failedAttempts, timeouts: state.timeouts, served: state.served,
                waited: .nanoseconds(state.waitedNanoseconds), breaker: state.schedule.breakerState)
        }
    }

    // MARK: Calls

    func submit(_ waiter: Schedule.Waiter) {
        change { state, effects in
            if state.isClosed {
                effects.failures.append((waiter, .poolClosed))
            } else if Task.isCancelled {
                effects.failures.append((waiter, .cancelled))
            } else if state.schedule.waiters.count >= configuration.waitingLimit {
                state.timeouts += 1
                effects.failures.append((waiter, .poolTimeout))
            } else {
                state.schedule.enqueue(waiter)
            }
        }
    }

    func cancel(id: UInt64) {
        change { state, effects in
            guard let waiter = state.schedule.withdraw(id: id) else { return }
            effects.failures.append((waiter, .cancelled))
        }
    }

    func close() {
        change { state, effects in
            state.isClosed = true
            effects.wakeTimer = state.isTimerStarted
        }
    }

    func ended() async {
        await withCheckedContinuation { continuation in
            change { state, _ in state.endWaiters.append(continuation) }
        }
    }

    // MARK: Threads

    /// The next order for a slot's thread, or nil when nobody needed the connection for `idleTimeout`.
    func nextOrder(for slot: Int) -> Order? {
        let timeout = DispatchTime.now() + .nanoseconds(Int(clamping: configuration.idleTimeout.nanoseconds))
        while bells[slot].wait(timeout: timeout) == .success {
            let order: Order? = state.withLock { state in
                if let waiter = state.mailboxes[slot].take() {
                    state.served += 1
                    state.waitedNanoseconds -= waiter.enqueued.remainingNanoseconds
                    return .work(waiter)
                }
                return Self.isDrained(state) ? .stop : nil
            }
            if let order { return order }
        }
        return nil
    }

    /// The connection of a working slot was found dead: why it may not connect now, or nil when it may.
    func reconnect(_ slot: Int) -> PostgresError? {
        var refusal: PostgresError?
        change { state, _ in refusal = state.schedule.reconnect(slot, at: .now) }
        return refusal
    }

    func connected(_ slot: Int) {
        change { state, _ in
            state.opened += 1
            state.schedule.connected(slot)
        }
    }

    func connectFailed(_ slot: Int, _ error: PostgresError) {
        let random = Double.random(in: 0..<1)
        configuration.connection.logger.warning("cannot connect", metadata: ["error": "\(error)"])
        change { state, _ in
            state.failedAttempts += 1
            state.schedule.connectFailed(slot, error, at: .now, random: random)
        }
    }

    func disconnected(_ slot: Int) {
        change { state, _ in state.schedule.disconnected(slot) }
    }

    func released(_ slot: Int, isConnected: Bool) {
        change { state, _ in state.schedule.release(slot, isConnected: isConnected, at: .now) }
    }

    func countTimeout() {
        state.withLock { $0.timeouts += 1 }
    }

    func threadEnded() {
        change { state, _ in state.liveThreads -= 1 }
    }

    // MARK: Changes

    /// Applies `body`, hands out what can run now, and acts on it outside the lock.
    private func change(_ body: (inout State, inout Effects) -> Void) {
        let effects = state.withLock { state in
            var effects = Effects()
            body(&state, &effects)
            settle(&state, &effects)
            return effects
        }
        perform(effects)
    }

    private func settle(_ state: inout State, _ effects: inout Effects) {
        let now = Deadline.now
        for assignment in state.schedule.dispatch(at: now) {
            state.mailboxes[assignment.slot] = assignment.waiter
            if state.isStarted[assignment.slot] {
                effects.wake.append(assignment.slot)
            } else {
                state.isStarted[assignment.slot] = true
                state.liveThreads += 1
                effects.start.append(assignment.slot)
            }
        }
        if let hopeless = state.schedule.withdrawHopeless(at: now) {
            effects.failures += hopeless.waiters.map { ($0, hopeless.error) }
        }
        if let earliest = state.schedule.earliestDeadline, earliest < state.nextExpiry {
            state.nextExpiry = earliest
            effects.wakeTimer = state.isTimerStarted
            effects.startTimer = !state.isTimerStarted
            if !state.isTimerStarted { state.liveThreads += 1 }
            state.isTimerStarted = true
        }
        guard Self.isDrained(state) else { return }
        effects.wake = state.isStarted.indices.filter { state.isStarted[$0] && !effects.start.contains($0) }
        effects.wakeTimer = state.isTimerStarted
        if state.liveThreads == 0 {
            effects.ended = state.endWaiters
            state.endWaiters = []
        }
    }

    private func perform(_ effects: Effects) {
        for (waiter, error) in effects.failures { waiter.job.fail(error) }
        for slot in effects.start {
            // The first order waits in the mailbox.
            bells[slot].signal()
            if !PoolThread.start(slot: slot, core: self) { startFailed(slot) }
        }
        for slot in effects.wake { bells[slot].signal() }
        if effects.startTimer {
            let isStarted = DedicatedThread.spawn(name: "\(configuration.name)-timer", stackBytes: 512 << 10) {
                self.expireWaiters()
            }
            if !isStarted { change { state, _ in state.liveThreads -= 1 } }
        }
        if effects.wakeTimer { timerBell.signal() }
        for continuation in effects.ended { continuation.resume() }
    }

    private func startFailed(_ slot: Int) {
        change { state, effects in
            state.liveThreads -= 1
            state.isStarted[slot] = false
            let error = PostgresError.lost("the system refused a thread", sqlState: .unableToConnect)
            state.schedule.connectFailed(slot, error, at: .now, random: 1)
            state.schedule.release(slot, isConnected: false, at: .now)
            guard let waiter = state.mailboxes[slot].take() else { return }
            effects.failures.append((waiter, error))
        }
    }

    /// The timer's thread: answers calls whose deadline passes while they wait.
    private func expireWaiters() {
        while true {
            let next: Deadline? = state.withLock { state in
                Self.isDrained(state) ? nil : state.nextExpiry
            }
            guard let next else { break }
            if next == .distantFuture {
                timerBell.wait()
            } else {
                let pause = max(next.remainingNanoseconds, 0)
                _ = timerBell.wait(timeout: .now() + .nanoseconds(Int(pause)))
            }
            change { state, effects in
                for waiter in state.schedule.withdrawExpired(at: .now) {
                    state.timeouts += 1
                    effects.failures.append((waiter, .poolTimeout))
                }
                state.nextExpiry = state.schedule.earliestDeadline ?? .distantFuture
            }
        }
        threadEnded()
    }

    /// Closed, nothing waits and nothing runs.
    private static func isDrained(_ state: State) -> Bool {
        state.isClosed && state.schedule.waiters.isEmpty && state.schedule.busyCount == 0
    }
}
