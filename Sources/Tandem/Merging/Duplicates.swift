public import Foundation
public import Postgres

/// Pairs of records that may be one, as API and command line show them.
public enum DuplicatePresenter {
    /// How often a reason alone is right, in hundredths: rough, for pairs that were not compared field by field.
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
        if let score = object["score"]?.double {
            object["score"] = .number(Int((100 * score).rounded(.down)))
        } else if let reasons = object["reasons"]?.array {
            object["score"] = .number(Self.score(reasons.compactMap(\.string)))
        }
        let names = (object["records"]?.array ?? []).map { $0["object"]?.string } + [object["object"]?.string]
        let compared = Set(names.compactMap { $0 }).compactMap { catalog.object($0) }
        if !compared.isEmpty {
            object["explanation"] = explanation(object["explanation"], of: compared)
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

    /// Which fields a comparison reads, where it is not called like the one that it reads.
    private static let fields = [
        "street": ["address_street"], "place": ["address_postal_code", "address_city"],
    ]

    /// Without what the caller may not read.
    private static func explanation(_ json: JSON?, of compared: [ObjectDescription]) -> JSON {
        guard var shown = json?.object else { return .null }
        shown["comparisons"] = .array(
            (shown["comparisons"]?.array ?? []).filter { comparison in
                guard let name = comparison["name"]?.string else { return false }
                return compared.allSatisfy { description in
                    (fields[name] ?? [name]).contains { description.field($0) != nil }
                }
            })
        return .object(shown)
    }

    /// What a comparison gave, for people: `last name +7.6`; nil for what it said nothing of.
    public static func words(_ comparison: JSON) -> String? {
        guard let name = comparison["name"]?.string, comparison["agreement"]?.string != "missing",
            let weight = comparison["weight"]?.double
        else { return nil }
        let plain = name.hasPrefix("cf_") ? String(name.dropFirst(3)) : name
        let tenths = Int((abs(weight) * 10).rounded())
        return plain.replacing("_", with: " ") + " " + (weight < 0 ? "−" : "+") + "\(tenths / 10).\(tenths % 10)"
    }
}

/// The search for duplicates, which takes a step a transaction where there are many records.
public enum DuplicateSearch {
    /// Of a step.
    public static let longest: Duration = .seconds(600)
    /// What is looked through: objects, and profiles, whose pairs wait as reviews.
    public static let kinds = RecordMerge.objects.map(\.name) + ["profile"]
    /// How many records are looked through at once while somebody waits; the server goes on with more by itself.
    static let atOnce = 20_000
    static let freeMail = FreeMail.domains.sorted()
    /// How long a request does steps before it answers: the console's page, and the API's call.
    public static let pagePatience: Duration = .seconds(3)
    public static let callPatience: Duration = .seconds(40)

    /// Begins a search, or goes on with the one that is under way, and does its steps while there is time, each in a transaction. What is left the
    /// server does by itself: `"finished"` is false then.
    ///
    /// - Parameters:
    ///   - kind: of `kinds`; nil: all.
    ///   - actor: who asked for it.
    ///   - transaction: runs a transaction of the tenant.
    /// - Returns: as `duplicateProgress`; to whoever's rights are those of roles `{"finished", "found"}` of what they may read.
    public static func run(
        of kind: String? = nil, by actor: String, within patience: Duration,
        _ transaction: @Sendable (@escaping @Sendable (Connection) throws(TandemError) -> JSON) async throws -> JSON
    ) async throws -> JSON {
        let end = ContinuousClock.now + patience
        let begun = try await transaction { (connection) throws(TandemError) in
            let records = try connection.beginDuplicates(of: kind, by: actor)
            return ["records": .number(Int(records)), "answer": try connection.duplicateAnswer()]
        }
        var answer = begun["answer"] ?? .null
        if begun["records"]?.int ?? 0 > atOnce { return answer }
        while answer["finished"]?.bool == false {
            let left = end - .now
            // A step that would be cut off at once is the server's.
            guard left > .milliseconds(200) else { break }
            do {
                answer = try await transaction { (connection) throws(TandemError) in
                    _ = try connection.stepDuplicates(within: left)
                    return try connection.duplicateAnswer()
                }
            } catch let error as TandemError where error == .deadlineExceeded || error.isLockTimeout {
                // The step is as if it had not been tried.
                break
            }
        }
        return answer
    }

