import Crypto
import Foundation

/// PostgreSQL's stored form of a password (RFC 5803), made here so that no password travels to the server or its log.
enum SCRAM {
    /// `SCRAM-SHA-256$4096:<salt>$<StoredKey>:<ServerKey>`. The password is ASCII, so SASLprep changes nothing.
    static func verifier(password: String, salt: [UInt8], iterations: Int = 4096) -> String {
        let key = SymmetricKey(data: Data(password.utf8))
        var block = Array(HMAC<SHA256>.authenticationCode(for: Data(salt + [0, 0, 0, 1]), using: key))
        var salted = block
        for _ in 1..<iterations {
            block = Array(HMAC<SHA256>.authenticationCode(for: Data(block), using: key))
            for index in salted.indices { salted[index] ^= block[index] }
        }
        let saltedKey = SymmetricKey(data: Data(salted))
        let clientKey = Data(HMAC<SHA256>.authenticationCode(for: Data("Client Key".utf8), using: saltedKey))
        let serverKey = Data(HMAC<SHA256>.authenticationCode(for: Data("Server Key".utf8), using: saltedKey))
        let storedKey = Data(SHA256.hash(data: clientKey))
        let parts = [Data(salt), storedKey, serverKey].map { $0.base64EncodedString() }
        return "SCRAM-SHA-256$\(iterations):\(parts[0])$\(parts[1]):\(parts[2])"
    }
}
