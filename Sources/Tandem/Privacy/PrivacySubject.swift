import Foundation
import Postgres

/// Whom a request about somebody's data means.
public struct PrivacySubject: Sendable, Hashable {
    /// `identifier`, `profile`, `contact` or `lead`.
    let kind: String
    /// Of an identifier.
    public let type: String
    /// Normalised.
    let value: String

    /// Nil where the id of a record was given.
    var identifier: String? { kind == "identifier" ? value : nil }

    private static let kinds: [(name: String, prefix: PublicID.Prefix)] = [
        ("profile", .profile), ("contact", .contact), ("lead", .lead),
    ]

    /// - Parameters:
    ///   - type: of an identifier, or profile, contact, lead.
    ///   - value: as people write it: it is normalised as an event's would be; a record's id.
    /// - Throws: `invalid`.
    public init(type: String, value: String) throws(TandemError) {
        if let kind = Self.kinds.first(where: { $0.name == type }) {
            guard let id = PublicID(kind.prefix, text: value) else {
                throw .invalid("/value", "invalid", "has to be the id of a \(type), \(kind.prefix.rawValue)_…")
            }
            self.kind = type
            self.type = type
            self.value = id.uuid.text
            return
        }
        guard !type.isEmpty, type.utf8.count <= Identifier.typeBytes else {
            throw .invalid(
                "/type", "required", "is email, phone, user_id, another identifier's type, profile, contact or lead")
        }
        guard let value = Identifier.normalize(type: type, value: value), !value.isEmpty,
            value.utf8.count <= Identifier.valueBytes
        else {
            throw .invalid("/value", "invalid", "is no \(type)")
        }
        kind = "identifier"
        self.type = type
        self.value = value
    }

    /// From `{"type", "value"}`.
    public init(_ body: JSONObject) throws(TandemError) {
        guard let type = body["type"]?.string else {
            throw .invalid(
                "/type", "required", "is email, phone, user_id, another identifier's type, profile, contact or lead")
        }
        guard let value = body["value"]?.string ?? body["value"]?.number?.text else {
            throw .invalid("/value", "required", "says who is meant")
        }
        try self.init(type: type, value: value)
    }

    var binds: [Bind] { [.text(kind), .text(type), .text(value)] }
}
