/// Numbers and money as pages show them.
enum Figures {
    /// `12345` as `12,345`.
    static func count(_ number: Int) -> String { grouped(String(number)) }

    /// A decimal of SQL with its currency: `1234.5000` and `USD` as `1,234.50 USD`; nil without an amount.
    static func money(_ amount: String?, _ currency: String?) -> String? {
        guard let amount else { return nil }
        let parts = amount.split(separator: ".", omittingEmptySubsequences: false)
        let cents = parts.count > 1 ? String(parts[1].prefix(2)) : ""
        let isWhole = cents.allSatisfy { $0 == "0" }
        let text = grouped(String(parts[0])) + (isWhole ? "" : "." + cents)
        return currency.map { "\(text) \($0)" } ?? text
    }

    /// `3` or `3.5`.
    static func decimal(_ value: Double) -> String {
        value == value.rounded() ? count(Int(value)) : String(value)
    }

    /// `1536` as `1.5 KB`.
    static func bytes(_ bytes: Int) -> String {
        var (value, unit) = (Double(bytes), "bytes")
        for larger in ["KB", "MB", "GB"] where value >= 1024 { (value, unit) = (value / 1024, larger) }
        let rounded = (value * 10).rounded() / 10
        return "\(decimal(rounded)) \(unit)"
    }

    /// `one merge`, `2 merges`.
    static func counted(_ number: Int, _ word: String) -> String {
        "\(number == 1 ? "one" : count(number)) \(word)\(number == 1 ? "" : "s")"
    }

    private static func grouped(_ digits: String) -> String {
        let isNegative = digits.hasPrefix("-")
        var result = ""
        for (index, digit) in digits.drop(while: { $0 == "-" }).reversed().enumerated() {
            if index > 0, index % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return (isNegative ? "−" : "") + String(result.reversed())
    }
}
