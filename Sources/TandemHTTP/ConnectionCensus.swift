import Synchronization

/// How many connections are open, in whole and by address, and how many were turned away or cut. One for a listener.
public final class ConnectionCensus: Sendable {
    /// Bounds of a listener.
    public struct Bounds: Sendable {
        public var connections = Limits.connections
        public var perAddress = Limits.connectionsPerAddress

        public init(connections: Int? = nil, perAddress: Int? = nil) {
            self.connections = connections ?? Limits.connections
            self.perAddress = perAddress ?? Limits.connectionsPerAddress
        }
    }

    enum Refusal: String, Sendable {
        case total, address
    }

    /// Why a connection was cut that its client would have kept.
    enum Cut: String, Sendable, CaseIterable {
        case slowHead = "slow_head"
        case slowBody = "slow_body"
        case slowReader = "slow_reader"
    }

    private struct State {
        var open = 0
        var byAddress: [String: Int] = [:]
        var refusedTotal = 0
        var refusedAddress = 0
        var cuts: [Cut: Int] = [:]
    }

    let bounds: Bounds
    private let state = Mutex(State())

    public init(_ bounds: Bounds = Bounds()) {
        self.bounds = bounds
    }

    /// Counts a new connection, or says why it may not stay; then it is not counted.
    func enter(_ address: String?) -> Refusal? {
        state.withLock { state in
            if state.open >= bounds.connections {
                state.refusedTotal += 1
                return .total
            }
            if let address {
                let count = state.byAddress[address, default: 0]
                if count >= bounds.perAddress {
                    state.refusedAddress += 1
                    return .address
                }
                state.byAddress[address] = count + 1
            }
            state.open += 1
            return nil
        }
    }

    func leave(_ address: String?) {
        state.withLock { state in
            state.open -= 1
            guard let address, let count = state.byAddress[address] else { return }
            state.byAddress[address] = count > 1 ? count - 1 : nil
        }
    }

    func cut(_ reason: Cut) { state.withLock { $0.cuts[reason, default: 0] += 1 } }

    /// Prometheus text exposition.
    public func text() -> String {
        let state = state.withLock { $0 }
        var lines = ["# TYPE http_connections_open gauge", "http_connections_open \(state.open)"]
        lines.append("# TYPE http_connections_refused_total counter")
        lines.append("http_connections_refused_total{reason=\"total\"} \(state.refusedTotal)")
        lines.append("http_connections_refused_total{reason=\"address\"} \(state.refusedAddress)")
        lines.append("# TYPE http_connections_cut_total counter")
        for cut in Cut.allCases {
            lines.append("http_connections_cut_total{reason=\"\(cut.rawValue)\"} \(state.cuts[cut, default: 0])")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
