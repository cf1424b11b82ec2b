/// The six calls of the protocol.
public enum MessageType: String, Sendable, Hashable, CaseIterable {
    case track, page, screen, identify, group, alias
}

/// What a request's path says of its body.
public enum IngestPath: Sendable, Hashable {
    /// One message; the path names its type whatever the body says.
    case message(MessageType)
    /// `{"batch": […]}`, each item with a `type`.
    case batch
}

/// What is known of a message beside its columns; the bits of `flags` in SQL.
public struct MessageFlags: OptionSet, Sendable, Hashable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Its time was later than a day after receipt and became the time of receipt.
    public static let clockClamped = MessageFlags(rawValue: 1 << 0)
    /// Its time was moved by the difference between the sender's clock and ours.
    public static let skewCorrected = MessageFlags(rawValue: 1 << 1)
    /// `\u0000` or a lone surrogate became U+FFFD.
    public static let textReplaced = MessageFlags(rawValue: 1 << 2)
    /// All its identifiers were blocked: it is kept unassigned.
    public static let identifiersBlocked = MessageFlags(rawValue: 1 << 3)
    /// Its message id is known for ever, not for the dedupe window only.
    public static let imported = MessageFlags(rawValue: 1 << 4)
    public static let mayIdentify = MessageFlags(rawValue: 1 << 5)
    public static let mayCreateAccounts = MessageFlags(rawValue: 1 << 6)
    public static let mayWriteContacts = MessageFlags(rawValue: 1 << 7)
    public static let mayWriteLeads = MessageFlags(rawValue: 1 << 8)
    /// From a browser, a mobile device, a pixel or a beacon.
    public static let publicSource = MessageFlags(rawValue: 1 << 9)
    /// A group call that ends the membership.
    public static let groupLeave = MessageFlags(rawValue: 1 << 10)
    /// Its source leaves out what the person did not agree to.
    public static let enforcesConsent = MessageFlags(rawValue: 1 << 11)
}

/// The source of a request and how far this request is trusted.
public struct MessageSource: Sendable, Hashable {
    /// The source's number in its tenant.
    public var id: Int16
    public var trust: Source.Trust
    /// From a browser, a mobile device, a pixel or a beacon: its clock is corrected.
    public var isPublic: Bool
    /// Its message ids are known for ever.
    public var isImport: Bool
    /// A provider's: its calls and texts are activities.
    public var isWebhook = false

    public init(id: Int16, trust: Source.Trust, isPublic: Bool, isImport: Bool = false) {
        self.id = id
        self.trust = trust
        self.isPublic = isPublic
        self.isImport = isImport
    }

    /// - Parameter fromBrowser: the request came from a browser (an Origin header, a pixel, a beacon); it has no more
    ///   trust than a public key, whatever its own.
    public init(_ source: Source, fromBrowser: Bool) {
        self.init(
            id: source.number, trust: fromBrowser ? source.trust.limited(to: .publicKey) : source.trust,
            isPublic: source.isPublic || fromBrowser)
        isWebhook = source.kind == .webhook && !fromBrowser
    }

    /// The lead bit stands for sources that may write leads and no contacts.
    var flags: MessageFlags {
        var flags: MessageFlags = []
        if isPublic { flags.insert(.publicSource) }
        if isImport { flags.insert(.imported) }
        if trust.mayIdentify { flags.insert(.mayIdentify) }
        if trust.mayCreateAccounts { flags.insert(.mayCreateAccounts) }
        switch trust.mayWriteCRM {
        case .none: break
        case .lead: flags.insert(.mayWriteLeads)
        case .contact: flags.insert(.mayWriteContacts)
        }
        return flags
    }
}
