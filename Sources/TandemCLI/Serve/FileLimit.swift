import Glibc

/// How many files and sockets the process may have open.
enum FileLimit {
    /// Raises the limit to what the system allows: shells commonly start with 1,024, less than the connections of a server.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
