import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What was not stored, why, and what to do with it.
struct QuarantineRoutes {
    let store: TenantStore
    let readingRules: ReadingRulesDirectory

    var routes: [Route] { [list, summary, show, correct] + QuarantineOrder.allCases.map(order) }

    private static let filterParameters = QuarantineFilter.parts.map { Route.Parameter($0.name, $0.summary) }

    private var list: Route {
        Route(
            .get, "/v1/quarantine", "List events that were not stored, newest first", feature: "Ingestion",
            scope: .secret, module: .cdp, parameters: Page.parameters + Self.filterParameters
        ) { [store] call in
            let filter = try Self.filter(call)
            return try await store.page(call, filter: filter.fingerprint) { after, limit in
                .call("quarantine_list", [filter.bind] + after + [limit])
            } shape: {
                OperationPresenter.shown($0)
            }
        }
    }

    private var summary: Route {
        Route(
            .get, "/v1/quarantine:summary", "Count events that were not stored, by state, code and source",
            feature: "Ingestion", scope: .secret, module: .cdp, parameters: Self.filterParameters
        ) { [store] call in
            let filter = try Self.filter(call)
            return Response(json: try await store.value(call, .call("quarantine_summary", filter.bind)))
        }
    }

    private var show: Route {
        Route(
            .get, "/v1/quarantine/{id}", "Show an event that was not stored, with its original bytes",
            feature: "Ingestion", scope: .secret, module: .cdp
        ) { [store] call in
            guard let id = UUID(uuidString: call.capture("id")),
                let row = try await store.single(call, .call("quarantine_show", .uuid(id))).first
            else { throw Problem.notFound }
            return Response(
                json: Quarantine.shown(
                    try JSON(stored: row.text(0)), original: try row.bytea(1), corrected: try row.optionalBytea(2)))
        }
    }

    private var correct: Route {
        Route(
            .post, "/v1/quarantine/{id}:correct",
            "Correct an event that was not stored, and process it again; the original stays", feature: "Ingestion",
            scope: .secret, module: .cdp,
            parameters: [.init("dry_run", "true answers what is still wrong, and changes nothing")],
            success: 202, also: [200]
        ) { [store, readingRules] call in
            let body = try call.jsonObject()
            if let name = body.names.first(where: { $0 != "event" }) {
                throw TandemError.invalid("/" + name, "unknown_field", "is no part of a correction")
            }
            guard let event = body["event"] else {
                throw TandemError.invalid("/event", "required", "has to be the event as it should have been sent")
            }
            guard let id = UUID(uuidString: call.capture("id")) else { throw Problem.notFound }
            let correction = QuarantineCorrection(of: id, event.encoded())
            let logger = store.context.logger
            if try call.flag("dry_run") {
                let fault = try await store.withConnection(call) { connection, tenant in
                    try connection.quarantineFault(correction, of: tenant, rules: readingRules, logger: logger)
                }
                var verdict: JSONObject = ["dry_run": true, "valid": .bool(fault == nil)]
                if let fault { (verdict["code"], verdict["message"]) = (.string(fault.code), .string(fault.message)) }
                return Response(json: .object(verdict))
            }
            let (operation, actor) = (UUID.v7(), call.principal.actor)
            let answer = try await store.withConnection(call) { connection, tenant in
                try connection.quarantineCorrect(
                    correction, of: tenant, rules: readingRules, operation: operation, actor: actor, logger: logger)
            }
            store.context.operations.ring(for: try store.tenant(call).id)
            return Response(
                json: answer, status: .accepted,
                headers: [.location: "/v1/operations/\(PublicID(.operation, operation))"])
        }
    }

    private func order(_ order: QuarantineOrder) -> Route {
        let words =
            switch order {
            case .reprocess: "Process events again as if they had come just now, at the time of their receipt"
            case .discard: "Discard events that were not stored; their bytes stay"
            }
        return Route(
            .post, "/v1/quarantine:\(order.rawValue)", words, feature: "Ingestion", scope: .secret, module: .cdp,
            success: 202, also: [200]
        ) { [store] call in
            let (filter, isDryRun) = try Self.body(call)
            if isDryRun {
                let counted = try await store.value(call, .call("quarantine_summary", filter.bind))
                return Response(json: .object((counted.object ?? [:]).adding("dry_run", true)))
            }
            let id = UUID.v7()
            let answer = try await store.value(
                call,
                .call(
                    "quarantine_order", .uuid(id), .text(order.operationType), filter.bind, .text(call.principal.actor))
            )
            store.context.operations.ring(for: try store.tenant(call).id)
            return Response(
                json: OperationPresenter.shown(answer), status: .accepted,
                headers: [.location: "/v1/operations/\(PublicID(.operation, id))"])
        }
    }

    private static func filter(_ call: Call) throws -> QuarantineFilter {
        let names = Set(QuarantineFilter.parts.map(\.name))
        let parts = call.query.items.filter { names.contains($0.name) && !$0.value.isEmpty }
        do throws(TandemError) {
            return try QuarantineFilter(parts.map { ($0.name, $0.value) })
        } catch {
            if case .invalid(let faults) = error, let fault = faults.first {
                throw Problem.badRequest("invalid_parameter", fault.detail)
            }
            throw error
        }
    }

    /// The parts of a filter as strings, and `dry_run`.
    private static func body(_ call: Call) throws -> (QuarantineFilter, isDryRun: Bool) {
        var isDryRun = false
        var parts: [(String, String)] = []
        for (name, value) in try call.jsonObject() where !value.isNull {
            if name == "dry_run" {
                guard let flag = value.bool else {
                    throw TandemError.invalid([
                        .init(pointer: "/dry_run", code: "invalid", detail: "dry_run has to be true or false.")
                    ])
                }
                isDryRun = flag
            } else {
                guard let text = value.string else {
                    throw TandemError.invalid([
                        .init(pointer: "/\(name)", code: "invalid", detail: "\(name) has to be a string.")
                    ])
                }
                parts.append((name, text))
            }
        }
        return (try QuarantineOrder.scope(of: QuarantineFilter(parts)), isDryRun)
    }
}

extension JSONObject {
    fileprivate func adding(_ key: String, _ value: JSON) -> JSONObject {
        var object = self
        object[key] = value
        return object
    }
}
