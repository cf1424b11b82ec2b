import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Tenants and their keys, for admin keys. The same shapes as the command line's.
struct AdminTenantRoutes {
    let context: TandemContext

    var routes: [Route] {
        [
            route(.get, "/admin/v1/tenants", "Tenants by name") { directory, _ in
                Response(json: Self.list(try directory.list().map(\.json)))
            },
            route(.post, "/admin/v1/tenants", "Create a tenant with its first keys", success: 201) { directory, call in
                try create(directory, call)
            },
            route(.get, "/admin/v1/tenants/{tenant}", "One tenant") { directory, call in
                Response(json: .object(try directory.find(call.capture("tenant")).json))
            },
            route(
                .post, "/admin/v1/tenants/{tenant}:suspend", "Hold its events, refuse its requests, close its BI logins"
            ) {
                directory, call in
                let tenant = try directory.find(call.capture("tenant"))
                return Response(json: .object(try directory.setSuspended(true, tenant).json))
            },
            route(.post, "/admin/v1/tenants/{tenant}:resume", "Serve it again") { directory, call in
                let tenant = try directory.find(call.capture("tenant"))
                return Response(json: .object(try directory.setSuspended(false, tenant).json))
            },
            route(.get, "/admin/v1/tenants/{tenant}/keys", "A tenant's keys by age") { directory, call in
                let tenant = try directory.find(call.capture("tenant"))
                let names = Dictionary(
                    try directory.sources(tenant).map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
                let keys = try directory.keys(tenant)
                return Response(json: Self.list(keys.map { $0.json(source: $0.source.flatMap { names[$0] }) }))
            },
            route(.post, "/admin/v1/tenants/{tenant}/keys", "Create a key", success: 201) { directory, call in
                try createKey(directory, call)
            },
            route(.post, "/admin/v1/tenants/{tenant}/keys/{key}:revoke", "End a key at once") { directory, call in
                let tenant = try directory.find(call.capture("tenant"))
                let key = try directory.key(call.capture("key"))
                guard key.tenant == tenant.id else { throw TandemError.notFound() }
                return Response(json: .object(try directory.revokeKey(key).json()))
            },
        ]
    }

    private typealias Handler = @Sendable (TenantDirectory, Call) throws -> Response

    /// Runs `handler` on a connection of the pool, with time enough to make a tenant.
    private func route(
        _ method: HTTPRequest.Method, _ template: String, _ summary: String, success: Int = 200,
        _ handler: @escaping Handler
    ) -> Route {
        let context = self.context
        return Route(method, template, summary, feature: "Tenancy", scope: .admin, success: success, time: .seconds(30))
        { call in
            do {
                return try await context.pool.withConnection(deadline: .seconds(30)) { connection -> Response in
                    try handler(
                        TenantDirectory(
                            connection, actor: call.principal.actor, ids: context.ids, logger: context.logger), call)
                }
            } catch let error as PostgresError {
                throw TandemError(error)
            }
        }
    }

    private func create(_ directory: TenantDirectory, _ call: Call) throws -> Response {
        let body = try call.jsonObject()
        guard let slug = body["slug"]?.string else {
            throw TandemError.invalid("/slug", "required", "a tenant has a slug")
        }
        let names = body["modules"]?.array?.map { $0.string.flatMap(Module.init) } ?? [.cdp, .crm]
        guard !names.isEmpty, !names.contains(nil) else {
            throw TandemError.invalid("/modules", "invalid", "cdp, crm or both")
        }
        let created = try directory.create(
            .init(
                slug: slug, displayName: body["display_name"]?.string, modules: Set(names.compactMap { $0 }),
                timezone: body["timezone"]?.string ?? "UTC", currency: body["currency"]?.string ?? "USD"))
        return Response(
            json: .object([
                "tenant": .object(created.tenant.json),
                "keys": .object(["write": .string(created.writeKey.text), "secret": .string(created.secretKey.text)]),
            ]), status: .created)
    }

    private func createKey(_ directory: TenantDirectory, _ call: Call) throws -> Response {
        let body = try call.jsonObject()
        let tenant = try directory.find(call.capture("tenant"))
        guard let kind = body["kind"]?.string.flatMap(APIKey.Kind.init), kind != .admin else {
            throw TandemError.invalid("/kind", "invalid", "write, secret or restricted")
        }
        let source = try kind == .write ? directory.source(tenant, body["source"]?.string ?? "server") : nil
        let scopes = body["scopes"]?.array?.compactMap(\.string) ?? []
        let (role, user) = (body["role"]?.string, body["user"]?.string)
        if user != nil, role == nil { throw TandemError.invalid("/user", "invalid", "needs a role") }
        let caller = try role.map { try directory.binding(tenant, role: $0, user: user) }
        let made = try directory.createKey(kind, tenant: tenant, source: source, scopes: scopes, caller: caller)
        return Response(json: .object(made.key.json(text: made.text, source: source?.name)), status: .created)
    }

    private static func list(_ items: [JSONObject]) -> JSON {
        .object([
            "items": .array(items.map { .object($0) }),
            "page": .object(["next": .null, "has_more": .bool(false)]),
        ])
    }
}
