import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// What a person may ask for: to be erased, to be told what is known, not to be tracked.
struct PrivacyRoutes {
    let store: TenantStore

    var routes: [Route] {
        [erase, export, suppress, unsuppress, check, list, show, data, publicKey]
    }

    private static let dryRun = Route.Parameter("dry_run", "true answers what would be done, and changes nothing")

    private var erase: Route {
        Route(
            .post, "/v1/privacy/erase",
            "Erase all that is known of a person, and keep out what comes after; many events: 202, an operation does it",
            feature: "Privacy", scope: .secret, parameters: [Self.dryRun], also: [202],
            time: PrivacyDesk.longest
        ) { [store] call in
            let (order, dryRun) = (try Order(call, mayMeanAll: true), try call.flag("dry_run"))
            let done = try await Self.desk(call, store) { (desk) throws(TandemError) in
                try desk.erase(order.subject, all: order.all, reason: order.reason, isDryRun: dryRun)
            }
            guard done["state"]?.string == "running", let id = done["id"]?.string,
                let uuid = PublicID(.privacyRequest, text: id)?.uuid
            else { return Response(json: done) }
            if let tenant = call.principal.tenant { store.context.operations.ring(for: tenant.id) }
            return Response(
                json: done, status: .accepted,
                headers: [.location: "/v1/operations/\(PublicID(.operation, uuid))"])
        }
    }

    private var export: Route {
        order("export", "Note that a person's data were asked for; …/requests/{id}/data gives them") {
            (desk, order, dryRun) throws(TandemError) in
            try desk.export(order.subject, all: order.all, reason: order.reason, isDryRun: dryRun)
        }
    }

    private var suppress: Route {
        order("suppress", "Keep out what comes of a person from now on; what is there stays") {
            (desk, order, dryRun) throws(TandemError) in
            try desk.suppress(order.subject, all: order.all, reason: order.reason, isDryRun: dryRun)
        }
    }

    private var unsuppress: Route {
        order("unsuppress", "Let a person's events and records in again", mayMeanAll: false) {
            (desk, order, dryRun) throws(TandemError) in
            try desk.unsuppress(order.subject, reason: order.reason, isDryRun: dryRun)
        }
    }

    /// A route that does what `order` asks for at once.
    private func order(
        _ name: String, _ summary: String, mayMeanAll: Bool = true,
        _ body: @escaping @Sendable (PrivacyDesk, Order, Bool) throws(TandemError) -> JSON
    ) -> Route {
        Route(
            .post, "/v1/privacy/" + name, summary, feature: "Privacy", scope: .secret, parameters: [Self.dryRun],
            time: PrivacyDesk.longest
        ) { [store] call in
            let (order, dryRun) = (try Order(call, mayMeanAll: mayMeanAll), try call.flag("dry_run"))
            let done = try await Self.desk(call, store) { (desk) throws(TandemError) in try body(desk, order, dryRun) }
            return Response(json: done)
        }
    }

    private var check: Route {
        Route(
            .post, "/v1/privacy/check", "Whether an identifier is suppressed", feature: "Privacy", scope: .secret
        ) { [store] call in
            let order = try Order(call, mayMeanAll: false)
            return Response(
                json: try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                    try connection.suppressionState(order.subject)
                })
        }
    }

    private var list: Route {
        Route(
            .get, "/v1/privacy/requests", "List what was asked for, newest first", feature: "Privacy", scope: .secret,
            parameters: Page.parameters + [.init("kind", Self.kinds.joined(separator: ", "))]
        ) { [store] call in
            let kind = call.query["kind"]
            guard kind.map(Self.kinds.contains) ?? true else {
                throw Problem.badRequest(
                    "invalid_parameter", "kind has to be one of \(Self.kinds.joined(separator: ", ")).")
            }
            return try await store.page(call, filter: kind ?? "") { after, limit in
                .call("privacy_request_list", [kind.bind] + after + [limit])
            } shape: {
                PrivacyPresenter.request($0)
            }
        }
    }

    private static let kinds = ["erase", "export", "suppress", "unsuppress"]

    private var show: Route {
        Route(
            .get, "/v1/privacy/requests/{id}", "Show a request with its signed receipt", feature: "Privacy",
            scope: .secret
        ) { [store] call in
            let id = try call.id(.privacyRequest)
            return Response(
                json: try await store.inTenant(call, readOnly: true) { (connection) throws(TandemError) in
                    try connection.privacyRequest(id)
                })
        }
    }

    private var data: Route {
        Route(
            .get, "/v1/privacy/requests/{id}/data", "The data of an export, page by page: {kind, data} each",
            feature: "Privacy", scope: .secret, parameters: Page.parameters
        ) { [store] call in
            let id = try call.id(.privacyRequest)
            return try await store.page(call, keys: 3) { after, limit in
                .call("export_page", [.uuid(id)] + after + [limit])
            } shape: {
                $0
            }
        }
    }

    private var publicKey: Route {
        Route(
            .get, "/v1/privacy/public-key", "The key that receipts are signed with", feature: "Privacy", scope: .secret
        ) { [store] call in
            let key = try await store.withConnection(call) { connection, _ in try ReceiptSigner(connection).publicKey }
            return Response(json: ["algorithm": "Ed25519", "public_key": .string(key)])
        }
    }

    private static func desk(
        _ call: Call, _ store: TenantStore, _ body: @escaping @Sendable (PrivacyDesk) throws(TandemError) -> JSON
    ) async throws -> JSON {
        let actor = call.principal.actor
        return try await store.withConnection(call, deadline: PrivacyDesk.longest) { connection, tenant in
            try body(try PrivacyDesk(connection, tenant: tenant, actor: actor))
        }
    }

    /// `{"type", "value", "all"?, "reason"?}`.
    private struct Order {
        let subject: PrivacySubject
        let all: Bool
        let reason: String?

        init(_ call: Call, mayMeanAll: Bool) throws {
            let body = try call.jsonObject()
            let known = ["type", "value", "reason"] + (mayMeanAll ? ["all"] : [])
            if let name = body.names.first(where: { !known.contains($0) }) {
                throw TandemError.invalid("/" + name, "unknown_field", "is not known here")
            }
            subject = try PrivacySubject(body)
            guard body["all"].map({ $0.bool != nil || $0.isNull }) ?? true else {
                throw TandemError.invalid("/all", "invalid", "has to be true or false")
            }
            all = body["all"]?.bool ?? false
            reason = body["reason"]?.string
        }
    }
}
