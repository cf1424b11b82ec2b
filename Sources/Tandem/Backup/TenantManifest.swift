import Foundation

/// What stands in `manifest.json` of a tenant's backup: whose it is, of which version, and every table with its checksum.
public struct TenantManifest: Sendable {
    /// Of one table.
    public struct Table: Sendable, Hashable {
        public let name: String
        public let columns: [String]
        public let rows: Int
        public let bytes: Int
        /// See `RowDigest`.
        public let checksum: String

        var fileName: String { name + ".copy" }

        var json: JSON {
            [
                "name": .string(name), "rows": .number(rows), "bytes": .number(bytes), "checksum": .string(checksum),
                "columns": .array(columns.map { .string($0) }),
            ]
        }

        init(name: String, columns: [String], rows: Int, bytes: Int, checksum: String) {
            self.name = name
            self.columns = columns
            self.rows = rows
            self.bytes = bytes
            self.checksum = checksum
        }

        init?(_ json: JSON) {
            guard let name = json["name"]?.string, let rows = json["rows"]?.int, let bytes = json["bytes"]?.int,
                let checksum = json["checksum"]?.string, let columns = json["columns"]?.array?.compactMap(\.string),
                name.utf8.allSatisfy({ $0 == 0x5F || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) })
            else { return nil }
            self.init(name: name, columns: columns, rows: rows, bytes: bytes, checksum: checksum)
        }
    }

    /// Raised when an older binary could not read what a newer one wrote.
    static let format = 1
    static let fileName = "manifest.json"

    /// `tnt_…` of the tenant that was saved.
    public let tenant: PublicID
    /// By the database's clock: everything that was committed before is in it.
    public let at: String
    /// What lists of suppressions that belong to it are known by.
    public let lineage: String
    /// Settings, sources and applied migrations; see the procedure `saved_tenant`.
    public let saved: JSON
    public let tables: [Table]
    let sequences: [(name: String, value: Int64)]
    /// Months of the event log that have a partition, as microseconds.
    let months: [Int64]

    public var slug: String { saved["settings"]?["slug"]?.string ?? "" }
    public var rows: Int { tables.reduce(0) { $0 + $1.rows } }
    public var bytes: Int { tables.reduce(0) { $0 + $1.bytes } }
    /// Applied migrations: path → hash.
    var migrations: [String: String] {
        var result: [String: String] = [:]
        for (path, hash) in saved["migrations"]?.object ?? [:] { result[path] = hash.string }
        return result
    }

    init(
        tenant: PublicID, at: String, lineage: String, saved: JSON, tables: [Table],
        sequences: [(name: String, value: Int64)], months: [Int64]
    ) {
        self.tenant = tenant
        self.at = at
        self.lineage = lineage
        self.saved = saved
        self.tables = tables
        self.sequences = sequences
        self.months = months
    }

    /// Reads the manifest of a backup.
    public init(folder: String) throws(BackupError) {
        let path = folder + "/" + Self.fileName
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .notFound("\(folder) is no backup of a tenant: it has no \(Self.fileName)")
        }
        guard let json = try? JSON(parsing: Array(data), depth: 64), let format = json["format"]?.int else {
            throw .damaged("\(path) cannot be read")
        }
        guard format == Self.format else {
            throw .conflict(
                "\(path) has format \(format), and this binary reads \(Self.format)",
                hint: "use the version of Tandem that wrote it, or a newer one")
        }
        guard let tenant = json["tenant"]?.string.flatMap({ PublicID(.tenant, text: $0) }), let at = json["at"]?.string,
            let lineage = json["suppression_lineage"]?.string, let saved = json["saved"], saved.object != nil,
            let tables = json["tables"]?.array, let sequences = json["sequences"]?.object
        else { throw .damaged("\(path) is not whole") }
        self.init(
            tenant: tenant, at: at, lineage: lineage, saved: saved, tables: tables.compactMap(Table.init),
            sequences: sequences.compactMap { name, value in value.int.map { (name, Int64($0)) } },
            months: (json["event_months"]?.array ?? []).compactMap { $0.int.map { Int64($0) } })
        guard self.tables.count == tables.count, self.sequences.count == sequences.count else {
            throw .damaged("\(path) is not whole")
        }
    }

    public var json: JSON {
        [
            "format": .number(Self.format), "tenant": .string(tenant.description), "at": .string(at),
            "suppression_lineage": .string(lineage), "tables": .array(tables.map(\.json)),
            "sequences": .object(JSONObject(sequences.map { ($0.name, JSON.number($0.value)) })),
            "event_months": .array(months.map { .number($0) }), "saved": saved,
        ]
    }
}
