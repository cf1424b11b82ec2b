import CPhoneNumber

/// The one place where e-mail addresses, phone numbers, host names and company names are brought to the form in which
/// they are compared. Every function is pure and idempotent; nil means that the text is no such thing.
///
/// The rules are those of the duplicate check: what API, import and ingest store (`email_norm`, `phone_e164`, `domain`,
/// `company_key`) comes from here, beside ``version``, so that rows of an older version can be found and derived anew.
public enum Normalizer {
    /// Raised whenever a function may answer differently for the same text.
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
        if address.utf8.last == UInt8(ascii: ">"), let open = address.lastIndex(of: "<") {
            address = trimmed(address[address.index(after: open)...].dropLast())
        }
        if address.utf8.count > 7, address.prefix(7).lowercased() == "mailto:" {
            address = trimmed(address.dropFirst(7))
        }
        guard let at = address.lastIndex(of: "@") else { return nil }
        let local = address[..<at]
        guard !local.isEmpty, local.unicodeScalars.allSatisfy(isLocalPart),
            let host = hostName(address[address.index(after: at)...])
        else { return nil }
        let result = lowercased(String(local)) + "@" + host
        return result.utf8.count <= emailBytes ? result : nil
    }

    /// The host of a normalised address.
    public static func domain(ofEmail email: String) -> String? {
        guard let at = email.lastIndex(of: "@") else { return nil }
        return domain(String(email[email.index(after: at)...]))
    }

    /// The E.164 form of a valid number.
    /// - Parameter region: two-letter country code for numbers in national form.
    public static func phone(_ text: String, region: String = noRegion) -> String? {
        guard text.utf8.count <= phoneBytes, text.utf8.contains(where: { (0x30...0x39).contains($0) }) else {
            return nil
        }
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
        if let scheme = rest.firstRange(of: "://") {
            rest = rest[scheme.upperBound...]
        } else if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
        }
        rest = rest.prefix { !"/?#\\".contains($0) }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        if let colon = rest.lastIndex(of: ":"),
            rest[rest.index(after: colon)...].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        {
            rest = rest[..<colon]
        }
        guard var host = hostName(rest) else { return nil }
        while host.hasPrefix("www."), host.dropFirst(4).contains(".") { host.removeFirst(4) }
        guard let last = host.split(separator: ".").last, host.contains("."),
            !last.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return host
    }

    private static func isLocalPart(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return scalar.value > 0x20 && scalar.value != 0x7f && !"<>()[],;:\\@\"".unicodeScalars.contains(scalar)
        }
        return !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
    }

    /// `text` without white space at its ends.
    static func trimmed(_ text: Substring) -> Substring {
        var scalars = text.unicodeScalars
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return Substring(scalars)
    }

    /// Lower case, until it changes nothing more (a few capital letters need two rounds).
    static func lowercased(_ text: String) -> String {
        var result = text.lowercased()
        for _ in 0..<3 {
            let again = result.lowercased()
            if again.utf8.elementsEqual(result.utf8) { break }
            result = again
        }
        return result
    }
}
