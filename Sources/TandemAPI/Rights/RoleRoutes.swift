import Hummingbird
import Tandem
import TandemHTTP

/// The roles of a tenant: what their users, and keys with a role, may do.
struct RoleRoutes {
    let records: RecordStore

    var routes: [Route] { [list, create, show, update, delete] }

    private func route(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, success: Int = 200,
        _ handler: @escaping Route.Handler
    ) -> Route {
        Route(
            method, "/v1/roles" + path, summary, feature: "Access", scope: .secret, success: success, handler: handler)
    }

    private var list: Route {
        route(.get, "", "List the roles, by name") { [records] call in
            let roles = try await records.transaction(call, readOnly: true) { (connection, _) throws(TandemError) in
                try connection.roleList()
            }
            return Page(items: roles, next: nil).response
        }
    }

    private var create: Route {
        route(
            .post, "",
            "Make a role: {\"name\", \"description\"?, \"grants\": {object: {action: level}}, \"fields\"?: {object: {field: none|read|edit}}}",
            success: 201
        ) { [records] call in
            let (body, actor) = (try call.json(), call.principal.actor)
            let made = try await records.transaction(call) { (connection, catalog) throws(TandemError) in
                try connection.rolePut(nil, RoleInput(body, isNew: true, catalog: catalog), by: actor)
            }
            return .resource(
                call, made, version: 1, status: .created, location: "/v1/roles/\(made["id"]?.string ?? "")")
        }
    }

    private var show: Route {
        route(.get, "/{id}", "Show a role") { [records] call in
            let id = try call.id(.role)
            let role = try await records.transaction(call, readOnly: true) { (connection, _) throws(TandemError) in
                try connection.roleFind(PublicID(.role, id).description).json
            }
            return .resource(call, role, version: role["version"]?.int ?? 1)
        }
    }

    private var update: Route {
        route(.patch, "/{id}", "Change a role; grants and fields that are sent replace those that were there") {
            [records] call in
            let (id, body, actor) = (try call.id(.role), try call.json(), call.principal.actor)
            let ifMatch = try EntityTag.ifMatch(call)
            let role = try await records.transaction(call) { (connection, catalog) throws(TandemError) in
                try connection.rolePut(
                    id, RoleInput(body, isNew: false, catalog: catalog), ifMatch: ifMatch, by: actor)
            }
            _ = try await records.store.withConnection(call) { (connection, tenant) throws in
                try BIGrants(connection, tenant: tenant).renew()
            }
            return .resource(call, role, version: role["version"]?.int ?? 1)
        }
    }

    private var delete: Route {
        route(.delete, "/{id}", "Delete a role that no user and no key has", success: 204) { [records] call in
            let (id, actor, context) = (try call.id(.role), call.principal.actor, records.store.context)
            try await records.store.withConnection(call) { (connection, tenant) throws in
                let directory = TenantDirectory(connection, actor: actor, ids: context.ids, logger: context.logger)
                let keys = try directory.keys(tenant, with: id)
                try connection.inTenant(tenant.database) { (connection) throws(TandemError) in
                    try connection.roleDelete(id, keys: keys, by: actor)
                }
            }
            return .noContent
        }
    }
}
