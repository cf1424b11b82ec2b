public import Foundation
public import Postgres

/// Which events of the quarantine are meant: those that fit all that is given.
public struct QuarantineFilter: EventFilter, Sendable, Hashable {
    public var id: UUID?
    public var state: Quarantine.State?
    public var code: String?
    /// The source's name or id.
    public var source: String?
    public var type: String?
    public var name: String?
    public var key: String?
    /// Received then or later, microseconds since 1970.
    public var after: Int64?
    /// Received earlier, microseconds since 1970.
    public var before: Int64?

    /// The names of its parts and what they mean, for parameters and help.
    public static let parts: [(name: String, summary: String)] = [
        ("state", "held, rejected, reprocessed or discarded"), ("code", "The reason's code"),
        ("source", "The source's name or id"), ("type", "The call's type"), ("name", "The event's or page's name"),
        ("key", "The key that it came with"), ("received_after", "Received at this time or later, ISO 8601"),
        ("received_before", "Received before this time, ISO 8601"),
    ]

    public init() {}

    public mutating func take(_ part: String, _ text: String) -> EventFilterFault? {
        switch part {
        case "state":
            state = Quarantine.State(rawValue: text)
            return state == nil ? .invalid("state has to be held, rejected, reprocessed or discarded.") : nil
        case "id":
            id = UUID(uuidString: text)
            return id == nil ? .invalid("id has to be a uuid.") : nil
        case "received_after":
            after = WireTime.parse(text)
            return after == nil ? .invalid("received_after has to be a time in ISO 8601.") : nil
        case "received_before":
            before = WireTime.parse(text)
            return before == nil ? .invalid("received_before has to be a time in ISO 8601.") : nil
        case "code": code = text
        case "source": source = Source.reference(text)
        case "type": type = text
        case "name": name = text
        case "key": key = text
        default: return .unknown(part)
        }
        return nil
    }

    /// As the SQL function `quarantine_matches` reads it.
    var json: JSONObject {
        var object = JSONObject()
        let parts = [
            ("id", id?.uuidString.lowercased()), ("state", state?.rawValue), ("code", code), ("source", source),
            ("type", type), ("name", name), ("key", key), ("after", after.map { RecordTime.text($0) }),
            ("before", before.map { RecordTime.text($0) }),
        ]
        for (name, value) in parts { if let value { object[name] = .string(value) } }
        return object
    }

    public var bind: Bind { .jsonb(JSON.object(json).encoded()) }

    /// The same for everyone who means the same events.
    public var fingerprint: String { JSON.object(json).text }
}

/// What may be ordered for events of the quarantine.
public enum QuarantineOrder: String, Sendable, CaseIterable {
    /// They take the way of a fresh request, as at the time of their receipt.
    case reprocess
    /// They stay with their bytes, and nothing processes them again.
    case discard

    /// As operations call it.
    public var operationType: String { "quarantine_\(rawValue)" }

    /// What the order means by `filter`: held events unless it says rejected ones; what is decided stays so.
    /// - Throws: `invalid`.
    public static func scope(of filter: QuarantineFilter) throws(TandemError) -> QuarantineFilter {
        var filter = filter
        filter.state = filter.state ?? .held
        guard filter.state == .held || filter.state == .rejected else {
            throw .invalid([
                .init(pointer: "/state", code: "invalid", detail: "Only held and rejected events can be decided.")
            ])
        }
        return filter
    }
}
