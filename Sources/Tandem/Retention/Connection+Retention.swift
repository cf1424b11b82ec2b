public import Postgres

/// Rules that are to be put into force.
public struct RetentionChange: Sendable {
    public let rules: RetentionRules
    /// The version that it replaces; nil: whatever it is.
    public var expectedVersion: Int?

    /// - Parameter body: `{"rules", "version"?}`, or what `GET` answers.
    /// - Throws: `invalid`.
    public init(json body: JSONObject) throws(TandemError) {
        for key in body.names where !["rules", "version", "author", "created_at", "pass"].contains(key) {
            throw .invalid("/" + JSONPointer.escaped(key), "unknown_key", "Rules of retention have rules and version.")
        }
        guard let rules = body["rules"] else { throw .invalid("/rules", "required", "rules is a list.") }
        self.rules = try RetentionRules(rules: rules)
        expectedVersion = try body.expectedVersion()
    }
}

// Inside a transaction of the tenant.

extension Connection {
    /// `{"version", "rules", "author", "created_at", "pass"}`.
    public func retention() throws(TandemError) -> JSON {
        try run(.call("retention_get")).first?.json(0) ?? .null
    }

    /// - Throws: `versionMismatch`.
    public func retentionPut(_ change: RetentionChange, actor: String) throws(TandemError) -> JSON {
        try run(
            .call(
                "retention_put", change.expectedVersion.map { .int4(Int32(clamping: $0)) } ?? .null(.int4),
                .jsonb(change.rules.json.encoded()), .text(actor))
        ).first?.json(0) ?? .null
    }

    /// What rules would take away now: `{"rules", "would_delete": [{"type", "event", "events"}]}`.
    ///
    /// - Parameter rules: nil: those in force.
    public func retentionPlan(_ rules: RetentionRules?) throws(TandemError) -> JSON {
        var asked: JSON = []
        if let rules { asked = rules.json } else if let inForce = try retention()["rules"] { asked = inForce }
        let plan = try run(.call("retention_plan", .jsonb(asked.encoded()))).first?.json(0)
        return ["rules": asked, "would_delete": plan ?? []]
    }
}
