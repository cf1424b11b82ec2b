/// Which waiting job runs on which connection.
///
/// Pure bookkeeping, generic over the job: the pool holds it in a lock and acts on what it returns. Jobs are served in
/// the order they came; only within a small window may one overtake another, and only to reach the connection that
/// already knows its tenant.
struct PoolSchedule<Job: Sendable>: Sendable {
    struct Waiter: Sendable {
        let id: UInt64
        let affinity: Int
        let deadline: Deadline
        let job: Job
        let enqueued = Deadline.now
        fileprivate var overtaken = 0

        init(id: UInt64, affinity: Int, deadline: Deadline, job: Job) {
            self.id = id
            self.affinity = affinity
            self.deadline = deadline
            self.job = job
        }
    }

    struct Assignment: Sendable {
        let slot: Int
        let waiter: Waiter
    }

    private struct Slot {
        var isBusy = false
        var isConnected = false
        /// Its attempt to connect is the one that the breaker waits for.
        var isProbe = false
    }

    private(set) var waiters: [Waiter] = []
    private var slots: [Slot]
    private var breaker: Breaker

    /// How far behind the first a job may overtake, and how often the first may be overtaken.
    private static var window: Int { 8 }

    init(size: Int, breaker: Breaker) {
        slots = Array(repeating: Slot(), count: max(size, 1))
        self.breaker = breaker
    }

    var busyCount: Int { slots.count { $0.isBusy } }
    var connectedCount: Int { slots.count { $0.isConnected } }
    var breakerState: BreakerState {
        switch breaker.state {
        case .closed: .closed
        case .open: .open
        case .probing: .probing
        }
    }
    var isAnyConnected: Bool { slots.contains { $0.isConnected } }

    mutating func enqueue(_ waiter: Waiter) { waiters.append(waiter) }

    /// Takes a waiting job back; nil when it already runs.
    mutating func withdraw(id: UInt64) -> Waiter? {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return nil }
        return waiters.remove(at: index)
    }

    /// Takes back the jobs whose deadline has passed.
    mutating func withdrawExpired(at now: Deadline) -> [Waiter] {
        let expired = waiters.filter { $0.deadline <= now }
        if !expired.isEmpty { waiters.removeAll { $0.deadline <= now } }
        return expired
    }

    /// Takes back every job when no connection exists and none may be made now.
    mutating func withdrawHopeless(at now: Deadline) -> (waiters: [Waiter], error: PostgresError)? {
        guard !waiters.isEmpty, !isAnyConnected, let error = breaker.refusal(at: now) else { return nil }
        defer { waiters.removeAll() }
        return (waiters, error)
    }

    var earliestDeadline: Deadline? { waiters.lazy.map(\.deadline).min() }

    /// Gives as many jobs to free slots as can run now; those slots are busy from then on.
    mutating func dispatch(at now: Deadline) -> [Assignment] {
        var assignments: [Assignment] = []
        while let assignment = next(at: now) { assignments.append(assignment) }
        return assignments
    }

    /// The slot's job is done.
    mutating func release(_ slot: Int, isConnected: Bool, at now: Deadline) {
        if slots[slot].isProbe { breaker.abandoned(at: now) }
        slots[slot] = Slot(isConnected: isConnected)
    }

    /// The connection that a busy slot seemed to have is gone; nil when it may connect now.
    mutating func reconnect(_ slot: Int, at now: Deadline) -> PostgresError? {
        slots[slot].isConnected = false
        if let error = breaker.refusal(at: now) { return error }
        startAttempt(slot)
        return nil
    }

    mutating func connected(_ slot: Int) {
        slots[slot].isConnected = true
        slots[slot].isProbe = false
        breaker.succeeded()
    }

    /// - Parameter random: in 0 ..< 1.
    mutating func connectFailed(_ slot: Int, _ error: PostgresError, at now: Deadline, random: Double) {
        slots[slot].isConnected = false
        slots[slot].isProbe = false
        breaker.failed(error, at: now, random: random)
    }

    /// An idle slot has closed its connection.
    mutating func disconnected(_ slot: Int) {
        slots[slot].isConnected = false
    }

    private mutating func next(at now: Deadline) -> Assignment? {
        guard let first = waiters.first else { return nil }
        let mayConnect = breaker.refusal(at: now) == nil
        func isFree(_ index: Int) -> Bool {
            !slots[index].isBusy && (slots[index].isConnected || mayConnect)
        }
        let home = self.home(of: first.affinity)
        if isFree(home) { return assign(waiterAt: 0, to: home) }
        guard
            let slot = slots.indices.first(where: { isFree($0) && slots[$0].isConnected })
                ?? slots.indices.first(where: isFree)
        else { return nil }
        if first.overtaken < Self.window,
            let index = waiters.prefix(Self.window).firstIndex(where: { self.home(of: $0.affinity) == slot })
        {
            waiters[0].overtaken += 1
            return assign(waiterAt: index, to: slot)
        }
        return assign(waiterAt: 0, to: slot)
    }

    private mutating func assign(waiterAt index: Int, to slot: Int) -> Assignment {
        slots[slot].isBusy = true
        if !slots[slot].isConnected { startAttempt(slot) }
        return Assignment(slot: slot, waiter: waiters.remove(at: index))
    }

    private mutating func startAttempt(_ slot: Int) {
        breaker.attempt()
        if case .probing = breaker.state { slots[slot].isProbe = true }
    }

    private func home(of affinity: Int) -> Int {
        Int(UInt(bitPattern: affinity) % UInt(slots.count))
    }
}
