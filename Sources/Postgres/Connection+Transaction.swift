import Logging

/// Isolation of an explicit transaction.
public enum TransactionIsolation: Sendable {
    case readCommitted
    /// One snapshot for all statements: exports, consistent reports.
    case repeatableRead
    case serializable
}

extension Connection {
    /// `begin` and `settings` in one round trip, then `body`, then `commit`; `rollback` when `body` throws.
    ///
    /// Prefer `single` where the statements are known beforehand: it saves two round trips.
    ///
    /// - Parameter deadline: for each of the transaction's own round trips; `body` has its own.
    /// - Throws: what `body` throws; kind `server(25P02)` when `body` swallowed an error of the server, since nothing
    ///   can be committed then; kind `connection` or `deadlineExceeded` from the commit leave the outcome unknown.
    @discardableResult
    public func transaction<Result, Failure: PostgresFailure>(
        settings: [Setting] = [], readOnly: Bool = false, isolation: TransactionIsolation = .readCommitted,
        deadline: Duration? = nil, _ body: (Connection) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        do throws(PostgresError) {
            try begin(settings: settings, readOnly: readOnly, isolation: isolation, deadline: deadline)
        } catch {
            throw Failure(error)
        }
        return try finish(deadline: deadline) { () throws(Failure) in try body(self) }
    }

    /// As above, with a statement in the round trip that begins it; `body` is given its rows.
    public func transaction<Result, Failure: PostgresFailure>(
        settings: [Setting], readOnly: Bool = false, opening: Statement, deadline: Duration? = nil,
        _ body: (Connection, Rows) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let rows: Rows
        do throws(PostgresError) {
            rows = try begin(
                settings: settings, readOnly: readOnly, isolation: .readCommitted, opening: opening, deadline: deadline)
        } catch {
            throw Failure(error)
        }
        return try finish(deadline: deadline) { () throws(Failure) in try body(self, rows) }
    }

    /// What comes behind `begin`.
    private func finish<Result, Failure: PostgresFailure>(
        deadline: Duration?, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result: Result
        do throws(Failure) {
            result = try body()
        } catch {
            rollBack()
            throw error
        }
        do throws(PostgresError) {
            try commit(deadline: deadline)
        } catch {
            rollBack()
            throw Failure(error)
        }
        return result
    }

    /// As above, for closures whose error type the compiler does not infer.
    @_disfavoredOverload @discardableResult
    public func transaction<Result>(
        settings: [Setting] = [], readOnly: Bool = false, isolation: TransactionIsolation = .readCommitted,
        deadline: Duration? = nil, _ body: (Connection) throws -> Result
    ) throws -> Result {
        do throws(AnyFailure) {
            return try transaction(
                settings: settings, readOnly: readOnly, isolation: isolation, deadline: deadline
            ) { (connection) throws(AnyFailure) in
                do {
                    return try body(connection)
                } catch {
                    throw AnyFailure(wrapped: error)
                }
            }
        } catch {
            throw error.wrapped
        }
    }

    /// - Returns: the rows of `opening`.
    @discardableResult
    private func begin(
        settings: [Setting], readOnly: Bool, isolation: TransactionIsolation, opening: Statement? = nil,
        deadline: Duration?
    ) throws(PostgresError) -> Rows {
        guard transactionStatus == .idle && standalone == nil || !isOpen else { throw .nestedTransaction }
        let mode = readOnly ? " read only" : ""
        let sql =
            switch isolation {
            case .readCommitted: "begin\(mode)"
            case .repeatableRead: "begin isolation level repeatable read\(mode)"
            case .serializable: "begin isolation level serializable\(mode)"
            }
        do throws(PostgresError) {
            let rows = try run(
                [Statement(unchecked: sql)] + (settings.isEmpty ? [] : [Self.configure(settings)])
                    + (opening.map { [$0] } ?? []), settings: [], until: end(of: deadline))
            return rows.last ?? .empty
        } catch {
            rollBack()
            throw error
        }
    }

    private func commit(deadline: Duration?) throws(PostgresError) {
        guard transactionStatus != .inFailedTransaction else {
            throw PostgresError(
                kind: .server(.failedTransaction),
                message: "a statement of the transaction failed, so it cannot be committed")
        }
        try execute("commit", deadline: deadline)
    }

    /// Ends an open transaction, with a bound of its own because the caller's time may be over; closes the connection
    /// when even that fails.
    func rollBack() {
        guard transactionStatus != .idle, isOpen else { return }
        let checkout = self.checkout
        self.checkout = nil
        defer { self.checkout = checkout }
        do throws(PostgresError) {
            try execute("rollback", deadline: .seconds(1))
        } catch {
            logger.warning("rollback failed", metadata: ["error": "\(error)"])
        }
        if transactionStatus != .idle { close() }
    }
}

/// Carries any error through a body with a typed one.
struct AnyFailure: PostgresFailure {
    let wrapped: any Error

    init(wrapped: any Error) { self.wrapped = wrapped }

    init(_ error: PostgresError) { wrapped = error }
}
