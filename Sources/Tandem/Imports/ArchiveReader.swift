/// A line of an archive with its messages, or why it has none.
struct ArchiveLine: Sendable {
    /// From 1; empty lines do not count.
    var number: Int64
    /// The file's line, from 1.
    var line: Int
    var bytes: [UInt8]
    var messages: Result<[EventWriter.Message], ImportFault>
}

/// Reads an archive line by line, without holding it in memory.
struct ArchiveReader {
    private var records: RecordSplitter
    private let format: ArchiveFormat
    /// `imp:<sha256 of the file>:`; the row follows, and the place in it if a line has several messages.
    private let idPrefix: String
    private(set) var number: Int64 = 0

    init(_ job: ArchiveJob, digest: [UInt8]) throws(TandemError) {
        records = RecordSplitter(try job.file.open(), delimiter: nil)
        format = job.format
        idPrefix = "imp:" + digest.hex + ":"
    }

    /// The next lines that are not empty, at most `count`.
    mutating func next(_ count: Int) throws(TandemError) -> [ArchiveLine] {
        var lines: [ArchiveLine] = []
        while lines.count < count, let record = try nextRecord() {
            let messages = format.messages(of: record.bytes).map { found in
                found.enumerated().map { place, message in
                    EventWriter.Message(
                        json: message.json, id: idPrefix + "\(number)" + (found.count > 1 ? ":\(place)" : ""),
                        archivedAt: message.receivedAt)
                }
            }
            lines.append(ArchiveLine(number: number, line: record.line, bytes: record.bytes, messages: messages))
        }
        return lines
    }

    /// Passes over lines that are done.
    mutating func skip(_ count: Int64) throws(TandemError) {
        while number < count, try nextRecord() != nil {}
    }

    private mutating func nextRecord() throws(TandemError) -> FileRecord? {
        while let record = try records.next() {
            if record.bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { continue }
            number += 1
            return record
        }
        return nil
    }
}

/// What has to be known of an archive before its first line is taken. The pass also finds files that are damaged.
struct ArchiveSurvey {
    /// SHA-256 of the bytes as they lie there.
    let digest: [UInt8]
    let lines: Int64

    init(_ job: ArchiveJob, progress: (ImportProgress) throws(TandemError) -> Void) throws(TandemError) {
        digest = try job.file.digest()
        var reader = try ArchiveReader(job, digest: digest)
        var before: Int64 = -1
        while reader.number > before {
            before = reader.number
            try reader.skip(before + 20_000)
            try progress(ImportProgress(phase: .reading, done: reader.number))
        }
        lines = reader.number
    }
}
