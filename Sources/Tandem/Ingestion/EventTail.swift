public import Foundation
import Synchronization

/// Lets people watch what becomes of a tenant's events at the moment at which this process decides it: all of them, not a
/// sample. While nobody watches it costs one load of a counter for each request.
public final class EventTail: Sendable {
    private let readers = Mutex<[UUID: [TailReader]]>([:])
    private let count = Atomic<Int>(0)

    /// Of a tenant at a time.
    public static let readersLimit = 20

    public init() {}

    /// Somebody begins to watch; nil: as many do as may. What it gives has to be closed.
    public func open(_ tenant: UUID, _ filter: TailFilter) -> TailReader? {
        readers.withLock { readers in
            guard readers[tenant, default: []].count < Self.readersLimit else { return nil }
            let reader = TailReader(tenant: tenant, filter: filter)
            readers[tenant, default: []].append(reader)
            count.add(1, ordering: .relaxed)
            return reader
        }
    }

    public func close(_ reader: TailReader) {
        readers.withLock { readers in
            guard let index = readers[reader.tenant]?.firstIndex(where: { $0 === reader }) else { return }
            readers[reader.tenant]?.remove(at: index)
            if readers[reader.tenant]?.isEmpty == true { readers[reader.tenant] = nil }
            count.subtract(1, ordering: .relaxed)
        }
    }

    /// How many watch the tenant.
    public func readerCount(of tenant: UUID) -> Int { readers.withLock { $0[tenant]?.count ?? 0 } }

    /// Those who watch the tenant.
    func readers(of tenant: UUID) -> [TailReader] {
        guard count.load(ordering: .relaxed) > 0 else { return [] }
        return readers.withLock { $0[tenant] ?? [] }
    }

    /// Shows the outcomes of answered requests. What nobody wants is not made.
    func show(_ jobs: [IngestJob], of tenant: UUID) {
        let readers = readers(of: tenant)
        if readers.isEmpty { return }
        for job in jobs {
            let wanted = job.outcomes.indices.filter { index in
                readers.contains { $0.filter.mayMatch(job.outcomes[index].tailed, source: job.request.source.id) }
            }
            if !wanted.isEmpty { Self.offer(job.tailed(at: Set(wanted)), to: readers) }
        }
    }

    /// Shows events that were put into quarantine before any lane saw them.
    func show(held events: [QuarantinedEvent], of request: IngestRequest) {
        let readers = readers(of: request.tenant.id)
        if readers.isEmpty { return }
        let tailed = events.map { event in
            TailedEvent(
                outcome: .quarantined, reason: event.reason, id: event.id, receivedAt: event.receivedAt,
                source: event.source, sourceName: request.sourceName, keyID: event.keyID, path: event.path,
                messageID: event.messageID, type: event.type, name: event.name, original: event.original)
        }
        Self.offer(tailed, to: readers)
    }

    private static func offer(_ events: [TailedEvent], to readers: [TailReader]) {
        for reader in readers { reader.offer(events) }
    }
}

/// One who watches: a buffer of bounded size, and a count of what did not fit.
public final class TailReader: Sendable {
    private struct State {
        var events: [TailedEvent] = []
        var bytes = 0
        var missed = 0
    }

    let tenant: UUID
    let filter: TailFilter
    private let state = Mutex(State())

    /// Of a reader that does not come.
    static let eventsLimit = 2_000
    static let bytesLimit = 4 << 20

    init(tenant: UUID, filter: TailFilter) {
        self.tenant = tenant
        self.filter = filter
    }

    func offer(_ events: [TailedEvent]) {
        let wanted = events.filter(filter.matches)
        if wanted.isEmpty { return }
        state.withLock { state in
            for event in wanted {
                // Once something is missed all is, until the reader comes: what it gets has one gap, at its end.
                if state.missed > 0 || state.events.count >= Self.eventsLimit
                    || state.bytes + event.original.count > Self.bytesLimit
                {
                    state.missed += 1
                } else {
                    state.events.append(event)
                    state.bytes += event.original.count
                }
            }
        }
    }

    /// What came since the last call, in order, and how many more came after these that are lost.
    public func take() -> (events: [TailedEvent], missed: Int) {
        state.withLock { state in
            defer { state = State() }
            return (state.events, state.missed)
        }
    }
}

extension IngestOutcome {
    var tailed: TailedEvent.Outcome {
        switch self {
        case .accepted: .accepted
        case .duplicate: .duplicate
        case .rejected: .rejected
        case .quarantined: .quarantined
        }
    }
}

extension IngestJob {
    /// Messages of the answered request, by their places.
    func tailed(at places: Set<Int>) -> [TailedEvent] {
        request.batch.outlines(at: places).map { outline in
            var event = TailedEvent(
                outcome: outcomes[outline.index].tailed, reason: nil, id: quarantineID(at: outline.index),
                receivedAt: request.receivedAt, source: request.source.id, sourceName: request.sourceName,
                keyID: request.keyID, path: request.path, messageID: outline.messageID, type: outline.type,
                name: outline.name, original: outline.original)
            if case .message(let message) = items[outline.index] {
                event.messageID = message.messageID
                if event.isStored { event.id = message.eventID }
            }
            event.reason = outcomes[outline.index].reason
            return event
        }
    }
}
