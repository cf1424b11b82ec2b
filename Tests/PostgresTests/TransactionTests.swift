import Postgres
import TandemTesting
import Testing

private enum Refusal: PostgresFailure, Equatable {
    case database(String)
    case tooMany

    init(_ error: PostgresError) { self = .database(error.sqlState) }
}

@Suite struct TransactionTests {
    private let connection: Connection

    init() throws {
        connection = try TestServer.shared.schema().connect()
        try connection.script("create table item (id int primary key)")
    }

    private func count() throws -> Int { try connection.execute("select count(*) from item").one().int(0) }

    @Test(
        "A column more under a prepared statement: outside of a transaction nobody notices, one is run again as a whole"
    )
    func columnsUnderAStatement() throws {
        let other = try TestServer.shared.schema().connect()
        try other.script("create table thing (id int); insert into thing values (1)")
        #expect(try other.execute("select * from thing").count == 1)
        try other.script("alter table thing add column a int")
        #expect(try other.execute("select * from thing").count == 1)
        try other.script("alter table thing add column b int")
        let error = #expect(throws: PostgresError.self) {
            try other.transaction { connection in
                try connection.execute("insert into thing (id) values (2)")
                try connection.execute("select * from thing")
            }
        }
        #expect(error?.isRetryable == true && error?.serverState == .serializationFailure)
        let rows = try other.transaction { connection in
            try connection.execute("insert into thing (id) values (2)")
            return try connection.execute("select * from thing")
        }
        #expect(rows.count == 2)
    }

    @Test(
        "A change of tables costs a transaction one repetition, however many statements read them; what opens one, none"
    )
    func columnsUnderManyStatements() throws {
        let other = try TestServer.shared.schema().connect()
        try other.script("create table a (id int); create table b (id int); create table c (id int)")
        func readAll() throws {
            try other.transaction { connection in
                for sql in ["select * from a", "select * from b", "select * from c"] as [Statement] {
                    try connection.execute(sql)
                }
            }
        }
        func open() throws -> [String] {
            try other.transaction(settings: [("test.color", "blue")], opening: "select * from a") {
                (connection, rows) throws(PostgresError) in
                rows.columns + [try connection.execute("select current_setting('test.color')").one().text(0)]
            }
        }
        try readAll()
        #expect(try open() == ["id", "blue"])
        for table in ["a", "b", "c"] { try other.script("alter table \(table) add column n int") }
        let error = #expect(throws: PostgresError.self) { try readAll() }
        #expect(error?.isRetryable == true)
        try readAll()
        try other.script("alter table a add column m int")
        #expect(try open() == ["id", "n", "m", "blue"])
        #expect(try open() == ["id", "n", "m", "blue"])
    }

    @Test func whatTheBodyDidIsCommitted() throws {
        let size = try connection.transaction(settings: [("test.color", "blue")]) { connection in
            try connection.execute("insert into item values (1)")
            #expect(connection.transactionStatus == .inTransaction)
            #expect(try connection.execute("select current_setting('test.color')").one().text(0) == "blue")
            return try connection.execute("select count(*) from item").one().int(0)
        }
        #expect(size == 1)
        #expect(connection.transactionStatus == .idle)
        #expect(try count() == 1)
        #expect(try connection.execute("select current_setting('test.color')").one().text(0) == "")
    }

    @Test func anErrorOfTheBodyRollsBackAndKeepsItsType() throws {
        #expect(throws: Refusal.tooMany) {
            try connection.transaction { (connection) throws(Refusal) in
                do throws(PostgresError) {
                    try connection.execute("insert into item values (1)")
                } catch {
                    throw Refusal(error)
                }
                throw .tooMany
            }
        }
        #expect(connection.transactionStatus == .idle)
        #expect(try count() == 0)
    }

    @Test func anErrorOfTheServerRollsBack() throws {
        #expect(throws: PostgresError.self) {
            try connection.transaction { connection in
                try connection.execute("insert into item values (1)")
                try connection.execute("insert into item values (1)")
            }
        }
        #expect(connection.transactionStatus == .idle)
        #expect(try count() == 0)
    }

    @Test func aSwallowedErrorDoesNotPassAsACommit() throws {
        let error = try #require(throws: PostgresError.self) {
            try connection.transaction { connection in
                try connection.execute("insert into item values (1)")
                _ = try? connection.execute("select 1 / 0")
            }
        }
        #expect(error.kind == .server(.failedTransaction))
        #expect(connection.transactionStatus == .idle)
        #expect(try count() == 0)
    }

    @Test func aBadSettingStartsNothing() throws {
        #expect(throws: Refusal.database("22023")) {
            try connection.transaction(settings: [("role", "nobody_there")]) { (_) throws(Refusal) in }
        }
        #expect(connection.transactionStatus == .idle)
    }

    @Test(
        "A statement that stands alone has its settings, commits nothing, and is refused when what it was made from has changed"
    )
    func standalone() throws {
        func read(_ statement: Statement, expecting version: Int = 1) throws(PostgresError) -> Rows {
            try connection.standalone(
                settings: [("test.color", "blue")], opening: "select 1",
                accepts: { (rows) throws(PostgresError) in try rows.one().int(0) == version }
            ) { (connection) throws(PostgresError) in
                #expect(connection.transactionStatus == .idle)
                return try connection.execute(statement)
            }
        }
        #expect(try read("select current_setting('test.color')").one().text(0) == "blue")
        #expect(try connection.execute("select current_setting('test.color')").one().text(0) == "")
        #expect(try #require(throws: PostgresError.self) { try read("select 1", expecting: 2) }.isRetryable)
        // A statement that fails because of the change says so too.
        #expect(
            try #require(throws: PostgresError.self) { try read("select gone from item", expecting: 2) }.isRetryable)
        let failure = try #require(throws: PostgresError.self) { try read("select gone from item") }
        #expect(failure.kind == .server(.undefinedColumn))
        let refused = try #require(throws: PostgresError.self) { try read("insert into item values (1)") }
        #expect(refused.kind == .server(.readOnlyTransaction))
        #expect(connection.transactionStatus == .idle)
        #expect(try count() == 0)
        try connection.script("insert into item values (2)")
        #expect(try count() == 1)
    }

    @Test func nothingBeginsWithinAStatementThatStandsAlone() throws {
        let error = try #require(throws: PostgresError.self) {
            try connection.standalone(settings: [], opening: "select 1", accepts: { (_) throws(PostgresError) in true })
            {
                (connection) throws(PostgresError) in
                try connection.transaction { (connection) throws(PostgresError) in
                    _ = try connection.execute("insert into item values (1)")
                }
            }
        }
        #expect(error.kind == .server(.activeTransaction))
        #expect(try count() == 0)
    }

    @Test func aReadOnlyTransactionRefusesWrites() throws {
        let error = try #require(throws: PostgresError.self) {
            try connection.transaction(readOnly: true) { try $0.execute("insert into item values (1)") }
        }
        #expect(error.kind == .server(.readOnlyTransaction))
    }

    @Test func repeatableReadSeesOneSnapshot() throws {
        let other = try Connection.open(connection.configuration)
        let counts = try connection.transaction(isolation: .repeatableRead) { connection in
            let before = try connection.execute("select count(*) from item").one().int(0)
            try other.execute("insert into item values (7)")
            return [before, try connection.execute("select count(*) from item").one().int(0)]
        }
        #expect(counts == [0, 0])
        #expect(try count() == 1)
    }

    @Test func transactionsDoNotNest() throws {
        let error = try #require(throws: PostgresError.self) {
            try connection.transaction { connection in
                try connection.transaction { _ in }
            }
        }
        #expect(error.kind == .server(.activeTransaction))
        let single = try #require(throws: PostgresError.self) {
            try connection.transaction { try $0.single(settings: [("test.n", "1")], "select 1") }
        }
        #expect(single.kind == .server(.activeTransaction))
        #expect(connection.transactionStatus == .idle)
    }

    @Test func aDeferredConstraintFailsAtTheCommit() throws {
        try connection.script("create table part (item int references item deferrable initially deferred)")
        let error = try #require(throws: PostgresError.self) {
            try connection.transaction { try $0.execute("insert into part values (99)") }
        }
        #expect(error.kind == .server(.foreignKeyViolation))
        #expect(connection.transactionStatus == .idle)
    }

    @Test func aScriptIsOneTransaction() throws {
        #expect(throws: PostgresError.self) {
            try connection.script("insert into item values (1); insert into item values (1)")
        }
        #expect(try count() == 0)
        try connection.script("insert into item values (1); insert into item values (2); select * from item;")
        #expect(try count() == 2)
    }
}
