public import Foundation
import Glibc
public import Logging
import Postgres

/// Makes a cluster of a backup and the write-ahead log that was kept since, as it was at a moment.
public struct InstanceRestore {
    public struct Result: Sendable {
        public let backup: BaseBackup
        /// The last change that is in it, ISO 8601; nil: none after the backup.
        public let lastChange: String?
        /// False: the log ends before the moment that was asked for.
        public let reachedTarget: Bool
        public let tenants: [Tenant]
        public let suppressions: Int
        public let erased: Int
        public let quieted: JSON
        /// Where the cluster lies that was there before.
        public let replaced: String?
    }

    let folder: BackupFolder
    let target: DataDirectory
    let actor: String
    let logger: Logger
    let progress: (_ step: String) -> Void

    /// - Parameters:
    ///   - actor: who has it done, for the audit of the cluster that is made.
    ///   - progress: is told what is being done.
    public init(
        from folder: BackupFolder, into target: DataDirectory, by actor: String, logger: Logger,
        progress: @escaping (_ step: String) -> Void
    ) {
        self.folder = folder
        self.target = target
        self.actor = actor
        self.logger = logger
        self.progress = progress
    }

    /// The backup that a restore to `time` begins with: the named one, or the newest that was finished before.
    public func choose(_ name: String?, before time: Date?) throws(BackupError) -> BaseBackup {
        if let name {
            let backup = try folder.backup(name)
            if let time, backup.finishedAt > time {
                throw .conflict(
                    "backup \(name) was finished at \(backup.finishedAt.ISO8601Format()), after the moment that is asked for",
                    hint: "tandem backup list shows the older ones")
            }
            return backup
        }
        let all = try folder.all()
        guard let time else { return try folder.backup(nil) }
        if let found = all.first(where: { $0.finishedAt <= time }) { return found }
        let oldest = all.last.map { "; the oldest was finished at \($0.finishedAt.ISO8601Format())" } ?? ""
        throw .notFound("there is no backup from before \(time.ISO8601Format())\(oldest)")
    }

    /// - Parameters:
    ///   - time: everything that was committed by then is in it, and nothing after; nil: all there is.
    ///   - replace: move away a cluster that is there.
    /// - Throws: `conflict` for a target that is in use or a backup of another PostgreSQL; `noSpace`; `damaged`.
    public func restore(_ backup: BaseBackup, to time: Date?, replace: Bool) throws(BackupError) -> Result {
        let programs = try backing { try PostgresPrograms.find() }
        let user = try backing { try target.postgresUser() }
        try requireVersion(backup, programs)
        try backing { try target.create(passable: user != nil) }
        // The lock that a serving process holds; ours until the cluster is in its place.
        let lock = try backing { try FileLock.take(target.serveLock, exclusive: true, wait: false) }
        guard lock != nil else {
            throw .conflict("\(target.path) is being served", hint: "stop that tandem serve, or name another --target")
        }
        if let running = Postmaster(cluster: target.cluster) {
            throw .conflict(
                "PostgreSQL runs in \(target.path), process \(running.pid)",
                hint: "stop what uses it, or name another --target")
        }
        let exists = access(target.cluster + "/PG_VERSION", F_OK) == 0
        if exists && !replace {
            throw .conflict(
                "\(target.path) holds a cluster", hint: "name an empty --target, or move it aside with --replace")
        }
        try finishLog(of: backup)
        let parent = try backing { try target.clusterParent(for: user) }
        try requireSpace(backup.bytes + backup.bytes / 20 + (64 << 20), at: parent, for: "the restored cluster")
        let new = try copy(backup, to: parent, owner: user)
        let replaced = exists ? try moveAside() : nil
        try recover(new, backup, to: time, replaced: replaced, owner: user)
        try place(new, in: parent)
        withExtendedLifetime(lock) {}
        return try bringUp(backup, to: time, replaced: replaced)
    }

    private func requireVersion(_ backup: BaseBackup, _ programs: PostgresPrograms) throws(BackupError) {
        let output = try backing { try ChildProcess.run(programs.control, ["--version"]).output }
        let version = output.split(separator: " ").compactMap { Int($0.prefix { $0.isNumber }) }.first ?? 0
        guard version == backup.majorVersion else {
            throw .conflict(
                "the backup is of PostgreSQL \(backup.majorVersion), and \(programs.folder) has \(version)",
                hint: "install postgresql-\(backup.majorVersion), or name its programs with TANDEM_POSTGRES_BIN")
        }
    }

