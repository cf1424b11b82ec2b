import Foundation
import Tandem

/// A time on a page: as machines read it and as people do.
struct Moment {
    /// ISO 8601, UTC.
    let iso: String
    /// `24 Nov 2026, 14:03`
    let text: String
    /// `24 Nov 2026, 14:03:07`
    let exact: String
    /// `24 Nov 2026`
    let day: String
    /// With the zone: `24 Nov 2026, 14:03:07 Europe/Berlin`
    let full: String
}

/// Times in a tenant's time zone.
struct TimeWords {
    private let zone: TimeZone
    private let name: String

    /// - Parameter other: what holds if nobody knows the first.
    init(_ identifier: String, else other: String = "UTC") {
        let known = [identifier, other].first { TimeZone(identifier: $0) != nil } ?? "UTC"
        zone = TimeZone(identifier: known) ?? .gmt
        name = known
    }

    /// - Parameter iso: as the SQL function `iso_time` writes it: `2026-11-24T13:03:07.123456Z`.
    func moment(_ iso: String?) -> Moment? {
        guard let iso, let seconds = Self.seconds(iso) else { return nil }
        let local = seconds + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
        let (day, second) = (local.floorDivided(by: 86_400), local.floorModulo(86_400))
        let date = Self.civil(day)
        let minutes = "\(Self.two(second / 3600)):\(Self.two(second / 60 % 60))"
        let dayText = "\(date.day) \(Self.months[date.month - 1]) \(date.year)"
        let text = "\(dayText), \(minutes)"
        let exact = text + ":" + Self.two(second % 60)
        return Moment(
            iso: String(iso.prefix(19)) + "Z", text: text, exact: exact, day: dayText, full: "\(exact) \(name)")
    }

    /// A time as `datetime-local` inputs have it: `2026-11-24T14:03`.
    func local(_ iso: String?) -> String? {
        guard let iso, let seconds = Self.seconds(iso) else { return nil }
        let local = seconds + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
        return String(RecordTime.text(Int64(local) * WireTime.second).prefix(16))
    }

    /// The day of a time: `2026-11-24`.
    func date(_ iso: String?) -> String? { local(iso).map { String($0.prefix(10)) } }

    /// The time that clocks of the zone show so (`2026-11-24T14:03`), in UTC; nil if it is none. Of an hour that clocks show twice the first; an
    /// hour that they leave out is told as if they had not been changed yet.
    func instant(_ local: String) -> String? {
        guard WireTime.parse(local) != nil, let seconds = Self.seconds(local.count == 16 ? local + ":00" : local)
        else { return nil }
        func offset(_ at: Int) -> Int { zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(at))) }
        let candidates = [offset(seconds - 86_400), offset(seconds + 86_400)]
        let right = candidates.first { offset(seconds - $0) == $0 } ?? candidates[0]
        let found = seconds - right
        return RecordTime.text(Int64(found) * WireTime.second)
    }

    /// `2026-11-24` as `24 Nov 2026`.
    static func day(_ text: String?) -> String? {
        guard let text else { return nil }
        let parts = text.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3, (1...12).contains(parts[1]) else { return text }
        return "\(parts[2]) \(months[parts[1] - 1]) \(parts[0])"
    }

    /// `2026-12-08` as `Tue 8 Dec 2026`; nil where it is no date.
    static func dayOfWeek(_ text: String?) -> String? {
        guard let text, text.count == 10, let seconds = seconds(text + "T00:00:00"), let words = day(text) else {
            return nil
        }
        // 1970 began on a Thursday.
        return "\(weekdays[(seconds.floorDivided(by: 86_400) + 3).floorModulo(7)]) \(words)"
    }

    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }

    /// Since 1970; the fraction is left away.
    private static func seconds(_ iso: String) -> Int? {
        let parts = iso.prefix(19).split { !$0.isNumber }.compactMap { Int($0) }
        guard parts.count == 6 else { return nil }
        return days(year: parts[0], month: parts[1], day: parts[2]) * 86_400 + parts[3] * 3600 + parts[4] * 60
            + parts[5]
    }

    /// Days since 1970 of a date of the proleptic Gregorian calendar, counted in years that begin in March.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.floorDivided(by: 400)
        let ofEra = shifted - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * ofYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension Int {
    fileprivate func floorDivided(by divisor: Int) -> Int { (self - floorModulo(divisor)) / divisor }
    fileprivate func floorModulo(_ divisor: Int) -> Int { (self % divisor + divisor) % divisor }
}
