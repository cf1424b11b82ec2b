import Foundation
public import Logging
public import Postgres

/// Imports files into one tenant, on one connection.
///
/// A file is copied whole into the ledger `import_row`, then written in chunks, each in a transaction with its entry in
/// the ledger. Killed anywhere, the same call goes on with the next row. The same file again changes nothing: events are
/// known by file and row for ever, records by the field that matches, or by file and row.
public struct Importer {
    let connection: Connection
    let tenant: Tenant
    let source: Source
    let actor: String
    let catalog: ObjectCatalog
    let phoneRegion: String
    let ids: IDGenerator
    let clock: WallClock
    let logger: Logger

    /// Rows in a transaction.
    static let chunkRows: Int32 = 1000

    /// - Parameter source: of kind import; values carry its number.
    public init(
        _ connection: Connection, tenant: Tenant, source: Source, actor: String, catalog: ObjectCatalog,
        phoneRegion: String = Normalizer.noRegion, clock: WallClock = .system, logger: Logger
    ) {
        self.connection = connection
        self.tenant = tenant
        self.source = source
        self.actor = actor
        self.catalog = catalog
        self.phoneRegion = phoneRegion
        self.clock = clock
        self.logger = logger
        ids = .uuidV7(clock: clock)
    }

    /// The objects that can be imported, in the plural.
    public var objects: [String] { catalog.objects.map(\.plural) + ["events"] }

    /// Imports a file, or tries to.
    ///
    /// - Throws: `badRequest` when the mapping does not fit object or file (nothing is written then); `denied` when the
    ///   tenant lacks the module.
    public func run(
        _ job: ImportJob, progress: (ImportProgress) throws(TandemError) -> Void = { _ in }
    ) throws(TandemError) -> ImportReport {
        var job = job
        job.mapping.format = try FileShape.settle(
            job.mapping.format, of: job.file, wanted: job.mapping.columns.compactMap(\.name))
        if let object = catalog.object(plural: job.object), let format = job.dateFormat {
            job.mapping.date(object, by: format)
        }
        let prepared = try prepare(job, progress)
        try check(prepared.survey, against: job)
        if job.isDryRun { return try rehearse(job, prepared, progress) }
        let id: UUID
        if let running = prepared.running { id = running } else { id = try open(job, prepared, progress) }
        try write(id, prepared, progress)
        var json = try finish(id)
        prepared.tell(&json, of: job)
        return ImportReport(id: id, json: json, rejected: Int64(json["rejected"]?.int ?? 0))
    }

    /// The file that was tried is the file that is imported.
    private func check(_ survey: FileSurvey, against job: ImportJob) throws(TandemError) {
        guard let wanted = job.digest?.lowercased(), wanted != survey.hexDigest else { return }
        throw .badRequest(
            code: "file_changed",
            detail:
                "\(job.file.name) has the SHA-256 \(survey.hexDigest), not \(wanted): it is not the file that was tried; "
                + "try it again with --dry-run")
    }

    // MARK: before the first row

    /// What a run works with.
    struct Prepared {
        var object: ObjectDescription?
        /// Singular, as the ledger calls it.
        var name: String
        var survey: FileSurvey
        var plan: RowPlan?
        var eventPlan: EventPlan?
        /// Which rows are taken; nil: all, as they have no cursor.
        var passage: CursorPassage?
        /// For the ledger.
        var mapping: [UInt8]
        /// An import of the same that was begun: it goes on.
        var running: UUID?
    }

