import Foundation
import Glibc

/// Where an embedded server's files lie, and who uses them.
///
/// ```
/// DATA_DIR/postgres        the cluster (0700, of the user that runs PostgreSQL; a link when that user cannot come here)
/// DATA_DIR/postgres.json   {"socket_dir","port","user","database","pid"} while PostgreSQL runs
/// DATA_DIR/backups         backups, once there are some; may be a link (see `BackupFolder`)
/// DATA_DIR/serve.lock      held by the one `tandem serve`
/// DATA_DIR/server.lock     held while PostgreSQL is started or stopped
/// DATA_DIR/users.lock      shared by every process that uses PostgreSQL
/// ```
public struct DataDirectory: Sendable {
    /// Absolute, without a slash at its end.
    public let path: String

    public init(_ path: String) {
        let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        self.path = URL(fileURLWithPath: absolute).standardizedFileURL.path
    }

    public var exists: Bool { FileManager.default.fileExists(atPath: path) }

    var cluster: String { path + "/postgres" }
    /// Where the cluster really lies: what PostgreSQL's user can follow, which a link below /root is not.
    var realCluster: String { URL(fileURLWithPath: cluster).resolvingSymlinksInPath().path }
    public var backups: String { path + "/backups" }
    var state: String { path + "/postgres.json" }
    var serveLock: String { path + "/serve.lock" }
    var serverLock: String { path + "/server.lock" }
    var usersLock: String { path + "/users.lock" }

    /// Sixteen characters that stand for this place in short paths.
    var hash: String { String(Digest.hex(of: path).prefix(12)) }

    /// Short, because the path of a socket ends at 107 bytes.
    var socketDirectory: String { "/tmp/tandem-\(hash)" }

    /// A real place for the cluster when its user cannot reach the data directory.
    var elsewhere: String { "/var/lib/tandem/\(hash)" }

    /// Makes the directory: 0700; 0711 when another user must pass through to the cluster.
    func create(passable: Bool) throws(EmbeddedServerError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .file("\(path) cannot be made: \(error.localizedDescription)")
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .file("\(path) cannot be read") }
        if status.st_uid == geteuid() { chmod(path, passable ? 0o711 : 0o700) }
    }

    /// The data directory, or a place that PostgreSQL's user can reach; made if it is not there.
    func clusterParent(for user: SystemUser?) throws(EmbeddedServerError) -> String {
        guard let user, !isReachable(for: user) else { return path }
        do {
            try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
        } catch {
            throw .file("\(elsewhere) cannot be made: \(error.localizedDescription)")
        }
        chmod(elsewhere, 0o711)
        return elsewhere
    }

    /// Can `user` come to the data directory? Only the execute bits of the folders above it count.
    func isReachable(for user: SystemUser) -> Bool {
        var folder = (path as NSString).deletingLastPathComponent
        while true {
            var status = stat()
            guard stat(folder, &status) == 0 else { return false }
            let bit: mode_t = status.st_uid == user.uid ? 0o100 : status.st_gid == user.gid ? 0o010 : 0o001
            if status.st_mode & bit == 0 { return false }
            if folder == "/" || folder.isEmpty { return true }
            folder = (folder as NSString).deletingLastPathComponent
        }
    }
}

/// A lock on a file, given back when this value goes or the process ends, however it ends.
final class FileLock: @unchecked Sendable {
    // Unchecked: the descriptor is set once; flock(2) is safe from any thread.
    private let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// - Returns: nil when another process holds it and `wait` is false.
    static func take(_ path: String, exclusive: Bool, wait: Bool) throws(EmbeddedServerError) -> FileLock? {
        // Not inherited: the server that we start must not hold our locks.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file("\(path) cannot be opened: \(String(cString: strerror(errno)))") }
        while flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB)) != 0 {
            if errno == EINTR { continue }
            close(descriptor)
            return nil
        }
        return FileLock(descriptor)
    }

    /// Makes a shared lock exclusive if nobody else shares it.
    func upgrade() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    var text: String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    }

    func write(_ text: String) {
        ftruncate(descriptor, 0)
        _ = Array(text.utf8).withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }
}
