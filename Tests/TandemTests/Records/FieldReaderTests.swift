import Testing

@testable import Tandem

@Suite struct FieldReaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let type: FieldType
        let given: JSON
        /// What is kept, or the code of the error.
        let kept: JSON?
        let code: String?
        var testDescription: String { "\(type) \(given.text)" }

        static func keeps(_ type: FieldType, _ given: JSON, _ kept: JSON) -> Case {
            Case(type: type, given: given, kept: kept, code: nil)
        }
        static func refuses(_ type: FieldType, _ given: JSON, _ code: String) -> Case {
            Case(type: type, given: given, kept: nil, code: code)
        }
    }

    static let money = FieldType.money(currency: "currency")

    static let cases: [Case] = [
        .keeps(.text(maximum: 5), " ab ", "ab"), .keeps(.text(maximum: 5), "  ", .null),
        .keeps(.text(maximum: 5), 12, "12"),
        .refuses(.text(maximum: 5), "abcdef", "too_long"), .refuses(.text(maximum: 5), ["a"], "not_a_text"),
        .keeps(.integer(0...10), 10, 10), .keeps(.integer(0...10), "7", 7), .keeps(.integer(0...10), 2.0, 2),
        .refuses(.integer(0...10), 11, "out_of_range"), .refuses(.integer(0...10), 1.5, "not_an_integer"),
        .keeps(money, "12.50", .number(JSONNumber("12.5") ?? JSONNumber(0))), .keeps(money, 12, 12),
        .keeps(money, "0.0001", .number(JSONNumber("0.0001") ?? JSONNumber(0))),
        .refuses(money, "0.00001", "out_of_range"), .refuses(money, "1e3", "not_a_number"),
        .refuses(money, "1234567890123456", "out_of_range"), .refuses(money, "1,5", "not_a_number"),
        .keeps(.percent, 100, 100), .refuses(.percent, 101, "out_of_range"), .refuses(.percent, -1, "out_of_range"),
        .keeps(.currency, "eur", "EUR"), .refuses(.currency, "EURO", "not_a_currency"),
        .keeps(.bool, false, false), .refuses(.bool, "true", "not_a_boolean"),
        .keeps(.date, "2026-02-28", "2026-02-28"), .refuses(.date, "2026-02-29", "not_a_date"),
        .refuses(.date, "2026-02-28T00:00:00Z", "not_a_date"),
        .keeps(.timestamp, "2026-02-28T10:00:00+02:00", "2026-02-28T08:00:00Z"),
        .refuses(.timestamp, "yesterday", "not_a_timestamp"),
        .keeps(.email, "Sales <Sales@ACME.example>", "sales@acme.example"), .refuses(.email, "nobody", "invalid_email"),
        .keeps(.domain, "https://www.Acme.example/x", "acme.example"), .refuses(.domain, "acme", "invalid_domain"),
        .keeps(.select(["a", "b"]), "a", "a"), .refuses(.select(["a", "b"]), "c", "unknown_option"),
        .keeps(
            .link(.account), "acct_01ARZ3NDEKTSV4RRFFQ69G5FAV", "01563e3a-b5d3-d676-4c61-efb99302bd5b"),
        .keeps(
            .link(.account), "01563E3A-B5D3-D676-4C61-EFB99302BD5B", "01563e3a-b5d3-d676-4c61-efb99302bd5b"),
        .refuses(.link(.account), "cont_01ARZ3NDEKTSV4RRFFQ69G5FAV", "not_an_id"),
        .keeps(.tags, ["a", " a", "b"], ["a", "b"]), .refuses(.tags, "a", "not_an_array"),
        .keeps(.date, .null, .null),
    ]

    @Test(arguments: cases) func aValueIsKeptInOneFormOrRefusedWithACode(_ test: Case) {
        let result = FieldReader(region: Normalizer.noRegion).read(ObjectField("f", test.type, summary: ""), test.given)
        switch result {
        case .value(let value): #expect(value == test.kept)
        case .wrong(let code, _): #expect(code == test.code)
        case .external: Issue.record("an external id")
        }
    }

    @Test(arguments: [
        ("12.5", 2, "12.50"), ("12.5000", 2, "12.50"), ("0.0125", 2, "0.0125"), ("-0.00", 2, "0.00"), ("007", 0, "7"),
        ("100", 0, "100"), ("-3.10", 0, "-3.1"),
    ])
    func aDecimalKeepsItsValueAndGainsItsCurrencysDecimals(text: String, decimals: Int, expected: String) {
        #expect(DecimalNumber(text)?.text(decimals: decimals) == expected)
    }

    @Test(arguments: [
        ("12.5000", 2, "12.50"), ("12.5", 2, "12.50"), ("12", 2, "12.00"), ("12", 0, "12"), ("0.0125", 2, "0.0125"),
        ("0.0000", 0, "0"),
        ("0.0000", 2, "0.00"), ("100.0000", 0, "100"), ("-3.1000", 0, "-3.1"), ("-0.00", 2, "0.00"), ("-0", 0, "0"),
        ("NaN", 2, "NaN"),
        ("-Infinity", 0, "-Infinity"), ("-10.0", 0, "-10"),
    ])
    func aNumericIsWrittenAsTheNumberIs(text: String, decimals: Int, expected: String) {
        var bytes: [UInt8] = []
        DecimalNumber.append(text, decimals: decimals, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
        if let number = DecimalNumber(text) { #expect(number.text(decimals: decimals) == expected) }
    }

    @Test(arguments: ["", "-", ".", "1.", ".5", "1.2.3", "--1", "+1", "1e5", "1,5", " 1", "1 ", "٣", "NaN"])
    func otherTextIsNoDecimal(text: String) {
        #expect(DecimalNumber(text) == nil)
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        (1_772_265_600_000_000, "2026-02-28T08:00:00Z"), (951_782_400_123_000, "2000-02-29T00:00:00.123Z"),
        (-62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
    ])
    func timesAreWrittenInUTCAndReadBack(microseconds: Int64, text: String) {
        #expect(RecordTime.text(microseconds) == text)
        #expect(WireTime.parse(text) == microseconds)
    }
}
