import Foundation
public import Logging
public import Postgres

/// Makes and fills the tenants `demo` and `cdnow`. Interrupted anywhere, the same call goes on; once done, it does nothing.
///
/// Events go the way of all events: wire JSON → decode → `ingest_batch`; records go through the importer.
public struct DemoLoader {
    /// How far it is.
    public struct Progress: Sendable, Hashable {
        public var tenant: String
        public var step: String
        public var done: Int64
        public var total: Int64?
    }

    let connection: Connection
    let directory: TenantDirectory
    let folder: DemoFolder
    let keysPath: String
    let actor: String
    let clock: WallClock
    let logger: Logger
    /// Asked between transactions: true ends the load with an error; it can go on later.
    let isCancelled: () -> Bool

    public static let slugs = ["demo", "cdnow"]

    /// - Parameter keysPath: the file for the tenants' keys, see `DemoKeys`.
    public init(
        _ connection: Connection, folder: DemoFolder, keysPath: String, actor: String, clock: WallClock = .system,
        logger: Logger, isCancelled: @escaping () -> Bool = { false }
    ) {
        self.connection = connection
        self.folder = folder
        self.keysPath = keysPath
        self.actor = actor
        self.clock = clock
        self.logger = logger
        self.isCancelled = isCancelled
        directory = TenantDirectory(connection, actor: actor, ids: .uuidV7(clock: clock), logger: logger)
    }

    /// - Throws: `TandemError`, `PostgresError`.
    public func load(progress: (Progress) -> Void = { _ in }) throws {
        let demo = try tenant("demo", "Demo (simulated people)", [.cdp, .crm], isSimulated: true)
        try fill(demo, ending: clock.microseconds, progress)
        let cdnow = try tenant("cdnow", "CDNOW (real purchases, 1997 and 1998)", [.cdp], isSimulated: false)
        try fillPurchases(cdnow, progress)
    }

    /// Drops both tenants with all they hold, and makes them anew.
    public func reset(progress: (Progress) -> Void = { _ in }) throws {
        var keys = DemoKeys(path: keysPath)
        for slug in Self.slugs {
            guard let tenant = try directory.list().first(where: { $0.slug == slug }) else { continue }
            progress(Progress(tenant: slug, step: "dropping", done: 0))
            let deleted = tenant.state == .deleting ? tenant : try directory.delete(tenant, grace: .zero)
            try directory.drop(deleted, now: true)
            keys.set(nil, of: slug)
        }
        try keys.write(to: keysPath)
        try load(progress: progress)
    }

    // MARK: tenants

    private func tenant(
        _ slug: String, _ name: String, _ modules: Set<Module>, isSimulated: Bool
    ) throws -> Tenant {
        var keys = DemoKeys(path: keysPath)
        var found = try directory.list().first { $0.slug == slug }
        if found == nil || found?.state == .creating {
            let created = try directory.create(TenantDirectory.Draft(slug: slug, displayName: name, modules: modules))
            keys.set(DemoKeys.Pair(write: created.writeKey.text, secret: created.secretKey.text), of: slug)
            try keys.write(to: keysPath)
            found = created.tenant
        }
        guard var tenant = found, tenant.state == .active else {
            throw TandemError.conflict(
                "the tenant \(slug) is \(found?.state.rawValue ?? "not there"); tandem demo reset makes it anew")
        }
        if isSimulated, !tenant.isSimulated { tenant = try directory.markSimulated(tenant) }
        if keys.keys[slug] == nil {
            // Its keys were made by a run that ended before it could write them down.
            keys.set(try newKeys(of: tenant), of: slug)
            try keys.write(to: keysPath)
        }
        if var pair = keys.keys[slug], pair.bi == nil {
            for login in try directory.biLogins(tenant) where login.name == Self.biName && login.revokedAt == nil {
                _ = try directory.revokeBILogin(tenant, name: login.login)
            }
            let made = try directory.createBILogin(tenant, name: Self.biName)
            pair.bi = DemoKeys.Pair.BI(login: made.login.login, password: made.password)
            keys.set(pair, of: slug)
            try keys.write(to: keysPath)
        }
        return tenant
    }

    private static let biName = "demo"

    private func newKeys(of tenant: Tenant) throws -> DemoKeys.Pair {
        let source = try directory.source(tenant, "server")
        let known = try directory.keys(tenant).first { $0.source == source.id && $0.revokedAt == nil }?.clear
        return DemoKeys.Pair(
            write: try known ?? directory.createKey(.write, tenant: tenant, source: source).text.text,
            secret: try directory.createKey(.secret, tenant: tenant).text.text)
    }

