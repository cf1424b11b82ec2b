public import Postgres

/// A user of a tenant as the console knows them.
public struct SignedInUser: Sendable, Hashable {
    public let id: RecordID
    public let name: String
    public let email: String
    /// None: they see nothing.
    public let roles: [RecordID]
    /// How many tasks they were reminded of and have neither done nor seen.
    public let reminders: Int

    /// For histories and the audit.
    public var actor: String { "user:\(email)" }
}

extension Connection {
    /// The user who tries to sign in with an address, and the password that they have, hashed. Nil: nobody has the
    /// address, or they have to wait. The try counts as wrong until ``finishSignIn(_:user:)``.
    public func beginSignIn(
        _ tenant: TenantDatabase, email: String
    ) throws(TandemError) -> (user: RecordID, hash: String)? {
        let rows = try inTenant(tenant) { (connection) throws(TandemError) in
            try connection.run(.call("begin_sign_in", .text(email)))
        }
        guard let row = rows.first else { return nil }
        return try reading { () throws(PostgresError) in
            (try row.uuid("user_id"), try row.text("password_hash"))
        }
    }

    /// The password was right.
    public func finishSignIn(_ tenant: TenantDatabase, user: RecordID) throws(TandemError) {
        try inTenant(tenant) { (connection) throws(TandemError) in
            _ = try connection.run(.call("finish_sign_in", .uuid(user)))
        }
    }

    /// Who a session's user is now; nil once they have left. Runs in a transaction of its own.
    public func signedInUser(_ tenant: TenantDatabase, _ id: RecordID) throws(TandemError) -> SignedInUser? {
        let rows = try inTenant(tenant, readOnly: true) { (connection) throws(TandemError) in
            try connection.run(.call("signed_in_user", .uuid(id)))
        }
        guard let user = try rows.first?.json(0) else { return nil }
        return SignedInUser(
            id: id, name: user["name"]?.string ?? "", email: user["email"]?.string ?? "",
            roles: (user["role_ids"]?.array ?? []).compactMap { $0.string.flatMap { PublicID(.role, text: $0)?.uuid } },
            reminders: user["reminders"]?.int ?? 0)
    }

    /// Stores what a user chose; false where there is no such user any more.
    ///
    /// - Parameter hash: of ``Password/hash(_:)``.
    public func setPassword(
        _ tenant: TenantDatabase, user: RecordID, hash: String, actor: String
    ) throws(TandemError) -> Bool {
        let row = try inTenant(tenant) { (connection) throws(TandemError) in
            try connection.run(.call("set_password", .uuid(user), .text(hash), .text(actor))).first
        }
        return try reading { () throws(PostgresError) in try row?.bool(0) ?? false }
    }
}
