import Foundation

/// A time zone by its IANA name.
struct ImportZone: Sendable, Hashable {
    private let zone: TimeZone

    static let utc = ImportZone(.gmt)

    private init(_ zone: TimeZone) { self.zone = zone }

    init?(_ name: String) {
        guard let zone = TimeZone(identifier: name) else { return nil }
        self.zone = zone
    }

    /// The instant of a local time, in microseconds since 1970. Of two instants that the same clock showed the first; a
    /// time that no clock showed is read as if the clock had not been put forward yet.
    func instant(_ reading: DateFormat.Reading) -> Int64 { instants(reading).first }

    /// The first and the last instant at which clocks showed a local time.
    func instants(_ reading: DateFormat.Reading) -> (first: Int64, last: Int64) {
        let local = reading.days * WireTime.day + reading.time
        if let offset = reading.offset { return (local - offset, local - offset) }
        func offset(at instant: Int64) -> Int64 {
            Int64(zone.secondsFromGMT(for: Date(microseconds: instant))) * WireTime.second
        }
        let before = local - offset(at: local - WireTime.day)
        let after = local - offset(at: local + WireTime.day)
        let shown = [before, after].filter { $0 + offset(at: $0) == local }
        return (shown.first ?? before, shown.last ?? before)
    }
}
