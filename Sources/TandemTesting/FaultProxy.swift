import Glibc
import Postgres
import Synchronization

/// A TCP proxy on 127.0.0.1 that misbehaves on demand: a network between a client and a server for tests.
public final class FaultProxy: Sendable {
    public enum Mode: Sendable {
        /// Passes bytes on.
        case pass
        /// Accepts and reads, and passes nothing on: a network that drops every packet.
        case swallow
        /// Passes what the client sends and drops what the server answers: a lost acknowledgement.
        case swallowAnswers
        /// Closes every connection at once.
        case refuse
    }

    /// Where clients connect.
    public let port: Int

    private struct State {
        var mode = Mode.pass
        var sockets: Set<CInt> = []
        var isClosed = false
    }

    private let listener: CInt
    private let target: Int
    private let state = Mutex(State())

    /// - Parameter target: port on 127.0.0.1.
    public init(target: Int) throws {
        self.target = target
        (listener, port) = try Loopback.listen()
        guard DedicatedThread.spawn(name: "proxy", stackBytes: 256 << 10, { self.accept() }) else {
            throw TestServerError("no thread for the proxy")
        }
    }

    public var mode: Mode {
        get { state.withLock { $0.mode } }
        set { state.withLock { $0.mode = newValue } }
    }

    /// Cuts all connections now; new ones follow the mode.
    public func cut() {
        state.withLock { state in
            for socket in state.sockets { shutdown(socket, CInt(SHUT_RDWR)) }
        }
    }

    /// Ends the proxy.
    public func close() {
        state.withLock { $0.isClosed = true }
        shutdown(listener, CInt(SHUT_RDWR))
        cut()
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            if state.withLock({ $0.isClosed }) || client < 0 {
                if client >= 0 { Glibc.close(client) }
                break
            }
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            guard mode != .refuse, let server = Loopback.connect(to: target) else {
                Glibc.close(client)
                continue
            }
            state.withLock { $0.sockets.formUnion([client, server]) }
            let pair = SocketPair(client: client, server: server)
            pump(from: client, to: server, isAnswer: false, of: pair)
            pump(from: server, to: client, isAnswer: true, of: pair)
        }
        Glibc.close(listener)
    }

    private func pump(from source: CInt, to sink: CInt, isAnswer: Bool, of pair: SocketPair) {
        DedicatedThread.spawn(name: "proxy-pump", stackBytes: 256 << 10) {
            var buffer = [UInt8](repeating: 0, count: 16 << 10)
            while true {
                let count = read(source, &buffer, buffer.count)
                if count <= 0 { break }
                let mode = self.mode
                if mode == .swallow || (mode == .swallowAnswers && isAnswer) { continue }
                var sent = 0
                while sent < count {
                    let wrote = buffer.withUnsafeBytes { bytes in
                        send(sink, bytes.baseAddress.map { $0 + sent }, count - sent, CInt(MSG_NOSIGNAL))
                    }
                    if wrote <= 0 { break }
                    sent += wrote
                }
                if sent < count { break }
            }
            shutdown(source, CInt(SHUT_RDWR))
            shutdown(sink, CInt(SHUT_RDWR))
            self.finished(pair)
        }
    }

    private func finished(_ pair: SocketPair) {
        let isLast = pair.open.withLock { open in
            open -= 1
            return open == 0
        }
        guard isLast else { return }
        state.withLock { state in
            state.sockets.subtract([pair.client, pair.server])
            Glibc.close(pair.client)
            Glibc.close(pair.server)
        }
    }

    private final class SocketPair: Sendable {
        let client: CInt
        let server: CInt
        let open = Mutex(2)

        init(client: CInt, server: CInt) {
            self.client = client
            self.server = server
        }
    }
}
