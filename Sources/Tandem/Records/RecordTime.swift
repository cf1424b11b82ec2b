import Foundation

/// Times as records carry them: ISO 8601 in UTC, with a fraction only where there is one.
public enum RecordTime {
    /// - Parameter microseconds: since 1970.
    public static func text(_ microseconds: Int64) -> String {
        let second = WireTime.second
        let seconds = microseconds / second - (microseconds % second < 0 ? 1 : 0)
        let fraction = microseconds - seconds * second
        let days = seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)
        let rest = seconds - days * 86_400
        var text = date(days) + "T" + pad(rest / 3600, 2) + ":" + pad(rest / 60 % 60, 2) + ":" + pad(rest % 60, 2)
        if fraction != 0 {
            text += "." + (fraction % 1000 == 0 ? pad(fraction / 1000, 3) : pad(fraction, 6))
        }
        return text + "Z"
    }

    /// A date of the proleptic Gregorian calendar from days since 1970.
    static func date(_ days: Int64) -> String {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return pad(year, 4) + "-" + pad(month, 2) + "-" + pad(day, 2)
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension UUID {
    /// Lower case, as PostgreSQL writes it.
    var text: String { uuidString.lowercased() }
}
