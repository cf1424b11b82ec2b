public import Logging
import Synchronization
import Tandem

/// A line for each request that somebody may ask about: every answer of 500 and above, and whatever took long. Never the path, which
/// may hold identifiers, and nothing of what was sent.
///
/// Overload makes many of them at once, so all but some a second are left out and counted in the next line.
public final class RequestLog: Sendable {
    public enum Mode: String, Sendable, CaseIterable {
        /// Every request, however many.
        case all
        case slow, off
    }

    /// What a line tells.
    struct Entry {
        let id: String
        let access: Access?
        let method: String
        /// The route's pattern.
        let route: String
        let status: Int
        let duration: Duration
        /// Of the answer; nil: it goes on.
        let bytes: Int?
        /// Of the problem, where it is one.
        let code: String?
    }

    private struct State {
        var bucket: TokenBucket
        var leftOut = 0
    }

    /// Lines a second, and how many at once.
    static let rate = Rate(perSecond: 5, burst: 20)

    private let mode: Mode
    private let slow: Duration
    private let logger: Logger
    private let began = ContinuousClock.now
    private let state = Mutex(State(bucket: TokenBucket(RequestLog.rate, at: .zero)))

    /// - Parameter slow: a request that takes so long has a line.
    public init(_ mode: Mode = .slow, slow: Duration = .seconds(1), logger: Logger) {
        self.mode = mode
        self.slow = slow
        self.logger = logger
    }

    /// Whether such a request has a line. Asked for each one: no lock, no allocation.
    func wants(status: Int, duration: Duration) -> Bool {
        switch mode {
        case .off: false
        case .slow: status >= 500 || duration >= slow
        case .all: true
        }
    }

    /// Writes the line of a request that it `wants`.
    func write(_ entry: Entry) {
        guard let leftOut = take() else { return }
        var fields: Logger.Metadata = [
            "request_id": "\(entry.id)", "method": "\(entry.method)", "route": "\(entry.route)",
            "status": "\(entry.status)", "ms": "\(Int((entry.duration / .milliseconds(1)).rounded()))",
        ]
        if let tenant = entry.access?.tenant { fields["tenant"] = "\(tenant.slug)" }
        if let key = entry.access?.key { fields["key"] = "\(key.publicID)" }
        if let bytes = entry.bytes { fields["bytes"] = "\(bytes)" }
        if let code = entry.code { fields["code"] = "\(code)" }
        if leftOut > 0 { fields["left_out"] = "\(leftOut)" }
        let level: Logger.Level = entry.status >= 500 ? .warning : entry.duration >= slow ? .notice : .info
        logger.log(level: level, "request", metadata: fields)
    }

    /// How many lines were left out before this one; nil: it is left out itself.
    private func take() -> Int? {
        if mode == .all { return 0 }
        let now = ContinuousClock.now - began
        return state.withLock { state in
            state.bucket.fill(Self.rate, at: now)
            guard state.bucket.wait(for: 1, Self.rate) <= 0 else {
                state.leftOut += 1
                return nil
            }
            state.bucket.take(1)
            defer { state.leftOut = 0 }
            return state.leftOut
        }
    }
}
