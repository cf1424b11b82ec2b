/// A decimal number as exact text: an optional sign, digits, and digits behind a point. No exponent, no separators.
struct DecimalNumber: Sendable, Hashable, Comparable {
    let isNegative: Bool
    private let integer: Substring
    /// Without zeros at its end.
    private let fraction: Substring

    /// Nil for any other text.
    init?(_ text: String) {
        var rest = text.utf8[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest.removeFirst() }
        let whole = rest.prefix(while: Self.isDigit)
        var behind = rest[whole.endIndex...]
        if let point = behind.popFirst() {
            guard point == UInt8(ascii: "."), !behind.isEmpty, behind.allSatisfy(Self.isDigit) else { return nil }
        }
        if whole.isEmpty { return nil }
        while behind.last == UInt8(ascii: "0") { behind.removeLast() }
        let digits = whole.drop { $0 == UInt8(ascii: "0") }
        integer = digits.isEmpty ? "0" : Substring(digits)
        fraction = Substring(behind)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

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
        var result = isNegative && !(integer == "0" && fraction.isEmpty) ? "-" : ""
        result += integer
        if decimals > 0 || !fraction.isEmpty { result += "." }
        result += fraction
        for _ in 0..<max(0, decimals - fraction.utf8.count) { result += "0" }
        return result
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
