import Logging
import Postgres
import Synchronization
import TandemTesting
import Testing

@Suite struct ErrorTests {
    private let connection: Connection

    init() throws {
        connection = try TestServer.shared.schema().connect()
    }

    @Test func aViolatedConstraintNamesItself() throws {
        try connection.script("create table person (email text constraint person_email unique)")
        try connection.execute("insert into person values ('a@example.com')")
        let error = try #require(throws: PostgresError.self) {
            try connection.execute("insert into person values (\("a@example.com"))")
        }
        #expect(error.kind == .server(.uniqueViolation))
        #expect(error.sqlState == "23505")
        #expect(error.constraint == "person_email")
        #expect(error.table == "person")
        #expect(error.schema?.hasPrefix("test_") == true)
        #expect(error.detail?.contains("a@example.com") == true)
        #expect(!"\(error)".contains("a@example.com"))
        #expect(!error.isRetryable)
        #expect(!error.isConnectionLoss)
        #expect(connection.isOpen)
        #expect(connection.transactionStatus == .idle)
    }

    @Test func aRaisedStateKeepsItsFields() throws {
        let error = try #require(throws: PostgresError.self) {
            try connection.execute(
                """
                select * from pg_catalog.generate_series(1, 1)
                where (select 1 / (generate_series - 1)) = 1
                """)
        }
        #expect(error.sqlState == "22012")
        try connection.script(
            """
            create function refuse() returns void language plpgsql as $$
            begin
                raise exception 'no such thing' using errcode = 'TD004', detail = 'd', hint = 'h', column = 'c';
            end $$
            """)
        let raised = try #require(throws: PostgresError.self) { try connection.execute(.call("refuse")) }
        #expect(raised.serverState == SQLState("TD004"))
        #expect(raised.message == "no such thing")
        #expect(raised.detail == "d")
        #expect(raised.hint == "h")
        #expect(raised.column == "c")
        #expect(raised.context?.contains("refuse()") == true)
    }

    @Test func aSyntaxErrorHasItsPosition() throws {
        let error = try #require(throws: PostgresError.self) { try connection.execute("select from from") }
        #expect(error.kind == .server(.syntaxError))
        #expect(error.position == 13)
    }

    @Test(arguments: [SQLState.serializationFailure, .deadlockDetected])
    func conflictsAreRetryable(state: SQLState) throws {
        let error = try #require(throws: PostgresError.self) {
            try connection.script("do $$ begin raise exception 'x' using errcode = '\(state)'; end $$")
        }
        #expect(error.isRetryable)
    }

    @Test func anAbsentServerIsAConnectionError() throws {
        var configuration = try ConnectionConfiguration(conninfo: "postgresql://postgres@127.0.0.1:1/none")
        configuration.connectTimeout = .seconds(1)
        let error = try #require(throws: PostgresError.self) { try Connection.open(configuration) }
        #expect(error.kind == .connection)
        #expect(error.isConnectionLoss)
        #expect(error.message.contains("refused"))
    }

    @Test func anAbsentDatabaseIsAConnectionError() throws {
        var configuration = try TestServer.shared.schema().configuration
        configuration.keywords["dbname"] = "absent"
        let error = try #require(throws: PostgresError.self) { try Connection.open(configuration) }
        #expect(error.kind == .connection)
        #expect(error.message.contains("does not exist"))
    }

    @Test func aKilledSessionIsALossWithItsState() throws {
        let pid = connection.backendPID
        let other = try TestServer.shared.schema().connect()
        try other.execute("select pg_terminate_backend(\(pid))")
        let error = try #require(throws: PostgresError.self) { try connection.execute("select 1") }
        #expect(error.kind == .connection)
        #expect(error.sqlState == "57P01")
        #expect(!connection.isOpen)
        let again = try #require(throws: PostgresError.self) { try connection.execute("select 1") }
        #expect(again.kind == .connection)
    }

    @Test func noticesGoToTheLog() throws {
        let recorder = LogRecorder()
        var configuration = try TestServer.shared.schema().configuration
        configuration.logger = Logger(label: "test") { _ in recorder }
        configuration.logger.logLevel = .trace
        let connection = try Connection.open(configuration)
        try connection.script("do $$ begin raise warning 'careful'; raise notice 'by the way'; end $$")
        #expect(recorder.lines.all == ["warning careful", "debug by the way"])
    }
}

/// Keeps what is logged.
private struct LogRecorder: LogHandler {
    final class Lines: Sendable {
        private let state = Mutex<[String]>([])

        var all: [String] { state.withLock { $0 } }

        func append(_ line: String) { state.withLock { $0.append(line) } }
    }

    let lines = Lines()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.append("\(event.level) \(event.message)")
    }
}
