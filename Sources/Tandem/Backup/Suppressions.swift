import Crypto
import Foundation
import Glibc
public import Logging
public import Postgres

/// A tenant's suppression list as it stands beside backups: hashes, signed by the installation. A backup that is older than it
/// learns from it who was erased or kept out since.
public struct SuppressionFile: Sendable {
    /// Of the tenant's key; see the procedure `suppression_lineage`.
    public let lineage: String
    /// `tnt_…`.
    public let tenant: String
    let entries: JSON

    public var count: Int { entries.array?.count ?? 0 }

    init(lineage: String, tenant: String, entries: JSON) {
        self.lineage = lineage
        self.tenant = tenant
        self.entries = entries
    }

    /// The list of a tenant as it is now.
    public init(_ tenant: Tenant, on connection: Connection) throws(BackupError) {
        self = try backing {
            let results = try connection.single(
                settings: tenant.database.settings(statementTimeout: .seconds(120)),
                [.call("suppression_lineage"), .call("suppression_entries")])
            let entries = try results[1].map { row -> JSON in
                [
                    "hash": .string(try row.text("hash")), "type": .string(try row.text("type")),
                    "request": .string(try row.uuid("request").uuidString.lowercased()),
                    "kind": .string(try row.text("kind")), "since": .string(try row.text("since")),
                    "lifted_at": .string(orNull: try row.optionalText("lifted_at")),
                ]
            }
            return SuppressionFile(
                lineage: try results[0].one().text(0), tenant: tenant.publicID.description, entries: .array(entries))
        }
    }

    /// - Parameter publicKey: of the installation, base64; what is signed by another one is refused.
    public init(path: String, publicKey: String) throws(BackupError) {
        guard let data = FileManager.default.contents(atPath: path) else { throw .file("\(path) cannot be read") }
        guard let json = try? JSON(parsing: Array(data), depth: 64), let lineage = json["lineage"]?.string,
            let tenant = json["tenant"]?.string, let entries = json["entries"], entries.array != nil
        else { throw .damaged("\(path) is no suppression list") }
        guard ReceiptSigner.isGenuine(json, publicKey: publicKey) else {
            throw .damaged("\(path) is not as this installation signed it")
        }
        self.init(lineage: lineage, tenant: tenant, entries: entries)
    }

    /// Writes it, signed, whole or not at all.
    func write(to folder: String, signer: ReceiptSigner) throws(BackupError) {
        let signed = try backing {
            try signer.signed([
                "lineage": .string(lineage), "tenant": .string(tenant), "at": .string(Date().ISO8601Format()),
                "entries": entries,
            ])
        }
        try backing {
            try OwnedFile.replace(
                folder + "/" + tenant + ".json", with: JSON.object(signed).encoded(), owner: nil, inOurs: true)
        }
    }

    /// All lists of a folder that this installation signed; the others are named in the log.
    public static func all(in folder: String, publicKey: String, logger: Logger) -> [SuppressionFile] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
            do throws(BackupError) {
                return try SuppressionFile(path: folder + "/" + name, publicKey: publicKey)
            } catch {
                logger.warning("a suppression list is not used", metadata: ["error": "\(error)"])
                return nil
            }
        }
    }
}

/// Brings a restored tenant's suppression list up to others of the same key, and erases again who was erased since.
public struct SuppressionReapply {
    public struct Result: Sendable {
        /// Words of the lists that were newer.
        public let changed: Int
        /// Persons who were erased again.
        public let erased: Int
    }

    private let connection: Connection
    private let tenant: Tenant
    private let actor: String

    public init(_ connection: Connection, tenant: Tenant, actor: String) {
        self.connection = connection
        self.tenant = tenant
        self.actor = actor
    }

    /// - Throws: `product(.conflict)` for a list of another tenant.
    public func apply(_ lists: [SuppressionFile]) throws(BackupError) -> Result {
        var changed = 0
        for list in lists {
            changed += try backing {
                try connection.single(
                    settings: tenant.database.settings(statementTimeout: .seconds(600)),
                    .call("suppression_merge", .text(list.lineage), .jsonb(list.entries.encoded()))
                ).one().int(0)
            }
        }
        return Result(changed: changed, erased: try eraseAgain())
    }

    /// One person after the other: each erasure takes all identifiers of the person along.
    private func eraseAgain() throws(BackupError) -> Int {
        var erased = 0
        var last: (type: String, value: String)?
        while let found = try present().first {
            if let last, last == found {
                throw .product(.failure("erasing did not take \(found.type) away", sqlState: nil))
            }
            last = found
            try backing {
                try PrivacyDesk(connection, tenant: tenant, actor: actor).eraseHere(
                    PrivacySubject(type: found.type, value: found.value),
                    reason: "erased before; a backup had brought it back")
            }
            erased += 1
        }
        return erased
    }

    private func present() throws(BackupError) -> [(type: String, value: String)] {
        try backing {
            try connection.single(
                settings: tenant.database.settings(statementTimeout: .seconds(600)), .call("erased_but_present")
            ).map { (try $0.text("type"), try $0.text("value")) }
        }
    }
}
