public import FoundationEssentials
import Synchronization

/// Counters of a batcher.
public final class IngestStats: Sendable {
    private let batches = Atomic<Int>(0)
    private let messages = Atomic<Int>(0)
    private let retries = Atomic<Int>(0)
    private let refusals = Mutex<[QueueRefusal: Int]>([:])
    /// Transactions by how many messages they stored: one place for each bound, one for what is above.
    private let sizes = Mutex([Int](repeating: 0, count: IngestStats.sizeBounds.count + 1))
    private let accepted = Atomic<Int>(0)
    private let duplicates = Atomic<Int>(0)
    private let quarantined = Atomic<Int>(0)
    private let rejected = Atomic<Int>(0)
    /// Sources, of all tenants, that send too many duplicates.
    let alarms = Atomic<Int>(0)
    /// Tenants of which events were counted.
    let tallied = TenantBell()

    /// Transactions that stored something, messages in them, transactions run again, requests turned away; and what became
    /// of the events of answered requests.
    public struct Values: Sendable {
        public let batches: Int
        public let messages: Int
        public let retries: Int
        public let refusals: [QueueRefusal: Int]
        public let accepted: Int
        public let duplicates: Int
        public let quarantined: Int
        public let rejected: Int
        public let alarms: Int
        /// Transactions by their messages, see ``IngestStats/sizeBounds``.
        public let sizes: [Int]
    }

    /// Messages in a transaction: a batch has at most 256.
    public static let sizeBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256]

    public var values: Values {
        Values(
            batches: batches.load(ordering: .relaxed), messages: messages.load(ordering: .relaxed),
            retries: retries.load(ordering: .relaxed), refusals: refusals.withLock { $0 },
            accepted: accepted.load(ordering: .relaxed), duplicates: duplicates.load(ordering: .relaxed),
            quarantined: quarantined.load(ordering: .relaxed), rejected: rejected.load(ordering: .relaxed),
            alarms: alarms.load(ordering: .relaxed), sizes: sizes.withLock { $0 })
    }

    func stored(messages count: Int) {
        batches.add(1, ordering: .relaxed)
        messages.add(count, ordering: .relaxed)
        let place = Self.sizeBounds.firstIndex { count <= $0 } ?? Self.sizeBounds.count
        sizes.withLock { $0[place] += 1 }
    }

    /// Counts the answers to a batch.
    func decided(_ outcomes: some Sequence<IngestOutcome>, of tenant: UUID) {
        var (new, copies, refused, kept) = (0, 0, 0, 0)
        for outcome in outcomes {
            switch outcome {
            case .accepted: new += 1
            case .duplicate: copies += 1
            case .rejected: refused += 1
            case .quarantined: kept += 1
            }
        }
        accepted.add(new, ordering: .relaxed)
        if copies > 0 { duplicates.add(copies, ordering: .relaxed) }
        if refused > 0 { rejected.add(refused, ordering: .relaxed) }
        if kept > 0 { quarantined.add(kept, ordering: .relaxed) }
        tallied.ring(for: tenant)
    }

    /// Counts events that were put into quarantine before any lane saw them.
    public func held(_ count: Int, of tenant: UUID) {
        quarantined.add(count, ordering: .relaxed)
        tallied.ring(for: tenant)
    }

    func retried() { retries.add(1, ordering: .relaxed) }

    func refused(_ reason: QueueRefusal) { refusals.withLock { $0[reason, default: 0] += 1 } }
}
