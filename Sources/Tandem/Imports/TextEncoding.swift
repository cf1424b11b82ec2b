/// How a file's letters are written.
public enum TextEncoding: String, Sendable, CaseIterable {
    case utf8 = "utf-8"
    case utf16LittleEndian = "utf-16le"
    case utf16BigEndian = "utf-16be"
    case windows1252 = "windows-1252"

    /// By any of its usual names.
    init?(name: String) {
        switch name.lowercased() {
        case "utf-8", "utf8", "utf-8-sig": self = .utf8
        case "utf-16le", "utf-16", "utf16": self = .utf16LittleEndian
        case "utf-16be": self = .utf16BigEndian
        case "windows-1252", "cp1252", "cp-1252", "latin1", "latin-1", "iso-8859-1": self = .windows1252
        default: return nil
        }
    }

    /// Of a whole file: by its byte order mark, else by what its bytes beyond ASCII are. Letters of UTF-8 are hardly ever made by
    /// chance: a file with more of them than of bytes that cannot be UTF-8 is UTF-8 with damaged rows, one with none is
    /// Windows-1252.
    static func detect(_ file: ImportFile) throws(TandemError) -> TextEncoding {
        var source = try file.open()
        var counter = LetterCounter()
        var isFirst = true
        while let block = try source.next() {
            if isFirst {
                isFirst = false
                if block.starts(with: [0xff, 0xfe]) { return .utf16LittleEndian }
                if block.starts(with: [0xfe, 0xff]) { return .utf16BigEndian }
                if block.starts(with: [0xef, 0xbb, 0xbf]) { return .utf8 }
            }
            counter.count(block)
        }
        return counter.foreign > counter.letters ? .windows1252 : .utf8
    }
}

/// Counts letters of UTF-8 beyond ASCII, and bytes that belong to none.
private struct LetterCounter {
    private(set) var letters = 0
    private(set) var foreign = 0
    /// Bytes that the letter that began still needs.
    private var wanted = 0
    private var length = 0

    mutating func count(_ block: [UInt8]) {
        for byte in block {
            if byte < 0x80, wanted == 0 { continue }
            take(byte)
        }
    }

    private mutating func take(_ byte: UInt8) {
        if wanted > 0 {
            if byte & 0xc0 == 0x80 {
                wanted -= 1
                if wanted == 0 { letters += 1 }
                return
            }
            foreign += length - wanted
            wanted = 0
        }
        switch byte {
        case 0..<0x80: return
        case 0xc2...0xdf: wanted = 1
        case 0xe0...0xef: wanted = 2
        case 0xf0...0xf4: wanted = 3
        default:
            foreign += 1
            return
        }
        length = wanted + 1
    }
}

/// Makes UTF-8 of the blocks of a file.
struct TextDecoder {
    private let encoding: TextEncoding
    /// Of UTF-16: bytes of a letter whose rest is in the next block.
    private var rest: [UInt8] = []

    init(_ encoding: TextEncoding) { self.encoding = encoding }

    mutating func decode(_ block: [UInt8]) -> [UInt8] {
        switch encoding {
        case .utf8: return block
        case .windows1252:
            guard block.contains(where: { $0 >= 0x80 }) else { return block }
            var text: [UInt8] = []
            text.reserveCapacity(block.count + block.count / 8)
            for byte in block {
                if byte < 0x80 { text.append(byte) } else { text.append(contentsOf: Self.letters[Int(byte) - 0x80]) }
            }
            return text
        case .utf16LittleEndian, .utf16BigEndian: return wide(block)
        }
    }

    private mutating func wide(_ block: [UInt8]) -> [UInt8] {
        let bytes = rest + block
        let isLittle = encoding == .utf16LittleEndian
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2)
        for index in stride(from: 0, to: bytes.count - 1, by: 2) {
            let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            units.append(isLittle ? second << 8 | first : first << 8 | second)
        }
        var used = units.count * 2
        if let last = units.last, UTF16.isLeadSurrogate(last) {
            units.removeLast()
            used -= 2
        }
        rest = Array(bytes[used...])
        // A byte order mark is no letter.
        let text = Array(String(decoding: units, as: UTF16.self).utf8)
        return text.starts(with: [0xef, 0xbb, 0xbf]) ? Array(text.dropFirst(3)) : text
    }

    /// 0x80 to 0x9f differ from Latin 1; five of them are nothing.
    private static let upper: [UInt32] = [
        0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd,
        0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a,
        0x0153, 0xfffd, 0x017e, 0x0178,
    ]

    private static let letters: [[UInt8]] = (0x80...0xff).map { (byte: UInt32) in
        let value = byte < 0xa0 ? upper[Int(byte) - 0x80] : byte
        return Array(String(Character(Unicode.Scalar(value) ?? "\u{fffd}")).utf8)
    }
}
