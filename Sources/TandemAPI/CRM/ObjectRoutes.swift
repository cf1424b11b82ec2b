import Hummingbird
import Tandem
import TandemHTTP

/// The objects themselves: their fields, keys and children, as values of the API.
struct ObjectRoutes {
    let catalog: ObjectCatalog

    var routes: [Route] {
        [
            Route(.get, "/v1/objects", "List the objects that records are of", feature: "CRM", scope: .secret) {
                [catalog] call in
                Page(items: ObjectRoutes.objects(of: call, catalog).map(\.json), next: nil).response
            },
            Route(.get, "/v1/objects/{object}", "Show an object with its fields", feature: "CRM", scope: .secret) {
                [catalog] call in
                let name = call.capture("object")
                guard
                    let object = ObjectRoutes.objects(of: call, catalog).first(where: {
                        $0.plural == name || $0.name == name
                    })
                else { throw Problem.notFound }
                return Response(json: object.json)
            },
        ]
    }

    /// Those of the tenant's modules.
    private static func objects(of call: Call, _ catalog: ObjectCatalog) -> [ObjectDescription] {
        let modules = call.principal.tenant?.modules ?? []
        return catalog.objects.filter { object in object.module.map(modules.contains) ?? true }
    }
}
