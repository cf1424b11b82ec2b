import Yams

extension Mapping {
    /// Reads a mapping file. Whatever it does not know is an error.
    ///
    /// - Parameter object: in the plural: `accounts`, …, `events`.
    public init(yaml: String, object: String) throws(MappingError) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch let error as YamlError {
            throw MappingError(line: Self.line(of: error), "no YAML: \(error)")
        } catch {
            throw MappingError(line: 0, "no YAML: \(error)")
        }
        guard let root else { throw MappingError(line: 1, "the mapping is empty") }
        let isEvents = object == "events"
        let keys =
            ["format", "match", "cursor"]
            + (isEvents
                ? ["event", "message_id", "timestamp", "identifiers", "properties"]
                : ["defaults", "fields"] + (object == "opportunities" ? ["history"] : []))
        let reader = MappingReader(root, keys)
        try reader.finish()
        self.init()
        format = try reader.format()
        match = try reader.words("match")
        cursor = try reader.cursor()
        if isEvents {
            event = try reader.column("event")
            messageID = try reader.column("message_id")
            timestamp = try reader.column("timestamp")
            identifiers = try reader.columns("identifiers")
            properties = try reader.columns("properties")
            try requireEventParts(line: reader.line)
        } else {
            defaults = try reader.values("defaults")
            fields = try reader.columns("fields")
            history = try reader.columns("history")
            if fields.isEmpty { throw MappingError(line: reader.line, "`fields` names no field") }
        }
        try checkFormats()
    }

    private func requireEventParts(line: Int) throws(MappingError) {
        if !match.isEmpty {
            throw MappingError(line: line, "events are known by their message id: `match` has no meaning")
        }
        if event == nil { throw MappingError(line: line, "`event` is missing: a column or the name of all events") }
        if timestamp == nil { throw MappingError(line: line, "`timestamp` is missing") }
        if identifiers.isEmpty { throw MappingError(line: line, "`identifiers` names no identifier") }
        if let cursor, messageID == nil {
            throw MappingError(
                line: cursor.line,
                "`cursor` needs `message_id`: without it a row that is read again, from another file, is another event")
        }
    }

    /// Formats and zones are checked before the first row is read.
    private func checkFormats() throws(MappingError) {
        for (zone, line) in columns.map({ ($0.timezone, $0.line) }) + [(cursor?.timezone, cursor?.line ?? 0)] {
            if let zone, ImportZone(zone) == nil {
                throw MappingError(
                    line: line, "there is no time zone `\(zone)`; write an IANA name such as Europe/Berlin")
            }
        }
        if let cursor { _ = try CursorColumn(cursor) }
        for column in history.map(\.value) + [timestamp].compactMap({ $0 }) {
            guard let format = column.format else { continue }
            do throws(DateFormat.FormatError) {
                _ = try DateFormat(format)
            } catch {
                throw MappingError(line: column.line, "format `\(format)`: \(error.reason)")
            }
        }
    }

    private static func line(of error: YamlError) -> Int {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: 0
        }
    }
}

/// Takes a YAML mapping apart and remembers which keys nobody asked for.
private struct MappingReader {
    private let pairs: [(key: String, line: Int, value: Node)]
    private let known: [String]
    private let fault: MappingError?
    let line: Int

    init(_ node: Node, _ known: [String]) {
        self.known = known
        line = node.mark?.line ?? 0
        guard case .mapping(let mapping) = node else {
            pairs = []
            fault = MappingError(line: line, "expected `key: value` pairs (\(known.joined(separator: ", ")))")
            return
        }
        pairs = mapping.map { ($0.key.string ?? "", $0.key.mark?.line ?? 0, $0.value) }
        fault = nil
    }

    /// Refuses keys that are not known.
    func finish() throws(MappingError) {
        if let fault { throw fault }
        for pair in pairs where !known.contains(pair.key) {
            let near = Spelling.nearest(to: pair.key, among: known)
            let hint = near.map { "did you mean `\($0)`?" } ?? "known are \(known.joined(separator: ", "))"
            throw MappingError(line: pair.line, "unknown key `\(pair.key)`; \(hint)")
        }
    }

