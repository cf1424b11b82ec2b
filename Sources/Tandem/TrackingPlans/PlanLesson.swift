import Postgres

/// Which stored events a plan is to be learned from.
public struct PlanLesson: Sendable {
    /// A source's name or id; nil: all.
    public var source: String?
    /// Their time, microseconds since 1970.
    public var since: Int64
    /// At most so many are looked at.
    public var limit: Int

    public static let eventsLimit = 200_000
    static let standardDays: Int64 = 7

    /// - Parameters:
    ///   - body: `{"since"?, "source"?, "limit"?}`; since: a time in ISO 8601 or a number of days such as `7d`.
    ///   - now: microseconds since 1970.
    /// - Throws: `invalid`.
    public init(json body: JSONObject, now: Int64) throws(TandemError) {
        for key in body.names where !["since", "source", "limit"].contains(key) {
            throw .invalid("/\(key)", "unknown_key", "A plan is learned from since, source and limit.")
        }
        since = now - Self.standardDays * WireTime.day
        if let value = body["since"], !value.isNull {
            guard let text = value.string, let time = Self.time(text, now) else {
                throw .invalid("/since", "invalid", "since is a time in ISO 8601, or hours or days such as 12h or 7d.")
            }
            since = time
        }
        limit = Self.eventsLimit
        if let value = body["limit"], !value.isNull {
            guard let count = value.int, (1...Self.eventsLimit).contains(count) else {
                throw .invalid("/limit", "invalid", "limit is a whole number from 1 to \(Self.eventsLimit).")
            }
            limit = count
        }
        source = body["source"]?.string.map(Source.reference)
    }

    private static func time(_ text: String, _ now: Int64) -> Int64? {
        if let time = WireTime.parse(text) { return time }
        guard let unit = text.last, let count = Int64(text.dropLast()), (1...10_000).contains(count) else { return nil }
        switch unit {
        case "h": return now - count * 3_600 * WireTime.second
        case "d": return now - count * WireTime.day
        default: return nil
        }
    }

    var statement: Statement {
        .call("plan_observe", source.bind, .timestamptz(since), .int4(Int32(clamping: limit)))
    }
}
