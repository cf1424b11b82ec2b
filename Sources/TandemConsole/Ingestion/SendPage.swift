import Foundation
import Hummingbird
import Postgres
import Tandem
import TandemHTTP

/// *Send your own event*: curl with the real key, and a form that sends one through the same path.
struct SendPage {
    struct KeyEntry {
        let sourceName: String
        let kind: String
        let key: String
    }

    struct Values {
        var type = "track"
        var event = "Demo Requested"
        var userID = ""
        var anonymousID = "browser-1"
        var email = ""
    }

    struct Choice {
        let value: String
        let label: String
        let isChosen: Bool
    }

    let chrome: Chrome
    let keys: [KeyEntry]
    let curl: String?
    let identifyCurl: String?
    let slug: String
    let action: String
    let csrf: String
    let values: Values
    let types: [Choice]
    /// Why the last event was refused.
    let errorCode: String?
    let errorMessage: String?
}

extension Console {
    var sendRoutes: [Route] {
        [
            page("/console/{tenant}/send", "Send an event of one's own", module: .cdp, right: .to("edit", "setting")) {
                call, visit in
                try await sendPage(call, visit, values: .init(), error: nil)
            },
            action("/console/{tenant}/send", "Send the event of the form", module: .cdp, right: .to("edit", "setting"))
            { call, visit, form in
                try await send(call, visit, form)
            },
        ]
    }

    private func sendPage(
        _ call: Call, _ visit: Visit, values: SendPage.Values, error: (code: String, message: String)?
    ) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let keys = try await writeKeys(tenant)
        let base = Self.base(of: call)
        let page = SendPage(
            chrome: Chrome(
                title: "Send an event", visit: visit, place: .send, notice: call.query["notice"], version: version),
            keys: keys, curl: keys.first.map { Self.trackCurl(base, $0.key) },
            identifyCurl: keys.first.map { Self.identifyCurl(base, $0.key) },
            slug: tenant.slug, action: "/console/\(tenant.slug)/send", csrf: visit.csrf, values: values,
            types: [
                ("track", "track: somebody did something"), ("page", "page: somebody viewed a page"),
                ("identify", "identify: somebody says who they are"),
            ]
            .map { SendPage.Choice(value: $0.0, label: $0.1, isChosen: $0.0 == values.type) },
            errorCode: error?.code, errorMessage: error?.message)
        return Response(
            html: templates.render(page, as: "send"), status: error == nil ? .ok : .unprocessableContent)
    }

    /// The write keys in force, with their sources; the server's first.
    func writeKeys(_ tenant: Tenant) async throws -> [SendPage.KeyEntry] {
        let logger = context.logger
        let now = context.clock.now()
        return try await context.pool.withConnection { (connection) throws(PostgresError) -> [SendPage.KeyEntry] in
            let directory = TenantDirectory(connection, actor: "console", logger: logger)
            let sources = try directory.sources(tenant)
            return try directory.keys(tenant).compactMap { key in
                guard let text = key.clear, key.revokedAt == nil, key.expiresAt.map({ $0 > now }) ?? true,
                    let source = sources.first(where: { $0.id == key.source })
                else { return nil }
                return (source, SendPage.KeyEntry(sourceName: source.name, kind: source.kind.rawValue, key: text))
            }.sorted { (left: (Source, SendPage.KeyEntry), right: (Source, SendPage.KeyEntry)) in
                (left.0.kind == .server ? 0 : 1, left.0.number) < (right.0.kind == .server ? 0 : 1, right.0.number)
            }.map(\.1)
        }
    }

    /// Where the browser found this server.
    static func base(of call: Call) -> String {
        call.origin.filter { $0.isLetter || $0.isNumber || ".-:[]/".contains($0) }
    }

    static func trackCurl(_ base: String, _ key: String) -> String {
        """
        curl \(base)/v1/track \\
          -u \(key): \\
          -H 'Content-Type: application/json' \\
          -d '{"anonymousId":"browser-1",
               "event":"Pricing Viewed",
               "properties":{"plan":"team"}}'
        """
    }

    static func identifyCurl(_ base: String, _ key: String) -> String {
        """
        curl \(base)/v1/identify \\
          -u \(key): \\
          -H 'Content-Type: application/json' \\
          -d '{"anonymousId":"browser-1",
               "userId":"user-1",
               "traits":{"email":"buyer-1@acme.example"}}'
        """
    }

    /// The way that every event takes, from the batcher on.
    private func send(_ call: Call, _ visit: Visit, _ form: Query) async throws -> Response {
        let tenant = try visit.requiredTenant()
        let values = SendPage.Values(form)
        guard let type = MessageType(rawValue: values.type), [.track, .page, .identify].contains(type) else {
            throw Problem.badRequest("invalid_type", "There is no such kind of event.")
        }
        if tenant.state != .active {
            return try await sendPage(
                call, visit, values: values, error: ("tenant_suspended", "The tenant is suspended."))
        }
        let sources = try await sources(tenant)
        guard let source = sources.first(where: { $0.kind == .server && $0.isEnabled }) else {
            return try await sendPage(
                call, visit, values: values, error: ("no_source", "The tenant has no server source that is enabled."))
        }
        let batch = try MessageBatch(values.message(type).encoded(), path: .message(type))
        var request = IngestRequest(
            tenant: tenant, batch: batch, source: MessageSource(source, fromBrowser: false),
            receivedAt: context.clock.microseconds, keyID: "console", path: call.route.pattern.template,
            deadline: call.deadline)
        request.sourceName = source.name
        let rules = try await readingRules.rules(of: tenant, from: context.pool)
        let outcome: IngestOutcome?
        do {
            outcome = try await batcher.submit(request, rules: rules).first
        } catch .diskFull, .queueFull(.disk) {
            throw Problem.diskFull
        } catch {
            throw Problem.unavailable("unavailable", "The event could not be stored at this moment. Send it again.")
        }
        switch outcome {
        case .rejected(let code, let message)?, .quarantined(let code, let message)?:
            return try await sendPage(call, visit, values: values, error: (code, message))
        case .accepted?, .duplicate?, nil: break
        }
        let path = "/console/\(tenant.slug)"
        for (kind, value) in values.identifiers {
            let rows = try await read(tenant, [.call("profile_of_identifier", .text(kind), .text(value))])
            if let id = try rows[0].one().optionalUUID(0) {
                return .seeOther("\(path)/people/\(PublicID(.profile, id))?notice=sent")
            }
        }
        return .seeOther("\(path)/events")
    }
}

