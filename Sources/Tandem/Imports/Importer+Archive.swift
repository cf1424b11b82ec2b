import Foundation
import Postgres

extension Importer {
    /// Imports another product's archive of messages through the way of all events, or counts what is in it.
    ///
    /// Nothing of it is copied beforehand: the import's row remembers how many lines are done, and is moved in the
    /// transaction that stores them. Killed anywhere, the same call goes on behind the last of them.
    ///
    /// - Throws: `badRequest` for a file that cannot be read or is damaged; `conflict` when another run is at it.
    public func run(
        _ job: ArchiveJob, progress: (ImportProgress) throws(TandemError) -> Void = { _ in }
    ) throws(TandemError) -> ImportReport {
        guard tenant.modules.contains(.cdp) else {
            throw .denied(code: "module_disabled", detail: "tenant \(tenant.slug) has no module cdp")
        }
        let survey = try ArchiveSurvey(job, progress: progress)
        if job.isDryRun { return try count(job, survey, progress) }
        let id = try open(job, survey)
        try write(job, survey, id, progress)
        let json = try finish(id)
        return ImportReport(id: id, json: json, rejected: Int64(json["rejected"]?.int ?? 0))
    }

    private func open(_ job: ArchiveJob, _ survey: ArchiveSurvey) throws(TandemError) -> UUID {
        let mapping = JSON.object(["format": .string(job.format.rawValue), "source": .string(source.name)]).encoded()
        return try chunk { (connection) throws(TandemError) in
            let known = try connection.run(
                .call(
                    "find_running_import", .text("event"), .bytea(survey.digest), .jsonb(mapping), .null(.text)))
            if let id = try reading({ () throws(PostgresError) in try known.one().optionalUUID(0) }) { return id }
            let id = ids.next()
            _ = try connection.run(
                .call(
                    "begin_import", .uuid(id), .text("event"), .text(job.file.name), .bytea(survey.digest),
                    .jsonb(mapping), .text(actor), .int8(survey.lines)))
            return id
        }
    }

    // MARK: lines

    private func write(
        _ job: ArchiveJob, _ survey: ArchiveSurvey, _ id: UUID,
        _ progress: (ImportProgress) throws(TandemError) -> Void
    ) throws(TandemError) {
        var reader = try ArchiveReader(job, digest: survey.digest)
        try reader.skip(Int64(try show(id)["read"]?.int ?? 0))
        let writing = ArchiveWriting(importer: self, id: id)
        var pace = Pace(job.rate)
        while true {
            try progress(ImportProgress(phase: .writing, done: reader.number, total: survey.lines))
            let lines = try reader.next(pace.chunk(upTo: Int(Self.chunkRows)))
            if lines.isEmpty { return }
            try writing.write(lines[...])
            pace.wait(after: lines.count)
        }
    }

    /// The writer of archives: as the source is trusted, with message ids that are known for ever.
    func archiveWriter() throws(TandemError) -> EventWriter {
        try eventWriter(
            MessageSource(id: source.number, trust: source.trust, isPublic: source.isPublic, isImport: true),
            isArchive: true)
    }
}

/// Writes lines of an archive, each chunk in a transaction with its entry in the ledger.
private final class ArchiveWriting {
    private let importer: Importer
    private let id: UUID
    private var writer: EventWriter?

    init(importer: Importer, id: UUID) {
        self.importer = importer
        self.id = id
    }

    /// Where something in a chunk cannot be stored, each half goes on its own, down to the line that is to blame.
    func write(_ lines: ArraySlice<ArchiveLine>) throws(TandemError) {
        guard let first = lines.first else { return }
        do throws(TandemError) {
            try transact(first) { (connection, writer) throws(TandemError) in
                ArchiveChunk(lines, try writer.write(lines.flatMap(\.found), on: connection))
            }
        } catch {
            guard case .failure(_, let state?) = error, ["22", "54"].contains(state.prefix(2)) else { throw error }
            if lines.count > 1 {
                let middle = lines.startIndex + lines.count / 2
                try write(lines[..<middle])
                try write(lines[middle...])
            } else {
                let fault = ImportFault(
                    code: QuarantineReason.unstorable.code, reason: QuarantineReason.unstorable.message)
                try transact(first) { (_, _) throws(TandemError) in
                    ArchiveChunk(lines, first.found.map { _ in .rejected(fault) })
                }
            }
        }
    }

    private func transact(
        _ first: ArchiveLine, _ body: (Connection, EventWriter) throws(TandemError) -> ArchiveChunk
    ) throws(TandemError) {
        if writer == nil { writer = try importer.archiveWriter() }
        try importer.chunk { (connection) throws(TandemError) in
            guard let writer else { return }
            let position = try connection.run(.call("archive_position", .uuid(id)))
            let done = try reading { () throws(PostgresError) in try position.one().int(0) }
            guard Int64(done) == first.number - 1 else {
                throw .conflict("another run is importing this file; wait for its end, or run this again")
            }
            let chunk = try body(connection, writer)
            _ = try connection.run(.call("note_archive_lines", [.uuid(id)] + chunk.binds))
        } reloading: { () throws(TandemError) in
            writer = try importer.archiveWriter()
        }
    }
}

/// What became of some lines of an archive, for the ledger.
private struct ArchiveChunk {
    private var lines = 0
    private var (created, unchanged, rejected) = (0, 0, 0)
    private var rows: [(line: ArchiveLine, faults: [ImportFault])] = []

    init(_ lines: ArraySlice<ArchiveLine>, _ outcomes: [EventWriter.Outcome]) {
        self.lines = lines.count
        var next = outcomes.makeIterator()
        for line in lines {
            var faults: [ImportFault] = []
            switch line.messages {
            case .failure(let fault): faults.append(fault)
            case .success(let messages):
                for place in messages.indices {
                    switch next.next() {
                    case .created: created += 1
                    case .unchanged: unchanged += 1
                    case .rejected(var fault):
                        if messages.count > 1 { fault.column = "batch/\(place)" }
                        faults.append(fault)
                    case nil: break
                    }
                }
            }
            rejected += faults.count
            if !faults.isEmpty { rows.append((line, faults)) }
        }
    }

    /// The parameters of `note_archive_lines`, without the import.
    var binds: [Bind] {
        [
            .int(lines), .int(created), .int(unchanged), .int(rejected), .int8Array(rows.map(\.line.number)),
            .int4Array(rows.map { Int32(clamping: $0.line.line) }),
            .jsonbArray(rows.map { $0.line.kept.encoded()[...] }),
            .jsonbArray(rows.map { JSON.array($0.faults.map(\.json)).encoded()[...] }),
        ]
    }
}

extension ArchiveLine {
    fileprivate var found: [EventWriter.Message] { (try? messages.get()) ?? [] }

    /// For the ledger: the line as a text, at most as much as an event may have.
    fileprivate var kept: JSON {
        .string(String(decoding: bytes, as: UTF8.self).storable(limit: QuarantinedEvent.originalLimit))
    }
}

/// Keeps to a rate.
private struct Pace {
    private let rate: Int?
    private let start = ContinuousClock.now
    private var done = 0

    init(_ rate: Int?) { self.rate = rate }

    /// A quarter of a second's worth.
    func chunk(upTo most: Int) -> Int { rate.map { max(1, min(most, $0 / 4)) } ?? most }

    mutating func wait(after count: Int) {
        guard let rate else { return }
        done += count
        let due = start + .milliseconds(1_000 * done / rate)
        let pause = (due - .now) / .seconds(1)
        if pause > 0 { Thread.sleep(forTimeInterval: pause) }
    }
}
