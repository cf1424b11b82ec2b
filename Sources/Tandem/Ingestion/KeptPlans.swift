import FoundationEssentials
import Glibc

/// The tenants for which a connection keeps plans of their own, see `ingest_batch`.
///
/// Without them every statement of a batch is planned anew when the connection has served another tenant in between, which
/// triples what a single event costs. With them a tenant takes memory of the session. So there is a bound, those
/// who come first have them, and a connection that some had to do without is renewed now and then. A lane keeps them for its own
/// tenants first of all: with those that it serves in another's place every lane would sooner or later keep them for everybody, or
/// have no room left for its own.
struct KeptPlans {
    /// A connection's share of the machine's memory goes to them, a thirty-second at most, at some 4 MB each.
    static let limit = max(16, min(256, sysconf(CInt(_SC_PHYS_PAGES)) * sysconf(CInt(_SC_PAGESIZE)) / 32 / (4 << 20)))
    /// Plans of a tenant take its first batch some 40 ms, so that a new connection with many tenants is slow for seconds.
    static let renewal: Duration = .seconds(3_600)
    /// After how many of its batches a connection makes all plans anew: the first ones were made on what may have been empty, and
    /// then read the whole of what has come since, until PostgreSQL analyzes it.
    private static let remaking = [8, 64, 512, 4_096]
    /// With more tenants a connection does not: all of them would wait for that at once, longer than a request may.
    private static let remakable = 24

    private var tenants: Set<UUID> = []
    private var batches = 0
    /// Batches of own tenants without plans.
    private var missed = 0
    private let began: ContinuousClock.Instant
    private let limit: Int

    init(limit: Int = Self.limit, at now: ContinuousClock.Instant = .now) {
        self.limit = limit
        began = now
    }

    /// Whether there are some for the tenant, from now on at the latest.
    ///
    /// - Parameter isGuest: it is another lane's.
    mutating func include(_ tenantID: UUID, isGuest: Bool = false) -> Bool {
        if tenants.contains(tenantID) { return true }
        // Few tenants are served by all lanes.
        if isGuest, tenants.count >= limit / 4 { return false }
        guard tenants.count < limit else {
            missed += 1
            return false
        }
        tenants.insert(tenantID)
        return true
    }

    /// Counts a batch, and tells whether all plans are to be made anew after it.
    mutating func outgrow() -> Bool {
        batches += 1
        return tenants.count <= Self.remakable && Self.remaking.contains(batches)
    }

    /// Whether others should have their turn, with a new connection: those who came first may send little by now.
    func isStale(at now: ContinuousClock.Instant = .now) -> Bool {
        missed > batches / 4 && now - began > Self.renewal
    }
}
