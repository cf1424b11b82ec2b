import FoundationEssentials

/// What waits in an `IngestQueue`: the messages of one request.
protocol IngestQueueItem: AnyObject {
    var tenantID: UUID { get }
    /// Hashes of the raw userIds and anonymousIds in it. Equal hashes of different ids only make one wait needlessly.
    var orderKeys: [Int] { get }
    /// Number of messages.
    var count: Int { get }
    /// What it occupies while it waits.
    var byteCount: Int { get }
    /// When it is too late to begin with it.
    var startDeadline: ContinuousClock.Instant { get }
}

/// The waiting requests of one database, tenant by tenant, and which of them a lane may begin with. Decisions only: no
/// clock, no lock, no I/O.
///
/// - Tenants take turns, so a busy one delays the others by at most a batch.
/// - Requests that share a user or an anonymous id keep their order: one goes behind another that waits or is in flight in
///   another lane. In one batch they stand in order, and the procedure keeps that.
struct IngestQueue<Item: IngestQueueItem> {
    struct Batch {
        let tenantID: UUID
        let items: [Item]
        var count: Int { items.reduce(0) { $0 + $1.count } }
    }

    private struct Lineup {
        var waiting: [Item] = []
        /// Order keys in flight, with the number of batches that hold each.
        var inFlight: [Int: Int] = [:]
        var inTurn = false
    }

    private var tenants: [UUID: Lineup] = [:]
    private var turns: [UUID] = []
    /// Of all that waits or is in flight.
    private(set) var byteCount = 0
    private(set) var waitingCount = 0
    let byteLimit: Int

    /// Items looked at in one take: what lies deeper waits for the next.
    private static var depth: Int { 1_024 }

    init(byteLimit: Int) {
        self.byteLimit = byteLimit
    }

    /// False, and nothing is kept, when the queue is full. One item fits into an empty queue whatever its size.
    mutating func enqueue(_ item: Item) -> Bool {
        guard byteCount == 0 || byteCount + item.byteCount <= byteLimit else { return false }
        byteCount += item.byteCount
        waitingCount += item.count
        tenants[item.tenantID, default: Lineup()].waiting.append(item)
        giveTurn(item.tenantID)
        return true
    }

    /// The next batch: of the tenant whose turn it is, whole requests in order, up to `limit` messages (one request alone
    /// may have more). Nil when nothing may begin.
    mutating func take(limit: Int) -> Batch? {
        while !turns.isEmpty {
            let tenantID = turns.removeFirst()
            tenants[tenantID]?.inTurn = false
            let items = takeItems(of: tenantID, limit: limit)
            if items.isEmpty { continue }
            if tenants[tenantID]?.waiting.isEmpty == false { giveTurn(tenantID) }
            return Batch(tenantID: tenantID, items: items)
        }
        return nil
    }

    private mutating func takeItems(of tenantID: UUID, limit: Int) -> [Item] {
        guard var lineup = tenants[tenantID] else { return [] }
        var taken: [Item] = []
        var kept: [Item] = []
        var count = 0
        var passedOver: Set<Int> = []
        var index = 0
        while index < lineup.waiting.count, index < Self.depth {
            let item = lineup.waiting[index]
            let blocked = item.orderKeys.contains { lineup.inFlight[$0] != nil || passedOver.contains($0) }
            if !blocked, !taken.isEmpty, count + item.count > limit { break }
            if blocked {
                passedOver.formUnion(item.orderKeys)
                kept.append(item)
            } else {
                taken.append(item)
                count += item.count
            }
            index += 1
            if count >= limit { break }
        }
        lineup.waiting = kept + lineup.waiting[index...]
        waitingCount -= count
        for key in taken.flatMap(\.orderKeys) { lineup.inFlight[key, default: 0] += 1 }
        tenants[tenantID] = lineup
        return taken
    }

    /// A batch is answered: what waited for its ids may begin.
    mutating func finish(_ batch: Batch) {
        byteCount -= batch.items.reduce(0) { $0 + $1.byteCount }
        guard var lineup = tenants[batch.tenantID] else { return }
        for item in batch.items {
            for key in item.orderKeys {
                let held = (lineup.inFlight[key] ?? 1) - 1
                lineup.inFlight[key] = held == 0 ? nil : held
            }
        }
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
            byteCount -= item.byteCount
            waitingCount -= item.count
        }
        return expired
    }

    /// Takes out all that waits.
    mutating func removeAll() -> [Item] {
        let all = tenants.values.flatMap(\.waiting)
        for tenantID in tenants.keys { tenants[tenantID]?.waiting = [] }
        byteCount -= all.reduce(0) { $0 + $1.byteCount }
        waitingCount = 0
        return all
    }

    private mutating func giveTurn(_ tenantID: UUID) {
        guard tenants[tenantID]?.inTurn == false else { return }
        tenants[tenantID]?.inTurn = true
        turns.append(tenantID)
    }
}
