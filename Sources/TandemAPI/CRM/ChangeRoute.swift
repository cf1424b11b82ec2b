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
                feature: "CRM", scope: .secret, parameters: Self.parameters, obeysRights: true
            ) { [records] call in
                let (objects, limit, after) = (call.query["objects"], try call.limit(), call.query["after"])
                let (seal, modules) = (try records.seal(call), try records.store.tenant(call).modules)
                return Response(
                    json: try await records.transaction(call, readOnly: true) {
                        (connection, catalog) throws(TandemError) in
                        try connection.recordChanges(
                            RecordChangesQuery(objects: objects, limit: limit, after: after, catalog: catalog),
                            modules: modules, seal: seal, catalog: catalog)
                    })
            }
        ]
    }
}