extension SendPage.Values {
    init(_ form: Query) {
        func text(_ name: String) -> String {
            (form[name] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        }
        type = text("type")
        event = text("event")
        userID = text("user_id")
        anonymousID = text("anonymous_id")
        email = text("email")
    }

    /// As an SDK would send it; what is blank is left away.
    func message(_ type: MessageType) -> JSON {
        var object: JSONObject = ["context": ["library": ["name": "tandem-console"]]]
        if !userID.isEmpty { object["userId"] = .string(userID) }
        if !anonymousID.isEmpty { object["anonymousId"] = .string(anonymousID) }
        switch type {
        case .identify:
            object["traits"] = email.isEmpty ? [:] : ["email": .string(email)]
        case .page:
            object["name"] = .string(event)
            object["properties"] = ["path": .string(event.hasPrefix("/") ? event : "/" + event)]
        default:
            object["event"] = .string(event)
        }
        if type != .identify && !email.isEmpty { object["context"] = ["traits": ["email": .string(email)]] }
        return .object(object)
    }

    /// By which the person is found again, best first.
    var identifiers: [(type: String, value: String)] {
        [("user_id", userID), ("email", Normalizer.email(email) ?? ""), ("anonymous_id", anonymousID)].filter {
            !$0.1.isEmpty
        }
    }
}

extension Console {
    /// The page of a tenant that has no events yet: what to do next, with the real key.
    func emptyPage(_ call: Call, _ visit: Visit, _ tenant: Tenant, place: Chrome.Place) async throws -> Response {
        let keys = tenant.modules.contains(.cdp) ? try await writeKeys(tenant) : []
        let base = Self.base(of: call)
        let page = EmptyPage(
            chrome: Chrome(
                title: place.label, visit: visit, place: place, notice: call.query["notice"], version: version),
            heading: place == .thread ? "Where one person came from" : place.label,
            curl: keys.first.map { Self.trackCurl(base, $0.key) + "\n\n" + Self.identifyCurl(base, $0.key) },
            hasEvents: tenant.modules.contains(.cdp), slug: tenant.slug,
            sendHref: "/console/\(tenant.slug)/send")
        return Response(html: templates.render(page, as: "empty"))
    }
}
