import Foundation

/// A JSON number without the rounding of a double, so that 0.0075 is a multiple of 0.0001 and 1.0 equals 1.
enum ExactNumber: Sendable, Hashable {
    /// `mantissa × 10^exponent`; the mantissa has no zeros at its end.
    case decimal(mantissa: Int128, exponent: Int)
    /// Of more digits than 38.
    case rounded(Double)

    /// - Parameter text: a valid JSON number.
    init(_ text: some Collection<UInt8>) {
        var (mantissa, exponent, isNegative) = (Int128(0), 0, false)
        var (isFraction, fits) = (false, true)
        var rest = text[...]
        while fits, let byte = rest.first, byte | 0x20 != UInt8(ascii: "e") {
            rest = rest.dropFirst()
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isFraction = true
            default:
                let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(Int128(byte &- 0x30))
                (mantissa, fits) = (sum, !overflow && !carry)
                if isFraction { exponent -= 1 }
            }
        }
        let power = rest.isEmpty ? 0 : Int(String(decoding: rest.dropFirst(), as: UTF8.self))
        guard fits, let power, power.magnitude < 100_000 else {
            self = .rounded(Double(String(decoding: text, as: UTF8.self)) ?? 0)
            return
        }
        exponent += power
        if mantissa == 0 { exponent = 0 }
        while mantissa != 0, mantissa % 10 == 0 {
            mantissa /= 10
            exponent += 1
        }
        self = .decimal(mantissa: isNegative ? -mantissa : mantissa, exponent: exponent)
    }

    init(_ number: JSONNumber) { self.init(Array(number.text.utf8)) }

    var isInteger: Bool {
        switch self {
        case .decimal(_, let exponent): exponent >= 0
        case .rounded(let value): value.rounded() == value
        }
    }

    var isPositive: Bool {
        switch self {
        case .decimal(let mantissa, _): mantissa > 0
        case .rounded(let value): value > 0
        }
    }

    private var double: Double {
        switch self {
        case .decimal(let mantissa, let exponent): Double("\(mantissa)e\(exponent)") ?? 0
        case .rounded(let value): value
        }
    }

    static func < (left: ExactNumber, right: ExactNumber) -> Bool {
        if let (left, right) = aligned(left, right) { return left < right }
        return left.double < right.double
    }

    func isMultiple(of divisor: ExactNumber) -> Bool {
        if let (value, divisor) = Self.aligned(self, divisor) { return divisor != 0 && value % divisor == 0 }
        return fmod(double, divisor.double) == 0
    }

    /// Both by one power of ten; nil if that has too many digits.
    private static func aligned(_ left: ExactNumber, _ right: ExactNumber) -> (Int128, Int128)? {
        guard case .decimal(let first, let firstExponent) = left, case .decimal(let second, let secondExponent) = right
        else { return nil }
        let exponent = min(firstExponent, secondExponent)
        guard let first = scaled(first, firstExponent - exponent),
            let second = scaled(second, secondExponent - exponent)
        else { return nil }
        return (first, second)
    }

    private static func scaled(_ mantissa: Int128, _ power: Int) -> Int128? {
        var result = mantissa
        guard power <= 38 || mantissa == 0 else { return nil }
        for _ in 0..<(mantissa == 0 ? 0 : power) {
            let (product, overflow) = result.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            result = product
        }
        return result
    }
}
