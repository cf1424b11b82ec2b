import Foundation
import Glibc

/// `DATA_DIR/postgres.json`: how to reach the running server. `user` is the superuser, for operators and tests; the
/// service itself is `tandem`.
struct RunningState: Codable {
    let socketDirectory: String
    let port: Int
    let user: String
    let database: String
    /// Of PostgreSQL's main process.
    let pid: Int32
    /// Where BI from elsewhere connects, when opened.
    let biHost: String?
    /// Started by a command: the last user stops it.
    let transient: Bool

    private enum CodingKeys: String, CodingKey {
        case socketDirectory = "socket_dir"
        case biHost = "bi_host"
        case port, user, database, pid, transient
    }

    init(_ postmaster: Postmaster, bi: String?, isTransient: Bool) {
        socketDirectory = postmaster.socketDirectory
        port = postmaster.port
        user = "postgres"
        database = "tandem"
        pid = postmaster.pid
        biHost = bi
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
    static func isFree(_ port: Int, address: String = "127.0.0.1") -> Bool {
        var parsed = in_addr()
        guard inet_pton(AF_INET, address, &parsed) == 1 else { return true }
        return bound(port, parsed) != nil
    }

    /// A port that nobody uses now.
    static func find() -> Int? { bound(0, in_addr(s_addr: in_addr_t(0x7F00_0001).bigEndian)) }

    private static func bound(_ port: Int, _ host: in_addr) -> Int? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr = host
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

/// TCP addresses of this machine.
public enum TCPPort {
    /// False when another process listens there. A host that is no IPv4 address of this machine is left to the listener.
    public static func isFree(host: String, port: Int) -> Bool {
        let address = host == "localhost" ? "127.0.0.1" : host
        return FreePort.isFree(port, address: address)
    }
}
