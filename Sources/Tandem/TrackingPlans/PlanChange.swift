import Foundation
public import Postgres

/// A version that is to be added to a plan.
public struct PlanChange: Sendable {
    public let plan: TrackingPlan
    public let description: String?
    /// The version that it replaces, 0: none; nil: whatever it is.
    public var expectedVersion: Int?

    private static let keys = ["events", "description", "version"]
    /// What `GET` answers beside them.
    private static let answered = ["id", "name", "author", "created_at", "sources", "event_count"]

    /// - Parameter body: `{"events", "description"?, "version"?}`, or what `GET` answers.
    /// - Throws: `invalid`, with all faults.
    public init(json body: JSONObject) throws(TandemError) {
        for key in body.names where !Self.keys.contains(key) && !Self.answered.contains(key) {
            throw .invalid("/\(key)", "unknown_key", "A plan has events, description and version.")
        }
        guard let events = body["events"] else { throw .invalid("/events", "required", "A plan has events.") }
        plan = try TrackingPlan(events: events)
        switch body["description"] {
        case nil, .null?: description = nil
        case .string(let text)? where text.utf8.count <= 2_000 && !text.utf8.contains(0): description = text
        default: throw .invalid("/description", "invalid", "description is a text of at most 2,000 bytes.")
        }
        expectedVersion = try body.expectedVersion()
    }

    /// - Parameter name: the plan's name, or the id of one that is there.
    /// - Throws: `invalid` for what can be no name.
    public func statement(of name: String, actor: String) throws(TandemError) -> Statement {
        guard PublicID(.trackingPlan, text: name) != nil || TrackingPlan.canBeName(name) else {
            throw .invalid(
                "/name", "invalid",
                "A plan's name has 1 to 63 of a to z, 0 to 9, _ . and -, and begins with a letter or digit.")
        }
        return .call(
            "plan_put", .text(TrackingPlan.reference(name)),
            expectedVersion.map { .int4(Int32(clamping: $0)) } ?? .null(.int4), description.bind,
            .jsonb(plan.json.encoded()), .text(actor))
    }
}

/// A source that is to keep to a plan.
public struct PlanConnection: Sendable {
    public let policy: PlanPolicy
    /// Nil: the newest of each time.
    public let version: Int?

    /// - Parameter body: `{"version"?, "violations"?, "unplanned_events"?, "unplanned_properties"?}`.
    /// - Throws: `invalid`.
    public init(json body: JSONObject) throws(TandemError) {
        let keys = PlanPolicy.parts.map(\.name) + ["version"]
        for key in body.names where !keys.contains(key) {
            throw .invalid("/\(key)", "unknown_key", "A connection has \(keys.joined(separator: ", ")).")
        }
        policy = try PlanPolicy(json: body)
        guard let value = body["version"], !value.isNull else {
            version = nil
            return
        }
        guard let number = value.int, number > 0 else {
            throw .invalid("/version", "invalid", "version is the number of a version; null follows the newest.")
        }
        version = number
    }

    /// - Parameters: name or id of the plan and of the source.
    public func statement(of plan: String, source: String, actor: String) -> Statement {
        .call(
            "plan_connect", .text(TrackingPlan.reference(plan)), .text(source),
            version.map { .int4(Int32(clamping: $0)) } ?? .null(.int4), .text(policy.violations.rawValue),
            .text(policy.unplannedEvents.rawValue), .text(policy.unplannedProperties.rawValue), .text(actor))
    }
}

extension TrackingPlan {
    /// A plan's name, or its id as SQL knows it, from `plan_…`, a uuid or a name.
    public static func reference(_ text: String) -> String {
        PublicID(.trackingPlan, text: text)?.uuid.uuidString.lowercased() ?? text
    }

    static func canBeName(_ text: String) -> Bool { nameShape.matches(text) }

    private static let nameShape = RegularExpression(fixed: "^[a-z0-9][a-z0-9_.-]{0,62}$")

    /// A plan, or something that names one, as API and command line show it.
    public static func shown(_ json: JSON) -> JSON {
        guard var object = json.object else { return json }
        if let id = object["id"]?.string.flatMap({ UUID(uuidString: $0) }) {
            object["id"] = .string(PublicID(.trackingPlan, id).description)
        }
        return .object(object)
    }

    /// An event with its violations, as API and command line show it.
    public static func shown(violation json: JSON) -> JSON {
        guard var object = json.object else { return json }
        if let id = object["id"]?.string.flatMap({ UUID(uuidString: $0) }) {
            object["id"] = .string(PublicID(.event, id).description)
        }
        return .object(object)
    }
}
