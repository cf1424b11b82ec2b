import Testing

@testable import Tandem

@Suite struct RowReaderTests {
    private func rows(_ text: String, _ format: Mapping.Format = Mapping.Format()) throws -> [RawRow] {
        var reader = try RowReader(ImportFile(name: "x", bytes: Array(text.utf8)), format: format)
        var rows: [RawRow] = []
        while let row = try reader.next() { rows.append(row) }
        return rows
    }

    private func cells(_ row: RawRow) -> String? { try? JSON.object(row.cells.get()).text }

    @Test(arguments: [
        ("a,b\n1,2\n", #"{"a":"1","b":"2"}"#), ("a,b\r\n1,2", #"{"a":"1","b":"2"}"#),
        ("a,b\r1,2\r", #"{"a":"1","b":"2"}"#), ("\u{FEFF}a,b\n1,2", #"{"a":"1","b":"2"}"#),
        ("a,b\n\"1,5\",\"2\"\"x\"", #"{"a":"1,5","b":"2\"x"}"#), ("a,b\n\"1\r\n2\",3", #"{"a":"1\r\n2","b":"3"}"#),
        ("a,b\n5\" pipe,3", #"{"a":"5\" pipe","b":"3"}"#), ("a,b\n,", #"{"a":"","b":""}"#),
        ("a,b\n\"\",\"\"", #"{"a":"","b":""}"#), ("\na,b\n\n1,2\n\n", #"{"a":"1","b":"2"}"#),
    ])
    func csvIsReadAsRFC4180Says(text: String, expected: String) throws {
        let rows = try rows(text)
        #expect(rows.map(cells) == [expected])
    }

    @Test func rowsAndLinesAreCounted() throws {
        let rows = try rows("a\n\"x\ny\"\n\nz\n")
        #expect(rows.map(\.number) == [1, 2])
        #expect(rows.map(\.line) == [2, 5])
    }

    @Test func aBadRowDoesNotStopTheOthers() throws {
        let rows = try rows("a,b\n1\n1,2,3\n1,2\n\"1,2\n")
        #expect(rows.map { cells($0) } == [nil, nil, #"{"a":"1","b":"2"}"#, nil])
    }

    @Test func invalidBytesRejectTheirRowOnly() throws {
        let bytes = Array("a\n".utf8) + [0xFF, 0x0A] + Array("ok\n".utf8)
        var reader = try RowReader(ImportFile(name: "x", bytes: bytes), format: Mapping.Format())
        let first = try #require(try reader.next())
        #expect(throws: ImportFault.self) { try first.cells.get() }
        let second = try #require(try reader.next())
        #expect(cells(second) == #"{"a":"ok"}"#)
    }

    @Test func whitespaceSeparatesColumnsHoweverMuchThereIs() throws {
        var format = Mapping.Format()
        format.kind = .whitespace
        let rows = try rows(" customer_id  date\r\n 00001 19970101\r\n 00002\t 19970112 \r\n", format)
        let expected = [
            #"{"customer_id":"00001","date":"19970101"}"#, #"{"customer_id":"00002","date":"19970112"}"#,
        ]
        #expect(rows.map(cells) == expected)
    }

    @Test func withoutHeaderColumnsAreNumbers() throws {
        var format = Mapping.Format()
        format.header = false
        format.delimiter = UInt8(ascii: "\t")
        #expect(try rows("x\ty\n", format).map(cells) == [#"{"1":"x","2":"y"}"#])
    }

    @Test func jsonLinesAreObjects() throws {
        var format = Mapping.Format()
        format.kind = .jsonl
        let rows = try rows("{\"a\":{\"b\":1}}\n[1]\n{\n", format)
        #expect(rows.map { cells($0) } == [#"{"a":{"b":1}}"#, nil, nil])
    }

    @Test func aColumnNamedTwiceIsAnError() {
        #expect(throws: TandemError.self) { try rows("a,a\n1,2") }
    }

    @Test func aFileLargerThanABlockIsCutAtLineEnds() throws {
        let line = String(repeating: "x", count: 997) + ",1\r\n"
        let rows = try rows("a,b\r\n" + String(repeating: line, count: 2500))
        #expect(rows.count == 2500)
        #expect(rows.allSatisfy { (try? $0.cells.get()["b"]) == "1" })
    }
}
