import Crypto
import Foundation

/// The token that every form carries: an HMAC of the session under the installation's key, so that only a page of this
/// session can have made the form.
struct FormSeal: Sendable {
    let key: SymmetricKey

    func token(session: [UInt8]) -> String {
        HMAC<SHA256>.authenticationCode(for: message(session), using: key).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    /// Takes as long for a wrong first byte as for a wrong last one.
    func isValid(_ token: String?, session: [UInt8]) -> Bool {
        guard let token, token.utf8.count == 64 else { return false }
        var bytes: [UInt8] = []
        var rest = token[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return false }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return HMAC<SHA256>.isValidAuthenticationCode(bytes, authenticating: message(session), using: key)
    }

    private func message(_ session: [UInt8]) -> Data { Data("console-form:".utf8) + Data(session) }
}
