import HTTPTypes
import Hummingbird
import Tandem
import TandemHTTP

/// `/openapi.json`: the routes as OpenAPI 3.1, made once.
struct DescriptionRoute {
    let version: String

    func route(describing routes: [Route]) -> Route {
        let plain = Route(
            .get, "/openapi.json", "This description", feature: "Service", scope: .none, handler: { _ in .noContent })
        let document = OpenAPI(routes: routes + [plain], version: version).document.encoded()
        return Route(.get, "/openapi.json", "This description", feature: "Service", scope: .none) { _ in
            Response(jsonBytes: document)
        }
    }
}