    private func pair(_ key: String) -> (key: String, line: Int, value: Node)? {
        // `on_missing: null` means the word.
        pairs.first { $0.key == key && (!$0.value.isNullScalar || key == "on_missing") }
    }

    func text(_ key: String) throws(MappingError) -> String? {
        guard let pair = pair(key) else { return nil }
        guard case .scalar(let scalar) = pair.value else {
            throw MappingError(line: pair.line, "`\(key)` must be text")
        }
        return scalar.string
    }

    /// One word, or a list of them.
    func words(_ key: String) throws(MappingError) -> [String] {
        guard let pair = pair(key) else { return [] }
        guard case .sequence(let sequence) = pair.value else { return try text(key).map { [$0] } ?? [] }
        var words: [String] = []
        for node in sequence {
            guard case .scalar(let scalar) = node, !node.isNullScalar else {
                throw MappingError(line: node.mark?.line ?? pair.line, "`\(key)` is a field or a list of fields")
            }
            words.append(scalar.string)
        }
        guard !words.isEmpty else { throw MappingError(line: pair.line, "`\(key)` is a list without a field") }
        return words
    }

    private func word<Word: RawRepresentable & CaseIterable>(_ key: String) throws(MappingError) -> Word?
    where Word.RawValue == String {
        guard let text = try text(key) else { return nil }
        if let word = Word(rawValue: text) { return word }
        let all = Word.allCases.map(\.rawValue).joined(separator: ", ")
        throw MappingError(line: pair(key)?.line ?? 0, "`\(key)` is \(all), not `\(text)`")
    }

    func format() throws(MappingError) -> Mapping.Format {
        var format = Mapping.Format()
        guard let pair = pair("format") else { return format }
        if case .scalar(let scalar) = pair.value {
            guard let kind = Mapping.Format.Kind(rawValue: scalar.string) else {
                throw MappingError(line: pair.line, "`format` is csv, jsonl, whitespace, not `\(scalar.string)`")
            }
            format.kind = kind
            return format
        }
        let reader = MappingReader(pair.value, ["kind", "delimiter", "header", "encoding"])
        try reader.finish()
        format.kind = try reader.word("kind") ?? .csv
        if let delimiter = try reader.text("delimiter") {
            let text = delimiter == "\\t" || delimiter == "tab" ? "\t" : delimiter
            guard text.utf8.count == 1, let byte = text.utf8.first, byte != UInt8(ascii: "\""), format.kind == .csv
            else {
                throw MappingError(line: pair.line, "`delimiter` is one ASCII character of a csv file")
            }
            format.delimiter = byte
        }
        format.header = try reader.flag("header") ?? true
        if let name = try reader.text("encoding"), name.lowercased() != "detect" {
            guard let encoding = TextEncoding(name: name) else {
                throw MappingError(
                    line: pair.line,
                    "encoding `\(name)` cannot be read: utf-8, utf-16le, utf-16be and windows-1252 can; convert the file to UTF-8"
                )
            }
            format.encoding = encoding
        }
        return format
    }

    private func flag(_ key: String) throws(MappingError) -> Bool? {
        guard let text = try text(key) else { return nil }
        switch text.lowercased() {
        case "true", "yes": return true
        case "false", "no": return false
        default: throw MappingError(line: pair(key)?.line ?? 0, "`\(key)` is true or false, not `\(text)`")
        }
    }

    func values(_ key: String) throws(MappingError) -> [Mapping.Entry<JSON>] {
        guard let pair = pair(key) else { return [] }
        guard case .mapping(let mapping) = pair.value else {
            throw MappingError(line: pair.line, "`\(key)` must be `field: value` pairs")
        }
        var entries: [Mapping.Entry<JSON>] = []
        for (name, node) in mapping {
            let line = name.mark?.line ?? pair.line
            entries.append(Mapping.Entry(name.string ?? "", try Self.json(node, line: line), line: line))
        }
        return entries
    }

