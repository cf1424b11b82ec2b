public import Foundation
public import Postgres

/// Which stored events are meant: those that fit all that is given.
public struct ReplayFilter: EventFilter, Sendable, Hashable {
    /// The source's name or id.
    public var source: String?
    public var type: MessageType?
    /// The event's or page's name.
    public var name: String?
    /// Happened then or later, microseconds since 1970.
    public var since: Int64?
    /// Happened earlier, microseconds since 1970.
    public var until: Int64?
    /// Events a second, at most.
    public var rate: Int?

    /// The names of its parts and what they mean.
    public static let parts: [(name: String, summary: String)] = [
        ("since", "Happened at this time or later, ISO 8601"), ("until", "Happened before this time, ISO 8601"),
        ("source", "The source's name or id"), ("type", "The call's type"), ("event", "The event's or page's name"),
        ("rate", "Events a second, at most"),
    ]

    /// As operations call it.
    public static let operationType = "event_replay"

    public init() {}

    public mutating func take(_ part: String, _ text: String) -> EventFilterFault? {
        switch part {
        case "since":
            since = WireTime.parse(text)
            return since == nil ? .invalid("since has to be a time in ISO 8601.") : nil
        case "until":
            until = WireTime.parse(text)
            return until == nil ? .invalid("until has to be a time in ISO 8601.") : nil
        case "type":
            type = MessageType(rawValue: text)
            return type == nil ? .invalid("type has to be track, page, screen, identify, group or alias.") : nil
        case "rate":
            rate = Int(text).flatMap { (1...1_000_000).contains($0) ? $0 : nil }
            return rate == nil ? .invalid("rate has to be a whole number from 1 to 1000000.") : nil
        case "source": source = PublicID(.source, text: text)?.uuid.uuidString.lowercased() ?? text
        case "event": name = text
        default: return .unknown(part)
        }
        return nil
    }

    /// As the SQL functions `replay_…` read it.
    public var bind: Bind {
        var object = JSONObject()
        let parts = [
            ("after", since.map { RecordTime.text($0) }), ("before", until.map { RecordTime.text($0) }),
            ("source", source), ("type", type?.rawValue), ("name", name),
        ]
        for (name, value) in parts { if let value { object[name] = .string(value) } }
        if let rate { object["rate"] = .number(rate) }
        return .jsonb(JSON.object(object).encoded())
    }
}

extension Connection {
    /// How many stored events are meant, by type and name. Inside a transaction of the tenant.
    public func replaySummary(_ filter: ReplayFilter) throws(TandemError) -> JSON {
        let rows = try run(.call("replay_summary", filter.bind))
        return try rows.first.flatMap { (row) throws(TandemError) in try row.json(0) } ?? .null
    }

    /// Orders a replay; answers the operation. Inside a transaction of the tenant.
    public func replayOrder(_ filter: ReplayFilter, id: UUID, actor: String) throws(TandemError) -> JSON {
        let rows = try run(.call("replay_order", .uuid(id), filter.bind, .text(actor)))
        return OperationPresenter.shown(
            try rows.first.flatMap { (row) throws(TandemError) in try row.json(0) } ?? .null)
    }
}
