import Foundation
import Testing

@testable import Tandem

@Suite struct RateLimiterTests {
    private func tenant(_ rate: Int?, burst: Int? = nil, requests: Int? = nil) throws -> Tenant {
        Tenant(
            id: UUID(), slug: "t", displayName: "t", schema: .random(), modules: [.cdp], timezone: "UTC",
            currency: "EUR", state: .active, epoch: 1, version: 1, isSimulated: false, createdAt: Date(),
            suspendedAt: nil, deleteAfter: nil, eventRate: RateSettings(perSecond: rate, burst: burst),
            requestRate: RateSettings(perSecond: requests))
    }

    private func source(_ rate: Int, burst: Int) -> Source {
        Source(
            id: UUID(), tenant: UUID(), number: 1, name: "s", kind: .server, trust: .default(for: .server),
            isEnabled: true, disabledAt: nil, createdAt: Date(), rate: RateSettings(perSecond: rate, burst: burst))
    }

    @Test func aBurstIsTakenAndThenTheRate() throws {
        let limiter = RateLimiter()
        let tenant = try tenant(10, burst: 20)
        #expect(limiter.takeEvents(20, tenant: tenant, source: nil, at: .zero).isTaken)
        let refused = limiter.takeEvents(1, tenant: tenant, source: nil, at: .zero)
        #expect(refused.refusedBy == .ingest)
        #expect(abs(refused.wait - 0.1) < 1e-9)
        #expect(refused.first?.remaining == 0)
        #expect(refused.first?.untilFull == 2)
        #expect(limiter.takeEvents(5, tenant: tenant, source: nil, at: .milliseconds(500)).isTaken)
        #expect(!limiter.takeEvents(1, tenant: tenant, source: nil, at: .milliseconds(500)).isTaken)
        #expect(limiter.refusals == .init(ingest: 2, source: 0, requests: 0))
    }

    @Test func aBatchOverTheBurstIsTakenFromAFullBucketAndPaidOff() throws {
        let limiter = RateLimiter()
        let tenant = try tenant(10, burst: 20)
        #expect(limiter.takeEvents(100, tenant: tenant, source: nil, at: .zero).isTaken)
        let next = limiter.takeEvents(100, tenant: tenant, source: nil, at: .seconds(1))
        #expect(abs(next.wait - 9) < 1e-6, "90 missing for a full bucket, 10 a second")
        #expect(limiter.takeEvents(100, tenant: tenant, source: nil, at: .seconds(10)).isTaken)
    }

    @Test func askingTakesNothing() throws {
        let limiter = RateLimiter()
        let tenant = try tenant(1, burst: 1)
        for _ in 0..<5 { #expect(limiter.takeEvents(0, tenant: tenant, source: nil, at: .zero).isTaken) }
        #expect(limiter.takeEvents(1, tenant: tenant, source: nil, at: .zero).isTaken)
        #expect(!limiter.takeEvents(0, tenant: tenant, source: nil, at: .zero).isTaken)
    }

    @Test func whatOneBucketRefusesTheOtherKeeps() throws {
        let limiter = RateLimiter()
        let tenant = try tenant(100, burst: 100)
        let slow = source(1, burst: 5)
        #expect(limiter.takeEvents(5, tenant: tenant, source: slow, at: .zero).isTaken)
        let refused = limiter.takeEvents(5, tenant: tenant, source: slow, at: .zero)
        #expect(refused.refusedBy == .source)
        #expect(refused.first?.remaining == 95)
        #expect(refused.second?.policy == .source)
        #expect(limiter.takeEvents(95, tenant: tenant, source: nil, at: .zero).isTaken, "another source of the tenant")
    }

    @Test func whatWasTurnedAwayIsGivenBack() throws {
        let limiter = RateLimiter()
        let tenant = try tenant(1, burst: 10)
        #expect(limiter.takeEvents(10, tenant: tenant, source: nil).isTaken)
        limiter.giveBackEvents(10, tenant: tenant, source: nil)
        #expect(limiter.takeEvents(10, tenant: tenant, source: nil).isTaken)
    }

    @Test func tenantsDoNotShareABucket() throws {
        let limiter = RateLimiter()
        let first = try tenant(1, burst: 1)
        let second = try tenant(1, burst: 1)
        #expect(limiter.takeEvents(1, tenant: first, source: nil, at: .zero).isTaken)
        #expect(limiter.takeEvents(1, tenant: second, source: nil, at: .zero).isTaken)
    }

    @Test func withoutARateNothingIsCounted() throws {
        let limiter = RateLimiter(.init(events: nil, requests: nil))
        let verdict = limiter.takeEvents(1_000_000, tenant: try tenant(nil), source: nil, at: .zero)
        #expect(verdict.isTaken && verdict.first == nil)
        #expect(limiter.takeRequest(of: try tenant(nil), at: .zero).first == nil)
    }

    @Test func requestsHaveABucketOfTheirOwn() throws {
        let limiter = RateLimiter()
        let tenant = try tenant(1, burst: 1, requests: 2)
        for _ in 0..<4 { #expect(limiter.takeRequest(of: tenant, at: .zero).isTaken) }
        let refused = limiter.takeRequest(of: tenant, at: .zero)
        #expect(refused.refusedBy == .requests)
        #expect(abs(refused.wait - 0.5) < 1e-9)
        #expect(limiter.takeEvents(1, tenant: tenant, source: nil, at: .zero).isTaken)
    }

    @Test func aLowerRateHoldsAtOnce() throws {
        let limiter = RateLimiter()
        let tenant = try tenant(100, burst: 1_000)
        #expect(limiter.takeEvents(1, tenant: tenant, source: nil, at: .zero).isTaken)
        var lowered = tenant
        lowered.eventRate = RateSettings(perSecond: 10, burst: 10)
        #expect(limiter.takeEvents(10, tenant: lowered, source: nil, at: .zero).isTaken)
        #expect(!limiter.takeEvents(1, tenant: lowered, source: nil, at: .zero).isTaken)
    }
}
