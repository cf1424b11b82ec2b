@testable import Postgres
import TandemTesting
import Testing

@Suite struct ConfigurationTests {
    @Test func aURLIsParsed() throws {
        let configuration = try ConnectionConfiguration(
            conninfo: "postgresql://me:secret@a:1,b:2/db?target_session_attrs=read-write&connect_timeout=7")
        #expect(configuration.keywords["user"] == "me")
        #expect(configuration.target == .readWrite)
        #expect(configuration.connectTimeout == .seconds(7))
        #expect(!configuration.description.contains("secret"))
    }

    @Test func nonsenseIsRefused() {
        let error = #expect(throws: PostgresError.self) { try ConnectionConfiguration(conninfo: "nonsense=1") }
        #expect(error?.kind == .connection)
    }

    @Test func aListOfServersIsTriedOneByOne() throws {
        let configuration = try ConnectionConfiguration(conninfo: "host=a,b,c port=5 dbname=d")
        let attempts = configuration.attempts
        #expect(attempts.map { $0["host"] } == ["a", "b", "c"])
        #expect(attempts.allSatisfy { $0["port"] == "5" && $0["tcp_user_timeout"] == "4000" && $0["dbname"] == "d" })
        var standby = configuration
        standby.target = .preferStandby
        #expect(
            standby.attempts.map { $0["target_session_attrs"] } == [
                "standby", "standby", "standby", "any", "any", "any",
            ])
    }

    @Test func givenKeywordsWinOverDefaults() throws {
        let configuration = try ConnectionConfiguration(conninfo: "host=a keepalives_idle=60 options='-c work_mem=1MB'")
        let attempt = try #require(configuration.attempts.first)
        #expect(attempt["keepalives_idle"] == "60")
        #expect(attempt["options"]?.hasPrefix("-c work_mem=1MB -c ") == true)
    }

    @Test func startupSettingsReachTheServer() throws {
        var configuration = try TestServer.shared.schema().configuration
        configuration.startupSettings["application_name"] = "a b\\c"
        configuration.isReadOnly = true
        let connection = try Connection.open(configuration)
        #expect(try connection.execute("show application_name").one().text(0) == "a b\\c")
        #expect(try connection.execute("show idle_in_transaction_session_timeout").one().text(0) == "10s")
        let error = #expect(throws: PostgresError.self) { try connection.execute("create table t (x int)") }
        #expect(error?.kind == .server(.readOnlyTransaction))
    }

    @Test func theSecondServerIsFoundWhenTheFirstIsDown() throws {
        let database = try TestServer.shared.schema()
        let configuration = try ConnectionConfiguration(
            conninfo: "postgresql://postgres@127.0.0.1:1,127.0.0.1:\(database.server.port)/\(database.name)"
                + "?target_session_attrs=read-write")
        #expect(try Connection.open(configuration).execute("select 1").one().int(0) == 1)
    }

    @Test func aPrimaryIsNotAStandby() throws {
        var configuration = try TestServer.shared.schema().configuration
        configuration.target = .standby
        let error = #expect(throws: PostgresError.self) { try Connection.open(configuration) }
        #expect(error?.kind == .connection)
        configuration.target = .preferStandby
        #expect(try Connection.open(configuration).isOpen)
    }
}

@Suite struct PreparedStatementsTests {
    private func key(_ sql: String) -> PreparedStatements.Key { .init(sql: sql, types: []) }

    @Test func theLeastRecentlyUsedGoesFirst() {
        var statements = PreparedStatements(limit: 2)
        #expect(statements.plan(key("a")) == .prepare(name: "s1"))
        #expect(statements.plan(key("b")) == .prepare(name: "s2"))
        #expect(statements.plan(key("a")) == .known(name: "s1"))
        #expect(statements.plan(key("c")) == .prepare(name: "s3"))
        #expect(statements.discarded == ["s2"])
        #expect(statements.plan(key("a")) == .known(name: "s1"))
        #expect(statements.plan(key("b")) == .prepare(name: "s4"))
        statements.deallocated("s2")
        #expect(statements.discarded == ["s3"])
        #expect(statements.count == 2)
    }

    @Test func typesArePartOfTheKey() {
        var statements = PreparedStatements(limit: 5)
        #expect(statements.plan(.init(sql: "a", types: [.int4])) == .prepare(name: "s1"))
        #expect(statements.plan(.init(sql: "a", types: [.int8])) == .prepare(name: "s2"))
        #expect(statements.plan(.init(sql: "a", types: [.int4])) == .known(name: "s1"))
        #expect(statements.plan(.init(sql: "a", types: [.int4], scope: "t")) == .prepare(name: "s3"))
        statements.forget(.init(sql: "a", types: [.int4]), existsAtServer: false)
        #expect(statements.plan(.init(sql: "a", types: [.int4])) == .prepare(name: "s4"))
        #expect(statements.discarded.isEmpty)
    }
}
