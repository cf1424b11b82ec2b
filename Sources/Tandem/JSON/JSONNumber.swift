/// A JSON number as its text: equal only to a number written the same way.
public struct JSONNumber: Sendable, Hashable {
    /// Valid JSON number text, such as `12`, `-0.50` or `1e3`.
    public let text: String

    /// For text that a JSON parser has already checked.
    init(checked text: String) { self.text = text }

    public init(_ value: some BinaryInteger) { text = String(value) }

    /// Nil for a value that is not finite. A whole value is written without a fraction, as JavaScript does.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        if let integer = Int64(exactly: value), integer.magnitude < 1 << 53 {
            text = String(integer)
        } else {
            text = String(describing: value)
        }
    }

    /// Nil for text that is no finite JSON number.
    public init?(_ text: String) {
        guard case .number(let number) = try? JSON(parsing: text) else { return nil }
        self = number
    }

    /// The value as an integer, if it is one without loss (`2`, `2.0` and `2e0` are, `2.5` is not).
    public var int: Int? {
        if let value = Int(text) { return value }
        guard let value = Double(text), value.magnitude < Double(1 << 53) else { return nil }
        return Int(exactly: value)
    }

    /// The nearest double.
    public var double: Double { Double(text) ?? 0 }
}
