import CArgon2
import Crypto
import Foundation

/// Passwords of users: Argon2id with OWASP's parameters (19 MiB, 2 passes, 1 lane), stored in its own text form.
///
/// Hashing takes some 30 ms of one core: never on an event loop.
public enum Password {
    /// Characters.
    public static let minimumLength = 12
    /// Bytes; nobody types more, and hashing has to end.
    static let maximumBytes = 512

    private static let passes: UInt32 = 2
    private static let kibibytes: UInt32 = 19 * 1024
    private static let lanes: UInt32 = 1
    private static let saltBytes = 16
    private static let hashBytes = 32

    /// What is wrong with a password that somebody chooses; nil when nothing is.
    ///
    /// - Parameter email: of whom it is for; a password that it contains is no secret.
    public static func fault(_ password: String, email: String) -> String? {
        if password.count < minimumLength { return "It has at least \(minimumLength) characters." }
        if password.utf8.count > maximumBytes { return "It has at most \(maximumBytes) bytes." }
        if Set(password).count < 5 { return "It has at least five different characters." }
        let name = email.split(separator: "@").first.map { $0.lowercased() } ?? ""
        if name.count >= 4, password.lowercased().contains(name) { return "It does not contain the address." }
        return nil
    }

    /// The text to store: `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`.
    ///
    /// - Throws: `failure` when there is no memory for it.
    public static func hash(_ password: String) throws(TandemError) -> String {
        let length = argon2_encodedlen(
            passes, kibibytes, lanes, UInt32(saltBytes), UInt32(hashBytes), Argon2_id)
        let salt = SymmetricKey(size: SymmetricKeySize(bitCount: saltBytes * 8)).withUnsafeBytes { Array($0) }
        let secret = Array(password.utf8)
        var encoded = [CChar](repeating: 0, count: length)
        let code = argon2id_hash_encoded(
            passes, kibibytes, lanes, secret, secret.count, salt, salt.count, hashBytes, &encoded, length)
        guard code == ARGON2_OK.rawValue else {
            throw .failure("argon2: \(String(cString: argon2_error_message(code)))", sqlState: nil)
        }
        return String(decoding: encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether the stored text is of this password. Without one it takes the same time and is false, so that an answer's
    /// time does not tell who has a password.
    public static func verify(_ password: String, against stored: String?) -> Bool {
        let secret = Array(password.utf8.prefix(maximumBytes + 1))
        let isRight = argon2id_verify(stored ?? decoy, secret, secret.count) == ARGON2_OK.rawValue
        return isRight && stored != nil
    }

    /// Of no password that anybody knows, with the parameters of the others.
    private static let decoy = (try? hash(Secret.random())) ?? ""
}
