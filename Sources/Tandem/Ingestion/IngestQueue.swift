import FoundationEssentials

/// What waits in an `IngestQueue`: the messages of one request.
protocol IngestQueueItem: AnyObject {
    var tenantID: UUID { get }
    var order: IngestOrder { get }
    /// Number of messages.
    var count: Int { get }
    /// What it occupies while it waits.
    var byteCount: Int { get }
    var enqueued: ContinuousClock.Instant { get }
    /// When it is too late to begin with it.
    var startDeadline: ContinuousClock.Instant { get }
}

/// Whose messages are in a request, as hashes of the raw userIds and anonymousIds. Equal hashes of different ids only make
/// one wait needlessly.
struct IngestOrder {
    /// Of calls that change who somebody is or belongs to (identify, group, alias): what comes before or after one matters.
    var changes: Set<Int> = []
    /// Of calls that only record what somebody did: two of them may be stored side by side.
    var records: Set<Int> = []

    /// Whether requests of both orders have to be stored one after the other.
    func conflicts(with other: IngestOrder) -> Bool {
        !changes.isDisjoint(with: other.changes) || !changes.isDisjoint(with: other.records)
            || !records.isDisjoint(with: other.changes)
    }

    mutating func formUnion(_ other: IngestOrder) {
        changes.formUnion(other.changes)
        records.formUnion(other.records)
    }
}

/// The waiting requests of one database, tenant by tenant, and which of them a lane may begin with. Decisions only: no
/// clock, no lock, no I/O.
///
/// - Tenants take turns, so a busy one delays the others by at most a batch. A lane prefers those that are its own, for which its
///   connection keeps plans, unless another waits too long.
/// - Requests that share a user or an anonymous id keep their order if one of them changes that person: it goes behind another
///   that waits or is in flight in another lane. In one batch they stand in order, and the procedure keeps that.
/// - While a batch of a tenant is in flight, a second one gathers for a moment: a transaction costs more than a few messages.
/// - What waits is shared out: a batch takes what one lane of several has to do, so that none idles while another is full.
/// - What waits is bounded, for each tenant by itself: the one that sends too much is turned away, not its neighbours.
struct IngestQueue<Item: IngestQueueItem> {
    struct Batch {
        let tenantID: UUID
        let items: [Item]
        fileprivate let number: Int
        var count: Int { items.reduce(0) { $0 + $1.count } }
    }

    private struct Lineup {
        var waiting: [Item] = []
        /// Number of messages that wait.
        var messages = 0
        /// Of what waits or is in flight.
        var bytes = 0
        /// Since when its newest request would have had to wait too long.
        var lateSince: ContinuousClock.Instant?
        /// Of the batches in flight, by the number they got.
        var inFlight: [Int: IngestOrder] = [:]
        var inTurn = false
    }

    private var tenants: [UUID: Lineup] = [:]
    private var turns: [UUID] = []
    /// Of all that waits or is in flight.
    private(set) var byteCount = 0
    private(set) var waitingCount = 0
    private var batches = 0
    private var pace = ServicePace()
    /// When the first of those is due that the last `take` left to gather; nil: it left none.
    private(set) var gatheredAt: ContinuousClock.Instant?
    let bounds: QueueBounds
    private let lanes: Int
    private let gathering: Gathering

    /// Items looked at in one take: what lies deeper waits for the next.
    private static var depth: Int { 1_024 }

    /// Below this many messages a batch is not made smaller for the other lanes' sake.
    private static var share: Int { 128 }

    /// How long a tenant waits for its own lane, under load or while that stands still.
    private static var preference: Duration { .milliseconds(250) }

    init(bounds: QueueBounds, lanes: Int, gathering: Gathering = .none) {
        self.bounds = bounds
        self.lanes = lanes
        self.gathering = gathering
    }

