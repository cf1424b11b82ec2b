/// How much of something (events, requests) may come: `perSecond` for ever, `burst` at once.
public struct Rate: Sendable, Hashable {
    public let perSecond: Int
    public let burst: Int

    /// The numbers that a rate may have; 0 is no rate.
    public static let range = 1...10_000_000

    /// - Parameter burst: twice the rate of a second unless given.
    public init(perSecond: Int, burst: Int? = nil) {
        self.perSecond = max(1, perSecond)
        self.burst = max(1, burst ?? 2 * perSecond)
    }

    /// Seconds in which an empty bucket fills: the window of `RateLimit-Policy`.
    public var window: Int { max(1, (burst + perSecond - 1) / perSecond) }
}

/// What a tenant or a source was told; what is nil has the server's default.
public struct RateSettings: Sendable, Hashable {
    public var perSecond: Int?
    public var burst: Int?

    public init(perSecond: Int? = nil, burst: Int? = nil) {
        self.perSecond = perSecond
        self.burst = burst
    }

    /// The rate that holds; nil: none.
    public func rate(default standard: Rate?) -> Rate? {
        guard let perSecond else {
            return standard.map { Rate(perSecond: $0.perSecond, burst: burst ?? $0.burst) }
        }
        return Rate(perSecond: perSecond, burst: burst)
    }
}
