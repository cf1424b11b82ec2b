import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Postgres
import Tandem
import TandemHTTP

/// What providers send to: payloads of their own form, signed in their own way.
struct WebhookRoutes {
    let service: IngestService

    /// Bytes of a payload.
    private static let limit = 1 << 20

    var routes: [Route] {
        [
            Route(
                .post, "/v1/webhooks/{source}",
                "Take a provider's payload for a webhook source, named by its id or a write key", feature: "Sources",
                scope: .write, module: .cdp, body: .bytes(limit: Self.limit), isPublic: false
            ) { [self] call in
                try await take(call)
            }
        ]
    }

    private func take(_ call: Call) async throws -> Response {
        let sender = try await sender(call)
        let delivery = WebhookDelivery(
            tenant: sender.tenant, source: sender.source, body: call.body,
            receivedAt: service.context.clock.microseconds, keyID: sender.key?.keyID ?? "signature",
            path: call.route.pattern.template)
        try authenticate(delivery, call, isKnown: sender.key != nil)
        if sender.standing == .refused { throw KeyAuthenticator.invalid }
        switch delivery.content {
        case .messages(let batch):
            let request = IngestRequest(
                tenant: sender.tenant, batch: batch, source: MessageSource(sender.source, fromBrowser: false),
                receivedAt: delivery.receivedAt, keyID: delivery.keyID, path: delivery.path, deadline: call.deadline)
            let response = try await service.take(
                request, of: sender.source, standing: sender.standing, route: call.route)
            return reply(of: sender) ?? response
        case .nothing(let reason):
            try await keep(delivery, sender.standing, reason, .held, call)
            return reply(of: sender)
                ?? Response(json: [
                    "success": true, "received": 1, "accepted": 0, "duplicates": 0, "quarantined": 1, "rejected": [],
                ])
        case .unreadable(let reason):
            try await keep(delivery, sender.standing, reason, .rejected, call)
            throw Problem.badRequest(reason.code, reason.message)
        }
    }

    /// The answer that the provider wants in place of ours: whatever was not stored is in quarantine.
    private func reply(of sender: Sender) -> Response? {
        sender.source.webhook?.reply.map { reply in
            Response(
                status: .ok, headers: [.contentType: reply.type],
                body: ResponseBody(byteBuffer: ByteBuffer(string: reply.body)))
        }
    }

    /// What the provider may have called: behind a proxy the name outside is another, and so are scheme and port.
    private static func addresses(of call: Call) -> [String] {
        let hosts = [call.client.authority, call.request.head.authority].compactMap { $0 }
        let bare = hosts.compactMap { $0.split(separator: ":").first.map(String.init) }
        let path = call.request.head.path ?? ""
        return ["https", "http"].flatMap { scheme in (hosts + bare).map { "\(scheme)://\($0)\(path)" } }
    }

    private struct Sender {
        let tenant: Tenant
        let source: Source
        /// Nil: known by the source's id alone.
        let key: APIKey?
        let standing: Access.Standing
    }

    private func sender(_ call: Call) async throws -> Sender {
        let now = service.context.clock.now()
        let text = call.capture("source")
        if let access = try await service.authenticator.find(text) {
            guard let tenant = access.tenant, let source = access.source, source.kind == .webhook else {
                throw Problem.notFound
            }
            return Sender(
                tenant: tenant, source: source, key: access.key, standing: access.standing(at: now, events: true))
        }
        guard let id = PublicID(.source, text: text)?.uuid, let source = try await service.context.access.source(id),
            source.kind == .webhook, let tenant = try await service.context.access.tenant(source.tenant)
        else { throw Problem.notFound }
        return Sender(
            tenant: tenant, source: source, key: nil,
            standing: Access.standing(of: tenant, source: source, at: now))
    }

    private func authenticate(_ delivery: WebhookDelivery, _ call: Call, isKnown: Bool) throws {
        do throws(WebhookDelivery.Refusal) {
            try delivery.authenticate(
                headers: { name in HTTPField.Name(name).flatMap { call.headers[$0] } },
                addresses: Self.addresses(of: call), key: service.context.sealingKey, isKnown: isKnown)
        } catch {
            switch error {
            case .noSecret:
                throw Problem.unauthorized(
                    "missing_secret", "The source has no secret to check a signature with; set one, or use a write key."
                )
            case .signature(let code):
                let words =
                    switch code {
                    case "missing_signature": "The request is not signed."
                    case "signature_expired": "The request was signed too long ago, or by a clock that is wrong."
                    default: "The signature is wrong."
                    }
                throw Problem.unauthorized(code, words)
            }
        }
    }

    private func keep(
        _ delivery: WebhookDelivery, _ standing: Access.Standing, _ reason: QuarantineReason, _ state: Quarantine.State,
        _ call: Call
    ) async throws {
        try KeyAuthenticator.checkModule(of: delivery.tenant, call.route)
        if case .held(let reason, let since) = standing { try service.checkHold(reason, since: since) }
        if let problem = service.limiter.takeEvents(1, tenant: delivery.tenant, source: delivery.source).problem {
            throw problem
        }
        try await Quarantine.keep(delivery, state: state, reason: reason, in: service.context.pool)
        service.batcher.stats.held(1, of: delivery.tenant.id)
    }
}
