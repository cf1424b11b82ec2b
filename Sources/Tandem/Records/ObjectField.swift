public import Foundation

public typealias RecordID = UUID

/// One field of an object: the same name in API, SQL and BI.
public struct ObjectField: Sendable, Hashable {
    public let name: String
    public internal(set) var type: FieldType
    public let isRequired: Bool
    /// Derived or kept by Tandem, or not the caller's to write: shown, never taken.
    public internal(set) var isReadOnly: Bool
    /// Says something about a person: for export, erasure and masks.
    public let isPersonal: Bool
    /// Found by free-text search.
    public let isSearchable: Bool
    /// A column that is derived from this one and written with it.
    public let companion: FieldCompanion?
    /// Fields that it is made of: who may not read them may not read it.
    public let derivedFrom: [String]
    public let summary: String
    /// Set for a field that the tenant made.
    public let custom: CustomField?
    /// The name of a file, which has no folder and no character that a terminal obeys.
    let isFileName: Bool

    public init(
        _ name: String, _ type: FieldType, isRequired: Bool = false, isReadOnly: Bool = false, isPersonal: Bool = false,
        isSearchable: Bool = false, companion: FieldCompanion? = nil, derivedFrom: [String] = [], summary: String,
        custom: CustomField? = nil, isFileName: Bool = false
    ) {
        self.name = name
        self.type = type
        self.isRequired = isRequired
        self.isReadOnly = isReadOnly
        self.isPersonal = isPersonal
        self.isSearchable = isSearchable
        self.companion = companion
        self.derivedFrom = derivedFrom
        self.summary = summary
        self.custom = custom
        self.isFileName = isFileName
    }
}

public enum FieldType: Sendable, Hashable {
    /// The record's own id.
    case id
    /// One line, at most so many bytes.
    case text(maximum: Int)
    case longText
    case integer(ClosedRange<Int>)
    /// A number with at most four decimals.
    case decimal
    /// As decimal; on the wire a string with the decimals of the currency that another field names.
    case money(currency: String)
    /// ISO 4217.
    case currency
    /// 0 to 100, at most two decimals.
    case percent
    case bool
    /// ISO 8601 without time.
    case date
    case timestamp
    case email
    case phone
    /// A host name; taken from addresses and URLs too.
    case domain
    case url
    case select([String])
    case link(LinkTarget)
    /// The id of a record whose object another field of the same row names.
    case record(object: String)
    /// The ids of several records.
    case links(LinkTarget)
    case tags
    /// Several of these.
    case multiSelect([String])
    /// A condition, as lists take it, on the object that another field names.
    case condition(object: String)
    /// Names of fields, with - before one whose order is descending, of the object that another field names.
    case fieldNames(object: String)

    /// Whether two values have an order that means something.
    public var isOrdered: Bool {
        switch self {
        case .integer, .decimal, .money, .percent, .date, .timestamp, .text, .email, .domain, .url, .phone: true
        case .id, .longText, .currency, .bool, .select, .link, .record, .tags, .multiSelect, .links, .condition,
            .fieldNames:
            false
        }
    }

    /// Whether lists can be sorted by it.
    public var isSortable: Bool {
        switch self {
        case .tags, .multiSelect, .longText, .record, .links, .condition, .fieldNames: false
        default: true
        }
    }

    /// Whether it holds several values, and is empty rather than null.
    public var isArray: Bool {
        switch self {
        case .tags, .multiSelect, .links, .fieldNames: true
        default: false
        }
    }

    public var isNumber: Bool {
        switch self {
        case .integer, .decimal, .money, .percent: true
        default: false
        }
    }
}

/// Where a link leads.
public struct LinkTarget: Sendable, Hashable {
    public let object: String
    public let prefix: PublicID.Prefix
    public let table: String
    /// The column that the link holds: `id`, or `profile_id` for profiles.
    public let column: String
    /// Shown beside the id where the link is followed.
    public let title: String
    /// Which of its records the caller may read; nil: all.
    public internal(set) var condition: RecordCondition?
    /// Whether the caller may read the title.
    public internal(set) var showsTitle = true

    public init(object: String, prefix: PublicID.Prefix, table: String, column: String = "id", title: String = "name") {
        self.object = object
        self.prefix = prefix
        self.table = table
        self.column = column
        self.title = title
    }

    public static let account = LinkTarget(object: "account", prefix: .account, table: "accounts")
    public static let contact = LinkTarget(object: "contact", prefix: .contact, table: "contacts")
    public static let lead = LinkTarget(object: "lead", prefix: .lead, table: "leads", title: "last_name")
    public static let opportunity = LinkTarget(object: "opportunity", prefix: .opportunity, table: "opportunities")
    public static let pipeline = LinkTarget(object: "pipeline", prefix: .pipeline, table: "pipelines")
    public static let stage = LinkTarget(object: "stage", prefix: .stage, table: "stages")
    public static let product = LinkTarget(object: "product", prefix: .product, table: "products")
    public static let user = LinkTarget(object: "user", prefix: .user, table: "users")
    public static let team = LinkTarget(object: "team", prefix: .team, table: "teams")
    public static let role = LinkTarget(object: "role", prefix: .role, table: "role")
    public static let profile = LinkTarget(
        object: "profile", prefix: .profile, table: "profiles", column: "profile_id", title: "user_id")
}

/// A column that the write path derives from a field.
public enum FieldCompanion: String, Sendable, Hashable {
    case emailNorm = "email_norm"
    case phoneE164 = "phone_e164"
    case companyKey = "company_key"

    public var column: String { rawValue }

    /// The derived value, or nil if the text has none.
    func derive(from text: String, region: String) -> String? {
        switch self {
        case .emailNorm: Normalizer.email(text)
        case .phoneE164: Normalizer.phone(text, region: region)
        case .companyKey: Normalizer.companyKey(text)
        }
    }
}
