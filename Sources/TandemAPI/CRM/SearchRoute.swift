import Hummingbird
import Tandem
import TandemHTTP

/// Records of any object by words.
struct SearchRoute {
    let records: RecordStore

    var routes: [Route] {
        [
            Route(
                .post, "/v1/search",
                "Records of any object in whose searchable fields all words occur: {\"q\", \"limit\"? (of each object)}",
                feature: "CRM", scope: .secret, obeysRights: true
            ) { [records] call in
                let body = try call.jsonObject()
                guard let text = body["q"]?.string else {
                    throw TandemError.invalid("/q", "required", "has to be a text")
                }
                let limit = body["limit"] ?? 10
                guard let limit = limit.int, (1...50).contains(limit) else {
                    throw TandemError.invalid("/limit", "out_of_range", "has to be from 1 to 50")
                }
                let modules = try records.store.tenant(call).modules
                return Response(
                    json: try await records.transaction(call, readOnly: true) {
                        (connection, catalog) throws(TandemError) in
                        try connection.recordSearch(text, modules: modules, limit: limit, catalog: catalog)
                    })
            }
        ]
    }
}
