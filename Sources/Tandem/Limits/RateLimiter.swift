import Foundation
import Synchronization

/// Token buckets of this process: events by tenant and by source, requests of the data plane by tenant.
///
/// Buckets belong to tenants and sources that a key has opened, so there are no more of them than rows in the control
/// plane. One lock: what is done under it takes less than handing it on.
public final class RateLimiter: Sendable {
    /// What holds where neither tenant nor source says otherwise; nil: no limit.
    public struct Defaults: Sendable {
        public var events: Rate?
        public var requests: Rate?

        public init(
            events: Rate? = Rate(perSecond: 50_000), requests: Rate? = Rate(perSecond: 2_000)
        ) {
            self.events = events
            self.requests = requests
        }
    }

    /// How a bucket stands after a request, as the `RateLimit` headers tell it.
    public struct Standing: Sendable, Hashable {
        public enum Policy: String, Sendable { case ingest, source, requests }

        public let policy: Policy
        public let rate: Rate
        public let remaining: Int
        /// Seconds until it is full.
        public let untilFull: Int
    }

    /// What became of a request.
    public struct Verdict: Sendable {
        /// Of the tenant, then of the source where it has a rate of its own.
        public var first: Standing?
        public var second: Standing?
        /// Seconds until the same request would be taken; 0: it was.
        public var wait: Double = 0
        /// Which bucket refused.
        public var refusedBy: Standing.Policy?

        public var isTaken: Bool { refusedBy == nil }
    }

    /// Requests refused, by bucket.
    public struct Refusals: Sendable, Hashable {
        public var ingest = 0
        public var source = 0
        public var requests = 0
    }

    private struct State {
        var tenants: [UUID: TokenBucket] = [:]
        var sources: [UUID: TokenBucket] = [:]
        var requests: [UUID: TokenBucket] = [:]
        var refusals = Refusals()
    }

    private let defaults: Defaults
    private let state = Mutex(State())
    private let start = ContinuousClock.now

    public init(_ defaults: Defaults = Defaults()) {
        self.defaults = defaults
    }

    public var refusals: Refusals { state.withLock { $0.refusals } }

    /// Takes `count` events from both buckets, or from none.
    ///
    /// - Parameter count: 0 only asks whether one would be taken: for a refusal before the body is read.
    public func takeEvents(_ count: Int, tenant: Tenant, source: Source?) -> Verdict {
        takeEvents(count, tenant: tenant, source: source, at: ContinuousClock.now - start)
    }

    func takeEvents(_ count: Int, tenant: Tenant, source: Source?, at now: Duration) -> Verdict {
        let tenantRate = tenant.eventRate.rate(default: defaults.events)
        let sourceRate = source?.rate.rate(default: nil)
        if tenantRate == nil && sourceRate == nil { return Verdict() }
        return state.withLock { state in
            var verdict = Verdict()
            let wanted = max(count, 1)
            if let rate = tenantRate {
                let wait = Self.fill(&state.tenants, tenant.id, rate, now, wanted)
                if wait > 0 { verdict.refuse(.ingest, wait) }
            }
            if let rate = sourceRate, let source {
                let wait = Self.fill(&state.sources, source.id, rate, now, wanted)
                if wait > verdict.wait { verdict.refuse(.source, wait) }
            }
            if verdict.isTaken {
                if tenantRate != nil { state.tenants[tenant.id]?.take(count) }
                if sourceRate != nil, let source { state.sources[source.id]?.take(count) }
            } else if verdict.refusedBy == .ingest {
                state.refusals.ingest += 1
            } else {
                state.refusals.source += 1
            }
            if let rate = tenantRate { verdict.note(.ingest, rate, state.tenants[tenant.id]) }
            if let rate = sourceRate, let source { verdict.note(.source, rate, state.sources[source.id]) }
            return verdict
        }
    }

    /// Gives back events that were turned away after they were taken.
    public func giveBackEvents(_ count: Int, tenant: Tenant, source: Source?) {
        state.withLock { state in
            if let rate = tenant.eventRate.rate(default: defaults.events) {
                state.tenants[tenant.id]?.giveBack(count, rate)
            }
            if let source, let rate = source.rate.rate(default: nil) {
                state.sources[source.id]?.giveBack(count, rate)
            }
        }
    }

    /// Takes one request of the data plane.
    public func takeRequest(of tenant: Tenant) -> Verdict { takeRequest(of: tenant, at: ContinuousClock.now - start) }

    func takeRequest(of tenant: Tenant, at now: Duration) -> Verdict {
        guard let rate = tenant.requestRate.rate(default: defaults.requests) else { return Verdict() }
        return state.withLock { state in
            var verdict = Verdict()
            let wait = Self.fill(&state.requests, tenant.id, rate, now, 1)
            if wait > 0 {
                verdict.refuse(.requests, wait)
                state.refusals.requests += 1
            } else {
                state.requests[tenant.id]?.take(1)
            }
            verdict.note(.requests, rate, state.requests[tenant.id])
            return verdict
        }
    }

    /// Brings a bucket up to date; seconds until it has `count`.
    private static func fill(
        _ buckets: inout [UUID: TokenBucket], _ id: UUID, _ rate: Rate, _ now: Duration, _ count: Int
    ) -> Double {
        buckets[id, default: TokenBucket(rate, at: now)].fill(rate, at: now)
        return buckets[id]?.wait(for: count, rate) ?? 0
    }
}

extension RateLimiter.Verdict {
    fileprivate mutating func refuse(_ policy: RateLimiter.Standing.Policy, _ seconds: Double) {
        refusedBy = policy
        wait = seconds
    }

    fileprivate mutating func note(_ policy: RateLimiter.Standing.Policy, _ rate: Rate, _ bucket: TokenBucket?) {
        guard let bucket else { return }
        let standing = RateLimiter.Standing(
            policy: policy, rate: rate, remaining: bucket.remaining, untilFull: bucket.untilFull(rate))
        if first == nil { first = standing } else { second = standing }
    }
}
