import Foundation
public import Postgres

/// An event that was not stored, as the quarantine keeps it.
struct QuarantinedEvent: Sendable {
    var id: UUID
    /// The request's, see ``QuarantinedRequest``.
    var request: UUID
    /// Microseconds since 1970.
    var receivedAt: Int64
    /// The source's number within the tenant.
    var source: Int16
    /// Which key it came with.
    var keyID: String
    /// As sent; of a message without one, it is the event's id.
    var messageID: String?
    var type: String?
    var name: String?
    var reason: QuarantineReason
    /// The route it came by.
    var path: String
    /// As sent; of an event over the size limit its beginning.
    var original: ArraySlice<UInt8>
    /// The original and what it shares with its request are there whole.
    var isComplete: Bool
    var hasReplacedText: Bool

    /// The events of a request by their places in it.
    static func events(
        of request: IngestRequest, ids: RequestIDs, reasons: [Int: QuarantineReason]
    ) -> ([QuarantinedEvent], QuarantinedRequest) {
        let envelope = request.batch.envelopeJSON
        let fits = (envelope?.count ?? 0) <= originalLimit
        let events = request.batch.outlines(at: Set(reasons.keys)).compactMap { outline -> QuarantinedEvent? in
            guard let reason = reasons[outline.index] else { return nil }
            return QuarantinedEvent(
                id: ids.id(at: outline.index), request: ids.request, receivedAt: request.receivedAt,
                source: request.source.id, keyID: request.keyID, messageID: outline.messageID, type: outline.type,
                name: outline.name, reason: reason, path: request.path,
                original: outline.original.prefix(originalLimit),
                isComplete: fits && outline.original.count <= originalLimit, hasReplacedText: outline.hasReplacedText)
        }
        var type: String?
        if case .message(let single) = request.batch.path { type = single.rawValue }
        return (
            events,
            QuarantinedRequest(
                id: ids.request, receivedAt: request.receivedAt, sentAt: request.sentAtHeader,
                clientAddress: request.clientAddress, fromBrowser: request.fromBrowser, singleType: type,
                envelope: fits ? envelope : nil)
        )
    }

    /// Bytes kept of an original. A rejected event that is larger was rejected for that, and is never processed again.
    static let originalLimit = 32 << 10
}

/// What the quarantined events of one request share.
struct QuarantinedRequest: Sendable {
    var id: UUID
    /// Microseconds since 1970.
    var receivedAt: Int64
    /// From the header `SentAt`, microseconds since 1970.
    var sentAt: Int64?
    var clientAddress: String?
    var fromBrowser: Bool
    /// The type that the path named; nil of a batch.
    var singleType: String?
    /// `context`, `integrations` and `sentAt` of a batch, as a JSON object.
    var envelope: [UInt8]?
}

/// The quarantine of a tenant.
public enum Quarantine {
    public enum State: String, Sendable, CaseIterable {
        /// Its sender was told that it arrived; it can be processed as it is.
        case held
        /// Its sender was told that it was refused.
        case rejected
        case reprocessed
        case discarded
    }

    /// Keeps a whole request as it is, until somebody decides. Answers how many events that were.
    /// - Parameter tail: those who watch see them.
    public static func hold(
        _ request: IngestRequest, reason: QuarantineReason, in pool: Pool, tail: EventTail
    ) async throws(PostgresError) -> Int {
        var reasons: [Int: QuarantineReason] = [:]
        for index in 0..<request.batch.count { reasons[index] = reason }
        let (events, shared) = QuarantinedEvent.events(of: request, ids: RequestIDs(), reasons: reasons)
        let statement = add(events, of: [shared], state: .held)
        let database = request.tenant.database
        try await pool.withConnection(affinity: database.affinity) { (connection) throws(PostgresError) in
            _ = try connection.single(settings: database.settings(), statement)
        }
        tail.show(held: events, of: request)
        return events.count
    }

    /// Keeps a payload of a webhook that became no message. The same event of the provider's again changes nothing.
    /// - Parameter state: held or rejected, as its sender is told.
    public static func keep(
        _ payload: WebhookDelivery, state: State, reason: QuarantineReason, in pool: Pool
    ) async throws(PostgresError) {
        let id = payload.quarantineID
        let event = QuarantinedEvent(
            id: id, request: id, receivedAt: payload.receivedAt, source: payload.source.number, keyID: payload.keyID,
            messageID: payload.eventID, type: WebhookMapping.payloadType, name: payload.eventType, reason: reason,
            path: payload.path, original: payload.body[...], isComplete: true, hasReplacedText: false)
        let request = QuarantinedRequest(
            id: id, receivedAt: payload.receivedAt, sentAt: nil, clientAddress: nil, fromBrowser: false,
            singleType: WebhookMapping.payloadType, envelope: nil)
        let statement = add([event], of: [request], state: state)
        let database = payload.tenant.database
        try await pool.withConnection(affinity: database.affinity) { (connection) throws(PostgresError) in
            _ = try connection.single(settings: database.settings(), statement)
        }
    }

    /// One call for all `events`; the same id again changes nothing.
    static func add(_ events: [QuarantinedEvent], of requests: [QuarantinedRequest], state: State) -> Statement {
        .call(
            "quarantine_add",
            .text(state.rawValue),
            .uuidArray(events.map(\.id)),
            .uuidArray(events.map(\.request)),
            .timestamptzArray(events.map(\.receivedAt)),
            .int2Array(events.map(\.source)),
            .textArray(events.map(\.keyID)),
            .textArray(events.map { $0.messageID?.storable(limit: 512) }),
            .textArray(events.map { $0.type?.storable(limit: 64) }),
            .textArray(events.map { $0.name?.storable(limit: 512) }),
            .textArray(events.map(\.reason.code)),
            .textArray(events.map { $0.reason.message.storable(limit: 1_024) }),
            .textArray(events.map(\.path)),
            .byteaArray(events.map(\.original)),
            .boolArray(events.map(\.isComplete)),
            .boolArray(events.map(\.hasReplacedText)),
            .uuidArray(requests.map(\.id)),
            .timestamptzArray(requests.map(\.receivedAt)),
            .timestamptzArray(requests.map(\.sentAt)),
            .textArray(requests.map(\.clientAddress)),
            .boolArray(requests.map(\.fromBrowser)),
            .textArray(requests.map(\.singleType)),
            .byteaArray(requests.map { $0.envelope?[...] }))
    }

    /// Events that an operation processed again in vain, with their new reasons.
    static func refuse(_ events: [(id: UUID, reason: QuarantineReason)], operation: UUID) -> Statement {
        .call(
            "quarantine_refuse",
            .uuid(operation),
            .uuidArray(events.map(\.id)),
            .textArray(events.map(\.reason.code)),
            .textArray(events.map { $0.reason.message.storable(limit: 1_024) }))
    }
}

/// Why an event is in the quarantine.
public struct QuarantineReason: Sendable, Hashable {
    /// For machines.
    public let code: String
    /// For people.
    public let message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    public init(_ error: MessageError) { self.init(code: error.code, message: error.message) }
}

extension String {
    /// What PostgreSQL takes as text: without NUL, at most `limit` bytes.
    func storable(limit: Int) -> String {
        var text = utf8.count > limit ? String(decoding: utf8.prefix(limit), as: UTF8.self) : self
        if text.utf8.contains(0) { text = String(text.map { $0 == "\0" ? "\u{FFFD}" : $0 }) }
        return text
    }
}
