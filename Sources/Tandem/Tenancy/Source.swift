public import Foundation

/// Where a tenant's events come from, and how far they are trusted.
public struct Source: Sendable, Hashable, Identifiable {
    public enum Kind: String, CaseIterable, Sendable {
        case server, browser, mobile, webhook
        case importer = "import"
    }

    /// What a source may write into the CRM: nothing, leads only, or contacts (and leads).
    public enum CRMRight: String, CaseIterable, Sendable {
        case none, lead, contact
    }

    /// Who saw what its events say.
    public enum Provenance: String, CaseIterable, Sendable {
        /// The tenant itself, on its own sites and systems.
        case firstParty = "first_party"
        /// Somebody else: what it says of identifiers is noted with its events and joins nobody.
        case thirdParty = "third_party"

        public static func `default`(for kind: Kind) -> Provenance { kind == .webhook ? .thirdParty : .firstParty }
    }

    /// How far a source is trusted.
    public struct Trust: Sendable, Hashable {
        /// May its events join profiles?
        public var mayIdentify: Bool
        public var mayCreateAccounts: Bool
        public var mayWriteCRM: CRMRight

        public init(mayIdentify: Bool, mayCreateAccounts: Bool, mayWriteCRM: CRMRight) {
            self.mayIdentify = mayIdentify
            self.mayCreateAccounts = mayCreateAccounts
            self.mayWriteCRM = mayWriteCRM
        }

        /// What a source of a kind is trusted with unless told otherwise: whoever holds a server's key is the tenant;
        /// a public key is anybody; third parties never identify.
        public static func `default`(for kind: Kind) -> Trust {
            switch kind {
            case .server, .importer: Trust(mayIdentify: true, mayCreateAccounts: true, mayWriteCRM: .contact)
            case .browser, .mobile: .publicKey
            case .webhook: Trust(mayIdentify: false, mayCreateAccounts: false, mayWriteCRM: .none)
            }
        }

        /// What anybody may do who read a key from a page; a request that a browser sent has no more than this.
        public static let publicKey = Trust(mayIdentify: true, mayCreateAccounts: false, mayWriteCRM: .lead)

        /// The rights that both have.
        public func limited(to other: Trust) -> Trust {
            let rights: [CRMRight] = [.none, .lead, .contact]
            let mine = rights.firstIndex(of: mayWriteCRM) ?? 0
            let theirs = rights.firstIndex(of: other.mayWriteCRM) ?? 0
            return Trust(
                mayIdentify: mayIdentify && other.mayIdentify,
                mayCreateAccounts: mayCreateAccounts && other.mayCreateAccounts,
                mayWriteCRM: rights[min(mine, theirs)])
        }
    }

    public let id: UUID
    public let tenant: UUID
    /// What the tenant's rows carry; unique within the tenant, from 1. 0 is people.
    public let number: Int16
    public let name: String
    public let kind: Kind
    public let trust: Trust
    public var provenance = Provenance.firstParty
    /// Of browsers; none: any.
    public var allowedOrigins: [AllowedOrigin] = []
    /// How an inbound webhook's payloads become messages; nil for other kinds and until it is set.
    public var webhook: WebhookMapping?
    /// What the webhook's payloads are signed with.
    var webhookSecret: SealedSecret?
    public let isEnabled: Bool
    public let disabledAt: Date?
    public let createdAt: Date
    /// Of its events, beside the tenant's.
    public var rate = RateSettings()

    public var publicID: PublicID { PublicID(.source, id) }

    public var hasWebhookSecret: Bool { webhookSecret != nil }

    /// Whether a browser's request from that origin is taken.
    public func allows(origin: String) -> Bool {
        allowedOrigins.isEmpty || allowedOrigins.contains { $0.matches(origin) }
    }

    /// True for sources whose key can be read by anybody.
    public var isPublic: Bool { kind == .browser || kind == .mobile }
}
