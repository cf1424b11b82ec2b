import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// The routes that every object has, made from its description.
struct RecordRoutes {
    let description: ObjectDescription
    let records: RecordStore

    var routes: [Route] {
        [
            list, create, search, aggregate, export, batch, show, update, delete, restore, find, upsert, history,
            timeline, sources,
        ] + (Self.withOrigin.contains(description.name) ? [origin] : []) + BulkOrder.Action.allCases.map(bulk)
    }

    /// Those of an object whose records come by another way than JSON.
    var ofMadeElsewhere: [Route] { [list, search, aggregate, show, update, delete, restore, history] }

    /// The objects behind which there are persons who came from somewhere.
    private static let withOrigin: Set<String> = ["account", "contact", "lead"]

    private var base: String { "/v1/\(description.plural)" }

    /// The routes that ask the rights of the caller's role in all that they read and write; keys with a role reach no other.
    private static let obeying: Set<String> = [
        "", "/search", "/{id}", "/{id}:restore", "/by/{field}/{value}", ":aggregate", ":batch", "/{id}/history",
        "/{id}/timeline", "/{id}/sources", "/{id}/origin", ":update", ":delete", ":restore", ":export",
    ]

    /// Their work is PostgreSQL's, and what they make of its rows is made on the connection's thread.
    private static let brief: Set<String> = ["", "/search", "/{id}", "/by/{field}/{value}", ":aggregate"]

    /// What is posted and changes nothing.
    private static let reading: Set<String> = ["/search", ":aggregate", ":export"]

    /// Without an article, so that no sentence needs to know whether it is `a` or `an`.
    private func route(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, parameters: [Route.Parameter] = [],
        takesFields: Bool = false, success: Int = 200, also: [Int] = [], body: String? = nil,
        answers: Bool = false, time: Duration = Limits.answerDeadline,
        _ handler: @escaping Route.Handler
    ) -> Route {
        let module: Route.Module =
            switch description.module {
            case .cdp: .cdp
            case .crm: .crm
            case nil: .any
            }
        // Who writes users decides who signs in as whom.
        let isAccess = description.name == "user" && method != .get && !Self.reading.contains(path)
        return Route(
            method, base + path, "\(description.plural.capitalized): \(summary)", feature: "CRM", scope: .secret,
            module: module, permission: isAccess ? "access:write" : nil, parameters: parameters,
            takesFields: takesFields, obeysRights: Self.obeying.contains(path),
            success: success, also: also,
            schemas: .init(
                body: body.map { description.schemaName + $0 }, answer: answers ? description.schemaName : nil),
            time: time, isBrief: Self.brief.contains(path), handler: handler)
    }

    private var list: Route {
        let parameters =
            Page.parameters + [
                .init("filter", "A condition, for example name contains \"a\" and created_at after \"2026-01-01\""),
                .init("sort", "Fields, comma-separated, with - for descending"),
                .init("fields", "Fields to show, comma-separated"),
                .init("include", "Links to follow, comma-separated"),
                .init("view", "A saved list: its condition, and its order and fields unless others are asked for"),
                .init("count", "exact, estimate or none"),
            ]
        return route(
            .get, "", "list; any field is a parameter that it has to equal", parameters: parameters, takesFields: true
        ) { [description, records] call in
            let parameters = call.query.items
            return try await RecordRoutes.page(call, description, records, view: try call.view()) {
                (reader) throws(TandemError) in try reader.read(parameters: parameters)
            }
        }
    }

    private var search: Route {
        route(.post, "/search", "search by condition, in any order") { [description, records] call in
            let body = try call.json()
            return try await RecordRoutes.page(call, description, records) { (reader) throws(TandemError) in
                try reader.read(body)
            }
        }
    }

