import Crypto
import Foundation

/// Random texts that open something; stored as SHA-256 only.
public enum Secret {
    /// 256 random bits in base64url.
    public static func random() -> String {
        Base64URL.encode(SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) })
    }

    public static func hash(_ secret: String) -> [UInt8] { Array(SHA256.hash(data: Data(secret.utf8))) }
}
