import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// How far long work is, and an end to it.
struct OperationRoutes {
    let store: TenantStore
    let catalog: ObjectCatalog

    var routes: [Route] { [list, show, records, undo, cancel] }

    private var list: Route {
        Route(
            .get, "/v1/operations", "List operations, newest first", feature: "Operations", scope: .secret,
            parameters: Page.parameters + [.init("state", "running, done, failed or cancelled")], obeysRights: true
        ) { [store] call in
            let state = call.query["state"]
            guard state == nil || ["running", "done", "failed", "cancelled"].contains(state) else {
                throw Problem.badRequest("invalid_parameter", "state has to be running, done, failed or cancelled.")
            }
            return try await store.page(call, filter: state ?? "") { after, limit in
                .call("operation_list", [state.bind] + after + [limit])
            } shape: {
                OperationPresenter.shown($0)
            }
        }
    }

    private var show: Route {
        Route(
            .get, "/v1/operations/{id}", "Show how far an operation is", feature: "Operations", scope: .secret,
            obeysRights: true
        ) { [store] call in
            Response(json: OperationPresenter.shown(try await Self.operation(call, store)))
        }
    }

    private static func operation(_ call: Call, _ store: TenantStore) async throws -> JSON {
        let id = try call.id(.operation)
        return try await store.value(call, .call("operation_find", .uuid(id)))
    }

    private static let outcomes = ["updated", "deleted", "restored", "unchanged", "skipped", "error", "kept"]

    private var records: Route {
        Route(
            .get, "/v1/operations/{id}/records", "List the records of an operation, with what became of each",
            feature: "Operations", scope: .secret,
            parameters: Page.parameters + [.init("outcome", Self.outcomes.joined(separator: ", "))], obeysRights: true
        ) { [store, catalog] call in
            let id = try call.id(.operation)
            let outcome = call.query["outcome"]
            guard outcome.map(Self.outcomes.contains) ?? true else {
                throw Problem.badRequest(
                    "invalid_parameter", "outcome has to be one of \(Self.outcomes.joined(separator: ", ")).")
            }
            let operation = try await Self.operation(call, store)
            let object = operation["input"]?["object"]?.string.flatMap({ catalog.object($0) })
            return try await store.page(call, filter: outcome ?? "", keys: 1) { after, limit in
                .call("bulk_records", [.uuid(id), outcome.bind] + after + [limit])
            } shape: { item in
                var shown = item.object ?? [:]
                if let object, let id = shown["id"]?.string.flatMap(UUID.init(uuidString:)) {
                    shown["id"] = .string(object.publicID(id))
                }
                return .object(shown)
            }
        }
    }

    private var undo: Route {
        Route(
            .post, "/v1/operations/{id}:undo", "Take back what an operation did to records", feature: "Operations",
            scope: .secret, obeysRights: true, success: 202
        ) { [store] call in
            let operation = try call.id(.operation)
            let (actor, id) = (call.principal.actor, UUID.v7())
            let answer = try await store.inTenant(call) { (connection) throws(TandemError) in
                try connection.bulkUndo(operation, id: id, by: actor)
            }
            return .ordered(call, store, answer)
        }
    }

    private var cancel: Route {
        Route(
            .post, "/v1/operations/{id}:cancel", "End an operation before its end; what it has done stays",
            feature: "Operations", scope: .secret, obeysRights: true
        ) { [store] call in
            let (id, actor) = (try call.id(.operation), call.principal.actor)
            return Response(
                json: try await store.inTenant(call) { (connection) throws(TandemError) in
                    try connection.operationCancel(id, by: actor)
                })
        }
    }
}

extension Response {
    /// An operation that was ordered just now; rings for who does it.
    static func ordered(_ call: Call, _ store: TenantStore, _ operation: JSON) -> Response {
        if let tenant = call.principal.tenant { store.context.operations.ring(for: tenant.id) }
        return Response(
            json: operation, status: .accepted,
            headers: [.location: "/v1/operations/\(operation["id"]?.string ?? "")"])
    }
}
