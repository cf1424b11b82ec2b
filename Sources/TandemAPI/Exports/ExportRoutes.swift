import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Files of profiles and events, and all files that were ordered. Those of records are ordered beside them, see `RecordRoutes`.
struct ExportRoutes {
    let store: TenantStore

    /// Counting millions takes a while.
    static let time: Duration = .seconds(30)

    var routes: [Route] {
        [
            order("/v1/profiles:export", "Profiles") { (body) throws(TandemError) in try ExportOrder(ofProfiles: body)
            },
            order("/v1/events:export", "Events") { (body) throws(TandemError) in try ExportOrder(ofEvents: body) },
            list, show, file, delete,
        ]
    }

    private func order(
        _ template: String, _ what: String,
        _ read: @escaping @Sendable (JSONObject) throws(TandemError) -> ExportOrder
    ) -> Route {
        Route(
            .post, template, "\(what): order a file of all that a condition means, as CSV or JSON lines",
            feature: "Profiles", scope: .secret, module: .cdp, success: 202, time: Self.time
        ) { [store] call in
            let order = try read(call.jsonObject())
            let (actor, id, now) = (call.principal.actor, UUID.v7(), store.context.clock.microseconds)
            let answer = try await store.inTenant(call, deadline: Self.time) { (connection) throws(TandemError) in
                try connection.exportOrder(order, id: id, at: now, by: actor)
            }
            return try .export(call, store, answer)
        }
    }

    private var list: Route {
        Route(
            .get, "/v1/exports", "List the files that were ordered, newest first", feature: "Exports", scope: .secret,
            permission: "crm:read", parameters: Page.parameters, obeysRights: true
        ) { [store] call in
            try await store.page(call) { after, limit in
                .call("export_list", [Self.owner(call).bind] + after + [limit])
            } shape: {
                ExportPresenter.shown($0)
            }
        }
    }

    private var show: Route {
        Route(
            .get, "/v1/exports/{id}", "Show how far a file is", feature: "Exports", scope: .secret,
            permission: "crm:read", obeysRights: true
        ) { [store] call in
            let (id, owner) = (try call.id(.operation), Self.owner(call))
            return Response(
                json: try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                    try connection.exportShow(id, of: owner)
                })
        }
    }

    private var file: Route {
        Route(
            .get, "/v1/exports/{id}/file", "The file itself", feature: "Exports", scope: .secret,
            permission: "crm:read", obeysRights: true
        ) { [store] call in
            let (id, owner) = (try call.id(.operation), Self.owner(call))
            let file = try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                try connection.exportFile(id, of: owner)
            }
            return Response(file: file.name, type: file.format.mediaType, bytes: file.bytes, parts: file.parts) {
                number in
                try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                    try connection.exportPart(id, number)
                }
            }
        }
    }

    private var delete: Route {
        Route(
            .delete, "/v1/exports/{id}", "Delete a file, and end its making", feature: "Exports", scope: .secret,
            permission: "crm:read", obeysRights: true, success: 204
        ) { [store] call in
            let (id, owner, actor) = (try call.id(.operation), Self.owner(call), call.principal.actor)
            try await store.inTenant(call) { (connection) throws(TandemError) in
                try connection.exportDiscard(id, of: owner, by: actor)
            }
            return .noContent
        }
    }

    /// Whose files the key reaches: a restricted one its own, since others may have been made with more rights; nil: all.
    private static func owner(_ call: Call) -> String? {
        call.principal.mayEverything ? nil : call.principal.actor
    }
}

extension Response {
    /// A file that was ordered just now; rings for who makes it.
    static func export(_ call: Call, _ store: TenantStore, _ export: JSON) throws -> Response {
        store.context.operations.ring(for: try store.tenant(call).id)
        return Response(
            json: export, status: .accepted, headers: [.location: "/v1/exports/\(export["id"]?.string ?? "")"])
    }
}
