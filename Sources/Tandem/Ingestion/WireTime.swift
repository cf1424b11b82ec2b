/// Times as they stand in messages. All results are microseconds since 1970 in UTC.
public enum WireTime {
    public static let second: Int64 = 1_000_000
    public static let day: Int64 = 86_400 * second

    /// Reads ISO 8601: a date, or a date and a time (`T`, `t` or a space between) with optional seconds, fraction
    /// (cut after microseconds) and zone (`Z`, `+hh`, `+hh:mm`, `+hhmm`; without one: UTC). Nil for anything else,
    /// also for days that do not exist.
    public static func parse(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { parse($0) }
    }

    static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var reader = TimeReader(text)
        return reader.time()
    }

    /// A message's `timestamp` or `sentAt`: text as above, or a number of milliseconds since 1970 as JavaScript's
    /// `Date.now()` gives it. Numbers too small for that are refused, since they might be seconds.
    static func parse(_ node: JSONNode) -> Int64? {
        switch node.kind {
        case .string:
            if !node.hasEscapes { return parse(node.slice) }
            return node.string.flatMap { parse($0) }
        case .number:
            guard let milliseconds = Double(String(decoding: node.slice, as: UTF8.self)),
                (1e11..<1e14).contains(milliseconds)
            else { return nil }
            return Int64(milliseconds * 1000)
        default:
            return nil
        }
    }

    /// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func daysInMonth(_ month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

private struct TimeReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func digits(_ count: Int) -> Int64? {
        guard position + count <= bytes.count else { return nil }
        var value: Int64 = 0
        for offset in 0..<count {
            let byte = bytes[position + offset]
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        position += count
        return value
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    mutating func time() -> Int64? {
        guard let year = digits(4), take(UInt8(ascii: "-")), let month = digits(2), take(UInt8(ascii: "-")),
            let day = digits(2), (1...12).contains(month), (1...WireTime.daysInMonth(month, of: year)).contains(day)
        else { return nil }
        var result = WireTime.days(year: year, month: month, day: day) * WireTime.day
        guard let separator = next else { return result }
        guard separator | 0x20 == UInt8(ascii: "t") || separator == UInt8(ascii: " ") else { return nil }
        position += 1
        guard let clock = clock(), let offset = zone(), position == bytes.count else { return nil }
        result += clock - offset
        return result
    }

    private mutating func clock() -> Int64? {
        guard let hour = digits(2), hour < 24, take(UInt8(ascii: ":")), let minute = digits(2), minute < 60 else {
            return nil
        }
        var result = (hour * 3600 + minute * 60) * WireTime.second
        guard take(UInt8(ascii: ":")) else { return result }
        guard let second = digits(2), second <= 60 else { return nil }
        result += second * WireTime.second
        guard take(UInt8(ascii: ".")) || take(UInt8(ascii: ",")) else { return result }
        var unit = WireTime.second
        let first = position
        while let byte = next, (0x30...0x39).contains(byte) {
            unit /= 10
            result += Int64(byte - 0x30) * unit
            position += 1
        }
        return position > first ? result : nil
    }

    private mutating func zone() -> Int64? {
        guard let sign = next else { return 0 }
        position += 1
        if sign | 0x20 == UInt8(ascii: "z") { return 0 }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = digits(2), hours <= 23 else {
            return nil
        }
        var minutes: Int64 = 0
        if next != nil {
            _ = take(UInt8(ascii: ":"))
            guard let value = digits(2), value < 60 else { return nil }
            minutes = value
        }
        let offset = (hours * 3600 + minutes * 60) * WireTime.second
        return sign == UInt8(ascii: "-") ? -offset : offset
    }
}
