import Foundation
import Postgres

/// Copies a file's rows into the ledger, as they are.
struct ImportStaging {
    private let id: UUID
    private let passage: CursorPassage?

    /// - Parameter passage: rows that it passes over are not copied.
    init(_ id: UUID, _ passage: CursorPassage?) {
        self.id = id
        self.passage = passage
    }

    /// Inside the transaction that opens the import.
    func copy(
        _ job: ImportJob, on connection: Connection, total: Int64,
        _ progress: (ImportProgress) throws(TandemError) -> Void
    ) throws(TandemError) {
        var reader = try RowReader(job.file, format: job.mapping.format)
        try connection.copyIn(
            into: "copy import_row (import, row, line, cursor, raw, outcome, reason) from stdin",
            deadline: .seconds(3600)
        ) { () throws(TandemError) -> [UInt8]? in
            while let row = try reader.next() {
                if row.number % 5000 == 0 {
                    try progress(ImportProgress(phase: .staging, done: row.number, total: total))
                }
                if let line = line(row) { return line }
            }
            return nil
        }
    }

    /// A line of COPY's text format, nil for a row that is passed over. Rows that could not be read are rejected here.
    private func line(_ row: RawRow) -> [UInt8]? {
        let place = passage.flatMap { passage in (try? row.cells.get()).map(passage.place) }
        if place?.isTaken == false { return nil }
        let cursor = place?.value?.description ?? "\\N"
        var bytes = Array("\(id.uuidString)\t\(row.number)\t\(row.line)\t\(cursor)\t".utf8)
        switch row.cells {
        case .success(let cells):
            Self.append(.object(cells), to: &bytes)
            bytes.append(contentsOf: "\t\\N\t\\N\n".utf8)
        case .failure(let fault):
            bytes.append(contentsOf: "{}\trejected\t".utf8)
            Self.append(.array([fault.json]), to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    /// JSON text has no tabs or line ends of its own; COPY takes backslashes apart.
    private static func append(_ json: JSON, to bytes: inout [UInt8]) {
        for byte in json.encoded() {
            if byte == UInt8(ascii: "\\") { bytes.append(byte) }
            bytes.append(byte)
        }
    }
}
