public import Foundation

/// One item of a call of `write_records`: what to do with one record. The data is validated and normalised.
public struct RecordWrite: Sendable {
    public enum Operation: String, Sendable, CaseIterable {
        case create, update, upsert, delete, restore
    }

    public var operation: Operation
    public var id: RecordID?
    /// Columns and values that find the record, instead of an id.
    public var match: JSONObject?
    /// In place of `match`, several such by preference: the first that finds a record decides, and those that find another
    /// one make the item an error.
    public var matches: [JSONObject] = []
    /// The version that the caller has seen.
    public var ifMatch: Int?
    public var input: RecordInput
    /// Child arrays that join what the record has, where those of `input` replace it.
    public var add = JSONObject()
    /// Orders values of one rank: microseconds since 1970, then the message id.
    public var at: Int64?
    public var messageID: String?
    public var allowDuplicate = false
    /// Fill what is empty, change nothing.
    public var onlyEmpty = false
    /// When it happened, for the history of opportunities; `.some(nil)`: nobody knows.
    public var changedAt: Int64??
    /// Stages before the present one of a new opportunity: `[{"stage_id", "at"}]`.
    public var history: JSON?
    /// When the record was made elsewhere: microseconds since 1970.
    public var createdAt: Int64?

    public init(
        _ operation: Operation, id: RecordID? = nil, match: JSONObject? = nil, input: RecordInput = RecordInput()
    ) {
        self.operation = operation
        self.id = id
        self.match = match
        self.input = input
    }

    /// Lets a child array of the input join the record's instead of replacing it.
    public mutating func moveToAdd(_ child: String) {
        add[child] = input.data[child]
        input.data[child] = nil
    }

    var json: JSON {
        var item: JSONObject = ["op": .string(operation.rawValue), "data": .object(input.data)]
        if !input.fill.isEmpty { item["fill"] = .object(input.fill) }
        if !add.isEmpty { item["add"] = .object(add) }
        if let id { item["id"] = .string(id.text) }
        if let match { item["match"] = .object(match) }
        if !matches.isEmpty { item["matches"] = .array(matches.map(JSON.object)) }
        if let ifMatch { item["if_match"] = .number(ifMatch) }
        if let at { item["at"] = .string(RecordTime.text(at)) }
        if let messageID { item["message_id"] = .string(messageID) }
        if allowDuplicate || input.allowDuplicate { item["allow_duplicate"] = true }
        if onlyEmpty { item["only_empty"] = true }
        if let changedAt { item["changed_at"] = changedAt.map { .string(RecordTime.text($0)) } ?? .null }
        if let history { item["history"] = history }
        if let createdAt { item["created_at"] = .string(RecordTime.text(createdAt)) }
        if let person = input.person { item["person"] = person }
        return .object(item)
    }
}

/// Who writes, with what trust.
public struct RecordAuthor: Sendable, Hashable {
    /// The tenant's small number of the source; 0 is people.
    public var source: Int16
    public var rank: FieldRank
    /// `user:…`, `key:…`, `source:…`: as audit and history show it.
    public var actor: String
    /// `edit`, `import`, `event`, `rule`, …
    public var cause: String

    public init(source: Int16 = 0, rank: FieldRank = .hand, actor: String, cause: String = "edit") {
        self.source = source
        self.rank = rank
        self.actor = actor
        self.cause = cause
    }
}

/// What a value of a contact's, lead's or account's field weighs: the greatest shows.
public enum FieldRank: Int16, Sendable, Comparable, CaseIterable {
    /// A browser or an app: anybody could have sent it.
    case `public` = 10
    case `import` = 20
    /// A server with its key.
    case server = 30
    case hand = 40

    public static func < (left: FieldRank, right: FieldRank) -> Bool { left.rawValue < right.rawValue }
}

/// What became of one item.
public struct RecordOutcome: Sendable {
    public enum Status: String, Sendable {
        case created, updated, unchanged, deleted, restored, error
    }

    /// Position among the items, from 0.
    public let index: Int
    public let id: RecordID?
    public let status: Status
    public let version: Int?
    /// Set with status `error`.
    public let error: TandemError?
    /// What else there is to say: `{"ignored": [field]}`, `{"not_restored": {relation: rows}}`.
    public let detail: JSON?

    public init(
        index: Int, id: RecordID? = nil, status: Status, version: Int? = nil, error: TandemError? = nil,
        detail: JSON? = nil
    ) {
        self.index = index
        self.id = id
        self.status = status
        self.version = version
        self.error = error
        self.detail = detail
    }
}
