import CPhoneNumber

/// The one place where e-mail addresses, phone numbers, host names and company names are brought to the form in which
/// they are compared. Every function is pure and idempotent; nil means that the text is no such thing.
///
/// The rules are those of the duplicate check: what API, import and ingest store (`email_norm`, `phone_e164`, `domain`,
/// `company_key`) comes from here, beside ``version``, so that rows of an older version can be found and derived anew.
public enum Normalizer {
    /// Raised whenever a function may answer differently for the same text, by its own rules, Unicode's tables or those of libphonenumber;
    /// `normalizer_version()` says the same to the database. See `docs/adding-a-feature.md`.
    public static let version = 1

    /// No default country: only numbers with a country code are understood.
    public static let noRegion = "ZZ"

    static let emailBytes = 320
    static let hostBytes = 253
    static let phoneBytes = 100

    /// The address of `text`, lower case, its host in ASCII. Takes display forms (`Sales <sales@acme.example>`) and
    /// `mailto:`; keeps plus-tags.
    public static func email(_ text: String) -> String? {
        guard text.utf8.count <= 4 * emailBytes else { return nil }
        var address = trimmed(text[...])
        if address.utf8.last == UInt8(ascii: ">"), let open = address.utf8.lastIndex(of: UInt8(ascii: "<")) {
            address = trimmed(Substring(address.utf8[address.utf8.index(after: open)...].dropLast()))
        }
        if address.utf8.count > 7, address.utf8.prefix(7).last == UInt8(ascii: ":"),
            address.prefix(7).lowercased() == "mailto:"
        {
            address = trimmed(address.dropFirst(7))
        }
        guard let at = address.utf8.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let local = address[..<at]
        guard !local.isEmpty, isLocalPart(local), let host = hostName(address[address.utf8.index(after: at)...]) else {
            return nil
        }
        let result = lowercased(String(local)) + "@" + host
        return result.utf8.count <= emailBytes ? result : nil
    }

    /// The host of a normalised address.
    public static func domain(ofEmail email: String) -> String? {
        guard let at = email.utf8.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        return domain(String(email[email.utf8.index(after: at)...]))
    }

    /// The E.164 form of a valid number.
    /// - Parameter region: two-letter country code for numbers in national form.
    public static func phone(_ text: String, region: String = noRegion) -> String? {
        guard text.utf8.count <= phoneBytes, text.utf8.contains(where: isDigit) else { return nil }
        var number = withoutTrunkZero(String(trimmed(text[...])))
        if region == noRegion, number.hasPrefix("00") { number = "+" + number.dropFirst(2) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let length = cphonenumber_e164(number, number.utf8.count, region, start, buffer.count)
            guard length > 0 else { return nil }
            return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
        }
    }

    /// "+44 (0)20 …": the zero in brackets is for callers inside the country.
    private static func withoutTrunkZero(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "(")) else { return text }
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "(") {
            guard let close = rest[open...].firstIndex(of: ")") else { break }
            let inside = rest[rest.index(after: open)..<close]
            result += rest[..<open]
            if trimmed(inside) != "0" { result += rest[open...close] }
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    /// The host name of an address, URL or domain: no scheme, user, `www.`, port or path; lower case, ASCII. It has a
    /// dot and is no IP address.
    public static func domain(_ text: String) -> String? {
        guard text.utf8.count <= 2048 else { return nil }
        var rest = trimmed(text[...])
        rest = withoutScheme(rest)
        if let end = rest.utf8.firstIndex(where: isHostEnd) { rest = rest[..<end] }
        if let at = rest.utf8.lastIndex(of: UInt8(ascii: "@")) { rest = rest[rest.utf8.index(after: at)...] }
        if let colon = rest.utf8.lastIndex(of: UInt8(ascii: ":")),
            rest.utf8[rest.utf8.index(after: colon)...].allSatisfy(isDigit)
        {
            rest = rest[..<colon]
        }
        guard var host = hostName(rest) else { return nil }
        let dot = UInt8(ascii: ".")
        while host.utf8.starts(with: "www.".utf8), host.utf8.dropFirst(4).contains(dot) { host.removeFirst(4) }
        guard let last = host.utf8.lastIndex(of: dot), !host.utf8[host.utf8.index(after: last)...].allSatisfy(isDigit)
        else {
            return nil
        }
        return host
    }

    private static func withoutScheme(_ text: Substring) -> Substring {
        let slashes = "//".utf8
        var rest = text.utf8
        if rest.starts(with: slashes) { return Substring(rest.dropFirst(2)) }
        while let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            rest = rest[rest.index(after: colon)...]
            if rest.starts(with: slashes) { return Substring(rest.dropFirst(2)) }
        }
        return text
    }

    private static func isHostEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
            || byte == UInt8(ascii: "\\")
    }

    /// Visible ASCII.
    static func isInk(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7f }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isLocalPart(_ text: Substring) -> Bool {
        if text.utf8.allSatisfy({ isInk($0) && !isSpecial($0) }) { return true }
        return text.unicodeScalars.allSatisfy { scalar in
            if scalar.isASCII { return isInk(UInt8(scalar.value)) && !isSpecial(UInt8(scalar.value)) }
            return !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
        }
    }

    /// What stands in an address only between quotes, which are not supported.
    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "\\"),
            UInt8(ascii: "@"), UInt8(ascii: "\""):
            true
        default: false
        }
    }

    /// `text` without white space at its ends.
    static func trimmed(_ text: Substring) -> Substring {
        if let first = text.utf8.first, let last = text.utf8.last, isInk(first), isInk(last) { return text }
        var scalars = text.unicodeScalars
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return Substring(scalars)
    }

    /// Lower case, until it changes nothing more (a few capital letters need two rounds).
    static func lowercased(_ text: String) -> String {
        var result = text.lowercased()
        if result.utf8.allSatisfy({ $0 < 0x80 }) { return result }
        for _ in 0..<3 {
            let again = result.lowercased()
            if again.utf8.elementsEqual(result.utf8) { break }
            result = again
        }
        return result
    }
}
