/// Writes items as the lines of a file.
public struct ExportWriter {
    /// A column of a CSV file.
    struct Column {
        let title: String
        /// What the item has under this name …
        let key: String
        /// … and, of an object, under that.
        var part: String?
    }

    private let format: ExportOrder.Format
    private let hasByteOrderMark: Bool
    private let columns: [Column]

    public init(_ order: ExportOrder) {
        format = order.format
        hasByteOrderMark = order.hasByteOrderMark
        columns = Self.columns(order.contents)
    }

    /// What the file begins with.
    public func begin(_ bytes: inout [UInt8]) {
        guard format == .csv else { return }
        if hasByteOrderMark { bytes += [0xEF, 0xBB, 0xBF] }
        bytes += CSVLine.text(columns.map(\.title)).utf8
    }

    public func append(_ item: JSON, to bytes: inout [UInt8]) {
        switch format {
        case .jsonl:
            item.append(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        case .csv:
            let cells = columns.map { column in
                let value = item[column.key]
                return Self.cell(column.part.map { value?[$0] ?? .null } ?? value ?? .null)
            }
            bytes += CSVLine.text(cells).utf8
        }
    }

    /// Lists of words as imports read them; what has parts of its own as JSON.
    private static func cell(_ value: JSON) -> String {
        switch value {
        case .null: return ""
        case .bool(let flag): return flag ? "true" : "false"
        case .number(let number): return number.text
        case .string(let text): return CSVLine.harmless(text)
        case .array(let elements):
            let words = elements.compactMap(\.string)
            return words.count == elements.count
                ? CSVLine.harmless(words.joined(separator: "; ")) : value.text
        case .object(let object): return object.isEmpty ? "" : value.text
        }
    }

    private static func columns(_ contents: ExportOrder.Contents) -> [Column] {
        switch contents {
        case .profiles:
            return [
                "id", "user_id", "anonymous_ids", "identifiers", "traits", "first_seen_at", "last_seen_at", "accounts",
                "merged_ids",
            ].map { Column(title: $0, key: $0) }
        case .events:
            return [
                "id", "message_id", "profile_id", "account_id", "type", "event", "ts", "received_at", "source",
                "session_id", "properties", "context",
            ].map { Column(title: $0, key: $0) }
        case .records(let description, let query):
            let selection = RecordSelection(description, names: query.names, followed: query.followed)
            let names = selection.fields.map(\.name) + selection.children.map(\.name)
            return names.map { Column(title: $0, key: $0) }
                + selection.followed.map {
                    let name = RecordSelection.name(ofFollowed: $0)
                    return Column(title: name, key: name, part: "name")
                }
        }
    }
}

/// A line of a CSV file (RFC 4180, but for the line's end).
public enum CSVLine {
    public static func text(_ cells: [String]) -> String {
        cells.map(quoted).joined(separator: ",") + "\n"
    }

    private static func quoted(_ cell: String) -> String {
        guard cell.utf8.contains(where: { [0x2C, 0x22, 0x0A, 0x0D].contains($0) }) else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }

    /// The text with an apostrophe before it where a spreadsheet would take it for a formula: it begins with `=`, `@`, a tab or a
    /// return, or with `+` or `-` and is no number. (OWASP, CSV injection. A telephone number stays as it is.)
    public static func harmless(_ text: String) -> String { isFormula(text) ? "'" + text : text }

    private static func isFormula(_ text: String) -> Bool {
        switch text.utf8.first {
        case UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: "\t"), UInt8(ascii: "\r"): true
        case UInt8(ascii: "+"), UInt8(ascii: "-"): !text.utf8.dropFirst().allSatisfy(number.contains)
        default: false
        }
    }

    private static let number = Set("0123456789 ().,/-".utf8)
}
