/// What becomes of events of a source that do not keep to its plan.
public struct PlanPolicy: Sendable, Hashable {
    /// By how much it changes what is stored.
    public enum Action: String, Sendable, Hashable, CaseIterable, Comparable {
        /// Nothing is noted either.
        case ignore
        /// Stored as it came, and noted.
        case allow
        /// Stored without the properties that do not fit.
        case omit
        /// Kept in quarantine; its sender is told that it arrived.
        case quarantine
        /// Refused, and kept in quarantine as such.
        case block

        public static func < (left: Action, right: Action) -> Bool { left.weight < right.weight }

        private var weight: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// For what does not fit the schema of its event.
    public var violations: Action
    /// For events that the plan does not name.
    public var unplannedEvents: Action
    /// For properties that the schema of an event does not name.
    public var unplannedProperties: Action

    public init(
        violations: Action = .allow, unplannedEvents: Action = .allow, unplannedProperties: Action = .allow
    ) {
        self.violations = violations
        self.unplannedEvents = unplannedEvents
        self.unplannedProperties = unplannedProperties
    }

    /// The parts by name, with the actions that each allows.
    public static let parts: [(name: String, actions: [Action])] = [
        ("violations", [.allow, .omit, .block, .quarantine]),
        ("unplanned_events", [.ignore, .allow, .block, .quarantine]),
        ("unplanned_properties", [.ignore, .allow, .omit, .block, .quarantine]),
    ]

    /// From its parts; what is absent is `allow`.
    /// - Throws: `invalid`.
    public init(json: JSONObject) throws(TandemError) {
        var actions: [String: Action] = [:]
        var faults: [TandemError.FieldError] = []
        for (name, allowed) in Self.parts {
            guard let value = json[name], !value.isNull else { continue }
            if let action = value.string.flatMap(Action.init), allowed.contains(action) {
                actions[name] = action
            } else {
                let words = allowed.map(\.rawValue).joined(separator: ", ")
                faults.append(.init(pointer: "/\(name)", code: "invalid", detail: "\(name) is one of \(words)."))
            }
        }
        if !faults.isEmpty { throw .invalid(faults) }
        self.init(
            violations: actions["violations"] ?? .allow, unplannedEvents: actions["unplanned_events"] ?? .allow,
            unplannedProperties: actions["unplanned_properties"] ?? .allow)
    }
}
