import Foundation

extension Normalizer {
    /// A host name in lower case and ASCII (RFC 5891 labels through Punycode), without a final dot; nil if a label is
    /// empty, too long or has characters that no host has.
    static func hostName(_ text: Substring) -> String? {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return asciiHostName(text) }
        var name = lowercased(String(text)).precomposedStringWithCompatibilityMapping
        name = String(String.UnicodeScalarView(name.unicodeScalars.map { fullStops.contains($0) ? "." : $0 }))
        name = lowercased(name)
        if name.hasSuffix(".") { name.removeLast() }
        var labels: [String] = []
        for label in name.split(separator: ".", omittingEmptySubsequences: false) {
            guard let ascii = asciiLabel(label) else { return nil }
            labels.append(ascii)
        }
        let host = labels.joined(separator: ".")
        return host.utf8.count <= hostBytes ? host : nil
    }

    private static func asciiHostName(_ text: Substring) -> String? {
        var bytes = Array(text.utf8)
        let (dot, hyphen) = (UInt8(ascii: "."), UInt8(ascii: "-"))
        if bytes.last == dot { bytes.removeLast() }
        guard (1...hostBytes).contains(bytes.count) else { return nil }
        var label = 0
        for (index, byte) in bytes.enumerated() {
            let lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
            bytes[index] = lower
            if lower == dot {
                guard label > 0, bytes[index - 1] != hyphen else { return nil }
                label = 0
                continue
            }
            guard isHostByte(lower), label < 63, label > 0 || lower != hyphen else { return nil }
            label += 1
        }
        guard label > 0, bytes.last != hyphen else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let fullStops: Set<Unicode.Scalar> = ["\u{3002}", "\u{ff0e}", "\u{ff61}"]

    private static func asciiLabel(_ label: Substring) -> String? {
        var ascii = String(label)
        if !label.utf8.allSatisfy({ $0 < 0x80 }) {
            guard label.unicodeScalars.allSatisfy({ $0.isASCII ? isHostByte(UInt8($0.value)) : isHostScalar($0) }),
                let encoded = Punycode.encode(label.unicodeScalars)
            else { return nil }
            ascii = "xn--" + encoded
        }
        guard (1...63).contains(ascii.utf8.count), ascii.utf8.allSatisfy(isHostByte),
            ascii.utf8.first != UInt8(ascii: "-"), ascii.utf8.last != UInt8(ascii: "-")
        else { return nil }
        return ascii
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }

    private static func isHostScalar(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        switch properties.generalCategory {
        case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber: return true
        case .format: return scalar == "\u{200c}" || scalar == "\u{200d}"
        default: return scalar == "\u{b7}" || scalar == "\u{30fb}" || properties.isEmoji
        }
    }
}

/// RFC 3492, the encoding half.
enum Punycode {
    /// The basic code points, a hyphen if there are any, and the rest; nil on overflow.
    static func encode(_ input: some Collection<Unicode.Scalar>) -> String? {
        var output = input.filter(\.isASCII).map { UInt8($0.value) }
        let basic = output.count
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        var current: UInt32 = 128
        var delta: UInt32 = 0
        var bias: UInt32 = 72
        var handled = UInt32(basic)
        while handled < input.count {
            guard let next = input.lazy.map(\.value).filter({ $0 >= current }).min() else { return nil }
            let (product, overflow) = (next - current).multipliedReportingOverflow(by: handled + 1)
            guard !overflow, delta <= UInt32.max - product else { return nil }
            delta += product
            current = next
            for scalar in input {
                if scalar.value < current {
                    guard delta < UInt32.max else { return nil }
                    delta += 1
                }
                guard scalar.value == current else { continue }
                append(delta, bias: bias, to: &output)
                bias = adapted(delta, count: handled + 1, first: handled == UInt32(basic))
                delta = 0
                handled += 1
            }
            delta += 1
            current += 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func append(_ value: UInt32, bias: UInt32, to output: inout [UInt8]) {
        var rest = value
        var position: UInt32 = 36
        while true {
            let threshold = position <= bias ? 1 : min(position - bias, 26)
            if rest < threshold { break }
            output.append(digit(threshold + (rest - threshold) % (36 - threshold)))
            rest = (rest - threshold) / (36 - threshold)
            position += 36
        }
        output.append(digit(rest))
    }

    private static func digit(_ value: UInt32) -> UInt8 {
        UInt8(value < 26 ? value + 0x61 : value - 26 + 0x30)
    }

    private static func adapted(_ delta: UInt32, count: UInt32, first: Bool) -> UInt32 {
        var delta = first ? delta / 700 : delta / 2
        delta += delta / count
        var position: UInt32 = 0
        while delta > 455 {
            delta /= 35
            position += 36
        }
        return position + 36 * delta / (delta + 38)
    }
}