    private static func page(
        _ call: Call, _ description: ObjectDescription, _ records: RecordStore, view: UUID? = nil,
        _ query: @escaping @Sendable (RecordQueryReader) throws(TandemError) -> RecordQuery
    ) async throws -> Response {
        let seal = try records.seal(call)
        let page = try await records.read(call, description) {
            (connection, object, catalog) throws(TandemError) in
            var asked = try query(RecordQueryReader(object, catalog: catalog))
            if let view { asked = try connection.recordQuery(view: view, of: object, asked, catalog: catalog) }
            return try connection.recordListText(object, asked, seal: seal, catalog: catalog)
        }
        return Response(jsonBytes: page)
    }

    private var create: Route {
        route(
            .post, "", "create",
            parameters: [.init("allow_duplicate", "true makes one beside others with the same key")],
            success: 201, body: "Input", answers: true
        ) { [description, records] call in
            let body = try call.json()
            let author = records.author(call)
            let allow = try call.flag("allow_duplicate")
            let made = try await records.transaction(call, description) {
                (connection, object, catalog) throws(TandemError) in
                try connection.recordCreate(
                    object, body, by: author, catalog: catalog, allowDuplicate: allow)
            }
            return .resource(
                call, made.json, version: made.version, status: .created,
                location: "/v1/\(description.plural)/\(description.publicID(made.id))")
        }
    }

    private var show: Route {
        route(
            .get, "/{id}", "show one", parameters: [.init("as_of", "A time: the record as it was then")], also: [304],
            answers: true
        ) {
            [description, records] call in
            let id = try call.id(description.prefix)
            var time: Int64?
            if let text = call.query["as_of"] {
                time = WireTime.parse(text)
                if time == nil { throw Problem.badRequest("invalid_parameter", "as_of has to be a time in ISO 8601.") }
            }
            let found = try await records.read(call, description, byKey: true) {
                [time] (connection, object, catalog) throws(TandemError) -> (version: Int, json: [UInt8]) in
                guard let time else { return try connection.recordText(object, id: id, catalog: catalog) }
                let past = try connection.recordGet(object, id: id, asOf: time, catalog: catalog)
                return (past.version, past.json.encoded())
            }
            return .resource(call, found.json, version: found.version)
        }
    }

    private var update: Route {
        route(.patch, "/{id}", "change the fields sent; null clears", body: "Change", answers: true) {
            [description, records] call in
            let id = try call.id(description.prefix)
            let body = try call.json()
            let ifMatch = try EntityTag.ifMatch(call)
            let author = records.author(call)
            let changed = try await records.transaction(call, description) {
                (connection, object, catalog) throws(TandemError) in
                try connection.recordUpdate(
                    object, id: id, body, ifMatch: ifMatch, by: author, catalog: catalog)
            }
            return .resource(call, changed.json, version: changed.version)
        }
    }

    private var delete: Route {
        route(.delete, "/{id}", "move one to the bin", success: 204) { [description, records] call in
            let id = try call.id(description.prefix)
            let ifMatch = try EntityTag.ifMatch(call)
            let author = records.author(call)
            try await records.transaction(call, description) { (connection, object, _) throws(TandemError) in
                try connection.recordDelete(object, id: id, ifMatch: ifMatch, by: author)
            }
            return .noContent
        }
    }

    private var restore: Route {
        route(.post, "/{id}:restore", "bring one back from the bin") { [description, records] call in
            let id = try call.id(description.prefix)
            let author = records.author(call)
            let restored = try await records.transaction(call, description) {
                (connection, object, catalog) throws(TandemError) in
                try connection.recordRestore(object, id: id, by: author, catalog: catalog)
            }
            var json = restored.json.object ?? [:]
            if let missing = restored.detail?["not_restored"] { json["not_restored"] = missing }
            return .resource(call, .object(json), version: restored.version)
        }
    }

