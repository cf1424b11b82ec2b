import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The fields that a tenant gives its objects.
struct FieldRoutes {
    let records: RecordStore

    var routes: [Route] { [list, create, update, drop] }

    private static let dryRun = Route.Parameter("dry_run", "true checks and answers the field, and changes nothing")
    /// An index over a great table takes a while.
    private static let time = Duration.seconds(60)

    private var list: Route {
        Route(
            .get, "/v1/objects/{object}/fields",
            "List the fields that the tenant gave an object, hidden ones among them",
            feature: "CRM", scope: .secret
        ) { [records] call in
            let name = call.capture("object")
            let modules = call.principal.tenant?.modules ?? []
            let fields = try await records.transaction(call, readOnly: true) {
                (connection, catalog) throws(TandemError) -> [CustomField] in
                guard let object = catalog.object(name) ?? catalog.object(plural: name),
                    object.module.map(modules.contains) ?? true
                else { throw TandemError.notFound(code: "unknown_object") }
                return try connection.customFields(of: object.name)
            }
            return Page(items: fields.map(\.json), next: nil).response
        }
    }

    private var create: Route {
        Route(
            .post, "/v1/objects/{object}/fields", "Give an object a field", feature: "CRM", scope: .secret,
            permission: "settings:write", parameters: [Self.dryRun], success: 201, also: [200], time: Self.time
        ) { [records] call in
            let body = try call.jsonObject()
            let (object, isDryRun) = (call.capture("object"), try call.flag("dry_run"))
            let made = try await FieldRoutes.edit(call, records, isDryRun: isDryRun) { (editor) throws(TandemError) in
                try editor.create(object, body)
            }
            return .resource(
                call, made, version: made["version"]?.int ?? 1, status: isDryRun ? .ok : .created,
                location: "/v1/objects/\(object)/fields")
        }
    }

    private var update: Route {
        Route(
            .patch, "/v1/objects/{object}/fields/{name}",
            "Change a field that the tenant gave an object; hidden hides and shows it", feature: "CRM", scope: .secret,
            permission: "settings:write", parameters: [Self.dryRun], time: Self.time
        ) { [records] call in
            let body = try call.jsonObject()
            let (object, field) = (call.capture("object"), call.capture("name"))
            let (isDryRun, ifMatch) = (try call.flag("dry_run"), try EntityTag.ifMatch(call))
            let changed = try await FieldRoutes.edit(call, records, isDryRun: isDryRun) {
                (editor) throws(TandemError) in try editor.update(object, field, body, ifMatch: ifMatch)
            }
            return .resource(call, changed, version: changed["version"]?.int ?? 1)
        }
    }

    private var drop: Route {
        Route(
            .post, "/v1/objects/{object}/fields/{name}:drop",
            "Take a hidden field away for good, with all values in it", feature: "CRM", scope: .secret,
            permission: "settings:write",
            parameters: [.init("dry_run", "true answers how many values would go, and changes nothing")],
            time: Self.time
        ) { [records] call in
            let (object, field) = (call.capture("object"), call.capture("name"))
            return Response(
                json: try await FieldRoutes.edit(call, records, isDryRun: call.flag("dry_run")) {
                    (editor) throws(TandemError) in try editor.drop(object, field)
                })
        }
    }

    private static func edit(
        _ call: Call, _ records: RecordStore, isDryRun: Bool,
        _ body: @escaping @Sendable (CustomFieldEditor) throws(TandemError) -> JSON
    ) async throws -> JSON {
        let (context, tenant, actor) = (records.store.context, try records.store.tenant(call), call.principal.actor)
        let json = try await context.pool.withConnection(affinity: tenant.database.affinity, deadline: time) {
            connection in
            try body(
                CustomFieldEditor(
                    connection, tenant: tenant, actor: actor, isDryRun: isDryRun, logger: context.logger))
        }
        guard isDryRun, var object = json.object else { return json }
        object["dry_run"] = true
        return .object(object)
    }
}
