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
            scope: .secret, time: .seconds(60)
        ) { [store] call in
            let state = try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                try connection.auditState()
            }
            return Response(json: state)
        }
    }
}
