import HTTPTypes
import Hummingbird
import Logging
import Postgres
import Tandem
import TandemHTTP

/// The identity provider by which a tenant's users sign in to the console.
struct OIDCRoutes {
    let store: TenantStore
    let client: OIDCClient

    var routes: [Route] { [show, put, remove, test] }

    private func route(
        _ method: HTTPRequest.Method, _ summary: String, success: Int = 200,
        _ handler: @escaping @Sendable (TenantDirectory, Tenant, Call) throws -> Response
    ) -> Route {
        Route(method, "/v1/oidc", summary, feature: "Access", scope: .secret, success: success) { [store] call in
            let context = store.context
            do {
                return try await store.withConnection(call) { connection, tenant in
                    let directory = TenantDirectory(
                        connection, actor: call.principal.actor, ids: context.ids, logger: context.logger)
                    return try handler(directory, tenant, call)
                }
            } catch let error as PostgresError {
                throw TandemError(error)
            }
        }
    }

    private var show: Route {
        route(.get, "Show the identity provider of the console's users; its client secret is never shown") {
            directory, tenant, _ in
            guard let provider = try directory.oidcProvider(tenant) else { throw Problem.notFound }
            return Response(json: .object(provider.json(of: tenant)))
        }
    }

    private var put: Route {
        route(
            .put,
            "Set the identity provider whole: {\"issuer\", \"client_id\", \"client_secret\"?, \"label\"?, \"allowed_domains\"?, \"new_user_role\"?}"
        ) { directory, tenant, call in
            // Over http only an operator names a provider, on the server's own machine.
            let draft = try OIDCDraft(json: call.jsonObject(), allowsLoopback: false)
            guard OutsideAddress.mayLieOutside(draft.issuer) else {
                throw TandemError.invalid(
                    "/issuer", "invalid", "lies in a private network, where only an operator lets this server call")
            }
            return Response(json: .object(try directory.setOIDCProvider(tenant, draft).json(of: tenant)))
        }
    }

    private var remove: Route {
        route(.delete, "Take the identity provider away; who is signed in stays so", success: 204) {
            directory, tenant, _ in
            try directory.removeOIDCProvider(tenant)
            return .noContent
        }
    }

    private var test: Route {
        Route(
            .post, "/v1/oidc:test", "Ask the identity provider what it says of itself and which keys it has",
            feature: "Access", scope: .secret, time: .seconds(20)
        ) { [store, client] call in
            let provider = try await store.withConnection(call) { (connection, tenant) throws(PostgresError) in
                try connection.oidcProvider(tenant)
            }
            guard let provider else { throw Problem.notFound }
            do throws(OIDCFault) {
                return Response(json: .object(try await client.report(on: provider)))
            } catch {
                call.logger.notice(
                    "an identity provider was tried in vain",
                    metadata: ["code": "\(error.code)", "detail": "\(error.detail)", "request_id": "\(call.id)"])
                throw Problem(.badGateway, error.code, error.sentence)
            }
        }
    }
}
