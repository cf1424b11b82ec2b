import Foundation

extension Normalizer {
    static let companyBytes = 512

    /// The name by which two spellings of one company agree: lower case without accents (ß is ss), `&` is "and",
    /// punctuation gone, a leading "the" and legal forms at the end dropped, words apart by one space. It is empty only
    /// for blank text, and then nil; names over 512 bytes have none.
    public static func companyKey(_ name: String) -> String? {
        guard name.utf8.count <= companyBytes else { return nil }
        let plain = lowercased(String(trimmed(name[...])))
        guard !plain.isEmpty else { return nil }
        let isASCII = plain.utf8.allSatisfy { $0 < 0x80 }
        var words = joiningSingleLetters(isASCII ? asciiCompanyWords(plain) : companyWords(plain))[...]
        while words.count > 1, let suffix = legalSuffix(of: words) {
            words = words.dropLast(min(suffix, words.count - 1))
            while words.count > 1, let last = words.last, connectors.contains(last) { words = words.dropLast() }
        }
        while words.count > 1, words.first == "the" { words = words.dropFirst() }
        return words.isEmpty ? plain : words.joined(separator: " ")
    }

    /// The same as ``companyWords(_:)`` for most names, without Unicode's tables.
    private static func asciiCompanyWords(_ plain: String) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        func finish() {
            if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
            word.removeAll(keepingCapacity: true)
        }
        for byte in plain.utf8 {
            switch byte {
            case 0x61...0x7a, 0x30...0x39: word.append(byte)
            case UInt8(ascii: "."), UInt8(ascii: "'"), UInt8(ascii: "`"): continue
            case UInt8(ascii: "&"):
                finish()
                words.append("and")
            default: finish()
            }
        }
        finish()
        return words
    }

    /// Words of letters and digits, accents folded.
    private static func companyWords(_ plain: String) -> [String] {
        let folded = plain.decomposedStringWithCompatibilityMapping.lowercased()
        var words: [String] = []
        var word = String.UnicodeScalarView()
        func finish() {
            if !word.isEmpty { words.append(String(word)) }
            word = String.UnicodeScalarView()
        }
        for scalar in folded.unicodeScalars {
            if let letters = foldedLetters[scalar] {
                word.append(contentsOf: letters.unicodeScalars)
            } else if scalar == "&" {
                finish()
                words.append("and")
            } else if scalar.properties.generalCategory == .nonspacingMark || ".'’ʼ`´".unicodeScalars.contains(scalar) {
                continue
            } else if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                word.append(scalar)
            } else {
                finish()
            }
        }
        finish()
        return words
    }

    /// "s a" is "sa": a run of single letters is one abbreviation.
    private static func joiningSingleLetters(_ words: [String]) -> [String] {
        var result: [String] = []
        var run = false
        for word in words {
            let single = word.utf8.count == 1 && (0x61...0x7a).contains(word.utf8.first ?? 0)
            if single, run, let last = result.popLast() {
                result.append(last + word)
            } else {
                result.append(word)
            }
            run = single
        }
        return result
    }

    /// How many words at the end are a legal form; nil for none.
    private static func legalSuffix(of words: ArraySlice<String>) -> Int? {
        guard let last = words.last else { return nil }
        switch last {
        case "zoo": return words.dropLast().last == "sp" ? 2 : nil
        case "oo": return words.suffix(3).elementsEqual(["sp", "z", "oo"]) ? 3 : nil
        case "ro": return words.suffix(3).elementsEqual(["spol", "s", "ro"]) ? 3 : nil
        case "sro": return words.dropLast().last == "spol" ? 2 : 1
        default: return legalForms.contains(last) ? 1 : nil
        }
    }

    private static let foldedLetters: [Unicode.Scalar: String] = [
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h",
        "ŧ": "t",
    ]

    private static let connectors: Set<String> = ["and", "und", "et", "y", "e", "de", "i"]

    private static let legalForms: Set<String> = [
        "inc", "incorporated", "corp", "corporation", "co", "company", "ltd", "limited", "llc", "llp", "lp", "lllp",
        "plc",
        "pllc", "pc", "gmbh", "ggmbh", "mbh", "ag", "kg", "kgaa", "ohg", "ug", "ev", "eg", "gbr", "ek", "se", "sa",
        "sas",
        "sasu", "sarl", "eurl", "snc", "scs", "sca", "scop", "srl", "srls", "spa", "sapa", "sl", "slu", "slne", "bv",
        "bvba",
        "nv", "vof", "cv", "ab", "hb", "as", "asa", "aps", "ivs", "oy", "oyj", "ky", "kft", "zrt", "nyrt", "bt", "rt",
        "sro", "doo", "dd", "ad", "ood", "eood", "ooo", "oao", "zao", "pao", "pty", "pte", "pvt", "private", "bhd",
        "sdn", "kk", "gk", "yk", "ltda", "eireli", "sapi", "ehf", "hf", "uab", "sia", "ou", "fze", "fzco", "wll",
        "unlimited", "cic",
    ]
}
