import Foundation
public import Logging
public import Postgres

/// Makes frequent traits typed columns of a tenant's `profiles`.
///
/// The columns appear in one short transaction under the tenant's owner; then pages of rows are written. Ingest, merges
/// and undos keep them current from the first moment on.
public struct TraitPromotion {
    let connection: Connection
    let actor: String
    let logger: Logger

    /// What was done with one trait.
    public struct Column: Sendable, Hashable {
        public let trait: String
        public let column: String
        /// As PostgreSQL names it.
        public let type: String
        /// `promoted`, or `retyped` when its values no longer parse as the type that it had.
        public let change: String
    }

    /// Nodes that are looked at to find frequent keys and their types.
    public enum Sample: Int32, Sendable {
        case routine = 2000
        case thorough = 100_000
    }

    /// - Parameter actor: who has it done, for the audit.
    public init(_ connection: Connection, actor: String = AuditActor.tandem, logger: Logger) {
        self.connection = connection
        self.actor = actor
        self.logger = logger
    }

    private static let lockTimeout = Duration.seconds(1)

    /// Adds the columns; empty ones until `fill`.
    ///
    /// - Parameters:
    ///   - traits: keys as sent; nil: the most frequent ones.
    ///   - attempts: how often the lock on the table is asked for, a second each.
    ///   - isDryRun: nothing stays.
    /// - Throws: `TD001` for a trait that no profile has; `55P03` if a reader holds the table all the time.
    public func promote(
        _ tenant: Tenant, traits: [String]? = nil, sample: Sample, attempts: Int, isDryRun: Bool = false
    ) throws(PostgresError) -> [Column] {
        let settings = tenant.database.ownerSettings(
            internalFirst: false, statementTimeout: .seconds(120), lockTimeout: Self.lockTimeout)
        let call = Statement.call(
            "promote_traits", traits.map { .textArray($0) } ?? .null(.textArray), .int4(sample.rawValue))
        for attempt in 1... {
            do throws(PostgresError) {
                return try connection.transaction(settings: settings) { (connection) throws(PostgresError) in
                    let columns = try Self.columns(connection.execute(call))
                    if !columns.isEmpty { try note(columns, on: connection) }
                    // What is rolled back ends here, before the commit.
                    if isDryRun { _ = try connection.execute("rollback and chain" as Statement) }
                    return columns
                }
            } catch {
                let isLock = error.serverState == .lockNotAvailable || error.isRetryable
                if !isLock || attempt >= attempts { throw error }
                Thread.sleep(forTimeInterval: Double.random(in: 0.1...0.5))
            }
        }
        return []
    }

    private func note(_ columns: [Column], on connection: Connection) throws(PostgresError) {
        let detail: JSON = ["columns": .array(columns.map { JSON.array([.string($0.column), .string($0.change)]) })]
        try connection.execute(
            .call(
                "append_audit", .text(actor), .text("profile.promote"), .text("profile"), .text(""),
                .jsonb(text: detail.text)))
    }

    private static func columns(_ rows: Rows) throws(PostgresError) -> [Column] {
        var columns: [Column] = []
        for row in rows {
            columns.append(
                Column(
                    trait: try row.text("trait"), column: try row.text("column_name"), type: try row.text("type"),
                    change: try row.text("change")))
        }
        return columns
    }

    /// Writes the promoted columns of every profile, page by page.
    public func fill(_ tenant: Tenant) throws(PostgresError) {
        let settings = tenant.database.settings(statementTimeout: .seconds(60))
        let began = Date()
        var after: Int64 = -1
        while true {
            let row = try connection.single(
                settings: settings, .call("fill_promoted", .int8(after), .int4(Self.page))
            ).one()
            guard let last = try row.optionalInt(0) else { break }
            after = Int64(last)
        }
        try connection.single(
            settings: settings, .call("note_filled", .timestamptz(Int64(began.timeIntervalSince1970 * 1_000_000))))
    }

    private static let page: Int32 = 500
}
