import Glibc

/// Why the test server could not be made.
public struct TestServerError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Finds and runs PostgreSQL's programs; as the user `postgres` when this process is root, which `initdb` refuses.
enum ServerBinaries {
    /// The directory that holds `initdb` and `pg_ctl`: `PG_BIN`, else on the path, else where Debian keeps them.
    static func directory() throws -> String {
        var candidates: [String] = []
        if let given = getenv("PG_BIN") { candidates.append(String(cString: given)) }
        if let path = getenv("PATH") {
            candidates += String(cString: path).split(separator: ":").map(String.init)
        }
        candidates += (14...19).reversed().map { "/usr/lib/postgresql/\($0)/bin" }
        for candidate in candidates where access("\(candidate)/initdb", X_OK) == 0 { return candidate }
        throw TestServerError("no initdb found; set PG_BIN to PostgreSQL's directory of programs")
    }

    /// The command, so that it runs as the server's user.
    static func asServerUser(_ command: [String]) -> [String] {
        guard getuid() == 0 else { return command }
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] + command
    }

    /// Runs a command as the server's user and waits for it.
    ///
    /// - Throws: when it fails; with the end of its log.
    static func run(_ command: [String], log: String, in directory: String) throws {
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(null) }
        let child = try spawn(asServerUser(command), input: null, log: log, in: directory)
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw TestServerError("waitpid failed: errno \(errno)") }
        }
        guard status == 0 else {
            throw TestServerError("\(command[0]) ended with status \(status): \(tail(of: log))")
        }
    }

    /// Starts a command with its output in a file.
    static func spawn(_ command: [String], input: CInt, log: String, in directory: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // The server's programs want a working directory that their user may enter.
        let whole = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", directory] + command
        var arguments: [UnsafeMutablePointer<CChar>?] = whole.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child = pid_t()
        let code = posix_spawnp(&child, whole[0], &actions, nil, &arguments, environ)
        guard code == 0 else { throw TestServerError("cannot run \(command[0]): errno \(code)") }
        return child
    }

    private static func tail(of path: String) -> String {
        guard let file = fopen(path, "r") else { return "no log" }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&text, 1, text.count, file)
        return String(decoding: text[..<count].suffix(2000), as: UTF8.self)
    }
}
