import Crypto
import Foundation

/// How a provider signs its payloads: an HMAC over a time and the body, or over the request's address and the fields of a form.
struct WebhookSignature: Sendable, Hashable {
    enum Encoding: String, Sendable, CaseIterable { case hex, base64 }
    enum Algorithm: String, Sendable, CaseIterable { case sha1, sha256 }

    /// Places in a header such as `hmac;1;TIME;SIGNATURE`.
    struct Parts: Sendable, Hashable {
        var separator: Character
        var time: Int?
        var signature: Int
    }

    /// The header with the signature; with `pairs` it is `t=…,v1=…` and has the time too.
    var header: String
    var encoding: Encoding
    /// What stands before the signature, such as `sha256=`.
    var prefix = ""
    var isPairs = false
    /// The header with the time; nil: in the pairs, or none.
    var timeHeader: String?
    /// What is signed: `{time}` and `{body}` stand for those, `{url}` for the whole address that the provider called, `{fields}` for
    /// names and values of a form, sorted by name.
    var signed: String
    var algorithm = Algorithm.sha256
    var parts: Parts?
    var isSecretBase64 = false
    var tolerance: Int64 = 300

    enum Fault: String, Error {
        case missing = "missing_signature"
        case wrong = "invalid_signature"
        case late = "signature_expired"
    }

    var signsTime: Bool { signed.contains("{time}") }

    /// - Parameters:
    ///   - headers: the request's, by a name in small letters.
    ///   - addresses: what the provider may have taken for the request's address.
    ///   - now: microseconds since 1970.
    func verify(
        _ body: [UInt8], headers: (String) -> String?, addresses: [String] = [], secret: [UInt8], now: Int64
    ) throws(Fault) {
        guard let value = headers(header) else { throw .missing }
        var time = timeHeader.flatMap(headers)
        var candidates = [value]
        if isPairs {
            candidates = []
            for pair in value.split(separator: ",") {
                let sides = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
                guard sides.count == 2 else { continue }
                if sides[0] == "t" { time = sides[1] }
                if sides[0] == "v1" { candidates.append(sides[1]) }
            }
        }
        if let parts {
            let pieces = value.split(separator: parts.separator, omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard pieces.count > max(parts.time ?? 0, parts.signature) else { throw .missing }
            time = parts.time.map { pieces[$0] } ?? time
            candidates = [pieces[parts.signature]]
        }
        if signsTime, time == nil { throw .missing }
        let codes = candidates.compactMap { candidate in
            candidate.hasPrefix(prefix) ? decoded(String(candidate.dropFirst(prefix.count))) : nil
        }
        let key = SymmetricKey(data: isSecretBase64 ? Data(base64Encoded: Data(secret)) ?? Data(secret) : Data(secret))
        let texts = (signed.contains("{url}") ? addresses : [""]).map { content(body, time: time ?? "", address: $0) }
        // Each is compared in a time that does not depend on where it differs.
        guard codes.contains(where: { code in texts.contains { isValid(code, of: $0, key) } }) else { throw .wrong }
        guard signsTime, let time else { return }
        guard let sent = Self.moment(time) else { throw .late }
        let (age, isBeyond) = now.subtractingReportingOverflow(sent)
        guard !isBeyond, age.magnitude <= (tolerance * WireTime.second).magnitude else { throw .late }
    }

    /// Microseconds since 1970; nil for what is no time. Whoever signs may sign any number.
    private static func moment(_ text: String) -> Int64? {
        guard let number = Int64(text) else { return WireTime.parse(text) }
        // Seconds, or milliseconds.
        let (time, isBeyond) = number.multipliedReportingOverflow(
            by: number > 100_000_000_000 ? 1_000 : WireTime.second)
        return isBeyond ? nil : time
    }

    private func isValid(_ code: [UInt8], of text: [UInt8], _ key: SymmetricKey) -> Bool {
        switch algorithm {
        case .sha1: HMAC<Insecure.SHA1>.isValidAuthenticationCode(code, authenticating: text, using: key)
        case .sha256: HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: text, using: key)
        }
    }

