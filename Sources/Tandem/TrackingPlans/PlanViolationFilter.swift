public import Postgres

/// Which violations are meant: those that fit all that is given.
public struct PlanViolationFilter: EventFilter, Sendable, Hashable {
    private var json = JSONObject()

    /// The names of its parts and what they mean, for parameters and help.
    public static let parts: [(name: String, summary: String)] = [
        ("plan", "The plan's name or id"), ("source", "The source's name or id"), ("type", "The call's type"),
        ("name", "The event's or page's name"), ("keyword", "The keyword of JSON Schema, or unplanned"),
        ("pointer", "Where in the message, such as /properties/total"),
        ("action", "What became of the event: allow, omit, block or quarantine"),
        ("received_after", "Received at this time or later, ISO 8601"),
        ("received_before", "Received before this time, ISO 8601"),
    ]

    public init() {}

    public mutating func take(_ part: String, _ text: String) -> EventFilterFault? {
        switch part {
        case "received_after", "received_before":
            guard let time = WireTime.parse(text) else { return .invalid("\(part) has to be a time in ISO 8601.") }
            json[part == "received_after" ? "after" : "before"] = .string(RecordTime.text(time))
        case "action":
            guard let action = PlanPolicy.Action(rawValue: text), action != .ignore else {
                return .invalid("action has to be allow, omit, block or quarantine.")
            }
            json[part] = .string(text)
        case "source": json[part] = .string(Source.reference(text))
        case "plan": json[part] = .string(TrackingPlan.reference(text))
        case "type", "name", "keyword", "pointer": json[part] = .string(text)
        default: return .unknown(part)
        }
        return nil
    }

    public var bind: Bind { .jsonb(JSON.object(json).encoded()) }

    /// The same for everyone who means the same violations.
    public var fingerprint: String { JSON.object(json).text }
}

extension PlanViolationFilter {
    /// Rows of counts that are answered.
    public static let countsLimit: Int32 = 1_000
}
