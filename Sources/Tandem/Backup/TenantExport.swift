import Foundation
import Glibc
public import Postgres

/// Writes all data of one tenant into a folder: a file a table, and a manifest that comes last. Of one moment, while others
/// read and write; it takes as long as this tenant's data take, however many others there are.
public struct TenantExport {
    private let connection: Connection
    private let tenant: Tenant
    private let progress: (_ table: String, _ rows: Int) -> Void

    /// For one table.
    static let longest = Duration.seconds(24 * 3_600)

    /// - Parameter progress: called now and then with the rows of all tables so far.
    public init(
        _ connection: Connection, tenant: Tenant,
        progress: @escaping (_ table: String, _ rows: Int) -> Void = { _, _ in }
    ) {
        self.connection = connection
        self.tenant = tenant
        self.progress = progress
    }

    /// - Parameter folder: is made; one that is there has to be empty, or to hold an export that was interrupted.
    public func write(to folder: String) throws(BackupError) -> TenantManifest {
        try Self.prepare(folder)
        let saved = try backing {
            let row = try connection.single(
                settings: TenantDatabase.control(), .call("saved_tenant", .uuid(tenant.id))
            ).one()
            return try JSON(parsing: try row.text(0), depth: 64)
        }
        let manifest = try connection.transaction(
            settings: TenantCopy.settings(tenant), readOnly: true, isolation: .repeatableRead
        ) { (connection) throws(BackupError) in
            try read(saved: saved, into: folder, connection)
        }
        var file = try FileWriter(creating: folder + "/" + TenantManifest.fileName)
        try file.write(manifest.json.encoded())
        try file.finish()
        return manifest
    }

    private func read(
        saved: JSON, into folder: String, _ connection: Connection
    ) throws(BackupError) -> TenantManifest {
        let now = try backing {
            try connection.execute(.call("iso_time", .timestamptz(WallClock.system.microseconds))).one().text(0)
        }
        var tables: [TenantManifest.Table] = []
        var rows = 0
        for source in try TenantCopy.tables(connection) {
            let table = try copy(source, to: folder, from: rows, connection)
            rows += table.rows
            tables.append(table)
        }
        // After the rows, so that no sequence is behind them.
        let sequences = try backing {
            try connection.execute(.call("tenant_sequences")).map {
                (name: try $0.text("sequence"), value: Int64(try $0.int("last_value")))
            }
        }
        return try backing {
            TenantManifest(
                tenant: tenant.publicID, at: now,
                lineage: try connection.execute(.call("suppression_lineage")).one().text(0), saved: saved,
                tables: tables, sequences: sequences,
                months: try connection.execute(.call("event_months")).map { try $0.timestamp(0) })
        }
    }

    private func copy(
        _ source: TenantCopy.Table, to folder: String, from before: Int, _ connection: Connection
    ) throws(BackupError) -> TenantManifest.Table {
        var file = try FileWriter(creating: folder + "/" + source.name + ".copy")
        var digest = RowDigest()
        try connection.copyOut(source.copyOut, deadline: Self.longest) { (row) throws(BackupError) in
            digest.add(row)
            try file.write(row)
            if digest.rows % 1_000 == 0 { progress(source.name, before + digest.rows) }
        }
        try file.finish()
        progress(source.name, before + digest.rows)
        return TenantManifest.Table(
            name: source.name, columns: source.columns, rows: digest.rows, bytes: file.bytes, checksum: digest.text)
    }

    private static func prepare(_ folder: String) throws(BackupError) {
        let manager = FileManager.default
        if manager.fileExists(atPath: folder + "/" + TenantManifest.fileName) {
            throw .conflict("\(folder) holds a backup", hint: "name another folder")
        }
        if let names = try? manager.contentsOfDirectory(atPath: folder) {
            guard names.allSatisfy({ $0.hasSuffix(".copy") }) else {
                throw .conflict("\(folder) holds other files", hint: "name another folder")
            }
            // Of an export that was interrupted.
            for name in names { unlink(folder + "/" + name) }
        }
        do {
            try manager.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .file("\(folder) cannot be made: \(error.localizedDescription)")
        }
    }
}

/// What saving and restoring one tenant share.
enum TenantCopy {
    struct Table {
        let name: String
        let columns: [String]
        let copyOut: Statement
    }

    /// The owner's, and one way to write each value, whatever a server's defaults are.
    static func settings(_ tenant: Tenant) -> [Connection.Setting] {
        tenant.database.ownerSettings(internalFirst: true, statementTimeout: nil, lockTimeout: .seconds(30)) + [
            (name: "timezone", value: "UTC"), (name: "datestyle", value: "ISO"),
            (name: "intervalstyle", value: "postgres"),
            (name: "extra_float_digits", value: "1"), (name: "bytea_output", value: "hex"),
        ]
    }

    static func tables(_ connection: Connection) throws(BackupError) -> [Table] {
        try backing {
            try connection.execute(.call("tenant_tables")).map { row in
                Table(
                    name: try row.text("relation"), columns: try row.texts("columns"),
                    copyOut: Statement(unchecked: try row.text("copy_out")))
            }
        }
    }
}
