/// That an event does not keep to a plan, and what becomes of it.
final class PlanFinding: Sendable {
    let plan: PlanInForce
    let violations: [JSONSchema.Violation]
    let action: PlanPolicy.Action
    /// Keys of properties or traits that are not stored.
    let omitted: Set<String>
    private let code: String

    /// The keyword of an event that the plan does not name.
    static let unplanned = "unplanned"
    private static let unplannedProperty = "additionalProperties"

    init(of plan: PlanInForce, unplannedEvent violation: JSONSchema.Violation) {
        self.plan = plan
        violations = [violation]
        action = plan.policy.unplannedEvents
        omitted = []
        code = "unplanned"
    }

    /// - Parameter place: where in the message the data stands that the schema is of.
    init(of plan: PlanInForce, _ violations: [JSONSchema.Violation], place: String) {
        self.plan = plan
        self.violations = violations
        var action = PlanPolicy.Action.allow
        var omitted: Set<String> = []
        var (isUnplanned, isWrong) = (false, false)
        for violation in violations {
            let path = violation.pointer.dropFirst(place.count).split(separator: "/", omittingEmptySubsequences: false)
            let isProperty = violation.keyword == Self.unplannedProperty && path.count == 2
            if isProperty { isUnplanned = true } else { isWrong = true }
            let answer = isProperty ? plan.policy.unplannedProperties : plan.policy.violations
            action = max(action, answer)
            if answer == .omit, path.count > 1 { omitted.insert(JSONPointer.unescaped(path[1])) }
        }
        self.action = action
        self.omitted = action == .omit ? omitted : []
        code = isUnplanned ? (isWrong ? "unplanned_and_schema_violation" : "unplanned") : "schema_violation"
    }

    /// Why the event is not stored; nil: it is.
    var refusal: (reason: QuarantineReason, answer: RefusedMessage.Answer)? {
        guard action == .block || action == .quarantine, let first = violations.first else { return nil }
        let more = violations.count > 1 ? " (and \(violations.count - 1) more)" : ""
        let reason = QuarantineReason(
            code: code,
            message: "Tracking plan \(plan.name), version \(plan.version): \(first.pointer): \(first.message)\(more)")
        return (reason, action == .block ? .rejected : .quarantined)
    }

    /// `[{"pointer", "keyword", "message"}]`.
    var json: JSON { .array(violations.map(\.json)) }
}

extension JSONSchema.Violation {
    var json: JSON {
        ["pointer": .string(pointer), "keyword": .string(keyword), "message": .string(message)]
    }
}

/// The same violations of the same plan.
extension PlanFinding: Hashable {
    static func == (left: PlanFinding, right: PlanFinding) -> Bool {
        left.plan === right.plan && left.violations == right.violations && left.action == right.action
    }

    func hash(into hasher: inout Hasher) { hasher.combine(violations) }
}
