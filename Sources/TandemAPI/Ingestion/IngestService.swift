import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// From a request with messages to its answer.
struct IngestService: Sendable {
    let context: TandemContext
    let batcher: Batcher
    let readingRules: ReadingRulesDirectory
    let authenticator: KeyAuthenticator
    /// How long events of suspended tenants, disabled sources and expired keys are held; then 401.
    let holdDays: Int
    let limiter: RateLimiter

    /// Refuses, before the body is read, a request whose key in the header or the query is over its rate, or whose tenant's
    /// events wait too long already.
    func admit(_ call: Call) async throws -> Call.Early? {
        let header = try? Credential.header(call.headers[.authorization])
        guard let key = header ?? call.query["writeKey"], let access = try await authenticator.find(key),
            let tenant = access.tenant, access.standing(at: context.clock.now(), events: true) != .refused
        else { return nil }
        let verdict = limiter.takeEvents(0, tenant: tenant, source: access.source ?? access.serverSource)
        if let problem = verdict.problem { throw problem }
        if let refusal = batcher.refusal(of: tenant) { throw Self.problem(.queueFull(refusal)) }
        return Call.Early(key: key, access: access)
    }

    func take(_ call: Call, path: IngestPath, body: [UInt8], fromBrowser: Bool) async throws -> Response {
        let batch: MessageBatch
        do {
            batch = try MessageBatch(body, path: path)
        } catch {
            throw Problem(
                error == .bodyTooLarge || error == .batchTooLarge ? .contentTooLarge : .badRequest, error.code,
                error.message)
        }
        let access = try await authenticate(call, bodyKey: batch.writeKey)
        guard let tenant = access.tenant else { throw KeyAuthenticator.invalid }
        guard let source = access.source ?? access.serverSource else {
            throw Problem.conflict("no_source", "The tenant has no source.")
        }
        if let origin = call.headers[.origin], !source.allows(origin: origin) {
            throw Problem.forbidden("origin_not_allowed", "The source takes no events from this origin.")
        }
        let request = IngestRequest(
            tenant: tenant, batch: batch, source: MessageSource(source, fromBrowser: fromBrowser),
            receivedAt: context.clock.microseconds, sentAtHeader: call.headers[.sentAt].flatMap { WireTime.parse($0) },
            clientAddress: call.client.address, keyID: access.key.keyID, path: call.route.pattern.template,
            fromBrowser: fromBrowser, deadline: call.deadline + .milliseconds(2 * min(batch.count, 5_000)))
        return try await take(
            request, of: source, standing: access.standing(at: context.clock.now(), events: true), route: call.route)
    }

    /// Takes a request whose sender is known.
    func take(
        _ request: IngestRequest, of source: Source, standing: Access.Standing, route: Route
    ) async throws -> Response {
        if standing == .refused { throw KeyAuthenticator.invalid }
        try KeyAuthenticator.checkModule(of: request.tenant, route)
        let verdict = limiter.takeEvents(request.batch.count, tenant: request.tenant, source: source)
        if let problem = verdict.problem { throw problem }
        var request = request
        request.sourceName = source.name
        do {
            var response =
                if case .held(let reason, let since) = standing {
                    try await hold(request, reason, since)
                } else {
                    try await store(request, source)
                }
            verdict.mark(&response.headers)
            return response
        } catch var problem as Problem {
            verdict.mark(&problem.headers)
            throw problem
        }
    }

    private func store(_ request: IngestRequest, _ source: Source) async throws -> Response {
        let rules = try await readingRules.rules(of: request.tenant, from: context.pool)
        do {
            let outcomes = try await batcher.submit(request, rules: rules)
            return try IngestAnswer(outcomes, of: request.batch).response
        } catch let failure as IngestFailure {
            if case .queueFull = failure {
                limiter.giveBackEvents(request.batch.count, tenant: request.tenant, source: source)
            }
            throw Self.problem(failure)
        }
    }

    /// 401 for what is not held any more.
    func checkHold(_ reason: Access.Reason, since: Date) throws(Problem) {
        guard context.clock.now().timeIntervalSince(since) < Double(holdDays) * 86_400 else {
            throw Problem.unauthorized(reason.rawValue, "The key is no longer served.")
        }
    }

    private func hold(_ request: IngestRequest, _ reason: Access.Reason, _ since: Date) async throws -> Response {
        try checkHold(reason, since: since)
        let words =
            switch reason {
            case .tenantSuspended: "The tenant was suspended."
            case .sourceDisabled: "The source was disabled."
            case .keyExpired: "The key had expired."
            }
        let count = try await Quarantine.hold(
            request, reason: .init(code: reason.rawValue, message: words), in: context.pool, tail: batcher.tail)
        batcher.stats.held(count, of: request.tenant.id)
        return Response(jsonBytes: IngestAnswer(held: count, of: request.batch).json)
    }

