import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// One merge, and what undoing it changes.
struct MergePage {
    let chrome: Chrome
    let sides: String
    let why: String
    let ref: String
    let state: String
    let tone: String
    let when: Moment?
    let undone: Moment?
    let undoneBy: String?
    /// Nil once it is undone, or if it cannot be.
    let plan: PlanCard?
    /// Of records that were merged with the profiles: what comes back and what cannot.
    let records: [String]
    let hasRecords: Bool
    /// Why it cannot be undone.
    let refused: String?
    /// Nil: the visitor may not.
    let undoAction: String?
    let csrf: String
    let backHref: String
}

extension Console {
    /// Pages before which a merge is undone, with what that changes.
    var mergePageRoute: Route {
        page(
            "/console/{tenant}/merges/{merge}", "One merge, and what undoing it changes", right: .profiles,
            parameters: [.init("back", "The page to go back to")]
        ) { call, visit in
            try await merge(call.id("merge", .merge), call, visit)
        }
    }

    private func merge(_ id: UUID, _ call: Call, _ visit: Visit) async throws -> Response {
        let (tenant, actor) = (try visit.requiredTenant(), visit.actor)
        let path = "/console/\(tenant.slug)"
        let merge = try await reading(tenant) { (connection) throws(TandemError) in try connection.mergeShow(id) }
        var (planned, refused): (JSON?, String?) = (nil, nil)
        switch merge["state"]?.string {
        case "applied":
            do {
                planned = try await writing(tenant.unlimited, deadline: RecordMerge.longest) {
                    (connection) throws(TandemError) in try connection.mergeUndo(id, actor: actor, isDryRun: true)
                }
            } catch TandemError.conflict(let detail) {
                refused = detail
            } catch TandemError.erased {
                refused = "One of the people was erased."
            }
        case "erased": refused = "One of the people was erased."
        default: break
        }
        let plan = planned?["plan"].map { IdentityPlan($0) }
        let records = Self.records(planned?["records"])
        let isApplied = merge["state"]?.string == "applied"
        let words = TimeWords(tenant.timezone)
        let page = MergePage(
            chrome: Chrome(
                title: "A merge", visit: visit, place: .merges, notice: call.query["notice"], version: version),
            sides: plan.map { $0.after.map(\.name).joined(separator: " and ") } ?? "people",
            why: MergeBox.why(cause: merge["cause"]?.string ?? "", actor: merge["actor"]?.string ?? ""),
            ref: merge["ref"]?.string ?? "", state: merge["state"]?.string ?? "", tone: isApplied ? "good" : "info",
            when: words.moment(merge["effective_at"]?.string), undone: words.moment(merge["undone_at"]?.string),
            undoneBy: merge["undone_by"]?.string.map { ActorWords.words($0) },
            plan: plan.map { PlanCard($0, path: path) { visit.mayReadAll($0) } }, records: records,
            hasRecords: !records.isEmpty, refused: refused,
            undoAction: plan != nil && visit.may("edit", "profile")
                ? "\(path)/merges/\(PublicID(.merge, id))/undo" : nil,
            csrf: visit.csrf, backHref: Self.local(call.query["back"], tenant) ?? "\(path)/merges")
        return Response(html: templates.render(page, as: "merge"))
    }

    private static func records(_ undo: JSON?) -> [String] {
        guard let undo else { return [] }
        let kept = (undo["kept"]?.array ?? []).compactMap(\.string)
        let lost = (undo["lost"]?.object ?? [:]).flatMap { ($0.1.array ?? []).compactMap(\.string) }
        return MergePlan.counts(undo["returned"]).map { "\($0) come back" }
            + MergePlan.counts(undo["missing"]).map { "\($0) are elsewhere by now and stay there" }
            + kept.map { "\($0) was edited since and stays" } + lost.map { "\($0) cannot be given back" }
    }
}

extension Visit {
    /// Whether all records of an object may be shown, whosever they are.
    func mayReadAll(_ object: String) -> Bool { rights?.mayAll("read", object) ?? true }
}
