import Synchronization

/// Counters of a batcher.
public final class IngestStats: Sendable {
    private let batches = Atomic<Int>(0)
    private let messages = Atomic<Int>(0)
    private let retries = Atomic<Int>(0)
    private let refusals = Atomic<Int>(0)

    /// Transactions that stored something, messages in them, transactions run again, requests turned away.
    public struct Values: Sendable {
        public let batches: Int
        public let messages: Int
        public let retries: Int
        public let refusals: Int
    }

    public var values: Values {
        Values(
            batches: batches.load(ordering: .relaxed), messages: messages.load(ordering: .relaxed),
            retries: retries.load(ordering: .relaxed), refusals: refusals.load(ordering: .relaxed))
    }

    func stored(messages count: Int) {
        batches.add(1, ordering: .relaxed)
        messages.add(count, ordering: .relaxed)
    }

    func retried() { retries.add(1, ordering: .relaxed) }

    func refused() { refusals.add(1, ordering: .relaxed) }
}
