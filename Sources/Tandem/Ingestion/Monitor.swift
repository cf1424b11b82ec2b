import Glibc

/// A value behind a lock that threads can wait on. Only for dedicated threads: a task of the cooperative pool may lock, but
/// never wait.
final class Monitor<State>: @unchecked Sendable {
    // Unchecked because the state is touched under the lock only.
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    init(_ state: State) {
        self.state = state
        lock = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(lock)
        condition.deallocate()
        lock.deallocate()
    }

    func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&state)
    }

    /// What a waiting thread saw.
    enum Look<Result> {
        case found(Result)
        /// Look again when something has changed, or by then.
        case notYet(until: ContinuousClock.Instant?)
    }

    /// Blocks the thread until `body` finds something; it is called again after each `signal` and `broadcast`.
    func wait<Result>(for body: (inout State) -> Look<Result>) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while true {
            switch body(&state) {
            case .found(let result):
                return result
            case .notYet(nil):
                pthread_cond_wait(condition, lock)
            case .notYet(let instant?):
                var time = MonotonicTime.now.adding(max(.zero, instant - .now))
                _ = time.withTimespec { pthread_cond_timedwait(condition, lock, $0) }
            }
        }
    }

    /// Wakes one waiting thread.
    func signal() { pthread_cond_signal(condition) }

    /// Wakes all waiting threads.
    func broadcast() { pthread_cond_broadcast(condition) }
}

/// A point on the monotonic clock, laid out as C's `timespec`: the members of that one belong to whichever of the imported modules
/// the compiler reads first, which is not the same in debug and release builds.
private struct MonotonicTime {
    var seconds = 0
    var nanoseconds = 0

    static var now: MonotonicTime {
        var time = MonotonicTime()
        _ = time.withTimespec { clock_gettime(CLOCK_MONOTONIC, $0) }
        return time
    }

    func adding(_ duration: Duration) -> MonotonicTime {
        let (seconds, attoseconds) = duration.components
        let sum = nanoseconds + Int(attoseconds / 1_000_000_000)
        return MonotonicTime(
            seconds: self.seconds + Int(seconds) + sum / 1_000_000_000, nanoseconds: sum % 1_000_000_000)
    }

    mutating func withTimespec<Result>(_ body: (UnsafeMutablePointer<timespec>) -> Result) -> Result {
        withUnsafeMutablePointer(to: &self) { $0.withMemoryRebound(to: timespec.self, capacity: 1, body) }
    }
}
