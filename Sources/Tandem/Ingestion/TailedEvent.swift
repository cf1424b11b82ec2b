public import Foundation

/// What became of one event, as those who watch see it.
public struct TailedEvent: Sendable {
    /// The words of the answer to a request with events.
    public enum Outcome: String, Sendable, CaseIterable {
        case accepted
        case duplicate
        /// Kept, because its source or tenant is not served now.
        case quarantined
        case rejected
    }

    public var outcome: Outcome
    /// Why it was quarantined or rejected.
    public var reason: QuarantineReason?
    /// Of what is stored the event's id, else its id in the quarantine.
    public var id: UUID
    /// Microseconds since 1970.
    public var receivedAt: Int64
    /// The source's number within the tenant, and its name.
    public var source: Int16
    public var sourceName: String?
    public var keyID: String
    /// The route it came by.
    public var path: String
    public var messageID: String?
    public var type: String?
    public var name: String?
    /// JSON as sent.
    public var original: ArraySlice<UInt8>

    /// As one line of JSON. An event over the size limit comes without its original.
    public var json: [UInt8] {
        var object: JSONObject = [
            "outcome": .string(outcome.rawValue),
            (isStored ? "event_id" : "quarantine_id"): .string(shownID),
            "type": .string(orNull: type), "name": .string(orNull: name), "message_id": .string(orNull: messageID),
            "source": .string(orNull: sourceName), "key": .string(keyID), "path": .string(path),
            "received_at": .string(RecordTime.text(receivedAt)), "size": .number(original.count),
        ]
        if let reason {
            object["code"] = .string(reason.code)
            object["message"] = .string(reason.message)
        }
        var bytes = Array(JSON.object(object).encoded())
        bytes.removeLast()
        bytes += ",\"event\":".utf8
        if original.count <= QuarantinedEvent.originalLimit {
            // Line ends stand between tokens only.
            bytes += original.lazy.map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? UInt8(ascii: " ") : $0 }
        } else {
            bytes += "null".utf8
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Whether there is an event of that id.
    public var isStored: Bool { outcome == .accepted || outcome == .duplicate }

    private var shownID: String {
        isStored ? "\(PublicID(.event, id))" : id.uuidString.lowercased()
    }
}
