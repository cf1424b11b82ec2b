import Foundation

/// Reads how new a row is from the column that a mapping names as its cursor. Times are microseconds since 1970.
struct CursorColumn: Sendable {
    enum Reading: Sendable, Hashable {
        case empty
        case unreadable(String)
        /// More than a day after the import: some clock is wrong. Were it believed, all that comes until then would be
        /// passed over.
        case future(String)
        /// A local time that clocks showed twice is two instants: `first` says how far a file comes, `last` whether a row
        /// is new.
        case value(first: Decimal, last: Decimal)
    }

    let cursor: Mapping.Cursor
    private let date: DateFormat
    private let zone: ImportZone
    private let number: NumberFormat

    init(_ cursor: Mapping.Cursor) throws(MappingError) {
        self.cursor = cursor
        zone = cursor.timezone.flatMap { ImportZone($0) } ?? .utc
        guard let format = cursor.format else {
            (date, number) = (.iso8601, .plain)
            return
        }
        switch cursor.kind {
        case .timestamp:
            number = .plain
            do throws(DateFormat.FormatError) {
                date = try DateFormat(format)
            } catch {
                throw MappingError(line: cursor.line, "format `\(format)`: \(error.reason)")
            }
        case .number:
            date = .iso8601
            guard let parsed = NumberFormat(format) else {
                throw MappingError(
                    line: cursor.line,
                    "format `\(format)` of a number: write how 1234.5 looks, such as 1,234.5 or 1.234,5")
            }
            number = parsed
        }
    }

    /// - Parameter now: microseconds since 1970.
    func read(_ cells: JSONObject, now: Int64) -> Reading {
        let cell = RowConverter.Cell(Mapping.Column(cursor.column), cells)
        guard case .text(let text) = cell else {
            if case .value(let value) = cell { return .unreadable(value.text) }
            return .empty
        }
        guard let (first, last) = values(text, date, number) else { return .unreadable(text) }
        if cursor.kind == .timestamp, first > Decimal(now + WireTime.day) { return .future(text) }
        return .value(first: first, last: last)
    }

    private func values(_ text: String, _ date: DateFormat, _ number: NumberFormat) -> (Decimal, Decimal)? {
        switch cursor.kind {
        case .timestamp:
            guard let reading = date.read(text) else { return nil }
            let instants = zone.instants(reading)
            guard RecordTime.years.contains(instants.first) else { return nil }
            return (Decimal(instants.first), Decimal(instants.last))
        case .number:
            guard let plain = number.plainText(of: text), plain.utf8.count <= Self.digitsLimit,
                let value = Self.number(plain)
            else { return nil }
            return (value, value)
        }
    }

    /// As many as a decimal holds without rounding.
    private static let digitsLimit = 38

    /// Plain digits, whatever the machine's language is.
    static func number(_ text: String) -> Decimal? { Decimal(string: text, locale: Locale(identifier: "en_US_POSIX")) }

    /// A value that somebody states: written as in the column, or as ISO 8601 or plain digits.
    func stated(_ text: String) -> Decimal? {
        (values(text, date, number) ?? values(text, .iso8601, .plain))?.0
    }

    /// `30m`, `2h`, `1d`; a number where cursors are numbers.
    static func overlap(_ text: String, _ kind: Mapping.Cursor.Kind) -> Decimal? {
        guard kind == .timestamp else {
            return NumberFormat.plain.plainText(of: text).flatMap(number).flatMap { $0 >= 0 ? $0 : nil }
        }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (0...36_500).contains(count)
        else { return nil }
        return Decimal(count * unit * WireTime.second)
    }
}

extension Mapping.Cursor.Kind {
    /// A value for people: ISO 8601, or digits.
    func text(_ value: Decimal) -> String {
        self == .timestamp ? RecordTime.text(NSDecimalNumber(decimal: value).int64Value) : value.description
    }
}
