/// The query string: decoded pairs in the order sent.
public struct Query: Sendable {
    public let items: [(name: String, value: String)]

    /// nil when an escape in it is malformed.
    public init?(_ text: String?) {
        guard let text, !text.isEmpty else {
            items = []
            return
        }
        var items: [(name: String, value: String)] = []
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(parts[0], plusIsSpace: true),
                let value = percentDecoded(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
            else { return nil }
            items.append((name, value))
        }
        self.items = items
    }

    /// The first value of that name.
    public subscript(_ name: String) -> String? {
        items.first { $0.name == name }?.value
    }
}
