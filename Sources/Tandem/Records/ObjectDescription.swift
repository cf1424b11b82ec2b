/// What Tandem knows of an object: its fields, keys, children and what may be done with it. All that objects share
/// (validation, writing, lists, lookups, history, import, OpenAPI, rights) is one mechanism driven by this value; the
/// write path in SQL has its own, smaller part in the table `object_description`.
public struct ObjectDescription: Sendable, Hashable {
    /// Singular, as in SQL calls and events: `account`.
    public let name: String
    /// As in paths and commands: `accounts`.
    public let plural: String
    public let prefix: PublicID.Prefix
    /// The relation in the tenant's schema; the same as `plural` for the product's own objects.
    public let table: String
    /// The module that a tenant must have; nil: any.
    public let module: Module?
    public let summary: String
    /// All fields in the order in which they are shown; the common ones are among them.
    public internal(set) var fields: [ObjectField] {
        didSet { positions = Self.positions(of: fields) }
    }
    public internal(set) var children: [ObjectChild]
    /// Fields by which a record can be looked up and matched (`/by/{field}/{value}`).
    public internal(set) var keys: [String]
    /// The field that stands for a record where it is only mentioned.
    public let title: String
    /// Whether a contact or lead of this object stands for a person: it is written with what binds it to identity.
    public let isPerson: Bool
    /// Whether the fields show the best of several sources.
    public let isRanked: Bool
    /// Which of its records the caller may read; nil: all.
    public internal(set) var condition: RecordCondition?

    private var positions: [String: Int]

    public init(
        name: String, plural: String, prefix: PublicID.Prefix, table: String? = nil, module: Module?, summary: String,
        fields: [ObjectField], children: [ObjectChild] = [], keys: [String] = [], title: String = "name",
        isPerson: Bool = false, isRanked: Bool = false
    ) {
        self.name = name
        self.plural = plural
        self.prefix = prefix
        self.table = table ?? plural
        self.module = module
        self.summary = summary
        self.fields = Self.leading + fields + Self.trailing
        self.children = children
        self.keys = ["id", "external_id"] + keys
        self.title = title
        self.isPerson = isPerson
        self.isRanked = isRanked
        positions = Self.positions(of: self.fields)
    }

    private static func positions(of fields: [ObjectField]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
    }

    private init(_ object: ObjectDescription, fields: [ObjectField], keys: [String]) {
        name = object.name
        plural = object.plural
        prefix = object.prefix
        table = object.table
        module = object.module
        summary = object.summary
        children = object.children
        title = object.title
        isPerson = object.isPerson
        isRanked = object.isRanked
        self.fields = fields
        self.keys = keys
        positions = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
    }

    /// The same object with more fields, behind its own and before those that every object has; unique ones are keys.
    func with(_ custom: [ObjectField]) -> ObjectDescription {
        if custom.isEmpty { return self }
        return ObjectDescription(
            self, fields: Array(fields.dropLast(Self.trailing.count)) + custom + Self.trailing,
            keys: keys + custom.filter { $0.custom?.isUnique ?? false }.map(\.name))
    }

    public func field(_ name: String) -> ObjectField? { positions[name].map { fields[$0] } }

    public func child(_ name: String) -> ObjectChild? { children.first { $0.name == name } }

    public func publicID(_ id: RecordID) -> String { PublicID(prefix, id).description }

    /// The names of rights: `accounts:read`, `accounts:write`.
    public var readRight: String { plural + ":read" }
    public var writeRight: String { plural + ":write" }

    private static let leading = [
        ObjectField("id", .id, isReadOnly: true, summary: "Its id; time-ordered."),
        ObjectField("external_id", .text(maximum: 255), summary: "Its id in another system; unique per object."),
    ]

    private static let trailing = [
        ObjectField("owner_id", .link(.user), summary: "Who looks after it."),
        ObjectField("tags", .tags, summary: "Words of the tenant's own."),
        ObjectField("created_at", .timestamp, isReadOnly: true, summary: "When it was made here."),
        ObjectField("updated_at", .timestamp, isReadOnly: true, summary: "When it last changed."),
        ObjectField("created_by", .text(maximum: 255), isReadOnly: true, summary: "Who or what made it."),
        ObjectField(
            "version", .integer(0...Int(Int32.max)), isReadOnly: true, summary: "Raised by every change; the ETag."),
    ]
}

/// Rows that are written and read with their record, as an array of it: a contact's channels, an opportunity's lines.
public struct ObjectChild: Sendable, Hashable {
    /// The array's name on the wire.
    public let name: String
    public let table: String
    /// The column that holds the record's id.
    public let parent: String
    /// Columns whose order the array has.
    public let order: [String]
    public internal(set) var fields: [ObjectField]
    /// Another name that a writer may use for a field: `id` for `account_id`.
    public let aliases: [String: String]
    /// Set where the rows are records of their own object (a pipeline's stages): the column that tells them apart below
    /// their parent. Each is then written as a record; those that an array leaves out are deleted.
    public let recordKey: String?
    /// Fields of the record that it tells too: who may not read them may not read it.
    public let derivedFrom: [String]
    /// Not the caller's to write.
    public internal(set) var isReadOnly = false
    public let summary: String

    public init(
        _ name: String, table: String, parent: String, order: [String], fields: [ObjectField],
        aliases: [String: String] = [:], recordKey: String? = nil, derivedFrom: [String] = [], summary: String
    ) {
        self.name = name
        self.table = table
        self.parent = parent
        self.order = order
        self.fields = fields
        self.aliases = aliases
        self.recordKey = recordKey
        self.derivedFrom = derivedFrom
        self.summary = summary
    }
}
