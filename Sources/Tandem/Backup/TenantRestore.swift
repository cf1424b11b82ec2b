import Foundation
public import Logging
public import Postgres

/// Makes a tenant of what `TenantExport` wrote: a new one, with a name, schemas and keys of its own. Nothing of any other
/// tenant is read or written, but the suppression list of the one that was saved, if it lives here.
public struct TenantRestore {
    /// What came of it.
    public struct Result: Sendable {
        public let tenant: Tenant
        /// As they are in the database now, read back from it.
        public let tables: [TenantManifest.Table]
        public let writeKey: KeyText?
        public let secretKey: KeyText
        /// What is not sent again: relation → rows.
        public let quieted: JSON
        public let suppressions: SuppressionReapply.Result
        /// Sources of webhooks whose payloads are not checked any more until they are given a secret.
        public let webhooks: [String]
    }

    private let connection: Connection
    private let actor: String
    private let logger: Logger
    private let progress: (_ verb: String, _ rows: Int) -> Void

    public init(
        _ connection: Connection, actor: String, logger: Logger,
        progress: @escaping (_ verb: String, _ rows: Int) -> Void = { _, _ in }
    ) {
        self.connection = connection
        self.actor = actor
        self.logger = logger
        self.progress = progress
    }

    private var directory: TenantDirectory { TenantDirectory(connection, actor: actor, logger: logger) }

    /// Reads every file and compares it with the manifest; changes nothing.
    ///
    /// - Throws: `damaged`, naming the file.
    public func check(_ folder: String, _ manifest: TenantManifest) throws(BackupError) {
        try refuseUnknown(manifest)
        var rows = 0
        for table in manifest.tables {
            var digest = RowDigest()
            var reader = try LineReader(folder + "/" + table.fileName)
            while let row = try reader.next() {
                row.withUnsafeBytes { digest.add($0) }
                if digest.rows % 1_000 == 0 { progress("checking", rows + digest.rows) }
            }
            guard digest.text == table.checksum, digest.rows == table.rows else {
                throw .damaged("\(table.fileName) is not as it was written: its checksum differs")
            }
            rows += table.rows
        }
    }

    /// - Parameters:
    ///   - slug: the new tenant's name.
    ///   - lists: suppression lists that may be newer than the backup.
    /// - Throws: `conflict` if a tenant has the name; `damaged`. Then no new tenant is left behind.
    public func restore(
        _ folder: String, _ manifest: TenantManifest, as slug: String, lists: [SuppressionFile]
    ) throws(BackupError) -> Result {
        try check(folder, manifest)
        guard Tenant.isValid(slug: slug) else {
            throw .product(.invalid("/slug", "invalid", "must be lower-case letters, digits and inner hyphens"))
        }
        let settings = manifest.saved["settings"]
        let modules = (settings?["modules"]?.array ?? []).compactMap { $0.string.flatMap(Module.init) }
        let tenant = try begin(slug, settings, modules)
        do throws(BackupError) {
            let tables = try load(folder, manifest, into: tenant)
            return try finish(tenant, manifest, tables, lists)
        } catch {
            // A name that stays taken by half a tenant would be in the way of the next try.
            if connection.isOpen, let half = try? directory.find(tenant.publicID.description) {
                _ = try? directory.drop(directory.delete(half, grace: .zero), now: true)
            }
            throw error
        }
    }

    private func begin(_ slug: String, _ settings: JSON?, _ modules: [Module]) throws(BackupError) -> Tenant {
        try backing {
            let rows = try connection.single(
                settings: directory.slow,
                .call(
                    "create_tenant", .uuid(UUID.v7()), .text(slug),
                    .text(settings?["display_name"]?.string ?? slug), .text(TenantSchema.random().name),
                    .textArray(modules.sorted().map(\.rawValue)), .text(settings?["timezone"]?.string ?? "UTC"),
                    .text(settings?["currency"]?.string ?? "USD"), .text(actor)))
            return try Tenant(row: rows.one())
        }
    }

    private func refuseUnknown(_ manifest: TenantManifest) throws(BackupError) {
        let known = try backing { try TenantSchemaFiles.embedded() }
        let plan = known.plan(modules: Set(Module.allCases), applied: manifest.migrations)
        guard plan.isPossible else {
            throw .conflict(
                "the backup was made by another build: \((plan.changed + plan.unknown).joined(separator: ", "))",
                hint: "restore it with the version of Tandem that wrote it, or a newer one")
        }
    }

