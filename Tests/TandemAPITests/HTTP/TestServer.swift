import Glibc
import Hummingbird
import Logging
import ServiceLifecycle
import Tandem
import Testing

@testable import TandemHTTP

/// Lets everybody in as nobody.
struct OpenDoor: Authenticator {
    func authenticate(_ request: Request, for route: Route) async throws -> Principal { .nobody }
}

/// A listener on a free port, for the length of `body`.
func withServer(
    _ routes: [Route], drainDelay: Duration = .zero, times: ConnectionGuard.Times = .init(),
    bounds: ConnectionCensus.Bounds = .init(),
    _ body: @Sendable (_ port: Int, _ stop: @Sendable () async -> Void) async throws -> Void
) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let responder = RouteResponder(
        table: RouteTable(routes), authenticator: OpenDoor(), drain: Drain(), metrics: HTTPMetrics(), logger: logger)
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    var listener = Listener(
        host: "127.0.0.1", port: 0, responder: responder, drainDelay: drainDelay, census: ConnectionCensus(bounds),
        logger: logger
    ) { _, port in
        found.yield(port)
    }
    listener.times = times
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [listener], logger: logger))
    let running = Task { try await group.run() }
    var iterator = ports.makeAsyncIterator()
    let port = try #require(await iterator.next())
    do {
        try await body(port) { await group.triggerGracefulShutdown() }
    } catch {
        await group.triggerGracefulShutdown()
        throw error
    }
    await group.triggerGracefulShutdown()
    try await running.value
}

/// A plain socket, so that a test decides about each byte.
struct RawClient: Sendable {
    private let handle: CInt

    init(port: Int) throws {
        handle = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(code == 0)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(handle, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }

    /// Reads what comes next, up to `count` bytes.
    func read(_ count: Int) async -> String {
        let handle = handle
        return await withCheckedContinuation { continuation in
            let isStarted = startThread {
                var buffer = [UInt8](repeating: 0, count: count)
                let received = recv(handle, &buffer, count, 0)
                continuation.resume(returning: String(decoding: buffer.prefix(max(0, received)), as: UTF8.self))
            }
            if !isStarted { continuation.resume(returning: "") }
        }
    }

    /// Reads to the end of the stream; nil when the connection is reset.
    func readAll() async -> String? {
        let handle = handle
        return await withCheckedContinuation { continuation in
            let isStarted = startThread {
                var all: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = recv(handle, &buffer, buffer.count, 0)
                    if count < 0 { return continuation.resume(returning: nil) }
                    if count == 0 { return continuation.resume(returning: String(decoding: all, as: UTF8.self)) }
                    all += buffer[..<count]
                }
            }
            if !isStarted { continuation.resume(returning: nil) }
        }
    }

    func close() { Glibc.close(handle) }

    /// Says that nothing more will be sent.
    func closeOutput() { shutdown(handle, CInt(SHUT_WR)) }

    /// Ends the connection by a reset.
    func reset() {
        var none = linger(l_onoff: 1, l_linger: 0)
        setsockopt(handle, SOL_SOCKET, SO_LINGER, &none, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    private func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
        let box = Unmanaged.passRetained(ThreadBody(body))
        var thread = pthread_t()
        return pthread_create(
            &thread, nil,
            { argument in
                argument.map { Unmanaged<ThreadBody>.fromOpaque($0).takeRetainedValue().body() }
                return nil
            }, box.toOpaque()) == 0
    }

    private final class ThreadBody: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
