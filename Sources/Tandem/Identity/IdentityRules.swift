/// A tenant's rules of identity: which identifiers come first, how many a profile may have, which values are nobody's.
/// The value behind `GET|PUT /v1/identity/rules`.
public struct IdentityRules: Sendable, Hashable {
    /// How long an identifier counts towards its type's limit.
    public enum Window: String, Sendable, Hashable, CaseIterable {
        case ever, weekly, monthly, annually

        /// Days on both sides of an identifier's attach time; nil for ever.
        public var days: Int? {
            switch self {
            case .ever: nil
            case .weekly: 7
            case .monthly: 30
            case .annually: 365
            }
        }
    }

    /// What is said of one identifier type.
    public struct Entry: Sendable, Hashable {
        public var type: String
        /// Lower comes first; unique within the rules.
        public var priority: Int
        /// Distinct values that a profile may have within the window.
        public var limit: Int
        public var window: Window
        /// Values that are nobody's, compared after normalisation.
        public var blocked: [String]
        public var blockedPatterns: [String]
        /// The key in traits, context.traits or properties that feeds the type; nil for types with a place of their own.
        public var trait: String?

        public init(
            type: String, priority: Int, limit: Int, window: Window = .ever, blocked: [String] = [],
            blockedPatterns: [String] = [], trait: String? = nil
        ) {
            self.type = type
            self.priority = priority
            self.limit = limit
            self.window = window
            self.blocked = blocked
            self.blockedPatterns = blockedPatterns
            self.trait = trait
        }
    }

    /// Counts up with every change; 1 for the rules a tenant begins with.
    public var version: Int
    /// In order of priority.
    public var identifiers: [Entry]
    /// For types that are not listed.
    public var defaultLimit: Int
    public var defaultWindow: Window
    /// For all types.
    public var blocked: [String]
    public var blockedPatterns: [String]
    /// Identifiers and active merges that one profile may have.
    public var maxIDs: Int
    public var maxMerges: Int
    /// New identifiers within an hour at which automatic merges of a profile pause.
    public var anomalyIDsPerHour: Int

    public init(
        version: Int = 1,
        identifiers: [Entry] = [
            Entry(type: Identifier.userID, priority: 1, limit: 1),
            Entry(type: Identifier.email, priority: 2, limit: 5),
        ],
        defaultLimit: Int = 5, defaultWindow: Window = .ever,
        blocked: [String] = ["-1", "null", "anonymous", "[object Object]", "undefined", "NaN", "None"],
        blockedPatterns: [String] = ["^[0-]*$"],
        maxIDs: Int = 1000, maxMerges: Int = 100, anomalyIDsPerHour: Int = 20
    ) {
        self.version = version
        self.identifiers = identifiers
        self.defaultLimit = defaultLimit
        self.defaultWindow = defaultWindow
        self.blocked = blocked
        self.blockedPatterns = blockedPatterns
        self.maxIDs = maxIDs
        self.maxMerges = maxMerges
        self.anomalyIDsPerHour = anomalyIDsPerHour
    }

    /// The types that have a place of their own on the wire.
    static let builtInTypes: Set<String> = [
        Identifier.userID, Identifier.anonymousID, Identifier.email, "ios.id", "ios.idfa", "ios.push_token",
        "android.id",
        "android.idfa", "android.push_token",
    ]

    /// The key that feeds a listed type, if it is fed by one: the configured one, else for a type without a place of its
    /// own the type's name.
    static func trait(of entry: Entry) -> String? {
        entry.trait ?? (builtInTypes.contains(entry.type) ? nil : entry.type)
    }
}
