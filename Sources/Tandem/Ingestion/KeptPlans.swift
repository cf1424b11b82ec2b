import FoundationEssentials
import Glibc

/// The tenants for which a connection keeps plans of their own, see `ingest_batch`.
///
/// Without them every statement of a batch is planned anew when the connection has served another tenant in between, which
/// triples what a single event costs. With them a tenant takes memory of the session. So there is a bound, those
/// who come first have them, and a connection that some had to do without is renewed now and then.
struct KeptPlans {
    /// A connection's share of the machine's memory goes to them, a sixty-fourth at most, at some 4 MB each.
    static let limit = max(16, min(256, sysconf(CInt(_SC_PHYS_PAGES)) * sysconf(CInt(_SC_PAGESIZE)) / 64 / (4 << 20)))
    static let renewal: Duration = .seconds(600)
    /// After how many of its batches a connection makes all plans anew: the first ones were made on what may have been empty, and
    /// then read the whole of what has come since. Seldom, because each tenant pays for it.
    private static let remaking = [8, 64, 512, 4_096]

    private var tenants: Set<UUID> = []
    private var batches = 0
    private var isFull = false
    private let began: ContinuousClock.Instant
    private let limit: Int

    init(limit: Int = Self.limit, at now: ContinuousClock.Instant = .now) {
        self.limit = limit
        began = now
    }

    /// Whether there are some for the tenant, from now on at the latest.
    mutating func include(_ tenantID: UUID) -> Bool {
        if tenants.contains(tenantID) { return true }
        guard tenants.count < limit else {
            isFull = true
            return false
        }
        tenants.insert(tenantID)
        return true
    }

    /// Counts a batch, and tells whether all plans are to be made anew after it.
    mutating func outgrow() -> Bool {
        batches += 1
        return Self.remaking.contains(batches)
    }

    /// Whether others should have their turn, with a new connection.
    func isStale(at now: ContinuousClock.Instant = .now) -> Bool { isFull && now - began > Self.renewal }
}
