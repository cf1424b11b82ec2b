import Foundation
import Testing

@testable import Tandem

@Suite struct KeptPlansTests {
    @Test func thoseWhoComeFirstHavePlansUntilTheConnectionIsRenewed() {
        let now = ContinuousClock.now
        let (a, b, c) = (UUID(), UUID(), UUID())
        var plans = KeptPlans(limit: 2, at: now)
        let first = [a, b, a].map { plans.include($0) }
        #expect(first == [true, true, true])
        #expect(!plans.isStale(at: now + .seconds(7_200)), "nobody had to do without")
        let then = [c, b].map { plans.include($0) }
        #expect(then == [false, true])
        #expect(!plans.isStale(at: now + .seconds(3_599)))
        #expect(plans.isStale(at: now + .seconds(3_601)))
    }

    @Test func tenantsOfAnotherLaneLeaveRoomForItsOwn() {
        let now = ContinuousClock.now
        let (guest, other) = (UUID(), UUID())
        var plans = KeptPlans(limit: 8, at: now)
        let first = [plans.include(UUID()), plans.include(guest, isGuest: true)]
        #expect(first == [true, true], "few tenants are served by all lanes")
        let refused = plans.include(other, isGuest: true)
        #expect(!refused)
        let kept = plans.include(guest, isGuest: true)
        #expect(kept, "who has some keeps them")
        let own = (0..<6).map { _ in plans.include(UUID()) }
        #expect(own.allSatisfy { $0 })
        #expect(!plans.isStale(at: now + .seconds(3_601)), "no tenant of its own had to do without")
    }

    @Test func aConnectionMakesItsPlansAnewAFewTimes() {
        var plans = KeptPlans()
        let anew = (1...100_000).filter { _ in plans.outgrow() }
        #expect(anew == [8, 64, 512, 4_096])
    }

    @Test func tenantsDoNotWaitForThePlansOfManyOthers() {
        var plans = KeptPlans(limit: 32)
        for _ in 0..<25 { _ = plans.include(UUID()) }
        #expect(!(1...100_000).contains { _ in plans.outgrow() })
    }

    @Test func aConnectionIsNotRenewedForTheFew() {
        let now = ContinuousClock.now
        var plans = KeptPlans(limit: 1, at: now)
        let own = UUID()
        for _ in 0..<100 {
            _ = plans.include(own)
            _ = plans.outgrow()
        }
        _ = plans.include(UUID())
        #expect(!plans.isStale(at: now + .seconds(7_200)))
    }
}
