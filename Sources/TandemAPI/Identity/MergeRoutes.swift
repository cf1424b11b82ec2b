import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// Merges of profiles: a person's, an event's, and what is left to decide.
struct MergeRoutes {
    let store: TenantStore
    let readingRules: ReadingRulesDirectory

    var routes: [Route] { [list, show, apply, undo, reviews, review, decide(true), decide(false)] }

    private static let dryRun = Route.Parameter(
        "dry_run", "true answers the plan: what would change, and of whom; changes nothing")

    private var list: Route {
        Route(
            .get, "/v1/merges", "List merges, newest first", feature: "Identity", scope: .secret, module: .cdp,
            parameters: Page.parameters + [
                .init("ref", "Only merges of this messageId or ref"), .init("profile", "Only merges of this profile"),
                .init("cause", "Only those made by this: event, alias, manual or review"),
                .init("state", "Only those that are so: applied, undone or erased"),
            ]
        ) { [store] call in
            let ref = call.query["ref"]
            let profile = call.query["profile"]
            let id = profile.flatMap { PublicID(.profile, text: $0)?.uuid }
            let (cause, state) = (call.query["cause"], call.query["state"])
            let filter = try MergeFilter(cause: cause, state: state)
            if profile != nil, id == nil { return Page(items: [], next: nil).response }
            return try await store.page(
                call, filter: "\(ref ?? "")\n\(profile ?? "")\n\(cause ?? "")\n\(state ?? "")"
            ) { after, limit in
                .call("merge_list", [ref.bind, id.bind] + filter.binds + after + [limit])
            } shape: {
                IdentityPresenter.merge($0)
            }
        }
    }

    private var show: Route {
        Route(
            .get, "/v1/merges/{id}", "Show a merge with its edges", feature: "Identity", scope: .secret, module: .cdp
        ) { [store] call in
            let id = try call.id(.merge)
            return Response(json: IdentityPresenter.merge(try await store.value(call, .call("merge_show", .uuid(id)))))
        }
    }

    private var apply: Route {
        Route(
            .post, "/v1/merges", "Merge two profiles", feature: "Identity", scope: .secret, module: .cdp,
            parameters: [Self.dryRun], success: 201, also: [200, 202]
        ) { [self] call in
            let order = try await MergeOrder(
                call.jsonObject(), policy: readingRules.rules(of: store.tenant(call), from: store.context.pool).identity
            )
            let dryRun = try call.flag("dry_run")
            let answer = try await store.value(
                call,
                .call(
                    "apply_merge", .jsonb(order.winner.encoded()), .jsonb(order.loser.encoded()), order.ref.bind,
                    order.effectiveAt.map { .timestamptz($0) } ?? .null(.timestamptz), .bool(order.force),
                    .text(call.principal.actor), .bool(dryRun)))
            let merge = IdentityPresenter.merge(answer)
            if dryRun { return Response(json: merge) }
            if merge["state"]?.string == "review" { return Response(json: merge, status: .accepted) }
            return Response(
                json: merge, status: .created, headers: [.location: "/v1/merges/\(merge["id"]?.string ?? "")"])
        }
    }

    private var undo: Route {
        Route(
            .post, "/v1/merges/{id}:undo", "Undo a merge: both sides as if it had not been", feature: "Identity",
            scope: .secret, module: .cdp, parameters: [Self.dryRun]
        ) { [store] call in
            let id = try call.id(.merge)
            let dryRun = try call.flag("dry_run")
            let answer = try await store.value(
                call, .call("undo_merge", .uuid(id), .null(.text), .text(call.principal.actor), .bool(dryRun)))
            return Response(json: IdentityPresenter.merge(answer))
        }
    }

    private static let reasons = ["accounts", "anomaly", "manual", "contact_email", "likeness"]

