/// A binary `numeric` as decimal text, exactly, with as many decimals as its scale says.
struct DecimalText {
    let text: String

    /// The value when it has no fraction and fits.
    var integer: Int? {
        let parts = text.split(separator: ".", maxSplits: 1)
        guard let whole = parts.first else { return nil }
        if parts.count == 2 && parts[1].contains(where: { $0 != "0" }) { return nil }
        return Int(whole)
    }

    /// - Parameter bytes: digit count, weight of the first digit, sign, scale, then digits of base 10,000, each two
    ///   bytes in network order.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 8, bytes.count.isMultiple(of: 2) else { return nil }
        func word(_ index: Int) -> UInt16 {
            UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
        }
        let count = Int(word(0))
        guard bytes.count == 8 + count * 2 else { return nil }
        switch word(2) {
        case 0xC000: text = "NaN"
        case 0xD000: text = "Infinity"
        case 0xF000: text = "-Infinity"
        case let sign:
            text = Self.text(
                isNegative: sign == 0x4000, weight: Int(Int16(bitPattern: word(1))), scale: Int(word(3))
            ) { index in
                index >= 0 && index < count ? word(4 + index) : 0
            }
        }
    }

    /// - Parameter digits: those of base 10,000, the first of which stands at `weight`.
    private static func text(
        isNegative: Bool, weight: Int, scale: Int, digits: (Int) -> UInt16
    ) -> String {
        let zero = UInt8(ascii: "0")
        // A sign, at least one digit, a point, and up to three digits beyond the scale, which are taken back.
        let capacity = 4 * (max(weight, 0) + 1) + scale + 5
        return String(unsafeUninitializedCapacity: capacity) { out in
            var end = 0
            func append(_ byte: UInt8) {
                out[end] = byte
                end += 1
            }
            func append(_ group: UInt16, withZeros: Bool) {
                var isBegun = withZeros
                for digit in [group / 1_000, group / 100 % 10, group / 10 % 10, group % 10] {
                    isBegun = isBegun || digit != 0
                    if isBegun { append(zero + UInt8(digit)) }
                }
            }
            if isNegative { append(UInt8(ascii: "-")) }
            let first = end
            for position in stride(from: max(weight, 0), through: 0, by: -1) {
                append(digits(weight - position), withZeros: end > first)
            }
            if end == first { append(zero) }
            if scale == 0 { return end }
            append(UInt8(ascii: "."))
            let last = end + scale
            var position = -1
            while end < last {
                append(digits(weight - position), withZeros: true)
                position -= 1
            }
            return last
        }
    }
}
