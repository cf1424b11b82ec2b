import Testing

@testable import Tandem

@Suite struct CellTests {
    private func read(
        _ type: FieldType, _ text: String, _ change: (inout Mapping.Column) -> Void = { _ in }
    ) throws -> JSON? {
        var column = Mapping.Column("c")
        change(&column)
        return try? CellReader(type, column).read(text).get()
    }

    @Test(arguments: [
        ("12", "12"), ("12.50", "12.50"), ("-0.5", "-0.5"), (".5", "0.5"), ("007", "7"), ("$ 12", "12"), ("12 €", "12"),
        ("+3", "3"), ("5.", "5"), ("-0", "0"),
    ])
    func plainNumbers(text: String, expected: String) throws {
        #expect(try read(.money(currency: "currency"), text) == .string(expected))
    }

    @Test(arguments: ["1,100", "1.000.000", "abc", "-", "", "1e3", "12 34", "--1"])
    func whatMayMeanSeveralNumbersIsNone(text: String) throws {
        #expect(try read(.decimal, text) == nil)
    }

    @Test(arguments: [
        ("1,234.5", "1,100,000.25", "1100000.25"), ("1.234,5", "1.100,25", "1100.25"), ("1234,5", "11,25", "11.25"),
        ("1 234,5", "1 100,25", "1100.25"), ("1'234.5", "1'100.25", "1100.25"),
    ])
    func aSampleShowsTheSeparators(sample: String, text: String, expected: String) throws {
        #expect(try read(.money(currency: "currency"), text) { $0.format = sample } == .string(expected))
    }

    @Test func factorsAreExact() throws {
        #expect(try read(.money(currency: "currency"), "1100.04") { $0.multiply = "1000000" } == "1100040000")
        #expect(try read(.integer(0...10_000_000), "1.5") { $0.multiply = "1000" } == 1500)
        #expect(try read(.integer(0...10_000_000), "1.5") == nil)
    }

    @Test func cellsAreTrimmedAndMapped() {
        var column = Mapping.Column("c")
        column.values = ["technolgy": "technology", "n/a": "", "7": 8]
        func cell(_ text: String) -> String { "\(RowConverter.Cell(column, ["c": .string(text)]))" }
        #expect(cell(" technolgy ") == "text(\"technology\")")
        #expect(cell("n/a") == "empty")
        #expect(cell("  ") == "empty")
        #expect(cell("other") == "text(\"other\")")
        #expect("\(RowConverter.Cell(Mapping.Column("d"), ["c": "x"]))" == "absent")
    }

    @Test(arguments: [
        ("GTXPro", "GTX Pro"), ("technolgy", "technology"), ("Wno", "Won"), ("acount", "account"),
    ])
    func nearWordsAreFound(word: String, expected: String) {
        let words = ["GTX Plus Pro", "GTX Pro", "technology", "Won", "Lost", "account", "amount"]
        #expect(Spelling.nearest(to: word, among: words) == expected)
    }

    @Test func farWordsAreNot() {
        #expect(Spelling.nearest(to: "Umbrella", among: ["Acme", "Initech"]) == nil)
    }
}
