import Foundation
import Glibc
public import Logging
public import Postgres
import Synchronization

/// The PostgreSQL that Tandem brings up itself, in a data directory.
///
/// It runs in a session of its own, so that Ctrl-C reaches Tandem first, and it survives Tandem: a live one left by a
/// killed process is adopted, a dead one is started again. Whoever uses it last stops it, unless a killed `serve` left
/// it running.
public final class EmbeddedServer: Sendable {
    public let directory: DataDirectory
    /// PostgreSQL's own user when we are root; nil: ours.
    let user: SystemUser?
    let programs: PostgresPrograms
    let biHost: String?
    let biPort: Int?
    /// How many connections it takes; nil: as many as the last time.
    let connections: Int?
    let logger: Logger
    let isServing: Bool
    /// Where PostgreSQL's files really lie.
    public var clusterPath: String { directory.realCluster }
    private let locks: Mutex<Locks>

    private struct Locks {
        var serve: FileLock?
        var users: FileLock?
        var isStopped = false
    }

    /// What a caller wants of the server.
    public enum Purpose: Sendable {
        /// The long-running process: makes the data directory if needed; there may be one.
        ///
        /// - Parameter connections: how many PostgreSQL takes; see `ServerFiles.connections`.
        case serve(biListen: (host: String, port: Int)?, connections: Int)
        /// A command: uses what runs, else starts it and stops it at its end.
        case command
    }

    /// Finds, adopts or starts the server; the first time makes the cluster, its database, its roles.
    ///
    /// - Throws: `EmbeddedServerError`, or `PostgresError` from the first set-up.
    public static func open(_ directory: DataDirectory, for purpose: Purpose, logger: Logger) throws -> EmbeddedServer {
        let programs = try PostgresPrograms.find()
        let user = try directory.postgresUser()
        var biListen: (host: String, port: Int)?
        var connections: Int?
        var isServing = false
        switch purpose {
        case .serve(let listen, let most):
            biListen = listen
            connections = most
            isServing = true
            try directory.create(passable: user != nil)
        case .command:
            guard directory.exists else { throw EmbeddedServerError.noDataDirectory(directory.path) }
            try directory.create(passable: user != nil)
        }
        let serveLock = isServing ? try takeServeLock(directory) : nil
        let users = try FileLock.take(directory.usersLock, exclusive: false, wait: true)
        let server = EmbeddedServer(
            directory: directory, user: user, programs: programs, biListen: biListen,
            connections: connections, isServing: isServing,
            locks: Locks(serve: serveLock, users: users), logger: logger)
        try server.bringUp()
        return server
    }

    /// How many connections a server with these settings takes.
    public static func connections(requests: Int, events: Int, bi: Int) -> Int {
        ServerFiles.connections(requests: requests, events: events, bi: bi)
    }

    private init(
        directory: DataDirectory, user: SystemUser?, programs: PostgresPrograms,
        biListen: (host: String, port: Int)?, connections: Int?, isServing: Bool, locks: consuming sending Locks,
        logger: Logger
    ) {
        self.directory = directory
        self.user = user
        self.programs = programs
        self.biHost = biListen?.host
        self.biPort = biListen?.port
        self.connections = connections
        self.isServing = isServing
        self.locks = Mutex(locks)
        self.logger = logger
    }

