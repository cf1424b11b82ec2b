/// Prometheus' text exposition, series by series.
public struct MetricsText {
    public private(set) var text = ""

    public init() {}

    /// What goes up and down.
    public mutating func gauge(_ name: String, _ value: some Numeric, _ labels: [String: String] = [:]) {
        series(name, "gauge", [(labels, value)])
    }

    /// What only grows while the process lives.
    public mutating func counter(_ name: String, _ value: some Numeric) {
        let none: [String: String] = [:]
        series(name, "counter", [(none, value)])
    }

    /// One series for each value of its label.
    public mutating func series<Value: Numeric>(
        _ name: String, _ type: String, _ values: [(labels: [String: String], value: Value)]
    ) {
        text += "# TYPE \(name) \(type)\n"
        for (labels, value) in values { text += "\(name)\(Self.text(labels)) \(value)\n" }
    }

    /// - Parameter counts: of each bucket by itself, the last one for what is above all bounds.
    public mutating func histogram(_ name: String, bounds: [Double], counts: [Int], sum: Double) {
        text += "# TYPE \(name) histogram\n"
        var count = 0
        for (bound, more) in zip(bounds.map { "\($0)" } + ["+Inf"], counts) {
            count += more
            text += "\(name)_bucket{le=\"\(bound)\"} \(count)\n"
        }
        text += "\(name)_sum \(sum)\n\(name)_count \(count)\n"
    }

    /// How often, and how much together.
    public mutating func summary(_ name: String, count: Int, sum: Double) {
        text += "# TYPE \(name) summary\n\(name)_sum \(sum)\n\(name)_count \(count)\n"
    }

    private static func text(_ labels: [String: String]) -> String {
        if labels.isEmpty { return "" }
        let pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }
        return "{" + pairs.joined(separator: ",") + "}"
    }
}
