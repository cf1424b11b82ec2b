import Foundation

/// Times as records carry them: ISO 8601 in UTC, with a fraction only where there is one.
public enum RecordTime {
    /// The years 1 to 9999 in UTC, microseconds since 1970: what four digits say and PostgreSQL reads.
    static let years: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_999_999

    /// - Parameter microseconds: since 1970.
    public static func text(_ microseconds: Int64) -> String {
        var bytes: [UInt8] = []
        append(microseconds, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `text`.
    static func append(_ microseconds: Int64, to bytes: inout [UInt8]) {
        let second = WireTime.second
        let seconds = microseconds / second - (microseconds % second < 0 ? 1 : 0)
        let fraction = microseconds - seconds * second
        let days = seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)
        let rest = seconds - days * 86_400
        appendDate(days, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        appendDigits(rest / 3600, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(rest / 60 % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(rest % 60, 2, to: &bytes)
        if fraction != 0 {
            bytes.append(UInt8(ascii: "."))
            if fraction % 1000 == 0 {
                appendDigits(fraction / 1000, 3, to: &bytes)
            } else {
                appendDigits(fraction, 6, to: &bytes)
            }
        }
        bytes.append(UInt8(ascii: "Z"))
    }

    /// A date of the proleptic Gregorian calendar from days since 1970.
    static func date(_ days: Int64) -> String {
        var bytes: [UInt8] = []
        appendDate(days, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `date`.
    static func appendDate(_ days: Int64, to bytes: inout [UInt8]) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        appendDigits(year, 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(month, 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(day, 2, to: &bytes)
    }

    /// At least so many digits.
    private static func appendDigits(_ value: Int64, _ width: Int, to bytes: inout [UInt8]) {
        var scale: Int64 = 1
        for _ in 1..<width { scale *= 10 }
        guard (0..<(scale * 10)).contains(value) else { return bytes.append(contentsOf: String(value).utf8) }
        while scale > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(value / scale % 10))
            scale /= 10
        }
    }
}

extension UUID {
    /// Lower case, as PostgreSQL writes it.
    var text: String { uuidString.lowercased() }
}
