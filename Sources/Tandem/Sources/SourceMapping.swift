/// What a source's messages are renamed, cast and dropped by when they are read: a list of rules, each applied to what the
/// ones before it left.
public struct SourceMapping: Sendable, Hashable {
    let rules: [MappingRule]

    static let rulesLimit = 200

    /// - Parameter json: a list of rules.
    /// - Throws: `invalid`, with all faults.
    public init(rules json: JSON) throws(TandemError) {
        guard let list = json.array else { throw .invalid("/rules", "not_array", "rules is a list.") }
        guard list.count <= Self.rulesLimit else {
            throw .invalid("/rules", "too_many", "A mapping has at most \(Self.rulesLimit) rules.")
        }
        var rules: [MappingRule] = []
        var faults: [TandemError.FieldError] = []
        for (index, item) in list.enumerated() {
            do throws(TandemError) {
                rules.append(try MappingRule(item, at: "/rules/\(index)"))
            } catch {
                guard case .invalid(let found) = error else { throw error }
                faults += found
            }
        }
        if !faults.isEmpty { throw .invalid(faults) }
        self.rules = rules
    }

    public var json: JSON { .array(rules.map(\.json)) }

    /// What becomes of a message.
    enum Outcome: Hashable {
        case unchanged
        case changed(JSON)
        /// It is not stored.
        case quarantined(QuarantineReason)
    }

    func apply(to message: JSON, type: MessageType) -> Outcome {
        let nameKey = Self.nameKey(of: type)
        var result = message
        do throws(MappingFault) {
            for rule in rules where rule.type == nil || rule.type == type {
                if let wanted = rule.name {
                    guard let nameKey, result[nameKey]?.string == wanted else { continue }
                }
                try rule.apply(to: &result, nameKey: nameKey)
            }
        } catch {
            return .quarantined(error.reason)
        }
        return result == message ? .unchanged : .changed(result)
    }

    /// Whether any rule may change the message, told without copying it.
    func concerns(_ message: JSONNode, _ type: MessageType) -> Bool {
        let name = Self.nameKey(of: type) == "event" ? message["event"]?.string : message["name"]?.string
        return rules.contains { rule in
            (rule.type == nil || rule.type == type) && (rule.name == nil || rule.name == name)
        }
    }

    /// Where a message has the name that rules mean.
    private static func nameKey(of type: MessageType) -> String? {
        switch type {
        case .track: "event"
        case .page, .screen: "name"
        case .identify, .group, .alias: nil
        }
    }
}
