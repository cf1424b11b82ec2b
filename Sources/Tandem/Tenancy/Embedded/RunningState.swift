import Foundation
import Glibc
import Postgres

/// `DATA_DIR/postgres.json`: how to reach the running server. `user` is the superuser, for operators and tests; the
/// service itself is `tandem`.
struct RunningState: Codable {
    let socket_dir: String
    let port: Int
    let user: String
    let database: String
    /// Of PostgreSQL's main process.
    let pid: Int32
    /// Where BI from elsewhere connects, when opened.
    let bi_host: String?
    /// Started by a command: the last user stops it.
    let transient: Bool

    init(_ postmaster: Postmaster, bi: String?, isTransient: Bool) {
        socket_dir = postmaster.socketDirectory
        port = postmaster.port
        user = "postgres"
        database = "tandem"
        pid = postmaster.pid
        bi_host = bi
        transient = isTransient
    }

    init?(_ directory: DataDirectory) {
        guard let data = FileManager.default.contents(atPath: directory.state),
            let state = try? JSONDecoder().decode(RunningState.self, from: data)
        else { return nil }
        self = state
    }

    func write(to directory: DataDirectory) throws(EmbeddedServerError) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(self).write(to: URL(fileURLWithPath: directory.state), options: .atomic)
        } catch {
            throw .file("\(directory.state) cannot be written: \(error.localizedDescription)")
        }
    }
}

/// TCP ports of this machine.
enum FreePort {
    static func isFree(_ port: Int) -> Bool { bound(port) != nil }

    /// A port that nobody uses now.
    static func find() -> Int? { bound(0) }

    private static func bound(_ port: Int) -> Int? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard bind(descriptor, generic, length) == 0, getsockname(descriptor, generic, &length) == 0 else {
                    return nil
                }
                return Int(in_port_t(bigEndian: pointer.pointee.sin_port))
            }
        }
    }
}
