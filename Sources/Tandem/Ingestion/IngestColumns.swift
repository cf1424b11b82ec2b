public import Foundation

/// The messages of one micro-batch as the arrays that the SQL procedure `ingest_batch` takes, in the order of its
/// parameters. All arrays of a group have one length.
public struct IngestColumns: Sendable {
    public var readingVersion: Int32

    // One element a message.
    public var eventID: [UUID] = []
    public var messageID: [String] = []
    public var type: [String] = []
    public var name: [String?] = []
    /// Microseconds since 1970.
    public var timestamp: [Int64] = []
    /// Microseconds since 1970.
    public var receivedAt: [Int64] = []
    public var flags: [Int32] = []
    public var source: [Int16] = []
    public var session: [String?] = []
    /// JSON text.
    public var payload: [[UInt8]] = []
    /// JSON text.
    public var traits: [[UInt8]?] = []
    /// JSON text.
    public var consent: [[UInt8]?] = []
    public var groupID: [String?] = []
    public var previousID: [String?] = []

    // One element an identifier, in order of message and priority; the message by its place from 1.
    public var identifierMessage: [Int32] = []
    public var identifierType: [String] = []
    public var identifierValue: [String] = []

    // One element a candidate for the message's account, in order of message and preference.
    public var companyMessage: [Int32] = []
    public var companyKind: [String] = []
    public var companyValue: [String] = []
    public var companyName: [String] = []

    // One element a field of a contact or lead.
    public var fieldMessage: [Int32] = []
    public var fieldName: [String] = []
    public var fieldValue: [String] = []

    // One element a message.
    public var email: [String?] = []
    public var phone: [String?] = []
    /// JSON text; empty where no message is a form's.
    public var form: [[UInt8]?] = []

    // One element a stretch of messages of one source, key and hour of receipt: its last place, and the key. Empty: the
    // messages are not tallied.
    public var runEnd: [Int32] = []
    public var runKey: [String] = []

    /// What is known before: see `ingest_batch`. Without an epoch nothing is.
    var hints = IngestMemory.Hints()

    public var count: Int { eventID.count }

    public init(readingVersion: Int) { self.readingVersion = Int32(clamping: readingVersion) }

    public init(_ messages: some Collection<WireMessage>, readingVersion: Int) {
        self.init(messages, readingVersion: readingVersion, hints: IngestMemory.Hints())
    }

    /// Of messages whose home is known the identifiers are left out: nothing looks at them.
    init(_ messages: some Collection<WireMessage>, readingVersion: Int, hints: IngestMemory.Hints) {
        self.init(readingVersion: readingVersion)
        self.hints = hints
        reserve(messages.count)
        for (index, message) in messages.enumerated() {
            let isKnown = hints.epoch != nil && hints.homes[index] != 0 && message.flags.contains(.mayIdentify)
            append(message, withIdentifiers: !isKnown)
        }
    }

    private mutating func reserve(_ count: Int) {
        eventID.reserveCapacity(count)
        messageID.reserveCapacity(count)
        type.reserveCapacity(count)
        name.reserveCapacity(count)
        timestamp.reserveCapacity(count)
        receivedAt.reserveCapacity(count)
        flags.reserveCapacity(count)
        source.reserveCapacity(count)
        session.reserveCapacity(count)
        payload.reserveCapacity(count)
        traits.reserveCapacity(count)
        consent.reserveCapacity(count)
        groupID.reserveCapacity(count)
        previousID.reserveCapacity(count)
        email.reserveCapacity(count)
        phone.reserveCapacity(count)
    }

    /// Tallies the messages under the keys that they came with.
    /// - Parameter key: of a message by its index.
    public mutating func tally(by key: (Int) -> String) {
        let hour: Int64 = 3_600_000_000
        for index in 0..<count {
            let continues =
                index > 0 && source[index] == source[index - 1]
                && receivedAt[index] / hour == receivedAt[index - 1] / hour && key(index) == runKey[runKey.count - 1]
            if continues {
                runEnd[runEnd.count - 1] = Int32(index + 1)
            } else {
                runEnd.append(Int32(index + 1))
                runKey.append(key(index))
            }
        }
    }

    public mutating func append(_ message: WireMessage) { append(message, withIdentifiers: true) }

    private mutating func append(_ message: WireMessage, withIdentifiers: Bool) {
        let place = Int32(count + 1)
        eventID.append(message.eventID)
        messageID.append(message.messageID)
        type.append(message.type.rawValue)
        name.append(message.name)
        timestamp.append(message.timestamp)
        receivedAt.append(message.receivedAt)
        flags.append(message.flags.rawValue)
        source.append(message.source)
        session.append(message.session)
        payload.append(message.payload)
        traits.append(message.traits)
        consent.append(message.consent)
        groupID.append(message.groupID)
        previousID.append(message.previousID)
        email.append(message.email)
        phone.append(message.phone)
        if let submission = message.form {
            form += [[UInt8]?](repeating: nil, count: Int(place) - 1 - form.count) + [submission]
        }
        for identifier in message.identifiers where withIdentifiers {
            identifierMessage.append(place)
            identifierType.append(identifier.type)
            identifierValue.append(identifier.value)
        }
        for company in message.companies {
            companyMessage.append(place)
            companyKind.append(company.kind.rawValue)
            companyValue.append(company.value)
            companyName.append(company.name)
        }
        for field in message.personFields {
            fieldMessage.append(place)
            fieldName.append(field.field)
            fieldValue.append(field.value)
        }
    }
}
