public import Postgres

/// Where a BI login connects: the embedded server's own TCP port, or where the database URL leads, and the standby for BI if one is named.
public struct BIAddress: Sendable {
    private let server: EmbeddedServer?
    private let database: ConnectionConfiguration
    private let replica: (host: String, port: Int)?

    /// - Parameters:
    ///   - server: nil with a PostgreSQL of one's own.
    ///   - database: how the service connects itself; of its words only host, port, database and sslmode are used.
    ///   - replica: a standby with the primary's logins.
    public init(server: EmbeddedServer?, database: ConnectionConfiguration, replica: (host: String, port: Int)?) {
        self.server = server
        self.database = database
        self.replica = replica
    }

    /// A URL that psql and SQLAlchemy take, of the server that is written to.
    public func primary(_ login: String, password: String) -> String {
        if let address = server?.biAddress {
            let mode = address.tls ? "?sslmode=require" : ""
            return "postgresql://\(login):\(password)@\(address.host):\(address.port)/tandem\(mode)"
        }
        let keywords = database.keywords
        let host = keywords["host"]?.split(separator: ",").first.map(String.init) ?? "localhost"
        let port = keywords["port"]?.split(separator: ",").first.map(String.init) ?? "5432"
        let name = keywords["dbname"] ?? keywords["user"] ?? "postgres"
        var query: [String] = []
        if let mode = keywords["sslmode"] { query.append("sslmode=\(mode)") }
        if host.hasPrefix("/") {
            query.append("host=\(host)")
            query.append("port=\(port)")
            return "postgresql://\(login):\(password)@/\(name)?" + query.joined(separator: "&")
        }
        let suffix = query.isEmpty ? "" : "?" + query.joined(separator: "&")
        return "postgresql://\(login):\(password)@\(host):\(port)/\(name)\(suffix)"
    }

    /// The same at the standby; nil: none is named.
    public func replica(_ login: String, password: String) -> String? {
        guard let replica else { return nil }
        let host = replica.host.contains(":") ? "[\(replica.host)]" : replica.host
        let own = server == nil ? database.keywords["dbname"] : nil
        return "postgresql://\(login):\(password)@\(host):\(replica.port)/\(own ?? "tandem")?sslmode=require"
    }
}
