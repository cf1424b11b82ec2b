public import Foundation

/// Whether somebody agreed to a purpose, on a channel or on any.
public struct ConsentQuestion: Sendable, Hashable {
    public let channel: String?
    public let purpose: String

    static let nameRule = "a name of 1 to 100 bytes without a dot."

    /// A dot divides a channel from its purpose.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 100 && !text.contains(".")
    }

    /// - Throws: `invalid`.
    public init(channel: String?, purpose: String?) throws(TandemError) {
        guard let purpose, Self.isName(purpose) else {
            throw .invalid("/purpose", "required", "purpose is \(Self.nameRule)")
        }
        if let channel, !Self.isName(channel) { throw .invalid("/channel", "invalid", "channel is \(Self.nameRule)") }
        self.channel = channel
        self.purpose = purpose
    }
}

/// The question about some profiles.
public struct ConsentInquiry: Sendable {
    let question: ConsentQuestion
    let profiles: [UUID]

    public static let limit = 1000

    /// - Throws: `invalid`.
    public init(channel: String?, purpose: String, of profile: UUID) throws(TandemError) {
        question = try ConsentQuestion(channel: channel, purpose: purpose)
        profiles = [profile]
    }

    /// - Parameter body: `{"channel"?, "purpose", "profiles": [id]}`.
    /// - Throws: `invalid`.
    public init(json body: JSONObject) throws(TandemError) {
        for name in body.names where !["channel", "purpose", "profiles"].contains(name) {
            throw .invalid("/" + JSONPointer.escaped(name), "unknown_field", "is not known here")
        }
        question = try ConsentQuestion(channel: body["channel"]?.string, purpose: body["purpose"]?.string)
        guard let names = body["profiles"]?.array, names.count <= Self.limit else {
            throw .invalid("/profiles", "required", "profiles is a list of at most \(Self.limit) ids.")
        }
        var ids: [UUID] = []
        for (index, name) in names.enumerated() {
            guard let id = name.string.flatMap({ PublicID(.profile, text: $0) }) else {
                throw .invalid("/profiles/\(index)", "invalid", "is an id such as prof_…")
            }
            ids.append(id.uuid)
        }
        profiles = ids
    }
}
