public import Postgres

/// A file of records, profiles or events: which, what of them, and how it is written.
///
/// Records: `{"where", "fields", "include", "since"}`, newest first. Profiles: `{"where"}`, oldest first. Events: the parts of
/// `ReplayFilter` but `rate`, each person's in order of time. All of them `"format"`: csv or jsonl, and `"byte_order_mark"`.
public struct ExportOrder: Sendable {
    public enum Format: String, Sendable, CaseIterable {
        case csv, jsonl

        public var mediaType: String { self == .csv ? "text/csv; charset=utf-8" : "application/x-ndjson" }
    }

    enum Contents: Sendable {
        case records(ObjectDescription, RecordQuery)
        case profiles(JSON)
        case events(ReplayFilter)
    }

    static let operationType = "export"
    /// What is no object of records.
    public static let profiles = "profiles"
    public static let events = "events"
    static let pageRows = 1_000

    let contents: Contents
    public let format: Format
    /// What spreadsheet programs tell UTF-8 by.
    let hasByteOrderMark: Bool
    /// As it was given: what an operation keeps.
    private let json: JSONObject

    /// Of records.
    ///
    /// - Parameter description: as the caller sees it.
    /// - Throws: `invalid` with the pointer of the wrong part; `badRequest` for a condition in its short form.
    public init(of description: ObjectDescription, _ body: JSONObject, catalog: ObjectCatalog) throws(TandemError) {
        try self.init(object: description.plural, body, besides: ["where", "fields", "include", "since"]) {
            (rest) throws(TandemError) in
            var asked = rest
            let condition = asked["where"] ?? .null
            let since = asked["since"] ?? .null
            for name in ["where", "since"] { asked[name] = nil }
            asked["limit"] = .number(Self.pageRows)
            var query = try RecordQueryReader(description, catalog: catalog).read(.object(asked))
            query.filter = try Self.filter(
                condition, since, RecordFilterReader(description: description, catalog: catalog))
            return .records(description, query)
        }
    }

    /// Of profiles.
    public init(ofProfiles body: JSONObject) throws(TandemError) {
        try self.init(object: Self.profiles, body, besides: ["where"]) { (rest) throws(TandemError) in
            _ = try ProfileQuery(.object(rest))
            return .profiles(rest["where"] ?? .null)
        }
    }

    /// Of events.
    public init(ofEvents body: JSONObject) throws(TandemError) {
        let parts = ReplayFilter.parts.map(\.name).filter { $0 != "rate" }
        try self.init(object: Self.events, body, besides: parts) { (rest) throws(TandemError) in
            var texts: [(String, String)] = []
            for (name, value) in rest where !value.isNull {
                guard let text = value.string else { throw .invalid("/\(name)", "not_a_text", "must be a string") }
                texts.append((name, text))
            }
            return .events(try ReplayFilter(texts))
        }
    }

    /// From what an operation keeps.
    init(input: JSON, catalog: ObjectCatalog) throws(TandemError) {
        var body = input.object ?? [:]
        let object = body["object"]?.string ?? ""
        for name in ["object", "caller"] { body[name] = nil }
        switch object {
        case Self.profiles: try self.init(ofProfiles: body)
        case Self.events: try self.init(ofEvents: body)
        default:
            guard let description = catalog.objects.first(where: { $0.plural == object }) else {
                throw .denied(code: "forbidden", detail: "The roles of who ordered it do not read \(object) any more.")
            }
            try self.init(of: description, body, catalog: catalog)
        }
    }

    private init(
        object: String, _ body: JSONObject, besides known: [String],
        _ read: (JSONObject) throws(TandemError) -> Contents
    ) throws(TandemError) {
        var rest = body
        for name in body.names where !(["format", "byte_order_mark"] + known).contains(name) {
            throw .invalid("/" + JSONPointer.escaped(name), "unknown_field", "is not known here")
        }
        let named = body["format"] ?? .null
        guard let format = named.isNull ? .csv : named.string.flatMap(Format.init) else {
            throw .invalid("/format", "unknown_option", "must be csv or jsonl")
        }
        let mark = body["byte_order_mark"] ?? .null
        guard mark.isNull || mark.bool != nil else {
            throw .invalid("/byte_order_mark", "invalid", "must be true or false")
        }
        for name in ["format", "byte_order_mark"] { rest[name] = nil }
        contents = try read(rest)
        self.format = format
        hasByteOrderMark = mark.bool ?? false
        var kept = body
        kept["object"] = .string(object)
        kept["format"] = .string(format.rawValue)
        json = kept
    }

    private static func filter(
        _ condition: JSON, _ since: JSON, _ reader: RecordFilterReader
    ) throws(TandemError) -> RecordFilter? {
        var filters: [RecordFilter] = []
        if let text = condition.string {
            filters.append(try RecordFilterText.read(text, reader))
        } else if !condition.isNull {
            filters.append(try reader.read(condition))
        }
        if !since.isNull {
            guard let text = since.string, WireTime.parse(text) != nil else {
                throw .invalid("/since", "invalid", "has to be a time in ISO 8601")
            }
            filters.append(try reader.read(["field": "updated_at", "op": "gte", "value": since]))
        }
        return filters.count > 1 ? .all(filters) : filters.first
    }

    public var bind: Bind { .jsonb(JSON.object(json).encoded()) }

    var object: String { json["object"]?.string ?? "" }

    /// `contacts-2026-11-30.csv`.
    public func fileName(at time: Int64) -> String {
        "\(object)-\(RecordTime.text(time).prefix(10)).\(format.rawValue)"
    }
}
