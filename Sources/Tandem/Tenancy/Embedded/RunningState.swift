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
    /// Why nobody could listen there now; nil: it is free. An address that is no IPv4 address is left to the listener.
    static func fault(_ port: Int, address: String = "127.0.0.1") -> TCPPort.Fault? {
        var parsed = in_addr()
        guard inet_pton(AF_INET, address, &parsed) == 1 else { return nil }
        switch bound(port, parsed) {
        case .success: return nil
        case .failure(let fault): return fault
        }
    }

    /// A port that nobody uses now.
    static func find() -> Int? { try? bound(0, in_addr(s_addr: in_addr_t(0x7F00_0001).bigEndian)).get() }

    private static func bound(_ port: Int, _ host: in_addr) -> Result<Int, TCPPort.Fault> {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return .failure(TCPPort.Fault(errno)) }
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
                    return .failure(TCPPort.Fault(errno))
                }
                return .success(Int(in_port_t(bigEndian: pointer.pointee.sin_port)))
            }
        }
    }
}

/// TCP addresses of this machine.
public enum TCPPort {
    /// Why nobody can listen on an address.
    public enum Fault: Error, Sendable, Equatable {
        case inUse
        /// Ports below 1024 are not for everybody.
        case denied
        /// The address is another machine's.
        case foreign
        case other(Int32)

        public init(_ code: Int32) {
            self =
                switch code {
                case EADDRINUSE: .inUse
                case EACCES, EPERM: .denied
                case EADDRNOTAVAIL: .foreign
                default: .other(code)
                }
        }

        public func words(host: String, port: Int) -> String {
            switch self {
            case .inUse: "port \(port) of \(host) is in use by another process"
            case .denied: "port \(port) is not open to \(SystemUser(uid: geteuid())?.name ?? "this user")"
            case .foreign: "\(host) is no address of this machine"
            case .other(let code): "cannot listen on \(host):\(port): \(String(cString: strerror(code)))"
            }
        }

        /// What to do.
        public var advice: String {
            switch self {
            case .inUse: "give another one, or port 0 for a free one"
            case .denied:
                "give one from 1024 on with a proxy in front, or the right to the lower ones: "
                    + "AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit, or setcap cap_net_bind_service=+ep on the binary"
            case .foreign: "give one of its own (ip address lists them), or 0.0.0.0 for all of them"
            case .other: "give another address"
            }
        }
    }

    /// Nil when nobody listens there. A host that is no IPv4 address is left to the listener.
    public static func fault(host: String, port: Int) -> Fault? {
        FreePort.fault(port, address: host == "localhost" ? "127.0.0.1" : host)
    }
}
