import Hummingbird
import Tandem
import TandemHTTP

/// What changed in records of all objects.
struct ChangeRoute {
    let records: RecordStore

    private static let parameters =
        Page.parameters.filter { $0.name != "after" } + [
            .init("after", "The cursor of an item or a page; now: only what comes; without it: from the beginning"),
            .init("objects", "Names of objects, comma-separated; without it: all"),
        ]

    var routes: [Route] {
        [
            Route(
                .get, "/v1/changes",
                "List the changes of all records in the order of their transactions, without gaps: the last page has a cursor too",
                feature: "CRM", scope: .secret, parameters: Self.parameters
            ) { [records] call in
                let query = try RecordChangesQuery(
                    objects: call.query["objects"], limit: call.limit(), after: call.query["after"],
                    catalog: records.catalog)
                let (seal, modules) = (try records.seal(call), try records.store.tenant(call).modules)
                return Response(
                    json: try await records.store.inTenant(call, readOnly: true) {
                        (connection) throws(TandemError) in
                        try connection.recordChanges(query, modules: modules, seal: seal, catalog: records.catalog)
                    })
            }
        ]
    }
}
