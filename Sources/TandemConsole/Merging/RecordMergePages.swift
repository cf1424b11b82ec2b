import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

extension Console {
    var compareRoutes: [Route] {
        RecordMerge.objects.flatMap { object -> [Route] in
            let place = "/console/{tenant}/compare/\(object.plural)"
            return [
                page(
                    place, "\(object.plural.capitalized) side by side, to merge them", module: object.module,
                    right: .to("merge", object.name),
                    parameters: [
                        .init("record", "One of them; given once for each"),
                        .init("q", "Words of another one that is meant"),
                    ], takesFields: true
                ) { call, visit in
                    try await compare(object, call.query, visit)
                },
                action(
                    place, "Merge \(object.plural), or say what that would do", module: object.module,
                    right: .to("merge", object.name)
                ) {
                    _, visit, form in
                    form["do"] == "merge"
                        ? try await merge(object, form, visit) : try await compare(object, form, visit)
                },
            ]
        }
    }

    /// The page with what was chosen so far; `refused`: why it was not merged.
    private func compare(
        _ object: ObjectDescription, _ form: Query, _ visit: Visit, refused: String? = nil
    ) async throws -> Response {
        try Self.requireMerging(visit, [object])
        let tenant = try visit.requiredTenant()
        let place = "/console/\(tenant.slug)/\(object.plural)"
        let words = TimeWords(tenant.timezone)
        let ids = Self.records(object, form)
        if ids.isEmpty { throw Problem.notFound }
        let catalog = try await catalog(of: tenant)
        let found = try await reading(tenant) { (connection) throws(TandemError) -> Compared in
            try Self.compared(catalog[object], ids, form, catalog, on: connection)
        }
        guard let choices = found.choices else { throw Problem.notFound }
        let query = ids.count < MergeChoices.maximum ? form["q"]?.trimmingCharacters(in: .whitespaces) ?? "" : ""
        let proposals = query.isEmpty ? [] : try await proposals(object, query, besides: ids, tenant)
        let (plan, reason) = try await plan(choices, catalog, visit, words)
        let names = choices.records.map(MergeChoices.name)
        let title = names.count > 1 ? "Merge \(names.joined(separator: " and "))" : "Merge \(names.first ?? "")"
        let page = ComparePage(
            chrome: Chrome(
                title: title, visit: visit, place: Chrome.Place(rawValue: object.plural) ?? .duplicates,
                version: version),
            plural: object.plural, action: "/console/\(tenant.slug)/compare/\(object.plural)", csrf: visit.csrf,
            candidates: choices.records.map { record in
                let id = object.publicID(record.id)
                return .init(
                    candidateID: id, candidateName: MergeChoices.name(record), candidateHref: "\(place)/\(id)",
                    since: words.moment(record.json["created_at"]?.string)?.day ?? "",
                    isWinner: record.id == choices.winner.id)
            },
            isComparison: choices.records.count > 1, winner: object.publicID(choices.winner.id),
            rows: choices.rows(found.titles, words), hasRows: !choices.fields.isEmpty && choices.records.count > 1,
            plan: plan, refused: refused ?? reason, search: query,
            proposals: proposals, hasSearched: !query.isEmpty,
            cancelHref: "\(place)/\(object.publicID(choices.winner.id))")
        return Response(
            html: templates.render(page, as: "compare"), status: refused == nil ? .ok : .conflict)
    }

    /// What the page is made of.
    private struct Compared: Sendable {
        let choices: MergeChoices?
        /// Of the records that links lead to, by id.
        let titles: [String: String]
    }

    private static func compared(
        _ description: ObjectDescription, _ ids: [RecordID], _ form: Query, _ catalog: ObjectCatalog,
        on connection: Connection
    ) throws(TandemError) -> Compared {
        let records = try ids.map { (id) throws(TandemError) in
            try connection.recordGet(description, id: id, catalog: catalog)
        }
        guard
            let choices = MergeChoices(
                description, records, winner: form["winner"], seen: form["seen"], asked: asked(form))
        else { return Compared(choices: nil, titles: [:]) }
        var titles: [String: String] = [:]
        for name in choices.fields {
            guard let field = description.field(name), case .link(let target) = field.type else { continue }
            let linked = records.compactMap {
                $0.json[name]?.string.flatMap { PublicID(target.prefix, text: $0)?.uuid }
            }
            for choice in try connection.recordChoices(catalog.target(target), ids: linked) {
                titles[PublicID(target.prefix, choice.id).description] = choice.title
            }
        }
        return Compared(choices: choices, titles: titles)
    }

    /// What merging would do, or why it is not possible.
    private func plan(
        _ choices: MergeChoices, _ catalog: ObjectCatalog, _ visit: Visit, _ words: TimeWords
    ) async throws -> (MergePlan?, String?) {
        guard choices.records.count > 1 else { return (nil, nil) }
        let (tenant, actor) = (try visit.requiredTenant().unlimited, visit.actor)
        let description = choices.description
        do {
            let planned = try await writing(tenant, deadline: RecordMerge.longest) {
                (connection) throws(TandemError) -> JSON in
                let merge = try RecordMerge(choices.body, into: choices.winner.id, of: description, catalog: catalog)
                return try connection.mergeRecords(
                    into: choices.winner.id, merge, by: actor, dryRun: true, catalog: catalog)
            }
            let names = Dictionary(
                choices.records.map { (description.publicID($0.id), MergeChoices.name($0)) },
                uniquingKeysWith: { first, _ in first })
            return (MergePlan(planned, of: description, names: names, words), nil)
        } catch let error as TandemError {
            guard let reason = Self.reason(error) else { throw error }
            return (nil, reason)
        }
    }