    /// Why the item was not taken; nil: it waits. One item fits into an empty queue whatever its size.
    mutating func enqueue(_ item: Item, at now: ContinuousClock.Instant = .now) -> QueueRefusal? {
        if let refusal = refusal(of: item, at: now) { return refusal }
        pace.busy(at: now)
        byteCount += item.byteCount
        waitingCount += item.count
        tenants[item.tenantID, default: Lineup()].waiting.append(item)
        tenants[item.tenantID]?.messages += item.count
        tenants[item.tenantID]?.bytes += item.byteCount
        giveTurn(item.tenantID)
        return nil
    }

    private mutating func refusal(of item: Item, at now: ContinuousClock.Instant) -> QueueRefusal? {
        if byteCount == 0 { return nil }
        if byteCount + item.byteCount > bounds.bytes { return .bytes }
        if let bytes = tenants[item.tenantID]?.bytes, bytes > 0, bytes + item.byteCount > bounds.tenantBytes {
            return .bytes
        }
        return refusal(ofTenant: item.tenantID, at: now)
    }

    /// Why nothing more of the tenant is taken, whatever its size; nil: it depends on that.
    mutating func refusal(ofTenant tenantID: UUID, at now: ContinuousClock.Instant = .now) -> QueueRefusal? {
        guard let lineup = tenants[tenantID] else { return nil }
        if let first = lineup.waiting.first, now - first.enqueued > bounds.age { return .age }
        guard isLate(lineup) else {
            // Not at once: at the bound it goes up and down.
            if lineup.lateSince != nil, !isLate(lineup, half: true) { tenants[tenantID]?.lateSince = nil }
            return nil
        }
        guard let since = lineup.lateSince else {
            tenants[tenantID]?.lateSince = now
            return nil
        }
        return now - since > bounds.patience ? .wait : nil
    }

    /// Whether the tenant's newest message would have to wait longer than it may. Tenants take turns, so the others' waiting
    /// messages count no more than its own.
    private func isLate(_ lineup: Lineup, half: Bool = false) -> Bool {
        guard pace.perSecond > 0, waitingCount >= (half ? bounds.free / 2 : bounds.free) else { return false }
        let before = min(waitingCount, lineup.messages * max(1, turns.count + (lineup.inTurn ? 0 : 1)))
        return Double(before) / pace.perSecond > bounds.wait.inSeconds / (half ? 2 : 1)
    }

    /// The next batch: of the tenant whose turn it is, whole requests in order, up to `limit` messages (one request alone
    /// may have more). Nil when nothing may begin, or what may is gathering, see `gatheredAt`.
    /// - Parameter lane: who asks, from 0; nil: no tenant is preferred.
    mutating func take(limit: Int, lane: Int? = nil, at now: ContinuousClock.Instant = .now) -> Batch? {
        gatheredAt = nil
        var passedOver: [UUID] = []
        defer { for tenantID in passedOver { giveTurn(tenantID) } }
        while !turns.isEmpty {
            let tenantID = turns.remove(at: lane.map { placeInTurns(of: $0, at: now) } ?? 0)
            tenants[tenantID]?.inTurn = false
            if let due = dueTime(of: tenantID), due > now {
                gatheredAt = min(gatheredAt ?? due, due)
                passedOver.append(tenantID)
                continue
            }
            guard let batch = takeBatch(of: tenantID, limit: limit) else { continue }
            if tenants[tenantID]?.waiting.isEmpty == false { giveTurn(tenantID) }
            return batch
        }
        return nil
    }

    /// Whose turn it is in that lane: the first of its own tenants, or the first of all where that has waited or none is its own.
    private func placeInTurns(of lane: Int, at now: ContinuousClock.Instant) -> Int {
        guard turns.count > 1, let first = turns.first.flatMap({ tenants[$0]?.waiting.first }),
            now - first.enqueued < Self.preference
        else { return 0 }
        return turns.firstIndex { Self.lane(of: $0, among: lanes) == lane } ?? 0
    }

    /// Whose own a tenant is.
    static func lane(of tenantID: UUID, among lanes: Int) -> Int { abs(tenantID.hashValue % lanes) }

