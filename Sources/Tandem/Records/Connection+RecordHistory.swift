public import Foundation
public import Postgres

// All of these run inside a transaction of the tenant: `connection.inTenant(tenant.database, readOnly: true) { … }`.

extension Connection {
    /// The changes of a record, newest first: `{"items": [{"seq", "version", "at", "actor", "cause", "action",
    /// "changes": {field: [old, new]}}], "page": …}`. Deleted records keep theirs.
    ///
    /// - Throws: `notFound` if there never was such a record.
    public func recordHistory(
        _ description: ObjectDescription, id: RecordID, limit: Int = RecordQuery.defaultLimit, after: String? = nil,
        seal: CursorSeal, catalog: ObjectCatalog
    ) throws(TandemError) -> JSON {
        let limit = min(max(limit, 1), RecordQuery.limitMaximum)
        let list = CursorList(name: "history/" + id.text, seal: seal)
        let before = try list.keys(after).first.flatMap { $0 }.flatMap { Int64($0) }
        if description.condition != nil {
            let known = try run(
                .call("known_ids", .text(description.name), .untyped("{\(id.text)}")))
            if known.isEmpty { throw .notFound() }
        }
        let rows = try run(
            """
            select seq, jsonb_build_object('seq', seq, 'version', version, 'at', at, 'actor', actor, 'cause', cause,
            'source', source, 'action', action, 'changes', changes)
            from record_history where record_id = \(bind: .uuid(id)) and object = \(bind: .text(description.name))
            and seq < \(bind: .int8(before ?? .max)) order by seq desc limit \(bind: .int(limit + 1))
            """ as SQLFragment)
        if rows.isEmpty, before == nil { throw .notFound() }
        let presenter = RecordPresenter(description: description, catalog: catalog)
        var items: [JSON] = []
        for row in rows.prefix(limit) {
            guard var item = try row.json(1)?.object else { continue }
            item["at"] = item["at"]?.string.flatMap(WireTime.parse).map { .string(RecordTime.text($0)) }
            item["changes"] = presenter.present(changes: item["changes"]?.object ?? JSONObject())
            items.append(.object(item))
        }
        let last = rows.count > limit ? items.last?["seq"]?.int : nil
        return list.page(items, next: last.map { [String($0)] })
    }

    /// A record as it was at a moment, from its present state and its history; children as they are now are left out.
    ///
    /// - Parameter time: microseconds since 1970.
    /// - Throws: `notFound` if it was not there then.
    public func recordGet(
        _ description: ObjectDescription, id: RecordID, asOf time: Int64, catalog: ObjectCatalog
    ) throws(TandemError) -> RecordSnapshot {
        let rows = try run(
            """
            select (select to_jsonb(t) from \(rows: description) t where t.id = \(bind: .uuid(id))),
            (select g.data from (
                select coalesce(
                    (select b.data from bin b where b.record_id = \(bind: .uuid(id)) and b.object = \(bind: .text(description.name))),
                    merged_image(\(bind: .text(description.name)), \(bind: .uuid(id)))) as data) g
            where g.data is not null and reads_deleted(\(bind: .text(description.name)), g.data)),
            (select coalesce(jsonb_agg(jsonb_build_array(h.action, h.changes, h.version) order by h.seq desc), '[]')
            from record_history h where h.record_id = \(bind: .uuid(id)) and h.object = \(bind: .text(description.name))
            and h.at > \(bind: .timestamptz(time)))
            """ as SQLFragment)
        guard let row = rows.first else { throw .notFound() }
        let (live, deleted) = (try row.json(0), try row.json(1))
        guard var record = (live ?? deleted)?.object else { throw .notFound() }
        var isThere = live != nil
        for change in try row.json(2)?.array ?? [] {
            switch change[0]?.string {
            case "create", "restore": isThere = false
            case "delete", "merge": isThere = true
            default: break
            }
            for (field, pair) in change[1]?.object ?? JSONObject() where description.child(field) == nil {
                record[field] = pair[0] ?? .null
            }
            if let version = change[2]?.int { record["version"] = .number(max(version - 1, 1)) }
        }
        guard isThere else { throw try recordAbsence(description, id) }
        // Generated columns are in no history.
        let derived = try run(
            .call("derive_columns", .text(description.table), .jsonb(JSON.object(record).encoded())))
        if let whole = try derived.first?.json(0)?.object { record = whole }
        let shown = RecordPresenter(description: description, catalog: catalog).present(record)
        return RecordSnapshot(id: id, version: record["version"]?.int ?? 1, json: shown)
    }

