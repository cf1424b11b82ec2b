public import FoundationEssentials
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
