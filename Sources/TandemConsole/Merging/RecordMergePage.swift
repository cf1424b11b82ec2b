import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What was merged into a record, on its page.
struct MergedCard {
    struct Entry {
        let mergedNames: String
        let mergedAt: Moment?
        let mergedBy: String
        let mergeHref: String
        let isUndone: Bool
    }

    let merged: [Entry]
}

/// One merge of records: what it did, and what undoing it would bring back.
struct RecordMergePage {
    struct Loser {
        let loserName: String
        let loserID: String
    }

    let chrome: Chrome
    let losers: [Loser]
    let winnerName: String
    let winnerHref: String
    let at: Moment?
    let actor: String
    let did: MergePlan
    /// Set once it was undone.
    let undone: Moment?
    let undoneBy: String?
    /// What undoing brings back, or brought back.
    let returned: [String]
    let hasReturned: Bool
    /// What it cannot, or could not.
    let lost: [String]
    let hasLost: Bool
    let undoAction: String?
    /// Why it cannot be undone now.
    let refused: String?
    let csrf: String
}

extension Console {
    var recordMergeRoutes: [Route] {
        duplicateRoutes + compareRoutes + [
            page("/console/{tenant}/record-merges/{merge}", "One merge of records", right: Self.mergeRight) {
                call, visit in
                try await recordMerge(call.id("merge", .merge), call, visit)
            },
            action(
                "/console/{tenant}/record-merges/{merge}/undo", "Take a merge of records back", right: Self.mergeRight
            ) { call, visit, _ in
                try await undoRecordMerge(call.id("merge", .merge), visit)
            },
        ]
    }

    /// What was merged into a record; nil: nothing ever was.
    func mergedCard(
        _ object: ObjectDescription, _ id: RecordID, _ visit: Visit, _ tenant: Tenant
    ) async throws -> MergedCard? {
        guard RecordMerge.objects.contains(where: { $0.name == object.name }), Self.mayMerge(visit, [object]) else {
            return nil
        }
        let merges = try await reading(tenant) { (connection, catalog) throws(TandemError) in
            try connection.recordMerges(of: object.name, record: id, limit: 20, catalog: catalog)
        }
        let words = TimeWords(tenant.timezone)
        let mine = merges.filter { $0["winner"]?.string == object.publicID(id) }
        guard !mine.isEmpty else { return nil }
        return MergedCard(
            merged: mine.map { merge in
                MergedCard.Entry(
                    mergedNames: (merge["losers"]?.array ?? []).map { $0["name"]?.string ?? "without a name" }
                        .joined(separator: ", "),
                    mergedAt: words.moment(merge["at"]?.string),
                    mergedBy: ActorWords.words(merge["actor"]?.string ?? ""),
                    mergeHref: "/console/\(tenant.slug)/record-merges/\(merge["id"]?.string ?? "")",
                    isUndone: merge["state"]?.string == "undone")
            })
    }

    private func recordMerge(_ id: UUID, _ call: Call, _ visit: Visit) async throws -> Response {
        let catalog = try await catalog(of: visit.requiredTenant())
        let (tenant, actor) = (try visit.requiredTenant().unlimited, visit.actor)
        let merge = try await reading(tenant) { (connection) throws(TandemError) in
            try connection.showRecordMerge(id, catalog: catalog)
        }
        guard let object = merge["object"]?.string.flatMap({ context.catalogs.standard.object($0) }) else {
            throw Problem.notFound
        }
        try Self.requireMerging(visit, [object])
        let isApplied = merge["state"]?.string == "applied"
        var (undo, refused): (JSON?, String?) = (merge["undo"], nil)
        if isApplied {
            do {
                undo = try await writing(tenant, deadline: RecordMerge.longest) { (connection) throws(TandemError) in
                    try connection.undoRecordMerge(id, by: actor, dryRun: true, catalog: catalog)
                }["undo"]
            } catch TandemError.conflict(let detail) {
                refused = detail
            } catch TandemError.erased {
                refused = "One of the persons was erased, so that it cannot be undone."
            }
        }
        let page = try await shown(merge, object, id, undo: undo, refused: refused, isApplied: isApplied, call, visit)
        return Response(html: templates.render(page, as: "record-merge"))
    }

