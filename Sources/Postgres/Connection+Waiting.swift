import CLibPQ
import Glibc
import Logging

extension Connection {
    /// The handle, if a call may start now.
    func usable(until deadline: Deadline) throws(PostgresError) -> OpaquePointer {
        guard let handle else { throw .lost("the connection is closed") }
        // Nothing was sent yet, so the connection stays as it is.
        guard !deadline.isPast else { throw .deadlineExceeded }
        return handle
    }

    /// The next result, or nil at the end of a statement's results. The caller clears it.
    func nextResult(until deadline: Deadline) throws(PostgresError) -> OpaquePointer? {
        guard let handle else { throw .lost("the connection is closed") }
        while true {
            let unsent = PQflush(handle)
            if PQisBusy(handle) == 0 { return PQgetResult(handle) }
            if unsent < 0 || PQstatus(handle) == CONNECTION_BAD { throw loss() }
            try waitForServer(sending: unsent == 1, until: deadline)
        }
    }

    /// Waits for input, or for room when there is something left to send, and takes in what came.
    func waitForServer(sending: Bool, until deadline: Deadline) throws(PostgresError) {
        guard let handle else { throw .lost("the connection is closed") }
        let events = sending ? POLLIN | POLLOUT : POLLIN
        guard Self.wait(PQsocket(handle), for: Int16(events), until: deadline) else { throw expire() }
        // The last words of a server that hangs up stay in the buffer for PQgetResult.
        if PQconsumeInput(handle) == 0 && PQisBusy(handle) != 0 { throw loss() }
    }

    /// Gives up on the running query: cancels it off this path and closes.
    private func expire() -> PostgresError {
        if let handle { Cancellation.request(for: handle) }
        logger.warning("query cancelled at its deadline", metadata: ["backend_pid": "\(backendPID)"])
        close()
        hasExpired = true
        return .deadlineExceeded
    }

    /// Closes a connection that broke and says why.
    func loss() -> PostgresError {
        guard let handle else { return .lost("the connection is closed") }
        let error = PostgresError.lost(String(cString: PQerrorMessage(handle)))
        close()
        return error
    }

    /// Closes the connection if `error` means that the server has ended it.
    func settled(_ error: PostgresError) -> PostgresError {
        if error.kind == .connection {
            logger.warning("connection lost", metadata: ["sqlstate": "\(error.sqlState)"])
            close()
        }
        return error
    }

    /// False when the server has closed an idle connection; costs one system call.
    func isAlive() -> Bool {
        guard let handle else { return false }
        for _ in 0..<8 {
            var entry = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
            if poll(&entry, 1, 0) <= 0 { return PQstatus(handle) == CONNECTION_OK }
            // A notice, a changed setting, or the end.
            if PQconsumeInput(handle) == 0 { return false }
            _ = PQisBusy(handle)
        }
        return false
    }
}
