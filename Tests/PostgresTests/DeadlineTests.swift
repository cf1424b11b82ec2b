import Postgres
import TandemTesting
import Testing

/// No call outlasts its deadline, whatever the server and the network do.
@Suite struct DeadlineTests {
    private let database: TestDatabase
    private let connection: Connection

    init() throws {
        database = try TestServer.shared.schema()
        connection = try database.connect()
    }

    /// Runs `body`, which must fail in time.
    private func failure(within limit: Duration, _ body: () throws -> Void) throws -> PostgresError {
        let clock = ContinuousClock()
        let start = clock.now
        let error = try #require(throws: PostgresError.self) { try body() }
        #expect(clock.now - start < limit)
        return error
    }

    private func isGone(_ pid: Int32) throws -> Bool {
        let watcher = try database.connect()
        for _ in 0..<100 {
            if try watcher.execute("select 1 from pg_stat_activity where pid = \(pid)").isEmpty { return true }
            try watcher.execute("select pg_sleep(0.05)")
        }
        return false
    }

    @Test func aSlowStatementIsCutAndCancelledAtTheServer() throws {
        let pid = connection.backendPID
        let error = try failure(within: .seconds(5)) {
            try connection.execute("select pg_sleep(60)", deadline: .milliseconds(200))
        }
        #expect(error.kind == .deadlineExceeded)
        #expect(error.isTimeout)
        #expect(!connection.isOpen)
        #expect(try isGone(pid))
    }

    @Test func everyKindOfCallHasADeadline() throws {
        let calls: [(Connection) throws -> Void] = [
            { try $0.script("select pg_sleep(60)", deadline: .milliseconds(100)) },
            { try $0.single(settings: [("test.n", "1")], "select pg_sleep(60)", deadline: .milliseconds(100)) },
            {
                try $0.copyOut("copy (select pg_sleep(60)) to stdout", deadline: .milliseconds(100)) {
                    (_) throws(PostgresError) in
                }
            },
        ]
        for call in calls {
            let connection = try database.connect()
            #expect(try failure(within: .seconds(5)) { try call(connection) }.kind == .deadlineExceeded)
        }
    }

    @Test func aDeadlineInTheBodyEndsTheTransaction() throws {
        let error = try failure(within: .seconds(5)) {
            try connection.transaction { connection in
                _ = try connection.execute("select pg_sleep(60)", deadline: .milliseconds(100))
            }
        }
        #expect(error.kind == .deadlineExceeded)
        #expect(!connection.isOpen)
    }

    @Test func aPastDeadlineSendsNothing() throws {
        let error = try failure(within: .seconds(5)) { try connection.execute("select 1", deadline: .zero) }
        #expect(error.kind == .deadlineExceeded)
        #expect(connection.isOpen)
    }

    @Test func aNetworkThatSwallowsBytesDoesNotHoldACall() throws {
        let proxy = try FaultProxy(target: database.server.port)
        defer { proxy.close() }
        var configuration = database.configuration(through: proxy)
        configuration.connectTimeout = .milliseconds(500)
        for mode in [FaultProxy.Mode.swallow, .swallowAnswers] {
            proxy.mode = .pass
            let connection = try Connection.open(configuration)
            try connection.execute("select 1")
            proxy.mode = mode
            let error = try failure(within: .seconds(5)) {
                try connection.execute("select 2", deadline: .milliseconds(300))
            }
            #expect(error.kind == .deadlineExceeded)
        }
        let refused = try failure(within: .seconds(5)) { _ = try Connection.open(configuration) }
        #expect(refused.kind == .connection)
        #expect(refused.message.contains("in time"))
    }

    @Test func aFullNetworkDoesNotHoldALargeSend() throws {
        let proxy = try FaultProxy(target: database.server.port)
        defer { proxy.close() }
        let connection = try Connection.open(
            database.configuration(through: proxy))
        // The server does not read while it sleeps, so the copy fills every buffer on the way.
        try connection.script("create table item (x text)")
        let blocker = try database.connect()
        try blocker.script("begin; lock table item")
        let error = try failure(within: .seconds(5)) {
            try connection.copyIn(
                into: "copy item from stdin", rows: repeatElement([UInt8](repeating: 120, count: 1 << 16), count: 4000),
                deadline: .milliseconds(500))
        }
        #expect(error.kind == .deadlineExceeded)
    }

    @Test func aCutSocketIsALoss() throws {
        let proxy = try FaultProxy(target: database.server.port)
        defer { proxy.close() }
        let connection = try Connection.open(
            database.configuration(through: proxy))
        try connection.execute("select 1")
        proxy.cut()
        let error = try failure(within: .seconds(5)) { try connection.execute("select 1") }
        #expect(error.kind == .connection)
        #expect(!connection.isOpen)
    }
}
