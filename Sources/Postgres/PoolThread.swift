/// The life of one connection of a pool, on its thread.
struct PoolThread {
    private let slot: Int
    private let core: PoolCore
    private var connection: Connection?
    private var affinities: Set<Int> = []
    private var retireAt = Deadline.distantFuture
    /// Which generation of the pool's it is known to work in.
    private var generation = 0

    /// An attempt to connect that had less time than this says nothing about the server.
    private static let fairAttempt: Duration = .milliseconds(500)

    /// What a doubted connection has for its answer.
    private static let question: Duration = .milliseconds(500)

    /// False when the system refuses a thread.
    static func start(slot: Int, core: PoolCore) -> Bool {
        DedicatedThread.spawn(name: "\(core.configuration.name)-\(slot)") {
            var thread = PoolThread(slot: slot, core: core)
            thread.run()
        }
    }

    private init(slot: Int, core: PoolCore) {
        self.slot = slot
        self.core = core
    }

    private mutating func run() {
        while true {
            switch core.nextOrder(for: slot) {
            case .work(let waiter): serve(waiter)
            case .stop:
                disconnect()
                core.threadEnded()
                return
            case nil: disconnect()
            }
        }
    }

    private mutating func serve(_ waiter: PoolCore.Schedule.Waiter) {
        let answer: @Sendable () -> Void
        do throws(PostgresError) {
            guard !waiter.deadline.isPast else {
                core.countTimeout()
                throw .poolTimeout
            }
            let connection = try ready(until: waiter.deadline)
            affinities.insert(waiter.affinity)
            connection.checkout = waiter.deadline
            answer = waiter.job.run(connection)
            connection.checkout = nil
            if connection.hasExpired { core.suspectAll() }
            checkIn(connection)
        } catch {
            answer = { waiter.job.fail(error) }
        }
        core.released(slot, isConnected: connection != nil)
        answer()
    }

    /// The connection, made or made anew if need be.
    private mutating func ready(until deadline: Deadline) throws(PostgresError) -> Connection {
        if let connection {
            if isTrusted(connection, until: deadline) { return connection }
            connection.close()
            self.connection = nil
            if let refusal = core.reconnect(slot) { throw refusal }
        }
        let time = deadline.remainingNanoseconds
        do throws(PostgresError) {
            let connection = try Connection.open(core.configuration.connection, until: deadline)
            self.connection = connection
        } catch {
            if time >= Self.fairAttempt.nanoseconds { core.connectFailed(slot, error) }
            throw error
        }
        affinities = []
        generation = core.generation
        let age = Double(core.configuration.maximumAge.nanoseconds) * Double.random(in: 0.9..<1.1)
        retireAt = Deadline.now.adding(nanoseconds: Int64(min(age, 9e18)))
        core.connected(slot)
        guard let connection else { throw .lost("the connection is closed") }
        return connection
    }

    /// Whether the connection may be used. After a query of another one got no answer in time it is asked first: what lies
    /// between here and the server may have swallowed bytes of all of them, which no socket tells.
    private mutating func isTrusted(_ connection: Connection, until deadline: Deadline) -> Bool {
        guard connection.isAlive() else { return false }
        let current = core.generation
        if generation == current { return true }
        connection.checkout = min(deadline, .after(Self.question))
        defer { connection.checkout = nil }
        guard (try? connection.execute("select 1")) != nil else { return false }
        generation = current
        return true
    }

    /// Leaves nothing of the caller's behind; closes what is spent.
    private mutating func checkIn(_ connection: Connection) {
        connection.rollBack()
        let isSpent = connection.isSpent || affinities.count >= core.configuration.affinityLimit || retireAt.isPast
        if !connection.isOpen || isSpent {
            connection.close()
            self.connection = nil
        }
    }

    private mutating func disconnect() {
        guard let connection else { return }
        connection.close()
        self.connection = nil
        core.disconnected(slot)
    }
}
