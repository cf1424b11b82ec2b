import CLibPQ

extension Connection {
    /// What the server will answer to, in order.
    private enum Step {
        case deallocate(String)
        case prepare(PreparedStatements.Key)
        /// A result that the caller sees, or not.
        case work(PreparedStatements.Key, isVisible: Bool)
        case sync
    }

    struct Answers {
        var rows: [Rows] = []
        var failure: PostgresError?
        fileprivate var isStale = false

        /// - Throws: what went wrong with any of the statements.
        func whole() throws(PostgresError) -> [Rows] {
            if let failure { throw failure }
            return rows
        }
    }

    /// Sends everything in one go and collects the results of `statements`.
    func run(
        _ statements: [Statement], settings: [Setting], until deadline: Deadline
    ) throws(PostgresError) -> [Rows] {
        try answers(to: statements, settings: settings, until: deadline).whole()
    }

    /// The same, with what was answered before a failure.
    ///
    /// A statement whose plan no longer fits the tables is prepared anew with all others, once, if nothing before it can be lost.
    func answers(
        to statements: [Statement], settings: [Setting], until deadline: Deadline
    ) throws(PostgresError) -> Answers {
        for statement in statements { try statement.check() }
        let mayRepeat = transactionStatus == .idle
        var answers = try pipeline(statements, settings: settings, until: deadline)
        if answers.isStale && mayRepeat {
            // What began a transaction and did not get through.
            rollBack()
            answers = try pipeline(statements, settings: settings, until: deadline)
        }
        if let failure = answers.failure {
            // What the transaction did before is lost with it: who can, runs it again as a whole, and then it is prepared anew.
            answers.failure = settled(answers.isStale && !mayRepeat ? failure.asSerializationFailure : failure)
        }
        return answers
    }

    private func pipeline(
        _ statements: [Statement], settings: [Setting], until deadline: Deadline
    ) throws(PostgresError) -> Answers {
        let handle = try usable(until: deadline)
        guard PQenterPipelineMode(handle) == 1 else { throw loss() }
        var steps: [Step] = []
        let isQueued =
            queueDeallocations(&steps, on: handle)
            && queueAll(statements, settings: settings, &steps, on: handle)
            && PQpipelineSync(handle) == 1
        guard isQueued else { throw loss() }
        steps.append(.sync)
        let answers = try collect(steps, until: deadline)
        // A connection that the server has ended cannot leave the mode; `settled` closes it.
        if PQexitPipelineMode(handle) != 1 && answers.failure?.kind != .connection { throw loss() }
        return answers
    }

    private func queueAll(
        _ statements: [Statement], settings: [Setting], _ steps: inout [Step], on handle: OpaquePointer
    ) -> Bool {
        if !settings.isEmpty {
            guard queue(Self.configure(settings), isVisible: false, &steps, on: handle) else { return false }
        }
        for statement in statements {
            guard queue(statement, isVisible: true, &steps, on: handle) else { return false }
        }
        return true
    }

    private func queue(
        _ statement: Statement, isVisible: Bool, _ steps: inout [Step], on handle: OpaquePointer
    ) -> Bool {
        let key = PreparedStatements.Key(
            sql: statement.sql, types: statement.binds.map(\.type), scope: statement.scope)
        let name: String
        switch prepared.plan(key) {
        case .known(let known): name = known
        case .prepare(let new):
            name = new
            let types = key.types.map(\.rawValue)
            guard PQsendPrepare(handle, name, key.sql, CInt(types.count), types) == 1 else { return false }
            steps.append(.prepare(key))
        }
        steps.append(.work(key, isVisible: isVisible))
        return parameters.send(statement.binds, to: name, on: handle)
    }

    /// Statements that fell out of the cache go in a transaction of their own, ahead of the work.
    private func queueDeallocations(_ steps: inout [Step], on handle: OpaquePointer) -> Bool {
        guard !prepared.discarded.isEmpty, transactionStatus != .inFailedTransaction else { return true }
        for name in prepared.discarded {
            guard PQsendQueryParams(handle, "deallocate \(name)", 0, nil, nil, nil, nil, 1) == 1 else { return false }
            steps.append(.deallocate(name))
        }
        guard PQpipelineSync(handle) == 1 else { return false }
        steps.append(.sync)
        return true
    }

