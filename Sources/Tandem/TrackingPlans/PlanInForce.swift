public import Foundation

/// A version of a plan compiled for checking, with what becomes of events that do not keep to it. Made once for each source and
/// version; immutable.
public final class PlanInForce: Sendable {
    public let id: UUID
    public let name: String
    public let version: Int
    public let policy: PlanPolicy
    private let schemas: [TrackingPlan.Kind: JSONSchema]
    /// The lowest version of events that have some.
    private let oldest: [TrackingPlan.Kind: Int]
    /// `{}`, for messages without properties or traits.
    private let nothing: JSONDocument

    /// - Throws: `invalid`, where a schema is none.
    public init(id: UUID, name: String, version: Int, plan: TrackingPlan, policy: PlanPolicy) throws(TandemError) {
        self.id = id
        self.name = name
        self.version = version
        self.policy = policy
        var schemas: [TrackingPlan.Kind: JSONSchema] = [:]
        var oldest: [TrackingPlan.Kind: Int] = [:]
        for (event, schema) in zip(plan.events, plan.schemas) {
            schemas[event.kind] = schema.settingOtherProperties(allowed: policy.unplannedProperties == .ignore)
            if let version = event.version {
                let kind = TrackingPlan.Kind(type: event.type, name: event.name)
                oldest[kind] = min(version, oldest[kind] ?? version)
            }
        }
        self.schemas = schemas
        self.oldest = oldest
        do throws(JSONError) {
            nothing = try JSONDocument(Array("{}".utf8))
        } catch {
            throw .failure("an empty object is no JSON: \(error)", sqlState: nil)
        }
    }

    /// Where a message does not keep to the plan; nil: it does, or nobody wants to know.
    ///
    /// - Parameter name: of the event, page or screen.
    func finding(_ content: MessageContent, name: String?) -> PlanFinding? {
        let (type, data) = (content.type, content.plannedData)
        guard type != .alias else { return nil }
        let kind = TrackingPlan.Kind(
            type: type, name: type == .identify || type == .group ? nil : name,
            version: oldest.isEmpty ? nil : content.eventVersion)
        guard let schema = schema(kind) ?? (type == .page || type == .screen ? schema(kind.ofAnyName) : nil) else {
            return unplanned(kind)
        }
        let place = type == .identify || type == .group ? "/traits" : "/properties"
        let violations =
            data.map { schema.violations(of: $0, at: place) }
            ?? nothing.withRoot { schema.violations(of: $0, at: place) }
        if violations.isEmpty { return nil }
        return PlanFinding(of: self, violations, place: place)
    }

    /// A message that names no version may come from before there were any.
    private func schema(_ kind: TrackingPlan.Kind) -> JSONSchema? {
        if let exact = schemas[kind] { return exact }
        var other = kind
        other.version = nil
        if let version = oldest[other], kind.version == nil { other.version = version }
        return schemas[other]
    }

    private func unplanned(_ kind: TrackingPlan.Kind) -> PlanFinding? {
        guard policy.unplannedEvents != .ignore else { return nil }
        let words = [kind.type.rawValue, "event", kind.name, kind.version.map { "of version \($0)" }]
        let pointer =
            switch kind.type {
            case .track: "/event"
            case .page, .screen: "/name"
            case .identify, .group, .alias: "/type"
            }
        let violation = JSONSchema.Violation(
            pointer: pointer, keyword: PlanFinding.unplanned,
            message: "The plan names no \(words.compactMap { $0 }.joined(separator: " ")).")
        return PlanFinding(of: self, unplannedEvent: violation)
    }
}

extension JSONSchema {
    /// The schema with an answer for members of the whole that it does not name, where it has none itself. A schema that names
    /// none leaves all open.
    fileprivate func settingOtherProperties(allowed: Bool) -> JSONSchema {
        var subschemas = subschemas
        // A copy, since parts may refer to the whole.
        var rules = subschemas[root]
        for index in rules.indices {
            guard case .properties(var properties) = rules[index] else { continue }
            if !allowed {
                guard properties.others == nil else { continue }
                properties.others = subschemas.count
                subschemas.append([.nothing])
            } else if let others = properties.others, case .nothing? = subschemas[others].first {
                properties.others = nil
            }
            rules[index] = .properties(properties)
        }
        subschemas.append(rules)
        return JSONSchema(subschemas: subschemas, root: subschemas.count - 1)
    }
}

extension PlanInForce {
    /// - Parameter json: as `plans_in_force` and `plan_get` answer it.
    /// - Throws: `invalid`, `failure`.
    convenience init(stored json: JSON, policy: PlanPolicy? = nil) throws(TandemError) {
        guard let object = json.object,
            let id = object["id"]?.string.flatMap({ PublicID(.trackingPlan, text: $0)?.uuid }),
            let name = object["name"]?.string, let version = object["version"]?.int
        else { throw .failure("a stored tracking plan is not understood", sqlState: nil) }
        let stored = try PlanPolicy(json: object)
        try self.init(
            id: id, name: name, version: version, plan: TrackingPlan(events: object["events"] ?? .null),
            policy: policy ?? stored)
    }
}
