public import Foundation

/// Where the time comes from; a test gives its own.
public struct WallClock: Sendable {
    public let now: @Sendable () -> Date

    public init(_ now: @escaping @Sendable () -> Date) { self.now = now }

    public static let system = WallClock { Date() }

    /// Microseconds since 1970, as binds of timestamps take them.
    public var microseconds: Int64 { now().microseconds }
}

/// Makes the ids of new records; a test gives its own.
public struct IDGenerator: Sendable {
    public let next: @Sendable () -> UUID

    public init(_ next: @escaping @Sendable () -> UUID) { self.next = next }

    /// UUIDs of version 7.
    public static func uuidV7(clock: WallClock = .system) -> IDGenerator {
        IDGenerator {
            var random = SystemRandomNumberGenerator()
            return UUID.v7(at: clock.now(), using: &random)
        }
    }
}

extension Date {
    /// Since 1970.
    var microseconds: Int64 { Int64((timeIntervalSince1970 * 1_000_000).rounded()) }

    init(microseconds: Int64) { self.init(timeIntervalSince1970: Double(microseconds) / 1_000_000) }
}
