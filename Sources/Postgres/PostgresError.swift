/// What went wrong between this process and the database.
///
/// The description holds the kind, the code and the server's message, and no bound value unless the server's message
/// quotes one (`invalid input syntax for type …`). `detail` often does (`Key (email)=(…) already exists`), so it is not
/// part of the description: log it only where personal data may stand.
public struct PostgresError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The closed list of causes.
    public enum Kind: Hashable, Sendable {
        /// No connection could be made, or the connection in use was lost. Whether the last statement took effect is
        /// unknown.
        case connection
        /// The server refused a statement; the connection is still usable.
        case server(SQLState)
        /// The statement did not end before its deadline; the connection was closed and the query cancelled. Whether it
        /// took effect is unknown.
        case deadlineExceeded
        /// The pool is shut down.
        case poolClosed
        /// No connection became free before the deadline; nothing was sent.
        case poolTimeout
        /// The task was cancelled while it waited for a connection; nothing was sent.
        case cancelled
        /// A value of the result does not have the asked type.
        case decoding
    }

    public var kind: Kind { storage.kind }

    /// The server's code, or a code of class `08` for a lost connection, or an empty string.
    public var sqlState: String { storage.sqlState }

    /// The server's primary message, or ours.
    public var message: String { storage.message }

    /// The server's detail; may quote values.
    public var detail: String? { storage.fields.detail }
    public var hint: String? { storage.fields.hint }
    public var schema: String? { storage.fields.schema }
    public var table: String? { storage.fields.table }
    public var column: String? { storage.fields.column }
    public var constraint: String? { storage.fields.constraint }

    /// The call stack inside the server (function and line), for logs.
    public var context: String? { storage.fields.context }

    /// Character position (from 1) in the statement of a syntax error.
    public var position: Int? { storage.fields.position }

    /// True when the same transaction may succeed if it is run again as a whole.
    public var isRetryable: Bool {
        sqlState == SQLState.serializationFailure.rawValue || sqlState == SQLState.deadlockDetected.rawValue
    }

    /// True when the connection is gone (kinds `connection` and `deadlineExceeded`).
    public var isConnectionLoss: Bool { kind == .connection || kind == .deadlineExceeded }

    /// True when time ran out: at our deadline, in the pool, or at the server's own `statement_timeout`.
    public var isTimeout: Bool {
        kind == .deadlineExceeded || kind == .poolTimeout || kind == .server(.queryCanceled)
    }

    /// The code when the server refused the statement, else nil.
    public var serverState: SQLState? {
        if case .server(let state) = kind { return state }
        return nil
    }

    public var description: String {
        switch kind {
        case .server(let state): return "\(state): \(message)"
        case .connection: return "connection (\(sqlState)): \(message)"
        default: return "\(kind): \(message)"
        }
    }

    /// The fields that a server's error carries beside its message.
    public struct Fields: Sendable, Hashable {
        public var detail: String?
        public var hint: String?
        public var schema: String?
        public var table: String?
        public var column: String?
        public var constraint: String?
        public var context: String?
        public var position: Int?

        public init() {}
    }

    /// - Parameter sqlState: taken from `kind` when it is `.server`.
    public init(kind: Kind, sqlState: String = "", message: String, fields: Fields = Fields()) {
        var code = sqlState
        if case .server(let state) = kind { code = state.rawValue }
        storage = Storage(kind: kind, sqlState: code, message: message, fields: fields)
    }

    public static func == (left: PostgresError, right: PostgresError) -> Bool {
        left.kind == right.kind && left.sqlState == right.sqlState && left.message == right.message
            && left.storage.fields == right.storage.fields
    }

    // One reference keeps the value a word wide: typed throws return it in registers.
    private final class Storage: Sendable {
        let kind: Kind
        let sqlState: String
        let message: String
        let fields: Fields

        init(kind: Kind, sqlState: String, message: String, fields: Fields) {
            self.kind = kind
            self.sqlState = sqlState
            self.message = message
            self.fields = fields
        }
    }

    private let storage: Storage
}

/// An error type that can carry a database error, so that a body inside `Pool.withConnection` or
/// `Connection.transaction` can throw the caller's own type.
public protocol PostgresFailure: Error {
    /// Wraps or translates `error`.
    init(_ error: PostgresError)
}

extension PostgresError: PostgresFailure {
    public init(_ error: PostgresError) { self = error }
}

extension PostgresError {
    /// The same, as one that `isRetryable`.
    var asSerializationFailure: PostgresError {
        PostgresError(kind: .server(.serializationFailure), message: message, fields: storage.fields)
    }

    static func lost(_ message: String, sqlState: SQLState = .connectionFailure) -> PostgresError {
        PostgresError(kind: .connection, sqlState: sqlState.rawValue, message: trimmed(message))
    }

    static func decoding(_ message: String) -> PostgresError {
        PostgresError(kind: .decoding, message: message)
    }

    static let deadlineExceeded = PostgresError(
        kind: .deadlineExceeded, message: "the statement did not end before its deadline")
    static let poolClosed = PostgresError(kind: .poolClosed, message: "the pool is shut down")
    static let poolTimeout = PostgresError(
        kind: .poolTimeout, message: "no connection became free before the deadline")
    static let cancelled = PostgresError(
        kind: .cancelled, message: "the task was cancelled while it waited for a connection")

    /// libpq ends its messages with a newline.
    static func trimmed(_ message: String) -> String {
        var text = message[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text.isEmpty ? "the connection was lost" : String(text)
    }
}
