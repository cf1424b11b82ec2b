import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What the SQL function `role_json` gives of a role.
struct RoleRead: Decodable {
    let id: UUID
    let name: String
    let description: String?
    let grants: [String: [String: String]]
    let fields: [String: [String: String]]
    let users: Int
    let version: Int
}

/// The roles by name.
struct RolesPage {
    struct Entry {
        let href: String
        let roleName: String
        let purpose: String?
        let users: String
    }

    let chrome: Chrome
    let roles: [Entry]
    let newHref: String?
}

/// One role, or the form of a new one: what it allows, object by object and field by field, and who has it.
struct RolePage {
    struct Column {
        let columnName: String
    }

    struct Row {
        let rowLabel: String
        let rowHint: String?
        let cells: [Cell]
    }

    /// One right; without options there is none of that kind.
    struct Cell {
        let cellName: String
        let cellLabel: String
        let columnName: String
        let level: String
        let options: [Choice]
        let hasOptions: Bool
    }

    struct FieldRow {
        let fieldName: String
        let fieldLabel: String
        let access: String
        let options: [Choice]
    }

    struct Holder {
        let holderName: String
        let hasLeft: Bool
    }

    /// A field that may be added: the names of all.
    struct Adder {
        let adderName: String
        let accessName: String
        let number: Int
    }

    let chrome: Chrome
    let heading: String
    let id: String?
    let error: String?
    let action: String
    let csrf: String
    let roleName: String
    let purpose: String
    let formVersion: Int?
    let columns: [Column]
    let rows: [Row]
    let fields: [FieldRow]
    let adders: [Adder]
    let fieldChoices: [String]
    let holders: [Holder]
    let hasHolders: Bool
    let isNew: Bool
    let mayEdit: Bool
    let deleteAction: String?
    let cancelHref: String
}

extension Console {
    private static let holderLimit: Int32 = 50

    var roleRoutes: [Route] {
        let read = Chrome.Place.roles.right
        let edit = ConsoleRight.to("edit", "role")
        return [
            page("/console/{tenant}/roles", "The roles of a tenant", right: read) { call, visit in
                try await roles(call, visit, visit.requiredTenant())
            },
            page("/console/{tenant}/roles/new", "The form of a new role", right: edit) { call, visit in
                let draft = RoleDraft(grants: [RoleInput.everyObject: ["read": "all"]])
                return try await shown(draft, call, visit)
            },
            action("/console/{tenant}/roles/new", "Make a role", right: edit) { call, visit, form in
                try await save(RoleDraft(form), call, visit)
            },
            page("/console/{tenant}/roles/{role}", "One role: what it allows, and who has it", right: read) {
                call, visit in
                try await shown(RoleDraft(role(call, visit)), call, visit)
            },
            action("/console/{tenant}/roles/{role}", "Change a role", right: edit) { call, visit, form in
                var draft = RoleDraft(form)
                draft.id = try call.id("role", .role)
                return try await save(draft, call, visit)
            },
            action("/console/{tenant}/roles/{role}/delete", "Delete a role", right: edit) { call, visit, _ in
                try await delete(call, visit)
            },
        ]
    }

    private func roles(_ call: Call, _ visit: Visit, _ tenant: Tenant) async throws -> Response {
        let path = "/console/\(tenant.slug)/roles"
        let found = try await read(tenant, [.call("find_roles")])[0].decoded("role", as: RoleRead.self)
        let page = RolesPage(
            chrome: Chrome(
                title: "Roles", visit: visit, place: .roles, notice: call.query["notice"], version: version),
            roles: found.map { role in
                RolesPage.Entry(
                    href: "\(path)/\(PublicID(.role, role.id))", roleName: role.name, purpose: role.description,
                    users: Figures.count(role.users))
            },
            newHref: visit.may("edit", "role") ? "\(path)/new" : nil)
        return Response(html: templates.render(page, as: "roles"))
    }

    private func role(_ call: Call, _ visit: Visit) async throws -> RoleRead {
        let (tenant, id) = (try visit.requiredTenant(), try call.id("role", .role))
        let rows = try await read(tenant, [.call("find_roles", .uuid(id))])[0]
        guard let row = rows.first else { throw Problem.notFound }
        return try row.decoded("role", as: RoleRead.self)
    }