    /// All tables, in one transaction: either every row is there, with the checksum that it had, or none.
    private func load(
        _ folder: String, _ manifest: TenantManifest, into tenant: Tenant
    ) throws(BackupError) -> [TenantManifest.Table] {
        let migrator = try backing { try Migrator(connection, logger: logger) }
        // First the schema that the rows are of; what came later brings them on.
        try backing { try migrator.migrate(tenant, only: Set(manifest.migrations.keys)) }
        let settings = TenantCopy.settings(tenant)
        return try connection.transaction(settings: settings) { (connection) throws(BackupError) in
            let keys = try backing {
                try connection.execute(.call("empty_tenant")).map { try $0.text(0) }
            }
            // What decides which columns there are comes first.
            let first: Set<String> = ["custom_field", "object_description", "promoted_trait"]
            var rows = 0
            for table in manifest.tables where first.contains(table.name) {
                try copy(table, folder, &rows, connection)
            }
            try backing { try connection.execute(.call("restore_columns")) }
            for month in manifest.months {
                // That month alone: the procedure begins a month before and counts from there.
                try backing {
                    try connection.execute(
                        .call("ensure_event_partitions", .timestamptz(month + 32 * 86_400_000_000), .int4(-1)))
                }
            }
            for table in manifest.tables where !first.contains(table.name) {
                try copy(table, folder, &rows, connection)
            }
            try backing {
                for key in keys { try connection.script(key, deadline: TenantExport.longest) }
                for (name, value) in manifest.sequences {
                    try connection.execute(.call("restore_sequence", .text(name), .int8(value)))
                }
                try connection.execute(.call("restore_indexes"), deadline: TenantExport.longest)
                try connection.execute(.call("analyze_tenant"), deadline: TenantExport.longest)
            }
            return try verify(manifest, connection)
        }
    }

    private func copy(
        _ table: TenantManifest.Table, _ folder: String, _ rows: inout Int, _ connection: Connection
    ) throws(BackupError) {
        let statement = try backing {
            let call = Statement.call("copy_in_statement", .text(table.name), .textArray(table.columns))
            return Statement(unchecked: try connection.execute(call).one().text(0))
        }
        var reader = try LineReader(folder + "/" + table.fileName)
        var done = rows
        try connection.copyIn(into: statement, deadline: TenantExport.longest) { () throws(BackupError) in
            let row = try reader.next()
            done += 1
            if done % 1_000 == 0 { progress("restoring", done) }
            return row
        }
        rows += table.rows
    }

    /// Reads back what was written.
    private func verify(
        _ manifest: TenantManifest, _ connection: Connection
    ) throws(BackupError) -> [TenantManifest.Table] {
        let wanted = Dictionary(manifest.tables.map { ($0.name, $0) }) { first, _ in first }
        var found: [TenantManifest.Table] = []
        var rows = 0
        for table in try TenantCopy.tables(connection) {
            guard let original = wanted[table.name] else { continue }
            var digest = RowDigest()
            var bytes = 0
            try connection.copyOut(table.copyOut, deadline: TenantExport.longest) { (row) throws(BackupError) in
                digest.add(row)
                bytes += row.count
                if digest.rows % 1_000 == 0 { progress("comparing", rows + digest.rows) }
            }
            guard digest.text == original.checksum else {
                throw .damaged(
                    "table \(table.name) has \(digest.rows) rows with checksum \(digest.text.prefix(16)) after the restore, "
                        + "and had \(original.rows) with \(original.checksum.prefix(16))")
            }
            rows += digest.rows
            found.append(
                TenantManifest.Table(
                    name: table.name, columns: table.columns, rows: digest.rows, bytes: bytes, checksum: digest.text))
        }
        guard found.count == wanted.count else {
            throw .damaged("the backup has \(wanted.count) tables, and \(found.count) of them are restored")
        }
        return found
    }

    private func finish(
        _ tenant: Tenant, _ manifest: TenantManifest, _ tables: [TenantManifest.Table], _ lists: [SuppressionFile]
    ) throws(BackupError) -> Result {
        try backing { try Migrator(connection, logger: logger).migrate(tenant) }
        let now = WallClock.system.microseconds
        if tenant.modules.contains(.cdp) {
            try backing { try Housekeeping.makePartitions(of: tenant, now: now, on: connection) }
        }
        let quieted = try backing {
            let rows = try connection.single(
                settings: tenant.database.settings(statementTimeout: .seconds(600)),
                .call("quiet_restored", .timestamptz(now), .bool(true)))
            return try JSON(parsing: try rows.one().text(0))
        }
        // Before anybody may send: whoever was erased since is erased again.
        let suppressions = try SuppressionReapply(connection, tenant: tenant, actor: actor).apply(
            lists.filter { $0.lineage == manifest.lineage })
        let secret = KeyText.random(.secret)
        var write: KeyText?
        let sources = try backing {
            try connection.transaction(settings: directory.slow) { (connection) throws(PostgresError) in
                var sources: [Source] = []
                for row in try connection.execute(
                    .call(
                        "adopt_saved_tenant", .uuid(tenant.id), .jsonb(manifest.saved.encoded()), .text(actor)))
                {
                    let source = try Source(row: row)
                    let key = KeyText.random(.write)
                    try directory.store(key, tenant: tenant.id, source: source.id)
                    if write == nil && source.kind == .server { write = key }
                    sources.append(source)
                }
                try directory.store(secret, tenant: tenant.id)
                return sources
            }
        }
        return Result(
            tenant: try backing { try directory.find(tenant.publicID.description) }, tables: tables, writeKey: write,
            secretKey: secret, quieted: quieted, suppressions: suppressions,
            webhooks: sources.filter { $0.kind == .webhook }.map(\.name))
    }
}