    private var reviews: Route {
        Route(
            .get, "/v1/merge-reviews", "List merges that wait for a decision, oldest first", feature: "Identity",
            scope: .secret, module: .cdp,
            parameters: Page.parameters + [
                .init("state", "open unless given; approved, rejected or obsolete"),
                .init("reason", "Only of this one: \(Self.reasons.joined(separator: ", "))"),
            ]
        ) { [store] call in
            let state = call.query["state"] ?? "open"
            guard ["open", "approved", "rejected", "obsolete"].contains(state) else {
                throw Problem.badRequest("invalid_parameter", "state has to be open, approved, rejected or obsolete.")
            }
            let reason = call.query["reason"]
            guard reason.map(Self.reasons.contains) ?? true else {
                throw Problem.badRequest(
                    "invalid_parameter", "reason has to be one of \(Self.reasons.joined(separator: ", ")).")
            }
            return try await store.page(call, filter: "\(state)\n\(reason ?? "")") { after, limit in
                .call("review_list", [.text(state)] + after + [limit, reason.bind])
            } shape: {
                IdentityPresenter.review($0)
            }
        }
    }

    private var review: Route {
        Route(
            .get, "/v1/merge-reviews/{id}", "Show a merge that waits for a decision, or was decided",
            feature: "Identity", scope: .secret, module: .cdp
        ) { [store] call in
            let id = try call.id(.review)
            let review = try await store.value(call, .call("review_show", .uuid(id)))
            return Response(json: IdentityPresenter.review(review))
        }
    }

    private func decide(_ approves: Bool) -> Route {
        Route(
            .post, "/v1/merge-reviews/{id}:\(approves ? "approve" : "reject")",
            approves ? "Merge what the review is about" : "Keep apart for ever what the review is about",
            feature: "Identity", scope: .secret, module: .cdp, parameters: [Self.dryRun]
        ) { [store] call in
            let id = try call.id(.review)
            let dryRun = try call.flag("dry_run")
            let answer = try await store.value(
                call, .call("decide_review", .uuid(id), .bool(approves), .text(call.principal.actor), .bool(dryRun)))
            return Response(json: IdentityPresenter.review(answer))
        }
    }
}

/// What `POST /v1/merges` says.
struct MergeOrder {
    let winner: JSON
    let loser: JSON
    let ref: String?
    /// Microseconds since 1970.
    let effectiveAt: Int64?
    let force: Bool

    init(_ body: JSONObject, policy: IdentifierPolicy) throws(Problem) {
        var errors: [Problem.Item] = []
        for name in body.names where !["winner", "loser", "ref", "effective_at", "force"].contains(name) {
            errors.append(.init(pointer: "/\(name)", code: "unknown_field", detail: "There is no field \(name)."))
        }
        winner = MergeOrder.end(body["winner"], "/winner", policy, &errors)
        loser = MergeOrder.end(body["loser"], "/loser", policy, &errors)
        ref = body["ref"]?.string
        if let value = body["ref"], !value.isNull, !(1...500).contains(value.string?.utf8.count ?? 0) {
            errors.append(.init(pointer: "/ref", code: "invalid", detail: "ref has to be a string of 1 to 500 bytes."))
        }
        effectiveAt = body["effective_at"]?.string.flatMap { WireTime.parse($0) }
        if let value = body["effective_at"], !value.isNull, effectiveAt == nil {
            errors.append(
                .init(pointer: "/effective_at", code: "invalid", detail: "effective_at has to be a time in ISO 8601."))
        }
        force = body["force"]?.bool ?? false
        if let value = body["force"], value.bool == nil {
            errors.append(.init(pointer: "/force", code: "invalid", detail: "force has to be true or false."))
        }
        if !errors.isEmpty { throw .validation(errors) }
    }

    /// A profile's id, or an identifier in its normal form, as `merge_end` reads it.
    private static func end(
        _ value: JSON?, _ pointer: String, _ policy: IdentifierPolicy, _ errors: inout [Problem.Item]
    ) -> JSON {
        if let id = value?.string.flatMap({ PublicID(.profile, text: $0) }) {
            return ["id": .string(id.uuid.uuidString.lowercased())]
        }
        if let type = value?["type"]?.string, let text = value?["value"]?.string,
            let normal = Identifier.normalize(type: type, value: text, phoneRegion: policy.phoneRegion)
        {
            return ["type": .string(type), "value": .string(normal)]
        }
        errors.append(
            .init(pointer: pointer, code: "invalid", detail: "has to be a profile's id or {\"type\", \"value\"}."))
        return .null
    }
}
