import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Tandem
import Testing

@testable import TandemHTTP

/// Clients that are slow, old, many or gone, on plain sockets.
@Suite(.serialized) struct SlowClientTests {
    private let routes: [Route] = [
        Route(.get, "/hello", "Greets", feature: "Test", scope: .none) { _ in Response(json: ["hello": true]) },
        Route(.post, "/echo", "Echoes", feature: "Test", scope: .none, body: .json(limit: 1_000)) { call in
            Response(json: try call.json())
        },
        Route(.get, "/large", "Answers 24 MB", feature: "Test", scope: .none) { _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    let piece = ByteBuffer(repeating: 0x61, count: 1 << 20)
                    for _ in 0..<24 { try await writer.write(piece) }
                    try await writer.finish(nil)
                })
        },
    ]

    private var times: ConnectionGuard.Times {
        var times = ConnectionGuard.Times()
        times.head = .milliseconds(300)
        times.request = .milliseconds(600)
        times.write = .milliseconds(300)
        times.lingering = .milliseconds(300)
        times.quiet = .milliseconds(200)
        return times
    }

    private func timed(_ client: RawClient) async -> (answer: String?, seconds: Double) {
        let begin = ContinuousClock.now
        let answer = await client.readAll()
        return (
            answer,
            Double((ContinuousClock.now - begin).components.attoseconds) * 1e-18
                + Double((ContinuousClock.now - begin).components.seconds)
        )
    }

    @Test func aHeadThatDoesNotEndIsAnswered408() async throws {
        try await withServer(routes, times: times) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send("GET /hello HTTP/1.1\r\nHost: t\r\nX-Slow: ")
            let (answer, seconds) = await timed(client)
            #expect(answer?.hasPrefix("HTTP/1.1 408 ") == true)
            #expect(answer?.contains("request_timeout") == true)
            #expect((0.2..<30).contains(seconds))
        }
    }

    @Test func bytesNowAndThenDoNotMoveTheDeadline() async throws {
        try await withServer(routes, times: times) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send("GET /hello HTTP/1.1\r\nHost: t\r\n")
            let trickle = Task {
                for _ in 0..<20 {
                    try await Task.sleep(for: .milliseconds(100))
                    client.send("X-Slow: a\r\n")
                }
            }
            let (answer, seconds) = await timed(client)
            trickle.cancel()
            #expect(answer == nil || answer?.hasPrefix("HTTP/1.1 408 ") == true)
            #expect(seconds < 4)
        }
    }

    @Test func aConnectionWithoutARequestIsClosed() async throws {
        try await withServer(routes, times: times) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            let (answer, seconds) = await timed(client)
            #expect(answer == "")
            #expect((0.2..<30).contains(seconds))
        }
    }

    @Test func aBodyThatDoesNotEndIsAnswered408() async throws {
        try await withServer(routes, times: times) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send(
                "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
            let (answer, seconds) = await timed(client)
            #expect(answer?.hasPrefix("HTTP/1.1 408 ") == true)
            #expect((0.4..<30).contains(seconds))
        }
    }

    @Test func aClientThatDoesNotReadIsCut() async throws {
        try await withServer(routes, times: times) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send("GET /large HTTP/1.1\r\nHost: t\r\n\r\n")
            try await Task.sleep(for: .milliseconds(1_500))
            let answer = await client.readAll()
            #expect((answer?.utf8.count ?? 0) < 24 << 20, "what the kernels held, and no more")
        }
    }

    @Test func aClientThatReadsGetsAllOfALargeAnswer() async throws {
        try await withServer(routes, times: times) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send("GET /large HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            let answer = try #require(await client.readAll())
            #expect(answer.utf8.count > 24 << 20)
        }
    }

    @Test(arguments: [false, true]) func anOldClientIsAnsweredInItsVersion(_ keepsAlive: Bool) async throws {
        try await withServer(routes) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            let head = "GET /hello HTTP/1.0\r\nHost: t\r\n"
            if keepsAlive {
                client.send(head + "Connection: keep-alive\r\n\r\n")
                try await Task.sleep(for: .milliseconds(200))
            }
            client.send(head + "\r\n")
            let (answer, seconds) = await timed(client)
            #expect(answer?.hasPrefix("HTTP/1.0 200 ") == true)
            #expect(answer?.components(separatedBy: "HTTP/1.0 200 ").count == (keepsAlive ? 3 : 2))
            #expect(answer?.lowercased().contains("connection: keep-alive") == keepsAlive)
            #expect(seconds < 4, "the connection is closed at once")
        }
    }

    @Test func aStreamToAnOldClientHasNoChunks() async throws {
        try await withServer(routes) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send("GET /large HTTP/1.0\r\nHost: t\r\n\r\n")
            let answer = try #require(await client.readAll())
            #expect(!answer.lowercased().contains("transfer-encoding"))
            #expect(answer.utf8.suffix(24 << 20).allSatisfy { $0 == UInt8(ascii: "a") })
            #expect(answer.utf8.count < (24 << 20) + 1_024)
        }
    }

    @Test(arguments: ["close", "Close", "keep-alive, close"])
    func aClientThatSaysCloseGetsIt(_ value: String) async throws {
        try await withServer(routes) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send("GET /hello HTTP/1.1\r\nHost: t\r\nConnection: \(value)\r\n\r\n")
            let (answer, seconds) = await timed(client)
            #expect(answer?.hasPrefix("HTTP/1.1 200 ") == true)
            #expect(seconds < 4)
        }
    }

    @Test func connectionsBeyondTheBoundsAreToldSo() async throws {
        var bounds = ConnectionCensus.Bounds()
        bounds.perAddress = 2
        try await withServer(routes, bounds: bounds) { port, _ in
            let first = try RawClient(port: port)
            let second = try RawClient(port: port)
            defer { second.close() }
            try await Task.sleep(for: .milliseconds(100))
            let third = try RawClient(port: port)
            defer { third.close() }
            third.send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n")
            let refused = try #require(await third.readAll(), "the connection was reset")
            #expect(refused.hasPrefix("HTTP/1.1 503 "))
            #expect(refused.contains("too_many_connections"))
            #expect(refused.lowercased().contains("\r\nretry-after: "))
            first.close()
            try await Task.sleep(for: .milliseconds(100))
            let fourth = try RawClient(port: port)
            defer { fourth.close() }
            fourth.send("GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            #expect(await fourth.readAll()?.hasPrefix("HTTP/1.1 200 ") == true)
        }
    }

    /// Connections that ask all the time while the server stops: each request is answered, the last answer says close, and
    /// then the stream ends.
    @Test func nobodyIsResetByADrain() async throws {
        try await withServer(routes, drainDelay: .milliseconds(300), times: times) { port, stop in
            let idle = try RawClient(port: port)
            defer { idle.close() }
            idle.send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n")
            let clients = Task.detached {
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<8 { group.addTask { try await self.asksUntilToldToClose(port) } }
                    return try await group.reduce(into: [Bool]()) { $0.append($1) }
                }
            }
            try await Task.sleep(for: .milliseconds(200))
            await stop()
            #expect(try await clients.value == Array(repeating: true, count: 8))
            let answer = try #require(await idle.readAll(), "the idle connection was reset")
            #expect(answer.hasSuffix(#"{"hello":true}"#))
        }
    }

    private func asksUntilToldToClose(_ port: Int) async throws -> Bool {
        let client = try RawClient(port: port)
        defer { client.close() }
        for _ in 0..<2_000 {
            client.send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n")
            let answer = await client.read(4_096)
            guard answer.hasPrefix("HTTP/1.1 200 ") else { return false }
            if answer.lowercased().contains("connection: close") { return await client.readAll() == "" }
            try await Task.sleep(for: .milliseconds(1))
        }
        return false
    }
}
