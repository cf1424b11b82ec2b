import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// A request as `PrivacyPresenter` shows it.
private struct PrivacyRequestRead: Decodable {
    struct Subject: Decodable {
        let type: String
    }

    let id: String
    let kind: String
    let state: String
    let subject: Subject
    let reason: String?
    let counts: [String: Int]
    let requestedBy: String
    let createdAt: String
}

/// What was asked for about whose data, and the form to ask.
struct PrivacyPage {
    struct Entry {
        let id: String
        let what: String
        let tone: String
        let type: String
        let reason: String?
        let counts: String
        let who: String
        let when: Moment?
        let receipt: String?
    }

    /// What an erasure would take, before it is done.
    struct Plan {
        let type: String
        let value: String
        let reason: String
        let all: Bool
        let counts: [Count]
        let hasCounts: Bool
        let csrf: String
    }

    struct Count {
        let count: String
        let name: String
    }

    let chrome: Chrome
    let path: String
    let csrf: String
    let type: String
    let value: String
    let reason: String
    /// What is wrong with what was filled in.
    let problem: String?
    let plan: Plan?
    let requests: [Entry]
    let hasRequests: Bool
}

extension Console {
    private static let privacyRequestsOnPage = 100

    var privacyRoutes: [Route] {
        [
            page(
                "/console/{tenant}/privacy", "What was asked for about whose data, and the form to ask",
                parameters: [
                    .init("type", "How the form names a person first: email, profile, …"),
                    .init("value", "And who it is"),
                ]
            ) { call, visit in
                try Self.requireOperator(visit)
                return try await privacy(call, visit, visit.requiredTenant())
            },
            page("/console/{tenant}/privacy/{request}", "A receipt, for people") { call, visit in
                try await receiptPage(try await receipt(call, visit), call, visit)
            },
            page("/console/{tenant}/privacy/{request}/receipt", "A signed receipt, as JSON") { call, visit in
                Response(json: try await receipt(call, visit))
            },
            action("/console/{tenant}/privacy", "Look what an erasure would take, or suppress, or let in again") {
                try await ask($0, $1, $2, $1.requiredTenant())
            },
        ]
    }

    /// - Throws: 404 while there is none.
    private func receipt(_ call: Call, _ visit: Visit) async throws -> JSON {
        try Self.requireOperator(visit)
        let (tenant, id) = (try visit.requiredTenant(), try call.id("request", .privacyRequest))
        let shown = try await reading(tenant) { (connection) throws(TandemError) in
            try connection.privacyRequest(id)
        }
        guard let receipt = shown["receipt"], !receipt.isNull else { throw Problem.notFound }
        return receipt
    }

    private func receiptPage(_ receipt: JSON, _ call: Call, _ visit: Visit) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let page = ReceiptPage(
            receipt, path: "/console/\(tenant.slug)", tenant: tenant, words: TimeWords(tenant.timezone),
            chrome: Chrome(title: "Receipt", visit: visit, place: .privacy, version: version))
        return Response(html: templates.render(page, as: "receipt"))
    }

    private static func requireOperator(_ visit: Visit) throws {
        guard visit.user == nil else {
            throw Problem.forbidden(
                "operator_only", "Only operators see this: whoever signed in with tandem console link.")
        }
    }

    private func ask(_ call: Call, _ visit: Visit, _ form: Query, _ tenant: Tenant) async throws -> Response {
        try Self.requireOperator(visit)
        let (type, value) = (form["type"] ?? "", form["value"] ?? "")
        let (all, confirmed) = (form["all"] == "true", form["confirm"] == value && !value.isEmpty)
        let reason = form["reason"].flatMap { $0.isEmpty ? nil : $0 }
        let (verb, actor) = (form["do"] ?? "look", visit.actor)
        do {
            let subject = try PrivacySubject(type: type, value: value)
            let done = try await context.pool.withConnection(
                affinity: tenant.database.affinity, deadline: PrivacyDesk.longest
            ) { (connection) throws -> JSON in
                let desk = try PrivacyDesk(connection, tenant: tenant, actor: actor)
                switch verb {
                case "suppress": return try desk.suppress(subject, all: all, reason: reason)
                case "unsuppress": return try desk.unsuppress(subject, reason: reason)
                case "erase" where confirmed: return try desk.erase(subject, all: all, reason: reason)
                default: return try desk.erase(subject, all: all, reason: reason, isDryRun: true)
                }
            }
            guard done["dry_run"]?.bool == true else {
                context.operations.ring(for: tenant.id)
                return .seeOther("/console/\(tenant.slug)/privacy?notice=privacy-\(verb)")
            }
            return try await privacy(
                call, visit, tenant, form: form,
                plan: PrivacyPage.Plan(
                    type: type, value: value, reason: reason ?? "", all: all, counts: Self.counts(done),
                    hasCounts: done["counts"]?.object?.names.contains { $0 != "suppressed" } == true, csrf: visit.csrf),
                problem: verb == "erase" ? "Repeat the value to confirm." : nil)
        } catch let error as TandemError {
            return try await privacy(call, visit, tenant, form: form, problem: error.message)
        }
    }

    private static func counts(_ done: JSON) -> [PrivacyPage.Count] {
        (done["counts"]?.object ?? [:]).map { name, count in
            PrivacyPage.Count(count: count.number?.text ?? "", name: name.replacing("_", with: " "))
        }
    }

    private func privacy(
        _ call: Call, _ visit: Visit, _ tenant: Tenant, form: Query? = nil, plan: PrivacyPage.Plan? = nil,
        problem: String? = nil
    ) async throws -> Response {
        let rows = try await read(
            tenant,
            [
                .call(
                    "privacy_request_list", .null(.text), .null(.timestamptz), .null(.uuid),
                    .int4(Int32(Self.privacyRequestsOnPage)))
            ])[0]
        let words = TimeWords(tenant.timezone)
        let path = "/console/\(tenant.slug)/privacy"
        let entries = try rows.decoded("request", as: PrivacyRequestRead.self).map { read in
            let id = UUID(uuidString: read.id).map { PublicID(.privacyRequest, $0).description } ?? read.id
            let (what, tone) = Self.words(of: read)
            return PrivacyPage.Entry(
                id: id, what: what, tone: tone, type: read.subject.type, reason: read.reason,
                counts: read.counts.sorted { $0.key < $1.key }
                    .map { "\($0.value) \($0.key.replacing("_", with: " "))" }.joined(separator: ", "),
                who: ActorWords.words(read.requestedBy), when: words.moment(read.createdAt),
                receipt: read.state == "done" ? "\(path)/\(id)" : nil)
        }
        let page = PrivacyPage(
            chrome: Chrome(
                title: "Privacy", visit: visit, place: .privacy, notice: call.query["notice"], version: version),
            path: path, csrf: visit.csrf, type: form?["type"] ?? call.text("type") ?? "email",
            value: form?["value"] ?? call.text("value") ?? "",
            reason: form?["reason"] ?? "", problem: problem, plan: plan, requests: entries,
            hasRequests: !entries.isEmpty)
        return Response(html: templates.render(page, as: "privacy"))
    }

    private static func words(of read: PrivacyRequestRead) -> (String, tone: String) {
        switch (read.kind, read.state) {
        case (_, "running"): ("being erased", "warn")
        case (_, "failed"): ("failed", "bad")
        case ("erase", _): ("erased", "good")
        case ("export", _): ("exported", "info")
        case ("suppress", _): ("suppressed", "good")
        default: ("let in again", "")
        }
    }
}
