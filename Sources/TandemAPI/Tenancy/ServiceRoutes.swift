import HTTPTypes
import Hummingbird
import Tandem
import TandemHTTP

/// What tells about the server itself.
struct ServiceRoutes {
    let readiness: Readiness
    /// Whether `/readyz` says what it found: on the operators' listener alone.
    let isDetailed: Bool

    var routes: [Route] {
        [
            Route(.get, "/livez", "Whether the process runs", feature: "Service", scope: .none) { _ in
                Response(json: ["status": "ok"])
            },
            Route(.get, "/readyz", "Whether requests are served", feature: "Service", scope: .none) { _ in
                try await answer()
            },
        ]
    }

    private func answer() async throws(Problem) -> Response {
        let report = await readiness.look()
        if let refusal = report.refusal {
            var problem = Problem.unavailable(refusal.code, refusal.message)
            if isDetailed { problem.members["checks"] = .object(report.checks) }
            throw problem
        }
        return Response(json: isDetailed ? report.json : ["status": "ok"])
    }
}
