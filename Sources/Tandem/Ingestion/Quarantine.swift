public import Foundation
public import Postgres

/// An event that was not stored, as the quarantine keeps it.
public struct QuarantinedEvent: Sendable {
    public var id: UUID
    /// Microseconds since 1970.
    public var receivedAt: Int64
    /// The source's number within the tenant.
    public var source: Int16
    /// Which key it came with.
    public var keyID: String
    public var messageID: String?
    public var type: String?
    public var name: String?
    public var code: String
    public var message: String
    /// The route it came by.
    public var path: String
    /// As sent; of an event over the size limit its beginning.
    public var original: ArraySlice<UInt8>

    public init(
        id: UUID, receivedAt: Int64, source: Int16, keyID: String, messageID: String?, type: String?, name: String?,
        code: String, message: String, path: String, original: ArraySlice<UInt8>
    ) {
        self.id = id
        self.receivedAt = receivedAt
        self.source = source
        self.keyID = keyID
        self.messageID = messageID
        self.type = type
        self.name = name
        self.code = code
        self.message = message
        self.path = path
        self.original = original.prefix(QuarantinedEvent.originalLimit)
    }

    /// Why an event is there.
    public struct Reason: Sendable {
        public let code: String
        public let message: String

        public init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// The events of a request by their places in it.
    static func events(of request: IngestRequest, reasons: [Int: Reason]) -> [QuarantinedEvent] {
        request.batch.outlines(at: Set(reasons.keys)).compactMap { outline in
            guard let reason = reasons[outline.index] else { return nil }
            return QuarantinedEvent(
                id: .v7(), receivedAt: request.receivedAt, source: request.source.id, keyID: request.keyID,
                messageID: outline.messageID, type: outline.type, name: outline.name, code: reason.code,
                message: reason.message, path: request.path, original: outline.original)
        }
    }

    /// Bytes kept of an original. A rejected event that is larger was rejected for that, and is never processed again.
    public static let originalLimit = 32 << 10
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
    public static func hold(
        _ request: IngestRequest, reason: QuarantinedEvent.Reason, in pool: Pool
    ) async throws(PostgresError) -> Int {
        var reasons: [Int: QuarantinedEvent.Reason] = [:]
        for index in 0..<request.batch.count { reasons[index] = reason }
        let events = QuarantinedEvent.events(of: request, reasons: reasons)
        let database = request.tenant.database
        try await pool.withConnection(affinity: database.affinity) { (connection) throws(PostgresError) in
            _ = try connection.single(settings: database.settings(), add(events, state: .held))
        }
        return events.count
    }

    /// One call for all `events`; the same id again changes nothing.
    public static func add(_ events: [QuarantinedEvent], state: State) -> Statement {
        .call(
            "quarantine_add",
            .text(state.rawValue),
            .uuidArray(events.map(\.id)),
            .timestamptzArray(events.map(\.receivedAt)),
            .int2Array(events.map(\.source)),
            .textArray(events.map(\.keyID)),
            .textArray(events.map { $0.messageID?.storable(limit: 512) }),
            .textArray(events.map { $0.type?.storable(limit: 64) }),
            .textArray(events.map { $0.name?.storable(limit: 512) }),
            .textArray(events.map(\.code)),
            .textArray(events.map { $0.message.storable(limit: 1_024) }),
            .textArray(events.map(\.path)),
            .byteaArray(events.map(\.original)))
    }
}

extension String {
    /// What PostgreSQL takes as text: without NUL, at most `limit` bytes.
    func storable(limit: Int) -> String {
        var text = utf8.count > limit ? String(decoding: utf8.prefix(limit), as: UTF8.self) : self
        if text.utf8.contains(0) { text = String(text.map { $0 == "\0" ? "\u{FFFD}" : $0 }) }
        return text
    }
}
