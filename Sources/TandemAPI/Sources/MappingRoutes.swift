import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What a source's messages are renamed, cast and dropped by.
struct MappingRoutes {
    let store: TenantStore
    let readingRules: ReadingRulesDirectory

    var routes: [Route] { [show, versions, put, trial] }

    private var show: Route {
        Route(
            .get, "/v1/sources/{source}/mapping", "Show a source's mapping rules in force", feature: "Sources",
            scope: .secret, module: .cdp
        ) { [store] call in
            let mapping = try await store.value(call, .call("source_mapping_get", .text(call.source)))
            return .resource(call, mapping, version: mapping["version"]?.int ?? 0)
        }
    }

    private var versions: Route {
        Route(
            .get, "/v1/sources/{source}/mapping/versions", "List the versions of a source's mapping, newest first",
            feature: "Sources", scope: .secret, module: .cdp, parameters: Page.parameters
        ) { [store] call in
            try await store.page(call, keys: 1) { after, limit in
                .call("source_mapping_versions", [.text(call.source)] + after + [limit])
            } shape: {
                $0
            }
        }
    }

    private var put: Route {
        Route(
            .put, "/v1/sources/{source}/mapping", "Put mapping rules into force for a source's messages from now on",
            feature: "Sources", scope: .secret, module: .cdp
        ) { [store, readingRules] call in
            var change = try MappingChange(json: call.jsonObject())
            change.expectedVersion = try EntityTag.ifMatch(call) ?? change.expectedVersion
            let mapping = try await store.value(
                call, change.statement(of: call.source, actor: call.principal.actor))
            readingRules.forget(try store.tenant(call))
            return .resource(call, mapping, version: mapping["version"]?.int ?? 0)
        }
    }

    private var trial: Route {
        Route(
            .post, "/v1/sources/{source}/mapping:try",
            "Show what mapping rules would do to a source's last messages, or to messages sent; stores nothing",
            feature: "Sources", scope: .secret, module: .cdp, permission: "settings:read"
        ) { [store] call in
            let trial = try MappingTrial(json: call.jsonObject())
            let source = call.source
            return Response(
                json: try await store.withConnection(call) { (connection, tenant) throws(TandemError) in
                    try connection.inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) in
                        try connection.mappingTrial(trial, of: source)
                    }
                })
        }
    }
}

extension Call {
    /// The source that the path names, as SQL knows it.
    var source: String { Source.reference(capture("source")) }
}
