import Foundation
import Tandem

/// What a command answers, independent of how it is printed.
struct Output {
    /// One object, or a list that is `{"items":[…]}` in JSON.
    enum Content {
        case object(JSONObject)
        case list([JSONObject])
    }

    var content: Content
    /// What JSON says beside a list's items.
    var beside: JSONObject = [:]
    /// For tables: title and key (a path with dots reaches inside) of each column; empty: every key of an object.
    var columns: [(title: String, key: String)] = []
    /// Which value stands for the whole with `-o name`.
    var name = "id"
    /// Words for people, instead of a table.
    var text: String?
    /// What people should know; standard error, with tables only.
    var notes: [String] = []
    /// What to do next; standard error, with tables only.
    var next: [String] = []
    var exit = CommandFailure.Exit.success

    func print(_ format: OutputFormat) {
        var bytes = rendered(format)
        if !bytes.isEmpty && bytes.last != "\n" { bytes += "\n" }
        FileHandle.standardOutput.write(Data(bytes.utf8))
        guard format == .table else { return }
        for note in notes { FileHandle.standardError.write(Data("Note: \(note)\n".utf8)) }
        guard !next.isEmpty else { return }
        FileHandle.standardError.write(Data(("Next: " + next.joined(separator: "\n      ") + "\n").utf8))
    }

    func rendered(_ format: OutputFormat) -> String {
        let items: [JSONObject] =
            switch content {
            case .object(let object): [object]
            case .list(let list): list
            }
        switch format {
        case .json:
            if case .object(let object) = content { return JSON.object(object).text }
            var list: JSONObject = ["items": .array(items.map { .object($0) })]
            for name in beside.names { list[name] = beside[name] }
            return JSON.object(list).text
        case .jsonl: return items.map { JSON.object($0).text + "\n" }.joined()
        case .name: return items.map { Self.value($0, name) + "\n" }.joined()
        case .csv: return csv(items)
        case .table:
            if let text { return text }
            if case .object(let object) = content, columns.isEmpty { return Self.card(object) }
            return table(items)
        }
    }

    private func table(_ items: [JSONObject]) -> String {
        let rows = [columns.map(\.title)] + items.map { item in columns.map { Self.value(item, $0.key) } }
        return Self.aligned(rows)
    }

    /// Rows of equally many cells, below each other.
    static func aligned(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { index in rows.map { $0[index].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return cells.joined(separator: "  ").trimmingSuffix(" ") + "\n"
        }.joined()
    }

    private static func card(_ object: JSONObject) -> String {
        let width = object.names.map(\.count).max() ?? 0
        return object.names.map { name in
            name + String(repeating: " ", count: width - name.count + 2) + value(object, name) + "\n"
        }.joined()
    }

    private func csv(_ items: [JSONObject]) -> String {
        let keys = columns.isEmpty ? items.first?.names ?? [] : columns.map(\.key)
        let rows = [keys] + items.map { item in keys.map { Self.cell(item, $0) } }
        return rows.map(CSVLine.text).joined()
    }

    /// Texts as files of exports have them: a spreadsheet runs none.
    private static func cell(_ object: JSONObject, _ path: String) -> String {
        let text = value(object, path)
        return switch found(object, path) {
        case .string, .array: CSVLine.harmless(text)
        default: text
        }
    }

    private static func value(_ object: JSONObject, _ path: String) -> String {
        switch found(object, path) {
        case nil, .null: return ""
        case .string(let text): return text
        case .array(let elements): return elements.map { $0.string ?? $0.text }.joined(separator: ",")
        case .some(let other): return other.text
        }
    }

    private static func found(_ object: JSONObject, _ path: String) -> JSON? {
        var value: JSON? = .object(object)
        for key in path.split(separator: ".") { value = value?[String(key)] }
        return value
    }
}

extension String {
    func trimmingSuffix(_ character: Character) -> String {
        var text = self[...]
        while text.last == character { text.removeLast() }
        return String(text)
    }
}
