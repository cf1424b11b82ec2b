import Foundation
public import Postgres

/// Messages that are checked by a plan, saved or not. Nothing is stored.
public struct PlanTrial: Sendable {
    /// Nil: a saved one is meant.
    public let draft: TrackingPlan?
    /// A saved plan's name or id, and its version; nil: the newest.
    public let reference: String?
    public let version: Int?
    public let policy: PlanPolicy
    public let messages: [JSON]

    public static let limits = 1...1_000
    private static let keys = ["plan", "version", "events", "messages"]

    /// - Parameter body: `{"plan", "version"?}` or `{"events"}`, `"messages"`, and parts of a ``PlanPolicy``.
    /// - Throws: `invalid`.
    public init(json body: JSONObject) throws(TandemError) {
        let parts = PlanPolicy.parts.map(\.name)
        for key in body.names where !(Self.keys + parts).contains(key) {
            let words = (Self.keys + parts).joined(separator: ", ")
            throw .invalid("/\(key)", "unknown_key", "A check has \(words).")
        }
        reference = body["plan"]?.string
        draft = try body["events"].map { (events) throws(TandemError) in try TrackingPlan(events: events) }
        guard (reference == nil) != (draft == nil) else {
            throw .invalid("/plan", "required", "Name the plan in plan, or give events of one that is not saved.")
        }
        version = body["version"]?.int
        policy = try PlanPolicy(json: body)
        guard let list = body["messages"]?.array, Self.limits.contains(list.count) else {
            throw .invalid("/messages", "invalid", "messages is a list of 1 to \(Self.limits.upperBound) messages.")
        }
        messages = list
    }

    /// `{"messages","valid","invalid","items":[{"type","name","message_id","valid","action","violations"}]}`. A message that is
    /// wrong by itself has `code` and `detail`.
    func report(_ plan: PlanInForce) -> JSON {
        let source = MessageSource(id: 1, trust: .default(for: .server), isPublic: false)
        let rules = ReadingRules(identity: IdentifierPolicy(IdentityRules()), plans: [source.id: plan])
        let circumstances = MessageBatch.Circumstances(
            source: source, rules: rules, receivedAt: WallClock.system.microseconds)
        let items = messages.map { Self.item($0, circumstances) }
        let valid = items.count { $0["valid"] == true }
        return [
            "messages": .number(items.count), "valid": .number(valid), "invalid": .number(items.count - valid),
            "items": .array(items.map(JSON.object)),
        ]
    }

    private static func item(_ message: JSON, _ circumstances: MessageBatch.Circumstances) -> JSONObject {
        var item: JSONObject = [
            "type": message["type"] ?? .null, "name": message["event"] ?? message["name"] ?? .null,
            "message_id": message["messageId"] ?? .null, "valid": false, "action": nil, "violations": [],
        ]
        func refuse(_ reason: QuarantineReason) {
            item["code"] = .string(reason.code)
            item["detail"] = .string(reason.message)
        }
        guard let type = message["type"]?.string.flatMap(MessageType.init), var object = message.object else {
            refuse(.init(.unknownType))
            return item
        }
        // Whose it is does not matter to a plan.
        if object["userId"] == nil, object["anonymousId"] == nil { object["anonymousId"] = "check" }
        guard let batch = try? MessageBatch(JSON.object(object).encoded(), path: .message(type)) else {
            refuse(.init(.eventNotObject))
            return item
        }
        let read = batch.read(circumstances)
        if let refused = read.refused.first { refuse(refused.reason) }
        if let finding = read.messages.first?.finding ?? read.refused.first?.note?.finding {
            item["action"] = .string(finding.action.rawValue)
            item["violations"] = finding.json
        } else {
            item["valid"] = .bool(read.refused.isEmpty)
        }
        return item
    }
}

// Inside a transaction of the tenant.

extension Connection {
    /// - Throws: `notFound`, `invalid`.
    public func planTrial(_ trial: PlanTrial) throws(TandemError) -> JSON {
        if let draft = trial.draft {
            return try trial.report(
                PlanInForce(id: UUID(), name: "draft", version: 0, plan: draft, policy: trial.policy))
        }
        let stored = try planGet(trial.reference ?? "", version: trial.version)
        return try trial.report(PlanInForce(stored: .object(stored), policy: trial.policy))
    }
}