    /// What was not compared, for people: a line a rule.
    public static func omissions(_ progress: JSON) -> [String] {
        (progress["skipped"]?.object ?? [:]).flatMap { object, rules in
            (rules.object ?? [:]).map { rule, counts in
                let keys = counts["keys"]?.int ?? 0
                let values = "\(keys) \(keys == 1 ? "value" : "values") of \(rule.replacing("_", with: " "))"
                return "\(object): \(values) with more than 100 records ("
                    + "\(counts["records"]?.int ?? 0)) paired nobody"
            }
        }
    }
}

// Inside a transaction of the tenant: `connection.inTenant(tenant.database) { … }`.

extension Connection {
    /// Looks for records and profiles that may be one, in one transaction; answers `{"finished", "found", "compared", "skipped", "weights"}`, to
    /// whoever's rights are those of roles `{"finished", "found"}` of what they may read. Where there is much it is only begun.
    ///
    /// - Parameter kind: of `DuplicateSearch.kinds`; nil: all.
    public func findDuplicates(of kind: String? = nil) throws(TandemError) -> JSON {
        try allowLongStatements()
        return try progress(
            .call(
                "find_duplicates", .textArray(DuplicateSearch.freeMail), .int8(Int64(DuplicateSearch.atOnce)),
                Self.kinds(kind)))
    }

    private static func kinds(_ kind: String?) -> Bind { kind.map { .textArray([$0]) } ?? .null(.textArray) }

    /// Begins a search, or goes on with the one that is under way. Each step is a transaction's work.
    ///
    /// - Parameter actor: who asked for it.
    /// - Returns: how many records and profiles there are to look through.
    @discardableResult
    public func beginDuplicates(of kind: String? = nil, by actor: String) throws(TandemError) -> Int64 {
        let rows = try run(.call("begin_duplicates", Self.kinds(kind), .text(actor)))
        return try reading { () throws(PostgresError) in Int64(try rows.one().int(0)) }
    }

    /// The next step of the search; answers as `findDuplicates` does.
    public func stepDuplicates(within time: Duration = DuplicateSearch.longest) throws(TandemError) -> JSON {
        let milliseconds = time.components.seconds * 1_000 + time.components.attoseconds / 1_000_000_000_000_000
        _ = try run(.call("set_config", .text("statement_timeout"), .text("\(milliseconds)"), .bool(true)))
        return try progress(.call("step_duplicates", .textArray(DuplicateSearch.freeMail), .bool(true)))
    }

    /// How far the search is, or was the last time; nil: there never was one.
    public func duplicateProgress() throws(TandemError) -> JSON? {
        guard let row = try run(.call("duplicate_search_state")).first else { return nil }
        return try row.json(0)
    }

    /// How far the search is, as the caller may know it.
    func duplicateAnswer() throws(TandemError) -> JSON { try progress(.call("duplicate_answer")) }

    private func progress(_ statement: Statement) throws(TandemError) -> JSON {
        guard let row = try run(statement).first, let json = try row.json(0) else {
            return ["finished": true, "found": 0]
        }
        return json
    }

    /// One pair, whatever its state.
    ///
    /// - Parameter catalog: what the caller may read; nil: all.
    /// - Throws: `notFound`.
    public func duplicate(_ id: UUID, catalog: ObjectCatalog? = nil) throws(TandemError) -> JSON {
        let rows = try run(
            .call("duplicate_list", .null(.text), .null(.text), .null(.uuid), .int4(1), .uuid(id)))
        guard let row = rows.first, let json = try row.json(1) else { throw .notFound() }
        if let catalog { return DuplicatePresenter.shown(json, catalog: catalog) }
        return DuplicatePresenter.shown(json, catalog: try tenantCatalog())
    }

    /// - Parameters:
    ///   - before: the last one of the page before.
    ///   - catalog: what the caller may read; nil: all.
    public func duplicates(
        of object: String? = nil, state: String = "open", before: UUID? = nil, limit: Int = 50,
        catalog: ObjectCatalog? = nil
    ) throws(TandemError) -> [JSON] {
        let rows = try run(
            .call("duplicate_list", object.bind, .text(state), before.bind, .int4(Int32(limit))))
        var items: [JSON] = []
        let seen: ObjectCatalog
        if let catalog { seen = catalog } else { seen = try tenantCatalog() }
        for row in rows {
            if let json = try row.json(1) { items.append(DuplicatePresenter.shown(json, catalog: seen)) }
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
