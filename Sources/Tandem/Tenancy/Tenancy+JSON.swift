import Foundation

// The shapes that the command line and the admin plane share.

extension Tenant {
    /// `{"id","slug","display_name","schema","modules","timezone","currency","state","version","created_at"}`, and
    /// `simulated`, `rate_per_second`, `burst`, `requests_per_second`, `suspended_at`, `delete_after` where they hold.
    public var json: JSONObject {
        var object: JSONObject = [
            "id": .string(publicID.description), "slug": .string(slug), "display_name": .string(displayName),
            "schema": .string(schema.name), "modules": .array(modules.sorted().map { .string($0.rawValue) }),
            "timezone": .string(timezone), "currency": .string(currency), "state": .string(state.rawValue),
            "version": .number(version), "created_at": .string(createdAt.iso8601),
        ]
        if isSimulated { object["simulated"] = true }
        if let rate = eventRate.perSecond { object["rate_per_second"] = .number(rate) }
        if let burst = eventRate.burst { object["burst"] = .number(burst) }
        if let rate = requestRate.perSecond { object["requests_per_second"] = .number(rate) }
        if let suspendedAt { object["suspended_at"] = .string(suspendedAt.iso8601) }
        if let deleteAfter { object["delete_after"] = .string(deleteAfter.iso8601) }
        return object
    }
}

extension Source {
    /// With `rate_per_second` and `burst` where the source has a rate of its own.
    public var json: JSONObject {
        var object: JSONObject = [
            "id": .string(publicID.description), "number": .number(number), "name": .string(name),
            "kind": .string(kind.rawValue), "may_identify": .bool(trust.mayIdentify),
            "may_create_accounts": .bool(trust.mayCreateAccounts),
            "may_write_crm": .string(trust.mayWriteCRM.rawValue), "provenance": .string(provenance.rawValue),
            "allowed_origins": .array(allowedOrigins.map { .string($0.text) }), "enabled": .bool(isEnabled),
            "created_at": .string(createdAt.iso8601),
        ]
        if let perSecond = rate.perSecond { object["rate_per_second"] = .number(perSecond) }
        if let burst = rate.burst { object["burst"] = .number(burst) }
        if let disabledAt { object["disabled_at"] = .string(disabledAt.iso8601) }
        if kind == .webhook { object["webhook"] = .object(webhookJSON) }
        return object
    }

    /// The webhook with its mapping whole.
    ///
    /// - Throws: `conflict` for a source of another kind.
    public var webhookShown: JSONObject {
        get throws(TandemError) {
            guard kind == .webhook else { throw .conflict("Only a source of kind webhook has a webhook.") }
            var object = webhookJSON
            object["mapping"] = webhook?.json ?? .null
            return object
        }
    }

    /// `{"path","mapping","secret_set"}`; the secret itself is never shown.
    public var webhookJSON: JSONObject {
        [
            "path": .string("/v1/webhooks/\(publicID)"), "mapping": .string(orNull: webhook?.name),
            "secret_set": .bool(hasWebhookSecret),
        ]
    }
}

extension APIKey {
    /// - Parameters:
    ///   - text: the key itself, when it was just made; a write key's is known anyway.
    ///   - source: the name of its source.
    public func json(text: KeyText? = nil, source name: String? = nil) -> JSONObject {
        var object: JSONObject = [
            "id": .string(publicID.description), "kind": .string(kind.rawValue), "keyid": .string(keyID),
            "key": .string(orNull: text?.text ?? clear), "source": .string(orNull: name),
            "scopes": .array(scopes.map { .string($0) }), "expires_at": .string(orNull: expiresAt?.iso8601),
            "revoked_at": .string(orNull: revokedAt?.iso8601), "last_used_at": .string(orNull: lastUsedAt?.iso8601),
            "created_at": .string(createdAt.iso8601),
        ]
        if let role { object["role_id"] = .string(PublicID(.role, role).description) }
        if let user { object["user_id"] = .string(PublicID(.user, user).description) }
        return object
    }
}

extension BILogin {
    public var json: JSONObject {
        [
            "login": .string(login), "name": .string(name),
            "role_id": .string(orNull: role.map { PublicID(.role, $0).description }), "models": .bool(makesModels),
            "created_at": .string(createdAt.iso8601),
            "revoked_at": .string(orNull: revokedAt?.iso8601),
        ]
    }
}

extension Date {
    /// UTC with milliseconds: `2026-11-24T08:00:00.000Z`.
    var iso8601: String {
        formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
    }
}
