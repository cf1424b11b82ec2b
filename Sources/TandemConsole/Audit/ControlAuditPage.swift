import Hummingbird
import Postgres
import Tandem
import TandemHTTP

extension Console {
    private static let controlFilters: [AuditQuery.Part] = [
        ("actor", "Who", "cli:root"), ("action", "What", "key, or key.create"), ("tenant", "Tenant", "its name or id"),
        ("object_id", "Thing", "its id"), ("since", "Since", "2026-11-01"), ("until", "Until", "2026-12-01"),
    ]

    var controlAuditRoute: Route {
        installationPage(
            .audit, "What administrators did, newest first", parameters: AuditQuery.parameters(Self.controlFilters)
        ) { call, visit in
            let place = Chrome.InstallationPlace.audit
            let query = AuditQuery(call, Self.controlFilters)
            let words = TimeWords("UTC")
            let (items, next) = try await controlEntries(
                query.filter, before: call.query["after"].flatMap { Int64($0) })
            let page = AuditPage(
                chrome: Chrome(
                    title: "Audit", visit: visit, installation: place, notice: call.query["notice"], version: version),
                path: place.href,
                lead: "What administrators did: to tenants, keys, sources, sign-ins and the installation.",
                command: "tandem audit export --control", namesTenants: true, fields: query.fields,
                problem: query.problem, state: query.isCheck ? try await controlState() : nil,
                entries: items.map { Self.auditEntry($0, words) }, hasEntries: !items.isEmpty,
                pager: next.map { query.pager(place.href, after: "\($0)") })
            return Response(html: templates.render(page, as: "audit"))
        }
    }

    private func controlEntries(
        _ filter: AuditFilter?, before: Int64?
    ) async throws -> (items: [JSON], next: Int64?) {
        guard let filter else { return ([], nil) }
        return try await context.pool.withConnection(deadline: .seconds(30)) { (connection) throws(TandemError) in
            try connection.controlAuditEntries(filter, before: before, limit: Self.auditEntriesOnPage)
        }
    }

    private func controlState() async throws -> AuditPage.State {
        AuditPage.State(
            try await context.pool.withConnection(deadline: .seconds(55)) { (connection) throws(TandemError) in
                try connection.controlAuditState()
            })
    }
}
