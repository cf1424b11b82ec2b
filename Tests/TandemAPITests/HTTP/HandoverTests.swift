import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import TandemHTTP

/// Connections that the listening channel has accepted and drops when it closes.
@Suite struct HandoverTests {
    private func child() -> LoopBound<HTTP1Channel> {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let responder = RouteResponder(
            table: RouteTable([]), authenticator: OpenDoor(), drain: Drain(), metrics: HTTPMetrics(), logger: logger)
        return LoopBound(child: HTTP1Channel { _, _, _ in }, responder: responder)
    }

    @Test func theProcessSurvivesConnectionsThatNobodyTook() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let (child, group) = (child(), MultiThreadedEventLoopGroup.singleton)
        let listening = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0) { channel in
            child.setup(channel: channel, logger: logger)
        }
        let port = try #require(listening.channel.localAddress?.port)
        let clients = try await listening.executeThenClose { _ in
            let clients = try (0..<8).map { _ in try RawClient(port: port) }
            try await Task.sleep(for: .milliseconds(200))
            return clients
        }
        #expect(child.handover.count > 0)
        for client in clients { client.reset() }
        for _ in 0..<100 where child.handover.count > 0 { try await Task.sleep(for: .milliseconds(50)) }
        #expect(child.handover.count == 0)
    }
}
