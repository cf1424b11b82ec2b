import Foundation
public import Postgres

/// Which counts of a tenant's sources are asked for.
public struct SourceStats: Sendable {
    /// What the counts are split by, beside the source.
    public enum Split: String, Sendable, CaseIterable {
        case total, hour, day, key
    }

    /// A source's name or id; nil: all.
    public var source: String?
    public var split = Split.total
    /// Microseconds since 1970; the whole hour counts.
    public var from: Int64
    /// Microseconds since 1970, exclusive.
    public var to: Int64
    private let now: Int64

    /// - Parameters:
    ///   - from, to: ISO 8601; the last 24 hours unless given.
    ///   - now: microseconds since 1970.
    /// - Throws: `invalid`.
    public init(
        source: String? = nil, by: String? = nil, from: String? = nil, to: String? = nil, now: Int64
    ) throws(TandemError) {
        var faults: [TandemError.FieldError] = []
        if let by {
            if let split = Split(rawValue: by) {
                self.split = split
            } else {
                faults.append(.init(pointer: "/by", code: "invalid", detail: "by has to be total, hour, day or key."))
            }
        }
        func time(_ name: String, _ text: String?, _ fallback: Int64) -> Int64 {
            guard let text else { return fallback }
            if let time = WireTime.parse(text) { return time }
            faults.append(.init(pointer: "/\(name)", code: "invalid", detail: "\(name) has to be a time in ISO 8601."))
            return fallback
        }
        self.now = now
        // The hour that runs is counted too.
        self.to = time("to", to, now + 1)
        self.from = 0
        self.from = time("from", from, self.to - 86_400_000_000)
        if faults.isEmpty, self.to <= self.from {
            faults.append(.init(pointer: "/to", code: "invalid", detail: "to has to be later than from."))
        }
        if faults.isEmpty, split == .hour, self.to - self.from > 32 * 86_400_000_000 {
            faults.append(
                .init(pointer: "/from", code: "too_long", detail: "By the hour, 32 days can be asked for at once."))
        }
        self.source = source.map(Source.reference)
        if !faults.isEmpty { throw .invalid(faults) }
    }

    /// Answers one jsonb value, null where there is no such source.
    public func statement(of tenant: Tenant) -> Statement {
        .call(
            "source_stats", source.bind, .timestamptz(from), .timestamptz(to), .text(split.rawValue),
            .text(tenant.timezone), .timestamptz(now))
    }
}

extension Connection {
    /// The counts as `GET /v1/sources:stats` answers them; nil: there is no such source. Inside a transaction of the tenant.
    public func sourceStats(_ stats: SourceStats, of tenant: Tenant) throws(TandemError) -> JSON? {
        let rows = try run(stats.statement(of: tenant))
        return try rows.first.flatMap { (row) throws(TandemError) in try row.json(0) }
    }
}
