public import Foundation

/// A version of a plan compiled for checking, with what becomes of events that do not keep to it. Made once for each source and
/// version; immutable.
public final class PlanInForce: Sendable {
    public let id: UUID
    public let name: String
    public let version: Int
    public let policy: PlanPolicy
    private let schemas: [TrackingPlan.Kind: JSONSchema]
    /// `{}`, for messages without properties or traits.
    private let nothing: JSONDocument

    /// - Throws: `invalid`, where a schema is none.
    public init(id: UUID, name: String, version: Int, plan: TrackingPlan, policy: PlanPolicy) throws(TandemError) {
        self.id = id
        self.name = name
        self.version = version
        self.policy = policy
        var schemas: [TrackingPlan.Kind: JSONSchema] = [:]
        for event in plan.events {
            schemas[.init(type: event.type, name: event.name)] =
                try JSONSchema(event.schema).settingOtherProperties(allowed: policy.unplannedProperties == .ignore)
        }
        self.schemas = schemas
        do throws(JSONError) {
            nothing = try JSONDocument(Array("{}".utf8))
        } catch {
            throw .failure("an empty object is no JSON: \(error)", sqlState: nil)
        }
    }

    /// Where a message does not keep to the plan; nil: it does, or nobody wants to know.
    ///
    /// - Parameters:
    ///   - name: of the event, page or screen.
    ///   - data: properties or traits, an object.
    func finding(_ type: MessageType, name: String?, data: JSONNode?) -> PlanFinding? {
        guard type != .alias else { return nil }
        let named = type == .identify || type == .group ? nil : name
        guard
            let schema = schemas[.init(type: type, name: named)]
                ?? (type == .page || type == .screen ? schemas[.init(type: type, name: nil)] : nil)
        else { return unplanned(type, named) }
        let place = type == .identify || type == .group ? "/traits" : "/properties"
        let violations =
            data.map { schema.violations(of: $0, at: place) }
            ?? nothing.withRoot { schema.violations(of: $0, at: place) }
        if violations.isEmpty { return nil }
        return PlanFinding(of: self, violations, place: place)
    }

    private func unplanned(_ type: MessageType, _ name: String?) -> PlanFinding? {
        guard policy.unplannedEvents != .ignore else { return nil }
        let event = name.map { "\(type.rawValue) event \($0)" } ?? "\(type.rawValue) event"
        let violation = JSONSchema.Violation(
            pointer: type == .track ? "/event" : type == .page || type == .screen ? "/name" : "/type",
            keyword: PlanFinding.unplanned, message: "The plan names no \(event).")
        return PlanFinding(of: self, unplannedEvent: violation)
    }
}

extension JSONSchema {
    /// The schema with an answer for members of the whole that it does not name, where it has none itself. A schema that names
    /// none leaves all open.
    fileprivate func settingOtherProperties(allowed: Bool) -> JSONSchema {
        var subschemas = subschemas
        for index in subschemas[0].indices {
            guard case .properties(var properties) = subschemas[0][index] else { continue }
            if !allowed {
                guard properties.others == nil else { continue }
                properties.others = subschemas.count
                subschemas.append([.nothing])
            } else if let others = properties.others, case .nothing? = subschemas[others].first {
                properties.others = nil
            }
            subschemas[0][index] = .properties(properties)
        }
        return JSONSchema(subschemas: subschemas)
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
