import CLibPQ
import Glibc
import Logging

/// One session with the server, for one thread at a time.
///
/// Every call blocks its thread until the answer is there or its deadline has passed. It never blocks longer: the
/// socket is nonblocking and waits in poll(2). After a deadline the query is cancelled and the connection closed,
/// since nothing is known about its state.
///
/// Nothing may be set for the whole session (`set` without `local`, temporary tables, `listen`): connections are
/// shared through the pool. Settings belong to a transaction, see `single` and `transaction`; only who has a connection
/// alone may keep some from call to call, see `single(lasting:)`.
public final class Connection {
    /// A transaction-local setting, as in `set_config(name, value, true)`.
    public typealias Setting = (name: String, value: String)

    /// State of the transaction at the server.
    public enum TransactionStatus: Sendable {
        case idle
        case active
        case inTransaction
        case inFailedTransaction
        /// The connection is closed.
        case unknown
    }

    public let configuration: ConnectionConfiguration

    /// nil once closed.
    var handle: OpaquePointer?
    var prepared: PreparedStatements
    var parameters = ParameterBuffer()

    /// End of the pool's checkout: no call waits beyond it.
    var checkout: Deadline?

    /// A pool closes it once it is given back: PostgreSQL's process holds what nobody will ask for again, such as the catalog of relations
    /// that were made on it.
    public var isSpent = false

    /// Closed because an answer did not come in time.
    var hasExpired = false

    let opened = Deadline.now
    private let notices: NoticeSink

    /// What goes with each statement; nil outside `standalone`.
    var standalone: Standalone?

    /// What `single(lasting:)` has set for the session; nil: nothing, or not known after an error.
    private var lasting: [Setting]?

    init(handle: OpaquePointer, configuration: ConnectionConfiguration) {
        self.handle = handle
        self.configuration = configuration
        prepared = PreparedStatements(limit: configuration.preparedStatementLimit)
        notices = NoticeSink(logger: configuration.logger)
        notices.attach(to: handle)
    }

    deinit { close() }

    var logger: Logger { configuration.logger }

    /// False once closed by `close`, a deadline, or a loss.
    public var isOpen: Bool { handle != nil }

    /// Process id of the session at the server, 0 when closed.
    public var backendPID: Int32 { handle.map { PQbackendPID($0) } ?? 0 }

    /// The server's version, for example 150_006 for 15.6; 0 when closed.
    public var serverVersion: Int { handle.map { Int(PQserverVersion($0)) } ?? 0 }

    public var transactionStatus: TransactionStatus {
        guard let handle else { return .unknown }
        switch PQtransactionStatus(handle) {
        case PQTRANS_IDLE: return .idle
        case PQTRANS_ACTIVE: return .active
        case PQTRANS_INTRANS: return .inTransaction
        case PQTRANS_INERROR: return .inFailedTransaction
        default: return .unknown
        }
    }

    /// Ends the session without waiting; a running query is not cancelled.
    public func close() {
        guard let handle else { return }
        self.handle = nil
        PQfinish(handle)
    }

    /// Runs one statement; outside a transaction it is one of its own.
    ///
    /// - Parameter deadline: from now; by default what is left of the pool's checkout, else the configuration's
    ///   `queryTimeout`. A checkout's end is never exceeded.
    @discardableResult
    public func execute(_ statement: Statement, deadline: Duration? = nil) throws(PostgresError) -> Rows {
        let end = end(of: deadline)
        if let standalone { return try run(statement, standalone, until: end) }
        return try run([statement], settings: [], until: end).last ?? Rows.empty
    }

    /// Runs statements as one implicit transaction in one round trip, after `settings` that hold for it only.
    ///
    /// An error undoes all of them and leaves the connection clean. Must not be called inside `transaction`.
    @discardableResult
    public func single(
        settings: [Setting], _ statements: [Statement], deadline: Duration? = nil
    ) throws(PostgresError) -> [Rows] {
        try refuseInsideTransaction()
        return try run(statements, settings: settings, until: end(of: deadline))
    }

    /// Runs one statement as an implicit transaction in one round trip, after `settings` that hold for it only.
    @discardableResult
    public func single(
        settings: [Setting], _ statement: Statement, deadline: Duration? = nil
    ) throws(PostgresError) -> Rows {
        try single(settings: settings, [statement], deadline: deadline).last ?? Rows.empty
    }

    /// As `single`, on a connection that one caller has for itself: the settings stay, and are sent only when others were in
    /// force. An error undoes them with the rest.
    @discardableResult
    public func single(
        lasting settings: [Setting], _ statements: [Statement], deadline: Duration? = nil
    ) throws(PostgresError) -> [Rows] {
        try refuseInsideTransaction()
        let isInForce = lasting.map { $0.elementsEqual(settings, by: ==) } ?? false
        lasting = nil
        let first = isInForce ? [] : [Self.configure(settings, isLocal: false)]
        let rows = try run(first + statements, settings: [], until: end(of: deadline))
        lasting = settings
        return Array(rows.dropFirst(first.count))
    }

    func refuseInsideTransaction() throws(PostgresError) {
        guard transactionStatus != .inTransaction, transactionStatus != .inFailedTransaction, standalone == nil else {
            throw .nestedTransaction
        }
    }

    /// Runs SQL text of several statements, without parameters or results: migrations, and nothing from outside.
    ///
    /// Without `begin` in the text it is one implicit transaction.
    public func script(_ sql: String, deadline: Duration? = nil) throws(PostgresError) {
        let end = end(of: deadline)
        let handle = try usable(until: end)
        guard PQsendQuery(handle, sql) == 1 else { throw loss() }
        var failure: PostgresError?
        while let result = try nextResult(until: end) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: continue
            case PGRES_FATAL_ERROR: failure = failure ?? Diagnostics.error(in: result)
            default:
                close()
                throw .lost("a script cannot copy data; the connection was closed")
            }
        }
        if let failure { throw settled(failure) }
    }

    /// The moment a call that starts now must end.
    func end(of deadline: Duration?) -> Deadline {
        let own = deadline.map { Deadline.after($0) }
        guard let checkout else { return own ?? .after(configuration.queryTimeout) }
        return min(own ?? checkout, checkout)
    }
}

@available(*, unavailable, message: "A connection belongs to one thread.")
extension Connection: Sendable {}

extension PostgresError {
    static let nestedTransaction = PostgresError(
        kind: .server(.activeTransaction), message: "a transaction is already open on this connection")
}
