import Foundation
import Logging
import Postgres

/// Sends events of the quarantine the way of a fresh request, with the time and circumstances of their receipt: the same
/// reading, the same procedure. What is stored leaves the quarantine in the same transaction.
final class QuarantineReprocessing: OperationWork {
    private let lane: IngestLane
    private let readingRules: ReadingRulesDirectory
    private let logger: Logger
    private var sources: [Int16: Source]?
    /// Events of a page.
    private static let pageEvents: Int32 = 100

    init(ingest: ConnectionConfiguration, readingRules: ReadingRulesDirectory, logger: Logger) {
        lane = IngestLane(
            configuration: ingest, readingRules: readingRules, memory: IngestMemory(), hook: nil,
            batchLimit: Int(Self.pageEvents),
            stats: IngestStats(), tail: EventTail(),
            logger: logger)
        self.readingRules = readingRules
        self.logger = logger
    }

    func close() { lane.close() }

    func next(
        _ operation: Operation, of tenant: Tenant, on connection: Connection
    ) throws(TandemError) -> OperationPage {
        let sources =
            if let known = self.sources { known } else { try connection.sourcesByNumber(of: tenant, logger: logger) }
        self.sources = sources
        let events = try page(operation, tenant, connection)
        guard let last = events.last else { return OperationPage(isLast: true) }
        let rules = try reading { () throws(PostgresError) in try readingRules.rules(of: tenant, on: connection) }
        var jobs: [IngestJob] = []
        var unreadable: [(id: UUID, reason: QuarantineReason)] = []
        for group in Self.grouped(events) {
            if let request = Self.request(group, operation, tenant, sources) {
                jobs.append(IngestJob(request, rules: rules))
            } else {
                unreadable += group.map { ($0.id, Self.reason(of: $0)) }
            }
        }
        if !unreadable.isEmpty {
            let statement = Quarantine.refuse(unreadable, operation: operation.id)
            _ = try connection.inTenant(tenant.database) { (connection) throws(TandemError) in
                try connection.run(statement)
            }
        }
        if !jobs.isEmpty, let failure = lane.process(jobs, of: tenant) {
            switch failure {
            case .failed: throw .failure("events of the quarantine could not be stored", sqlState: nil)
            case .deadlineExceeded: throw .deadlineExceeded
            case .queueFull, .unavailable, .diskFull:
                throw .unavailable("events of the quarantine could not be stored now")
            }
        }
        return OperationPage(cursor: (last.receivedAt, last.id), isLast: events.count < Self.pageEvents)
    }

    private func page(
        _ operation: Operation, _ tenant: Tenant, _ connection: Connection
    ) throws(TandemError) -> [KeptEvent] {
        try connection.inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) -> [KeptEvent] in
            let rows = try connection.run(
                .call("quarantine_page", .uuid(operation.id), .int4(Self.pageEvents)))
            return try reading { () throws(PostgresError) in
                var events: [KeptEvent] = []
                for row in rows { events.append(try KeptEvent(row)) }
                return events
            }
        }
    }

    /// Events that stand beside each other and came in one request, in order.
    private static func grouped(_ events: [KeptEvent]) -> [[KeptEvent]] {
        var groups: [[KeptEvent]] = []
        for event in events {
            if event.isReadable, event.singleType == nil, let last = groups.last?.last, last.isReadable,
                last.request == event.request, last.source == event.source
            {
                groups[groups.count - 1].append(event)
            } else {
                groups.append([event])
            }
        }
        return groups
    }

    /// The request as it came, with these events alone; nil if they cannot be read.
    private static func request(
        _ events: [KeptEvent], _ operation: Operation, _ tenant: Tenant, _ sources: [Int16: Source]
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
            replay: .init(operation: operation.id, ids: ids, textReplaced: Set(replaced)))
    }

    private static func reason(of event: KeptEvent) -> QuarantineReason {
        if !event.isComplete {
            return .init(.eventTooLarge)
        }
        if event.singleType == WebhookMapping.payloadType {
            return .init(code: "unmapped_event", message: "The source's webhook mapping makes no message of it.")
        }
        return .init(code: "unreadable", message: "The event, or the source that it came from, is no longer there.")
    }
}

/// An event of the quarantine with all that reading it needs.
private struct KeptEvent {
    let id: UUID
    let receivedAt: Int64
    let request: UUID
    let source: Int16?
    let keyID: String
    let path: String
    let original: [UInt8]
    let isComplete: Bool
    let hasReplacedText: Bool
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
}

/// Marks events of the quarantine as done with.
final class QuarantineDiscarding: OperationWork {
    private static let pageEvents: Int32 = 1_000

    func next(
        _ operation: Operation, of tenant: Tenant, on connection: Connection
    ) throws(TandemError) -> OperationPage {
        try connection.inTenant(tenant.database) { (connection) throws(TandemError) -> OperationPage in
            let rows = try connection.run(.call("quarantine_discard", .uuid(operation.id), .int4(Self.pageEvents)))
            let count = try reading { () throws(PostgresError) in try rows.one().int(0) }
            return OperationPage(isLast: count == 0)
        }
    }

    func close() {}
}
