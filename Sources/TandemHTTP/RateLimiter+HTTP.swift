public import HTTPTypes
public import Tandem

extension RateLimiter.Verdict {
    /// `RateLimit-Policy: "ingest";q=100000;w=2` and `RateLimit: "ingest";r=99990;t=1`: at most q in w seconds; r are left,
    /// and after t seconds the bucket is full. Several policies stand in one field.
    public func mark(_ headers: inout HTTPFields) {
        guard let first else { return }
        headers[.rateLimitPolicy] = first.policyItem + (second.map { ", " + $0.policyItem } ?? "")
        headers[.rateLimit] = first.item + (second.map { ", " + $0.item } ?? "")
    }

    /// 429 `rate_limited` where the request was not taken, with the headers.
    public var problem: Problem? {
        guard let refusedBy else { return nil }
        let message =
            switch refusedBy {
            case .ingest: "More events came than the tenant's rate allows; send the same request again later."
            case .source: "More events came than the source's rate allows; send the same request again later."
            case .requests: "More requests came than the tenant's rate allows; send this one again later."
            }
        // Spread by up to a fifth, so that those who wait for one bucket do not come back together.
        let seconds = max(1, Int((wait * Double.random(in: 1..<1.2)).rounded(.up)))
        var problem = Problem(.tooManyRequests, "rate_limited", message).retry(after: seconds + Int.random(in: 0...1))
        mark(&problem.headers)
        return problem
    }
}

extension RateLimiter.Standing {
    fileprivate var policyItem: String { "\"\(policy.rawValue)\";q=\(rate.burst);w=\(rate.window)" }
    fileprivate var item: String { "\"\(policy.rawValue)\";r=\(remaining);t=\(untilFull)" }
}
