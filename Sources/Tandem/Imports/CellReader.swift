import Foundation

/// Turns the text of a cell into a value of a field's type, in the form that the API takes.
struct CellReader: Sendable {
    private let type: FieldType
    private let date: DateFormat
    private let zone: ImportZone
    private let number: NumberFormat
    private let factor: Decimal?
    private let formatText: String?

    /// True where only ISO 8601 is taken because the mapping gives no format.
    let needsISODates: Bool

    init(_ type: FieldType, _ column: Mapping.Column) throws(MappingError) {
        self.type = type
        formatText = column.format
        zone = try column.timezone.map { ImportZone($0) }?.orMappingError(column) ?? .utc
        factor = column.multiply.flatMap { Decimal(string: $0, locale: Locale(identifier: "en_US_POSIX")) }
        let isTime = type == .date || type == .timestamp
        needsISODates = isTime && column.format == nil
        if isTime, let format = column.format {
            do throws(DateFormat.FormatError) {
                date = try DateFormat(format)
            } catch {
                throw MappingError(line: column.line, "format `\(format)`: \(error.reason)")
            }
            number = .plain
        } else {
            date = .iso8601
            if let format = column.format {
                guard type.isNumber, let parsed = NumberFormat(format) else {
                    throw MappingError(
                        line: column.line,
                        type.isNumber
                            ? "format `\(format)` of a number: write how 1234.5 looks, such as 1,234.5 or 1.234,5"
                            : "`format` has a meaning for dates and numbers only")
                }
                number = parsed
            } else {
                number = .plain
            }
        }
        if factor != nil, !type.isNumber {
            throw MappingError(line: column.line, "`multiply` has a meaning for numbers only")
        }
    }

    func read(_ text: String) -> Result<JSON, ImportFault> {
        switch type {
        case .integer: return decimal(text).flatMap(whole)
        case .decimal, .percent: return decimal(text).map { JSONNumber($0).map(JSON.number) ?? .string($0) }
        case .money: return decimal(text).map(JSON.string)
        case .bool: return bool(text)
        case .date: return moment(text).map { .string($0.date) }
        case .timestamp: return moment(text).map { .string(RecordTime.text(zone.instant($0))) }
        case .condition: return .success((try? JSON(parsing: Array(text.utf8))) ?? .string(text))
        case .tags, .multiSelect, .fieldNames, .links:
            let marks: Set<Character> = [",", ";", "|"]
            let words = text.split(whereSeparator: marks.contains).map { $0.trimmingCharacters(in: .whitespaces) }
            return .success(.array(words.filter { !$0.isEmpty }.map(JSON.string)))
        case .select(let options) where !options.contains(text):
            let near = Spelling.nearest(to: text, among: options)
            let hint = near.map { "; did you mean `\($0)`? add values: {\(text): \($0)}" }
            return .failure(
                ImportFault(
                    code: "unknown_option",
                    reason: "`\(text)` is none of the options"
                        + (hint ?? ", which are " + options.joined(separator: ", "))))
        default: return .success(.string(text))
        }
    }

    /// Whether a cell can be read as a date without a format.
    func isISODate(_ text: String) -> Bool { DateFormat.iso8601.read(text) != nil }

    private func moment(_ text: String) -> Result<DateFormat.Reading, ImportFault> {
        guard let reading = date.read(text) else {
            let wanted = formatText.map { "written as `\($0)`" } ?? "an ISO 8601 date"
            return .failure(
                ImportFault(code: "invalid_date", reason: "`\(text)` is not \(wanted), or there is no such day"))
        }
        return .success(reading)
    }

    private func bool(_ text: String) -> Result<JSON, ImportFault> {
        switch text.lowercased() {
        case "true", "t", "yes", "y", "1": .success(true)
        case "false", "f", "no", "n", "0": .success(false)
        default:
            .failure(
                ImportFault(code: "invalid_boolean", reason: "`\(text)` is neither yes nor no; map it with `values`"))
        }
    }

    /// Plain decimal text.
    private func decimal(_ text: String) -> Result<String, ImportFault> {
        guard let plain = number.plainText(of: text) else {
            let hint = text.contains(",") ? "; give `format`, such as 1,234.5 or 1.234,5" : ""
            return .failure(ImportFault(code: "invalid_number", reason: "`\(text)` is no number\(hint)"))
        }
        guard let factor else { return .success(plain) }
        guard let value = Decimal(string: plain, locale: Locale(identifier: "en_US_POSIX")) else {
            return .failure(ImportFault(code: "invalid_number", reason: "`\(text)` is out of range"))
        }
        return .success("\(value * factor)")
    }

    private func whole(_ text: String) -> Result<JSON, ImportFault> {
        guard let number = JSONNumber(text), number.int != nil else {
            return .failure(ImportFault(code: "invalid_integer", reason: "`\(text)` is no whole number"))
        }
        return .success(.number(number.int ?? 0))
    }
}

extension Optional where Wrapped == ImportZone {
    fileprivate func orMappingError(_ column: Mapping.Column) throws(MappingError) -> ImportZone {
        guard let self else {
            throw MappingError(line: column.line, "there is no time zone `\(column.timezone ?? "")`")
        }
        return self
    }
}

/// How numbers are written: by a sample such as `1,234.5`.
struct NumberFormat: Sendable, Hashable {
    private let group: Character?
    private let point: Character

    static let plain = NumberFormat(group: nil, point: ".")

    private init(group: Character?, point: Character) {
        self.group = group
        self.point = point
    }

    /// nil unless the text shows 1234 with its separators and at least one decimal.
    init?(_ sample: String) {
        var marks = sample.filter { !$0.isASCII || !$0.isNumber }
        guard sample.filter({ $0.isASCII && $0.isNumber }).hasPrefix("12345"), let point = marks.popLast(),
            marks.count <= 1,
            point == "." || point == ",", marks.first != point
        else { return nil }
        self.init(group: marks.first, point: point)
    }

    /// Digits with an optional sign and point, without the signs of currencies and percent; nil if it is not a number so
    /// written.
    func plainText(of text: String) -> String? {
        var digits = ""
        var hasPoint = false
        var count = 0
        for character in text.trimmingCharacters(in: Self.adornment) {
            if character.isASCII, character.isNumber {
                digits.append(character)
                count += 1
            } else if character == point, !hasPoint {
                hasPoint = true
                digits.append(".")
            } else if character == "-" || character == "+", digits.isEmpty {
                if character == "-" { digits.append("-") }
            } else if let group, character == group, !hasPoint, count > 0 {
                continue
            } else {
                return nil
            }
        }
        guard count > 0 else { return nil }
        // JSON has no `007` and no `.5`.
        var (sign, body) = digits.hasPrefix("-") ? ("-", String(digits.dropFirst())) : ("", digits)
        if body.hasSuffix(".") { body.removeLast() }
        let whole = body.prefix { $0 != "." }
        let plainWhole = whole.drop { $0 == "0" }
        body = (plainWhole.isEmpty ? "0" : String(plainWhole)) + body.dropFirst(whole.count)
        if body.allSatisfy({ $0 == "0" || $0 == "." }) { sign = "" }
        return sign + body
    }

    private static let adornment = CharacterSet(charactersIn: "$€£¥%\u{00A0}").union(.whitespaces)
}
