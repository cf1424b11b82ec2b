import Glibc
public import Logging
public import ServiceLifecycle
import Synchronization

/// Whether the database has a disk to write on. PostgreSQL stops when its disk is full, and what reads then stops with it;
/// so events are turned away while there is still room for everything else.
///
/// Of the embedded server the disk is looked at four times a second; of another one nothing is seen, but an error
/// "disk full" (SQLSTATE 53100) closes the door for some seconds, and then the next event tries it.
public final class DiskRoom: Service {
    /// How much has to stay free.
    public struct Bounds: Sendable, Hashable {
        /// Of the whole file system; 0: nothing is kept free.
        public var percent: Int
        /// Two segments of the write-ahead log: whoever has not that much cannot even keep what was begun.
        public var least: UInt64 = 32 << 20
        /// Nobody has to keep a tenth of a terabyte free.
        public var most: UInt64 = 20 << 30

        public init(percent: Int = 5) { self.percent = percent }

        public func reserve(ofBytes total: UInt64) -> UInt64 {
            percent == 0 ? 0 : min(most, max(least, total / 100 * UInt64(percent)))
        }

        /// - Parameter wasShort: it then takes a fifth more, so that the door does not swing.
        public func isShort(free: UInt64, total: UInt64, wasShort: Bool) -> Bool {
            let reserve = reserve(ofBytes: total)
            return free < (wasShort ? reserve + reserve / 5 : reserve)
        }
    }

    /// Bytes of the file system.
    public struct Space: Sendable, Hashable {
        public var free: UInt64
        public var total: UInt64
    }

    public let bounds: Bounds
    private let path: String?
    private let logger: Logger?
    private let measured = Atomic<Bool>(false)
    /// Until when an error of the database is believed, in milliseconds of `began`'s clock.
    private let toldUntil = Atomic<Int64>(0)
    private let began = ContinuousClock.now

    private static let pause: Duration = .milliseconds(250)
    private static let belief: Int64 = 5_000

    /// - Parameter path: on the disk; nil: it is another machine's.
    public init(path: String? = nil, bounds: Bounds = Bounds(), logger: Logger? = nil) {
        self.path = path
        self.bounds = bounds
        self.logger = logger
    }

    /// True while nothing more is to be written. Cheap: asked for each request.
    public var isShort: Bool {
        if measured.load(ordering: .relaxed) { return true }
        let until = toldUntil.load(ordering: .relaxed)
        return until != 0 && now < until
    }

    /// The database said that its disk is full.
    func told() { toldUntil.store(now + Self.belief, ordering: .relaxed) }

    public func run() async throws {
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            look()
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.pause) }
        }
    }

    func look() {
        guard let space else { return }
        let was = measured.load(ordering: .relaxed)
        let isShort = bounds.isShort(free: space.free, total: space.total, wasShort: was)
        guard isShort != was else { return }
        measured.store(isShort, ordering: .relaxed)
        let figures: Logger.Metadata = [
            "free_mb": "\(space.free >> 20)", "reserve_mb": "\(bounds.reserve(ofBytes: space.total) >> 20)",
            "path": "\(path ?? "")",
        ]
        if isShort {
            logger?.error("the disk is nearly full: events are turned away until there is room", metadata: figures)
        } else {
            logger?.notice("the disk has room again: events are taken", metadata: figures)
        }
    }

    /// Nil where the disk is another machine's.
    public var space: Space? { path.flatMap(Self.space(at:)) }

    public static func space(at path: String) -> Space? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let block = UInt64(status.f_frsize)
        return Space(free: UInt64(status.f_bavail) * block, total: UInt64(status.f_blocks) * block)
    }

    private var now: Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - began).components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000 + 1
    }
}
