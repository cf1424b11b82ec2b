/// How dates and times are written in a file. Nothing is guessed: a format that leaves the order of day and month, the
/// century or half of the day open is refused.
///
/// Three ways to say it: `YYYY-MM-DD HH:mm:ss` (also `M/D/YYYY`, `DD.MM.YYYY`, `YYYYMMDD`, `DD MMM YYYY`), the same with
/// `%Y-%m-%d`, or a name: `iso8601`, `rfc2822` (of mail), `unix` (seconds), `unix_ms`.
struct DateFormat: Sendable, Hashable {
    struct FormatError: Error, Hashable {
        var reason: String
    }

    private enum Part: Sendable, Hashable {
        case year, month, monthName, weekday, day, hour, minute, second, fraction, zone
        case literal(UInt8)

        var isNumber: Bool {
            switch self {
            case .year, .month, .day, .hour, .minute, .second, .fraction: true
            case .monthName, .weekday, .zone, .literal: false
            }
        }
    }

    private enum Kind: Sendable, Hashable {
        case iso
        case unix(unit: Int64)
        case parts([Part])
    }

    /// As it was given.
    let text: String
    private let kind: Kind

    /// ISO 8601, which is taken where no format is given.
    static let iso8601 = DateFormat(kind: .iso)

    private init(kind: Kind) {
        text = "iso8601"
        self.kind = kind
    }

    init(_ text: String) throws(FormatError) {
        self.text = text
        switch text.lowercased() {
        case "iso8601", "iso", "rfc3339": kind = .iso
        case "unix", "epoch", "unix_s": kind = .unix(unit: 1_000_000)
        case "unix_ms", "epoch_ms": kind = .unix(unit: 1000)
        case "rfc2822": kind = .parts(try Self.percentParts("%a, %d %b %Y %H:%M:%S %z"))
        default:
            let parts = text.contains("%") ? try Self.percentParts(text) : try Self.letterParts(text)
            try Self.check(parts, text)
            kind = .parts(parts)
        }
    }

    // MARK: reading the format

