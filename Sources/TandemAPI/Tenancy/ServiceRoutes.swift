import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What tells about the server itself.
struct ServiceRoutes {
    let context: TandemContext
    let drain: Drain

    var routes: [Route] {
        [
            Route(.get, "/livez", "Whether the process runs", feature: "Service", scope: .none) { _ in
                Response(json: ["status": "ok"])
            },
            Route(.get, "/readyz", "Whether requests are served", feature: "Service", scope: .none) { _ in
                try await readiness()
            },
        ]
    }

    private func readiness() async throws -> Response {
        if drain.isDraining { throw Problem.unavailable("draining", "The server is shutting down.") }
        do throws(PostgresError) {
            _ = try await context.pool.withConnection(deadline: .seconds(2)) { (connection) throws(PostgresError) in
                _ = try connection.execute("select 1")
            }
        } catch {
            throw Problem.unavailable("unavailable", "The database cannot be reached at this moment.")
        }
        return Response(json: ["status": "ok"])
    }
}