    private var find: Route {
        route(.get, "/by/{field}/{value}", "show the one with that value in a key", answers: true) {
            [description, records] call in
            let (field, value) = (call.capture("field"), call.capture("value"))
            let found = try await records.transaction(call, description, readOnly: true) {
                (connection, object, catalog) throws(TandemError) in
                let ids = try connection.recordFind(object, by: field, value)
                guard let id = ids.first else { throw TandemError.notFound() }
                if ids.count > 1 { throw TandemError.duplicate(ids: ids) }
                return try connection.recordGet(object, id: id, catalog: catalog)
            }
            return .resource(call, found.json, version: found.version)
        }
    }

    private var upsert: Route {
        route(
            .put, "/by/{field}/{value}", "change the one with that value in a key, or create it", also: [201],
            body: "Change", answers: true
        ) {
            [description, records] call in
            let (field, value) = (call.capture("field"), call.capture("value"))
            let body = try call.json()
            let ifMatch = try EntityTag.ifMatch(call)
            let author = records.author(call)
            let onlyNew = call.headers[.ifNoneMatch] == "*"
            let result = try await records.transaction(call, description) {
                (connection, object, catalog) throws(TandemError) in
                if onlyNew, try !connection.recordFind(object, by: field, value).isEmpty {
                    throw TandemError.versionMismatch(current: nil)
                }
                return try connection.recordUpsert(
                    object, by: field, value, body, ifMatch: ifMatch, by: author, catalog: catalog)
            }
            var json = result.snapshot.json.object ?? [:]
            json["created"] = .bool(result.isCreated)
            return .resource(
                call, .object(json), version: result.snapshot.version, status: result.isCreated ? .created : .ok,
                location: result.isCreated
                    ? "/v1/\(description.plural)/\(description.publicID(result.snapshot.id))" : nil)
        }
    }

    private var aggregate: Route {
        route(.post, ":aggregate", "count and sum, in groups") { [description, records] call in
            let body = try call.json()
            return Response(
                json: try await records.read(call, description) {
                    (connection, object, catalog) throws(TandemError) in
                    try connection.recordAggregate(
                        object, RecordAggregate(body, of: object, catalog: catalog), catalog: catalog)
                })
        }
    }

    private var batch: Route {
        route(.post, ":batch", "write up to 1000 in one request") { [description, records] call in
            let batch = try RecordBatch(call.json())
            let author = records.author(call)
            let outcomes = try await records.transaction(call, description) {
                (connection, object, catalog) throws(TandemError) in
                try connection.recordBatch(object, batch, by: author, catalog: catalog)
            }
            let results = outcomes.map { BatchResult($0, description).json }
            return Response(json: ["results": .array(results)])
        }
    }

    private func bulk(_ action: BulkOrder.Action) -> Route {
        let words =
            switch action {
            case .update: "change all that a condition means"
            case .delete: "move all that a condition means to the bin"
            case .restore: "bring all that a condition means back from the bin"
            }
        return route(
            .post, ":" + action.rawValue, words,
            parameters: [.init("dry_run", "true answers how many there are and what becomes of the first")],
            success: 202, also: [200]
        ) { [description, records] call in
            let isDryRun = try call.flag("dry_run")
            let body = try call.jsonObject()
            let (actor, id) = (call.principal.actor, UUID.v7())
            let answer = try await records.transaction(call, description) {
                (connection, object, catalog) throws(TandemError) -> JSON in
                let order = try BulkOrder(action, of: object, body, isDryRun: isDryRun, catalog: catalog)
                guard isDryRun else { return try connection.bulkOrder(order, id: id, by: actor) }
                let rehearsed = try connection.bulkRehearse(order, by: actor)
                try connection.discardChanges()
                return rehearsed
            }
            return isDryRun ? Response(json: answer) : .ordered(call, records.store, answer)
        }
    }

