import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Merges of records, and their undo. What rights say of merging belongs here: all merges of records start in `merge`.
struct RecordMergeRoutes {
    let records: RecordStore

    var routes: [Route] {
        RecordMerge.objects.filter { records.standard.object($0.name) != nil }.map(merge) + [list, show, undo]
    }

    private static let dryRun = Route.Parameter("dry_run", "true answers what would happen, and changes nothing")

    private func merge(_ description: ObjectDescription) -> Route {
        Route(
            .post, "/v1/\(description.plural)/{id}:merge",
            "\(description.plural.capitalized): merge others into one", feature: "CRM", scope: .secret,
            module: description.module == .crm ? .crm : .any, parameters: [Self.dryRun], obeysRights: true,
            time: RecordMerge.longest
        ) { [records] call in
            let id = try call.id(description.prefix)
            let body = try call.jsonObject()
            let (actor, dryRun) = (call.principal.actor, try call.flag("dry_run"))
            let done = try await records.transaction(call, description, deadline: RecordMerge.longest) {
                (connection, object, catalog) throws(TandemError) in
                let merge = try RecordMerge(body, into: id, of: object, catalog: catalog)
                return try connection.mergeRecords(into: id, merge, by: actor, dryRun: dryRun, catalog: catalog)
            }
            return Response(json: done)
        }
    }

    private var list: Route {
        Route(
            .get, "/v1/record-merges", "List merges of records, newest first", feature: "CRM", scope: .secret,
            parameters: Page.parameters + [
                .init("object", "account, contact or lead"), .init("record", "Only merges of this record, by its id"),
                .init("state", "applied or undone"),
            ], obeysRights: true
        ) { [records] call in
            let (object, state, record) = (call.query["object"], call.query["state"], call.query["record"])
            guard object.map({ name in RecordMerge.objects.contains { $0.name == name } }) ?? true,
                state.map({ ["applied", "undone"].contains($0) }) ?? true
            else { throw Problem.badRequest("invalid_parameter", "object or state is none that there is.") }
            let id = record.flatMap { text in
                RecordMerge.objects.lazy.compactMap { PublicID($0.prefix, text: text)?.uuid }.first
            }
            if record != nil, id == nil { return Page(items: [], next: nil).response }
            return try await records.store.page(
                call, filter: "\(object ?? "")\n\(state ?? "")\n\(record ?? "")", keys: 1
            ) { after, limit in
                .call("record_merge_list", [object.bind, id.bind, state.bind] + after + [limit])
            } shape: {
                RecordMergePresenter.shown($0, catalog: records.catalog(of: call))
            }
        }
    }

    private var show: Route {
        Route(
            .get, "/v1/record-merges/{id}", "Show a merge of records", feature: "CRM", scope: .secret, obeysRights: true
        ) {
            [records] call in
            let id = try call.id(.merge)
            return Response(
                json: try await records.transaction(call, readOnly: true) { (connection, catalog) throws(TandemError) in
                    try connection.showRecordMerge(id, catalog: catalog)
                })
        }
    }

    private var undo: Route {
        Route(
            .post, "/v1/record-merges/{id}:undo", "Take a merge of records back, with that of their persons",
            feature: "CRM", scope: .secret, parameters: [Self.dryRun], obeysRights: true, time: RecordMerge.longest
        ) { [records] call in
            let id = try call.id(.merge)
            let (actor, dryRun) = (call.principal.actor, try call.flag("dry_run"))
            return Response(
                json: try await records.transaction(call, deadline: RecordMerge.longest) {
                    (connection, catalog) throws(TandemError) in
                    try connection.undoRecordMerge(id, by: actor, dryRun: dryRun, catalog: catalog)
                })
        }
    }
}
