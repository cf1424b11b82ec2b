/// What a mapping leaves open of how a file is written: its encoding, and what stands between its cells.
enum FileShape {
    private static let delimiters: [UInt8] = [
        UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|"),
    ]

    /// The same format with nothing left open.
    /// - Parameter wanted: columns that the mapping names: the right delimiter is the one by which they are there.
    static func settle(
        _ format: Mapping.Format, of file: ImportFile, wanted: [String]
    ) throws(TandemError) -> Mapping.Format {
        var format = format
        if format.encoding == nil { format.encoding = try TextEncoding.detect(file) }
        if format.kind == .csv, format.delimiter == nil { format.delimiter = try delimiter(of: file, format, wanted) }
        return format
    }

    private static func delimiter(
        of file: ImportFile, _ format: Mapping.Format, _ wanted: [String]
    ) throws(TandemError) -> UInt8 {
        var best: (delimiter: UInt8, found: Int, cells: Int)?
        for delimiter in delimiters {
            var candidate = format
            candidate.delimiter = delimiter
            // A header that is wrong by one delimiter may be right by the next.
            guard let cells = try firstCells(of: file, candidate) else { continue }
            let found = wanted.count { cells.contains($0) }
            if let best, (best.found, best.cells) >= (found, cells.count) { continue }
            best = (delimiter, found, cells.count)
        }
        return best?.delimiter ?? UInt8(ascii: ",")
    }

    /// Of the header, or of the first row.
    private static func firstCells(of file: ImportFile, _ format: Mapping.Format) throws(TandemError) -> [String]? {
        do throws(TandemError) {
            var reader = try RowReader(file, format: format)
            if format.header { return reader.columns }
            return try reader.next().flatMap { try? $0.cells.get().names }
        } catch {
            if case .badRequest(let code, _) = error, code == "invalid_file" { return nil }
            throw error
        }
    }
}
