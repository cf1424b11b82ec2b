import Foundation
import Tandem

/// The rows of a dry run as a file: one line a row and reason.
enum ImportRowFile {
    private static let heads = ["row", "line", "outcome", "column", "field", "code", "reason"]

    /// - Parameter path: `.csv`, else JSON lines.
    static func write(_ rows: [ImportRowReport], to path: String) throws(TandemError) {
        let isCSV = path.hasSuffix(".csv")
        var text = isCSV ? heads.joined(separator: ",") + "\n" : ""
        for row in rows {
            text += isCSV ? csv(row) : row.json.text + "\n"
        }
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
            throw .badRequest(code: "file_not_writable", detail: "cannot write \(path)")
        }
    }

    private static func csv(_ row: ImportRowReport) -> String {
        let faults = row.faults.map { [$0.column ?? "", $0.field ?? "", $0.code, $0.reason] }
        return (faults.isEmpty ? [["", "", "", ""]] : faults).map { fault in
            ([String(row.row), String(row.line), row.outcome.rawValue] + fault).map(quoted).joined(separator: ",")
                + "\n"
        }.joined()
    }

    private static func quoted(_ cell: String) -> String {
        cell.contains { ",\"\n\r".contains($0) } ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
    }
}
