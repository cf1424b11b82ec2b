/// The SQL that the binary carries: every file below `sql/` but the tests and the generated `tenant/schema.sql`.
public enum EmbeddedSQL {
    public struct File: Sendable, Hashable {
        /// Relative to `sql/`, for example `code/identity/join_nodes.sql`.
        public let path: String
        public let text: String

        public init(path: String, text: String) {
            self.path = path
            self.text = text
        }
    }

    /// All files, sorted by path.
    public static let files: [File] = embeddedFiles.map { File(path: $0.path, text: $0.text) }

    /// Files below `folder` (no slash at its end), sorted by path.
    public static func files(below folder: String) -> [File] {
        files.filter { $0.path.hasPrefix(folder + "/") }
    }
}
