import CLibPQ
import Synchronization

/// Asks the server to stop a query, off the caller's path: libpq 15 has only a blocking call, which hangs when the
/// network swallows packets.
enum Cancellation {
    private static let running = Mutex(0)

    /// Beyond this number the request is dropped; the server then ends the query by its own time-outs
    /// (`client_connection_check_interval`, `statement_timeout`).
    private static let limit = 4

    /// Returns at once. `handle` may be closed right after.
    static func request(for handle: OpaquePointer) {
        let admitted = running.withLock { count in
            if count >= limit { return false }
            count += 1
            return true
        }
        guard admitted else { return }
        guard let pointer = PQgetCancel(handle) else {
            running.withLock { $0 -= 1 }
            return
        }
        let token = Token(pointer: pointer)
        let started = DedicatedThread.spawn(name: "pg-cancel", stackBytes: 256 << 10) {
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(token.pointer, &message, Int32(message.count))
            PQfreeCancel(token.pointer)
            running.withLock { $0 -= 1 }
        }
        if !started {
            PQfreeCancel(pointer)
            running.withLock { $0 -= 1 }
        }
    }

    /// Unchecked because a raw pointer is not Sendable: a PGcancel is a copy of the address and key, independent of its
    /// connection, and only the one thread uses it.
    private struct Token: @unchecked Sendable {
        let pointer: OpaquePointer
    }
}
