public import Foundation
public import Postgres

extension TenantDirectory {
    // Keys

    /// Makes a key. Its text is known only here, except a write key's.
    ///
    /// - Parameters:
    ///   - tenant: nil for an admin key, and only then.
    ///   - source: for a write key, and only then.
    ///   - scopes: for a restricted key, and only then; none with a caller: all that a key with a role can have.
    ///   - caller: the one role, and the user, whose rights a restricted key has (`binding`).
    public func createKey(
        _ kind: APIKey.Kind, tenant: Tenant?, source: Source? = nil, scopes given: [String] = [],
        caller: RecordCaller? = nil, expiresAt: Date? = nil
    ) throws(PostgresError) -> (key: APIKey, text: KeyText) {
        guard (kind == .admin) == (tenant == nil) else {
            throw Self.invalid("/tenant", "every key but an admin key belongs to a tenant")
        }
        guard (kind == .write) == (source != nil) else {
            throw Self.invalid("/source", "a write key belongs to a source, other keys to none")
        }
        let scopes = given.isEmpty && caller != nil ? APIKey.scopesWithRole.sorted() : given
        guard kind == .restricted || caller == nil else {
            throw Self.invalid("/role", "only a restricted key has a role")
        }
        if caller != nil, let other = scopes.first(where: { !APIKey.scopesWithRole.contains($0) }) {
            throw Self.invalid(
                "/scopes", "a key with a role reaches records alone: crm:read, crm:write, not \(other)")
        }
        guard (kind == .restricted) == !scopes.isEmpty else {
            throw Self.invalid("/scopes", "a restricted key has scopes, other keys have none")
        }
        if let unknown = scopes.first(where: { !APIKey.knownScopes.contains($0) }) {
            let known = APIKey.knownScopes.sorted().joined(separator: ", ")
            throw Self.invalid("/scopes", "\(unknown) is none of \(known)")
        }
        let text = KeyText.random(kind)
        let rows = try change([
            keyStatement(
                text, tenant: tenant?.id, source: source?.id, scopes: scopes, caller: caller, expiresAt: expiresAt)
        ])
        return (try APIKey(row: rows[0].one()), text)
    }

    /// A tenant's keys by age, revoked ones too; nil: admin keys.
    public func keys(_ tenant: Tenant?) throws(PostgresError) -> [APIKey] {
        var result: [APIKey] = []
        for row in try connection.single(
            settings: TenantDatabase.control(), .call("find_keys", (tenant?.id).bind))
        {
            result.append(try APIKey(row: row))
        }
        return result
    }

    /// The key with that `key_…`, uuid, twelve-character id, or full text.
    public func key(_ reference: String) throws(PostgresError) -> APIKey {
        let id = PublicID(.key, text: reference)?.uuid
        let keyID = KeyText(parsing: reference)?.keyID ?? reference
        let rows = try connection.single(
            settings: TenantDatabase.control(),
            .call("find_keys", .null(.uuid), id.bind, id == nil ? .text(keyID) : .null(.text)))
        guard let row = rows.first else {
            throw PostgresError(kind: .server("TD001"), message: "there is no key \(reference)")
        }
        return try APIKey(row: row)
    }

    /// Makes a key like `key` and lets the old one end after `grace`.
    public func rotateKey(_ key: APIKey, grace: Duration) throws(PostgresError) -> (key: APIKey, text: KeyText) {
        let text = KeyText.random(key.kind)
        let end = Date().addingTimeInterval(Double(grace.components.seconds))
        let results = try change([
            keyStatement(
                text, tenant: key.tenant, source: key.source, scopes: key.scopes, caller: key.caller,
                expiresAt: key.expiresAt),
            .call("expire_key", .uuid(key.id), .timestamptz(end.microseconds), .text(actor)),
        ])
        return (try APIKey(row: results[0].one()), text)
    }

    /// Ends a key at once, on every node within five seconds.
    public func revokeKey(_ key: APIKey) throws(PostgresError) -> APIKey {
        try APIKey(
            row: change([.call("expire_key", .uuid(key.id), .null(.timestamptz), .text(actor))])[0].one())
    }

    // Within the transaction of `create`

    func store(_ text: KeyText, tenant: UUID, source: UUID? = nil) throws(PostgresError) {
        try connection.execute(keyStatement(text, tenant: tenant, source: source, scopes: [], expiresAt: nil))
    }

    private func keyStatement(
        _ text: KeyText, tenant: UUID?, source: UUID?, scopes: [String], caller: RecordCaller? = nil, expiresAt: Date?
    ) -> Statement {
        .call(
            "create_key", .uuid(ids.next()), .text(text.keyID), .text(text.kind.rawValue), tenant.bind, source.bind,
            .bytea(text.sha256), text.kind == .write ? .text(text.text) : .null(.text), .textArray(scopes),
            expiresAt.map { .timestamptz($0.microseconds) } ?? .null(.timestamptz), (caller?.roles.first).bind,
            (caller?.user).bind, .text(actor))
    }
}
