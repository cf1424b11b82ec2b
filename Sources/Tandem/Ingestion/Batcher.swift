import Glibc
public import Logging
public import Postgres
public import ServiceLifecycle
import Synchronization

/// Stores events: many requests, few transactions.
///
/// Requests wait in a queue; as soon as a lane is free it takes what waits of one tenant (up to `batchLimit` messages) and
/// stores it in one transaction. On an idle server a request is a batch of its own; beside a batch of its tenant the next one
/// gathers for a moment, so that under load batches grow by themselves. A request is answered after its commit.
public final class Batcher: Service {
    public struct Settings: Sendable {
        /// Messages in a transaction, at most.
        public var batchLimit = 256
        /// Threads, each with a connection.
        public var lanes = 2
        /// A transaction costs as much as some messages, which a lane waits for; longer would leave the processors idle.
        public var gathering = Gathering(messages: 16, time: .milliseconds(1))
        /// What may wait; more is turned away.
        public var bounds = QueueBounds()

        public init() {}
    }

    private struct State {
        var queue: IngestQueue<IngestJob>
        var isStopping = false
        var running = 0
        /// Lanes that will look again by themselves when what gathers is due.
        var timed = 0
    }

    private enum Next {
        case batch(IngestQueue<IngestJob>.Batch)
        case stop
    }

    public let stats = IngestStats()
    public let tail = EventTail()
    /// Whether there is room to store anything.
    public let room: DiskRoom
    private let configuration: ConnectionConfiguration
    private let settings: Settings
    private let readingRules: ReadingRulesDirectory
    private let memory = IngestMemory()
    private let hook: (any IngestHook)?
    private let logger: Logger
    private let state: Monitor<State>
    private let stopped = Mutex<CheckedContinuation<Void, Never>?>(nil)

    public init(
        configuration: ConnectionConfiguration, readingRules: ReadingRulesDirectory, settings: Settings = Settings(),
        room: DiskRoom = DiskRoom(), hook: (any IngestHook)? = nil, logger: Logger
    ) {
        self.room = room
        self.configuration = configuration
        self.settings = settings
        self.readingRules = readingRules
        self.hook = hook
        self.logger = logger
        state = Monitor(
            State(queue: IngestQueue(bounds: settings.bounds, lanes: settings.lanes, gathering: settings.gathering)))
    }

    /// Bytes that wait or are in flight.
    public var queueBytes: Int { state.withLock { $0.queue.byteCount } }

    /// Messages that wait.
    public var waitingCount: Int { state.withLock { $0.queue.waitingCount } }

    /// What may wait, and for how long.
    public var bounds: QueueBounds { settings.bounds }

    /// How long the request has waited that came first of those that wait; zero when none does.
    public var oldestWait: Duration { state.withLock { $0.queue.oldestWait(at: .now) } }

    /// Why nothing of the tenant is taken at this moment; counted. A caller that asks first need not read what it refuses.
    public func refusal(of tenant: Tenant) -> QueueRefusal? {
        let refusal = room.isShort ? .disk : state.withLock { $0.queue.refusal(ofTenant: tenant.id) }
        if let refusal { stats.refused(refusal) }
        return refusal
    }

    /// One outcome for each message of the request, after the commit.
    /// - Parameter rules: the tenant's, see `ReadingRulesDirectory`.
    public func submit(
        _ request: IngestRequest, rules: ReadingRules
    ) async throws(IngestFailure) -> [IngestOutcome] {
        let result = await withCheckedContinuation { continuation in
            submit(request, rules: rules) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// The same for a caller that does not wait.
    /// - Parameter answer: called once, from any thread.
    public func submit(
        _ request: IngestRequest, rules: ReadingRules,
        answer: @escaping @Sendable (Result<[IngestOutcome], IngestFailure>) -> Void
    ) {
        let job = IngestJob(request, rules: rules, answer: answer)
        let isFull = room.isShort
        let (refusal, wakes): (IngestFailure?, Bool) = state.withLock { state in
            if state.isStopping { return (.unavailable, false) }
            if isFull { return (.queueFull(.disk), false) }
            if let refusal = state.queue.enqueue(job) { return (.queueFull(refusal), false) }
            return (nil, state.timed == 0 || state.queue.isDue(job.tenantID))
        }
        if let refusal {
            if case .queueFull(let reason) = refusal { stats.refused(reason) }
            job.answer(.failure(refusal))
        } else if wakes {
            state.signal()
        }
    }

    /// Runs until graceful shutdown, then stores what still waits.
    public func run() async throws {
        start()
        try? await gracefulShutdown()
        await stop()
    }

    /// Starts the lanes. For tests; a server calls `run`.
    func start() {
        state.withLock { $0.running = settings.lanes }
        for number in 0..<settings.lanes {
            let isStarted = DedicatedThread.spawn(name: "ingest-\(number + 1)") { [self] in
                serve(lane: number)
                laneEnded()
            }
            if !isStarted {
                logger.error("the system refuses a thread", metadata: ["lane": "\(number)"])
                laneEnded()
            }
        }
        DedicatedThread.spawn(name: "ingest-expiry") { [self] in
            while expire() { sleepMilliseconds(200) }
        }
    }

    /// Returns when all that waited is answered.
    func stop() async {
        await withCheckedContinuation { continuation in
            stopped.withLock { $0 = continuation }
            let isOver = state.withLock { state in
                state.isStopping = true
                return state.running == 0
            }
            state.broadcast()
            if isOver { resumeStopped() }
        }
    }

    private func laneEnded() {
        let isLast = state.withLock { state in
            state.running -= 1
            return state.running == 0 && state.isStopping
        }
        if isLast { resumeStopped() }
    }

    private func resumeStopped() {
        stopped.withLock { waiter in
            waiter?.resume()
            waiter = nil
        }
    }

    private func serve(lane number: Int) {
        let lane = IngestLane(
            configuration: configuration, readingRules: readingRules, memory: memory, hook: hook,
            batchLimit: settings.batchLimit, stats: stats, tail: tail, room: room, logger: logger
        ) { [lanes = settings.lanes] in IngestQueue<IngestJob>.lane(of: $0, among: lanes) == number }
        while true {
            let limit = settings.batchLimit
            var isTimed = false
            let next: Next = state.wait { state in
                if isTimed { state.timed -= 1 }
                isTimed = false
                if let batch = state.queue.take(limit: limit, lane: number) { return .found(.batch(batch)) }
                if state.isStopping, state.queue.waitingCount == 0 { return .found(.stop) }
                if state.queue.gatheredAt != nil {
                    state.timed += 1
                    isTimed = true
                }
                return .notYet(until: state.queue.gatheredAt)
            }
            guard case .batch(let batch) = next else { break }
            guard let tenant = batch.items.first?.request.tenant else { continue }
            lane.process(batch.items, of: tenant) {
                // What waited for this batch's ids, or gathered beside it, may begin while it is answered; and at the end the
                // other lane has to look again.
                state.withLock { $0.queue.finish(batch) }
                state.broadcast()
            }
        }
        lane.close()
    }

    /// Answers what waited too long; false when the batcher is at its end.
    private func expire() -> Bool {
        let (expired, goesOn) = state.withLock { state in
            (state.queue.expire(now: .now), !state.isStopping || state.running > 0)
        }
        for job in expired { job.answer(.failure(.deadlineExceeded)) }
        return goesOn
    }

    private func sleepMilliseconds(_ milliseconds: UInt32) {
        usleep(milliseconds * 1_000)
    }
}
