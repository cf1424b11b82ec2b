public import Crypto
public import FoundationEssentials
import Tandem

/// The place in a list where the next page begins: the last item's time and id, sealed for one tenant, one list and one
/// filter. It gives no right to anything.
public struct PageCursor: Sendable, Hashable {
    /// Microseconds since 1970.
    public let at: Int64
    public let id: UUID

    public init(at: Int64, id: UUID) {
        self.at = at
        self.id = id
    }

    private static let sealBytes = 16

    /// - Parameter list: all that has to be the same on the next page: tenant, route, filter.
    public func sealed(for list: String, key: SymmetricKey) -> String {
        let plain = withUnsafeBytes(of: at.bigEndian) { Array($0) } + withUnsafeBytes(of: id.uuid) { Array($0) }
        return "c_" + Base64.encodeURL(plain + Self.seal(plain, list, key))
    }

    /// 400 `invalid_cursor` for one that was made for another list, or that was not made here.
    public init(_ text: String, for list: String, key: SymmetricKey) throws(Problem) {
        guard text.hasPrefix("c_"), let bytes = Base64.decode(text.dropFirst(2)), bytes.count == 24 + Self.sealBytes,
            Self.seal(Array(bytes[..<24]), list, key) == Array(bytes[24...])
        else {
            throw .badRequest("invalid_cursor", "The cursor does not belong to this list with this filter.")
        }
        at = bytes[..<8].reduce(0) { $0 << 8 | Int64($1) }
        id = bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(fromByteOffset: 8, as: uuid_t.self)) }
    }

    private static func seal(_ plain: [UInt8], _ list: String, _ key: SymmetricKey) -> [UInt8] {
        var code = HMAC<SHA256>(key: key)
        code.update(data: plain)
        code.update(data: Array(list.utf8))
        return Array(code.finalize().prefix(sealBytes))
    }
}
