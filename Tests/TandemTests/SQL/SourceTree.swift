import Foundation

/// The project's own files, for tests that hold rules over all of them.
struct SourceTree {
    struct File {
        /// Relative to the project's folder.
        let path: String
        let text: String
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        .standardizedFileURL

    /// Files below `folder` with that ending, sorted by path.
    static func files(below folder: String, ending: String) throws -> [File] {
        let start = root.appending(path: folder)
        var files: [File] = []
        let walk = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil)
        while let url = walk?.nextObject() as? URL {
            guard url.pathExtension == ending else { continue }
            let path = String(url.standardizedFileURL.path.dropFirst(root.path.count).drop { $0 == "/" })
            files.append(File(path: path, text: try String(contentsOf: url, encoding: .utf8)))
        }
        return files.sorted { $0.path < $1.path }
    }

    /// The file's text.
    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
}
