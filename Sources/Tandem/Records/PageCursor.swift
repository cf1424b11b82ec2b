public import Crypto
import Foundation

/// The place where a page ended: opaque to the caller, sealed, and good only for the same list of the same tenant. It
/// carries no authority.
public struct PageCursor: Sendable, Hashable {
    /// The last row's sort keys in text form (nil: null), its id last.
    public var keys: [String?]
    /// What list it belongs to: a digest of filter and order.
    public var fingerprint: [UInt8]

    public init(keys: [String?], fingerprint: [UInt8]) {
        self.keys = keys
        self.fingerprint = fingerprint
    }

    private static let prefix = "c_"
    private static let sealBytes = 16

    /// - Parameters:
    ///   - key: the installation's.
    ///   - scope: what the list belongs to: the tenant's schema and the object.
    public func sealed(with key: SymmetricKey, scope: String) -> String {
        let payload: JSON = [
            "k": .array(keys.map { .string(orNull: $0) }), "f": .string(Data(fingerprint).base64EncodedString()),
        ]
        let body = payload.encoded()
        return Self.prefix + Base64URL.encode(Self.seal(body, key, scope) + body)
    }

    /// - Throws: `badRequest(code: "invalid_cursor")` for text that was not sealed for this scope, and
    ///   `badRequest(code: "cursor_mismatch")` for a cursor of another filter or order.
    public init(opening text: String, with key: SymmetricKey, scope: String, fingerprint: [UInt8]) throws(TandemError) {
        let invalid = TandemError.badRequest(code: "invalid_cursor", detail: "The cursor is not one of this list.")
        guard text.utf8.count <= 16_384, text.hasPrefix(Self.prefix),
            let data = Base64URL.decode(text.dropFirst(Self.prefix.count)), data.count > Self.sealBytes
        else { throw invalid }
        let body = Array(data.dropFirst(Self.sealBytes))
        // Both are of one length, and every byte is looked at.
        let difference = zip(data, Self.seal(body, key, scope)).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
        guard difference == 0, let payload = try? JSON(parsing: body), let keys = payload["k"]?.array,
            let digest = payload["f"]?.string.flatMap({ Data(base64Encoded: $0) })
        else { throw invalid }
        guard Array(digest) == fingerprint else {
            throw .badRequest(code: "cursor_mismatch", detail: "The cursor belongs to another filter or order.")
        }
        self.init(keys: keys.map(\.string), fingerprint: fingerprint)
    }

    private static func seal(_ body: [UInt8], _ key: SymmetricKey, _ scope: String) -> [UInt8] {
        var mac = HMAC<SHA256>(key: key)
        mac.update(data: Data("cursor\0\(scope)\0".utf8))
        mac.update(data: body)
        return Array(mac.finalize().prefix(sealBytes))
    }
}
