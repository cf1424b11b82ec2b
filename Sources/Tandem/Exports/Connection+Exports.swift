public import Foundation
public import Postgres

/// One page of what a file has.
public struct ExportPage: Sendable {
    public let items: [JSON]
    /// Where the next page begins; nil: this is the last.
    public let next: String?
}

/// A file as its download needs it.
public struct ExportedFile: Sendable {
    public let name: String
    public let format: ExportOrder.Format
    public let bytes: Int
    public let parts: Int
}

// All of these run inside a transaction of the tenant: `connection.inTenant(tenant.database) { … }`.

extension Connection {
    /// A page of what an order means.
    ///
    /// - Parameter after: where it begins; nil: the first.
    public func exportPage(
        _ order: ExportOrder, after: String?, seal: CursorSeal, catalog: ObjectCatalog
    ) throws(TandemError) -> ExportPage {
        switch order.contents {
        case .records(let description, var query):
            query.after = after
            let page = try recordList(description, query, seal: seal, catalog: catalog, reaching: "export")
            return ExportPage(items: page.items.map(\.json), next: page.next)
        case .profiles(let condition):
            let query = try ProfileQuery([
                "where": condition, "limit": .number(ExportOrder.pageRows), "after": .string(orNull: after),
            ])
            let page = try profileSearch(query, seal: seal)
            return ExportPage(items: page.items.map(IdentityPresenter.profile), next: page.next)
        case .events(let filter): return try exportEvents(filter, after: after)
        }
    }

    /// How many rows it will have, as of now.
    public func exportCount(_ order: ExportOrder) throws(TandemError) -> Int {
        switch order.contents {
        case .records(let description, let query):
            return try recordCount(description, query.filter, reaching: "export")
        case .profiles(let condition): return try profileCount(ProfileQuery(["where": condition]))
        case .events(let filter): return try replaySummary(filter)["count"]?.int ?? 0
        }
    }

    private func exportEvents(_ filter: ReplayFilter, after: String?) throws(TandemError) -> ExportPage {
        let place = (after ?? "").split(separator: " ").compactMap { Int64($0) }
        let rows = try run(
            .call(
                "export_events", filter.bind, .int8(place.count == 3 ? place[0] : -1),
                .timestamptz(place.count == 3 ? place[1] : 0), .int8(place.count == 3 ? place[2] : 0),
                .int4(Int32(ExportOrder.pageRows))))
        var items: [JSON] = []
        var next: String?
        for row in rows {
            let isWanted = try reading { () throws(PostgresError) in try row.bool("wanted") }
            if isWanted, let item = try row.json(3) { items.append(IdentityPresenter.event(item)) }
            next = try reading { () throws(PostgresError) in
                try row.bool("at_end")
                    ? nil : "\(try row.int("node")) \(try row.timestamp("ts")) \(try row.int("seq"))"
            }
        }
        return ExportPage(items: items, next: next)
    }

    /// Orders a file; answers the export. Whoever works for the tenant makes it (`OperationRunner`).
    ///
    /// - Throws: `limitReached` while too many files wait.
    public func exportOrder(_ order: ExportOrder, id: UUID, at time: Int64, by actor: String) throws(TandemError)
        -> JSON
    {
        _ = try run(.call("set_config", .text("statement_timeout"), .text("60s"), .bool(true)))
        let count = try exportCount(order)
        return try export(
            .call(
                "export_order", .uuid(id), order.bind, .int8(Int64(count)), .text(order.fileName(at: time)),
                .text(actor)))
    }

    /// An export.
    ///
    /// - Parameter actor: who may see their own alone; nil: all.
    /// - Throws: `notFound`.
    public func exportShow(_ id: UUID, of actor: String?) throws(TandemError) -> JSON {
        try export(.call("export_find", .uuid(id), actor.bind))
    }

    private func export(_ statement: Statement) throws(TandemError) -> JSON {
        guard let shown = try run(statement).first?.json(0) else { throw .notFound() }
        return ExportPresenter.shown(shown)
    }

    /// What the download of a file needs.
    ///
    /// - Throws: `notFound`; `conflict` while it is made, or if it never was; `erased` when it was emptied.
    public func exportFile(_ id: UUID, of actor: String?) throws(TandemError) -> ExportedFile {
        guard let row = try run(.call("export_file", .uuid(id), actor.bind)).first else { throw .notFound() }
        let (state, name, format, bytes, parts) = try reading { () throws(PostgresError) in
            (
                try row.text("state"), try row.text("file_name"), try row.text("format"), try row.int("bytes"),
                try row.int("parts")
            )
        }
        switch state {
        case "done": break
        case "withdrawn":
            throw .conflict("Somebody was erased since, who may be in the file, so it was emptied: order it again.")
        case "running": throw .conflict("The file is being made.")
        default: throw .conflict("The file was not made: the export is \(state).")
        }
        return ExportedFile(
            name: name, format: ExportOrder.Format(rawValue: format) ?? .csv, bytes: bytes, parts: parts)
    }

    /// One part of a file, from 0.
    ///
    /// - Throws: `notFound` when it is gone.
    public func exportPart(_ id: UUID, _ number: Int) throws(TandemError) -> [UInt8] {
        let rows = try run(.call("export_part_bytes", .uuid(id), .int4(Int32(clamping: number))))
        guard let row = rows.first else { throw .notFound() }
        return try reading { () throws(PostgresError) in try row.bytea(0) }
    }

    /// Deletes a file, and ends its making.
    ///
    /// - Parameter owner: who may delete their own alone; nil: all.
    /// - Throws: `notFound`.
    public func exportDiscard(_ id: UUID, of owner: String?, by actor: String) throws(TandemError) {
        _ = try run(.call("export_discard", .uuid(id), owner.bind, .text(actor)))
    }
}

/// Exports as API, command line and console show them.
public enum ExportPresenter {
    public static func shown(_ json: JSON) -> JSON {
        guard var object = OperationPresenter.shown(json).object else { return json }
        if let id = object["id"]?.string.flatMap(UUID.init(uuidString:)) {
            object["id"] = .string(PublicID(.operation, id).description)
        }
        if var input = object["input"]?.object {
            for name in ["object", "format", "caller"] { input[name] = nil }
            object["input"] = .object(input)
        }
        object["file"] =
            object["state"]?.string == "done" ? .string("/v1/exports/\(object["id"]?.string ?? "")/file") : .null
        return .object(object)
    }
}