    private static func json(_ node: Node, line: Int) throws(MappingError) -> JSON {
        guard case .scalar(let scalar) = node else { throw MappingError(line: line, "a value must be a scalar") }
        if scalar.style != .plain { return .string(scalar.string) }
        switch scalar.string {
        case "null", "~", "": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: return JSONNumber(scalar.string).map(JSON.number) ?? .string(scalar.string)
        }
    }

    func columns(_ key: String) throws(MappingError) -> [Mapping.Entry<Mapping.Column>] {
        guard let pair = pair(key) else { return [] }
        guard case .mapping(let mapping) = pair.value else {
            throw MappingError(line: pair.line, "`\(key)` must be `name: column` pairs")
        }
        var entries: [Mapping.Entry<Mapping.Column>] = []
        for (name, node) in mapping {
            let line = name.mark?.line ?? pair.line
            entries.append(Mapping.Entry(name.string ?? "", try Self.column(node, line: line), line: line))
        }
        return entries
    }

    func column(_ key: String) throws(MappingError) -> Mapping.Column? {
        guard let pair = pair(key) else { return nil }
        return try Self.column(pair.value, line: pair.line)
    }

    func cursor() throws(MappingError) -> Mapping.Cursor? {
        guard let pair = pair("cursor") else { return nil }
        if case .scalar(let scalar) = pair.value {
            var cursor = Mapping.Cursor(scalar.string)
            cursor.line = pair.line
            return cursor
        }
        let reader = MappingReader(pair.value, ["column", "format", "timezone", "type", "overlap", "name"])
        try reader.finish()
        guard let column = try reader.text("column") else {
            throw MappingError(line: pair.line, "`cursor` needs a `column`")
        }
        var cursor = Mapping.Cursor(column)
        cursor.line = pair.line
        cursor.kind = try reader.word("type") ?? .timestamp
        cursor.format = try reader.text("format")
        cursor.timezone = try reader.text("timezone")
        cursor.name = try reader.text("name")
        if let text = try reader.text("overlap") {
            guard let overlap = CursorColumn.overlap(text, cursor.kind) else {
                throw MappingError(
                    line: pair.line,
                    cursor.kind == .timestamp
                        ? "`overlap` is a length of time such as 30m, 2h or 1d, not `\(text)`"
                        : "`overlap` of numbers is a number, not `\(text)`")
            }
            cursor.overlap = overlap
        }
        return cursor
    }

    private static let columnKeys = [
        "column", "value", "format", "timezone", "values", "empty", "ref", "on_missing", "multiply", "type",
    ]

    private static func column(_ node: Node, line: Int) throws(MappingError) -> Mapping.Column {
        var column = Mapping.Column()
        column.line = line
        if case .scalar(let scalar) = node {
            column.name = scalar.string
            return column
        }
        let reader = MappingReader(node, columnKeys)
        try reader.finish()
        column.name = try reader.text("column")
        if let value = reader.pair("value") { column.value = try json(value.value, line: value.line) }
        guard (column.name == nil) != (column.value == nil) else {
            throw MappingError(line: line, "needs either `column` or `value`")
        }
        column.format = try reader.text("format")
        column.timezone = try reader.text("timezone")
        for entry in try reader.values("values") { column.values[entry.name] = entry.value }
        column.empty = try reader.word("empty") ?? .keep
        if let reference = try reader.text("ref") {
            let parts = reference.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
                throw MappingError(line: line, "`ref` is OBJECT.FIELD such as accounts.name, not `\(reference)`")
            }
            column.reference = Mapping.Column.Reference(object: parts[0], field: parts[1])
        }
        if let missing: Mapping.Column.Missing = try reader.word("on_missing") {
            guard column.reference != nil else { throw MappingError(line: line, "`on_missing` goes with `ref`") }
            column.onMissing = missing
        }
        if let factor = try reader.text("multiply") {
            guard JSONNumber(factor) != nil else {
                throw MappingError(line: line, "`multiply` is a number, not `\(factor)`")
            }
            column.multiply = factor
        }
        column.type = try reader.word("type")
        return column
    }
}

extension Node {
    fileprivate var isNullScalar: Bool {
        guard case .scalar(let scalar) = self, scalar.style == .plain else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }
}
