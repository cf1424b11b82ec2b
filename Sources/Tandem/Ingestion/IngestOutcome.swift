/// What became of one message of a request.
public enum IngestOutcome: Sendable, Hashable {
    case accepted
    /// Its messageId was seen within the dedupe window; this copy has no effect.
    case duplicate
    /// Refused, and kept in the quarantine with the reason. `code` is for machines, `message` for people.
    case rejected(code: String, message: String)
    /// Right, but kept in the quarantine by a rule of the tenant's, for which the reason stands.
    case quarantined(code: String, message: String)
}

extension IngestOutcome {
    /// Why it was not stored.
    var reason: QuarantineReason? {
        switch self {
        case .accepted, .duplicate: nil
        case .rejected(let code, let message), .quarantined(let code, let message): .init(code: code, message: message)
        }
    }

    init(_ refused: RefusedMessage) {
        let (code, message) = (refused.reason.code, refused.reason.message)
        self =
            switch refused.answer {
            case .rejected: .rejected(code: code, message: message)
            case .quarantined: .quarantined(code: code, message: message)
            }
    }
}

/// Why a request got no outcomes. Nothing or part of it may be stored; the same request sent again is safe, because
/// messages are known by their messageId.
public enum IngestFailure: Error, Sendable, Hashable {
    /// More waits than the server wants to hold.
    case queueFull(QueueRefusal)
    /// The time for the request is over.
    case deadlineExceeded
    /// The database cannot be reached, or is shutting down.
    case unavailable
    /// The database's disk is full; nothing of the failed transaction is stored.
    case diskFull
    /// A fault of ours; the log has it.
    case failed
}

extension QuarantineReason {
    /// No transaction can store the message.
    static let unstorable = QuarantineReason(code: "unstorable", message: "The database cannot store this event.")
}
