import FoundationEssentials
import Synchronization

/// What the answers of `ingest_batch` have taught of a database, so that the procedure need not look it up again: the home of
/// the messages that name the same identifiers, and the span of time whose activity is stored already.
///
/// It is a hint: the procedure takes it only under the tenant's identity epoch that it was learned in, which is raised by
/// whatever parts an identifier from its node or two nodes of a profile. All of it is forgotten when the database is another
/// one than before (a restart, a failover, a restore).
final class IngestMemory: Sendable {
    /// A list of identifiers, as two independent keyed hashes.
    struct Key: Hashable {
        private let first: Int
        private let second: Int

        /// Nil for messages that name nobody, and for an alias, which means more than its identifiers.
        init?(of message: WireMessage) {
            guard message.type != .alias, !message.identifiers.isEmpty else { return nil }
            var (first, second) = (Hasher(), Hasher())
            second.combine(1)
            for identifier in message.identifiers {
                first.combine(identifier)
                second.combine(identifier)
            }
            (self.first, self.second) = (first.finalize(), second.finalize())
        }
    }

    /// What is known for the messages of a batch, in their order.
    struct Hints {
        var epoch: Int32?
        /// Their homes; 0: not known.
        var homes: [Int64] = []
        /// Whether the message's time moves nothing.
        var settled: [Bool] = []
    }

    /// What one message's answer says.
    struct Lesson {
        var key: Key
        var home: Int64
        /// Microseconds since 1970.
        var timestamp: Int64
    }

    private struct Entry {
        var home: Int64
        /// Activity from `first` up to the end of the minute that begins with `last` is stored.
        var first: Int64
        var last: Int64
    }

    private struct TenantMemory {
        var epoch: Int32
        var young: [Key: Entry] = [:]
        var old: [Key: Entry] = [:]

        func entry(_ key: Key) -> Entry? { young[key] ?? old[key] }
    }

    private struct State {
        var database = ""
        var tenants: [UUID: TenantMemory] = [:]
        var youngCount = 0
    }

    private let state = Mutex(State())
    /// Entries of one generation, of all tenants; there are two, of about 60 bytes an entry.
    private let limit: Int

    init(limit: Int = 200_000) { self.limit = limit }

    func hints(
        for messages: some Collection<(key: Key?, timestamp: Int64)>, of tenant: UUID, in database: String
    ) -> Hints {
        state.withLock { state in
            var hints = Hints()
            guard state.database == database, let memory = state.tenants[tenant] else { return hints }
            hints.epoch = memory.epoch
            hints.homes.reserveCapacity(messages.count)
            hints.settled.reserveCapacity(messages.count)
            for message in messages {
                let entry = message.key.flatMap(memory.entry)
                hints.homes.append(entry?.home ?? 0)
                hints.settled.append(
                    entry.map { $0.first <= message.timestamp && Self.minute(message.timestamp) <= $0.last } ?? false)
            }
            return hints
        }
    }

    func learn(_ lessons: [Lesson], epoch: Int32, of tenant: UUID, in database: String) {
        state.withLock { state in
            if state.database != database { state = State(database: database) }
            if lessons.isEmpty { return }
            var memory = state.tenants[tenant] ?? TenantMemory(epoch: epoch)
            guard epoch >= memory.epoch else { return }
            state.tenants[tenant] = nil
            if epoch > memory.epoch {
                state.youngCount -= memory.young.count
                memory = TenantMemory(epoch: epoch)
            }
            let before = memory.young.count
            for lesson in lessons {
                let minute = Self.minute(lesson.timestamp)
                var entry =
                    memory.entry(lesson.key) ?? Entry(home: lesson.home, first: lesson.timestamp, last: minute)
                entry.home = lesson.home
                entry.first = min(entry.first, lesson.timestamp)
                entry.last = max(entry.last, minute)
                memory.young[lesson.key] = entry
            }
            state.youngCount += memory.young.count - before
            state.tenants[tenant] = memory
            if state.youngCount > limit { Self.age(&state) }
        }
    }

    private static func age(_ state: inout State) {
        state.tenants = state.tenants.compactMapValues { memory in
            memory.young.isEmpty ? nil : TenantMemory(epoch: memory.epoch, young: [:], old: memory.young)
        }
        state.youngCount = 0
    }

    /// The beginning of the minute, as `activity_changes` counts it.
    private static func minute(_ timestamp: Int64) -> Int64 {
        let length: Int64 = 60_000_000
        let rest = timestamp % length
        return timestamp - (rest < 0 ? rest + length : rest)
    }
}
