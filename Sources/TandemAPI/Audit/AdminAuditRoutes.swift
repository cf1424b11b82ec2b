import Hummingbird
import Tandem
import TandemHTTP

/// What administrators did, for admin keys; as `AuditRoutes` of what was done in a tenant.
struct AdminAuditRoutes {
    let context: TandemContext

    var routes: [Route] { [list, verify] }

    private var list: Route {
        Route(
            .get, "/admin/v1/audit", "List what administrators did, newest first", feature: "Audit", scope: .admin,
            parameters: Page.parameters + AuditFilter.controlParts.map { .init($0.name, $0.summary) },
            time: .seconds(30)
        ) { [context] call in
            let filter = try AuditFilter(AuditFilter.controlParts.map { ($0.name, call.query[$0.name]) })
            let limit = try call.limit()
            let before = try Self.before(call, filter, context)
            let (items, next) = try await context.pool.withConnection(deadline: .seconds(30)) {
                (connection) throws(TandemError) in
                try connection.controlAuditEntries(filter, before: before, limit: limit)
            }
            let cursor = next.map {
                PageCursor(keys: [String($0)], fingerprint: Array(filter.fingerprint.utf8))
                    .sealed(with: context.sealingKey, scope: call.request.uri.path)
            }
            return Page(items: items, next: cursor).response
        }
    }

    private var verify: Route {
        Route(
            .get, "/admin/v1/audit/verify",
            "Whether the log of what administrators did is as it was written, and where it is not",
            feature: "Audit", scope: .admin, parameters: [AuditRoutes.kept], time: .seconds(60)
        ) { [context] call in
            let kept = try AuditRoutes.heads(call.query["heads"])
            return Response(
                json: try await context.pool.withConnection(deadline: .seconds(60)) {
                    (connection) throws(TandemError) in try connection.controlAuditState(since: kept)
                })
        }
    }

    private static func before(_ call: Call, _ filter: AuditFilter, _ context: TandemContext) throws -> Int64? {
        guard let text = call.query["after"], !text.isEmpty else { return nil }
        let cursor = try PageCursor(
            opening: text, with: context.sealingKey, scope: call.request.uri.path,
            fingerprint: Array(filter.fingerprint.utf8))
        guard let key = cursor.keys.first ?? nil, let seq = Int64(key) else {
            throw Problem.badRequest("invalid_cursor", "The cursor is not one of this list.")
        }
        return seq
    }
}