    /// If the server that was saved runs, what it has written until now becomes part of the log that is kept.
    private func finishLog(of backup: BaseBackup) throws(BackupError) {
        guard let source = backup.dataDirectory.map({ DataDirectory($0) }), source.path != target.path,
            Postmaster(cluster: source.cluster) != nil, BackupFolder(of: source) == folder
        else { return }
        progress("asking the running server for the end of its log")
        let server = try backing { try EmbeddedServer.open(source, for: .command, logger: logger) }
        defer { _ = try? server.close() }
        try backing {
            let superuser = try server.superuser()
            defer { superuser.close() }
            let end = try superuser.execute(ControlPlane.file("control/backup/switch_log.sql")).one().text(0)
            let service = try Connection.open(server.connection)
            defer { service.close() }
            if try ControlPlane.isCurrent(service) {
                try SuppressionKeeper.write(
                    into: folder, signer: ReceiptSigner(service), on: service, logger: logger)
            }
            guard let last = WALSegment(endingAt: end) else { return }
            for _ in 0..<300 where !folder.segments().numbers.contains(last.number) { usleep(100_000) }
        }
    }

    private func copy(
        _ backup: BaseBackup, to parent: String, owner: SystemUser?
    ) throws(BackupError) -> String {
        let new = parent + "/postgres.restored"
        try backing { try OwnedFile.remove(new) }
        progress("copying \(backup.bytes / 1_000_000) MB")
        let outcome = try backing {
            try ChildProcess.run("/usr/bin/cp", ["-a", "--reflink=auto", folder.folder(of: backup), new])
        }
        guard outcome.status == 0 else { throw .file("the backup could not be copied: \(outcome.output)") }
        return new
    }

    /// - Returns: where it lies now.
    private func moveAside() throws(BackupError) -> String {
        let real = target.realCluster
        let aside =
            (real as NSString).deletingLastPathComponent + "/postgres.before-\(Int(Date().timeIntervalSince1970))"
        guard rename(real, aside) == 0 else {
            throw .file("\(real) cannot be moved: \(String(cString: strerror(errno)))")
        }
        return aside
    }

    private func place(_ new: String, in parent: String) throws(BackupError) {
        let final = parent + "/postgres"
        guard rename(new, final) == 0 else {
            throw .file("\(new) cannot be renamed: \(String(cString: strerror(errno)))")
        }
        guard parent != target.path else { return }
        unlink(target.cluster)
        guard symlink(final, target.cluster) == 0 else { throw .file("\(target.cluster) cannot be made a link") }
    }

    // MARK: recovery

    private static let mark = "# Of tandem backup restore: gone when it is done.\n"

    /// Tells the server that it shall replay the log, and until when.
    private func recover(
        _ cluster: String, _ backup: BaseBackup, to time: Date?, replaced: String?, owner: SystemUser?
    ) throws(BackupError) {
        // The end of the log may lie in the cluster that was lost alone.
        let old = replaced ?? backup.dataDirectory.map { DataDirectory($0).realCluster }
        let command =
            Self.shell(folder.wal) { "gunzip -c \"\($0)/%f.gz\" > \"%p\"" }
            + (old.map { " || " + Self.shell($0 + "/pg_wal") { "cp \"\($0)/%f\" \"%p\"" } } ?? "")
        var text = Self.mark + "restore_command = '\(command.replacing("'", with: "''"))'\n"
        // A standby must take as many as the server that wrote the log, which may have taken more than at the time of the backup.
        text += "max_connections = \(ServerFiles.mostConnections)\n"
        if let time {
            text += "recovery_target_time = '\(Self.serverTime(time))'\nrecovery_target_action = 'promote'\n"
        }
        let path = cluster + "/postgresql.auto.conf"
        let before = (try? OwnedFile.text(path, owner: owner)) ?? ""
        try write(before.components(separatedBy: Self.mark)[0] + text, to: path, owner)
        try write("", to: cluster + "/recovery.signal", owner)
    }

    /// With a zone in digits: while it reads its configuration the server knows no names of zones, not even Z.
    private static func serverTime(_ time: Date) -> String {
        let microseconds = Int((time.timeIntervalSince1970 * 1_000_000).rounded())
        let fraction = String(microseconds % 1_000_000)
        let second = Date(timeIntervalSince1970: Double(microseconds / 1_000_000)).ISO8601Format().dropLast()
        return "\(second).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)+00:00"
    }

    private static func shell(_ path: String, _ command: (String) -> String) -> String {
        command(path.replacing("%", with: "%%"))
    }

    private func write(_ text: String, to path: String, _ owner: SystemUser?) throws(BackupError) {
        try backing { try OwnedFile.replace(path, with: Array(text.utf8), owner: owner) }
    }

