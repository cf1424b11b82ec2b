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
        let weight = Int(Int16(bitPattern: word(1)))
        let scale = Int(word(3))
        guard bytes.count == 8 + count * 2 else { return nil }
        switch word(2) {
        case 0xC000: text = "NaN"
        case 0xD000: text = "Infinity"
        case 0xF000: text = "-Infinity"
        case let sign:
            func digits(_ position: Int) -> Substring {
                let index = weight - position
                let value = index >= 0 && index < count ? Int(word(4 + index)) : 0
                return String(10_000 + value).dropFirst()
            }
            var whole = ""
            for position in stride(from: max(weight, 0), through: 0, by: -1) { whole += digits(position) }
            var result = sign == 0x4000 ? "-" : ""
            let significant = whole.drop { $0 == "0" }
            result += significant.isEmpty ? "0" : significant
            if scale > 0 {
                var fraction = ""
                var position = -1
                while fraction.count < scale {
                    fraction += digits(position)
                    position -= 1
                }
                result += "." + fraction.prefix(scale)
            }
            text = result
        }
    }
}