    // MARK: demo

    private struct Load {
        var id: UUID
        var isOver: Bool
        var done: Int64
        /// Microseconds since 1970: when the demo's time ends. Kept, so that a load over midnight stays one.
        var now: Int64
        var steps: Set<String>
    }

    private func begin(_ tenant: Tenant, now: Int64) throws(TandemError) -> Load {
        let input: JSON = ["now": .number(now)]
        let id = IDGenerator.uuidV7(clock: clock).next()
        let rows = try inTenant(tenant) { (connection) throws(TandemError) in
            try connection.run(
                .call("begin_demo_load", .uuid(id), .jsonb(input.encoded()), .text(actor)))
        }
        guard let row = rows.first else { throw .failure("begin_demo_load answered nothing", sqlState: nil) }
        let (known, state, done) = try reading { () throws(PostgresError) in
            (try row.uuid(0), try row.text(1), try row.int(2))
        }
        let steps = (try row.json(4)?.array ?? []).compactMap { $0.string }
        return Load(
            id: known, isOver: state == "done", done: Int64(done), now: Int64(try row.json(3)?["now"]?.int ?? Int(now)),
            steps: Set(steps))
    }

    private func note(
        _ load: Load, _ tenant: Tenant, step: String? = nil, isOver: Bool = false
    ) throws(TandemError) {
        _ = try inTenant(tenant) { (connection) throws(TandemError) in
            try connection.run(.call("note_demo_load", .uuid(load.id), .null(.int8), step.bind, .bool(isOver)))
        }
    }

    private func fill(_ tenant: Tenant, ending now: Int64, _ progress: (Progress) -> Void) throws {
        let load = try begin(tenant, now: now)
        guard !load.isOver else { return }
        progress(Progress(tenant: tenant.slug, step: "generating", done: 0))
        let world = try DemoWorld(folder, now: load.now)
        let behaviour = DemoBehaviour(world)
        let records = DemoRecords(world, behaviour)
        for (object, file, mapping) in records.before {
            try importRecords(object, file, mapping, load, tenant, progress)
        }
        try send(behaviour.timeline, load, tenant, progress)
        for (object, file, mapping) in records.after {
            try importRecords(object, file, mapping, load, tenant, progress)
        }
        try keepRefused(load, tenant)
        try note(load, tenant, isOver: true)
    }

    private func importRecords(
        _ object: String, _ file: ImportFile, _ yaml: String, _ load: Load, _ tenant: Tenant,
        _ progress: (Progress) -> Void
    ) throws {
        guard !load.steps.contains(file.name) else { return }
        let importer = Importer(
            connection, tenant: tenant, source: try directory.importSource(of: tenant), actor: actor,
            catalog: .standard, clock: clock, logger: logger)
        let job = ImportJob(object: object, file: file, mapping: try Mapping(yaml: yaml, object: object))
        let report = try importer.run(job) { (state) throws(TandemError) in
            try checkCancelled()
            progress(
                Progress(
                    tenant: tenant.slug, step: "\(file.name) \(state.phase.rawValue)", done: state.done,
                    total: state.total))
        }
        if report.rejected > 0 {
            logger.warning(
                "rows of the demo were rejected", metadata: ["file": "\(file.name)", "rows": "\(report.rejected)"])
        }
        try note(load, tenant, step: file.name)
    }

    private func checkCancelled() throws(TandemError) {
        if isCancelled() { throw .conflict("interrupted; the same command goes on from here") }
    }

    // MARK: events

    private static let batchLimit = 500

    /// Stores the messages from the first that is not in yet. Where it is stands in the same transaction.
    private func send(
        _ timeline: [(sender: DemoMessage.Sender, message: JSON)], _ load: Load, _ tenant: Tenant,
        _ progress: (Progress) -> Void
    ) throws {
        let sources = (
            web: MessageSource(try directory.source(tenant, "web"), fromBrowser: true),
            server: MessageSource(try directory.source(tenant, "server"), fromBrowser: false)
        )
        var rules = try ReadingRulesDirectory().reload(tenant, on: connection)
        var start = Int(load.done)
        while start < timeline.count {
            try checkCancelled()
            progress(Progress(tenant: tenant.slug, step: "events", done: Int64(start), total: Int64(timeline.count)))
            let end = min(start + Self.batchLimit, timeline.count)
            do throws(TandemError) {
                let messages = try decoded(timeline[start..<end], sources, rules)
                try inTenant(tenant) { (connection) throws(TandemError) in
                    var columns = IngestColumns(messages, readingVersion: rules.version)
                    columns.tally { _ in "demo" }
                    _ = try connection.run(columns.statement())
                    _ = try connection.run(
                        .call("note_demo_load", .uuid(load.id), .int8(Int64(end)), .null(.text), .bool(false)))
                }
                start = end
            } catch {
                guard case .staleRules = error else { throw error }
                rules = try ReadingRulesDirectory().reload(tenant, on: connection)
            }
        }
    }