    /// When what waits is to be taken at the latest; nil: at once.
    private func dueTime(of tenantID: UUID) -> ContinuousClock.Instant? {
        guard let lineup = tenants[tenantID], !lineup.inFlight.isEmpty, lineup.messages < gathering.messages,
            let first = lineup.waiting.first
        else { return nil }
        return first.enqueued + gathering.time
    }

    /// For how long the one that came first of those that wait has done so. Looks at each tenant of which something waits.
    func oldestWait(at now: ContinuousClock.Instant) -> Duration {
        tenants.values.lazy.compactMap { $0.waiting.first?.enqueued }.min().map { max(.zero, now - $0) } ?? .zero
    }

    /// Whether a lane has to look because the tenant's newest request came.
    func isDue(_ tenantID: UUID) -> Bool { dueTime(of: tenantID) == nil }

    private mutating func takeBatch(of tenantID: UUID, limit: Int) -> Batch? {
        guard var lineup = tenants[tenantID] else { return nil }
        // Others wait: a shorter turn.
        let most = turns.isEmpty ? limit : max(1, limit / 2)
        let limit = min(most, max(Self.share, (lineup.messages + lanes - 1) / lanes))
        var taken: [Item] = []
        var kept: [Item] = []
        var count = 0
        var order = IngestOrder()
        var passedOver = IngestOrder()
        var index = 0
        while index < lineup.waiting.count, index < Self.depth, count < limit {
            let item = lineup.waiting[index]
            let isBlocked =
                item.order.conflicts(with: passedOver)
                || lineup.inFlight.values.contains { item.order.conflicts(with: $0) }
            if !isBlocked, !taken.isEmpty, count + item.count > limit { break }
            if isBlocked {
                passedOver.formUnion(item.order)
                kept.append(item)
            } else {
                order.formUnion(item.order)
                taken.append(item)
                count += item.count
            }
            index += 1
        }
        if taken.isEmpty { return nil }
        lineup.waiting = kept + lineup.waiting[index...]
        lineup.messages -= count
        waitingCount -= count
        batches += 1
        lineup.inFlight[batches] = order
        tenants[tenantID] = lineup
        return Batch(tenantID: tenantID, items: taken, number: batches)
    }

    /// A batch is answered: what waited for its ids may begin.
    mutating func finish(_ batch: Batch, at now: ContinuousClock.Instant = .now) {
        let bytes = batch.items.reduce(0) { $0 + $1.byteCount }
        byteCount -= bytes
        pace.stored(batch.count, at: now)
        if byteCount == 0 { pace.idle() }
        guard var lineup = tenants[batch.tenantID] else { return }
        lineup.bytes -= bytes
        lineup.inFlight[batch.number] = nil
        if lineup.waiting.isEmpty, lineup.inFlight.isEmpty, !lineup.inTurn {
            tenants[batch.tenantID] = nil
            return
        }
        tenants[batch.tenantID] = lineup
        if !lineup.waiting.isEmpty { giveTurn(batch.tenantID) }
    }

    /// Takes out what may no longer begin.
    mutating func expire(now: ContinuousClock.Instant) -> [Item] {
        var expired: [Item] = []
        for (tenantID, lineup) in tenants where lineup.waiting.contains(where: { $0.startDeadline <= now }) {
            expired += lineup.waiting.filter { $0.startDeadline <= now }
            tenants[tenantID]?.waiting.removeAll { $0.startDeadline <= now }
        }
        for item in expired {
            tenants[item.tenantID]?.messages -= item.count
            tenants[item.tenantID]?.bytes -= item.byteCount
            byteCount -= item.byteCount
            waitingCount -= item.count
        }
        return expired
    }

    private mutating func giveTurn(_ tenantID: UUID) {
        guard tenants[tenantID]?.inTurn == false else { return }
        tenants[tenantID]?.inTurn = true
        turns.append(tenantID)
    }
}