    /// Why records cannot be merged as they are; nil: that is no matter of the records.
    private static func reason(_ error: TandemError) -> String? {
        switch error {
        case .conflict(let detail): detail
        case .invalid(let errors): errors.map { "\($0.pointer): \($0.detail)" }.joined(separator: "; ")
        case .alreadyMerged: "One of them was merged with another record meanwhile."
        default: nil
        }
    }

    private static func asked(_ form: Query) -> [String: String] {
        var asked: [String: String] = [:]
        for (name, value) in form.items where name.hasPrefix("choose.") { asked[String(name.dropFirst(7))] = value }
        return asked
    }

    private static func records(_ object: ObjectDescription, _ form: Query) -> [RecordID] {
        var ids: [RecordID] = []
        for (name, value) in form.items where name == "record" {
            guard let id = PublicID(object.prefix, text: value)?.uuid, !ids.contains(id) else { continue }
            ids.append(id)
        }
        return Array(ids.prefix(MergeChoices.maximum))
    }

    private func proposals(
        _ object: ObjectDescription, _ query: String, besides ids: [RecordID], _ tenant: Tenant
    ) async throws -> [ComparePage.Proposal] {
        let place = "/console/\(tenant.slug)/compare/\(object.plural)?"
        let known = ids.map { object.publicID($0) }
        let items = try await reading(tenant) { (connection, catalog) throws(TandemError) -> [JSON] in
            do throws(TandemError) {
                return try connection.recordSearch(query, modules: tenant.modules, limit: 20, catalog: catalog)[
                    "items"]?
                    .array ?? []
            } catch .invalid {
                return []
            }
        }
        return items.compactMap { item in
            guard item["object"]?.string == object.name, let id = item["id"]?.string, !known.contains(id) else {
                return nil
            }
            let query = (known + [id]).map { "record=\($0)" }.joined(separator: "&")
            return .init(proposalHref: place + query, proposalName: item["title"]?.string ?? id)
        }
    }

    private func merge(_ object: ObjectDescription, _ form: Query, _ visit: Visit) async throws -> Response {
        try Self.requireMerging(visit, [object])
        let catalog = try await catalog(of: visit.requiredTenant())
        let tenant = try visit.requiredTenant().unlimited
        let (ids, actor) = (Self.records(object, form), visit.actor)
        let description = catalog[object]
        do {
            let winner = try await writing(tenant, deadline: RecordMerge.longest) {
                (connection) throws(TandemError) -> RecordID in
                let records = try ids.map { (id) throws(TandemError) in
                    try connection.recordGet(description, id: id, catalog: catalog)
                }
                guard records.count > 1,
                    let choices = MergeChoices(
                        description, records, winner: form["winner"], seen: form["seen"], asked: Self.asked(form))
                else { throw .conflict("There is only one record to merge.") }
                let merge = try RecordMerge(choices.body, into: choices.winner.id, of: description, catalog: catalog)
                _ = try connection.mergeRecords(into: choices.winner.id, merge, by: actor)
                return choices.winner.id
            }
            let place = "/console/\(tenant.slug)/\(object.plural)/\(object.publicID(winner))"
            return .seeOther(Self.with(notice: "records-merged", place))
        } catch let error as TandemError {
            guard let words = Self.reason(error) else { throw error }
            return try await compare(object, form, visit, refused: words)
        }
    }
}

extension MergeChoices {
    /// The table of the page.
    /// - Parameter titles: of the records that links lead to, by id.
    func rows(_ titles: [String: String], _ words: TimeWords) -> [ComparePage.Row] {
        fields.map { name in
            let field = description.field(name)
            return ComparePage.Row(
                fieldLabel: field.map { FieldWords.label($0) } ?? "Address", fieldName: name,
                cells: records.map { record in
                    let said = Self.values(name, record, description).map { value -> String in
                        if let title = value.string.flatMap({ titles[$0] }) { return title }
                        return field.map { FieldWords.text(value, $0, words) } ?? value.string ?? value.text
                    }
                    return ComparePage.Cell(
                        of: Self.name(record), record: description.publicID(record.id),
                        shown: said.joined(separator: ", "), isEmpty: said.isEmpty,
                        isChosen: isTaken(record, for: name))
                })
        }
    }
}

extension Console {
    /// As `writing`, for what takes longer than pages do.
    func writing<Result: Sendable>(
        _ tenant: Tenant, deadline: Duration,
        _ body: @escaping @Sendable (Connection) throws(TandemError) -> Result
    ) async throws -> Result {
        try await context.pool.withConnection(affinity: tenant.database.affinity, deadline: deadline) {
            (connection) throws -> Result in
            try connection.inTenant(tenant.database, body)
        }
    }
}
