/// Why there is no embedded server.
public enum EmbeddedServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is no data directory, and the caller is not the one to make it.
    case noDataDirectory(String)
    /// Another `tandem serve` has the data directory.
    case serving(path: String, pid: Int32)
    /// PostgreSQL's programs are not installed.
    case noPostgres(searched: [String])
    /// No user that may run PostgreSQL.
    case noUser
    /// The data directory is another user's.
    case denied(String, hint: String)
    /// A file or folder is not as it must be.
    case file(String)
    /// A program of PostgreSQL failed; the text is its output.
    case program(String, output: String)
    case configuration(String, hint: String? = nil)

    public var description: String {
        switch self {
        case .noDataDirectory(let path): "there is no data directory \(path) and no database URL"
        case .serving(let path, let pid): "process \(pid) already serves \(path)"
        case .noPostgres(let searched):
            "PostgreSQL 15 is not installed (looked in \(searched.joined(separator: ", ")))"
        case .noUser: "root may not run PostgreSQL, and there is neither a user postgres nor a user nobody"
        case .denied(let reason, _), .file(let reason), .configuration(let reason, _): reason
        case .program(let name, let output):
            "\(name) failed: \(output.split(separator: "\n").suffix(8).joined(separator: "\n"))"
        }
    }
}
