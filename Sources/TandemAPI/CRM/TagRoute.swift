import Hummingbird
import Tandem
import TandemHTTP

/// The tags in use, for those who choose one.
struct TagRoute {
    let records: RecordStore

    var routes: [Route] {
        [
            Route(
                .get, "/v1/tags", "The tags that records of an object have, the most frequent first", feature: "CRM",
                scope: .secret,
                parameters: [.init("object", "Of which, such as accounts"), .init("q", "Only those that begin so")]
            ) { [records] call in
                let name = call.query["object"] ?? ""
                let modules = call.principal.tenant?.modules ?? []
                let known = records.standard.objects.filter { object in object.module.map(modules.contains) ?? true }
                guard let object = known.first(where: { $0.plural == name || $0.name == name }) else {
                    let names = known.map(\.plural).joined(separator: ", ")
                    throw Problem.badRequest("invalid_parameter", "object has to be one of \(names).")
                }
                let beginning = call.query["q"] ?? ""
                return Response(
                    json: try await records.transaction(call, object, readOnly: true) {
                        (connection, object, _) throws(TandemError) in
                        try connection.recordTags(object, beginning: beginning)
                    })
            }
        ]
    }
}
