import Foundation
import Glibc

/// PostgreSQL's own programs on this machine.
struct PostgresPrograms: Sendable {
    let folder: String

    var initdb: String { folder + "/initdb" }
    var control: String { folder + "/pg_ctl" }
    var baseBackup: String { folder + "/pg_basebackup" }
    var verifyBackup: String { folder + "/pg_verifybackup" }

    /// Debian keeps each major version in a folder of its own; elsewhere pg_ctl is in PATH.
    static func find() throws(EmbeddedServerError) -> PostgresPrograms {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders =
            [ProcessInfo.processInfo.environment["TANDEM_POSTGRES_BIN"]].compactMap { $0 }
            + ["/usr/lib/postgresql/15/bin"] + path.split(separator: ":").map(String.init)
        guard
            let folder = folders.first(where: { access($0 + "/pg_ctl", X_OK) == 0 && access($0 + "/initdb", X_OK) == 0 }
            )
        else { throw .noPostgres(searched: ["/usr/lib/postgresql/15/bin", "PATH"]) }
        return PostgresPrograms(folder: folder)
    }

    /// Who runs a new server: ourselves, or for root, which PostgreSQL refuses, an unprivileged user.
    ///
    /// - Returns: nil for ourselves.
    static func user() throws(EmbeddedServerError) -> SystemUser? {
        guard geteuid() == 0 else { return nil }
        guard let user = SystemUser(named: "postgres") ?? SystemUser(named: "nobody") else { throw .noUser }
        return user
    }
}

/// The postmaster that `postmaster.pid` names, if it lives.
struct Postmaster: Sendable, Equatable {
    let pid: pid_t
    let port: Int
    let socketDirectory: String

    /// Nil when the file is missing or names a process that is not this cluster's server.
    init?(cluster: String) {
        guard let text = try? String(contentsOfFile: cluster + "/postmaster.pid", encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 5, let pid = pid_t(lines[0]), let port = Int(lines[3]), pid > 0 else { return nil }
        self.pid = pid
        self.port = port
        socketDirectory = String(lines[4])
        guard isAlive, Self.folder(of: pid) == Self.real(cluster) else { return nil }
    }

    /// False for a zombie, whose parent has not yet noticed.
    var isAlive: Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return false }
        let state = stat[end...].dropFirst(2).first
        return state != "Z" && state != "X"
    }

    /// A postmaster's working directory is its cluster; another process that got the same number has another.
    private static func folder(of pid: pid_t) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")
    }

    private static func real(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}
