import Hummingbird
import Tandem
import TandemHTTP

/// The objects themselves: their fields, keys and children, as values of the API.
struct ObjectRoutes {
    let records: RecordStore

    var routes: [Route] {
        [
            Route(
                .get, "/v1/objects", "List the objects that records are of", feature: "CRM", scope: .secret,
                obeysRights: true
            ) {
                [records] call in
                Page(items: try await ObjectRoutes.objects(of: call, records).map(\.json), next: nil).response
            },
            Route(
                .get, "/v1/objects/{object}", "Show an object with its fields", feature: "CRM", scope: .secret,
                obeysRights: true
            ) {
                [records] call in
                let name = call.capture("object")
                let objects = try await ObjectRoutes.objects(of: call, records)
                guard let object = objects.first(where: { $0.plural == name || $0.name == name }) else {
                    throw Problem.notFound
                }
                return Response(json: object.json)
            },
        ]
    }

    /// Those of the tenant's modules that the caller reads at all.
    private static func objects(of call: Call, _ records: RecordStore) async throws -> [ObjectDescription] {
        let modules = call.principal.tenant?.modules ?? []
        let catalog = try await records.transaction(call, readOnly: true) { (_, catalog) throws(TandemError) in catalog
        }
        let rights = call.principal.rights
        return catalog.objects.filter { object in
            (object.module.map(modules.contains) ?? true) && rights?.reads(object.name) ?? true
        }
    }
}
