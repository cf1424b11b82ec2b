import Postgres
import TandemTesting
import Testing

private struct SourceFailure: PostgresFailure, Equatable {
    var message = "source"

    init() {}

    init(_ error: PostgresError) { message = error.sqlState }
}

@Suite struct CopyTests {
    private let connection: Connection

    init() throws {
        connection = try TestServer.shared.schema().connect()
        try connection.script("create table item (id int, name text)")
    }

    private func lines(_ range: Range<Int>) -> some Sequence<[UInt8]> {
        range.lazy.map { Array("\($0)\tname \($0) ü\n".utf8) }
    }

    @Test func rowsGoInAndComeOut() throws {
        let count = try connection.copyIn(into: "copy item from stdin", rows: lines(0..<50_000), deadline: .seconds(30))
        #expect(count == 50_000)
        #expect(try connection.execute("select count(*), sum(id) from item").one().int(1) == 1_249_975_000)
        var bytes: [UInt8] = []
        var calls = 0
        let copied = try connection.copyOut(
            "copy (select * from item where id < 3 order by id) to stdout"
        ) { (row) throws(PostgresError) in
            bytes.append(contentsOf: row)
            calls += 1
        }
        #expect(copied == 3)
        #expect(calls == 3)
        #expect(String(decoding: bytes, as: UTF8.self) == "0\tname 0 ü\n1\tname 1 ü\n2\tname 2 ü\n")
        #expect(connection.transactionStatus == .idle)
        #expect(try connection.execute("select 1").one().int(0) == 1)
    }

    @Test func aCopyJoinsATransactionAndItsSettings() throws {
        try connection.script("create schema copy_apart; create table copy_apart.item (id int, name text)")
        _ = try connection.transaction(settings: [("search_path", "copy_apart")]) { connection in
            try connection.copyIn(into: "copy item from stdin", rows: lines(0..<10))
        }
        #expect(try connection.execute("select count(*) from copy_apart.item").one().int(0) == 10)
        #expect(try connection.execute("select count(*) from item").one().int(0) == 0)
    }

    @Test func nothingIsAlsoACopy() throws {
        #expect(try connection.copyIn(into: "copy item from stdin", rows: [[UInt8]]()) == 0)
        let copied = try connection.copyOut("copy item to stdout") { (_) throws(PostgresError) in }
        #expect(copied == 0)
    }

    @Test func aBadRowIsAnErrorOfTheServer() throws {
        let bad = Array(lines(0..<100_000)) + [Array("not a number\tx\n".utf8)]
        let error = try #require(throws: PostgresError.self) {
            try connection.copyIn(into: "copy item from stdin", rows: bad, deadline: .seconds(30))
        }
        #expect(error.kind == .server("22P02"))
        #expect(error.context?.contains("line 100001") == true)
        #expect(connection.isOpen)
        #expect(try connection.execute("select count(*) from item").one().int(0) == 0)
    }

    @Test func aBadFirstRowStopsALongCopyEarly() throws {
        var sent = 0
        let error = try #require(throws: PostgresError.self) {
            try connection.copyIn(into: "copy item from stdin", deadline: .seconds(30)) { () throws(PostgresError) in
                sent += 1
                return sent > 3_000_000 ? nil : Array("bad\tline of some length to fill the buffers\n".utf8)
            }
        }
        #expect(error.kind == .server("22P02"))
        #expect(connection.isOpen)
        #expect(connection.transactionStatus == .idle)
    }

    @Test func aFailingSourceCopiesNothing() throws {
        var sent = 0
        #expect(throws: SourceFailure()) {
            try connection.copyIn(into: "copy item from stdin") { () throws(SourceFailure) in
                sent += 1
                if sent > 5000 { throw SourceFailure() }
                return Array("\(sent)\tx\n".utf8)
            }
        }
        #expect(connection.isOpen)
        #expect(try connection.execute("select count(*) from item").one().int(0) == 0)
    }

    @Test func aFailingReceiverClosesTheConnection() throws {
        #expect(throws: SourceFailure()) {
            try connection.copyOut("copy (select generate_series(1, 1000000)) to stdout") { (_) throws(SourceFailure) in
                throw SourceFailure()
            }
        }
        #expect(!connection.isOpen)
    }

    @Test func anErrorInTheMiddleOfACopyOutIsTold() throws {
        let error = try #require(throws: PostgresError.self) {
            try connection.copyOut(
                "copy (select 1 / (500 - x) from generate_series(1, 1000) x) to stdout"
            ) { (_) throws(PostgresError) in }
        }
        #expect(error.sqlState == "22012")
        #expect(try connection.execute("select 1").one().int(0) == 1)
    }

    @Test func aWrongStatementIsRefused() throws {
        let error = try #require(throws: PostgresError.self) {
            try connection.copyIn(into: "copy missing from stdin", rows: lines(0..<1))
        }
        #expect(error.kind == .server(.undefinedTable))
        #expect(try connection.execute("select 1").one().int(0) == 1)
        #expect(throws: PostgresError.self) {
            try connection.copyIn(into: "copy item to stdout", rows: lines(0..<1))
        }
        #expect(!connection.isOpen)
    }
}
