public import Postgres

/// How users of a tenant come into the console: invitations, new passwords, signing out. Each call is a few small
/// transactions, because links and sessions belong to the installation and users to the tenant.
public struct UserAccess {
    let connection: Connection
    let tenant: Tenant
    /// Who does it, for the audit.
    let actor: String

    /// An invitation has a week to be read; a new password, which somebody waits for, an hour.
    public static let invitationValidity: Duration = .seconds(7 * 86_400)
    public static let resetValidity: Duration = .seconds(3600)

    public init(_ connection: Connection, tenant: Tenant, actor: String) {
        self.connection = connection
        self.tenant = tenant
        self.actor = actor
    }

    /// A link by which the user chooses a first password. Takes nothing away: who has one keeps it until then.
    ///
    /// - Throws: `not_found` for nobody, 422 `no_email` or `inactive` for who cannot sign in.
    public func invite(_ user: RecordID) throws(TandemError) -> SignInLink {
        try check(user)
        try letIn(user)
        return try link(user, validity: Self.invitationValidity)
    }

    /// A link by which the user chooses a new password; the old one and all sessions end now.
    public func reset(_ user: RecordID) throws(TandemError) -> SignInLink {
        try check(user)
        try letIn(user)
        try connection.inTenant(tenant.database) { (connection) throws(TandemError) in
            _ = try connection.run(.call("forget_password", .uuid(user), .text(actor)))
        }
        _ = try signOut(user)
        return try link(user, validity: Self.resetValidity)
    }

    /// Gives the user a role, if one is named; without, the first user of all becomes administrator. The names of the user's roles: with
    /// none they see nothing.
    @discardableResult
    public func letIn(_ user: RecordID, role: RecordID? = nil) throws(TandemError) -> [String] {
        try connection.inTenant(tenant.database) { (connection) throws(TandemError) in
            let rows = try connection.run(
                .call("let_in_user", .uuid(user), role.map(Bind.uuid) ?? .null(.uuid), .text(actor)))
            return try reading { () throws(PostgresError) in try rows.one().texts(0) }
        }
    }

    /// Ends all sessions and links of the user; the number of sessions.
    ///
    /// - Throws: `not_found` for nobody of this tenant.
    @discardableResult
    public func signOut(_ user: RecordID) throws(TandemError) -> Int {
        _ = try found(user)
        return try reading { () throws(PostgresError) in
            try connection.single(
                settings: TenantDatabase.control(),
                .call("end_user_sessions", .uuid(tenant.id), .uuid(user), .text(actor))
            ).one().int(0)
        }
    }

    private func link(_ user: RecordID, validity: Duration) throws(TandemError) -> SignInLink {
        try reading { () throws(PostgresError) in
            try SignInLink.make(
                on: connection, tenant: tenant, user: user, purpose: .password, actor: actor, validity: validity)
        }
    }

    private func found(_ user: RecordID) throws(TandemError) -> JSON {
        try connection.inTenant(tenant.database, readOnly: true) { (connection) throws(TandemError) in
            try connection.recordGet(.user, id: user, catalog: .standard).json
        }
    }

    private func check(_ user: RecordID) throws(TandemError) {
        let found = try found(user)
        guard found["email"]?.string != nil else {
            throw .invalid("/email", "no_email", "is what a user signs in with: give the user an address first")
        }
        guard found["active"]?.bool == true else {
            throw .invalid("/active", "inactive", "is false: who has left cannot sign in")
        }
    }
}
