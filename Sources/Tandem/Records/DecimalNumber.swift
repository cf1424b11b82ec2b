/// A decimal number as exact text: an optional sign, digits, and digits behind a point. No exponent, no separators.
struct DecimalNumber: Sendable, Hashable, Comparable {
    let isNegative: Bool
    private let integer: Substring
    /// Without zeros at its end.
    private let fraction: Substring

    /// Nil for any other text.
    init?(_ text: String) {
        var rest = text[...]
        isNegative = rest.hasPrefix("-")
        if isNegative { rest = rest.dropFirst() }
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = parts.first, !whole.isEmpty,
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        if parts.count == 2, parts[1].isEmpty { return nil }
        let digits = whole.drop { $0 == "0" }
        integer = digits.isEmpty ? "0" : digits
        var decimals = parts.count == 2 ? parts[1] : ""
        while decimals.hasSuffix("0") { decimals.removeLast() }
        fraction = decimals
    }

    var integerDigits: Int { integer == "0" ? 0 : integer.utf8.count }
    var fractionDigits: Int { fraction.utf8.count }

    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative && left.text != right.text }
        let (small, great) = left.isNegative ? (right, left) : (left, right)
        if small.integerDigits != great.integerDigits { return small.integerDigits < great.integerDigits }
        return (small.integer, small.fraction) < (great.integer, great.fraction)
    }

    /// The shortest form.
    var text: String { text(decimals: 0) }

    /// With at least so many decimals.
    func text(decimals: Int) -> String {
        let zeros = String(repeating: "0", count: max(0, decimals - fraction.utf8.count))
        let behind = fraction + zeros
        let sign = isNegative && !(integer == "0" && fraction.isEmpty) ? "-" : ""
        return sign + integer + (behind.isEmpty ? "" : "." + behind)
    }
}

/// How many decimals a currency has (ISO 4217).
enum CurrencyDecimals {
    static func of(_ code: String?) -> Int {
        guard let code else { return 2 }
        if none.contains(code) { return 0 }
        return three.contains(code) ? 3 : 2
    }

    private static let none: Set<String> = [
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
        "XPF",
    ]
    private static let three: Set<String> = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
}
