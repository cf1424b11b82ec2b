import Foundation
public import Postgres

// Inside a transaction of the tenant: `connection.inTenant(tenant.database, readOnly: true) { … }`.

extension Connection {
    /// The tags that records of an object have, the most frequent first: `{"items": [{"name", "count"}]}`, at most 1,000.
    ///
    /// - Parameter beginning: only those that begin so, whatever their case.
    public func recordTags(_ description: ObjectDescription, beginning: String = "") throws(TandemError) -> JSON {
        let rows = try run(
            """
            select tag, count(*) from \(.table(of: description)) t cross join lateral unnest(t.tags) tag
            where starts_with(lower(tag), lower(\(bind: .text(beginning))))
            group by tag order by count(*) desc, tag limit 1000
            """ as SQLFragment)
        var items: [JSON] = []
        for row in rows {
            let (name, count) = try reading { () throws(PostgresError) in (try row.text(0), try row.int(1)) }
            items.append(["name": .string(name), "count": .number(count)])
        }
        return ["items": .array(items)]
    }

    private func renameTag(_ rename: TagRename, objects: [String]?, by actor: String) throws(TandemError) -> JSON {
        let row = try run(
            .call(
                "rename_tag", .text(rename.from), .text(rename.to),
                objects.map { .textArray($0) } ?? .null(.textArray), .text(actor), .int4(TagRename.limit))
        ).first
        var answer: JSONObject = ["from": .string(rename.from), "to": .string(rename.to)]
        for (name, value) in try row?.json(0)?.object ?? [:] { answer[name] = value }
        return .object(answer)
    }

    /// Gives every record that has one tag another in its place: `{"from", "to", "renamed", "failed", "objects": {object: records}}`.
    /// Each change is in the record's history. In a transaction of its own, with the time that it takes.
    ///
    /// - Parameter objects: by their singular names; nil: all.
    /// - Throws: `limitReached` where more than 10,000 records of an object have it.
    public func renameTag(
        _ tenant: TenantDatabase, _ rename: TagRename, objects: [String]?, by actor: String, isDryRun: Bool
    ) throws(TandemError) -> JSON {
        try transaction(settings: tenant.settings(statementTimeout: .seconds(50))) { (connection) throws(TandemError) in
            let done = try connection.renameTag(rename, objects: objects, by: actor)
            if isDryRun { try connection.discardChanges() }
            return done
        }
    }
}

/// One tag for another.
public struct TagRename: Sendable {
    let from: String
    let to: String
    /// Records of an object.
    static let limit: Int32 = 10_000
    private static let bytes = 1...100

    /// - Throws: `invalid` for what is no tag, or twice the same.
    public init(from: String?, to: String?) throws(TandemError) {
        func tag(_ text: String?, _ pointer: String) throws(TandemError) -> String {
            let tag = String(Normalizer.trimmed((text ?? "")[...]))
            guard Self.bytes.contains(tag.utf8.count) else {
                throw .invalid(pointer, "out_of_range", "is a tag of 1 to 100 bytes")
            }
            return tag
        }
        self.from = try tag(from, "/from")
        self.to = try tag(to, "/to")
        if self.from == self.to { throw .invalid("/to", "unchanged", "is the tag that it has") }
    }
}