    private func prepare(_ job: ImportJob, _ progress: (ImportProgress) throws(TandemError) -> Void) throws(TandemError)
        -> Prepared
    {
        let isEvents = job.object == "events"
        guard isEvents || catalog.object(plural: job.object) != nil else {
            throw .badRequest(
                code: "unknown_object",
                detail: "\(job.object) cannot be imported; \(objects.joined(separator: ", ")) can")
        }
        let object = catalog.object(plural: job.object)
        let module: Module = isEvents ? .cdp : object?.module ?? .crm
        let isCommon = ["account", "user", "team"].contains(object?.name)
        guard tenant.modules.contains(module) || isCommon else {
            throw .denied(code: "module_disabled", detail: "tenant \(tenant.slug) has no module \(module.rawValue)")
        }
        let plan = try fitting { () throws(MappingError) in
            try object.map { (object) throws(MappingError) in
                try RowPlan(job.mapping, object: object, catalog: catalog, match: job.match)
            }
        }
        if plan?.history.isEmpty == false { try checkHistory(job.mapping) }
        let name = object?.name ?? "event"
        let digest = try job.file.digest()
        let mapping = job.mapping.json(match: plan?.match ?? []).encoded()
        let header = try RowReader(job.file, format: job.mapping.format).columns
        let (passage, running) = try self.passage(job, name, plan, header, mapping: mapping, digest: digest)
        let survey = try FileSurvey(
            job.file, job.mapping, digest: digest, plan: plan, passage: passage, phoneRegion: phoneRegion,
            progress: progress)
        let eventPlan = try fitting { () throws(MappingError) in
            try object == nil ? EventPlan(job.mapping, survey: survey, header: header) : nil
        }
        return Prepared(
            object: object, name: name, survey: survey, plan: plan, eventPlan: eventPlan, passage: passage,
            mapping: mapping, running: running)
    }

    /// The stages that the mapping names must be stages of some pipeline.
    private func checkHistory(_ mapping: Mapping) throws(TandemError) {
        let stages = try chunk { (connection) throws(TandemError) in try connection.importStages() }.stages
        for entry in mapping.history where !stages.contains(where: { $0.key == entry.name || $0.name == entry.name }) {
            let near = Spelling.nearest(to: entry.name, among: stages.map(\.name))
            throw .badRequest(
                code: "invalid_mapping",
                detail: "line \(entry.line): there is no stage `\(entry.name)`"
                    + (near.map { "; did you mean `\($0)`?" } ?? ""))
        }
    }

    func fitting<Plan>(_ body: () throws(MappingError) -> Plan) throws(TandemError) -> Plan {
        do throws(MappingError) {
            return try body()
        } catch {
            throw .badRequest(code: "invalid_mapping", detail: error.description)
        }
    }

    private func open(
        _ job: ImportJob, _ prepared: Prepared, _ progress: (ImportProgress) throws(TandemError) -> Void
    ) throws(TandemError) -> UUID {
        let id = ids.next()
        try chunk(timeout: .seconds(3600)) { (connection) throws(TandemError) in
            _ = try connection.run(
                .call(
                    "begin_import", .uuid(id), .text(prepared.name), .text(job.file.name),
                    .bytea(prepared.survey.digest), .jsonb(prepared.mapping), .text(actor)))
            try ImportStaging(id, prepared.passage).copy(job, on: connection, total: prepared.survey.rows, progress)
            guard try job.file.digest() == prepared.survey.digest else {
                throw .badRequest(
                    code: "file_changed", detail: "\(job.file.name) was changed while it was read; nothing was imported"
                )
            }
            _ = try connection.run(.call("stage_import", .uuid(id)))
            if let passage = prepared.passage {
                let cursor = passage.ledger(prepared.survey.tally).encoded()
                _ = try connection.run(.call("begin_import_cursor", .uuid(id), .jsonb(cursor)))
            }
        }
        return id
    }

    // MARK: rows

    private func write(
        _ id: UUID, _ prepared: Prepared, _ progress: (ImportProgress) throws(TandemError) -> Void
    ) throws(TandemError) {
        let show = try self.show(id)
        let total = Int64(show["rows"]?.int ?? 0)
        var done = Int64(show["read"]?.int ?? 0)
        let createdAt = show["created_at"]?.string.flatMap { WireTime.parse($0) } ?? clock.microseconds
        var writer = try makeWriter(prepared, at: createdAt)
        var last: Int64 = 0
        while true {
            try progress(ImportProgress(phase: .writing, done: done, total: total))
            let result = try chunk { (connection) throws(TandemError) -> (WrittenChunk, Writer, Int64)? in
                let rows = try connection.stagedRows(id, after: last, limit: Self.chunkRows)
                guard let end = rows.last?.number else { return nil }
                // A copy: what a failed transaction has taught is forgotten.
                var attempt = writer
                let written = try attempt.write(rows, on: connection)
                try connection.note(written, in: id)
                return (written, attempt, end)
            } reloading: { () throws(TandemError) in
                writer = try makeWriter(prepared, at: createdAt)
            }
            guard let (written, next, end) = result else { break }
            (writer, last) = (next, end)
            done += Int64(written.rows.count)
        }
        if case .records(let records) = writer, !prepared.survey.ownKeys.isEmpty {
            try link(id, records, total, progress)
        }
    }

