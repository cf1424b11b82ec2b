import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What became of the events of a tenant's sources.
struct SourceStatsRoutes {
    let store: TenantStore

    var routes: [Route] {
        [
            Route(
                .get, "/v1/sources:stats", "Count what became of received events, by source", feature: "Ingestion",
                scope: .secret, module: .cdp, parameters: Self.parameters
            ) { [store] call in
                try await Self.answer(call, store, source: nil)
            },
            Route(
                .get, "/v1/sources/{source}/stats", "Count what became of one source's events", feature: "Ingestion",
                scope: .secret, module: .cdp, parameters: Self.parameters
            ) { [store] call in
                try await Self.answer(call, store, source: call.capture("source"))
            },
        ]
    }

    private static let parameters: [Route.Parameter] = [
        .init("by", "total, hour, day or key"),
        .init("from", "Received at this time or later, ISO 8601; a day ago unless given"),
        .init("to", "Received before this time, ISO 8601"),
    ]

    private static func answer(_ call: Call, _ store: TenantStore, source: String?) async throws -> Response {
        let query = { (name: String) in call.query[name].flatMap { $0.isEmpty ? nil : $0 } }
        let stats: SourceStats
        do throws(TandemError) {
            stats = try SourceStats(
                source: source, by: query("by"), from: query("from"), to: query("to"),
                now: store.context.clock.microseconds)
        } catch {
            if case .invalid(let faults) = error, let fault = faults.first {
                throw Problem.badRequest("invalid_parameter", fault.detail)
            }
            throw error
        }
        return Response(json: try await store.value(call, stats.statement(of: store.tenant(call))))
    }
}