    private static func takeServeLock(_ directory: DataDirectory) throws(EmbeddedServerError) -> FileLock {
        // More than once: `tandem status` looks at the lock for a moment.
        for _ in 0..<5 {
            if let lock = try FileLock.take(directory.serveLock, exclusive: true, wait: false) {
                lock.write("\(getpid())\n")
                return lock
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
        let holder = (try? String(contentsOfFile: directory.serveLock, encoding: .utf8))
            .flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        throw .serving(path: directory.path, pid: holder ?? 0)
    }

    /// Through the socket, as the service's login `tandem`.
    public var connection: ConnectionConfiguration { connection(user: "tandem", database: "tandem") }

    /// For what only a superuser sees or may.
    func superuser() throws(PostgresError) -> Connection {
        try Connection.open(connection(user: "postgres", database: "tandem"), deadline: .seconds(30))
    }

    func connection(user: String, database: String) -> ConnectionConfiguration {
        var configuration = ConnectionConfiguration(keywords: [
            "host": directory.socketDirectory, "port": "\(port)", "user": user, "dbname": database,
            "application_name": "tandem",
        ])
        configuration.logger = logger
        return configuration
    }

    /// Where BI connects: 127.0.0.1, or the address that `serve --bi-listen` opened; nil while PostgreSQL is down.
    public var biAddress: (host: String, port: Int, tls: Bool)? {
        guard let state = RunningState(directory) else { return nil }
        guard let host = state.biHost else { return ("127.0.0.1", state.port, false) }
        return (NetworkAddress.isWildcard(host) ? NetworkAddress.own ?? "127.0.0.1" : host, state.port, true)
    }

    /// The process id of PostgreSQL's main process, if it runs.
    public var postmasterPID: Int32? { Postmaster(cluster: directory.cluster)?.pid }

    /// The process that serves on this data directory now, if any.
    public var servingPID: Int32? {
        if isServing { return getpid() }
        guard let lock = try? FileLock.take(directory.serveLock, exclusive: false, wait: false) else {
            return (try? String(contentsOfFile: directory.serveLock, encoding: .utf8))
                .flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        withExtendedLifetime(lock) {}
        return nil
    }

    /// Of the server while it runs.
    var runningPort: Int? { Postmaster(cluster: directory.cluster)?.port }

    private var port: Int { RunningState(directory)?.port ?? 5432 }

    // Up

    /// Starts PostgreSQL unless it runs. Called again by the watch when it died.
    func bringUp() throws {
        let lock = try FileLock.take(directory.serverLock, exclusive: true, wait: true)
        defer { withExtendedLifetime(lock) {} }
        if locks.withLock({ $0.isStopped }) { return }
        try makeCluster()
        let running = Postmaster(cluster: directory.cluster)
        let files = try serverFiles(port: running?.port)
        if let running, access(socketPath(running), F_OK) == 0, !isServing || matches(files) {
            // Up already: another command's, or left by a process that was killed.
            try RunningState(running, bi: currentBIHost, isTransient: !isServing && transientNow).write(to: directory)
            if isServing { try setUp() }
            return
        }
        if running != nil { try stopPostmaster(mode: "fast") }
        try write(files)
        try start()
        guard let started = Postmaster(cluster: directory.cluster) else {
            throw EmbeddedServerError.program("pg_ctl start", output: "no server came up\n" + logTail())
        }
        try RunningState(started, bi: biHost, isTransient: !isServing).write(to: directory)
        try setUp()
    }

    private var transientNow: Bool { RunningState(directory)?.transient ?? false }
    private var currentBIHost: String? { RunningState(directory)?.biHost }

    private func socketPath(_ postmaster: Postmaster) -> String {
        "\(postmaster.socketDirectory)/.s.PGSQL.\(postmaster.port)"
    }

    /// initdb into a folder beside, then one rename: an interrupted one starts over.
    private func makeCluster() throws {
        if access(directory.cluster + "/PG_VERSION", F_OK) == 0 { return }
        logger.info("making the database cluster", metadata: ["path": "\(directory.cluster)"])
        let parent = try directory.clusterParent(for: user)
        let new = parent + "/postgres.new"
        try OwnedFile.remove(new)
        guard mkdir(new, 0o700) == 0 else { throw EmbeddedServerError.file("\(new) cannot be made") }
        if let user { chown(new, user.uid, user.gid) }
        // C.UTF-8: the same order on every machine and after every upgrade, so that no index goes bad; lists that people
        // read name an ICU collation.
        try run(
            programs.initdb,
            [
                "-D", new, "-U", "postgres", "--data-checksums", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=peer",
                "--no-instructions",
            ])
        let include = "include = 'tandem.conf'\n"
        let configuration = new + "/postgresql.conf"
        let text = try OwnedFile.text(configuration, owner: user) + include
        try put(text, at: configuration)
        guard rename(new, parent + "/postgres") == 0 else {
            throw EmbeddedServerError.file("\(new) cannot be renamed: \(String(cString: strerror(errno)))")
        }
        if parent != directory.path {
            try? FileManager.default.removeItem(atPath: directory.cluster)
            guard symlink(parent + "/postgres", directory.cluster) == 0 else {
                throw EmbeddedServerError.file("\(directory.cluster) cannot be made a link")
            }
        }
    }

    /// - Parameter port: the running server's, else the one used last, else a free one.
    func serverFiles(port running: Int?) throws(EmbeddedServerError) -> ServerFiles {
        let old = (try? String(contentsOfFile: directory.cluster + "/tandem.conf", encoding: .utf8)) ?? ""
        func last(_ name: String) -> Int? {
            let line = old.split(separator: "\n").first { $0.hasPrefix("\(name) = ") }
            return line.flatMap { Int($0.dropFirst(name.count + 3)) }
        }
        let wanted = biPort ?? running ?? last("port")
        let fault = wanted.flatMap { $0 == running ? nil : FreePort.fault($0) }
        if let biPort, let fault {
            throw .configuration("bi_listen: " + fault.words(host: "127.0.0.1", port: biPort), hint: fault.advice)
        }
        let isFree = wanted != nil && fault == nil
        guard let port = isFree ? wanted : FreePort.find() else { throw .configuration("no free port") }
        let operators = [SystemUser(uid: geteuid()), user, SystemUser(uid: 0)].compactMap { $0?.name }
        return ServerFiles(
            port: port, connections: connections ?? last("max_connections") ?? ServerFiles.leastConnections,
            socketDirectory: directory.socketDirectory, memory: ServerFiles.machineMemory,
            freeDisk: ServerFiles.freeDisk(at: directory.cluster),
            wholeDisk: DiskRoom.space(at: directory.cluster)?.total ?? .max,
            operators: Array(Set(operators)).sorted(), biHost: biHost, archive: BackupFolder(of: directory)?.wal)
    }

    /// Free disk and memory change by themselves; only what decides who can connect, and how many, is compared.
    private func matches(_ files: ServerFiles) -> Bool {
        func read(_ name: String) -> String {
            (try? String(contentsOfFile: directory.cluster + "/" + name, encoding: .utf8)) ?? ""
        }
        let access = files.configuration.split(separator: "\n").prefix(5)
        return read("pg_hba.conf") == files.hostAccess && read("pg_ident.conf") == files.identities
            && read("tandem.conf").split(separator: "\n").prefix(5) == access
    }

    private func write(_ files: ServerFiles) throws {
        try put(files.configuration, at: directory.cluster + "/tandem.conf")
        try put(files.hostAccess, at: directory.cluster + "/pg_hba.conf")
        try put(files.identities, at: directory.cluster + "/pg_ident.conf")
        if files.biHost != nil { try makeCertificate() }
        try makeSocketDirectory()
    }

    /// Refuses a folder that somebody else put there.
    private func makeSocketDirectory() throws(EmbeddedServerError) {
        let path = directory.socketDirectory
        let owner = user?.uid ?? geteuid()
        if mkdir(path, 0o700) == 0 {
            if let user { chown(path, user.uid, user.gid) }
            return
        }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == owner else {
            throw .file("\(path) belongs to somebody else: remove it")
        }
        chmod(path, 0o700)
    }

    private func start() throws {
        // After a SIGKILL of the main process alone, its children need a moment to notice.
        for attempt in 1... {
            do {
                try run(
                    programs.control, ["-D", directory.realCluster, "-w", "-t", "600", "-s", "-l", bootLog, "start"])
                return
            } catch {
                let log = logTail()
                guard log.contains("shared memory block") || log.contains("is still in use"), attempt < 60 else {
                    throw EmbeddedServerError.program("pg_ctl start", output: "\(error)\n\(log)")
                }
                Thread.sleep(forTimeInterval: 0.25)
            }
        }
    }

    private var bootLog: String { directory.realCluster + "/start.log" }

    private func logTail() -> String {
        ((try? String(contentsOfFile: bootLog, encoding: .utf8)) ?? "")
            .split(separator: "\n").suffix(6).joined(separator: "\n")
    }

    /// Database, roles and hardening, as superuser; each step looks first, so an interrupted one is completed.
    private func setUp() throws {
        let marker = directory.cluster + "/tandem.ready"
        if access(marker, F_OK) == 0 { return }
        let first = try Connection.open(connection(user: "postgres", database: "postgres"), deadline: .seconds(30))
        defer { first.close() }
        let exists = try first.execute("select 1 from pg_database where datname = 'tandem'")
        if exists.isEmpty { try first.script("create database tandem", deadline: .seconds(120)) }
        let second = try Connection.open(connection(user: "postgres", database: "tandem"), deadline: .seconds(30))
        defer { second.close() }
        try ControlPlane.setUpAsSuperuser(second)
        try put("", at: marker)
    }

    // Down

    /// Ends this process's use of the server; the last user stops it.
    ///
    /// - Returns: true when PostgreSQL was stopped.
    @discardableResult
    public func close() throws -> Bool {
        let lock = try FileLock.take(directory.serverLock, exclusive: true, wait: true)
        defer { withExtendedLifetime(lock) {} }
        let isLast = locks.withLock { locks in
            if locks.isStopped { return false }
            locks.isStopped = true
            defer {
                locks.users = nil
                locks.serve = nil
            }
            return locks.users?.upgrade() ?? false
        }
        guard isLast, isServing || transientNow else {
            // Others still use it: the last of them stops it.
            if isServing, let running = Postmaster(cluster: directory.cluster) {
                try RunningState(running, bi: biHost, isTransient: true).write(to: directory)
            }
            return false
        }
        try stopPostmaster(mode: "fast")
        try? FileManager.default.removeItem(atPath: directory.state)
        return true
    }

    private func stopPostmaster(mode: String) throws {
        guard Postmaster(cluster: directory.cluster) != nil else { return }
        try run(programs.control, ["-D", directory.realCluster, "-w", "-t", "120", "-s", "-m", mode, "stop"])
    }

    // Files and programs

    func run(_ program: String, _ arguments: [String]) throws(EmbeddedServerError) {
        let outcome: ChildProcess.Outcome
        do throws(ChildProcess.Failure) {
            outcome = try ChildProcess.run(program, arguments, as: user)
        } catch {
            throw .program((program as NSString).lastPathComponent, output: error.description)
        }
        guard outcome.status == 0 else {
            throw .program((program as NSString).lastPathComponent, output: outcome.output)
        }
    }

    /// Writes a file that belongs to PostgreSQL's user (0600), whole or not at all.
    func put(_ text: String, at path: String) throws(EmbeddedServerError) {
        try OwnedFile.replace(path, with: Array(text.utf8), owner: user)
    }
}
