import Foundation
import Testing

@testable import Tandem

@Suite struct CursorTests {
    private static let now: Int64 = 1_793_750_400_000_000  // 2026-11-04T00:00:00Z

    private func cursor(_ yaml: String) throws -> CursorColumn {
        let mapping = try Mapping(
            yaml: "cursor: \(yaml)\nfields: {external_id: id}", object: "accounts")
        return try CursorColumn(try #require(mapping.cursor))
    }

    private func passage(_ yaml: String, from: String, open: [String] = []) throws -> CursorPassage {
        let column = try cursor(yaml)
        return CursorPassage(
            column: column, since: "last", kept: .init(), from: column.stated(from),
            open: Set(open.compactMap(column.stated)), now: Self.now)
    }

    private func text(_ column: CursorColumn, _ cell: JSON) -> String? {
        guard case .value(let first, _) = column.read(["at": cell], now: Self.now) else { return nil }
        return column.cursor.kind.text(first)
    }

    @Test(arguments: [
        ("at", "2026-11-01T02:00:00Z", "2026-11-01T02:00:00Z"),
        ("at", "2026-11-01", "2026-11-01T00:00:00Z"),
        ("at", "2026-11-01 02:00:00.125+0100", "2026-11-01T01:00:00.125Z"),
        ("{column: at, format: DD.MM.YYYY HH:mm, timezone: Europe/Berlin}", "01.11.2026 02:00", "2026-11-01T01:00:00Z"),
        ("{column: at, type: number}", "000000000000000042", "42"),
        ("{column: at, type: number, format: \"1,234.5\"}", "1,234,567", "1234567"),
        (
            "{column: at, type: number}", "12345678901234567890123456789012345678",
            "12345678901234567890123456789012345678"
        ),
    ])
    func aCursorIsATimeOrANumber(yaml: String, cell: String, value: String) throws {
        #expect(text(try cursor(yaml), .string(cell)) == value)
    }

    @Test func whatIsNoCursorIsTakenAndTold() throws {
        let passage = try passage("at", from: "2026-11-01")
        var tally = CursorTally()
        let cells: [JSONObject] = [
            ["at": "2026-10-31T23:59:59Z"], ["at": "2026-11-01"], ["at": ""], [:], ["at": "n/a"], ["at": "2026-11-06"],
            ["at": "2026-11-04T12:00:00Z"],
        ]
        let taken = cells.enumerated().map { index, cells in
            let place = passage.place(cells)
            tally.note(place, line: index + 2)
            return place.isTaken
        }
        #expect(taken == [false, true, true, true, true, true, true])
        #expect((tally.passedOver, tally.without, tally.readable) == (1, 4, 3))
        #expect(tally.firstWithout?.line == 4)
        #expect(tally.firstUnreadable?.text == "n/a")
        // Not the day after the next.
        #expect(tally.high.map(passage.column.cursor.kind.text) == "2026-11-04T12:00:00Z")
        #expect(tally.low.map(passage.column.cursor.kind.text) == "2026-10-31T23:59:59Z")
    }

    @Test func rowsThatWereRejectedAreTakenAgain() throws {
        let passage = try passage("{column: n, type: number}", from: "10", open: ["7"])
        let places = [6, 7, 8, 10].map { passage.place(["n": .number($0)]) }
        #expect(places.map(\.isTaken) == [false, true, false, true])
        #expect(places.map(\.isAgain) == [false, true, false, false])
    }

    /// 02:30 in the night in which clocks are put back is shown twice: a row of the second must not be lost when the file
    /// before was made in the first.
    @Test func aTimeThatClocksShowTwiceIsNew() throws {
        let passage = try passage(
            "{column: at, format: YYYY-MM-DD HH:mm, timezone: Europe/Berlin}", from: "2026-10-25 02:50")
        #expect(passage.from.map(passage.column.cursor.kind.text) == "2026-10-25T00:50:00Z")
        let twice = passage.place(["at": "2026-10-25 02:10"])
        #expect(twice.isTaken)
        #expect(twice.value.map(passage.column.cursor.kind.text) == "2026-10-25T00:10:00Z")
        #expect(!passage.place(["at": "2026-10-25 01:59"]).isTaken)
    }

    @Test func anOverlapIsALengthOfTimeOrANumber() throws {
        #expect(try cursor("{column: at, overlap: 90m}").cursor.overlap == 5_400_000_000)
        #expect(try cursor("{column: at, overlap: 2d}").cursor.overlap == 172_800_000_000)
        #expect(try cursor("{column: at, type: number, overlap: 100}").cursor.overlap == 100)
    }

    @Test(arguments: [
        ("{format: x}", "`cursor` needs a `column`"),
        ("{column: at, formta: x}", "did you mean `format`?"),
        ("{column: at, format: MM/DD/YY}", "century"),
        ("{column: at, timezone: Mars/Base}", "there is no time zone"),
        ("{column: at, type: text}", "`type` is timestamp, number, not `text`"),
        ("{column: at, type: number, format: YYYY}", "write how 1234.5 looks"),
        ("{column: at, overlap: soon}", "`overlap` is a length of time"),
        ("{column: at, overlap: -2h}", "`overlap` is a length of time"),
    ])
    func mistakesAreToldWithTheirLine(yaml: String, words: String) {
        let error = #expect(throws: MappingError.self) {
            _ = try Mapping(yaml: "fields: {external_id: id}\ncursor: \(yaml)", object: "accounts")
        }
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        #expect(error?.line == 2)
    }

    @Test func eventsNeedIdsOfTheirOwn() {
        let error = #expect(throws: MappingError.self) {
            _ = try Mapping(
                yaml: "event: {value: x}\ntimestamp: at\nidentifiers: {user_id: u}\ncursor: at", object: "events")
        }
        #expect(error?.message.contains("`message_id`") == true)
    }

    /// Two mappings that go on where the other has ended are equal in the ledger.
    @Test func theOverlapIsNoPartOfWhatAMappingIs() throws {
        func json(_ cursor: String) throws -> JSON {
            let yaml = "fields: {external_id: id}\ncursor: \(cursor)"
            return try Mapping(yaml: yaml, object: "accounts").json(match: ["external_id"])
        }
        #expect(try json("{column: at, overlap: 1h}") == json("at"))
        #expect(try json("{column: at, name: emea}") != json("at"))
        #expect(try json("{column: at, timezone: Europe/Berlin}") != json("at"))
    }
}
