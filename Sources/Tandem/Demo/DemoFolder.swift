import Foundation

/// Where the demo's data files lie: the folder `Demo` of the project, which travels beside the binary.
public struct DemoFolder: Sendable {
    public let path: String

    /// - Throws: `badRequest` when the folder lacks the files.
    public init(path: String) throws(TandemError) {
        guard Self.isComplete(path) else {
            throw .badRequest(
                code: "no_demo_data",
                detail: "\(path) has no demo data (maven_crm/accounts.csv, cdnow/CDNOW_master.txt)")
        }
        self.path = path
    }

    /// - Parameter path: nil: it is looked for.
    /// - Throws: `badRequest` when it is not there.
    public static func named(_ path: String?) throws(TandemError) -> DemoFolder {
        if let path { return try DemoFolder(path: path) }
        return try find()
    }

    /// Looks in the folders above the binary and in the current one.
    private static func find() throws(TandemError) -> DemoFolder {
        var folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        var candidates: [String] = []
        for _ in 0..<5 {
            candidates.append(folder.appendingPathComponent("Demo").path)
            folder = folder.deletingLastPathComponent()
        }
        candidates.append(FileManager.default.currentDirectoryPath + "/Demo")
        guard let found = candidates.first(where: isComplete) else {
            throw .badRequest(
                code: "no_demo_data", detail: "the folder Demo is not beside the binary; name it with --demo-dir")
        }
        return try DemoFolder(path: found)
    }

    private static func isComplete(_ path: String) -> Bool {
        ["maven_crm/accounts.csv", "cdnow/CDNOW_master.txt"].allSatisfy {
            FileManager.default.isReadableFile(atPath: path + "/" + $0)
        }
    }

    var purchases: ImportFile { ImportFile(path: path + "/cdnow/CDNOW_master.txt") }

    /// The rows of one of the Maven files, by column.
    func rows(_ name: String) throws(TandemError) -> [[String: String]] {
        var reader = try RowReader(ImportFile(path: path + "/maven_crm/" + name), format: Mapping.Format())
        var rows: [[String: String]] = []
        while let row = try reader.next() {
            guard case .success(let cells) = row.cells else {
                throw .badRequest(code: "invalid_file", detail: "\(name), line \(row.line): not as it was shipped")
            }
            var texts: [String: String] = [:]
            for (column, cell) in cells { texts[column] = cell.string ?? "" }
            rows.append(texts)
        }
        return rows
    }
}
