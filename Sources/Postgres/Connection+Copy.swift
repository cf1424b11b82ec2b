import CLibPQ

extension Connection {
    /// Sends the rows of a `copy … from stdin`.
    ///
    /// - Parameters:
    ///   - statement: without parameters.
    ///   - rows: bytes in the statement's format; they are joined as they are, so each text row ends with its newline.
    ///   - deadline: for the whole copy.
    /// - Returns: the number of rows copied.
    @discardableResult
    public func copyIn(
        into statement: Statement, rows: some Sequence<some Collection<UInt8>>, deadline: Duration? = nil
    ) throws(PostgresError) -> Int {
        var iterator = rows.makeIterator()
        return try copyIn(into: statement, deadline: deadline) { () throws(PostgresError) in
            iterator.next().map { Array($0) }
        }
    }

    /// Sends what `next` returns, until nil, as the data of a `copy … from stdin`.
    ///
    /// When `next` throws, the copy fails at the server and the error is rethrown; the connection stays usable.
    @discardableResult
    public func copyIn<Failure: PostgresFailure>(
        into statement: Statement, deadline: Duration? = nil, next: () throws(Failure) -> [UInt8]?
    ) throws(Failure) -> Int {
        let end = end(of: deadline)
        do throws(PostgresError) {
            try startCopy(statement, expecting: PGRES_COPY_IN, until: end)
        } catch {
            throw Failure(error)
        }
        var source: Failure?
        do throws(PostgresError) {
            var chunk: [UInt8] = []
            var isAccepted = true
            while source == nil && isAccepted {
                do throws(Failure) {
                    guard let bytes = try next() else { break }
                    chunk.append(contentsOf: bytes)
                } catch {
                    source = error
                }
                if chunk.count >= Self.copyChunkBytes {
                    isAccepted = try put(chunk, until: end)
                    chunk.removeAll(keepingCapacity: true)
                }
            }
            if source == nil && isAccepted { _ = try put(chunk, until: end) }
            let count = try finishCopyIn(failure: source == nil ? nil : "the source of the data failed", until: end)
            if source == nil { return count }
        } catch {
            throw source ?? Failure(error)
        }
        throw source ?? Failure(.lost("the copy was abandoned"))
    }

    /// Hands the data of a `copy … to stdout` to `receive`, row by row as the server sends it.
    ///
    /// The bytes are valid only during the call. When `receive` throws, the connection is closed: the rest of the data
    /// is still on its way.
    ///
    /// - Returns: the number of rows copied.
    @discardableResult
    public func copyOut<Failure: PostgresFailure>(
        _ statement: Statement, deadline: Duration? = nil,
        receive: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> Int {
        let end = end(of: deadline)
        do throws(PostgresError) {
            try startCopy(statement, expecting: PGRES_COPY_OUT, until: end)
        } catch {
            throw Failure(error)
        }
        while true {
            let row: (bytes: UnsafeMutablePointer<CChar>, count: Int)?
            do throws(PostgresError) {
                row = try nextCopyRow(until: end)
            } catch {
                throw Failure(error)
            }
            guard let row else { break }
            defer { PQfreemem(row.bytes) }
            do throws(Failure) {
                try receive(UnsafeRawBufferPointer(start: row.bytes, count: row.count))
            } catch {
                close()
                throw error
            }
        }
        do throws(PostgresError) {
            return try finishCommand(until: end)
        } catch {
            throw Failure(error)
        }
    }

    private static var copyChunkBytes: Int { 64 << 10 }

    private func startCopy(
        _ statement: Statement, expecting status: ExecStatusType, until deadline: Deadline
    ) throws(PostgresError) {
        precondition(statement.binds.isEmpty, "copy takes no parameters")
        let handle = try usable(until: deadline)
        // The extended protocol refuses a second statement in the text.
        guard PQsendQueryParams(handle, statement.sql, 0, nil, nil, nil, nil, 0) == 1 else { throw loss() }
        guard let result = try nextResult(until: deadline) else { throw loss() }
        defer { PQclear(result) }
        if PQresultStatus(result) == status { return }
        if PQresultStatus(result) == PGRES_FATAL_ERROR {
            let error = Diagnostics.error(in: result)
            try drain(until: deadline)
            throw settled(error)
        }
        close()
        throw .lost("the statement does not copy in this direction; the connection was closed")
    }

    /// False when the server has already refused the copy; its error is the next result.
    private func put(_ bytes: [UInt8], until deadline: Deadline) throws(PostgresError) -> Bool {
        guard !bytes.isEmpty else { return true }
        while true {
            guard let handle else { throw .lost("the connection is closed") }
            let code = bytes.withUnsafeBytes { buffer in
                PQputCopyData(handle, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(buffer.count))
            }
            if code < 0 { return false }
            // Wait until the socket has taken it, so that memory stays bounded.
            var unsent = PQflush(handle)
            while unsent == 1 {
                try waitForServer(sending: true, until: deadline)
                unsent = PQflush(handle)
            }
            if unsent < 0 { throw loss() }
            if code == 1 { return true }
        }
    }

    private func finishCopyIn(failure: String?, until deadline: Deadline) throws(PostgresError) -> Int {
        while true {
            guard let handle else { throw .lost("the connection is closed") }
            // Negative when the server has already refused the copy.
            if PQputCopyEnd(handle, failure) != 0 { break }
            try waitForServer(sending: true, until: deadline)
        }
        return try finishCommand(until: deadline)
    }

    private func nextCopyRow(
        until deadline: Deadline
    ) throws(PostgresError) -> (bytes: UnsafeMutablePointer<CChar>, count: Int)? {
        while true {
            guard let handle else { throw .lost("the connection is closed") }
            var buffer: UnsafeMutablePointer<CChar>?
            let length = PQgetCopyData(handle, &buffer, 1)
            if length > 0, let buffer { return (buffer, Int(length)) }
            if length == -1 { return nil }
            if length == -2 { throw loss() }
            try waitForServer(sending: PQflush(handle) == 1, until: deadline)
        }
    }

    /// Reads the command's last result and its end.
    private func finishCommand(until deadline: Deadline) throws(PostgresError) -> Int {
        guard let result = try nextResult(until: deadline) else { throw loss() }
        let storage = ResultStorage(result)
        let failure = PQresultStatus(result) == PGRES_FATAL_ERROR ? Diagnostics.error(in: result) : nil
        if failure?.kind != .connection { try drain(until: deadline) }
        if let failure { throw settled(failure) }
        return Rows(storage).affected
    }

    private func drain(until deadline: Deadline) throws(PostgresError) {
        while let result = try nextResult(until: deadline) { PQclear(result) }
    }
}
