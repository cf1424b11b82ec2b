import Foundation
import Glibc
public import Logging
public import Postgres
import Synchronization

/// Saves the whole cluster of an embedded server while it works, and keeps its write-ahead log from then on.
public struct InstanceBackup {
    /// How far a copy is; total is an estimate.
    public typealias Progress = (_ verb: String, _ done: Int64, _ total: Int64?) -> Void

    let server: EmbeddedServer
    let reserve: DiskRoom.Bounds
    let logger: Logger

    /// - Parameter reserve: of the database's disk, what a backup that lies there leaves free.
    public init(_ server: EmbeddedServer, reserve: DiskRoom.Bounds = .init(), logger: Logger) {
        self.server = server
        self.reserve = reserve
        self.logger = logger
    }

    /// Makes a backup.
    ///
    /// - Parameters:
    ///   - place: a folder for all backups, the first time; nil: in the data directory.
    ///   - connection: of the service, for suppression lists.
    public func create(
        place: String?, connection: Connection, progress: Progress
    ) throws(BackupError) -> BaseBackup {
        let folder = try open(place)
        let superuser = try backing { try server.superuser() }
        defer { superuser.close() }
        try keepLog(superuser)
        let size = try backing {
            try superuser.execute(ControlPlane.file("control/backup/cluster_size.sql")).one().int(0)
        }
        try requireSpace(
            size + size / 20 + (64 << 20), at: folder.base, for: "the backup", leaving: kept(at: folder.base))
        // Before the copy: with it the restored installation checks the lists.
        let signer = try backing { try ReceiptSigner(connection) }
        let begin = Date()
        // ISO 8601 without its separators.
        let name = begin.ISO8601Format().filter { $0 != "-" && $0 != ":" }
        let partial = folder.base + "/" + name + ".partial"
        try copy(to: partial, name: name, superuser, progress)
        let last = try backing {
            try superuser.execute(ControlPlane.file("control/backup/switch_log.sql")).one().text(0)
        }
        let backup = BaseBackup(
            name: name, json: try note(of: partial, name: name, begin: begin, end: last, superuser))
        guard rename(partial, folder.folder(of: backup)) == 0 else {
            throw .file("\(partial) cannot be renamed: \(String(cString: strerror(errno)))")
        }
        try put(backup, in: folder)
        try SuppressionKeeper.write(into: folder, signer: signer, on: connection, logger: logger)
        return backup
    }

    /// Bytes that have to stay free there, so that making a backup does not turn events away.
    private func kept(at path: String) -> Int {
        guard ServerFiles.isOneDisk(path, server.clusterPath), let space = DiskRoom.space(at: path) else { return 0 }
        return Int(clamping: reserve.reserve(ofBytes: space.total))
    }

    // MARK: steps

    /// Makes the folders. What PostgreSQL writes into belongs to its user.
    private func open(_ place: String?) throws(BackupError) -> BackupFolder {
        if let folder = BackupFolder(of: server.directory) {
            if let place, URL(fileURLWithPath: place).resolvingSymlinksInPath().path != folder.path {
                throw .conflict(
                    "the backups lie in \(folder.path)",
                    hint: "move that folder and make \(server.directory.backups) a link to it")
            }
            // Earlier versions gave it away, and with it the folder of what we sign.
            if server.user != nil { try backing { try OwnedFile.own(folder: folder.path) } }
            return folder
        }
        let parent = try backing { try place ?? server.directory.clusterParent(for: server.user) + "/backups" }
        // Ours: who could replace what lies in it would be written for.
        try makeFolder(parent, mode: 0o711, isOurs: true)
        for name in ["base", "wal"] { try makeFolder(parent + "/" + name, mode: 0o700) }
        try makeFolder(parent + "/suppressions", mode: 0o700, isOurs: true)
        if parent != server.directory.backups {
            guard symlink(parent, server.directory.backups) == 0 else {
                throw .file("\(server.directory.backups) cannot be made a link: \(String(cString: strerror(errno)))")
            }
        }
        guard let folder = BackupFolder(of: server.directory) else { throw .file("\(parent) cannot be read") }
        if let user = server.user {
            let probe = try? ChildProcess.run("/usr/bin/test", ["-w", folder.wal], as: user)
            guard probe?.status == 0 else {
                unlink(server.directory.backups)
                throw .conflict(
                    "PostgreSQL's user \(user.name) cannot reach \(parent)",
                    hint: "name a folder whose parents others may pass through")
            }
        }
        return folder
    }