    private func content(_ body: [UInt8], time: String, address: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = signed[...]
        while let character = rest.first {
            if rest.hasPrefix("{time}") {
                bytes += time.utf8
            } else if rest.hasPrefix("{body}") {
                bytes += body
            } else if rest.hasPrefix("{url}") {
                bytes += address.utf8
            } else if rest.hasPrefix("{fields}") {
                bytes += Self.sortedFields(of: body).utf8
            } else {
                bytes += String(character).utf8
                rest.removeFirst()
                continue
            }
            rest = rest.drop { $0 != "}" }.dropFirst()
        }
        return bytes
    }

    private static func sortedFields(of body: [UInt8]) -> String {
        let fields = String(validating: body, as: UTF8.self).flatMap { Query($0) }?.items ?? []
        return fields.sorted { ($0.name, $0.value) < ($1.name, $1.value) }.map { $0.name + $0.value }.joined()
    }

    private func decoded(_ text: String) -> [UInt8]? {
        switch encoding {
        case .base64: return Data(base64Encoded: text).map { Array($0) }
        case .hex:
            let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
            return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        }
    }
}

extension WebhookSignature {
    private static let keys: Set<String> = [
        "header", "encoding", "prefix", "pairs", "time_header", "signed", "tolerance_s", "algorithm", "parts",
        "secret_encoding",
    ]

    /// `{"header", "encoding": "hex|base64", "prefix"?, "pairs"?, "parts"?: {"separator", "time"?, "signature"}, "time_header"?,
    /// "signed", "algorithm"?: "sha256|sha1", "secret_encoding"?: "base64", "tolerance_s"?}`.
    /// - Throws: `invalid`.
    init(json: JSON) throws(TandemError) {
        guard let object = json.object else { throw .invalid("/signature", "not_object", "signature is an object.") }
        if let unknown = object.names.first(where: { !Self.keys.contains($0) }) {
            throw .invalid("/signature/\(unknown)", "unknown_key", "A signature has no \(unknown).")
        }
        guard let header = object["header"]?.string, !header.isEmpty else {
            throw .invalid("/signature/header", "required", "header names the header with the signature.")
        }
        guard let encoding = object["encoding"]?.string.flatMap(Encoding.init) else {
            throw .invalid("/signature/encoding", "invalid", "encoding is hex or base64.")
        }
        guard let signed = object["signed"]?.string,
            signed.components(separatedBy: "{body}").count == 2 || signed.contains("{fields}")
        else {
            throw .invalid("/signature/signed", "invalid", "signed says what is signed, such as {time}.{body}.")
        }
        self.init(header: header.lowercased(), encoding: encoding, signed: signed)
        prefix = object["prefix"]?.string ?? ""
        isPairs = object["pairs"]?.bool ?? false
        timeHeader = object["time_header"]?.string?.lowercased()
        try readVariant(object)
        if signsTime, !isPairs, timeHeader == nil, parts?.time == nil {
            throw .invalid("/signature/time_header", "required", "time_header names the header with the time.")
        }
        if let value = object["tolerance_s"] {
            guard let seconds = value.int, (1...86_400).contains(seconds) else {
                throw .invalid("/signature/tolerance_s", "invalid", "tolerance_s is 1 to 86400 seconds.")
            }
            tolerance = Int64(seconds)
        }
    }

    private mutating func readVariant(_ object: JSONObject) throws(TandemError) {
        if let name = object["algorithm"] {
            guard let known = name.string.flatMap(Algorithm.init) else {
                throw .invalid("/signature/algorithm", "invalid", "algorithm is sha256 or sha1.")
            }
            algorithm = known
        }
        if let name = object["secret_encoding"] {
            guard name.string == "base64" else {
                throw .invalid("/signature/secret_encoding", "invalid", "secret_encoding is base64, or left out.")
            }
            isSecretBase64 = true
        }
        guard let given = object["parts"] else { return }
        guard let separator = given["separator"]?.string, separator.count == 1, let mark = separator.first,
            let place = given["signature"]?.int, (0..<20).contains(place)
        else {
            throw .invalid(
                "/signature/parts", "invalid", "parts has a separator and the place of the signature, from 0.")
        }
        let time = given["time"]?.int
        if given["time"] != nil, time.map({ (0..<20).contains($0) }) != true {
            throw .invalid("/signature/parts/time", "invalid", "time is a place, from 0.")
        }
        parts = Parts(separator: mark, time: time, signature: place)
    }
}
