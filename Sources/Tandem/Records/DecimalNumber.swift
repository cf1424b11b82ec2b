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

    /// Appends what `text(decimals:)` of a `numeric`'s text is, without making the number; as it is where it is no number (NaN).
    static func append(_ numeric: String, decimals: Int = 0, to bytes: inout [UInt8]) {
        var numeric = numeric
        numeric.withUTF8 { digits in
            let point = digits.firstIndex(of: UInt8(ascii: "."))
            var end = digits.count
            if let point {
                while end > point + 1 + decimals, digits[end - 1] == UInt8(ascii: "0") { end -= 1 }
                if end == point + 1 { end = point }
            }
            // -0 has no sign.
            let isZero = digits[..<end].allSatisfy { !(0x31...0x39).contains($0) } && digits.last.map(isDigit) ?? false
            bytes.append(contentsOf: digits[(isZero && digits.first == UInt8(ascii: "-") ? 1 : 0)..<end])
            let given = point.map { max(0, end - $0 - 1) } ?? 0
            guard given < decimals, digits.last.map(isDigit) ?? false else { return }
            if given == 0 { bytes.append(UInt8(ascii: ".")) }
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: decimals - given))
        }
    }
}

/// How many decimals a currency has (ISO 4217).
enum CurrencyDecimals {
    static func of(_ code: String?) -> Int {
        switch code {
        case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
            "XOF", "XPF":
            0
        case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
        default: 2
        }
    }
}
