import HTTPTypes
import Hummingbird
import Tandem
import TandemHTTP

/// The routes as OpenAPI 3.1: `/openapi.json` with the product's own objects, made once, and `/v1/openapi.json` with those of
/// the key's tenant, its own fields among theirs.
struct DescriptionRoutes {
    let version: String
    let records: RecordStore

    func routes(describing routes: [Route]) -> [Route] {
        let all = routes + [common(Array()), own([])]
        let document = OpenAPI(routes: all, version: version, schemas: records.standard.schemas).document.encoded()
        return [common(document), own(all)]
    }

    private func common(_ document: [UInt8]) -> Route {
        Route(.get, "/openapi.json", "This description", feature: "Service", scope: .none) { _ in
            Response(jsonBytes: document)
        }
    }

    private func own(_ routes: [Route]) -> Route {
        Route(
            .get, "/v1/openapi.json", "This description, with the fields that the tenant gave its objects",
            feature: "Service", scope: .secret
        ) { [version, records] call in
            let catalog = try await records.transaction(call, readOnly: true) {
                (_, catalog) throws(TandemError) in catalog
            }
            return Response(json: OpenAPI(routes: routes, version: version, schemas: catalog.schemas).document)
        }
    }
}
