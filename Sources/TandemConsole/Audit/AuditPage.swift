import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Who did what, newest first, and whether that is still as it was written: in a tenant, or as its administrator.
struct AuditPage {
    struct Entry {
        let when: Moment?
        let who: String
        let action: String
        let object: String
        let objectID: String
        let detail: String?
        /// The tenant that administrators did it to; nil: none, or the page is the tenant's own.
        let tenantName: String?
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
    /// Whose doing it is.
    let lead: String
    let command: String
    /// Entries are of several tenants.
    let namesTenants: Bool
    let fields: [Field]
    let problem: String?
    let state: State?
    let entries: [Entry]
    let hasEntries: Bool
    let pager: Pager?
}

extension Console {
    static let auditEntriesOnPage = 50
    private static let filters: [AuditQuery.Part] = [
        ("actor", "Who", "user:sales@acme.example"), ("action", "What", "contact, or contact.write"),
        ("object_id", "Record", "its id"), ("since", "Since", "2026-11-01"), ("until", "Until", "2026-12-01"),
    ]

    var auditRoutes: [Route] {
        [
            page(
                "/console/{tenant}/audit", "Who did what, newest first", right: .operators,
                parameters: AuditQuery.parameters(Self.filters)
            ) { call, visit in
                try await audit(call, visit, visit.requiredTenant())
            }
        ]
    }

    private func audit(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let path = "/console/\(tenant.slug)/audit"
        let query = AuditQuery(call, Self.filters)
        let words = TimeWords(tenant.timezone)
        let (items, next) = try await entries(query.filter, after: Self.place(call.query["after"]), tenant)
        let page = AuditPage(
            chrome: Chrome(title: "Audit", visit: visit, place: .audit, version: version), path: path,
            lead: "Who did what.", command: "tandem audit export", namesTenants: false, fields: query.fields,
            problem: query.problem,
            state: query.isCheck
                ? AuditPage.State(
                    try await reading(tenant) { (connection) throws(TandemError) in try connection.auditState() })
                : nil,
            entries: items.map { Self.auditEntry($0, words) }, hasEntries: !items.isEmpty,
            pager: next.map { query.pager(path, after: "\($0.at)-\($0.chain)-\($0.seq)") })
        return Response(html: templates.render(page, as: "audit"))
    }

    private func entries(
        _ filter: AuditFilter?, after: AuditPlace?, _ tenant: Tenant
    ) async throws -> (items: [JSON], next: AuditPlace?) {
        guard let filter else { return ([], nil) }
        return try await reading(tenant) { (connection) throws(TandemError) in
            try connection.auditEntries(filter, after: after, limit: Self.auditEntriesOnPage)
        }
    }

    private static func place(_ text: String?) -> AuditPlace? {
        let parts = (text ?? "").split(separator: "-").compactMap { Int64($0) }
        guard parts.count == 3 else { return nil }
        return AuditPlace(at: parts[0], chain: Int(clamping: parts[1]), seq: parts[2])
    }

    static func auditEntry(_ entry: JSON, _ words: TimeWords) -> AuditPage.Entry {
        let detail = entry["detail"]?.object ?? [:]
        return AuditPage.Entry(
            when: words.moment(entry["at"]?.string ?? ""), who: ActorWords.words(entry["actor"]?.string ?? ""),
            action: entry["action"]?.string ?? "", object: entry["object"]?.string ?? "",
            objectID: entry["object_id"]?.string ?? "", detail: detail.isEmpty ? nil : JSON.object(detail).text,
            tenantName: entry["slug"]?.string ?? entry["tenant"]?.string)
    }
}

/// What the form above the entries says.
struct AuditQuery {
    typealias Part = (name: String, label: String, hint: String)

    let fields: [AuditPage.Field]
    /// Nil: a time in it is none.
    let filter: AuditFilter?
    let problem: String?
    /// Reads all entries.
    let isCheck: Bool
    private let chosen: [String]

    init(_ call: Call, _ parts: [Part]) {
        fields = parts.map {
            AuditPage.Field(name: $0.name, label: $0.label, value: call.query[$0.name] ?? "", hint: $0.hint)
        }
        filter = try? AuditFilter(parts.map { ($0.name, call.query[$0.name]) })
        problem =
            filter == nil
            ? "\(call.query["since"] ?? "") … \(call.query["until"] ?? "") is no time: write 2026-11-01." : nil
        isCheck = call.query["verify"] == "1"
        chosen = fields.filter { !$0.value.isEmpty }.map { "\($0.name)=\(queryValue($0.value))" }
    }

    func pager(_ path: String, after: String) -> Pager {
        Pager(href: path + "?" + (chosen + ["after=\(after)"]).joined(separator: "&"))
    }

    static func parameters(_ parts: [Part]) -> [Route.Parameter] {
        parts.map { .init($0.name, $0.label) } + [
            .init("after", "The last entry of the page before"),
            .init("verify", "1 reads all entries and says whether they are as they were written"),
        ]
    }
}

extension AuditPage.State {
    /// - Parameter state: as reading all of it answered.
    init(_ state: JSON) {
        breaches = (state["breaches"]?.array ?? []).map {
            "Entry \($0["seq"]?.int ?? 0) of chain \($0["chain"]?.int ?? 0) is \($0["breach"]?.string ?? "")."
        }
        isIntact = breaches.isEmpty
        let count = "\(Figures.count(state["entries"]?.int ?? 0)) entries"
        text = isIntact ? "\(count), all as they were written." : "\(count), not as they were written."
    }
}
