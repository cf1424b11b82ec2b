import FoundationEssentials
import Postgres
import TandemTesting
import Testing

@Suite struct StatementTests {
    @Test func interpolationBindsEveryValue() {
        let name = "a'; drop table account; --"
        let statement: Statement = "select * from account where name = \(name) and size > \(3) and open = \(true)"
        #expect(statement.sql == "select * from account where name = $1 and size > $2 and open = $3")
        #expect(statement.binds == [.text(name), .int8(3), .bool(true)])
    }

    @Test func absentValuesKeepTheirType() {
        let none: Int32? = nil
        let some: Int32? = 4
        let statement: Statement = "select \(none as Int32?), \(some as Int32?), \(bind: .numeric("1.5"))"
        #expect(statement.sql == "select $1, $2, $3")
        #expect(statement.binds == [.null(.int4), .int4(4), .literal("1.5", .numeric)])
    }

    @Test func aCallHasOneParameterPerBind() {
        #expect(Statement.call("ping").sql == "select * from ping()")
        let call = Statement.call("move_thing", .text("x"), .int(1))
        #expect(call.sql == "select * from move_thing($1, $2)")
        #expect(call.binds == [.text("x"), .int8(1)])
    }

    @Test func hostileTextStaysAValue() throws {
        let connection = try TestServer.shared.schema().connect()
        try connection.script("create table account (name text)")
        for hostile in ["'; drop table account; --", "$1", "\\'); delete from account; --", "%s"] {
            try connection.execute("insert into account values (\(hostile))")
            #expect(try connection.execute("select name from account where name = \(hostile)").one().text(0) == hostile)
        }
        #expect(try connection.execute("select count(*) from account").one().int(0) == 4)
    }

    @Test func whatCannotBeCarriedIsRefusedAndHarmsNothing() throws {
        let connection = try TestServer.shared.schema().connect()
        let many = Statement(unchecked: "select 1", Array(repeating: .int(1), count: 65_536))
        let tooMany = #expect(throws: PostgresError.self) { try connection.execute(many) }
        #expect(tooMany?.serverState == "54000")
        for bind in [Bind.text("a\u{0}b"), .untyped("a\u{0}b"), .textArray(["a\u{0}b"])] {
            let error = #expect(throws: PostgresError.self) {
                try connection.execute(Statement(sql: "select $1", [bind]))
            }
            #expect(error?.serverState == "22021")
        }
        #expect(connection.isOpen)
    }

    @Test func oneCallRunsOneStatementOnly() throws {
        let connection = try TestServer.shared.schema().connect()
        let error = #expect(throws: PostgresError.self) {
            try connection.execute(Statement(unchecked: "select 1; select 2"))
        }
        #expect(error?.serverState == .syntaxError)
        #expect(try connection.execute("select 3").one().int(0) == 3)
    }
}
