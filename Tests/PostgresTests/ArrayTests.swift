import FoundationEssentials
import Postgres
import TandemTesting
import Testing

/// One-dimensional arrays go to the server and come back unchanged.
@Suite struct ArrayTests {
    // No test here leaves anything behind, so they share a database.
    private static let database = Result { try TestServer.shared.schema() }

    private let connection: Connection

    init() throws {
        connection = try Self.database.get().connect()
    }

    private func echo(_ bind: Bind) throws -> Row {
        try connection.execute(Statement(sql: "select $1 as value, cardinality($1) as size", [bind])).one()
    }

    @Test func textsWithNullsQuotesAndUnicode() throws {
        let values: [String?] = ["", nil, "null", "NULL", "a,b", "{}", "\"", "'", "\\", "ü🦊", " x ", nil]
        let row = try echo(.textArray(values))
        #expect(try row.nullableTexts(0) == values)
        #expect(try row.int("size") == values.count)
        #expect(try echo(.utf8Array(values.map { $0.map { Array($0.utf8)[...] } })).nullableTexts(0) == values)
        #expect(throws: PostgresError.self) { try row.texts(0) }
        // The server sees the same elements.
        let third = try connection.execute("select (\(bind: .textArray(values)))[9]").one()
        #expect(try third.text(0) == "\\")
    }

    @Test func emptyArraysStayEmpty() throws {
        let empty: [Bind] = [
            .textArray([]), .int2Array([]), .int4Array([]), .int8Array([]), .boolArray([]), .uuidArray([]),
            .doubleArray([]), .timestamptzArray([]), .jsonbArray([]), .byteaArray([]), .utf8Array([]),
        ]
        for bind in empty { #expect(try echo(bind).int("size") == 0) }
        #expect(try echo(.textArray([])).texts(0).isEmpty)
        #expect(try echo(.int8Array([])).ints(0).isEmpty)
    }

    @Test func integersWithNulls() throws {
        #expect(try echo(.int2Array([1, nil, .min])).nullableInts(0) == [1, nil, Int(Int16.min)])
        #expect(try echo(.int4Array([1, nil, .max])).nullableInts(0) == [1, nil, Int(Int32.max)])
        #expect(try echo(.int8Array([1, nil, .max])).nullableInts(0) == [1, nil, Int.max])
        #expect(try echo(.int8Array([3, 2, 1])).ints(0) == [3, 2, 1])
        #expect(try connection.execute("select null::int[]").one().optionalInts(0) == nil)
    }

    @Test func otherTypesWithNulls() throws {
        let ids = [UUID(), UUID()]
        #expect(try echo(.uuidArray([ids[0], nil, ids[1]])).nullableUUIDs(0) == [ids[0], nil, ids[1]])
        #expect(try echo(.uuidArray(ids)).uuids(0) == ids)
        #expect(try echo(.boolArray([true, false])).bools(0) == [true, false])
        #expect(try echo(.doubleArray([1.5, -2])).doubles(0) == [1.5, -2])
        #expect(
            try echo(.timestamptzArray([0, -1, 1_715_000_000_123_456])).timestamps(0) == [0, -1, 1_715_000_000_123_456])
        #expect(try echo(.byteaArray([[0, 1][...], [][...]])).byteas(0) == [[0, 1], []])
        let json: [ArraySlice<UInt8>?] = [Array(#"{"a": 1}"#.utf8)[...], nil, Array("null".utf8)[...]]
        #expect(try echo(.jsonbArray(json)).nullableJSONs(0) == json.map { $0.map { Array($0) } })
    }

    @Test func arraysUnnestIntoRows() throws {
        let rows = try connection.execute(
            """
            select * from unnest(\(bind: .textArray(["a", nil])), \(bind: .int4Array([1, 2])),
                \(bind: .jsonbArray([Array("{}".utf8)[...], nil]))) as t (name, size, data)
            """)
        #expect(rows.count == 2)
        #expect(try rows[0].text("name") == "a")
        #expect(try rows[1].optionalText("name") == nil)
        #expect(try rows[1].int("size") == 2)
        #expect(try rows[0].json("data") == Array("{}".utf8))
    }

    @Test func arraysOfNamesAndNumericsRead() throws {
        let row = try connection.execute(
            "select array['a', 'b']::name[], array[1.5, 2]::numeric[], array['c']::varchar[], array['2024-02-29'::date], 'text'::text"
        ).one()
        #expect(try row.texts(0) == ["a", "b"])
        #expect(try row.texts(1) == ["1.5", "2"])
        #expect(try row.texts(2) == ["c"])
        #expect(try row.texts(3) == ["2024-02-29"])
        #expect(throws: PostgresError.self) { try row.texts(4) }
    }

    @Test func aLargeArrayGoesInOnePiece() throws {
        let values = (0..<20_000).map { Int64($0) }
        let sum = try connection.execute("select sum(x)::bigint from unnest(\(bind: .int8Array(values.map { $0 }))) x")
            .one()
        #expect(try sum.int(0) == 199_990_000)
    }
}
