import Foundation
public import Postgres

/// Rules of consent that are to be put into force for a source.
public struct ConsentRulesChange: Sendable {
    public let rules: ConsentRules
    /// The version that it replaces; nil: whatever it is.
    public var expectedVersion: Int?

    /// - Parameter body: `{"rules", "version"?}`, or what `GET` answers.
    /// - Throws: `invalid`.
    public init(json body: JSONObject) throws(TandemError) {
        for key in body.names where !["rules", "version", "source", "author", "created_at"].contains(key) {
            throw .invalid("/" + JSONPointer.escaped(key), "unknown_key", "Rules of consent have rules and version.")
        }
        guard let rules = body["rules"] else { throw .invalid("/rules", "required", "rules is a list.") }
        self.rules = try ConsentRules(rules: rules)
        expectedVersion = try body.expectedVersion()
    }

    /// - Parameter source: its name or uuid.
    public func statement(of source: String, actor: String) -> Statement {
        .call(
            "source_consent_put", .text(source), expectedVersion.map { .int4(Int32(clamping: $0)) } ?? .null(.int4),
            .jsonb(rules.json.encoded()), .text(actor))
    }
}

/// Which profiles may be written to: a page of all, or of those who did something.
public struct RecipientQuery: Sendable {
    let question: ConsentQuestion
    let event: String?
    /// Microseconds since 1970.
    let since: Int64?
    let after: UUID?
    let limit: Int

    /// Profiles of a page.
    public static let limit = 1000

    /// - Throws: `invalid`.
    public init(
        channel: String?, purpose: String?, event: String?, since: String?, after: String?, limit: Int
    ) throws(TandemError) {
        question = try ConsentQuestion(channel: channel, purpose: purpose)
        guard channel != nil else {
            throw .invalid("/channel", "required", "channel is email, sms, phone, or one of your own.")
        }
        guard (event == nil) == (since == nil) else {
            throw .invalid("/since", "required", "event and since go together: who did it since then.")
        }
        self.event = event
        self.since = try since.map { (text) throws(TandemError) in
            guard let time = WireTime.parse(text) else { throw .invalid("/since", "invalid", "is an ISO 8601 time") }
            return time
        }
        self.after = try after.map { (text) throws(TandemError) in
            guard let id = PublicID(.profile, text: text) else {
                throw .invalid("/after", "invalid_cursor", "The cursor is not one of this list.")
            }
            return id.uuid
        }
        guard (1...Self.limit).contains(limit) else {
            throw .invalid("/limit", "invalid", "limit is 1 to \(Self.limit).")
        }
        self.limit = limit
    }
}

// Inside a transaction of the tenant.

extension Connection {
    /// What a source enforces of consent.
    ///
    /// - Throws: `notFound`.
    public func consentRules(of source: String) throws(TandemError) -> JSON {
        try run(.call("source_consent_get", .text(source))).first?.json(0) ?? .null
    }

    /// - Throws: `notFound`, `versionMismatch`.
    public func consentRulesPut(
        _ change: ConsentRulesChange, of source: String, actor: String
    ) throws(TandemError) -> JSON {
        try run(change.statement(of: source, actor: actor)).first?.json(0) ?? .null
    }

    /// Whether something may be sent to each of these: `[{"id", "state", "allowed"}]`.
    public func consentCheck(_ inquiry: ConsentInquiry) throws(TandemError) -> JSON {
        let answer = try run(
            .call(
                "consent_check", .uuidArray(inquiry.profiles), inquiry.question.channel.bind,
                .text(inquiry.question.purpose))
        ).first?.json(0)
        return .array((answer?.array ?? []).map(IdentityPresenter.consentAnswer))
    }

    /// `{"items": [{"profile_id", "user_id", "address"}], "page": {"next", "has_more"}, "left_out": {why: how many}}`.
    public func recipients(_ query: RecipientQuery) throws(TandemError) -> JSON {
        let answer = try run(
            .call(
                "recipient_page", query.question.channel.bind, .text(query.question.purpose), query.event.bind,
                query.since.map { .timestamptz($0) } ?? .null(.timestamptz), query.after.bind,
                .int4(Int32(clamping: query.limit)))
        ).first?.json(0)
        let next = answer?["next"]?.string.flatMap(UUID.init(uuidString:)).map { "\(PublicID(.profile, $0))" }
        return [
            "items": .array((answer?["items"]?.array ?? []).map(IdentityPresenter.recipient)),
            "page": ["next": .string(orNull: next), "has_more": .bool(next != nil)],
            "left_out": answer?["left_out"] ?? [:],
        ]
    }
}
