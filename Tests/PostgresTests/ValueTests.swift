import FoundationEssentials
import Postgres
import TandemTesting
import Testing

/// Values go to the server and come back unchanged.
@Suite struct ValueTests {
    // No test here leaves anything behind, so they share a database.
    private static let database = Result { try TestServer.shared.schema() }

    private let connection: Connection

    init() throws {
        connection = try Self.database.get().connect()
    }

    private func echo(_ bind: Bind) throws -> Row {
        try connection.execute(Statement(sql: "select $1 as value, pg_typeof($1)::text as type", [bind])).one()
    }

    @Test(arguments: [
        "", "a", "quote ' \" \\", "ünïcødé 🦊 \u{1F468}\u{200D}\u{1F469}", String(repeating: "x", count: 300_000),
    ])
    func textRoundTrips(value: String) throws {
        #expect(try echo(.text(value)).text("value") == value)
        #expect(try echo(.utf8(Array(value.utf8)[...])).text("value") == value)
        #expect(try echo(.text(value)).text("type") == "text")
    }

    @Test func integersRoundTrip() throws {
        for value in [Int16.min, -1, 0, 1, .max] { #expect(try echo(.int2(value)).int(0) == Int(value)) }
        for value in [Int32.min, -1, 0, 1, .max] { #expect(try echo(.int4(value)).int(0) == Int(value)) }
        for value in [Int64.min, -1, 0, 1, .max] { #expect(try echo(.int8(value)).int(0) == Int(value)) }
        #expect(try echo(.int8(-12)).text(0) == "-12")
        #expect(try connection.execute("select 4294967295::oid").one().int(0) == 4_294_967_295)
    }

    @Test func doublesRoundTrip() throws {
        for value in [0, -0.0, 1.5, -1e300, .leastNonzeroMagnitude, .infinity, .greatestFiniteMagnitude] {
            #expect(try echo(.double(value)).double(0) == value)
        }
        #expect(try echo(.double(.nan)).double(0).isNaN)
        #expect(try connection.execute("select 1.5::float4, 7::int2").one().double(0) == 1.5)
        #expect(try connection.execute("select 1.5::float4, 7::int2").one().double(1) == 7)
    }

    @Test func booleansAndIdentifiersRoundTrip() throws {
        #expect(try echo(.bool(true)).bool(0))
        #expect(try !echo(.bool(false)).bool(0))
        #expect(try echo(.bool(true)).text(0) == "true")
        let id = UUID()
        #expect(try echo(.uuid(id)).uuid(0) == id)
        #expect(try echo(.uuid(id)).text(0) == id.uuidString.lowercased())
        #expect(try connection.execute("select \(id)::text").one().text(0) == id.uuidString.lowercased())
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_715_000_000_123_456, "2024-05-06T12:53:20.123456Z"),
            (-1, "1969-12-31T23:59:59.999999Z"), (-62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"), (.max, "infinity"), (.min, "-infinity"),
        ] as [(Int64, String)])
    func timestampsRoundTrip(microseconds: Int64, text: String) throws {
        let row = try echo(.timestamptz(microseconds))
        #expect(try row.timestamp(0) == microseconds)
        #expect(try row.text(0) == text)
        // The server reads our text as the same moment.
        #expect(
            try connection.execute("select \(bind: .literal(text, .timestamptz))").one().timestamp(0) == microseconds)
    }

    @Test(
        arguments: [
            (0, "1970-01-01"), (19_783, "2024-03-01"), (19_782, "2024-02-29"), (-1, "1969-12-31"),
            (10_957, "2000-01-01"),
        ] as [(Int32, String)])
    func datesRoundTrip(days: Int32, text: String) throws {
        let row = try echo(.date(days))
        #expect(try row.date(0) == days)
        #expect(try row.text(0) == text)
        #expect(try row.timestamp(0) == Int64(days) * 86_400_000_000)
        #expect(try connection.execute("select \(bind: .literal(text, .date))").one().date(0) == days)
    }

    @Test func jsonRoundTrips() throws {
        let json = #"{"a": [1, 2.5, null, "ü\"\\"]}"#
        #expect(try String(decoding: echo(.jsonb(text: json)).json(0), as: UTF8.self) == json)
        #expect(try echo(.jsonb(Array(json.utf8))).text(0) == json)
        #expect(try connection.execute("select \(json)::json").one().text(0) == json)
        #expect(try connection.execute("select \(json)::json").one().json(0) == Array(json.utf8))
        // A slice of a larger buffer goes as it is.
        let body = Array("xx\(json)yy".utf8)
        #expect(try echo(.jsonb(body[2..<(body.count - 2)])).text(0) == json)
    }

    @Test func bytesRoundTrip() throws {
        let bytes = (0...255).map { UInt8($0) }
        #expect(try echo(.bytea(bytes)).bytea(0) == bytes)
        #expect(try echo(.bytea([])).bytea(0).isEmpty)
        #expect(try echo(.bytea([0, 255])).text(0) == "\\x00ff")
    }

    @Test(arguments: [
        "0", "1", "-1", "12345.678900", "-0.00001", "10000", "100000000", "0.0001", "99999999999999999999.5",
        "NaN", "Infinity", "-Infinity", "0.00", "1e30", "123000",
    ])
    func numericsAreExact(decimal: String) throws {
        let row = try connection.execute(
            "select \(bind: .numeric(decimal)) as value, \(bind: .numeric(decimal))::text as text"
        ).one()
        #expect(try row.text("value") == row.text("text"))
    }

    @Test func numericsWithoutFractionAreIntegers() throws {
        let row = try connection.execute(
            "select sum(x)::numeric, 1.50::numeric, 2.00::numeric, -7::numeric from generate_series(1, 4) x"
        ).one()
        #expect(try row.int(0) == 10)
        #expect(throws: PostgresError.self) { try row.int(1) }
        #expect(try row.double(1) == 1.5)
        #expect(try row.int(2) == 2)
        #expect(try row.int(3) == -7)
    }

    @Test func nullsAreTold() throws {
        let row = try connection.execute(
            "select \(bind: String?.none.bind) as a, \(bind: .null(.unspecified))::int as b, 1 as c"
        )
        .one()
        #expect(try row.isNull("a"))
        #expect(try row.optionalText("a") == nil)
        #expect(try row.optionalInt("b") == nil)
        #expect(try row.optionalInt("c") == 1)
        let error = #expect(throws: PostgresError.self) { try row.text("a") }
        #expect(error?.kind == .decoding)
    }

    @Test func wrongColumnsAndTypesAreErrors() throws {
        let row = try connection.execute("select 'x'::text as a, 1 as b").one()
        for attempt in [
            { _ = try row.int("a") }, { _ = try row.text("z") }, { _ = try row.text(2) }, { _ = try row.uuid("b") },
        ] as [() throws -> Void] {
            let error = #expect(throws: PostgresError.self) { try attempt() }
            #expect(error?.kind == .decoding)
        }
        #expect(row.columns == ["a", "b"])
    }

    @Test func enumsAndUnknownTypesReadAsTextOnlyWhereSafe() throws {
        try connection.script("create type mood as enum ('sad', 'ok')")
        #expect(try connection.execute("select 'ok'::mood").one().text(0) == "ok")
        #expect(throws: PostgresError.self) { try connection.execute("select '10.0.0.1'::inet").one().text(0) }
    }

    @Test func oneRowMeansOneRow() throws {
        #expect(throws: PostgresError.self) { try connection.execute("select 1 where false").one() }
        let none = try connection.execute("select 1 where false").oneOrNone()
        #expect(none.map { _ in true } == nil)
        #expect(throws: PostgresError.self) { try connection.execute("select generate_series(1, 2)").one() }
        let rows = try connection.execute("select generate_series(1, 3)")
        #expect(rows.count == 3)
        #expect(try rows.map { try $0.int(0) } == [1, 2, 3])
        try connection.script("create temp table t (x int)")
        #expect(try connection.execute("insert into t select generate_series(1, 5)").affected == 5)
    }

    @Test func rowsOutliveTheirConnection() throws {
        let connection = try Self.database.get().connect()
        let rows = try connection.execute("select 'kept'::text")
        connection.close()
        #expect(try rows.one().text(0) == "kept")
    }
}
