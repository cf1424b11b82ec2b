import Crypto
import Foundation
import TandemSQL

/// The SQL of this build. Its procedures live in a schema that is named by the text of all its SQL, so that servers of two
/// builds on one database each find their own, and know each other by it.
public enum CodeVersion {
    /// Raised with each release; CHANGELOG.md says what changed.
    public static let build = "0.1.0"

    /// For example `tandem_code_5ba1c0ffee`: what stands behind a tenant's schemas in the path of this build's transactions.
    public static let schema = schema(for: EmbeddedSQL.files)

    /// The migrations of tenants that this build knows.
    static let migrations = EmbeddedSQL.files(below: "tenant/migrations").map(\.path)

    static func schema(for files: [EmbeddedSQL.File]) -> String {
        var hash = SHA256()
        for file in files { hash.update(data: Data("\(file.path)\n\(file.text)\n".utf8)) }
        return "tandem_code_" + Digest.hex(hash.finalize()).prefix(10)
    }
}
