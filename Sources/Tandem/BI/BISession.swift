import Foundation
public import Postgres

/// A session of a BI login.
public struct BISession: Sendable, Hashable {
    /// Its process on the server.
    public let pid: Int32
    public let login: String
    /// What the client calls itself; may be empty.
    public let application: String
    /// Its address; nil through the socket.
    public let client: String?
    /// PostgreSQL's word: `active`, `idle`, `idle in transaction`.
    public let state: String
    /// Microseconds since 1970.
    public let connectedAt: Int64
    /// How long its transaction is open; nil: none is.
    public let transaction: Duration?
    /// The beginning of its last statement.
    public let query: String
    /// Processes that help it.
    public let workers: [Int32]

    init(
        pid: Int32, login: String, application: String = "", client: String? = nil, state: String = "active",
        connectedAt: Int64 = 0, transaction: Duration? = nil, query: String = "", workers: [Int32] = []
    ) {
        self.pid = pid
        self.login = login
        self.application = application
        self.client = client
        self.state = state
        self.connectedAt = connectedAt
        self.transaction = transaction
        self.query = query
        self.workers = workers
    }

    /// Without the query's line breaks.
    public var json: JSONObject {
        [
            "pid": .number(Int(pid)), "login": .string(login), "state": .string(state),
            "transaction_s": transaction.map { .number(Int($0.components.seconds)) } ?? .null,
            "client": .string(orNull: client), "application": .string(application),
            "connected_at": .string(Date(microseconds: connectedAt).iso8601),
            "query": .string(query.split(whereSeparator: \.isWhitespace).joined(separator: " ")),
        ]
    }

    init(row: Row) throws(PostgresError) {
        self.init(
            pid: Int32(clamping: try row.int("pid")), login: try row.text("login"),
            application: try row.text("application"), client: try row.optionalText("client"),
            state: try row.text("state"), connectedAt: try row.timestamp("connected_at"),
            transaction: try row.optionalInt("transaction_ms").map { .milliseconds($0) },
            query: try row.text("query"), workers: try row.ints("workers").map { Int32(clamping: $0) })
    }
}

/// Sees and ends sessions of BI logins.
public struct BISessions {
    private let connection: Connection
    private let isSuperuser: Bool

    /// - Parameter isSuperuser: the embedded server's; another login takes the rights of `pg_monitor` and `pg_signal_backend` for
    ///   a call, which it must be a member of.
    public init(_ connection: Connection, isSuperuser: Bool) {
        self.connection = connection
        self.isSuperuser = isSuperuser
    }

    /// The longest transaction first.
    public func list() throws(PostgresError) -> [BISession] {
        var sessions: [BISession] = []
        let rows = try connection.single(
            settings: settings("pg_monitor"), ControlPlane.file("control/bi/sessions.sql"))
        for row in rows { sessions.append(try BISession(row: row)) }
        return sessions
    }

    /// - Returns: false if it had ended by itself.
    @discardableResult
    public func end(_ session: BISession) throws(PostgresError) -> Bool {
        try connection.single(
            settings: settings("pg_signal_backend"),
            ControlPlane.file("control/bi/end_session.sql", .int4(session.pid), .text(session.login))
        ).one().bool("ended")
    }

    private func settings(_ role: String) -> [Connection.Setting] {
        [
            (name: "search_path", value: "pg_catalog, pg_temp"), (name: "statement_timeout", value: "4s"),
            (name: "role", value: isSuperuser ? "none" : role),
        ]
    }
}

extension EmbeddedServer {
    /// The embedded server's sessions, as its superuser sees them.
    public func withBISessions<Result>(_ body: (BISessions) throws -> Result) throws -> Result {
        let connection = try superuser()
        defer { connection.close() }
        return try body(BISessions(connection, isSuperuser: true))
    }
}
