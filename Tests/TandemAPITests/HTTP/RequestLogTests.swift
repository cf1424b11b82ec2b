import Logging
import Synchronization
import Testing

@testable import TandemHTTP

@Suite("The log of requests")
struct RequestLogTests {
    private final class Lines: Sendable {
        let all = Mutex<[(level: Logger.Level, fields: Logger.Metadata)]>([])
    }

    private struct Recorder: LogHandler {
        let lines: Lines
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { lines.all.withLock { $0.append((event.level, event.metadata ?? [:])) } }
    }

    private func make(_ mode: RequestLog.Mode, slow: Duration = .seconds(1)) -> (RequestLog, Lines) {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in Recorder(lines: lines) }
        return (RequestLog(mode, slow: slow, logger: logger), lines)
    }

    private func entry(_ id: String, status: Int = 503, duration: Duration = .milliseconds(3)) -> RequestLog.Entry {
        .init(
            id: id, access: nil, method: "GET", route: "/v1/profiles/{id}", status: status, duration: duration,
            bytes: 12,
            code: status >= 500 ? "overloaded" : nil)
    }

    @Test("Answers of 500 and above and slow ones are wanted; all, or none, if that was said")
    func wants() {
        let (log, _) = make(.slow, slow: .milliseconds(200))
        #expect(log.wants(status: 503, duration: .zero) && log.wants(status: 500, duration: .zero))
        #expect(log.wants(status: 200, duration: .milliseconds(200)))
        #expect(!log.wants(status: 200, duration: .milliseconds(199)) && !log.wants(status: 429, duration: .zero))
        #expect(make(.all).0.wants(status: 200, duration: .zero))
        #expect(!make(.off).0.wants(status: 503, duration: .seconds(9)))
    }

    @Test("Of a flood some lines are written, and the next one says how many were left out")
    func leavesOut() async throws {
        let (log, lines) = make(.slow)
        for number in 0..<1_000 { log.write(entry("req_\(number)")) }
        let before = lines.all.withLock { $0 }
        #expect(before.count >= RequestLog.rate.burst && before.count < RequestLog.rate.burst + 10)
        try await Task.sleep(for: .milliseconds(300))
        log.write(entry("req_last"))
        let all = lines.all.withLock { $0 }
        var last = try #require(all.last?.fields)
        #expect(all.last?.level == .warning)
        let leftOut = all.compactMap { Int("\($0.fields["left_out", default: "0"])") }.reduce(0, +)
        #expect(leftOut + all.count == 1_001)
        #expect(last.removeValue(forKey: "left_out") != nil)
        #expect(
            last == [
                "request_id": "req_last", "method": "GET", "route": "/v1/profiles/{id}", "status": "503", "ms": "3",
                "bytes": "12", "code": "overloaded",
            ])
    }

    @Test("Who asked for all gets all")
    func all() {
        let (log, lines) = make(.all)
        for number in 0..<200 { log.write(entry("req_\(number)", status: 200)) }
        #expect(lines.all.withLock { $0.map(\.level) } == [Logger.Level](repeating: .info, count: 200))
    }
}