    private func save(_ draft: RoleDraft, _ call: Call, _ visit: Visit) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let catalog = try await catalog(of: tenant.unlimited)
        var draft = draft
        let (id, body, seen, actor) = (draft.id, draft.body, draft.version, visit.actor)
        do {
            let role = try await writing(tenant) { (connection) throws(TandemError) in
                try connection.rolePut(
                    id, RoleInput(body, isNew: id == nil, catalog: catalog), ifMatch: seen, by: actor)
            }
            // BI logins with the role read what it reads from now on.
            _ = try await context.pool.withConnection(affinity: tenant.database.affinity) { (connection) throws in
                try BIGrants(connection, tenant: tenant.unlimited).renew()
            }
            let place = "/console/\(tenant.slug)/roles/\(role["id"]?.string ?? "")"
            return .seeOther(Self.with(notice: id == nil ? "created" : "saved", place))
        } catch TandemError.invalid(let errors) {
            draft.error = errors.map { "\($0.pointer.dropFirst().replacing("/", with: ", ")) \($0.detail)" }
                .joined(separator: "; ")
        } catch TandemError.duplicate {
            draft.error = "Another role has this name."
        } catch TandemError.versionMismatch {
            draft.error = "Somebody else has changed the role meanwhile. Load the page again."
        } catch TandemError.conflict(let detail) {
            draft.error = detail
        }
        return try await shown(draft, call, visit)
    }

    private func delete(_ call: Call, _ visit: Visit) async throws -> Response {
        let (tenant, id, actor) = (try visit.requiredTenant(), try call.id("role", .role), visit.actor)
        let context = context
        do {
            try await context.pool.withConnection(affinity: tenant.database.affinity) { (connection) throws in
                let directory = TenantDirectory(connection, actor: actor, ids: context.ids, logger: context.logger)
                let keys = try directory.keys(tenant, with: id)
                try connection.inTenant(tenant.database) { (connection) throws(TandemError) in
                    try connection.roleDelete(id, keys: keys, by: actor)
                }
            }
        } catch TandemError.inUse {
            var draft = RoleDraft(try await role(call, visit))
            draft.error = "Users or keys have this role. Take it from them first."
            return try await shown(draft, call, visit)
        }
        return .seeOther("/console/\(tenant.slug)/roles?notice=role-deleted")
    }

    private func shown(_ draft: RoleDraft, _ call: Call, _ visit: Visit) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let catalog = try await catalog(of: tenant.unlimited)
        let path = "/console/\(tenant.slug)/roles"
        var holders: [RolePage.Holder] = []
        if let id = draft.id {
            let rows = try await read(tenant, [.call("role_users", .uuid(id), .int4(Self.holderLimit))])[0]
            holders = try rows.map {
                RolePage.Holder(holderName: try $0.text("name"), hasLeft: try !$0.bool("active"))
            }
        }
        let place = draft.id.map { "\(path)/\(PublicID(.role, $0))" }
        let mayEdit = visit.may("edit", "role")
        let heading = draft.id == nil ? "New role" : draft.name
        let objects = catalog.objects.filter { object in
            object.module.map(tenant.modules.contains) ?? true
        }
        let page = RolePage(
            chrome: Chrome(
                title: heading, visit: visit, place: .roles, notice: call.query["notice"], version: version),
            heading: heading, id: draft.id.map { "\(PublicID(.role, $0))" }, error: draft.error,
            action: place ?? "\(path)/new", csrf: visit.csrf, roleName: draft.name, purpose: draft.purpose,
            formVersion: draft.version, columns: RoleInput.actions.map { RolePage.Column(columnName: $0) },
            rows: draft.rows(objects), fields: draft.fieldRows(catalog),
            adders: (1...3).map {
                RolePage.Adder(adderName: "add.\($0).field", accessName: "add.\($0).access", number: $0)
            },
            fieldChoices: RoleDraft.fieldNames(objects), holders: holders, hasHolders: !holders.isEmpty,
            isNew: draft.id == nil, mayEdit: mayEdit,
            deleteAction: mayEdit && holders.isEmpty ? place.map { "\($0)/delete" } : nil, cancelHref: path)
        return Response(
            html: templates.render(page, as: "role"), status: draft.error == nil ? .ok : .unprocessableContent)
    }
}
