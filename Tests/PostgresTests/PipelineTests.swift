import Postgres
import TandemTesting
import Testing

/// `single`: settings and statements as one implicit transaction in one round trip.
@Suite struct PipelineTests {
    private let connection: Connection

    init() throws {
        connection = try TestServer.shared.database().connect()
        try connection.script("create table item (id int primary key, name text)")
    }

    private func setting(_ name: StaticString) throws -> String {
        try connection.execute("select current_setting(\("\(name)"), true)").one().optionalText(0) ?? ""
    }

    @Test func settingsHoldForTheTransactionOnly() throws {
        try connection.script("create schema apart; create table apart.item (id int, name text)")
        try connection.script(
            "create role reader; grant usage on schema apart to reader; grant select on apart.item to reader")
        defer { try? connection.script("drop owned by reader; drop role reader") }
        let rows = try connection.single(
            settings: [("search_path", "apart, pg_temp"), ("role", "reader"), ("test.color", "it's blue")],
            "select current_setting('search_path'), current_user::text, current_setting('test.color'), count(*) from item"
        )
        #expect(try rows.one().text(0) == "apart, pg_temp")
        #expect(try rows.one().text(1) == "reader")
        #expect(try rows.one().text(2) == "it's blue")
        #expect(try setting("search_path") == "\"$user\", public")
        #expect(try setting("role") == "none")
        #expect(try setting("test.color") == "")
    }

    @Test func lastingSettingsAreSentOnce() throws {
        try connection.single(lasting: [("test.color", "red")], ["select 1"])
        #expect(try setting("test.color") == "red")
        try connection.script("set test.color = 'green'")
        try connection.single(lasting: [("test.color", "red")], ["select 1"])
        #expect(try setting("test.color") == "green", "nothing was sent again")
        let others = try connection.single(lasting: [("test.color", "blue")], ["select current_setting('test.color')"])
        #expect(others.count == 1)
        #expect(try others[0].one().text(0) == "blue")
    }

    @Test func anErrorForgetsLastingSettings() throws {
        #expect(throws: PostgresError.self) {
            try connection.single(lasting: [("test.color", "red")], ["select 1 / 0"])
        }
        #expect(try setting("test.color") == "")
        try connection.single(lasting: [("test.color", "red")], ["select 1"])
        #expect(try setting("test.color") == "red")
        #expect(throws: PostgresError.self) {
            try connection.single(lasting: [("test.color", "red")], ["select 1 / 0"])
        }
        try connection.script("set test.color = 'green'")
        try connection.single(lasting: [("test.color", "red")], ["select 1"])
        #expect(try setting("test.color") == "red", "sent again after an error")
    }

    @Test func severalStatementsAreOneTransaction() throws {
        let results = try connection.single(
            settings: [("test.n", "1")],
            [
                "insert into item values (1, \("a"))", "insert into item values (2, \("b"))",
                "select count(*) from item",
            ])
        #expect(results.count == 3)
        #expect(results[0].affected == 1)
        #expect(try results[2].one().int(0) == 2)
    }

    @Test func anErrorUndoesAllAndLeavesTheConnectionClean() throws {
        let error = try #require(throws: PostgresError.self) {
            try connection.single(
                settings: [("test.color", "red")],
                [
                    "insert into item values (1, 'a')", "insert into item values (1, 'again')",
                    "insert into item values (2, 'never sent')",
                ])
        }
        #expect(error.kind == .server(.uniqueViolation))
        #expect(connection.transactionStatus == .idle)
        #expect(connection.isOpen)
        #expect(try setting("test.color") == "")
        #expect(try connection.execute("select count(*) from item").one().int(0) == 0)
    }

    @Test func aBadSettingIsAnErrorAndRunsNothing() throws {
        let error = try #require(throws: PostgresError.self) {
            try connection.single(settings: [("role", "nobody_there")], "insert into item values (1, 'a')")
        }
        #expect(error.kind == .server("22023"))
        #expect(connection.transactionStatus == .idle)
        #expect(try connection.execute("select count(*) from item").one().int(0) == 0)
    }

    @Test func aFailedParseLeavesNothingPrepared() throws {
        for _ in 0..<3 {
            #expect(throws: PostgresError.self) {
                try connection.single(settings: [("test.n", "1")], ["select * from missing", "select * from item"])
            }
        }
        try connection.script("create table missing (id int)")
        let results = try connection.single(settings: [], ["select * from missing", "select * from item"])
        #expect(results.map(\.count) == [0, 0])
    }

    @Test func aPlanThatNoLongerFitsIsPreparedAnew() throws {
        try connection.execute("insert into item values (1, 'a')")
        #expect(try connection.execute("select * from item").columns == ["id", "name"])
        try connection.script("alter table item add column size int")
        #expect(try connection.execute("select * from item").columns == ["id", "name", "size"])
        #expect(try connection.single(settings: [("test.n", "1")], "select * from item").columns.count == 3)
    }

    @Test func theSameTextServesSchemasOfDifferentShape() throws {
        try connection.script(
            "create schema a; create table a.t (x int); create schema b; create table b.t (x text, y int)")
        for _ in 0..<3 {
            #expect(try connection.single(settings: [("search_path", "a")], "select * from t").columns == ["x"])
            #expect(try connection.single(settings: [("search_path", "b")], "select * from t").columns == ["x", "y"])
        }
    }

    @Test func largeParametersAndResultsDoNotBlockEachOther() throws {
        let big = String(repeating: "x", count: 4 << 20)
        let statements = (0..<4).map { _ in Statement(sql: "select $1 || 'y'", [.text(big)]) }
        let results = try connection.single(settings: [], statements, deadline: .seconds(30))
        #expect(try results.allSatisfy { try $0.one().text(0).utf8.count == big.utf8.count + 1 })
    }

    @Test func copyInAPipelineIsRefused() throws {
        let error = try #require(throws: PostgresError.self) { try connection.execute("copy item from stdin") }
        #expect(error.kind == .connection)
        #expect(!connection.isOpen)
    }

    @Test func evictedStatementsLeaveTheServer() throws {
        var configuration = connection.configuration
        configuration.preparedStatementLimit = 3
        let small = try Connection.open(configuration)
        for number in 0..<20 { try small.execute(Statement(unchecked: "select \(number)")) }
        let count = try small.execute("select count(*) from pg_prepared_statements").one().int(0)
        #expect(count == 4)  // this one came last, and the one it displaced goes with the next call
        #expect(try small.execute("select count(*) from pg_prepared_statements").one().int(0) == 3)
        #expect(try small.execute(Statement(unchecked: "select 1")).one().int(0) == 1)
    }

    @Test func aStatementThatSomeoneDeallocatedIsPreparedAgain() throws {
        #expect(try connection.execute("select 41 + 1").one().int(0) == 42)
        try connection.script("deallocate all")
        #expect(try connection.execute("select 41 + 1").one().int(0) == 42)
    }
}