    private func shown(
        _ merge: JSON, _ object: ObjectDescription, _ id: UUID, undo: JSON?, refused: String?, isApplied: Bool,
        _ call: Call, _ visit: Visit
    ) async throws -> RecordMergePage {
        let tenant = try visit.requiredTenant()
        let path = "/console/\(tenant.slug)"
        let words = TimeWords(tenant.timezone)
        let description = try await catalog(of: tenant)[object]
        let losers = (merge["losers"]?.array ?? []).map {
            RecordMergePage.Loser(
                loserName: $0["name"]?.string ?? "without a name", loserID: $0["id"]?.string ?? "")
        }
        let winner = merge["winner"]?.string ?? ""
        let winnerID = PublicID(object.prefix, text: winner)?.uuid
        let titles = try await reading(tenant) { (connection, catalog) throws(TandemError) -> String? in
            guard let winnerID else { return nil }
            do throws(TandemError) {
                return MergeChoices.name(try connection.recordGet(catalog[object], id: winnerID, catalog: catalog))
            } catch {
                return nil
            }
        }
        let names = Dictionary(losers.map { ($0.loserID, $0.loserName) }, uniquingKeysWith: { first, _ in first })
        let returned = Self.returned(undo, losers, isApplied: isApplied)
        let lost = Self.lost(undo, object, names, isApplied: isApplied)
        return RecordMergePage(
            chrome: Chrome(
                title: "Merge of \(object.plural)", visit: visit,
                place: Chrome.Place(rawValue: object.plural) ?? .duplicates, notice: call.query["notice"],
                version: version),
            losers: losers, winnerName: titles ?? winner, winnerHref: "\(path)/\(object.plural)/\(winner)",
            at: words.moment(merge["at"]?.string), actor: ActorWords.words(merge["actor"]?.string ?? ""),
            did: MergePlan(merge, of: description, names: names, words),
            undone: words.moment(merge["undone_at"]?.string),
            undoneBy: merge["undone_by"]?.string.map { ActorWords.words($0) },
            returned: refused == nil ? returned : [], hasReturned: refused == nil && !returned.isEmpty,
            lost: refused == nil ? lost : [], hasLost: refused == nil && !lost.isEmpty,
            undoAction: isApplied && refused == nil ? "\(path)/record-merges/\(PublicID(.merge, id))/undo" : nil,
            refused: refused, csrf: visit.csrf)
    }

    private static func returned(_ undo: JSON?, _ losers: [RecordMergePage.Loser], isApplied: Bool) -> [String] {
        losers.map { "\($0.loserName), under its own address" }
            + MergePlan.counts(undo?["returned"]).map { "\($0) that \(isApplied ? "were" : "had been") moved" }
    }

    private static func lost(
        _ undo: JSON?, _ object: ObjectDescription, _ names: [String: String], isApplied: Bool
    ) -> [String] {
        let stays = isApplied ? "stays" : "stayed"
        let kept = (undo?["kept"]?.array ?? []).compactMap(\.string).map { name in
            "\(FieldWords.label(name)) \(stays) as it is: somebody has edited it since"
        }
        let gone = (undo?["lost"]?.object ?? [:]).flatMap { record, fields in
            (fields.array ?? []).compactMap(\.string).map {
                "\(FieldWords.label($0)) of \(names[record] ?? record): taken or gone since"
            }
        }
        return kept + gone + MergePlan.counts(undo?["missing"]).map { "\($0): elsewhere or deleted since" }
    }

    private func undoRecordMerge(_ id: UUID, _ visit: Visit) async throws -> Response {
        let (tenant, actor) = (try visit.requiredTenant().unlimited, visit.actor)
        let merge = try await reading(tenant) { (connection) throws(TandemError) in
            try connection.showRecordMerge(id)
        }
        try Self.requireMerging(visit, RecordMerge.objects.filter { $0.name == merge["object"]?.string })
        let place = "/console/\(tenant.slug)/record-merges/\(PublicID(.merge, id))"
        do {
            _ = try await writing(tenant, deadline: RecordMerge.longest) { (connection) throws(TandemError) in
                try connection.undoRecordMerge(id, by: actor)
            }
        } catch TandemError.alreadyUndone {
            return .seeOther(Self.with(notice: "already-undone", place))
        } catch TandemError.conflict {
            return .seeOther(place)
        }
        return .seeOther(Self.with(notice: "records-parted", place))
    }
}
