import HTTPTypes
import Hummingbird
import Tandem
import TandemHTTP

/// What SDKs in browsers and apps ask for before they send: where to, and whether at all.
struct SettingsRoutes {
    let context: TandemContext
    let authenticator: KeyAuthenticator

    var routes: [Route] {
        [settings("/v1/projects/{writeKey}/settings"), settings("/projects/{writeKey}/settings"), sourceConfig]
    }

    /// Segment's: only `integrations["Segment.io"]` is needed; `apiHost` sends the SDK here.
    private func settings(_ template: String) -> Route {
        Route(
            .get, template, "Show Segment's SDKs their settings", feature: "Ingestion", scope: .none, takesFields: true,
            isPublic: true
        ) { [self] call in
            let key = call.capture("writeKey")
            guard try await source(key) != nil else { throw Problem.notFound }
            let host = call.request.head.authority ?? ""
            let integration: JSON = [
                "apiKey": .string(key), "unbundledIntegrations": [], "addBundledMetadata": true,
                "apiHost": .string("\(host)/v1"),
            ]
            return Response(json: [
                "integrations": ["Segment.io": integration],
                "plan": ["track": ["__default": ["enabled": true]]],
            ])
        }
    }

    /// RudderStack's; the key is a parameter, or the user name of Basic.
    private var sourceConfig: Route {
        Route(
            .get, "/sourceConfig", "Show RudderStack's SDKs their source", feature: "Ingestion", scope: .none,
            takesFields: true, isPublic: true
        ) { [self] call in
            let header = try Credential.header(call.headers[.authorization])
            guard let key = call.query["writeKey"] ?? header, let access = try await source(key),
                let source = access.source
            else { throw KeyAuthenticator.invalid }
            return Response(json: [
                "source": [
                    "id": .string("\(source.publicID)"), "name": .string(source.name), "writeKey": .string(key),
                    "workspaceId": .string(access.tenant.map { "\($0.publicID)" } ?? ""),
                    "enabled": .bool(source.isEnabled), "config": ["statsCollection": [:]], "destinations": [],
                    "connections": [],
                ]
            ])
        }
    }

    private func source(_ key: String) async throws -> Access? {
        guard let access = try await authenticator.find(key), access.source != nil,
            access.standing(at: context.clock.now()) != .refused
        else { return nil }
        return access
    }
}
