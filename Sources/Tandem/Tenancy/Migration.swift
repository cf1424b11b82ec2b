import Crypto
import Foundation
import TandemSQL

/// One file of `sql/tenant/migrations` or `sql/tenant/views/bi`, with what its first lines state.
struct TenantSQLFile: Sendable, Hashable {
    /// What running it costs others.
    enum Safety: String, Sendable {
        case online
        case locksBriefly = "locks-briefly"
        case offline
    }

    /// In which schema its unqualified new names land.
    enum Scope: String, Sendable {
        case bi
        case internals = "internal"
    }

    let path: String
    let text: String
    /// Hex.
    let sha256: String
    let safety: Safety
    /// Nil: for every tenant.
    let module: Module?
    let scope: Scope
    /// Names of files (without `.sql`) that must run before it.
    let after: [String]
    /// Servers of the build before this one go on while it is applied, and behind it.
    let isRolling: Bool
    /// Each statement commits by itself; killed in between, it is run again from its beginning.
    let isByStatement: Bool

    var name: String { String(path.split(separator: "/").last?.dropLast(4) ?? "") }

    /// For the tables of a new tenant, which are empty and which nobody reads.
    var textInTransaction: String {
        isByStatement ? text.replacing(/\bindex\s+concurrently\s/.ignoresCase(), with: "index ") : text
    }

    /// Which rule a file's first lines break.
    struct HeaderError: Error, CustomStringConvertible {
        let path: String
        let reason: String
        var description: String { "\(path): \(reason)" }
    }

