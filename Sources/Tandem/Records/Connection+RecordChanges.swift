public import Postgres

/// A page of the feed of changes.
public struct RecordChangesQuery: Sendable {
    /// Names of objects; nil: all that the reader may read.
    public var objects: [String]?
    public var limit: Int
    /// The cursor of an item or of a page; nil: from the beginning; `now`: only what comes.
    public var after: String?

    public static let fromNow = "now"

    /// - Parameter objects: singular or plural names, separated by commas.
    /// - Throws: `badRequest` for one that there is not.
    public init(
        objects: String?, limit: Int = RecordQuery.defaultLimit, after: String?, catalog: ObjectCatalog
    ) throws(TandemError) {
        self.limit = min(max(limit, 1), RecordQuery.limitMaximum)
        self.after = after
        guard let objects else { return }
        var names: [String] = []
        for word in objects.split(separator: ",").map(String.init) {
            guard let object = catalog.object(word) ?? catalog.object(plural: word) else {
                throw .badRequest(code: "unknown_object", detail: "\(word) is no object that records are of.")
            }
            names.append(object.name)
        }
        self.objects = names
    }
}

extension Connection {
    /// Every change of every record in the order of the transactions that made them, without gaps: `{"items": [{"object", "id",
    /// "version", "action", "at", "actor", "cause", "changes": {field: [old, new]}, "cursor"}], "page": {"next", "has_more",
    /// "complete_until"}}`. `next` is always there: behind it comes what is committed later. Runs inside a transaction of the
    /// tenant.
    ///
    /// - Parameter modules: of the tenant: what it reads are records of their objects.
    public func recordChanges(
        _ query: RecordChangesQuery, modules: Set<Module>, seal: CursorSeal, catalog: ObjectCatalog
    ) throws(TandemError) -> JSON {
        let list = CursorList(name: "changes", seal: seal)
        let isFromNow = query.after == RecordChangesQuery.fromNow
        let keys = isFromNow ? [] : try list.keys(query.after)
        guard keys.isEmpty || keys.count == 2 else {
            throw .badRequest(code: "invalid_cursor", detail: "The cursor is not one of this list.")
        }
        let readable = catalog.objects.filter { $0.module.map(modules.contains) ?? true }.map(\.name)
        let names = query.objects.map { asked in readable.filter(asked.contains) }
        let place = keys.isEmpty ? (isFromNow ? nil : "0") : keys[0]
        let rows = try run(
            .call(
                "record_changes", place.map { .untyped($0) } ?? .null(.unspecified),
                .int8(keys.count == 2 ? keys[1].flatMap { Int64($0) } ?? 0 : 0),
                names.map { .textArray($0) } ?? .null(.textArray), .int4(Int32(query.limit))))
        let hidden = try hiddenChanges(rows, catalog)
        var items: [JSON] = []
        var page: JSONObject = ["next": .null, "has_more": false, "complete_until": .null]
        for row in rows {
            let place = try reading { () throws(PostgresError) in
                [try row.text(0), String(try row.int(1))]
            }
            let cursor = list.cursor(place)
            page["next"] = .string(cursor)
            page["has_more"] = .bool(try reading { () throws(PostgresError) in try row.bool(3) })
            let until = try reading { () throws(PostgresError) in try row.optionalTimestamp(4) }
            page["complete_until"] = .string(orNull: until.map(RecordTime.text))
            guard var item = try row.json(2)?.object, let name = item["object"]?.string,
                let description = catalog.object(name), readable.contains(name)
            else { continue }
            if let id = item["id"]?.string, hidden.contains(id) { continue }
            item["id"] = item["id"]?.string.flatMap { PublicID(description.prefix, text: $0) }.map {
                .string($0.description)
            }
            item["changes"] = RecordPresenter(description: description, catalog: catalog)
                .present(changes: item["changes"]?.object ?? JSONObject())
            item["cursor"] = .string(cursor)
            items.append(.object(item))
        }
        return ["items": .array(items), "page": .object(page)]
    }

    /// The records of these changes that the caller may not read, deleted ones by what is left of them (`reads_deleted`).
    private func hiddenChanges(_ rows: Rows, _ catalog: ObjectCatalog) throws(TandemError) -> Set<String> {
        guard catalog.objects.contains(where: { $0.condition != nil }) else { return [] }
        var changed: [String: Set<String>] = [:]
        for row in rows {
            guard let item = try row.json(2), let object = item["object"]?.string, let id = item["id"]?.string else {
                continue
            }
            changed[object, default: []].insert(id)
        }
        var hidden = Set<String>()
        for (object, ids) in changed {
            let known = try run(.call("known_ids", .text(object), .untyped("{\(ids.joined(separator: ","))}")))
            hidden.formUnion(ids)
            for row in known {
                hidden.remove(try reading { () throws(PostgresError) in try row.uuid(0) }.text)
            }
        }
        return hidden
    }
}
