import Tandem

/// What an import says of its cursor.
struct ImportCursorWords {
    let text: String

    /// - Parameter json: of the import, or of what was tried.
    init(_ json: JSONObject, isDryRun: Bool) {
        guard let cursor = json["cursor"], let column = cursor["column"]?.string else {
            text = ""
            return
        }
        if cursor["missing"]?.bool == true {
            text = Self.line("no cursor", "the file has no column `\(column)`: how far it comes is not kept")
            return
        }
        let (passed, again) = (json["passed_over"]?.int ?? 0, cursor["again"]?.int ?? 0)
        var text = ""
        if let from = cursor["from"]?.string {
            text += Self.line("passed", "\(passed) rows with `\(column)` below \(from)")
        } else if cursor["since"]?.string == "last" {
            text += Self.line("passed", "0 rows: no import by this mapping, as it is, has ended yet")
        }
        if again > 0 { text += Self.line("again", "\(again) rows below, since such were rejected before") }
        text += Self.without(cursor, column)
        if !isDryRun { text += Self.kept(cursor, rejected: json["rejected"]?.int ?? 0) }
        self.text = text
    }

    private static func without(_ cursor: JSON, _ column: String) -> String {
        guard let count = cursor["without"]?.int, count > 0 else { return "" }
        var words = "\(count) rows, which are taken every time: `\(column)` is empty or cannot be used"
        if let first = cursor["first_without"], let line = first["line"]?.int {
            let value = first["value"]?.string ?? ""
            words += " (line \(line)\(value.isEmpty ? "" : ": `\(value)`"))"
        }
        return line("no cursor", words)
    }

    private static func kept(_ cursor: JSON, rejected: Int) -> String {
        guard let kept = cursor["kept"]?.string else { return line("cursor", "none is kept: no row has one") }
        var words = kept
        if cursor["stays"]?.bool == true, let from = cursor["from"]?.string {
            words = "stays at \(kept): what lies between that and \(from) was not read"
        } else if rejected > 0 {
            words += "; --since last goes on there, and takes rejected rows again"
        } else {
            words += "; --since last goes on there"
        }
        return line("cursor", words)
    }

    static func wouldGoBack(_ cursor: JSON?) -> String {
        guard let cursor, cursor["column"]?.string != nil else { return "" }
        return "; the cursor would go back to " + (cursor["before"]?.string ?? "nothing")
    }

    /// - Parameter cursor: `{"column", "now"}`.
    static func isBack(_ cursor: JSON) -> String {
        let now = cursor["now"]?.string.map { "back at \($0)" } ?? "none: the next import takes all rows"
        return line("cursor", now, width: 12).trimmingSuffix("\n")
    }

    private static func line(_ key: String, _ words: String, width: Int = 11) -> String {
        "  \(key)\(String(repeating: " ", count: max(1, width - key.count)))\(words)\n"
    }
}