    init(path: String, text: String) throws(HeaderError) {
        func fail(_ reason: String) -> HeaderError { HeaderError(path: path, reason: reason) }
        let isView = path.contains("/views/")
        let header = try MigrationHeader(path: path, text: text, safety: isView ? .online : nil)
        guard let scope = Scope(rawValue: header["schema"] ?? (isView ? "bi" : "")) else {
            throw fail("a line must state -- schema: bi or internal")
        }
        let moduleName = header["module"] ?? "all"
        guard moduleName == "all" || Module(rawValue: moduleName) != nil else {
            throw fail("unknown module \(moduleName)")
        }
        isRolling = header.isRolling
        isByStatement = header.isByStatement
        self.path = path
        self.text = text
        self.sha256 = Digest.hex(of: text)
        self.safety = header.safety
        self.module = Module(rawValue: moduleName)
        self.scope = scope
        self.after = (header["after"] ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

/// What the first lines of a migration state, of tenants or of the control plane.
struct MigrationHeader: Sendable {
    let safety: TenantSQLFile.Safety
    /// What it says of servers of the build before; nil: nothing.
    let rolling: Bool?
    let isByStatement: Bool
    private let values: [String: String]

    var isRolling: Bool { rolling ?? true }

    subscript(key: String) -> String? { values[key] }

    /// - Parameter safety: of one that states none.
    init(
        path: String, text: String, safety: TenantSQLFile.Safety? = nil
    ) throws(TenantSQLFile.HeaderError) {
        values = Self.values(of: text)
        guard let safety = values["safety"].map(TenantSQLFile.Safety.init(rawValue:)) ?? safety else {
            throw TenantSQLFile.HeaderError(
                path: path, reason: "the first line must state -- safety: online, locks-briefly or offline")
        }
        let (rolling, transaction) = (values["rolling"], values["transaction"] ?? "one")
        guard ["yes", "no", nil].contains(rolling) else {
            throw TenantSQLFile.HeaderError(path: path, reason: "-- rolling: is yes or no")
        }
        guard ["one", "none"].contains(transaction) else {
            throw TenantSQLFile.HeaderError(path: path, reason: "-- transaction: is one or none")
        }
        self.safety = safety
        self.rolling = rolling.map { $0 == "yes" }
        isByStatement = transaction == "none"
    }

    /// The `-- key: value` lines before anything else.
    private static func values(of text: String) -> [String: String] {
        var header: [String: String] = [:]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("-- ") else { break }
            let parts = line.dropFirst(3).split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].allSatisfy({ $0.isLowercase }) else { continue }
            header[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        return header
    }
}

enum Digest {
    static func hex(of text: String) -> String { hex(SHA256.hash(data: Data(text.utf8))) }

    static func hex(_ digest: SHA256Digest) -> String {
        digest.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

/// All that makes a tenant's schemas, as embedded in this binary; and the pure decision what a tenant still needs.
struct TenantSchemaFiles: Sendable {
    /// In the order of application.
    let migrations: [TenantSQLFile]
    /// So ordered that each comes after those it reads.
    let views: [TenantSQLFile]

    /// Of this binary; a file that cannot be read is a fault of the build.
    static let own: TenantSchemaFiles = {
        do { return try embedded() } catch { preconditionFailure("\(error)") }
    }()

    /// From the embedded SQL.
    static func embedded() throws -> TenantSchemaFiles {
        func read(_ folder: String) throws -> [TenantSQLFile] {
            try EmbeddedSQL.files(below: folder).map { try TenantSQLFile(path: $0.path, text: $0.text) }
        }
        return try TenantSchemaFiles(migrations: read("tenant/migrations"), views: read("tenant/views/bi"))
    }

    init(migrations: [TenantSQLFile], views: [TenantSQLFile]) throws(TenantSQLFile.HeaderError) {
        self.migrations = migrations.sorted { $0.path < $1.path }
        self.views = try Self.ordered(views.sorted { $0.path < $1.path })
    }

    func migrations(for modules: Set<Module>) -> [TenantSQLFile] {
        migrations.filter { $0.module.map(modules.contains) ?? true }
    }

    func views(for modules: Set<Module>) -> [TenantSQLFile] {
        views.filter { $0.module.map(modules.contains) ?? true }
    }

    /// What a tenant with these modules is at when nothing is left to do (hex).
    func digest(for modules: Set<Module>) -> String {
        Digest.hex(
            of: (migrations(for: modules) + views(for: modules)).map { "\($0.path) \($0.sha256)\n" }.joined())
    }

    /// Every combination of modules with its digest; the modules are sorted and joined by commas.
    var digests: [(modules: String, digest: String)] {
        let sets: [Set<Module>] = [[.cdp], [.crm], [.cdp, .crm]]
        return sets.map { modules in (modules.sorted().map(\.rawValue).joined(separator: ","), digest(for: modules)) }
    }

    /// What is to do for a tenant whose ledger holds `applied` (path → hex hash).
    struct Plan: Sendable, Equatable {
        /// To run, in order.
        var pending: [TenantSQLFile]
        /// Applied with another text than this binary has.
        var changed: [String]
        /// Applied by a binary that knew more than this one.
        var unknown: [String]

        /// False when this binary must not touch the tenant.
        var isPossible: Bool { changed.isEmpty && unknown.isEmpty }
    }

    func plan(modules: Set<Module>, applied: [String: String]) -> Plan {
        let wanted = migrations(for: modules)
        let known = Dictionary(uniqueKeysWithValues: migrations.map { ($0.path, $0.sha256) })
        return Plan(
            pending: wanted.filter { applied[$0.path] == nil },
            changed: applied.filter { path, hash in known[path].map { $0 != hash } ?? false }.keys.sorted(),
            unknown: applied.keys.filter { known[$0] == nil }.sorted())
    }

    /// Depth first, so that what a view reads stands before it.
    private static func ordered(_ files: [TenantSQLFile]) throws(TenantSQLFile.HeaderError) -> [TenantSQLFile] {
        let byName = Dictionary(files.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var result: [TenantSQLFile] = []
        var open: Set<String> = []
        func visit(_ file: TenantSQLFile) throws(TenantSQLFile.HeaderError) {
            if result.contains(where: { $0.path == file.path }) { return }
            guard open.insert(file.path).inserted else {
                throw TenantSQLFile.HeaderError(path: file.path, reason: "comes after itself")
            }
            for name in file.after {
                guard let other = byName[name] else {
                    throw TenantSQLFile.HeaderError(path: file.path, reason: "comes after \(name), which is no file")
                }
                try visit(other)
            }
            result.append(file)
        }
        for file in files { try visit(file) }
        return result
    }
}
