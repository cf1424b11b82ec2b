public import Foundation
public import Postgres

/// Pairs of records that may be one, as API and command line show them.
public enum DuplicatePresenter {
    /// How often a reason alone is right, in hundredths: rough, to order pairs by.
    private static let weights = [
        "email": 95, "phone_and_name": 90, "name_and_account": 80, "company": 70, "domain": 60,
    ]

    /// How likely a pair is one, 0 to 100: the more reasons, the more.
    static func score(_ reasons: [String]) -> Int {
        let doubt = reasons.reduce(1.0) { $0 * (1 - Double(weights[$1] ?? 50) / 100) }
        return Int((100 * (1 - doubt)).rounded(.down))
    }

    public static func shown(_ json: JSON, catalog: ObjectCatalog = .standard) -> JSON {
        guard var object = json.object else { return json }
        func id(_ value: JSON?, _ prefix: PublicID.Prefix) -> JSON {
            value?.string.flatMap { UUID(uuidString: $0) }.map { .string(PublicID(prefix, $0).description) } ?? .null
        }
        object["id"] = id(object["id"], .duplicate)
        if object["merge"] != nil { object["merge"] = id(object["merge"], .merge) }
        if let reasons = object["reasons"]?.array {
            object["score"] = .number(Self.score(reasons.compactMap(\.string)))
        }
        if let records = object["records"]?.array {
            object["records"] = .array(
                records.map { record in
                    guard var shown = record.object, let name = shown["object"]?.string,
                        let description = catalog.object(name)
                    else { return record }
                    shown["id"] = id(shown["id"], description.prefix)
                    if !description.showsName { shown["name"] = .null }
                    shown["fields"] = RecordPresenter(description: description, catalog: catalog)
                        .present(shown["fields"]?.object ?? JSONObject())
                    return .object(shown)
                })
        }
        return .object(object)
    }
}

// Inside a transaction of the tenant: `connection.inTenant(tenant.database) { … }`.

extension Connection {
    /// Looks for records that may be one; answers how many pairs are new.
    public func findDuplicates() throws(TandemError) -> Int {
        try allowLongStatements()
        let rows = try run(.call("find_duplicates", .textArray(FreeMail.domains.sorted())))
        guard let row = rows.first else { return 0 }
        return try reading { () throws(PostgresError) in try row.int(0) }
    }

    /// - Parameter before: the last one of the page before.
    public func duplicates(
        of object: String? = nil, state: String = "open", before: UUID? = nil, limit: Int = 50
    ) throws(TandemError) -> [JSON] {
        let rows = try run(
            .call("duplicate_list", object.bind, .text(state), before.bind, .int4(Int32(limit))))
        var items: [JSON] = []
        let catalog = try tenantCatalog()
        for row in rows {
            if let json = try row.json(1) { items.append(DuplicatePresenter.shown(json, catalog: catalog)) }
        }
        return items
    }

    /// Two records that are two.
    ///
    /// - Throws: `notFound`, `alreadyDecided`.
    public func dismissDuplicate(
        _ id: UUID, by actor: String, catalog: ObjectCatalog = .standard
    ) throws(TandemError) -> JSON {
        DuplicatePresenter.shown(try decide(id, merge: false, winner: nil, actor, dryRun: false), catalog: catalog)
    }

    /// Two records that are one; answers the merge.
    ///
    /// - Throws: `notFound`, `alreadyDecided`, `conflict` (a lead and a contact), those of `mergeRecords`.
    public func mergeDuplicate(
        _ id: UUID, winner: UUID?, by actor: String, dryRun: Bool = false, catalog: ObjectCatalog = .standard
    ) throws(TandemError) -> JSON {
        RecordMergePresenter.shown(try decide(id, merge: true, winner: winner, actor, dryRun: dryRun), catalog: catalog)
    }

    private func decide(
        _ id: UUID, merge: Bool, winner: UUID?, _ actor: String, dryRun: Bool
    ) throws(TandemError) -> JSON {
        try allowLongStatements()
        let rows = try run(
            .call("decide_duplicate", .uuid(id), .bool(merge), winner.bind, .text(actor), .bool(dryRun)))
        guard let row = rows.first, let json = try row.json(0) else { throw .notFound() }
        return json
    }
}