    /// Starts the restored server, waits until it has replayed the log, and readies it.
    private func bringUp(_ backup: BaseBackup, to time: Date?, replaced: String?) throws(BackupError) -> Result {
        let (server, reached) = try replay(backup, to: time, replaced: replaced)
        defer { _ = try? server.close() }
        let superuser = try backing { try server.superuser() }
        defer { superuser.close() }
        let last = try backing {
            try superuser.execute(ControlPlane.file("control/backup/replayed.sql")).one().optionalText("last_change")
        }
        try forgetRecovery(server)
        return try settle(
            server,
            Result(
                backup: backup, lastChange: last, reachedTarget: reached, tenants: [], suppressions: 0, erased: 0,
                quieted: [:], replaced: replaced))
    }

    /// - Returns: the server, and whether the log reached the moment.
    private func replay(
        _ backup: BaseBackup, to time: Date?, replaced: String?
    ) throws(BackupError) -> (EmbeddedServer, Bool) {
        do throws(BackupError) {
            return (try replay(), true)
        } catch {
            // Everything that there is was committed before the moment: then the end of the log is the answer.
            guard time != nil, endsEarly else { throw error }
            let user = try backing { try target.postgresUser() }
            try recover(target.realCluster, backup, to: nil, replaced: replaced, owner: user)
            return (try replay(), false)
        }
    }

    private func replay() throws(BackupError) -> EmbeddedServer {
        progress("replaying the log")
        let server = try backing { try EmbeddedServer.open(target, for: .command, logger: logger) }
        while true {
            guard server.postmasterPID != nil else {
                _ = try? server.close()
                throw .program("PostgreSQL ended while it replayed the log: \(logEnd())")
            }
            let isDone = try? backing {
                let superuser = try server.superuser()
                defer { superuser.close() }
                return try !superuser.execute(ControlPlane.file("control/backup/replayed.sql")).one().bool("replays")
            }
            if isDone == true { return server }
            usleep(200_000)
        }
    }

    private var endsEarly: Bool { logEnd().contains("before configured recovery target was reached") }

    /// The last lines of the newest log of PostgreSQL.
    private func logEnd() -> String {
        let folder = target.realCluster + "/log"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let newest = names.map { folder + "/" + $0 }.max { Self.changed($0) < Self.changed($1) }
        let text = newest.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) } ?? ""
        return text.split(separator: "\n").suffix(20).joined(separator: "\n")
    }

    private static func changed(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mtim.tv_sec : 0
    }

    private func forgetRecovery(_ server: EmbeddedServer) throws(BackupError) {
        let path = target.realCluster + "/postgresql.auto.conf"
        let text = (try? OwnedFile.text(path, owner: server.user)) ?? ""
        try backing { try server.put(text.components(separatedBy: Self.mark)[0], at: path) }
    }

    /// Brings every tenant to this binary's version, and makes what happened since the moment hold: erasures and suppressions.
    private func settle(_ server: EmbeddedServer, _ found: Result) throws(BackupError) -> Result {
        var configuration = server.connection
        configuration.queryTimeout = .seconds(600)
        let connection = try backing { try Connection.open(configuration) }
        defer { connection.close() }
        progress("bringing tenants up")
        let key = try backing {
            // Servers that the backup knows do not run here.
            try ControlPlane.prepare(connection, by: actor, anyway: true, logger: logger)
            // Before anything is changed that the backup does not know of.
            try connection.noteRestore(found, by: actor)
            let failures = try Migrator(connection, actor: actor, logger: logger).migrateAll(anyway: true)
            if let first = failures.first { throw first.error }
            return try ReceiptSigner(connection).publicKey
        }
        let lists = SuppressionFile.all(in: folder.suppressions, publicKey: key, logger: logger)
        var changed = 0
        var erased = 0
        var quieted: [String: Int] = [:]
        let tenants = try backing {
            try TenantDirectory(connection, actor: "restore", logger: logger).list()
        }
        for tenant in tenants where tenant.state != .creating {
            let counts = try backing {
                let settings = tenant.database.settings(statementTimeout: .seconds(600))
                let rows = try connection.single(
                    settings: settings,
                    [
                        .call("quiet_restored", .timestamptz(WallClock.system.microseconds), .bool(false)),
                        .call("suppression_lineage"),
                    ])
                return (try JSON(parsing: try rows[0].one().text(0)), try rows[1].one().text(0))
            }
            for (name, count) in counts.0.object ?? [:] { quieted[name, default: 0] += count.int ?? 0 }
            let done = try SuppressionReapply(connection, tenant: tenant, actor: "restore").apply(
                lists.filter { $0.lineage == counts.1 && $0.tenant == tenant.publicID.description })
            changed += done.changed
            erased += done.erased
        }
        return Result(
            backup: found.backup, lastChange: found.lastChange, reachedTarget: found.reachedTarget, tenants: tenants,
            suppressions: changed, erased: erased,
            quieted: .object(JSONObject(quieted.sorted { $0.key < $1.key }.map { ($0.key, JSON.number($0.value)) })),
            replaced: found.replaced)
    }
}
