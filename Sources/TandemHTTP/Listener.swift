import Glibc
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle
public import Tandem
import Synchronization

/// One HTTP listener as a service. On graceful shutdown it says `Connection: close` for `drainDelay`, then takes no more
/// connections, answers what is in flight, and closes each connection once it is idle.
public struct Listener: Service {
    public enum Failure: Error, Sendable, CustomStringConvertible {
        case addressInUse(host: String, port: Int)
        case cannotListen(host: String, port: Int, fault: TCPPort.Fault)

        public var description: String {
            switch self {
            case .addressInUse(let host, let port): "\(host):\(port) is in use by another process"
            case .cannotListen(let host, let port, let fault):
                "\(fault.words(host: host, port: port)): \(fault.advice)"
            }
        }
    }

    let host: String
    let port: Int
    let responder: RouteResponder
    let drainDelay: Duration
    let inFlightLimit: Duration
    let logger: Logger
    let census: ConnectionCensus
    let onListening: @Sendable (_ host: String, _ port: Int) async -> Void
    private let gate = AcceptGate()
    var times = ConnectionGuard.Times()

    /// - Parameters:
    ///   - port: 0 takes a free one, which `onListening` is told.
    ///   - edge: TLS and the proxies in front.
    ///   - inFlightLimit: how long open requests may take once the listening socket is closed.
    public init(
        host: String, port: Int, responder: RouteResponder, edge: Edge = Edge(), drainDelay: Duration = .seconds(5),
        inFlightLimit: Duration = .seconds(10), census: ConnectionCensus = ConnectionCensus(), logger: Logger,
        onListening: @escaping @Sendable (_ host: String, _ port: Int) async -> Void = { _, _ in }
    ) {
        self.host = host
        self.port = port
        var responder = responder
        responder.edge = edge
        self.responder = responder
        self.drainDelay = drainDelay
        self.inFlightLimit = inFlightLimit
        self.census = census
        self.logger = logger
        self.onListening = onListening
    }

    public func run() async throws {
        var configuration = ServiceGroupConfiguration(services: [application()], logger: quiet)
        configuration.maximumGracefulShutdownDuration = inFlightLimit
        let group = ServiceGroup(configuration: configuration)
        // Detached: the group inside is shut down by us, after the delay, and not by the group around us at once.
        let running = Task.detached { try await group.run() }
        let drain = responder.drain
        let delay = drainDelay
        let gate = gate
        do {
            try await withTaskCancellationOrGracefulShutdownHandler {
                try await running.value
            } onCancelOrGracefulShutdown: {
                drain.begin()
                Task.detached {
                    try? await Task.sleep(for: delay)
                    await gate.shut()
                    await group.triggerGracefulShutdown()
                }
            }
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw Failure.addressInUse(host: host, port: port)
        } catch let error as IOError {
            throw Failure.cannotListen(host: host, port: port, fault: TCPPort.Fault(error.errnoCode))
        }
    }

    /// The groups of the framework tell at info what concerns nobody.
    private var quiet: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    private func application() -> some ApplicationProtocol {
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: Limits.headers, maxHeaderListSize: Limits.headers, maxHeaderFieldCount: 100)
        let census = census
        let times = times
        let proxies = responder.edge.proxies
        let channel = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard(census: census, proxies: proxies, times: times)],
            idleTimeout: .seconds(Int64(Limits.idleSeconds)), httpDecoderConfiguration: decoder)
        var configuration = ApplicationConfiguration(
            address: .hostname(host, port: port), backlog: 1024,
            // Those beyond the bound are told so; beyond this nobody is heard.
            availableConnectionsDelegate: MaximumAvailableConnections(census.bounds.connections + 500))
        configuration.serverName = nil
        let host = host
        let gate = gate
        let responder = responder
        let onListening = onListening
        return Application(
            responder: responder,
            server: HTTPServerBuilder {
                LoopBound(child: HTTP1Channel(responder: $0, configuration: channel), responder: responder)
            },
            configuration: configuration,
            onServerRunning: { channel in
                gate.open(channel)
                await onListening(host, channel.localAddress?.port ?? 0)
            },
            logger: quiet)
    }
}
