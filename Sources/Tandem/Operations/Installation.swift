public import Foundation
public import Logging
public import Postgres
import Synchronization

/// All of the installation, as operators see it: the machine under it, its backups, its BI sessions, what doctor says.
public final class Installation: Sendable {
    /// Nil with a PostgreSQL of one's own, of whose machine and backups nothing is known here.
    public let server: EmbeddedServer?
    public let room: DiskRoom
    public let watch: BIWatch
    public let vitals: Vitals
    public let biAddress: BIAddress
    private let database: ConnectionConfiguration
    private let logger: Logger
    private let work = Mutex<Work?>(nil)
    private let more: @Sendable () -> [Doctor.Finding]
    private let found = Mutex<[Doctor.Finding]?>(nil)

    /// - Parameter more: what doctor says of things that stand before the database.
    public init(
        server: EmbeddedServer?, database: ConnectionConfiguration, room: DiskRoom, watch: BIWatch,
        vitals: Vitals, biAddress: BIAddress,
        more: @escaping @Sendable () -> [Doctor.Finding] = { [] }, logger: Logger
    ) {
        self.more = more
        self.server = server
        self.database = database
        self.room = room
        self.watch = watch
        self.vitals = vitals
        self.biAddress = biAddress
        self.logger = logger
    }

    // MARK: sessions of BI

    /// The longest transaction first. Blocks.
    public func sessions() throws(PostgresError) -> [BISession] {
        let connection = try superuser()
        defer { connection.close() }
        return try BISessions(connection, isSuperuser: server != nil).list()
    }

    /// Ends a session of a BI login and notes who did it. Blocks.
    /// - Returns: it; nil if there is none of that process (any more).
    public func endSession(
        _ pid: Int32, by actor: String, on connection: Connection
    ) throws(PostgresError) -> BISession? {
        let own = try superuser()
        defer { own.close() }
        let sessions = BISessions(own, isSuperuser: server != nil)
        let all = try sessions.list()
        guard let found = all.first(where: { $0.pid == pid }), try sessions.end(found) else { return nil }
        try connection.noteEnded(found, by: actor)
        return found
    }

    /// Sees to it that BI logins which make models make views alone. Blocks. With a PostgreSQL of one's own a superuser does that once
    /// (`tandem bi user create --models` says how); making such a login says so where it was not done.
    public func holdModels() throws(PostgresError) { try server?.holdBIModels() }

    /// The embedded server's; of another one the service's connection.
    private func superuser() throws(PostgresError) -> Connection {
        if let server { return try server.superuser() }
        return try Connection.open(database, deadline: .seconds(10))
    }

    // MARK: doctor

    /// Of a page of the console, whose request ends after 55 s.
    private static let patience: Duration = .seconds(30)

    /// Blocks for as long as that takes, seconds with many tenants.
    public func examine(_ connection: Connection) throws -> [Doctor.Finding] {
        try Doctor.examine(connection, server: server, reserve: room.bounds, logger: logger) + more()
    }

    /// What doctor said at this server's last look; nil: it did not look, or another server does.
    public var findings: [Doctor.Finding]? { found.withLock { $0 } }

    /// Looks and remembers what was found; says in the log what is new, and what is well again. Blocks.
    func examineAgain() throws {
        var patient = database
        patient.queryTimeout = .seconds(600)
        let connection = try Connection.open(patient, deadline: .seconds(10))
        defer { connection.close() }
        let now = try examine(connection)
        let before = found.withLock { found in
            defer { found = now }
            return found ?? []
        }
        let known = Dictionary(before.map { ($0.check, $0.result) }) { first, _ in first }
        for finding in now where finding.result != known[finding.check] ?? .ok { tell(finding) }
    }

    /// Another server looks.
    func forgetFindings() { found.withLock { $0 = nil } }

