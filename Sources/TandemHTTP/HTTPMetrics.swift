import Synchronization

/// Counters of the requests of a listener, written as Prometheus text by `/metrics`. No tenant is a label.
public final class HTTPMetrics: Sendable {
    private struct Key: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private struct Series {
        var count = 0
        var seconds = 0.0
        var buckets = [Int](repeating: 0, count: HTTPMetrics.bounds.count)

        mutating func add(_ seconds: Double, bucket: Int?) {
            count += 1
            self.seconds += seconds
            if let bucket { buckets[bucket] += 1 }
        }
    }

    /// Upper bounds in seconds.
    private static let bounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private struct State {
        var series: [Key: Series] = [:]
        var retries = 0
    }

    private let state = Mutex(State())
    private let listener: String

    /// - Parameter listener: its name, a label.
    public init(listener: String = "data") { self.listener = listener }

    func record(method: String, route: String, status: Int, duration: Duration, retry: String?) {
        let (whole, atto) = duration.components
        let seconds = Double(whole) + Double(atto) * 1e-18
        let bucket = HTTPMetrics.bounds.firstIndex { seconds <= $0 }
        let key = Key(method: method, route: route, status: status)
        state.withLock { state in
            state.series[key, default: Series()].add(seconds, bucket: bucket)
            if let retry, retry != "0" { state.retries += 1 }
        }
    }

    /// Prometheus text exposition of all listeners.
    public static func text(_ all: [HTTPMetrics]) -> String {
        let name = "http_server_request_duration_seconds"
        var lines = ["# TYPE \(name) histogram"]
        var retries = 0
        for metrics in all {
            let state = metrics.state.withLock { $0 }
            retries += state.retries
            lines += metrics.lines(name, state.series)
        }
        lines.append("# TYPE http_server_client_retries_total counter")
        lines.append("http_server_client_retries_total \(retries)")
        return lines.joined(separator: "\n") + "\n"
    }

    private func lines(_ name: String, _ series: [Key: Series]) -> [String] {
        var lines: [String] = []
        for (key, value) in series.sorted(by: { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) }) {
            let labels =
                "listener=\"\(listener)\",route=\"\(key.route)\",method=\"\(key.method)\",status=\"\(key.status)\""
            var sum = 0
            for (bound, count) in zip(HTTPMetrics.bounds, value.buckets) {
                sum += count
                lines.append("\(name)_bucket{\(labels),le=\"\(bound)\"} \(sum)")
            }
            lines.append("\(name)_bucket{\(labels),le=\"+Inf\"} \(value.count)")
            lines.append("\(name)_sum{\(labels)} \(value.seconds)")
            lines.append("\(name)_count{\(labels)} \(value.count)")
        }
        return lines
    }
}