    private func link(
        _ id: UUID, _ writer: RecordImportWriter, _ total: Int64,
        _ progress: (ImportProgress) throws(TandemError) -> Void
    ) throws(TandemError) {
        var writer = writer
        var last: Int64 = 0
        while true {
            try progress(ImportProgress(phase: .linking, done: last, total: total))
            let result = try chunk { (connection) throws(TandemError) -> (RecordImportWriter, Int64)? in
                let rows = try connection.linkedRows(id, after: last, limit: Self.chunkRows)
                guard let end = rows.last?.row.number else { return nil }
                var attempt = writer
                try connection.note(try attempt.link(rows, on: connection), in: id)
                return (attempt, end)
            }
            guard let (next, end) = result else { return }
            (writer, last) = (next, end)
        }
    }

    /// One of the two ways into the database.
    enum Writer {
        case records(RecordImportWriter)
        case events(EventImportWriter)

        mutating func write(_ rows: [StagedRow], on connection: Connection) throws(TandemError) -> WrittenChunk {
            switch self {
            case .records(var writer):
                defer { self = .records(writer) }
                return try writer.write(rows, on: connection)
            case .events(let writer): return try writer.write(rows, on: connection)
            }
        }
    }

    func makeWriter(_ prepared: Prepared, at: Int64) throws(TandemError) -> Writer {
        if let plan = prepared.plan {
            let author = RecordAuthor(source: source.number, rank: .import, actor: actor, cause: "import")
            return .records(
                RecordImportWriter(
                    plan: plan, catalog: catalog, author: author, at: at, survey: prepared.survey,
                    phoneRegion: phoneRegion))
        }
        guard let plan = prepared.eventPlan else { throw .failure("an import without a plan", sqlState: nil) }
        let imported = MessageSource(id: source.number, trust: source.trust, isPublic: false, isImport: true)
        return .events(EventImportWriter(plan: plan, writer: try eventWriter(imported)))
    }

    /// With the reading rules in force.
    func eventWriter(_ source: MessageSource, isArchive: Bool = false) throws(TandemError) -> EventWriter {
        let rules = try reading { () throws(PostgresError) in
            try ReadingRulesDirectory().reload(tenant, on: connection)
        }
        return EventWriter(source: source, rules: rules, receivedAt: clock.microseconds, isArchive: isArchive)
    }

    // MARK: transactions

    /// One transaction of the tenant, run again when it lost against another writer.
    ///
    /// - Parameter reloading: called when the identity rules have changed meanwhile.
    func chunk<Result>(
        timeout: Duration = .seconds(120), _ body: (Connection) throws(TandemError) -> Result,
        reloading: () throws(TandemError) -> Void = { () throws(TandemError) in }
    ) throws(TandemError) -> Result {
        let settings = tenant.database.settings(
            statementTimeout: timeout, lockTimeout: .seconds(15),
            extra: [(name: "plan_cache_mode", value: "force_generic_plan")])
        var attempts = 0
        while true {
            do throws(TandemError) {
                return try connection.transaction(settings: settings, deadline: timeout, body)
            } catch {
                attempts += 1
                guard attempts < 8, connection.isOpen else { throw error }
                if case .staleRules = error {
                    try reloading()
                } else if case .unavailable = error {
                    logger.info("a chunk is run again", metadata: ["error": "\(error)"])
                    Thread.sleep(forTimeInterval: Double(attempts) * 0.05)
                } else {
                    throw error
                }
            }
        }
    }
}
