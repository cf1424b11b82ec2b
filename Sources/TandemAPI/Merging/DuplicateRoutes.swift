import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Pairs of records that may be one: found, dismissed, merged.
struct DuplicateRoutes {
    let records: RecordStore

    var routes: [Route] { [list, find, show, dismiss, merge] }

    private var list: Route {
        Route(
            .get, "/v1/duplicates", "List pairs of records that may be one, newest first", feature: "CRM",
            scope: .secret,
            module: .crm,
            parameters: Page.parameters + [
                .init("object", "account, contact or lead"), .init("state", "open unless given; merged or dismissed"),
            ], obeysRights: true
        ) { [records] call in
            let (object, state) = (call.query["object"], call.query["state"] ?? "open")
            if object == "profile" {
                throw Problem.badRequest(
                    "invalid_parameter",
                    "Pairs of profiles wait where merges do: GET /v1/merge-reviews?reason=likeness.")
            }
            guard object.map({ name in RecordMerge.objects.contains { $0.name == name } }) ?? true,
                ["open", "merged", "dismissed"].contains(state)
            else { throw Problem.badRequest("invalid_parameter", "object or state is none that there is.") }
            let catalog = try await records.transaction(call, readOnly: true) { (_, catalog) throws(TandemError) in
                catalog
            }
            return try await records.store.page(call, filter: "\(object ?? "")\n\(state)", keys: 1) { after, limit in
                .call("duplicate_list", [object.bind, .text(state)] + after + [limit])
            } shape: {
                DuplicatePresenter.shown($0, catalog: catalog)
            }
        }
    }

    private var find: Route {
        Route(
            .post, "/v1/duplicates:find", "Look for records and profiles that may be one now", feature: "CRM",
            scope: .secret, module: .crm, obeysRights: true, time: RecordMerge.longest
        ) { [records] call in
            let (kind, actor) = (try Self.kind(call), call.principal.actor)
            if let rights = call.principal.rights,
                !RecordMerge.objects.contains(where: { rights.may("merge", $0.name) })
            {
                throw Problem.forbidden(
                    "forbidden", "The key's role does not allow to merge accounts, contacts or leads.")
            }
            return Response(
                json: try await DuplicateSearch.run(of: kind, by: actor, within: DuplicateSearch.callPatience) { body in
                    try await records.transaction(call, deadline: RecordMerge.longest) {
                        (connection, _) throws(TandemError) in try body(connection)
                    }
                })
        }
    }

    /// What is looked through: the body's `object`; nil: all.
    private static func kind(_ call: Call) throws -> String? {
        guard !call.body.isEmpty else { return nil }
        let body = try call.jsonObject()
        if let name = body.names.first(where: { $0 != "object" }) {
            throw TandemError.invalid("/" + name, "unknown_field", "is no option of the search")
        }
        guard let value = body["object"], !value.isNull else { return nil }
        guard let kind = value.string, DuplicateSearch.kinds.contains(kind) else {
            throw TandemError.invalid(
                "/object", "invalid", "has to be one of \(DuplicateSearch.kinds.joined(separator: ", "))")
        }
        return kind
    }

    private var show: Route {
        Route(
            .get, "/v1/duplicates/{id}", "A pair, with what each comparison gave", feature: "CRM", scope: .secret,
            module: .crm, obeysRights: true
        ) { [records] call in
            let id = try call.id(.duplicate)
            return Response(
                json: try await records.transaction(call, readOnly: true) { (connection, catalog) throws(TandemError) in
                    try connection.duplicate(id, catalog: catalog)
                })
        }
    }

    private var dismiss: Route {
        Route(
            .post, "/v1/duplicates/{id}:dismiss", "Two records that are two, for good", feature: "CRM", scope: .secret,
            module: .crm, obeysRights: true
        ) { [records] call in
            let (id, actor) = (try call.id(.duplicate), call.principal.actor)
            return Response(
                json: try await records.transaction(call) { (connection, catalog) throws(TandemError) in
                    try connection.dismissDuplicate(id, by: actor, catalog: catalog)
                })
        }
    }

    private var merge: Route {
        Route(
            .post, "/v1/duplicates/{id}:merge", "Merge a pair; winner names the record that stays", feature: "CRM",
            scope: .secret, module: .crm,
            parameters: [.init("dry_run", "true answers what would happen, and changes nothing")],
            obeysRights: true, time: RecordMerge.longest
        ) { [records] call in
            let (id, actor, dryRun) = (try call.id(.duplicate), call.principal.actor, try call.flag("dry_run"))
            let body = try call.jsonObject()
            if let name = body.names.first(where: { $0 != "winner" }) {
                throw TandemError.invalid("/" + name, "unknown_field", "is no option of a merge")
            }
            let text = body["winner"]?.string
            let winner = text.flatMap { text in
                RecordMerge.objects.lazy.compactMap { PublicID($0.prefix, text: text)?.uuid }.first
            }
            if let value = body["winner"], !value.isNull, winner == nil {
                throw TandemError.invalid("/winner", "invalid", "has to be the id of one of the two records")
            }
            return Response(
                json: try await records.transaction(call, deadline: RecordMerge.longest) {
                    (connection, catalog) throws(TandemError) in
                    try connection.mergeDuplicate(id, winner: winner, by: actor, dryRun: dryRun, catalog: catalog)
                })
        }
    }
}
