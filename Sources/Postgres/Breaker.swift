/// Decides when a connection may be attempted while the server does not answer: exponential backoff with full jitter,
/// and one attempt at a time until one succeeds.
///
/// Pure: the caller gives the time and the randomness.
struct Breaker: Sendable {
    enum State: Sendable {
        case closed
        /// No attempt before `retryAt`.
        case open(retryAt: Deadline, error: PostgresError)
        /// One attempt is under way.
        case probing(error: PostgresError)
    }

    private(set) var state = State.closed
    private var failures = 0
    private let baseNanoseconds: Int64
    private let capNanoseconds: Int64

    init(base: Duration, cap: Duration) {
        baseNanoseconds = max(base.nanoseconds, 1)
        capNanoseconds = max(cap.nanoseconds, baseNanoseconds)
    }

    /// Why no attempt may be made now, or nil when one may.
    func refusal(at now: Deadline) -> PostgresError? {
        switch state {
        case .closed: nil
        case .open(let retryAt, let error): now < retryAt ? error : nil
        case .probing(let error): error
        }
    }

    /// An attempt starts; call only when `refusal` is nil.
    mutating func attempt() {
        if case .open(_, let error) = state { state = .probing(error: error) }
    }

    mutating func succeeded() {
        failures = 0
        state = .closed
    }

    /// The attempt ended without saying anything about the server.
    mutating func abandoned(at now: Deadline) {
        if case .probing(let error) = state { state = .open(retryAt: now, error: error) }
    }

    /// - Parameter random: in 0 ..< 1.
    mutating func failed(_ error: PostgresError, at now: Deadline, random: Double) {
        // Attempts that were under way together count as one.
        if case .open = state { return }
        let ceiling = min(Double(capNanoseconds), Double(baseNanoseconds) * Double(1 << min(failures, 30)))
        failures += 1
        state = .open(retryAt: now.adding(nanoseconds: Int64(ceiling * random)), error: error)
    }
}
