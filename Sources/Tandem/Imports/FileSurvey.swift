/// What has to be known of the whole file before its first row is taken: a pass of its own, so that nothing is written of
/// a file whose mapping does not fit.
struct FileSurvey: Sendable {
    /// SHA-256 of the bytes.
    private(set) var digest: [UInt8] = []
    private(set) var rows: Int64 = 0

    var hexDigest: String {
        digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// Columns whose cells are plain numbers or empty, with at least one number.
    private(set) var numericColumns: Set<String> = []
    /// Values of the fields by which rows of this file refer to each other, by SQL column.
    private(set) var ownKeys: [String: Set<String>] = [:]
    private(set) var tally = CursorTally()

    /// - Parameters:
    ///   - digest: of the file.
    ///   - passage: which rows are taken; nil: all.
    init(
        _ file: ImportFile, _ mapping: Mapping, digest: [UInt8], plan: RowPlan?, passage: CursorPassage?,
        phoneRegion: String, progress: (ImportProgress) throws(TandemError) -> Void
    ) throws(TandemError) {
        self.digest = digest
        var reader = try RowReader(file, format: mapping.format)
        if !reader.columns.isEmpty { try Self.check(mapping, against: reader.columns) }
        let properties = Set(
            mapping.properties.map(\.value).filter { $0.type == nil && $0.values.isEmpty }.compactMap(\.name))
        var numeric: [String: Bool] = [:]
        let dated =
            plan.map { $0.targets + $0.history }?.filter { $0.reader.needsISODates && $0.reference == nil } ?? []
        let own = Self.ownKeyColumns(plan)
        while let row = try reader.next() {
            rows += 1
            if rows % 20_000 == 0 { try progress(ImportProgress(phase: .reading, done: rows)) }
            guard case .success(let cells) = row.cells else { continue }
            for name in properties {
                guard let text = cells[name]?.string, !text.isEmpty else { continue }
                numeric[name] = (numeric[name] ?? true) && Self.isPlainNumber(text)
            }
            if let place = passage?.place(cells) {
                tally.note(place, line: row.line)
                // Where its records are is for the database to say.
                if !place.isTaken { continue }
            }
            for target in dated { try Self.check(target, cells, line: row.line) }
            for (key, column) in own {
                guard case .text(let text) = RowConverter.Cell(column, cells) else { continue }
                ownKeys[key.column, default: []].insert(RowConverter.normal(text, key, phoneRegion))
            }
        }
        numericColumns = Set(numeric.filter(\.value).keys)
        if let cursor = passage?.column.cursor { try check(cursor) }
    }

    /// If nothing can be read, it is the mapping that does not fit.
    private func check(_ cursor: Mapping.Cursor) throws(TandemError) {
        guard tally.readable == 0, let (line, text) = tally.firstUnreadable else { return }
        let hint =
            cursor.kind == .number
            ? "a number such as 1,234.5 needs it as `format`; a date or time has no `type: number`"
            : "give its `format`, for example {column: \(cursor.column), format: YYYY-MM-DD HH:mm}, or "
                + "`type: number` for a number"
        throw .badRequest(
            code: "invalid_mapping",
            detail: "line \(cursor.line): no `cursor` can be read, such as `\(text)` (line \(line) of the file); "
                + hint)
    }

    /// Every column that the mapping names must be in the header.
    private static func check(_ mapping: Mapping, against header: [String]) throws(TandemError) {
        for column in mapping.columns {
            guard let name = column.name, !header.contains(name) else { continue }
            throw missing(name, in: header, line: column.line)
        }
    }

    static func missing(_ name: String, in header: [String], line: Int) -> TandemError {
        let near = Spelling.nearest(to: name, among: header)
        let hint =
            near.map { "did you mean `\($0)`?" }
            ?? "it has \(header.filter { !$0.isEmpty }.joined(separator: ", "))"
        return .badRequest(
            code: "invalid_mapping", detail: "line \(line): the file has no column `\(name)`; \(hint)")
    }

    /// `3/4/2017` may be March or April: without a format nobody can know.
    private static func check(_ target: RowPlan.Target, _ cells: JSONObject, line: Int) throws(TandemError) {
        guard case .text(let text) = RowConverter.Cell(target.column, cells), !target.reader.isISODate(text) else {
            return
        }
        throw .badRequest(
            code: "ambiguous_date",
            detail:
                "line \(target.column.line): `\(target.name)` needs a `format`, since `\(text)` (line \(line) of the "
                + "file) is no ISO 8601 date; write for example {column: \(target.column.name ?? ""), format: MM/DD/YYYY} "
                + "or format: DD/MM/YYYY")
    }

    private static func ownKeyColumns(_ plan: RowPlan?) -> [(ReferenceKey, Mapping.Column)] {
        guard let plan else { return [] }
        return plan.targets.filter(\.isOwnKind).compactMap { target in
            guard let key = target.reference, let field = target.column.reference?.field,
                let source = plan.targets.first(where: { $0.child == nil && $0.field == field })
            else { return nil }
            return (key, source.column)
        }
    }

    /// Digits as JSON has them, few enough to survive a double.
    static func isPlainNumber(_ text: String) -> Bool {
        guard text.utf8.count <= 16, !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) else {
            return false
        }
        return JSONNumber(text) != nil && text != "-0"
    }
}

extension Mapping {
    /// Everything that reads a column.
    var columns: [Column] {
        [event, messageID, timestamp].compactMap { $0 } + (fields + history + identifiers + properties).map(\.value)
    }
}
