import CLibPQ
import Glibc

extension Connection {
    /// Connects, on the calling thread, for use on this thread.
    ///
    /// - Parameter deadline: for the whole attempt over all servers of the list; each has the configuration's
    ///   `connectTimeout`.
    /// - Throws: kind `connection`, with the message of the last server tried.
    public static func open(
        _ configuration: ConnectionConfiguration, deadline: Duration? = nil
    ) throws(PostgresError) -> Connection {
        try open(configuration, until: deadline.map { .after($0) } ?? .distantFuture)
    }

    static func open(
        _ configuration: ConnectionConfiguration, until deadline: Deadline
    ) throws(PostgresError) -> Connection {
        var failure = PostgresError.lost("no server is configured", sqlState: .unableToConnect)
        for keywords in configuration.attempts {
            let end = min(deadline, .after(configuration.connectTimeout))
            do throws(PostgresError) {
                let handle = try connect(keywords, until: end)
                return Connection(handle: handle, configuration: configuration)
            } catch {
                failure = error
            }
            if deadline.isPast { break }
        }
        throw failure
    }

    private static func connect(
        _ keywords: [String: String], until deadline: Deadline
    ) throws(PostgresError) -> OpaquePointer {
        let pairs = keywords.sorted { $0.key < $1.key }
        // dbname may be a connection string for libpq if expanded; here it is only a name.
        guard
            let handle = withCStrings(
                pairs.map(\.key), { names in withCStrings(pairs.map(\.value)) { PQconnectStartParams(names, $0, 0) } })
        else { throw .lost("out of memory", sqlState: .unableToConnect) }
        var isConnected = false
        defer { if !isConnected { PQfinish(handle) } }
        guard PQstatus(handle) != CONNECTION_BAD else { throw connectFailure(handle) }
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard state != PGRES_POLLING_FAILED else { throw connectFailure(handle) }
            let events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT
            guard wait(PQsocket(handle), for: Int16(events), until: deadline) else {
                throw .lost("the server did not answer in time", sqlState: .unableToConnect)
            }
            state = PQconnectPoll(handle)
        }
        guard PQsetnonblocking(handle, 1) == 0 else { throw connectFailure(handle) }
        isConnected = true
        return handle
    }

    private static func connectFailure(_ handle: OpaquePointer) -> PostgresError {
        .lost(String(cString: PQerrorMessage(handle)), sqlState: .unableToConnect)
    }

    /// Waits until the socket is ready; false when the deadline passed first.
    static func wait(_ socket: CInt, for events: Int16, until deadline: Deadline) -> Bool {
        var entry = pollfd(fd: socket, events: events, revents: 0)
        while true {
            let timeout = deadline.pollMilliseconds
            let count = poll(&entry, 1, timeout)
            if count > 0 { return true }
            if count < 0 && errno != EINTR { return true }  // the next call of libpq reports it
            if deadline.isPast { return false }
        }
    }

    /// Calls `body` with a null-terminated array of C strings.
    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        let pointers = copies.map { UnsafePointer<CChar>($0) } + [nil]
        return pointers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("the array ends with nil") }
            return body(base)
        }
    }
}
