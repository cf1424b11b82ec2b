import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Who did what, newest first, and whether that is still as it was written.
struct AuditPage {
    struct Entry {
        let when: Moment?
        let who: String
        let action: String
        let object: String
        let objectID: String
        let detail: String?
    }

    struct Field {
        let name: String
        let label: String
        let value: String
        let hint: String
    }

    /// What reading all of it said.
    struct State {
        let text: String
        let isIntact: Bool
        let breaches: [String]
    }

    let chrome: Chrome
    let path: String
    let fields: [Field]
    let problem: String?
    let state: State?
    let entries: [Entry]
    let hasEntries: Bool
    let pager: Pager?
}

extension Console {
    private static let entriesOnPage = 50
    private static let filters: [(name: String, label: String, hint: String)] = [
        ("actor", "Who", "user:sales@acme.example"), ("action", "What", "contact, or contact.write"),
        ("object_id", "Record", "its id"), ("since", "Since", "2026-11-01"), ("until", "Until", "2026-12-01"),
    ]

    var auditRoutes: [Route] {
        [
            page(
                "/console/{tenant}/audit", "Who did what, newest first", right: .operators,
                parameters: Self.filters.map { .init($0.name, $0.label) } + [
                    .init("after", "The last entry of the page before: time, chain and place"),
                    .init("verify", "1 reads all entries and says whether they are as they were written"),
                ]
            ) { call, visit in
                try await audit(call, visit, visit.requiredTenant())
            }
        ]
    }

    private func audit(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        var (filter, problem): (AuditFilter?, String?) = (nil, nil)
        do {
            filter = try AuditFilter(Self.filters.map { ($0.name, call.query[$0.name]) })
        } catch {
            problem = "\(call.query["since"] ?? "") … \(call.query["until"] ?? "") is no time: write 2026-11-01."
        }
        let (items, next) = try await entries(filter, after: Self.place(call.query["after"]), tenant)
        let words = TimeWords(tenant.timezone)
        let path = "/console/\(tenant.slug)/audit"
        let chosen = Self.filters.compactMap { one in
            call.query[one.name].flatMap { $0.isEmpty ? nil : "\(one.name)=\(queryValue($0))" }
        }
        let page = AuditPage(
            chrome: Chrome(title: "Audit", visit: visit, place: .audit, version: version), path: path,
            fields: Self.filters.map {
                AuditPage.Field(name: $0.name, label: $0.label, value: call.query[$0.name] ?? "", hint: $0.hint)
            },
            problem: problem, state: call.query["verify"] == "1" ? try await auditState(tenant) : nil,
            entries: items.map { Self.shown($0, words) }, hasEntries: !items.isEmpty,
            pager: next.map {
                Pager(href: path + "?" + (chosen + ["after=\($0.at)-\($0.chain)-\($0.seq)"]).joined(separator: "&"))
            })
        return Response(html: templates.render(page, as: "audit"))
    }

    private func entries(
        _ filter: AuditFilter?, after: AuditPlace?, _ tenant: Tenant
    ) async throws -> (items: [JSON], next: AuditPlace?) {
        guard let filter else { return ([], nil) }
        return try await reading(tenant) { (connection) throws(TandemError) in
            try connection.auditEntries(filter, after: after, limit: Self.entriesOnPage)
        }
    }

    private func auditState(_ tenant: Tenant) async throws -> AuditPage.State {
        let state = try await reading(tenant) { (connection) throws(TandemError) in try connection.auditState() }
        let breaches = (state["breaches"]?.array ?? []).map {
            "Entry \($0["seq"]?.int ?? 0) of chain \($0["chain"]?.int ?? 0) is \($0["breach"]?.string ?? "")."
        }
        let count = "\(Figures.count(state["entries"]?.int ?? 0)) entries"
        return AuditPage.State(
            text: breaches.isEmpty ? "\(count), all as they were written." : "\(count), not as they were written.",
            isIntact: breaches.isEmpty, breaches: breaches)
    }

    private static func place(_ text: String?) -> AuditPlace? {
        let parts = (text ?? "").split(separator: "-").compactMap { Int64($0) }
        guard parts.count == 3 else { return nil }
        return AuditPlace(at: parts[0], chain: Int(clamping: parts[1]), seq: parts[2])
    }

    private static func shown(_ entry: JSON, _ words: TimeWords) -> AuditPage.Entry {
        let detail = entry["detail"]?.object ?? [:]
        return AuditPage.Entry(
            when: words.moment(entry["at"]?.string ?? ""), who: ActorWords.words(entry["actor"]?.string ?? ""),
            action: entry["action"]?.string ?? "", object: entry["object"]?.string ?? "",
            objectID: entry["object_id"]?.string ?? "", detail: detail.isEmpty ? nil : JSON.object(detail).text)
    }
}
