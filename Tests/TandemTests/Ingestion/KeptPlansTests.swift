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
        #expect(!plans.isStale(at: now + .seconds(3_600)), "nobody had to do without")
        let then = [c, b].map { plans.include($0) }
        #expect(then == [false, true])
        #expect(!plans.isStale(at: now + .seconds(599)))
        #expect(plans.isStale(at: now + .seconds(601)))
    }

    @Test func aConnectionMakesItsPlansAnewAFewTimes() {
        var plans = KeptPlans()
        let anew = (1...100_000).filter { _ in plans.outgrow() }
        #expect(anew == [8, 64, 512, 4_096])
    }
}
