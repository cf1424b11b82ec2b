public import Foundation

/// A message that passed validation: what becomes an event, and what it says of a person and an account.
public struct WireMessage: Sendable {
    /// Its place in the request.
    public var index: Int
    public var type: MessageType
    /// As sent; made here if the sender gave none.
    public var messageID: String
    /// The dedupe key, a hash of ``messageID``.
    public var eventID: UUID
    /// The event's name of a track call, the page's or screen's name.
    public var name: String?
    /// Microseconds since 1970, after correction of the clock.
    public var timestamp: Int64
    /// Microseconds since 1970.
    public var receivedAt: Int64
    public var flags: MessageFlags
    public var source: Int16
    public var session: String?
    /// JSON: `properties`, `context`, `integrations` and a few more as sent; ids and traits stand elsewhere.
    public var payload: [UInt8]
    /// JSON object of an identify call's or a group call's traits; nil if there are none.
    public var traits: [UInt8]?
    /// JSON object of `context.consent.categoryPreferences`.
    public var consent: [UInt8]?
    /// From the group call or from context; nil if absent or blocked.
    public var groupID: String?
    /// Of an alias call; nil if blocked.
    public var previousID: String?
    /// In order of priority, blocked ones left out.
    public var identifiers: [Identifier]
    /// The accounts that it may mean, best first.
    public var companies: [CompanyCandidate]
    /// What an identify call says for the fields of a contact or lead.
    public var personFields: [PersonField]
    /// Normalised address and number of an identify call's traits.
    public var email: String?
    public var phone: String?
    /// JSON: what the submission of a form says, or a provider's call or text; nil for other messages. See `FormReader`,
    /// `ActivityReader`.
    public var form: [UInt8]?
    /// As sent, for keeping one person's messages in order.
    public var rawUserID: String?
    public var rawAnonymousID: String?
    /// That it does not keep to the plan of its source.
    var finding: PlanFinding?

    var planNote: PlanViolations.Note? {
        finding.map {
            PlanViolations.Note(
                finding: $0, eventID: eventID, messageID: messageID, receivedAt: receivedAt, source: source, type: type,
                name: name)
        }
    }
}

/// A message that is not stored, with what the answer and the quarantine say of it.
public struct RefusedMessage: Sendable, Hashable {
    /// What the sender is told.
    public enum Answer: Sendable, Hashable {
        /// That the message is wrong.
        case rejected
        /// That it arrived: it was right, and rules of the tenant's keep it from being stored.
        case quarantined
    }

    public var index: Int
    /// As sent, if it was a string or number; cut to a readable length.
    public var messageID: String?
    public var reason: QuarantineReason
    public var answer = Answer.rejected
    /// If it was a plan that refused it.
    var note: PlanViolations.Note?
}
