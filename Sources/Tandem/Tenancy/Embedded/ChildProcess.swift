import Foundation
import Glibc

/// Runs a program to its end: no shell, no inherited descriptors but 0 to 2, working directory `/`.
enum ChildProcess {
    struct Outcome {
        /// Exit status, or 128 + signal.
        let status: Int32
        /// Standard output and error as they came.
        let output: String
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameters:
    ///   - user: whose rights the program gets; nil: ours. Only root may name one.
    ///   - environment: added to a short environment (PATH, LC_ALL=C).
    static func run(
        _ executable: String, _ arguments: [String], as user: SystemUser? = nil, environment: [String: String] = [:]
    ) throws(Failure) -> Outcome {
        // env changes the working directory, which the other user may not be able to enter; setpriv changes the user.
        var command = ["/usr/bin/env", "-C", "/"]
        if let user {
            command += [
                "setpriv", "--reuid=\(user.uid)", "--regid=\(user.gid)", "--init-groups", "--inh-caps=-all", "--",
            ]
        }
        command += [executable] + arguments
        var variables = ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"]
        if let user { variables["HOME"] = user.home }
        variables.merge(environment) { _, new in new }

        // A file, not a pipe: the server that pg_ctl leaves behind would keep a pipe open.
        var template = Array("/tmp/tandem-output-XXXXXX".utf8CString)
        let output = mkstemp(&template)
        guard output >= 0 else { throw Failure(description: "no temporary file: \(String(cString: strerror(errno)))") }
        unlink(template)
        _ = fcntl(output, F_SETFD, FD_CLOEXEC)
        defer { close(output) }
        let pid = try spawn(command, variables.map { "\($0.key)=\($0.value)" }, output: output)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw Failure(description: "waitpid: \(String(cString: strerror(errno)))") }
        }
        let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        return Outcome(status: code, output: contents(of: output))
    }

    private static func spawn(
        _ command: [String], _ environment: [String], output: Int32
    ) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        // Signals that this process blocks or ignores must reach the child.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let arguments = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, command[0], &actions, &attributes, arguments, variables)
        guard result == 0 else {
            throw Failure(description: "\(command[0]) did not start: \(String(cString: strerror(result)))")
        }
        return pid
    }

    private static func contents(of descriptor: Int32) -> String {
        lseek(descriptor, 0, SEEK_SET)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while bytes.count < 1 << 20 {
            let count = read(descriptor, &buffer, buffer.count)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A user of the operating system.
struct SystemUser: Sendable, Hashable {
    let name: String
    let uid: uid_t
    let gid: gid_t
    let home: String

    init?(named name: String) {
        guard let entry = getpwnam(name) else { return nil }
        self.init(entry.pointee)
    }

    init?(uid: uid_t) {
        guard let entry = getpwuid(uid) else { return nil }
        self.init(entry.pointee)
    }

    private init(_ entry: passwd) {
        name = String(cString: entry.pw_name)
        uid = entry.pw_uid
        gid = entry.pw_gid
        home = String(cString: entry.pw_dir)
    }
}
