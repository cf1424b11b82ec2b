import Postgres
import TandemTesting
import Testing

/// The pool loses its connections and heals without a restart.
@Suite struct PoolFaultTests {
    /// Calls until one succeeds; fails the test after `limit`.
    private func heals(_ pool: Pool, within limit: Duration) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        while clock.now - start < limit {
            do throws(PostgresError) {
                try await pool.withConnection { (connection) throws(PostgresError) in
                    _ = try connection.execute("select 1")
                }
                return
            } catch {
                #expect(error.isConnectionLoss || error.kind == .poolTimeout)
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        Issue.record("the pool did not heal within \(limit)")
    }

    @Test func aKilledSessionFailsItsCallOnly() async throws {
        let database = try TestServer.shared.schema()
        let pool = Pool(PoolConfiguration(connection: database.configuration, size: 1))
        let admin = try database.connect()
        let error = await #expect(throws: PostgresError.self) {
            try await pool.withConnection { connection in
                _ = try connection.execute("select pg_terminate_backend(pg_backend_pid()), pg_sleep(5)")
            }
        }
        #expect(error?.kind == .connection)
        #expect(error?.sqlState == "57P01")
        #expect(try await pool.withConnection { try $0.execute("select 1").one().int(0) } == 1)

        // Killed while idle: the next call notices before it sends anything.
        let pid = try await pool.withConnection { $0.backendPID }
        try admin.execute("select pg_terminate_backend(\(pid), 5000)")
        #expect(try await pool.withConnection { try $0.execute("select 1").one().int(0) } == 1)
        #expect(pool.statistics.opened == 3)
        #expect(pool.statistics.failedAttempts == 0)
        await pool.shutdown()
    }

    @Test func aStoppedServerFailsFastAndComesBack() async throws {
        let server = try TestServer()
        let database = try server.database()
        var configuration = PoolConfiguration(connection: database.configuration, size: 4)
        configuration.backoff = (.milliseconds(20), .milliseconds(200))
        let pool = Pool(configuration)
        for affinity in 0..<4 { _ = try await pool.withConnection(affinity: affinity) { try $0.execute("select 1") } }
        #expect(pool.statistics.connections == 4)

        try server.stop(.immediate)
        let clock = ContinuousClock()
        let start = clock.now
        for affinity in 0..<50 {
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withConnection(affinity: affinity) { _ = try $0.execute("select 1") }
            }
            #expect(error?.kind == .connection)
        }
        #expect(clock.now - start < .seconds(10))
        #expect(pool.statistics.failedAttempts < 50)
        #expect(pool.statistics.connections == 0)

        try server.start()
        try await heals(pool, within: .seconds(5))
        for affinity in 0..<4 { _ = try await pool.withConnection(affinity: affinity) { try $0.execute("select 1") } }
        await pool.shutdown()
        try server.stop(.fast)
    }

    @Test func aCutNetworkHeals() async throws {
        let database = try TestServer.shared.schema()
        let proxy = try FaultProxy(target: database.server.port)
        defer { proxy.close() }
        var connection = database.configuration(through: proxy)
        connection.connectTimeout = .milliseconds(600)
        var configuration = PoolConfiguration(connection: connection, size: 2)
        configuration.backoff = (.milliseconds(20), .milliseconds(200))
        let pool = Pool(configuration)
        for affinity in 0..<2 { _ = try await pool.withConnection(affinity: affinity) { try $0.execute("select 1") } }

        proxy.mode = .refuse
        proxy.cut()
        await #expect(throws: PostgresError.self) {
            try await pool.withConnection { _ = try $0.execute("select 1") }
        }
        proxy.mode = .pass
        try await heals(pool, within: .seconds(3))

        // Packets vanish: each call ends at its deadline or at once, and many at a time do not pile up.
        proxy.mode = .swallow
        let clock = ContinuousClock()
        let start = clock.now
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    await #expect(throws: PostgresError.self) {
                        try await pool.withConnection(affinity: number, deadline: .milliseconds(700)) {
                            _ = try $0.execute("select 1")
                        }
                    }
                }
            }
        }
        #expect(clock.now - start < .seconds(6))
        proxy.mode = .pass
        try await heals(pool, within: .seconds(5))
        await pool.shutdown()
    }

    @Test func aStandingConnectionComesBack() throws {
        let database = try TestServer.shared.schema()
        let admin = try database.connect()
        let standing = StandingConnection(database.configuration)
        let pid = try standing.ready().backendPID
        #expect(try standing.ready().backendPID == pid)
        try standing.ready().script("begin")
        #expect(try standing.ready().transactionStatus == .idle)
        try admin.execute("select pg_terminate_backend(\(pid), 5000)")
        let next = try standing.ready()
        #expect(next.backendPID != pid)
        #expect(try next.execute("select 1").one().int(0) == 1)
    }

    @Test func aStandingConnectionFailsFastWhileTheServerIsAway() throws {
        let configuration = try ConnectionConfiguration(conninfo: "postgresql://postgres@127.0.0.1:1/none")
        let standing = StandingConnection(configuration, backoff: (.seconds(60), .seconds(60)))
        var messages: Set<String> = []
        for _ in 0..<5 {
            let error = try #require(throws: PostgresError.self) { try standing.ready() }
            messages.insert(error.message)
        }
        #expect(messages.count == 1)
    }

    @Test func anAbandonedPoolEndsItsThreads() async throws {
        let database = try TestServer.shared.schema()
        var pool: Pool? = Pool(PoolConfiguration(connection: database.configuration, size: 2))
        let pid = try await pool?.withConnection { $0.backendPID } ?? 0
        pool = nil
        let watcher = try database.connect()
        var isGone = false
        for _ in 0..<100 where !isGone {
            isGone = try watcher.execute("select 1 from pg_stat_activity where pid = \(pid)").isEmpty
            if !isGone { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(isGone)
    }
}
