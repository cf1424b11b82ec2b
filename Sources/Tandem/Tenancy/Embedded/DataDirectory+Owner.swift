import Foundation
import Glibc

/// Whose a data directory is. Who is not the same would leave files behind that its owner cannot open.
extension DataDirectory {
    /// Who runs the PostgreSQL here: ourselves (nil), or for root the one whose the cluster is, an unprivileged user's before there is one.
    ///
    /// - Throws: `denied`, before anything is written, where the server here is somebody else's.
    func postgresUser() throws(EmbeddedServerError) -> SystemUser? {
        let standard = try PostgresPrograms.user()
        guard let standard else {
            try requireOurs()
            return nil
        }
        // A cluster of root's own is none yet: no PostgreSQL runs there.
        guard let owner = Self.owner(of: realCluster), owner != standard.uid, owner != 0 else { return standard }
        // Made by root when the machine had another user for it.
        if holder == 0, let user = SystemUser(uid: owner) { return user }
        throw denied("the database in \(path) belongs to \(Self.name(owner)), not to root", owner: owner)
    }

    private func requireOurs() throws(EmbeddedServerError) {
        guard let own = Self.owner(of: path) else {
            // Not there is for others to say; not to be seen is not to be used.
            if errno == EACCES {
                throw denied("\(path) is behind a folder that \(Self.ourName) may not enter", owner: nil)
            }
            return
        }
        if let owner = Self.owner(of: usersLock) ?? Self.owner(of: cluster), owner != geteuid() {
            throw denied("\(path) is served by \(Self.name(owner)), not by \(Self.ourName)", owner: owner)
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            throw denied("\(path) belongs to \(Self.name(own)): \(Self.ourName) may not write there", owner: own)
        }
    }

    /// Who serves here, or would.
    private var holder: uid_t? { Self.owner(of: usersLock) ?? Self.owner(of: path) }

    private func denied(_ what: String, owner: uid_t?) -> EmbeddedServerError {
        let command = owner.map { $0 == 0 ? "sudo tandem …" : "sudo -u \(Self.name($0)) tandem …" }
        return .denied(what, hint: (command.map { "use \($0), or " } ?? "") + "name another --data-dir")
    }

    private static var ourName: String { name(geteuid()) }

    private static func name(_ uid: uid_t) -> String { SystemUser(uid: uid)?.name ?? "#\(uid)" }

    private static func owner(of path: String) -> uid_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_uid : nil
    }
}