    private var export: Route {
        route(
            .post, ":export", "order a file of all that a condition means, as CSV or JSON lines", success: 202,
            time: ExportRoutes.time
        ) { [description, records] call in
            if let rights = call.principal.rights, !rights.may("export", description.name) {
                throw Problem.forbidden("forbidden", "The role does not allow to export \(description.plural).")
            }
            let body = try call.jsonObject()
            let (actor, id, now) = (call.principal.actor, UUID.v7(), records.store.context.clock.microseconds)
            let answer = try await records.transaction(call, description, deadline: ExportRoutes.time) {
                (connection, object, catalog) throws(TandemError) -> JSON in
                try connection.exportOrder(
                    try ExportOrder(of: object, body, catalog: catalog), id: id, at: now, by: actor)
            }
            return try .export(call, records.store, answer)
        }
    }

    private var history: Route {
        route(.get, "/{id}/history", "what changed, newest first", parameters: Page.parameters) {
            [description, records] call in
            let id = try call.id(description.prefix)
            let (limit, after, seal) = (try call.limit(), call.query["after"], try records.seal(call))
            return Response(
                json: try await records.transaction(call, description, readOnly: true) {
                    (connection, object, catalog) throws(TandemError) in
                    try connection.recordHistory(
                        object, id: id, limit: limit, after: after, seal: seal, catalog: catalog)
                })
        }
    }

    private var timeline: Route {
        route(.get, "/{id}/timeline", "what happened around one, newest first", parameters: Page.parameters) {
            [description, records] call in
            let id = try call.id(description.prefix)
            let (limit, after, seal) = (try call.limit(), call.query["after"], try records.seal(call))
            return Response(
                json: try await records.transaction(call, description, readOnly: true) {
                    (connection, object, catalog) throws(TandemError) in
                    _ = try connection.recordGet(object, id: id, catalog: catalog)
                    return try connection.recordTimeline(
                        object, id: id, limit: limit, after: after, seal: seal, catalog: catalog)
                })
        }
    }

    private var origin: Route {
        route(.get, "/{id}/origin", "how its people came: the first page, referrer and campaign of their events") {
            [description, records] call in
            let id = try call.id(description.prefix)
            return Response(
                json: try await records.transaction(call, description, readOnly: true) {
                    (connection, object, catalog) throws(TandemError) in
                    _ = try connection.recordGet(object, id: id, catalog: catalog)
                    return try connection.recordOrigin(object, id: id)
                })
        }
    }

    private var sources: Route {
        route(.get, "/{id}/sources", "which source said what of its fields") { [description, records] call in
            let id = try call.id(description.prefix)
            return Response(
                json: try await records.transaction(call, description, readOnly: true) {
                    (connection, object, catalog) throws(TandemError) in
                    try connection.recordFieldSources(object, id: id, catalog: catalog)
                })
        }
    }
}

/// One result of a batch.
struct BatchResult {
    private let outcome: RecordOutcome
    private let description: ObjectDescription

    init(_ outcome: RecordOutcome, _ description: ObjectDescription) {
        self.outcome = outcome
        self.description = description
    }

    var json: JSON {
        var object: JSONObject = [
            "index": .number(outcome.index), "status": .number(status), "outcome": .string(outcome.status.rawValue),
            "id": .string(orNull: outcome.id.map { description.publicID($0) }),
        ]
        if let version = outcome.version { object["version"] = .number(version) }
        if let problem { object["error"] = problem.summary }
        return .object(object)
    }

    private var problem: Problem? {
        guard let error = outcome.error else { return nil }
        return RecordStore.problem(error, description) ?? Problem(of: error)
    }

    private var status: Int {
        switch outcome.status {
        case .created: 201
        case .deleted: 204
        case .updated, .unchanged, .restored: 200
        case .error: problem?.status.code ?? 500
        }
    }
}

extension Call {
    /// The saved list that a list's parameter `view` names.
    fileprivate func view() throws(Problem) -> UUID? {
        guard let text = query["view"] else { return nil }
        guard let id = PublicID(.view, text: text) else {
            throw .badRequest("unknown_view", "view has to be the id of a saved list: view_….")
        }
        return id.uuid
    }
}
