import Crypto
import Foundation

/// How a provider signs its payloads: HMAC-SHA256 over a time and the body.
struct WebhookSignature: Sendable, Hashable {
    enum Encoding: String, Sendable, CaseIterable { case hex, base64 }

    /// The header with the signature; with `pairs` it is `t=…,v1=…` and has the time too.
    var header: String
    var encoding: Encoding
    /// What stands before the signature, such as `sha256=`.
    var prefix = ""
    var isPairs = false
    /// The header with the time; nil: in the pairs, or none.
    var timeHeader: String?
    /// What is signed; `{time}` and `{body}` stand for those.
    var signed: String
    var tolerance: Int64 = 300

    enum Fault: String, Error {
        case missing = "missing_signature"
        case wrong = "invalid_signature"
        case late = "signature_expired"
    }

    var signsTime: Bool { signed.contains("{time}") }

    /// - Parameters:
    ///   - headers: the request's, by a name in small letters.
    ///   - now: microseconds since 1970.
    func verify(
        _ body: [UInt8], headers: (String) -> String?, secret: [UInt8], now: Int64
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
        if signsTime, time == nil { throw .missing }
        let codes = candidates.compactMap { candidate in
            candidate.hasPrefix(prefix) ? decoded(String(candidate.dropFirst(prefix.count))) : nil
        }
        let key = SymmetricKey(data: secret)
        let text = content(body, time: time ?? "")
        // Each is compared in a time that does not depend on where it differs.
        guard codes.contains(where: { HMAC<SHA256>.isValidAuthenticationCode($0, authenticating: text, using: key) })
        else { throw .wrong }
        guard signsTime, let time else { return }
        guard
            let sent = Int64(time).map({ $0.multipliedReportingOverflow(by: WireTime.second).partialValue })
                ?? WireTime.parse(time),
            abs(now.subtractingReportingOverflow(sent).partialValue) <= tolerance * WireTime.second
        else { throw .late }
    }

    private func content(_ body: [UInt8], time: String) -> [UInt8] {
        let parts = signed.replacing("{time}", with: time).split(
            separator: "{body}", maxSplits: 1, omittingEmptySubsequences: false)
        return Array(parts[0].utf8) + body + (parts.count > 1 ? Array(parts[1].utf8) : [])
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
        "header", "encoding", "prefix", "pairs", "time_header", "signed", "tolerance_s",
    ]

    /// `{"header", "encoding": "hex|base64", "prefix"?, "pairs"?, "time_header"?, "signed", "tolerance_s"?}`.
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
        guard let signed = object["signed"]?.string, signed.components(separatedBy: "{body}").count == 2 else {
            throw .invalid("/signature/signed", "invalid", "signed says what is signed, such as {time}.{body}.")
        }
        self.init(header: header.lowercased(), encoding: encoding, signed: signed)
        prefix = object["prefix"]?.string ?? ""
        isPairs = object["pairs"]?.bool ?? false
        timeHeader = object["time_header"]?.string?.lowercased()
        if signsTime, !isPairs, timeHeader == nil {
            throw .invalid("/signature/time_header", "required", "time_header names the header with the time.")
        }
        if let value = object["tolerance_s"] {
            guard let seconds = value.int, (1...86_400).contains(seconds) else {
                throw .invalid("/signature/tolerance_s", "invalid", "tolerance_s is 1 to 86400 seconds.")
            }
            tolerance = Int64(seconds)
        }
    }
}
