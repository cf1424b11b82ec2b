import Hummingbird
import Tandem
import TandemHTTP

/// The tags in use, for those who choose one, and new names for them.
struct TagRoute {
    let records: RecordStore

    var routes: [Route] {
        [
            Route(
                .get, "/v1/tags", "The tags that records of an object have, the most frequent first", feature: "CRM",
                scope: .secret,
                parameters: [.init("object", "Of which, such as accounts"), .init("q", "Only those that begin so")]
            ) { [records] call in
                let object = try Self.object(call.query["object"], call, records)
                let beginning = call.query["q"] ?? ""
                return Response(
                    json: try await records.transaction(call, object, readOnly: true) {
                        (connection, object, _) throws(TandemError) in
                        try connection.recordTags(object, beginning: beginning)
                    })
            },
            Route(
                .post, "/v1/tags:rename",
                "Give all records that have one tag another in its place: {\"from\", \"to\", \"object\"?}; it is in their histories",
                feature: "CRM", scope: .secret, parameters: [.init("dry_run", "Change nothing; answer what would be")],
                time: .seconds(60)
            ) { [records] call in
                let body = try call.jsonObject()
                let rename = try TagRename(from: body["from"]?.string, to: body["to"]?.string)
                var names: [String]?
                if let named = body["object"] { names = [try Self.object(named.string, call, records).name] }
                let (actor, isDryRun, objects) = (call.principal.actor, try call.flag("dry_run"), names)
                let database = try records.store.database(call)
                let done = try await records.store.withConnection(call, deadline: .seconds(60)) {
                    (connection, _) throws in
                    try connection.renameTag(database, rename, objects: objects, by: actor, isDryRun: isDryRun)
                }
                return Response(json: done)
            },
        ]
    }

    /// The object that a caller names; 400 for none that the tenant has.
    private static func object(
        _ name: String?, _ call: Call, _ records: RecordStore
    ) throws(Problem) -> ObjectDescription {
        let modules = call.principal.tenant?.modules ?? []
        let known = records.standard.objects.filter { object in object.module.map(modules.contains) ?? true }
        guard let object = known.first(where: { $0.plural == name || $0.name == name }) else {
            let names = known.map(\.plural).joined(separator: ", ")
            throw .badRequest("invalid_parameter", "object has to be one of \(names).")
        }
        return object
    }
}