    private static let refusedStep = "quarantine"

    /// What the demo's server sent wrong within the last hours: it lies in quarantine, as it does with everybody who begins.
    private func keepRefused(_ load: Load, _ tenant: Tenant) throws {
        guard !load.steps.contains(Self.refusedStep) else { return }
        let source = MessageSource(try directory.source(tenant, "server"), fromBrowser: false)
        let rules = try ReadingRulesDirectory().reload(tenant, on: connection)
        let statements = try DemoRefused.requests(of: tenant, source, now: load.now).map { request in
            let job = IngestJob(request, rules: rules)
            var reasons: [Int: QuarantineReason] = [:]
            for (place, item) in job.items.enumerated() {
                if case .refused(let refused) = item { reasons[place] = refused.reason }
            }
            guard reasons.count == job.count else {
                throw TandemError.failure("a message of the demo that is wrong was taken", sqlState: nil)
            }
            let (events, shared) = job.quarantined(reasons)
            return Quarantine.add(events, of: [shared], state: .rejected)
        }
        try inTenant(tenant) { (connection) throws(TandemError) in
            for statement in statements { _ = try connection.run(statement) }
            _ = try connection.run(
                .call("note_demo_load", .uuid(load.id), .null(.int8), .text(Self.refusedStep), .bool(false)))
        }
    }

    /// The messages of both senders, each read with its own trust, in their order.
    private func decoded(
        _ timeline: ArraySlice<(sender: DemoMessage.Sender, message: JSON)>,
        _ sources: (web: MessageSource, server: MessageSource), _ rules: ReadingRules
    ) throws(TandemError) -> [WireMessage] {
        var places: [DemoMessage.Sender: [Int]] = [:]
        for (place, entry) in timeline.enumerated() { places[entry.sender, default: []].append(place) }
        var messages: [(place: Int, message: WireMessage)] = []
        for (sender, places) in places {
            let body: JSON = ["batch": .array(places.map { timeline[timeline.startIndex + $0].message })]
            let read: MessageBatch.Result
            do throws(BodyError) {
                read = try MessageBatch(body.encoded(), path: .batch).read(
                    MessageBatch.Circumstances(
                        source: sender == .web ? sources.web : sources.server, rules: rules,
                        receivedAt: clock.microseconds))
            } catch {
                throw .failure("the demo's messages are no batch: \(error)", sqlState: nil)
            }
            if let refused = read.refused.first {
                throw .failure("a message of the demo was refused: \(refused.reason.message)", sqlState: nil)
            }
            messages += read.messages.map { (places[$0.index], $0) }
        }
        return messages.sorted { $0.place < $1.place }.map(\.message)
    }

    private func inTenant<Result>(
        _ tenant: Tenant, _ body: (Connection) throws(TandemError) -> Result
    ) throws(TandemError) -> Result {
        let settings = tenant.database.settings(
            statementTimeout: .seconds(60), lockTimeout: .seconds(15),
            extra: [(name: "plan_cache_mode", value: "force_generic_plan")])
        var attempts = 0
        while true {
            do throws(TandemError) {
                return try connection.transaction(settings: settings, deadline: .seconds(60), body)
            } catch {
                attempts += 1
                guard case .unavailable = error, attempts < 8, connection.isOpen else { throw error }
            }
        }
    }

    // MARK: cdnow

    private func fillPurchases(_ tenant: Tenant, _ progress: (Progress) -> Void) throws {
        let load = try begin(tenant, now: 0)
        guard !load.isOver else { return }
        let importer = Importer(
            connection, tenant: tenant, source: try directory.importSource(of: tenant), actor: actor,
            catalog: .standard, clock: clock, logger: logger)
        let mapping = try Mapping(yaml: DemoRecords.purchaseMapping, object: "events")
        _ = try importer.run(ImportJob(object: "events", file: folder.purchases, mapping: mapping)) {
            (state) throws(TandemError) in
            try checkCancelled()
            progress(
                Progress(
                    tenant: tenant.slug, step: "purchases \(state.phase.rawValue)", done: state.done, total: state.total
                ))
        }
        try note(load, tenant, isOver: true)
    }
}