    private static func percentParts(_ text: String) throws(FormatError) -> [Part] {
        var parts: [Part] = []
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                parts.append(.literal(byte))
                continue
            }
            guard let code = bytes.popFirst() else { throw FormatError(reason: "ends in the middle of a %") }
            switch code {
            case UInt8(ascii: "Y"): parts.append(.year)
            case UInt8(ascii: "m"): parts.append(.month)
            case UInt8(ascii: "b"): parts.append(.monthName)
            case UInt8(ascii: "a"): parts.append(.weekday)
            case UInt8(ascii: "d"), UInt8(ascii: "e"): parts.append(.day)
            case UInt8(ascii: "H"): parts.append(.hour)
            case UInt8(ascii: "M"): parts.append(.minute)
            case UInt8(ascii: "S"): parts.append(.second)
            case UInt8(ascii: "f"): parts.append(.fraction)
            case UInt8(ascii: "z"): parts.append(.zone)
            case UInt8(ascii: "%"): parts.append(.literal(code))
            case UInt8(ascii: "y"), UInt8(ascii: "D"), UInt8(ascii: "x"), UInt8(ascii: "c"):
                throw FormatError(reason: "ambiguous: a year of two digits does not say its century")
            case UInt8(ascii: "I"): throw FormatError(reason: "ambiguous: an hour of twelve does not say its half")
            default:
                throw FormatError(
                    reason: "%\(String(decoding: [code], as: UTF8.self)) is not known; use Y m b a d H M S f z")
            }
        }
        return parts
    }

    private static func letterParts(_ text: String) throws(FormatError) -> [Part] {
        var parts: [Part] = []
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            var end = start + 1
            while end < bytes.count, bytes[end] == bytes[start] { end += 1 }
            let count = end - start
            switch bytes[start] {
            case UInt8(ascii: "Y"), UInt8(ascii: "y"):
                guard count == 4 else {
                    throw FormatError(reason: "ambiguous: a year of two digits does not say its century")
                }
                parts.append(.year)
            case UInt8(ascii: "M") where count == 3: parts.append(.monthName)
            case UInt8(ascii: "M") where count <= 2: parts.append(.month)
            case UInt8(ascii: "D") where count <= 2, UInt8(ascii: "d") where count <= 2: parts.append(.day)
            case UInt8(ascii: "H") where count <= 2: parts.append(.hour)
            case UInt8(ascii: "h"): throw FormatError(reason: "ambiguous: write HH for hours from 0 to 23")
            case UInt8(ascii: "m") where count <= 2:
                guard parts.contains(.hour) else {
                    throw FormatError(reason: "ambiguous: mm is minutes; write MM for months")
                }
                parts.append(.minute)
            case UInt8(ascii: "s") where count <= 2: parts.append(.second)
            case UInt8(ascii: "S"): parts.append(.fraction)
            case UInt8(ascii: "Z"), UInt8(ascii: "X"), UInt8(ascii: "z"): parts.append(.zone)
            case UInt8(ascii: "'"): break
            case UInt8(ascii: "T"): parts += [Part](repeating: .literal(UInt8(ascii: "T")), count: count)
            case let byte where byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x80:
                throw FormatError(
                    reason:
                        "`\(String(decoding: bytes[start..<end], as: UTF8.self))` is not known; use YYYY MM MMM DD HH mm ss Z"
                )
            case let byte: parts += [Part](repeating: .literal(byte), count: count)
            }
            start = end
        }
        return parts
    }

    private static func check(_ parts: [Part], _ text: String) throws(FormatError) {
        func count(_ part: Part) -> Int { parts.count { $0 == part } }
        guard count(.year) == 1, count(.month) + count(.monthName) == 1, count(.day) == 1 else {
            throw FormatError(reason: "ambiguous: needs year, month and day once each, as in YYYY-MM-DD or M/D/YYYY")
        }
        for part in [Part.hour, .minute, .second, .fraction, .zone] where count(part) > 1 {
            throw FormatError(reason: "names a part twice")
        }
        guard count(.hour) == 1 || count(.minute) + count(.second) + count(.zone) == 0 else {
            throw FormatError(reason: "ambiguous: has minutes or seconds without HH")
        }
    }

    // MARK: reading values

    /// What a text says, before any time zone is applied.
    struct Reading: Hashable {
        /// Days since 1970-01-01.
        var days: Int64
        /// Microseconds since midnight.
        var time: Int64
        /// Of the zone that the text itself names, in microseconds east of UTC.
        var offset: Int64?
        var hasTime: Bool

        /// `YYYY-MM-DD`.
        var date: String { RecordTime.date(days) }
    }

    /// nil when the text is not written that way, or names a day that does not exist.
    func read(_ text: String) -> Reading? {
        switch kind {
        case .iso: return Self.readISO(text)
        case .unix(let unit):
            guard let value = Double(text), value.isFinite, value.magnitude < 1e15 else { return nil }
            let time = Int64((value * Double(unit)).rounded())
            let days = Int64((Double(time) / Double(WireTime.day)).rounded(.down))
            return Reading(days: days, time: time - days * WireTime.day, offset: 0, hasTime: true)
        case .parts(let parts):
            var reader = DateReader(text)
            var reading = Values()
            for (index, part) in parts.enumerated() {
                // Between digits without a mark only full width says where a number ends.
                let isTight =
                    (index + 1 < parts.count && parts[index + 1].isNumber) || (index > 0 && parts[index - 1].isNumber)
                guard reader.take(part, isTight: isTight, into: &reading) else { return nil }
            }
            return reader.isAtEnd ? reading.reading(hasTime: parts.contains(.hour)) : nil
        }
    }

    private static func readISO(_ text: String) -> Reading? {
        guard let time = WireTime.parse(text) else { return nil }
        let days = Int64((Double(time) / Double(WireTime.day)).rounded(.down))
        guard text.utf8.count > 10 else { return Reading(days: days, time: 0, offset: nil, hasTime: false) }
        let marks = [UInt8(ascii: "Z"), UInt8(ascii: "z"), UInt8(ascii: "+"), UInt8(ascii: "-")]
        guard let zone = text.utf8.dropFirst(11).firstIndex(where: { marks.contains($0) }),
            let local = WireTime.parse(String(text[..<zone]))
        else { return Reading(days: days, time: time - days * WireTime.day, offset: nil, hasTime: true) }
        let localDays = Int64((Double(local) / Double(WireTime.day)).rounded(.down))
        return Reading(
            days: localDays, time: local - localDays * WireTime.day, offset: local - time, hasTime: true)
    }

    private struct Values {
        var year: Int64 = 0
        var month: Int64 = 0
        var day: Int64 = 0
        var time: Int64 = 0
        var offset: Int64?

        func reading(hasTime: Bool) -> Reading? {
            guard (1...12).contains(month), (1...9999).contains(year),
                (1...WireTime.daysInMonth(month, of: year)).contains(day)
            else { return nil }
            return Reading(
                days: WireTime.days(year: year, month: month, day: day), time: time, offset: offset, hasTime: hasTime)
        }
    }

    private struct DateReader {
        private let bytes: [UInt8]
        private var position = 0

        init(_ text: String) { bytes = Array(text.utf8) }

        var isAtEnd: Bool { position == bytes.count }

        mutating func take(_ part: Part, isTight: Bool, into values: inout Values) -> Bool {
            switch part {
            case .literal(let byte):
                guard position < bytes.count, bytes[position] == byte else { return false }
                position += 1
                return true
            case .year: return number(4, 4) { values.year = $0 }
            case .month: return number(isTight ? 2 : 1, 2) { values.month = $0 }
            case .weekday:
                position += 3
                return position <= bytes.count
            case .monthName: return monthName { values.month = $0 }
            case .day: return number(isTight ? 2 : 1, 2) { values.day = $0 }
            case .hour: return number(isTight ? 2 : 1, 2, below: 24) { values.time += $0 * 3600 * WireTime.second }
            case .minute: return number(2, 2, below: 60) { values.time += $0 * 60 * WireTime.second }
            case .second: return number(2, 2, below: 60) { values.time += $0 * WireTime.second }
            case .fraction:
                let start = position
                var fraction: Int64 = 0
                guard number(1, 9, { fraction = $0 }) else { return false }
                for _ in 0..<max(0, position - start - 6) { fraction /= 10 }
                for _ in 0..<max(0, 6 - (position - start)) { fraction *= 10 }
                values.time += fraction
                return true
            case .zone: return zone { values.offset = $0 }
            }
        }

        private mutating func number(
            _ least: Int, _ most: Int, below: Int64 = .max, _ use: (Int64) -> Void
        ) -> Bool {
            var value: Int64 = 0
            let start = position
            while position < bytes.count, position - start < most, (0x30...0x39).contains(bytes[position]) {
                value = value * 10 + Int64(bytes[position] - 0x30)
                position += 1
            }
            guard position - start >= least, value < below else { return false }
            use(value)
            return true
        }

        private mutating func monthName(_ use: (Int64) -> Void) -> Bool {
            let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
            guard position + 3 <= bytes.count else { return false }
            let name = String(decoding: bytes[position..<position + 3], as: UTF8.self).lowercased()
            guard let index = names.firstIndex(of: name) else { return false }
            position += 3
            use(Int64(index + 1))
            return true
        }

        private mutating func zone(_ use: (Int64) -> Void) -> Bool {
            guard position < bytes.count else { return false }
            let sign = bytes[position]
            position += 1
            if sign | 0x20 == UInt8(ascii: "z") {
                use(0)
                return true
            }
            guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return false }
            var offset: Int64 = 0
            guard number(2, 2, below: 24, { offset = $0 * 3600 }) else { return false }
            if position < bytes.count, bytes[position] == UInt8(ascii: ":") { position += 1 }
            if position < bytes.count, !number(2, 2, below: 60, { offset += $0 * 60 }) { return false }
            use((sign == UInt8(ascii: "-") ? -offset : offset) * WireTime.second)
            return true
        }
    }
}