    private func makeFolder(_ path: String, mode: mode_t, isOurs: Bool = false) throws(BackupError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .file("\(path) cannot be made: \(error.localizedDescription)")
        }
        chmod(path, mode)
        if let user = server.user, !isOurs { chown(path, user.uid, user.gid) }
    }

    /// From now on each finished segment of the write-ahead log is kept. Nothing else of a running server's configuration changes.
    private func keepLog(_ superuser: Connection) throws(BackupError) {
        let isPossible = try backing {
            let path = server.directory.cluster + "/tandem.conf"
            let wanted = try server.serverFiles(port: server.runningPort).configuration.split(separator: "\n")
            let lines = try OwnedFile.text(path, owner: server.user)
                .split(separator: "\n", omittingEmptySubsequences: false)
                .map { line in
                    let key = line.prefix { $0 != " " }
                    return key.hasPrefix("archive_") ? wanted.first { $0.hasPrefix(key + " ") } ?? line : line
                }
            try server.put(lines.joined(separator: "\n"), at: path)
            return try superuser.execute(ControlPlane.file("control/backup/reload.sql")).one().bool("archives")
        }
        guard isPossible else {
            throw .conflict(
                "PostgreSQL was started by a version that kept no log",
                hint: "restart tandem serve once, then repeat this")
        }
    }

    private func copy(
        to partial: String, name: String, _ superuser: Connection, _ progress: Progress
    ) throws(BackupError) {
        let outcome = Outcome()
        let server = self.server
        let arguments = [
            "-h", server.directory.socketDirectory, "-p", "\(server.runningPort ?? 0)", "-U", "postgres", "-D", partial,
            "--format=plain", "--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256",
            "--no-password",
            "--label=tandem \(name)",
        ]
        let isStarted = DedicatedThread.spawn(name: "pg_basebackup") {
            let result = Result { () throws(ChildProcess.Failure) in
                try ChildProcess.run(server.programs.baseBackup, arguments, as: server.user)
            }
            outcome.result.withLock { $0 = result }
        }
        guard isStarted else { throw .program("no thread could be made") }
        while true {
            if let result = outcome.result.withLock({ $0 }) {
                let done = try backing { try result.get() }
                guard done.status == 0 else {
                    try? OwnedFile.remove(partial)
                    throw .program(
                        "pg_basebackup failed: \(done.output.trimmingCharacters(in: .whitespacesAndNewlines))")
                }
                return
            }
            usleep(200_000)
            guard let row = try? superuser.execute(ControlPlane.file("control/backup/progress.sql")).first,
                let streamed = try? row.int(0)
            else { continue }
            progress("saving", Int64(streamed), (try? row.optionalInt(1)).flatMap { $0 }.map { Int64($0) })
        }
    }

    /// What a program that runs beside came to.
    private final class Outcome: Sendable {
        let result = Mutex<Result<ChildProcess.Outcome, ChildProcess.Failure>?>(nil)
    }

    private func note(
        of partial: String, name: String, begin: Date, end: String, _ superuser: Connection
    ) throws(BackupError) -> JSONObject {
        guard let data = FileManager.default.contents(atPath: partial + "/backup_manifest"),
            let manifest = try? JSON(parsing: Array(data)), let range = manifest["WAL-Ranges"]?[0],
            let timeline = range["Timeline"]?.int, let start = range["Start-LSN"]?.string,
            let segment = WALSegment(timeline: UInt64(timeline), place: start)
        else { throw .damaged("\(partial)/backup_manifest cannot be read") }
        let bytes = (manifest["Files"]?.array ?? []).reduce(0) { $0 + ($1["Size"]?.int ?? 0) }
        let version = try backing { try ControlPlane.state(superuser).serverVersion }
        let now = Date()
        return [
            "name": .string(name), "started_at": .string(begin.ISO8601Format()),
            "finished_at": .string(now.ISO8601Format()),
            "seconds": .number((now.timeIntervalSince(begin) * 100).rounded() / 100), "bytes": .number(bytes),
            "postgres_version": .number(version), "timeline": .number(timeline), "start": .string(start),
            "end": .string(end), "first_segment": .number(segment.number),
            "data_dir": .string(server.directory.path), "verified": .null,
        ]
    }

    func put(_ backup: BaseBackup, in folder: BackupFolder) throws(BackupError) {
        try backing { try server.put(JSON.object(backup.json).text + "\n", at: folder.note(of: backup)) }
    }
}

/// - Parameters:
///   - what: for the words.
///   - reserve: bytes that stay free beside it.
func requireSpace(_ bytes: Int, at path: String, for what: String, leaving reserve: Int = 0) throws(BackupError) {
    let free = ServerFiles.freeDisk(at: path)
    guard free < UInt64(max(0, bytes + reserve)) else { return }
    func megabytes(_ bytes: UInt64) -> String { "\(bytes / 1_000_000) MB" }
    let beside =
        reserve > 0 ? " beside the \(megabytes(UInt64(reserve))) that stay free for the database (disk_reserve)" : ""
    throw .noSpace(
        "\(what) needs \(megabytes(UInt64(bytes)))\(beside), and \(path) has \(megabytes(free)) left: make room, "
            + "or use another disk")
}