    private func collect(_ steps: [Step], until deadline: Deadline) throws(PostgresError) -> Answers {
        var answers = Answers()
        for step in steps {
            guard let result = try nextResult(until: deadline) else { throw loss() }
            if case .sync = step {
                defer { PQclear(result) }
                guard PQresultStatus(result) == PGRES_PIPELINE_SYNC else { return lostInPipeline(result, answers) }
                continue
            }
            let storage = ResultStorage(result)
            try take(storage, for: step, &answers)
            if answers.failure?.kind == .connection { return answers }
            guard try nextResult(until: deadline) == nil else { throw loss() }
        }
        return answers
    }

    private func take(
        _ result: ResultStorage, for step: Step, _ answers: inout Answers
    ) throws(PostgresError) {
        let status = PQresultStatus(result.handle)
        switch (step, status) {
        case (.work(_, isVisible: true), PGRES_TUPLES_OK), (.work(_, isVisible: true), PGRES_COMMAND_OK),
            (.work(_, isVisible: true), PGRES_EMPTY_QUERY):
            answers.rows.append(Rows(result))
        case (_, PGRES_TUPLES_OK), (_, PGRES_COMMAND_OK), (_, PGRES_EMPTY_QUERY):
            if case .deallocate(let name) = step { prepared.deallocated(name) }
        case (_, PGRES_FATAL_ERROR), (_, PGRES_PIPELINE_ABORTED):
            refuse(result, step: step, &answers)
        default:
            close()
            throw .lost("data can only be copied with copyIn and copyOut; the connection was closed")
        }
    }

    /// Records the first error and forgets the statement that cannot be used again; if the tables changed, all of them: others
    /// read the same tables, and each would cost a repetition.
    private func refuse(_ result: ResultStorage, step: Step, _ answers: inout Answers) {
        let isError = PQresultStatus(result.handle) == PGRES_FATAL_ERROR
        switch step {
        case .prepare(let key):
            prepared.forget(key, existsAtServer: false)
        case .work(let key, _) where isError && Diagnostics.isStalePlan(result.handle):
            if Diagnostics.error(in: result.handle).serverState == .featureNotSupported {
                prepared.forgetAll()
            } else {
                prepared.forget(key, existsAtServer: false)
            }
            answers.isStale = true
        case .deallocate(let name) where isError:
            // Unknown there already; the work that follows is not concerned.
            prepared.deallocated(name)
            if !Diagnostics.isFatal(result.handle) { return }
        case .work, .deallocate, .sync:
            break
        }
        if isError && answers.failure == nil { answers.failure = Diagnostics.error(in: result.handle) }
    }

    private func lostInPipeline(_ result: OpaquePointer, _ answers: Answers) -> Answers {
        var answers = answers
        let error = Diagnostics.error(in: result)
        // Whatever it says, the two sides no longer agree on where they are.
        answers.failure = .lost(error.message)
        return answers
    }

    /// One statement for all settings.
    static func configure(_ settings: [Setting], isLocal: Bool = true) -> Statement {
        let texts = isLocal ? localConfiguration : lastingConfiguration
        let sql = texts.indices.contains(settings.count) ? texts[settings.count] : text(settings.count, isLocal)
        return Statement(unchecked: sql, settings.flatMap { [.text($0.name), .text($0.value)] })
    }

    // Made once: each statement to a tenant's tables is sent with one of them.
    private static let localConfiguration = (0...32).map { text($0, true) }
    private static let lastingConfiguration = (0...32).map { text($0, false) }

    private static func text(_ count: Int, _ isLocal: Bool) -> String {
        "select " + (0..<count).map { "set_config($\(2 * $0 + 1), $\(2 * $0 + 2), \(isLocal))" }.joined(separator: ", ")
    }
}
