public import Postgres

extension TenantDirectory {
    /// The tenant's identity provider; nil: it has none.
    public func oidcProvider(_ tenant: Tenant) throws(PostgresError) -> OIDCProvider? {
        try connection.oidcProvider(tenant)
    }

    /// Sets the tenant's identity provider whole.
    ///
    /// - Throws: `invalid` where the role is unknown, or the secret missing with a new issuer or client id.
    public func setOIDCProvider(_ tenant: Tenant, _ draft: OIDCDraft) throws(TandemError) -> OIDCProvider {
        var role: RecordID?
        if let name = draft.newUserRole {
            do throws(TandemError) {
                role = try connection.inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) in
                    try connection.roleFind(name).id
                }
            } catch .notFound {
                throw .invalid("/new_user_role", "unknown_role", "there is no role \(name)")
            }
        }
        return try reading { () throws(PostgresError) in
            let sealed: SealedSecret? =
                if let secret = draft.clientSecret {
                    SealedSecret(
                        sealing: secret, for: .oidcClient, of: tenant.id,
                        with: try TandemContext.sealingKey(on: connection))
                } else { nil }
            return try OIDCProvider(
                row: change([
                    .call(
                        "put_oidc_provider", .uuid(tenant.id), .text(draft.issuer), .text(draft.clientID),
                        sealed.map { .bytea($0.bytes) } ?? .null(.bytea), draft.label.bind,
                        .textArray(draft.allowedDomains), role.bind,
                        draft.allowsPrivate.map { .bool($0) } ?? .null(.bool), .text(actor))
                ])[0].one())
        }
    }

    /// Takes the tenant's identity provider away.
    ///
    /// - Throws: `TD001` where it has none.
    public func removeOIDCProvider(_ tenant: Tenant) throws(PostgresError) {
        try change([.call("remove_oidc_provider", .uuid(tenant.id), .text(actor))])
    }
}

extension Connection {
    /// The tenant's identity provider; nil: it has none.
    public func oidcProvider(_ tenant: Tenant) throws(PostgresError) -> OIDCProvider? {
        try single(settings: TenantDatabase.control(), .call("find_oidc_provider", .uuid(tenant.id))).first
            .map { (row) throws(PostgresError) in try OIDCProvider(row: row) }
    }

    /// Takes a sign-in that came back from the provider, once.
    ///
    /// - Returns: false if it was taken before.
    public func useOIDCState(_ state: String) throws(PostgresError) -> Bool {
        try single(
            settings: TenantDatabase.control(),
            .call(
                "use_oidc_state", .bytea(Secret.hash(state)), .untyped("\(OIDCSignIn.validSeconds) seconds"))
        ).one().bool(0)
    }

    /// The user whom the token vouches for. One who is not there is made, if the provider's settings say so.
    ///
    /// - Returns: nothing of users who may not sign in: those are faults.
    public func oidcUser(
        _ tenant: Tenant, _ provider: OIDCProvider, _ person: IDToken, catalogs: CatalogDirectory
    ) throws -> SignedInUser {
        guard let email = person.verifiedEmail else { throw OIDCFault.unverifiedAddress }
        guard provider.allows(email: email) else { throw OIDCFault.foreignDomain(email) }
        let found = try findOIDCUser(tenant, email) ?? makeOIDCUser(tenant, provider, person, email, catalogs)
        guard found.isActive, let user = try signedInUser(tenant.database, found.id) else {
            throw OIDCFault.inactiveUser(email)
        }
        _ = try single(
            settings: TenantDatabase.control(),
            .call(
                "note_oidc_sign_in", .uuid(tenant.id), .uuid(user.id), .text(provider.issuer), .text(person.subject),
                .text(user.actor)))
        return user
    }

    private func findOIDCUser(
        _ tenant: Tenant, _ email: String
    ) throws(TandemError) -> (id: RecordID, isActive: Bool)? {
        let rows = try inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) in
            try connection.run(.call("oidc_user", .text(email)))
        }
        guard let row = rows.first else { return nil }
        return try reading { () throws(PostgresError) in (try row.uuid("user_id"), try row.bool("active")) }
    }

    private func makeOIDCUser(
        _ tenant: Tenant, _ provider: OIDCProvider, _ person: IDToken, _ email: String, _ catalogs: CatalogDirectory
    ) throws -> (id: RecordID, isActive: Bool) {
        guard let role = provider.newUserRole else { throw OIDCFault.unknownUser(email) }
        let name = person.name.map { String($0.prefix(255)) } ?? email
        let body: JSON = [
            "name": .string(name), "email": .string(email),
            "role_ids": [.string(PublicID(.role, role).description)],
        ]
        do throws(TandemError) {
            let made = try inTenant(tenant.database, catalogs: catalogs) { (connection, catalog) throws(TandemError) in
                try connection.recordCreate(
                    catalog[.user], body, by: RecordAuthor(actor: "user:\(email)", cause: "sign_in"), catalog: catalog)
            }
            return (made.id, true)
        } catch {
            // Another browser of the same person was first.
            guard case .duplicate = error, let found = try findOIDCUser(tenant, email) else { throw error }
            return found
        }
    }
}
