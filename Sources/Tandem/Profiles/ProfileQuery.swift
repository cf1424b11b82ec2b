import Foundation
public import Postgres

/// `POST /v1/profiles/search`: `{"where", "limit", "after"}`; conditions as for records, on what the table of profiles shows.
public struct ProfileQuery: Sendable, Hashable {
    let filter: RecordFilter?
    let limit: Int
    let after: String?

    /// The fields that conditions may name.
    static let fields = ObjectDescription(
        name: "profile", plural: "profiles", prefix: .profile, module: .cdp, summary: "One person.",
        fields: [
            ObjectField("user_id", .text(maximum: 512), summary: "The first user id attached."),
            ObjectField("email", .text(maximum: 512), summary: "The trait email, else the first e-mail identifier."),
            ObjectField("phone", .text(maximum: 512), summary: "The trait phone, else the first phone identifier."),
            ObjectField("first_seen_at", .timestamp, summary: "Of the earliest event."),
            ObjectField("last_seen_at", .timestamp, summary: "Of the latest event."),
        ])

    private static let names: Set<String> = ["user_id", "email", "phone", "first_seen_at", "last_seen_at"]

    /// - Throws: `invalid` with the pointer of the wrong part.
    public init(_ body: JSON) throws(TandemError) {
        guard let object = body.object else { throw .invalid("", "not_an_object", "must be a JSON object") }
        for name in object.names where !["where", "limit", "after"].contains(name) {
            throw .invalid("/\(name)", "unknown_field", "is not known here")
        }
        if let condition = object["where"], !condition.isNull {
            try Self.checkFields(of: condition)
            filter = try RecordFilterReader(description: Self.fields, catalog: ObjectCatalog([])).read(condition)
        } else {
            filter = nil
        }
        let limit = object["limit"]?.int ?? RecordQuery.defaultLimit
        guard limit > 0 else { throw .invalid("/limit", "out_of_range", "must be positive") }
        self.limit = min(limit, RecordQuery.limitMaximum)
        after = object["after"]?.string
    }

    /// Fields that every record has are none of profiles.
    private static func checkFields(of condition: JSON) throws(TandemError) {
        if let name = condition["field"]?.string, !names.contains(name) {
            throw .invalid("/where", "unknown_field", "\(name) is not a field of profiles")
        }
        for value in condition.object?.map(\.1) ?? condition.array ?? [] { try checkFields(of: value) }
    }
}

// Runs inside a transaction of the tenant: `connection.inTenant(tenant.database, readOnly: true) { … }`.

extension Connection {
    /// A page of the profiles that fulfil a condition, oldest first, as `profile_show` gives them.
    public func profileSearch(
        _ query: ProfileQuery, seal: CursorSeal
    ) throws(TandemError) -> (items: [JSON], next: String?) {
        let list = CursorList(name: "profiles/search/\(String(describing: query.filter))", seal: seal)
        let after = try list.keys(query.after).first.flatMap { $0 }.flatMap { UUID(uuidString: $0) }
        let rows = try run(
            """
            select s.profile_id, profile_show(s.profile_id) from (select t.profile_id from profiles t
            where \(query.filter?.sql ?? "true") and t.profile_id > \(bind: .uuid(after ?? UUID(high: 0, low: 0)))
            order by t.profile_id limit \(bind: .int(query.limit + 1))) s order by s.profile_id
            """ as SQLFragment)
        var items: [JSON] = []
        for row in rows.prefix(query.limit) { items.append(try row.json(1) ?? .null) }
        var next: String?
        if rows.count > query.limit, let last = rows.dropLast().last {
            let id = try reading { () throws(PostgresError) in try last.uuid(0) }
            next = list.page([], next: [id.uuidString])["page"]?["next"]?.string
        }
        return (items, next)
    }

    /// How many profiles fulfil a condition.
    func profileCount(_ query: ProfileQuery) throws(TandemError) -> Int {
        let rows = try run("select count(*) from profiles t where \(query.filter?.sql ?? "true")" as SQLFragment)
        return try reading { () throws(PostgresError) in try rows.one().int(0) }
    }
}
