import Foundation
import Postgres

/// An event of the quarantine with all that reading it needs.
struct KeptEvent {
    let id: UUID
    let receivedAt: Int64
    let request: UUID
    let source: Int16?
    let keyID: String
    let path: String
    private(set) var original: [UInt8]
    private(set) var isComplete: Bool
    private(set) var hasReplacedText: Bool
    let sentAt: Int64?
    let clientAddress: String?
    let fromBrowser: Bool
    let singleType: String?
    let envelope: [UInt8]?

    init(_ row: Row) throws(PostgresError) {
        id = try row.uuid("id")
        receivedAt = try row.timestamp("received_at")
        request = try row.uuid("request")
        source = try row.optionalInt("source").map { Int16(truncatingIfNeeded: $0) }
        keyID = try row.optionalText("key_id") ?? ""
        path = try row.text("path")
        original = try row.bytea("original")
        isComplete = try row.bool("complete")
        hasReplacedText = try row.bool("text_replaced")
        sentAt = try row.optionalTimestamp("sent_at")
        clientAddress = try row.optionalText("client_address")
        fromBrowser = try row.bool("from_browser")
        singleType = try row.optionalText("single_type")
        envelope = try row.optionalBytea("envelope")
    }

    var isReadable: Bool { isComplete }

    /// The body of the request, with `events` of it alone.
    func batch(of events: [KeptEvent]) -> MessageBatch? {
        if let singleType {
            return MessageType(rawValue: singleType).flatMap { try? MessageBatch(original, path: .message($0)) }
        }
        // The envelope's object, still open, or the beginning of one.
        var body = envelope.map { Array($0.dropLast()) + Array(",".utf8) } ?? Array("{".utf8)
        body += Array("\"batch\":[".utf8)
        for (index, event) in events.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body += event.original
        }
        body += Array("]}".utf8)
        return try? MessageBatch(body, path: .batch)
    }

    /// The same event with other bytes.
    func corrected(_ event: [UInt8]) -> KeptEvent {
        var copy = self
        (copy.original, copy.isComplete, copy.hasReplacedText) = (event, true, false)
        return copy
    }

    /// The request as it came, with these events alone; nil if they cannot be read.
    static func request(
        _ events: [KeptEvent], _ operation: UUID, _ tenant: Tenant, _ sources: [Int16: Source]
    ) -> IngestRequest? {
        guard let first = events.first, first.isReadable, let source = first.source.flatMap({ sources[$0] }) else {
            return nil
        }
        // A payload of a webhook may be several messages, or none.
        let isPayload = first.singleType == WebhookMapping.payloadType
        guard let batch = isPayload ? source.webhook?.batch(first.original) : first.batch(of: events),
            isPayload || batch.count == events.count
        else { return nil }
        let ids = isPayload ? [UUID](repeating: first.id, count: batch.count) : events.map(\.id)
        let replaced = events.indices.filter { events[$0].hasReplacedText }
        return IngestRequest(
            tenant: tenant, batch: batch, source: MessageSource(source, fromBrowser: first.fromBrowser),
            receivedAt: first.receivedAt, sentAtHeader: first.sentAt, clientAddress: first.clientAddress,
            keyID: first.keyID, path: first.path, fromBrowser: first.fromBrowser, deadline: .now + .seconds(20),
            replay: .init(operation: operation, ids: ids, textReplaced: Set(replaced)))
    }
}
