import Foundation
public import Postgres

/// What a mapping would do to messages. Nothing is stored.
public struct MappingTrial: Sendable {
    /// Nil: the mapping in force.
    public var mapping: SourceMapping?
    /// Nil: the last messages of the source.
    public var messages: [JSON]?
    public var limit: Int

    public static let limits = 1...100

    public init(mapping: SourceMapping? = nil, messages: [JSON]? = nil, limit: Int = 20) {
        self.mapping = mapping
        self.messages = messages
        self.limit = limit
    }

    /// - Parameter body: `{"rules"?, "messages"?, "limit"?}`.
    /// - Throws: `invalid`.
    public init(json body: JSONObject) throws(TandemError) {
        for key in body.names where !["rules", "messages", "limit"].contains(key) {
            throw .invalid("/\(key)", "unknown_key", "A trial has rules, messages and limit.")
        }
        mapping = try body["rules"].map { (rules) throws(TandemError) in try SourceMapping(rules: rules) }
        limit = 20
        if let value = body["limit"] {
            guard let number = value.int, Self.limits.contains(number) else {
                throw .invalid("/limit", "invalid", "limit is a whole number from 1 to \(Self.limits.upperBound).")
            }
            limit = number
        }
        if let value = body["messages"] {
            guard let list = value.array, Self.limits.contains(list.count) else {
                throw .invalid("/messages", "invalid", "messages is a list of 1 to \(Self.limits.upperBound) messages.")
            }
            messages = list
        }
    }

    struct Sample {
        var message: JSON
        var receivedAt: Int64?
        /// Not put together again from an event, which does not say whom the message named.
        var isOriginal = true
    }

    /// `{"samples","unchanged","changed","quarantined","rejected","items":[{"type","name","message_id","received_at"?,"outcome",
    /// "code"?,"detail"?,"before"?,"after"?}]}`; rejected: wrong by itself, or made wrong by the mapping.
    static func report(_ mapping: SourceMapping, on samples: [Sample]) -> JSON {
        var counts = ["unchanged": 0, "changed": 0, "quarantined": 0, "rejected": 0]
        var items: [JSON] = []
        for sample in samples {
            let item = item(mapping, sample)
            counts[item["outcome"]?.string ?? "", default: 0] += 1
            items.append(.object(item))
        }
        var report: JSONObject = ["samples": .number(samples.count)]
        for key in ["unchanged", "changed", "quarantined", "rejected"] { report[key] = .number(counts[key] ?? 0) }
        report["items"] = .array(items)
        return .object(report)
    }

    private static func item(_ mapping: SourceMapping, _ sample: Sample) -> JSONObject {
        let message = sample.message
        var item: JSONObject = [
            "type": message["type"] ?? .null, "name": message["event"] ?? message["name"] ?? .null,
            "message_id": message["messageId"] ?? .null,
        ]
        if let time = sample.receivedAt { item["received_at"] = .string(Date(microseconds: time).iso8601) }
        func refused(_ outcome: String, _ reason: QuarantineReason) {
            item["outcome"] = .string(outcome)
            item["code"] = .string(reason.code)
            item["detail"] = .string(reason.message)
        }
        guard let type = message["type"]?.string.flatMap(MessageType.init) else {
            refused("rejected", .init(.unknownType))
            return item
        }
        var result = message
        item["outcome"] = "unchanged"
        switch mapping.apply(to: message, type: type) {
        case .unchanged: break
        case .quarantined(let reason): refused("quarantined", reason)
        case .changed(let changed):
            result = changed
            item["outcome"] = "changed"
            item["before"] = message
            item["after"] = changed
        }
        if item["outcome"] != "quarantined", let reason = fault(of: result, type),
            sample.isOriginal || reason != fault(of: message, type)
        {
            refused("rejected", reason)
        }
        return item
    }

    private static func fault(of message: JSON, _ type: MessageType) -> QuarantineReason? {
        let source = MessageSource(id: 0, trust: .default(for: .server), isPublic: false)
        let circumstances = MessageBatch.Circumstances(
            source: source, rules: ReadingRules(identity: IdentifierPolicy(IdentityRules())),
            receivedAt: WallClock.system.microseconds)
        guard let batch = try? MessageBatch(message.encoded(), path: .message(type)) else {
            return .init(.eventNotObject)
        }
        return batch.read(circumstances).refused.first?.reason
    }
}

// Inside a transaction of the tenant.

extension Connection {
    /// - Parameter source: its name or uuid.
    /// - Throws: `notFound`.
    public func mappingTrial(_ trial: MappingTrial, of source: String) throws(TandemError) -> JSON {
        var mapping = trial.mapping
        if mapping == nil {
            let rows = try run(.call("source_mapping_get", .text(source)))
            guard let stored = try rows.first?.json(0), let rules = stored["rules"] else { throw .notFound() }
            mapping = try SourceMapping(rules: rules)
        }
        guard let mapping else { throw .notFound() }
        if let messages = trial.messages {
            return MappingTrial.report(mapping, on: messages.map { .init(message: $0) })
        }
        var samples: [MappingTrial.Sample] = []
        for row in try run(.call("source_samples", .text(source), .int4(Int32(clamping: trial.limit)))) {
            if let sample = try Self.sample(row) { samples.append(sample) }
        }
        return MappingTrial.report(mapping, on: samples)
    }

    private static func sample(_ row: Row) throws(TandemError) -> MappingTrial.Sample? {
        let (time, type, original) = try reading { () throws(PostgresError) in
            (try row.timestamp(0), try row.text(1), try row.optionalBytea(3))
        }
        guard let original else {
            return try row.json(2).map { MappingTrial.Sample(message: $0, receivedAt: time, isOriginal: false) }
        }
        guard var object = (try? JSON(parsing: original))?.object else { return nil }
        if object["type"] == nil { object["type"] = .string(type) }
        return MappingTrial.Sample(message: .object(object), receivedAt: time)
    }
}
