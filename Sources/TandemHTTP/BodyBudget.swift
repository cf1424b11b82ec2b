import Synchronization

/// Bounds the bytes of all request bodies in memory: what does not fit is refused before it is read.
final class BodyBudget: Sendable {
    private let used = Atomic(0)
    private let limit: Int

    init(limit: Int = Limits.bodies) { self.limit = limit }

    /// Bytes of the bodies of requests that are not answered.
    var bytes: Int { used.load(ordering: .relaxed) }

    /// A request's share; gives it back when it ends.
    final class Share: Sendable {
        private let budget: BodyBudget
        private let bytes = Atomic(0)

        init(_ budget: BodyBudget) { self.budget = budget }

        deinit { budget.used.subtract(bytes.load(ordering: .relaxed), ordering: .relaxed) }

        /// 503 where so much more does not fit.
        func take(_ count: Int) throws(Problem) {
            let new = budget.used.add(count, ordering: .relaxed).newValue
            let own = bytes.add(count, ordering: .relaxed).newValue
            // One body fits whatever its size.
            if new > budget.limit, new > own { throw .overloaded("More request bodies came than can be held.") }
        }
    }
}

extension Problem {
    /// 503 `overloaded`.
    public static func overloaded(_ message: String) -> Problem { .unavailable("overloaded", message) }
}
