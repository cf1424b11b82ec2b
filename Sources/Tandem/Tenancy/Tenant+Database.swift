public import Foundation
public import Postgres

extension Tenant {
    /// From a row of `tandem.tenant`.
    public init(row: Row) throws(PostgresError) {
        let name = try row.text("schema_name")
        guard let schema = TenantSchema(name), let state = State(rawValue: try row.text("state")) else {
            throw PostgresError(kind: .decoding, message: "tandem.tenant holds a schema or state of another version")
        }
        id = try row.uuid("id")
        slug = try row.text("slug")
        displayName = try row.text("display_name")
        self.schema = schema
        modules = Set(try row.texts("modules").compactMap(Module.init))
        timezone = try row.text("timezone")
        currency = try row.text("currency")
        self.state = state
        epoch = Int64(try row.int("epoch"))
        version = try row.int("version")
        isSimulated = try row.bool("simulated")
        createdAt = Date(microseconds: try row.timestamp("created_at"))
        suspendedAt = try row.optionalTimestamp("suspended_at").map { Date(microseconds: $0) }
        deleteAfter = try row.optionalTimestamp("delete_after").map { Date(microseconds: $0) }
        eventRate = try RateSettings(
            perSecond: row.optionalInt("rate_per_second"), burst: row.optionalInt("burst"))
        requestRate = try RateSettings(perSecond: row.optionalInt("requests_per_second"))
    }
}

extension Source {
    /// From a row of `tandem.source`.
    init(row: Row) throws(PostgresError) {
        guard let kind = Kind(rawValue: try row.text("kind")),
            let right = CRMRight(rawValue: try row.text("may_write_crm")),
            let provenance = Provenance(rawValue: try row.text("provenance"))
        else { throw PostgresError(kind: .decoding, message: "tandem.source holds a kind of another version") }
        id = try row.uuid("id")
        tenant = try row.uuid("tenant")
        number = Int16(truncatingIfNeeded: try row.int("number"))
        name = try row.text("name")
        self.kind = kind
        trust = Trust(
            mayIdentify: try row.bool("may_identify"), mayCreateAccounts: try row.bool("may_create_accounts"),
            mayWriteCRM: right)
        self.provenance = provenance
        allowedOrigins = try row.texts("allowed_origins").compactMap { AllowedOrigin($0) }
        // One that this version does not understand maps nothing, so that payloads are kept.
        webhook = try row.optionalText("webhook").flatMap { try? WebhookMapping(json: JSON(parsing: $0)) }
        webhookSecret = try row.optionalBytea("webhook_secret").map(SealedSecret.init)
        isEnabled = try row.bool("enabled")
        disabledAt = try row.optionalTimestamp("disabled_at").map { Date(microseconds: $0) }
        createdAt = Date(microseconds: try row.timestamp("created_at"))
        rate = try RateSettings(perSecond: row.optionalInt("rate_per_second"), burst: row.optionalInt("burst"))
    }
}

extension APIKey {
    /// From a row of `tandem.api_key`.
    init(row: Row) throws(PostgresError) {
        guard let kind = Kind(rawValue: try row.text("kind")) else {
            throw PostgresError(kind: .decoding, message: "tandem.api_key holds a kind of another version")
        }
        id = try row.uuid("id")
        keyID = try row.text("keyid")
        self.kind = kind
        tenant = try row.optionalUUID("tenant")
        source = try row.optionalUUID("source")
        sha256 = try row.bytea("sha256")
        clear = try row.optionalText("clear")
        scopes = try row.texts("scopes")
        role = try row.optionalUUID("role_id")
        user = try row.optionalUUID("user_id")
        createdAt = Date(microseconds: try row.timestamp("created_at"))
        expiresAt = try row.optionalTimestamp("expires_at").map { Date(microseconds: $0) }
        revokedAt = try row.optionalTimestamp("revoked_at").map { Date(microseconds: $0) }
        lastUsedAt = try row.optionalTimestamp("last_used_at").map { Date(microseconds: $0) }
    }
}

/// A database login for BI. Its password is known only when it is made.
public struct BILogin: Sendable, Hashable {
    /// The name in the database: opaque, never used twice.
    public let login: String
    /// Whose data it reads.
    public let tenant: UUID
    /// The name that people chose.
    public let name: String
    /// Whose rights to fields it has; nil: it reads all.
    public let role: RecordID?
    /// It makes views in the tenant's schema for models.
    public let makesModels: Bool
    public let createdAt: Date
    public let revokedAt: Date?

    /// From a row of `tandem.bi_login`.
    init(row: Row) throws(PostgresError) {
        login = try row.text("login")
        tenant = try row.uuid("tenant")
        name = try row.text("name")
        role = try row.optionalText("role").flatMap { UUID(uuidString: $0) }
        makesModels = try row.bool("models")
        createdAt = Date(microseconds: try row.timestamp("created_at"))
        revokedAt = try row.optionalTimestamp("revoked_at").map { Date(microseconds: $0) }
    }
}
