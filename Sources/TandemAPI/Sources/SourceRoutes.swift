import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// A tenant's sources and their keys.
struct SourceRoutes {
    let store: TenantStore

    var routes: [Route] { [list, create, show, update, delete, createKey, revokeKey, webhook, setWebhook] }

    private typealias Handler = @Sendable (TenantDirectory, Tenant, Call) throws -> Response

    /// Runs `handler` with the tenant's directory; changes are seen by this process at once, by others within seconds.
    private func route(
        _ method: HTTPRequest.Method, _ template: String, _ summary: String, success: Int = 200,
        _ handler: @escaping Handler
    ) -> Route {
        Route(method, template, summary, feature: "Sources", scope: .secret, module: .cdp, success: success) {
            [store] call in
            let context = store.context
            do {
                let response = try await store.withConnection(call) { connection, tenant in
                    let directory = TenantDirectory(
                        connection, actor: call.principal.actor, ids: context.ids, logger: context.logger)
                    return try handler(directory, tenant, call)
                }
                if method != .get { context.access.forget() }
                return response
            } catch let error as PostgresError {
                throw TandemError(error)
            }
        }
    }

    private var list: Route {
        route(.get, "/v1/sources", "List sources") { directory, tenant, _ in
            Page(items: try directory.sources(tenant).map { .object($0.json) }, next: nil).response
        }
    }

    private var create: Route {
        route(.post, "/v1/sources", "Create a source", success: 201) { directory, tenant, call in
            let body = try call.jsonObject()
            let change = try SourceChange(json: body, known: ["kind"])
            guard let name = change.name else { throw TandemError.invalid("/name", "required", "A source has a name.") }
            guard let kind = body["kind"]?.string.flatMap(Source.Kind.init) else {
                let known = Source.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw TandemError.invalid("/kind", "invalid", "kind is \(known).")
            }
            var source = try directory.createSource(
                tenant, name: name, kind: kind, trust: change.trust(of: kind), provenance: change.provenance,
                allowedOrigins: change.allowedOrigins ?? [])
            if change.isEnabled == false || change.ratePerSecond != nil || change.burst != nil {
                var rest = SourceChange()
                (rest.isEnabled, rest.ratePerSecond, rest.burst) = (
                    change.isEnabled, change.ratePerSecond, change.burst
                )
                source = try directory.updateSource(source, rest)
            }
            return Response(
                json: .object(source.json), status: .created, headers: [.location: "/v1/sources/\(source.publicID)"])
        }
    }

    private var show: Route {
        route(.get, "/v1/sources/{source}", "Show a source with its keys") { directory, tenant, call in
            let source = try directory.source(tenant, call.capture("source"))
            return Response(json: .object(try directory.shown(source, of: tenant)))
        }
    }

    private var update: Route {
        route(.patch, "/v1/sources/{source}", "Change a source; a disabled one's events are held in quarantine") {
            directory, tenant, call in
            let source = try directory.source(tenant, call.capture("source"))
            let change = try SourceChange(json: call.jsonObject())
            return Response(json: .object(try directory.updateSource(source, change).json))
        }
    }

    private var delete: Route {
        route(
            .delete, "/v1/sources/{source}", "Take a source away: its keys end at once, its events stay", success: 204
        ) { directory, tenant, call in
            _ = try directory.deleteSource(directory.source(tenant, call.capture("source")))
            return Response(status: .noContent)
        }
    }

    private var createKey: Route {
        route(.post, "/v1/sources/{source}/keys", "Create a write key of a source", success: 201) {
            directory, tenant, call in
            let source = try directory.source(tenant, call.capture("source"))
            let made = try directory.createKey(.write, tenant: tenant, source: source)
            return Response(json: .object(made.key.json(text: made.text, source: source.name)), status: .created)
        }
    }

    private var revokeKey: Route {
        route(.post, "/v1/sources/{source}/keys/{key}:revoke", "End a key of a source at once") {
            directory, tenant, call in
            let source = try directory.source(tenant, call.capture("source"))
            let key = try directory.key(call.capture("key"))
            guard key.tenant == tenant.id, key.source == source.id else { throw TandemError.notFound() }
            return Response(json: .object(try directory.revokeKey(key).json(source: source.name)))
        }
    }

    private var webhook: Route {
        route(
            .get, "/v1/sources/{source}/webhook", "Show a webhook source's path and mapping; its secret is never shown"
        ) {
            directory, tenant, call in
            Response(json: .object(try directory.source(tenant, call.capture("source")).webhookShown))
        }
    }

    private var setWebhook: Route {
        route(
            .put, "/v1/sources/{source}/webhook",
            "Set how a webhook source's payloads become messages, and the secret that they are signed with"
        ) { directory, tenant, call in
            let source = try directory.source(tenant, call.capture("source"))
            let body = try call.jsonObject()
            if let unknown = body.names.first(where: { !["mapping", "secret"].contains($0) }) {
                throw TandemError.invalid("/\(unknown)", "unknown_key", "A webhook has mapping and secret.")
            }
            if let secret = body["secret"], secret.string == nil {
                throw TandemError.invalid("/secret", "not_string", "secret is what the provider signs with.")
            }
            let mapping = try body["mapping"].map { (json) throws(TandemError) in try WebhookCatalog.mapping(json) }
            let changed = try directory.setWebhook(source, mapping: mapping, secret: body["secret"]?.string)
            return Response(json: .object(try changed.webhookShown))
        }
    }
}
