import Crypto
import Foundation
public import Postgres

/// Signs receipts of what was done with somebody's data: Ed25519, with a key of the installation.
public struct ReceiptSigner: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    /// The installation's key; made when it is first asked for. Not inside a transaction of a tenant.
    public init(_ connection: Connection) throws(PostgresError) {
        let fresh = Array(Curve25519.Signing.PrivateKey().rawRepresentation)
        let stored = try connection.single(
            settings: TenantDatabase.control(), .call("installation_secret", .text("receipts"), .bytea(fresh)))
        do {
            key = try Curve25519.Signing.PrivateKey(rawRepresentation: try stored.one().bytea(0))
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(kind: .decoding, message: "the key of receipts is none")
        }
    }

    /// Base64.
    public var publicKey: String { key.publicKey.rawRepresentation.base64EncodedString() }

    /// The receipt with `public_key` and `signature`.
    func signed(_ receipt: JSONObject) throws(TandemError) -> JSONObject {
        var receipt = receipt
        receipt["public_key"] = .string(publicKey)
        do {
            let signature = try key.signature(for: Data(Self.canonical(.object(receipt)).utf8))
            receipt["signature"] = .string(signature.base64EncodedString())
            return receipt
        } catch {
            throw .failure("a receipt could not be signed: \(error)", sqlState: nil)
        }
    }

    /// Whether nothing of the receipt was changed since it was signed.
    /// - Parameter publicKey: base64; nil: the one that stands in it.
    public static func isGenuine(_ receipt: JSON, publicKey: String?) -> Bool {
        guard var object = receipt.object,
            let signature = object["signature"]?.string.flatMap({ Data(base64Encoded: $0) }),
            let stated = object["public_key"]?.string, publicKey == nil || publicKey == stated,
            let bytes = Data(base64Encoded: stated),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
        else { return false }
        object["signature"] = nil
        return key.isValidSignature(signature, for: Data(canonical(.object(object)).utf8))
    }

    /// One text for one value: members by name, no space.
    private static func canonical(_ json: JSON) -> String {
        switch json {
        case .object(let object):
            let members = object.names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { name in
                JSON.string(name).text + ":" + canonical(object[name] ?? .null)
            }
            return "{" + members.joined(separator: ",") + "}"
        case .array(let elements): return "[" + elements.map(canonical).joined(separator: ",") + "]"
        default: return json.text
        }
    }
}
