import Glibc
public import Postgres
import Synchronization

/// A throw-away PostgreSQL server in a temporary directory, with durable settings (`fsync = on`).
///
/// It listens on 127.0.0.1 and on a Unix socket, trusts everybody on this machine, and its superuser is `postgres`. It
/// ends with the process that made it, however that ends.
public final class TestServer: Sendable {
    /// One server for all tests of a process; started by the first that asks.
    public static let shared: TestServer = {
        do {
            return try TestServer()
        } catch {
            fatalError("the test server does not start: \(error)")
        }
    }()

    /// How to stop.
    public enum StopMode: String, Sendable {
        /// Ends sessions, then a clean shutdown.
        case fast
        /// As after a crash: recovery at the next start.
        case immediate
    }

    /// TCP port on 127.0.0.1.
    public let port: Int

    /// Holds the socket, the data and the log; a short path, since socket paths end at 107 bytes.
    public let directory: String

    private let binaries: String
    private let count = Atomic<Int>(0)
    private let common = Mutex<TestDatabase?>(nil)

    // The watcher stops the server when this end closes, which the kernel does even after SIGKILL.
    private let lifeline: CInt

    /// - Parameter settings: added to `postgresql.conf`.
    public init(settings: [String: String] = [:]) throws {
        binaries = try ServerBinaries.directory()
        directory = try Self.makeDirectory()
        port = try Loopback.freePort()
        try ServerBinaries.run(
            [
                "\(binaries)/initdb", "-D", "\(directory)/data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                "--locale=C", "--no-sync", "--no-instructions",
            ], log: "\(directory)/initdb.log", in: directory)
        var lines = [
            "listen_addresses = '127.0.0.1'", "port = \(port)", "unix_socket_directories = '\(directory)'",
            "fsync = on", "max_connections = 200", "shared_buffers = '64MB'", "log_min_messages = warning",
            // As durable; but with a log for standbys each new index is synced by itself, and a tenant has 345 of them.
            "wal_level = minimal", "max_wal_senders = 0",
        ]
        lines += settings.sorted { $0.key < $1.key }.map { "\($0.key) = '\($0.value)'" }
        try Self.append(lines.joined(separator: "\n") + "\n", to: "\(directory)/data/postgresql.conf")
        let stop = ServerBinaries.asServerUser(
            ["\(binaries)/pg_ctl", "-D", "\(directory)/data", "-m", "immediate", "stop"])
        lifeline = try Self.startWatcher(stop: stop, directory: directory)
        try start()
    }

    /// Starts the server, if it does not run, and waits until it answers.
    public func start() throws {
        try ServerBinaries.run(
            [
                "\(binaries)/pg_ctl", "-D", "\(directory)/data", "-l", "\(directory)/server.log", "-w", "-t", "60",
                "start",
            ], log: "\(directory)/pg_ctl.log", in: directory)
    }

    /// Stops the server; `start` brings it back on the same port.
    public func stop(_ mode: StopMode) throws {
        try ServerBinaries.run(
            ["\(binaries)/pg_ctl", "-D", "\(directory)/data", "-m", mode.rawValue, "-w", "stop"],
            log: "\(directory)/pg_ctl.log", in: directory)
    }

    /// A new, empty database.
    public func database() throws(PostgresError) -> TestDatabase {
        let database = TestDatabase(server: self, name: nextName())
        let connection = try Connection.open(TestDatabase(server: self, name: "postgres").configuration)
        try connection.script("create database \(database.name) template template0", deadline: .seconds(30))
        return database
    }

    /// A new, empty schema in a database that tests share; much cheaper than `database`. Its connections find tables
    /// there and nowhere else.
    public func schema() throws(PostgresError) -> TestDatabase {
        let shared = try common.withLock { (common) throws(PostgresError) in
            if let common { return common }
            let made = try database()
            common = made
            return made
        }
        let name = nextName()
        try shared.connect().script("create schema \(name)", deadline: .seconds(30))
        return TestDatabase(server: self, name: shared.name, schema: name)
    }

    private func nextName() -> String { "test_\(count.add(1, ordering: .relaxed).newValue)" }
}

/// A database of a `TestServer`, or one schema of it.
public struct TestDatabase: Sendable {
    public let server: TestServer
    public let name: String

    /// The only schema on the path, or nil for the server's default path.
    public var schema: String?

    /// As the superuser, over the Unix socket.
    public var configuration: ConnectionConfiguration { configuration(user: "postgres") }

    /// Over the Unix socket.
    public func configuration(user: String) -> ConnectionConfiguration {
        var keywords = ["host": server.directory, "port": "\(server.port)", "dbname": name, "user": user]
        if let schema { keywords["options"] = "-c search_path=\(schema)" }
        return ConnectionConfiguration(keywords: keywords)
    }

    /// As the superuser, through a proxy on 127.0.0.1.
    public func configuration(through proxy: FaultProxy) -> ConnectionConfiguration {
        var configuration = configuration
        configuration.keywords["host"] = "127.0.0.1"
        configuration.keywords["port"] = "\(proxy.port)"
        return configuration
    }

    /// As the superuser, over TCP.
    public var url: String { url(user: "postgres") }

    /// Over TCP.
    public func url(user: String) -> String {
        let query = schema.map { "?options=-csearch_path%3D\($0)" } ?? ""
        return "postgresql://\(user)@127.0.0.1:\(server.port)/\(name)\(query)"
    }

    /// A connection as the superuser, for the calling thread.
    public func connect() throws(PostgresError) -> Connection { try Connection.open(configuration) }
}

extension TestServer {
    private static func makeDirectory() throws -> String {
        var template = Array("/tmp/tdm-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestServerError("mkdtemp failed: errno \(errno)") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if getuid() == 0 {
            guard let user = getpwnam("postgres") else { throw TestServerError("there is no user postgres") }
            guard chown(path, user.pointee.pw_uid, user.pointee.pw_gid) == 0 else {
                throw TestServerError("chown failed: errno \(errno)")
            }
        }
        chmod(path, 0o755)
        return path
    }

    private static func append(_ text: String, to path: String) throws {
        guard let file = fopen(path, "a") else { throw TestServerError("cannot write \(path): errno \(errno)") }
        fputs(text, file)
        fclose(file)
    }

    /// A shell that waits for the end of this process, then stops the server and removes its files.
    private static func startWatcher(stop: [String], directory: String) throws -> CInt {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw TestServerError("pipe failed: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let command = stop.map { "'\($0)'" }.joined(separator: " ")
        let script = "trap '' INT TERM HUP; cat >/dev/null; cd /; \(command); rm -rf '\(directory)'"
        _ = try ServerBinaries.spawn(
            ["/bin/sh", "-c", script], input: ends[0], log: "\(directory)/watcher.log", in: directory)
        close(ends[0])
        return ends[1]
    }
}
