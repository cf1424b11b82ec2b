import Foundation

/// The keys of the demo tenants, in a file that only its owner can read: a secret key is shown once, and `tandem serve
/// --demo` has to be able to say it again.
public struct DemoKeys: Sendable, Hashable {
    /// Name of a tenant → its keys.
    public private(set) var keys: [String: Pair] = [:]

    public struct Pair: Sendable, Hashable {
        public var write: String
        public var secret: String
        /// A login that reads the tenant in SQL.
        public var bi: BI?

        public struct BI: Sendable, Hashable {
            public var login: String
            public var password: String
        }
    }

    /// Empty when there is no such file.
    public init(path: String) {
        guard let bytes = FileManager.default.contents(atPath: path), let json = try? JSON(parsing: Array(bytes)) else {
            return
        }
        for (slug, pair) in json.object ?? [:] {
            guard let write = pair["write"]?.string, let secret = pair["secret"]?.string else { continue }
            var known = Pair(write: write, secret: secret)
            if let login = pair["bi"]?["login"]?.string, let password = pair["bi"]?["password"]?.string {
                known.bi = Pair.BI(login: login, password: password)
            }
            keys[slug] = known
        }
    }

    mutating func set(_ pair: Pair?, of slug: String) { keys[slug] = pair }

    /// - Throws: `badRequest` when it cannot be written.
    func write(to path: String) throws(TandemError) {
        var json = JSONObject()
        for (slug, pair) in keys.sorted(by: { $0.key < $1.key }) {
            var entry: JSONObject = ["write": .string(pair.write), "secret": .string(pair.secret)]
            if let bi = pair.bi { entry["bi"] = ["login": .string(bi.login), "password": .string(bi.password)] }
            json[slug] = .object(entry)
        }
        let new = path + ".new"
        let bytes = Data(JSON.object(json).encoded() + [UInt8(ascii: "\n")])
        try? FileManager.default.removeItem(atPath: new)
        guard
            FileManager.default.createFile(
                atPath: new, contents: bytes, attributes: [.posixPermissions: 0o600]), rename(new, path) == 0
        else { throw .badRequest(code: "file_not_writable", detail: "cannot write \(path)") }
    }
}
