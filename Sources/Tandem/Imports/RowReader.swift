/// One record of a file: its cells by column, or why it has none.
struct RawRow: Sendable {
    /// From 1; headers and empty lines do not count.
    var number: Int64
    /// The file's line on which it begins, from 1.
    var line: Int
    var cells: Result<JSONObject, ImportFault>
}

/// Reads the rows of a file in any of the formats, without holding the file in memory.
struct RowReader {
    private let format: Mapping.Format
    private let delimiter: UInt8
    private var lines: RecordSplitter
    private(set) var columns: [String] = []
    private var number: Int64 = 0

    init(_ file: ImportFile, format: Mapping.Format) throws(TandemError) {
        self.format = format
        delimiter = format.delimiter ?? UInt8(ascii: ",")
        lines = RecordSplitter(
            try file.open(), delimiter: format.kind == .csv ? delimiter : nil, encoding: format.encoding ?? .utf8)
        guard format.kind != .jsonl, format.header else { return }
        while let record = try lines.next() {
            guard let cells = try? split(record).get() else {
                throw .badRequest(code: "invalid_file", detail: "line \(record.line): the header cannot be read")
            }
            guard cells.contains(where: { !$0.isEmpty }) else { continue }
            columns = cells
            break
        }
        if let repeated = columns.first(where: { name in columns.count { $0 == name } > 1 && !name.isEmpty }) {
            throw .badRequest(code: "invalid_file", detail: "the header names column `\(repeated)` twice")
        }
    }

    mutating func next() throws(TandemError) -> RawRow? {
        while let record = try lines.next() {
            if record.bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { continue }
            number += 1
            let cells = format.kind == .jsonl ? object(record) : named(split(record))
            return RawRow(number: number, line: record.line, cells: cells)
        }
        return nil
    }

    private func object(_ record: FileRecord) -> Result<JSONObject, ImportFault> {
        do throws(JSONError) {
            if let object = try JSON(parsing: record.bytes).object { return .success(object) }
            return .failure(ImportFault(code: "invalid_row", reason: "the line is no JSON object"))
        } catch {
            return .failure(ImportFault(code: "invalid_row", reason: "the line is no JSON"))
        }
    }

    private func named(_ cells: Result<[String], ImportFault>) -> Result<JSONObject, ImportFault> {
        cells.flatMap { cells in
            if !columns.isEmpty, cells.count != columns.count {
                return .failure(
                    ImportFault(
                        code: "invalid_row", reason: "has \(cells.count) cells where the header has \(columns.count)"))
            }
            var object = JSONObject()
            object.reserveCapacity(cells.count)
            for (index, cell) in cells.enumerated() {
                object[columns.isEmpty ? String(index + 1) : columns[index]] = .string(cell)
            }
            return .success(object)
        }
    }

    private func split(_ record: FileRecord) -> Result<[String], ImportFault> {
        if record.isOpen {
            return .failure(ImportFault(code: "invalid_row", reason: "a quote that begins on this line never ends"))
        }
        var cells: [String] = []
        func take(_ bytes: some Collection<UInt8>) -> Bool {
            guard let text = String(validating: bytes, as: UTF8.self) else { return false }
            cells.append(text.contains("\0") ? text.replacing("\0", with: "\u{FFFD}") : text)
            return true
        }
        let isValid =
            format.kind == .whitespace
            ? record.bytes.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }).allSatisfy(
                take)
            : splitQuoted(record.bytes, take)
        return isValid
            ? .success(cells) : .failure(ImportFault(code: "invalid_row", reason: "the row is not valid UTF-8"))
    }

    /// RFC 4180: a cell in quotes may hold delimiters, line ends and doubled quotes.
    private func splitQuoted(_ bytes: [UInt8], _ take: (ArraySlice<UInt8>) -> Bool) -> Bool {
        let quote = UInt8(ascii: "\"")
        var start = 0
        while true {
            var end = start
            if end < bytes.count, bytes[end] == quote {
                var cell: [UInt8] = []
                end += 1
                while end < bytes.count {
                    if bytes[end] == quote {
                        guard end + 1 < bytes.count, bytes[end + 1] == quote else { break }
                        end += 1
                    }
                    cell.append(bytes[end])
                    end += 1
                }
                end += 1
                // What follows a closing quote belongs to the cell, as spreadsheets read it.
                while end < bytes.count, bytes[end] != delimiter {
                    cell.append(bytes[end])
                    end += 1
                }
                guard take(cell[...]) else { return false }
            } else {
                while end < bytes.count, bytes[end] != delimiter { end += 1 }
                guard take(bytes[start..<end]) else { return false }
            }
            guard end < bytes.count else { return true }
            start = end + 1
        }
    }
}

/// The bytes of one record without its line end.
struct FileRecord {
    var line: Int
    var bytes: [UInt8]
    /// The file ended inside quotes.
    var isOpen = false
}

/// Cuts a file at line ends (LF, CRLF or CR), but not inside quotes.
struct RecordSplitter {
    private var source: ByteSource
    private var decoder: TextDecoder
    /// Of csv; nil where quotes have no meaning.
    private let delimiter: UInt8?
    private var block: [UInt8] = []
    private var position = 0
    private var line = 1
    private var isFirst = true
    private var isDone = false

    /// A row that long is a file in another format.
    static let recordBytesLimit = 8 << 20

    init(_ source: ByteSource, delimiter: UInt8?, encoding: TextEncoding = .utf8) {
        self.source = source
        decoder = TextDecoder(encoding)
        self.delimiter = delimiter
    }

    mutating func next() throws(TandemError) -> FileRecord? {
        guard !isDone else { return nil }
        var record = FileRecord(line: line, bytes: [])
        var inQuotes = false
        // A quote opens a cell only where the cell begins, or right after a closing one (a doubled quote).
        var mayOpen = true
        while true {
            if position == block.count, try !refill() {
                isDone = true
                record.isOpen = inQuotes
                return record.bytes.isEmpty && !inQuotes ? nil : record
            }
            let start = position
            while position < block.count {
                let byte = block[position]
                if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { break }
                if let delimiter {
                    if byte == UInt8(ascii: "\"") {
                        (inQuotes, mayOpen) = inQuotes ? (false, true) : (mayOpen, false)
                    } else {
                        mayOpen = byte == delimiter
                    }
                }
                position += 1
            }
            record.bytes.append(contentsOf: block[start..<position])
            guard record.bytes.count <= Self.recordBytesLimit else {
                throw .badRequest(
                    code: "invalid_file",
                    detail: "line \(record.line): a row of more than \(Self.recordBytesLimit >> 20) MB")
            }
            guard position < block.count else { continue }
            let end = block[position]
            position += 1
            if end == UInt8(ascii: "\r"), try peek() == UInt8(ascii: "\n") {
                if inQuotes { record.bytes.append(end) }
                continue
            }
            line += 1
            if !inQuotes { return record }
            record.bytes.append(end)
        }
    }

    private mutating func peek() throws(TandemError) -> UInt8? {
        if position == block.count, try !refill() { return nil }
        return block[position]
    }

    private mutating func refill() throws(TandemError) -> Bool {
        guard let next = try source.next(), !next.isEmpty else { return false }
        block = decoder.decode(next)
        position = 0
        if isFirst, block.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        isFirst = false
        return position < block.count ? true : try refill()
    }
}