    /// What happened around a record, newest first: activities, moves of opportunities, tickets, comments, events of its persons:
    /// `{"items": [{"at", "kind": "activity|opportunity|ticket|comment|event", "data"}], "page": …}`.
    public func recordTimeline(
        _ description: ObjectDescription, id: RecordID, limit: Int = RecordQuery.defaultLimit, after: String? = nil,
        seal: CursorSeal, catalog: ObjectCatalog
    ) throws(TandemError) -> JSON {
        let limit = min(max(limit, 1), RecordQuery.limitMaximum)
        let list = CursorList(name: "timeline/" + id.text, seal: seal)
        let keys = try list.keys(after)
        let before = keys.first.flatMap { $0 }.flatMap(WireTime.parse)
        let rows = try run(
            .call(
                "record_timeline", .text(description.name), .uuid(id), .int4(Int32(limit + 1)),
                before.map(Bind.timestamptz) ?? .null(.timestamptz),
                keys.count == 2 ? keys[1].map(Bind.text) ?? .null(.text) : .null(.text)))
        var items: [JSON] = []
        var next: [String]?
        for row in rows.prefix(limit) {
            let at = try reading { () throws(PostgresError) in try row.timestamp(0) }
            let key = try reading { () throws(PostgresError) in try row.text(1) }
            let kind = try reading { () throws(PostgresError) in try row.text(2) }
            let data = TimelineEntry.present(kind: kind, try row.json(3)?.object ?? JSONObject(), catalog: catalog)
            items.append(["at": .string(RecordTime.text(at)), "kind": .string(kind), "data": data])
            next = [RecordTime.text(at), key]
        }
        return list.page(items, next: rows.count > limit ? next : nil)
    }

    /// What each source says of the record's fields: `{"items": [{"field", "source", "rank", "at", "value", "shown"}]}`.
    public func recordFieldSources(
        _ description: ObjectDescription, id: RecordID, catalog: ObjectCatalog
    ) throws(TandemError) -> JSON {
        _ = try recordGet(description, id: id, catalog: catalog)
        let rows = try run(.call("field_sources", .text(description.name), .uuid(id)))
        let presenter = RecordPresenter(description: description, catalog: catalog)
        var items: [JSON] = []
        for row in rows {
            let name = try reading { () throws(PostgresError) in try row.text(0) }
            let value = try row.json(5) ?? .null
            guard let field = description.field(name) else { continue }
            let item: JSONObject = [
                "field": .string(name),
                "source": .string(try reading { () throws(PostgresError) in try row.text(2) }),
                "rank": .number(try reading { () throws(PostgresError) in try row.int(3) }),
                "at": .string(RecordTime.text(try reading { () throws(PostgresError) in try row.timestamp(4) })),
                "value": presenter.present(value, field, beside: JSONObject()),
                "shown": .bool(try reading { () throws(PostgresError) in try row.bool(6) }),
            ]
            items.append(.object(item))
        }
        return ["items": .array(items)]
    }
}

/// The page of a list that is no list of records.
struct CursorList {
    let name: String
    let seal: CursorSeal

    func keys(_ after: String?) throws(TandemError) -> [String?] {
        guard let after else { return [] }
        return try PageCursor(opening: after, with: seal.key, scope: seal.scope(name), fingerprint: []).keys
    }

    func cursor(_ keys: [String]) -> String {
        PageCursor(keys: keys, fingerprint: []).sealed(with: seal.key, scope: seal.scope(name))
    }

    func page(_ items: [JSON], next: [String]?) -> JSON {
        let cursor = next.map(cursor)
        return [
            "items": .array(items), "page": ["next": .string(orNull: cursor), "has_more": .bool(cursor != nil)],
        ]
    }
}

/// The ids and amounts of a timeline's entry, in wire form.
enum TimelineEntry {
    /// Of fields that the catalog's object does not have, the caller may not read it.
    static func present(kind: String, _ data: JSONObject, catalog: ObjectCatalog) -> JSON {
        var shown = data
        if let known = ObjectCatalog.standard.object(kind), let seen = catalog.object(kind) {
            for name in data.names {
                let field = ["from_stage", "to_stage"].contains(name) ? "stage_id" : name
                if known.field(field) != nil, seen.field(field) == nil { shown[name] = nil }
            }
        }
        let own: [String: PublicID.Prefix] = [
            "activity": .activity, "opportunity": .opportunity, "ticket": .ticket, "event": .event,
            "comment": .comment,
        ]
        let prefixes: [String: PublicID.Prefix?] = ["id": own[kind], "owner_id": .user, "profile_id": .profile]
        for (name, prefix) in prefixes {
            guard let prefix, let id = shown[name]?.string.flatMap({ PublicID(prefix, text: $0) }) else { continue }
            shown[name] = .string(id.description)
        }
        if let object = shown["object"]?.string.flatMap({ ObjectCatalog.standard.object($0) }),
            let id = shown["object_id"]?.string.flatMap({ PublicID(object.prefix, text: $0) })
        {
            shown["object_id"] = .string(id.description)
        }
        if let ids = shown["mentions"]?.array {
            shown["mentions"] = .array(
                ids.map { id in
                    id.string.flatMap { PublicID(.user, text: $0) }.map { .string($0.description) } ?? id
                })
        }
        if let text = shown["amount"]?.number?.text, let amount = DecimalNumber(text) {
            shown["amount"] = .string(amount.text(decimals: CurrencyDecimals.of(shown["currency"]?.string)))
        }
        return .object(shown)
    }
}