    /// The key of the header, the body or the query. Two that differ are refused: the sender does not know which it means.
    private func authenticate(_ call: Call, bodyKey: String?) async throws -> Access {
        let early = call.early?.access(of: [bodyKey, call.query["writeKey"]])
        let access = if let early { early } else { try await find(call, bodyKey) }
        guard access.key.revokedAt == nil else { throw KeyAuthenticator.invalid }
        guard access.tenant != nil, access.allows(scope: "events:write") else {
            throw Problem.forbidden("insufficient_scope", "The key may not send events.")
        }
        return access
    }

    private func find(_ call: Call, _ bodyKey: String?) async throws -> Access {
        let headerKey = try Self.headerKey(call, bodyKey)
        let keys = [headerKey, bodyKey, call.query["writeKey"]].compactMap { $0 }.filter { !$0.isEmpty }
        guard let key = keys.first else {
            throw Problem.unauthorized(
                "missing_key", "Send the write key as Basic user name, in the body or in the query.")
        }
        if keys.contains(where: { $0 != key }) {
            throw Problem.badRequest("key_mismatch", "The request carries two different keys.")
        }
        guard let access = try await authenticator.find(key) else { throw KeyAuthenticator.invalid }
        return access
    }

    /// A bearer token that is no key of ours may be a vendor's OAuth token, if the body has the key.
    private static func headerKey(_ call: Call, _ bodyKey: String?) throws -> String? {
        let header = call.headers[.authorization]
        let key = try Credential.header(header)
        if let key, bodyKey != nil, header?.lowercased().hasPrefix("bearer ") == true, KeyText(parsing: key) == nil {
            return nil
        }
        return key
    }

    static func problem(_ failure: IngestFailure) -> Problem {
        switch failure {
        case .queueFull(.disk), .diskFull:
            .diskFull
        case .queueFull:
            .overloaded("More events wait than can be held; send the same request again.")
        case .deadlineExceeded:
            .unavailable(
                "unknown_outcome", "The request was not finished in time; send it again with the same messageIds.")
        case .unavailable:
            .unavailable(
                "unavailable", "The database cannot be reached; send the request again with the same messageIds.")
        case .failed:
            .internalError
        }
    }
}

/// The answer to a request with messages.
struct IngestAnswer {
    private let batch: MessageBatch
    private let outcomes: [IngestOutcome]
    /// Kept in quarantine as they came, or by the tenant's rules.
    private let held: Int

    init(_ outcomes: [IngestOutcome], of batch: MessageBatch) {
        self.batch = batch
        self.outcomes = outcomes
        held = outcomes.count { if case .quarantined = $0 { true } else { false } }
    }

    init(held: Int, of batch: MessageBatch) {
        self.batch = batch
        outcomes = []
        self.held = held
    }

    var response: Response {
        get throws(Problem) { Response(jsonBytes: try bytes) }
    }

    /// JSON; 400 for a single message that was refused.
    var bytes: [UInt8] {
        get throws(Problem) {
            if batch.path != .batch, case .rejected(let code, let message)? = outcomes.first {
                throw .badRequest(code, message)
            }
            return json
        }
    }

    var json: [UInt8] {
        let accepted = outcomes.count { $0 == .accepted }
        let duplicates = outcomes.count { $0 == .duplicate }
        if batch.path != .batch {
            // What nearly every single event is told.
            if accepted == 1, held == 0 { return Self.oneAccepted }
            var object: JSONObject = [
                "success": true, "accepted": .number(accepted), "duplicates": .number(duplicates),
            ]
            if held > 0 { object["quarantined"] = .number(held) }
            return JSON.object(object).encoded()
        }
        let object: JSON = [
            "success": true, "received": .number(batch.count), "accepted": .number(accepted),
            "duplicates": .number(duplicates), "quarantined": .number(held), "rejected": .array(rejected),
        ]
        return object.encoded()
    }

    private static let oneAccepted = (["success": true, "accepted": 1, "duplicates": 0] as JSON).encoded()

    private var rejected: [JSON] {
        var reasons: [Int: (code: String, message: String)] = [:]
        for (index, outcome) in outcomes.enumerated() {
            if case .rejected(let code, let message) = outcome { reasons[index] = (code, message) }
        }
        if reasons.isEmpty { return [] }
        return batch.outlines(at: Set(reasons.keys)).compactMap { outline in
            reasons[outline.index].map { reason in
                [
                    "index": .number(outline.index), "messageId": .string(orNull: outline.messageID),
                    "code": .string(reason.code), "message": .string(reason.message),
                ]
            }
        }
    }
}
