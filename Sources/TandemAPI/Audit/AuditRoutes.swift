import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Who did what, and whether that is still as it was written.
struct AuditRoutes {
    let store: TenantStore

    var routes: [Route] { [list, verify] }

    private var list: Route {
        Route(
            .get, "/v1/audit", "List who did what, newest first", feature: "Audit", scope: .secret,
            parameters: Page.parameters + AuditFilter.parts.map { .init($0.name, $0.summary) }
        ) { [store] call in
            let filter = try AuditFilter(AuditFilter.parts.map { ($0.name, call.query[$0.name]) })
            return try await store.page(call, filter: filter.fingerprint, keys: 3) { after, limit in
                .call("audit_list", [filter.bind] + after + [limit])
            } shape: {
                AuditPresenter.entry($0)
            }
        }
    }

    private var verify: Route {
        Route(
            .get, "/v1/audit/verify", "Whether the audit log is as it was written, and where it is not",
            feature: "Audit",
            scope: .secret,
            parameters: [Self.kept], time: .seconds(60)
        ) { [store] call in
            let kept = try Self.heads(call.query["heads"])
            let state = try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                try connection.auditState(since: kept)
            }
            return Response(json: state)
        }
    }

    static let kept = Route.Parameter(
        "heads", "Heads that were kept elsewhere, as JSON: where the log does not go on from them is named too")

    static func heads(_ text: String?) throws(TandemError) -> AuditHeads {
        guard let text, !text.isEmpty else { return AuditHeads() }
        guard let json = try? JSON(parsing: text) else { throw .invalid("/heads", "invalid", "is no JSON") }
        return try AuditHeads(json)
    }
}