    private func tell(_ finding: Doctor.Finding) {
        let fields: Logger.Metadata = [
            "check": "\(finding.check)", "detail": "\(finding.detail)", "remedy": "\(finding.remedy ?? "")",
        ]
        switch finding.result {
        case .ok: logger.notice("doctor finds it well again", metadata: fields)
        case .warn: logger.warning("doctor has a finding", metadata: fields)
        case .fail: logger.error("doctor has a finding", metadata: fields)
        }
    }

    /// Puts right what needs no decision; of what may be much, as much as a page's patience allows.
    public func fix(_ connection: Connection, by actor: String) throws -> [(check: String, done: String)] {
        try Doctor.fix(
            examine(connection), connection, server: server, by: actor, until: .now + Self.patience, logger: logger)
    }

    // MARK: backups

    /// A backup that is being made or checked, or the last one since the start.
    public struct Work: Sendable {
        public enum Kind: Sendable { case create, verify }

        public let kind: Kind
        public let startedAt: Date
        /// Bytes.
        public fileprivate(set) var done: Int64 = 0
        public fileprivate(set) var total: Int64?
        public fileprivate(set) var isOver = false
        /// What went wrong, in words.
        public fileprivate(set) var fault: String?
    }

    /// How many backups stay after one is made from here.
    public static let kept = 7

    public var backupWork: Work? { work.withLock { $0 } }

    /// Newest first; empty where there is none yet.
    public func backups() throws(BackupError) -> [BaseBackup] {
        guard let server, let folder = BackupFolder(of: server.directory) else { return [] }
        return try folder.all()
    }

    public var backupFolder: BackupFolder? { server.flatMap { BackupFolder(of: $0.directory) } }

    /// Begins to make a backup, or to check the newest; one at a time.
    /// - Returns: false if one is at work already, or there is nothing to save from here.
    public func begin(_ kind: Work.Kind, by actor: String) -> Bool {
        guard let server else { return false }
        let isFirst = work.withLock { work in
            if let work, !work.isOver { return false }
            work = Work(kind: kind, startedAt: Date())
            return true
        }
        guard isFirst else { return false }
        let isStarted = DedicatedThread.spawn(name: "backup") { [self] in
            var fault: String?
            do {
                switch kind {
                case .create: try save(server, by: actor)
                case .verify: fault = try BackupFolder(of: server.directory)?.verify(nil).fault
                }
            } catch {
                fault = (error as? BackupError).map { "\($0)" } ?? "\(error)"
            }
            if let fault { logger.error("a backup failed", metadata: ["error": "\(fault)"]) }
            work.withLock { work in
                work?.isOver = true
                work?.fault = fault
            }
        }
        if !isStarted {
            work.withLock { $0 = nil }
        }
        return isStarted
    }

    private func save(_ server: EmbeddedServer, by actor: String) throws {
        var patient = database
        patient.queryTimeout = .seconds(600)
        let connection = try Connection.open(patient, deadline: .seconds(30))
        defer { connection.close() }
        let backup = try InstanceBackup(server, reserve: room.bounds, logger: logger).create(
            place: nil, connection: connection
        ) {
            _, done, total in
            work.withLock { work in
                work?.done = done
                work?.total = total
            }
        }
        try connection.noteBackup(backup, by: actor)
        guard let pruned = try BackupFolder(of: server.directory)?.prune(keep: Self.kept) else { return }
        try connection.notePruned(pruned, by: actor)
    }
}

extension Connection {
    /// Leaves an entry in the control plane's audit log.
    public func noteEnded(_ session: BISession, by actor: String) throws(PostgresError) {
        let detail: JSON = [
            "pid": .number(Int(session.pid)), "application": .string(session.application),
            "transaction_s": .number(Int(session.transaction?.components.seconds ?? 0)),
        ]
        _ = try single(
            settings: TenantDatabase.control(),
            .call("note_bi_end", .text(actor), .text(session.login), .jsonb(text: detail.text)))
    }
}
