import CLibPQ
public import Logging

/// Where and how to connect.
public struct ConnectionConfiguration: Sendable, CustomStringConvertible {
    /// libpq keywords (`host`, `port`, `dbname`, `user`, `password`, `sslmode`, …).
    ///
    /// `host`, `hostaddr` and `port` may be comma-separated lists; each server is tried in turn, each within
    /// `connectTimeout`. What is not given has libpq's defaults and environment variables (`PGHOST`, …), except that
    /// dead peers are noticed within seconds (`tcp_user_timeout=4000`, `keepalives_idle=5`, `keepalives_interval=2`,
    /// `keepalives_count=3`).
    public var keywords: [String: String]

    /// Settings of the server that hold for the whole session, sent as `options`. Make it empty behind a pooler that
    /// refuses `options`.
    ///
    /// By default an abandoned transaction and an abandoned query end by themselves, and days begin when they do in UTC, whatever
    /// the server's own zone is.
    public var startupSettings: [String: String] = [
        "idle_in_transaction_session_timeout": "10s",
        "client_connection_check_interval": "5s",
        "TimeZone": "UTC",
    ]

    /// Which server of the list to accept.
    public var target: TargetServer = .any

    /// Every transaction is read-only by default. A guard against mistakes, not a right: grants decide.
    public var isReadOnly = false

    /// Limit for one server of the list. A host name is resolved by the system's blocking resolver before this clock
    /// can stop it; give `hostaddr` where that matters.
    public var connectTimeout: Duration = .seconds(3)

    /// Limit for one statement where neither the call nor the pool's checkout sets one.
    public var queryTimeout: Duration = .seconds(5)

    /// Prepared statements kept per connection; the least recently used goes first.
    public var preparedStatementLimit = 500

    /// Receives the server's notices, lost connections and expired deadlines.
    public var logger = Logger(label: "postgres")

    /// Which server of the list to accept; libpq's `target_session_attrs`.
    public enum TargetServer: String, Sendable {
        case any
        /// The primary: a standby is refused, also after a failover.
        case readWrite = "read-write"
        case readOnly = "read-only"
        case primary
        case standby
        case preferStandby = "prefer-standby"
    }

    /// - Parameter conninfo: a URL (`postgresql://user@host:5432/name?sslmode=require`) or keywords
    ///   (`host=/run/postgresql dbname=name`).
    /// - Throws: kind `connection` when it cannot be parsed; the message names the mistake.
    public init(conninfo: String) throws(PostgresError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(conninfo, &message) else {
            let text = message.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(message)
            throw PostgresError.lost("invalid connection string: \(text)", sqlState: .unableToConnect)
        }
        defer { PQconninfoFree(options) }
        var keywords: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { keywords[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        if let name = keywords.removeValue(forKey: "target_session_attrs") {
            guard let target = TargetServer(rawValue: name) else {
                throw PostgresError.lost("invalid target_session_attrs", sqlState: .unableToConnect)
            }
            self.target = target
        }
        if let seconds = keywords.removeValue(forKey: "connect_timeout").flatMap(Int.init), seconds > 0 {
            connectTimeout = .seconds(seconds)
        }
        self.keywords = keywords
    }

    /// - Parameter keywords: libpq keywords.
    public init(keywords: [String: String]) {
        self.keywords = keywords
    }

    /// The keywords without the password.
    public var description: String {
        keywords.filter { $0.key != "password" && $0.key != "sslpassword" }
            .sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }
            .joined(separator: " ")
    }
}

extension ConnectionConfiguration {
    /// One set of keywords for libpq per server to try, in order.
    var attempts: [[String: String]] {
        let servers = endpoints.map { endpoint in common.merging(endpoint) { _, new in new } }
        if target != .preferStandby {
            return servers.map { $0.merging(["target_session_attrs": target.rawValue]) { _, new in new } }
        }
        // libpq makes the same two passes over its own list.
        return ["standby", "any"].flatMap { pass in
            servers.map { $0.merging(["target_session_attrs": pass]) { _, new in new } }
        }
    }

    private var common: [String: String] {
        let defaults = [
            "tcp_user_timeout": "4000", "keepalives_idle": "5", "keepalives_interval": "2", "keepalives_count": "3",
            "client_encoding": "UTF8",
        ]
        var result = defaults.merging(keywords) { _, given in given }
        var settings = startupSettings
        if isReadOnly { settings["default_transaction_read_only"] = "on" }
        let options = settings.sorted { $0.key < $1.key }.map { "-c \($0.key)=\(Self.escapedOption($0.value))" }
        let all = [result["options"]].compactMap { $0 } + options
        if !all.isEmpty { result["options"] = all.joined(separator: " ") }
        return result
    }

    /// A list of servers as single ones. libpq's own walk has no time limit per server in its nonblocking interface.
    private var endpoints: [[String: String]] {
        let lists = ["host", "hostaddr", "port"].compactMap { keyword -> (String, [String])? in
            guard let value = keywords[keyword] else { return nil }
            return (keyword, value.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
        }
        let count = lists.map(\.1.count).max() ?? 1
        return (0..<count).map { index in
            var endpoint: [String: String] = [:]
            for (keyword, values) in lists {
                endpoint[keyword] = index < values.count ? values[index] : values.count == 1 ? values[0] : ""
            }
            return endpoint
        }
    }

    /// In `options`, spaces and backslashes of a value are escaped with a backslash.
    private static func escapedOption(_ value: String) -> String {
        var escaped = ""
        for character in value {
            if character == " " || character == "\\" { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }
}
