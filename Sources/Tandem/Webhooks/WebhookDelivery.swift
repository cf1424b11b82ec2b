public import Crypto
import Foundation

/// A request of a webhook, with what its source makes of it.
public struct WebhookDelivery: Sendable {
    public let tenant: Tenant
    public let source: Source
    public let body: [UInt8]
    /// Microseconds since 1970.
    public let receivedAt: Int64
    /// Which key it came with, or `signature`.
    public let keyID: String
    /// The route.
    public let path: String
    private let json: JSON?
    let eventType: String?
    let eventID: String?

    public init(
        tenant: Tenant, source: Source, body: [UInt8], receivedAt: Int64, keyID: String, path: String
    ) {
        self.tenant = tenant
        self.source = source
        self.body = body
        self.receivedAt = receivedAt
        self.keyID = keyID
        self.path = path
        if let mapping = source.webhook {
            json = mapping.content(of: body)
        } else {
            json = try? JSON(parsing: body)
        }
        let outline = json.flatMap { source.webhook?.outline(of: $0) }
        (eventType, eventID) = (outline?.type, outline?.id)
    }

    /// Why the sender is not believed.
    public enum Refusal: Error, Sendable {
        /// The source has no secret, or its mapping says of no signature.
        case noSecret
        /// `code` for machines.
        case signature(code: String)
    }

    /// - Parameters:
    ///   - headers: the request's, by a name in small letters.
    ///   - key: the installation's.
    ///   - addresses: what the provider may have taken for the request's address, whole.
    ///   - isKnown: the sender showed a key of the source.
    public func authenticate(
        headers: (String) -> String?, addresses: [String], key: SymmetricKey, isKnown: Bool
    ) throws(Refusal) {
        guard let sealed = source.webhookSecret, let signature = source.webhook?.signature else {
            if !isKnown { throw .noSecret }
            return
        }
        guard let secret = sealed.open(for: .webhook, of: source.id, with: key) else { throw .noSecret }
        do throws(WebhookSignature.Fault) {
            try signature.verify(
                body, headers: headers, addresses: addresses, secret: secret, now: receivedAt)
        } catch {
            throw .signature(code: error.rawValue)
        }
    }

    public enum Content {
        case messages(MessageBatch)
        /// It is kept in quarantine.
        case nothing(QuarantineReason)
        /// It is not of the form that the source's payloads have.
        case unreadable(QuarantineReason)
    }

    public var content: Content {
        guard let json else {
            if source.webhook?.format == .form {
                return .unreadable(.init(code: "invalid_form", message: "The body is no form with fields."))
            }
            return .unreadable(.init(code: BodyError.invalidJSON.code, message: BodyError.invalidJSON.message))
        }
        guard let mapping = source.webhook else {
            return .nothing(.init(code: "no_mapping", message: "The source has no webhook mapping."))
        }
        switch mapping.messages(of: json) {
        case .unmapped(let reason): return .nothing(reason)
        case .messages(let messages):
            if let batch = WebhookMapping.batch(messages) { return .messages(batch) }
            return .nothing(.init(code: "mapping_failed", message: "The payload makes too many messages."))
        }
    }

    /// The same for a redelivery of the provider's event.
    var quarantineID: UUID {
        guard let eventID else { return UUID.v7() }
        return EventID.hash(of: "webhook:\(source.id):\(eventID)")
    }
}
