/// A bucket that fills by `rate.perSecond` up to `rate.burst`. No clock of its own.
public struct TokenBucket: Sendable {
    private var tokens: Double
    private var at: Duration

    /// A full one.
    public init(_ rate: Rate, at now: Duration) {
        tokens = Double(rate.burst)
        at = now
    }

    /// Lets in what has flowed since the last call.
    public mutating func fill(_ rate: Rate, at now: Duration) {
        let passed = max(.zero, now - at)
        tokens = min(Double(rate.burst), tokens + passed.inSeconds * Double(rate.perSecond))
        at = max(at, now)
    }

    /// Seconds until `count` can be taken; 0 at once.
    ///
    /// More than the burst is taken from a full bucket, which then owes the rest: no request is too large for ever.
    public func wait(for count: Int, _ rate: Rate) -> Double {
        max(0, (Double(min(count, rate.burst)) - tokens) / Double(rate.perSecond))
    }

    public mutating func take(_ count: Int) { tokens -= Double(count) }

    public mutating func giveBack(_ count: Int, _ rate: Rate) {
        tokens = min(Double(rate.burst), tokens + Double(count))
    }

    /// What is left, never below 0.
    public var remaining: Int { max(0, Int(tokens)) }

    /// Whole seconds until the bucket is full again.
    func untilFull(_ rate: Rate) -> Int { Int(((Double(rate.burst) - tokens) / Double(rate.perSecond)).rounded(.up)) }
}

extension Duration {
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
