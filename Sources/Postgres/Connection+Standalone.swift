/// What goes with each statement of a ``Connection/standalone(settings:opening:accepts:_:)``.
struct Standalone {
    let settings: [Connection.Setting]
    let opening: Statement
    let accepts: (Rows) throws(PostgresError) -> Bool
}

extension Connection {
    /// Lets each statement of `body` be a transaction of its own that only reads, in one round trip with `settings` and `opening`; a
    /// `transaction` takes three. For bodies of one statement, most often.
    ///
    /// - Parameter accepts: asked with the rows of `opening`, which are read in the statement's transaction: whether all is as `body`
    ///   counts on.
    /// - Throws: what `body` throws; `server(40001)` where `accepts` said no.
    public func standalone<Result, Failure: PostgresFailure>(
        settings: [Setting], opening: Statement, accepts: @escaping (Rows) throws(PostgresError) -> Bool,
        _ body: (Connection) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        do throws(PostgresError) {
            try refuseInsideTransaction()
        } catch {
            throw Failure(error)
        }
        standalone = Standalone(
            settings: settings + [(name: "transaction_read_only", value: "on")], opening: opening, accepts: accepts)
        defer { standalone = nil }
        return try body(self)
    }

    func run(_ statement: Statement, _ standalone: Standalone, until deadline: Deadline) throws(PostgresError) -> Rows {
        let answers = try answers(
            to: [standalone.opening, statement], settings: standalone.settings, until: deadline)
        // First, because what has changed may be why the statement failed.
        if let opening = answers.rows.first, try !standalone.accepts(opening) {
            throw PostgresError(
                kind: .server(.serializationFailure), message: "what the statement was made from has changed")
        }
        return try answers.whole().last ?? .empty
    }
}
