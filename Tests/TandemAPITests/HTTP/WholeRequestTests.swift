import FoundationEssentials
import Hummingbird
import NIOCore
import Synchronization
import Tandem
import Testing

@testable import TandemHTTP

/// Requests that arrive in one piece are answered in the pipeline, the others by the framework: one connection must not show
/// which.
@Suite struct WholeRequestTests {
    private final class Ends: Sendable {
        let cancelled = Atomic(0)
    }

    private func routes(_ ends: Ends = Ends()) -> [Route] {
        [
            Route(.get, "/hello/{name}", "Greets", feature: "Test", scope: .none) { call in
                Response(json: ["hello": .string(call.capture("name"))])
            },
            Route(.get, "/slow", "Takes its time", feature: "Test", scope: .none) { _ in
                try await Task.sleep(for: .milliseconds(200))
                return Response(json: ["slow": true])
            },
            Route(.post, "/v1/track", "Takes an event", feature: "Test", scope: .write, body: .ingest) { call in
                Response(json: ["bytes": .number(call.body.count)])
            },
            Route(.get, "/parts", "Streams", feature: "Test", scope: .none) { _ in
                Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        for part in ["one ", "two ", "three"] {
                            try await writer.write(ByteBuffer(string: part))
                            try await Task.sleep(for: .milliseconds(20))
                        }
                        try await writer.finish(nil)
                    })
            },
            Route(.get, "/endless", "Never ends", feature: "Test", scope: .none) { _ in
                do {
                    try await Task.sleep(for: .seconds(30))
                } catch {
                    ends.cancelled.add(1, ordering: .relaxed)
                    throw error
                }
                return Response(json: [:])
            },
        ]
    }

    private func get(_ path: String, last: Bool = false) -> String {
        "GET \(path) HTTP/1.1\r\nHost: t\r\n\(last ? "Connection: close\r\n" : "")\r\n"
    }

    private func head(_ count: Int, last: Bool = false) -> String {
        "POST /v1/track HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: \(count)\r\n"
            + "\(last ? "Connection: close\r\n" : "")\r\n"
    }

    /// The bodies of the answers in the order in which they came.
    private func bodies(_ answers: String) -> [String] {
        answers.components(separatedBy: "HTTP/1.1 200 OK").dropFirst().compactMap { answer in
            answer.components(separatedBy: "\r\n\r\n").dropFirst().first
        }
    }

    @Test func pipelinedRequestsAreAnsweredInTheirOrder() async throws {
        try await withServer(routes()) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send(get("/slow") + get("/hello/a") + head(2) + "{}" + get("/hello/b", last: true))
            let answers = try #require(await client.readAll())
            #expect(bodies(answers) == [#"{"slow":true}"#, #"{"hello":"a"}"#, #"{"bytes":2}"#, #"{"hello":"b"}"#])
            #expect(answers.components(separatedBy: "\r\nDate: ").count == 5)
        }
    }

    @Test func aRequestInPiecesStandsInOrderWithWholeOnes() async throws {
        try await withServer(routes()) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            let long = String(repeating: "x", count: 300_000)
            client.send(get("/slow") + head(long.utf8.count) + long.prefix(10))
            try await Task.sleep(for: .milliseconds(300))
            client.send(String(long.dropFirst(10)) + get("/hello/a"))
            try await Task.sleep(for: .milliseconds(100))
            client.send("GET /hello/b HTTP/1.1\r\nHo")
            try await Task.sleep(for: .milliseconds(50))
            client.send("st: t\r\nConnection: close\r\n\r\n")
            let answers = try #require(await client.readAll())
            #expect(bodies(answers) == [#"{"slow":true}"#, #"{"bytes":300000}"#, #"{"hello":"a"}"#, #"{"hello":"b"}"#])
        }
    }

    @Test func aClientThatHasSaidAllIsStillAnswered() async throws {
        try await withServer(routes()) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send(get("/slow") + get("/hello/a"))
            client.closeOutput()
            let answers = try #require(await client.readAll())
            #expect(bodies(answers) == [#"{"slow":true}"#, #"{"hello":"a"}"#])
        }
    }

    @Test func whatIsNoHTTPIsAnsweredAfterTheRequestBeforeIt() async throws {
        try await withServer(routes()) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send(get("/slow") + "NONSENSE\r\n\r\n")
            let answers = try #require(await client.readAll())
            #expect(answers.contains(#"{"slow":true}HTTP/1.1 400 Bad Request"#))
            #expect(answers.contains("malformed_request"))
        }
    }

    @Test func aStreamedAnswerArrivesWholeAndTheConnectionGoesOn() async throws {
        try await withServer(routes()) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send(get("/parts") + get("/hello/a", last: true))
            let answers = try #require(await client.readAll())
            #expect(answers.contains("4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\nHTTP/1.1 200 OK"))
            #expect(bodies(answers).last == #"{"hello":"a"}"#)
        }
    }

    @Test func whoLeavesIsNotWorkedFor() async throws {
        let ends = Ends()
        try await withServer(routes(ends)) { port, _ in
            let client = try RawClient(port: port)
            client.send(get("/endless"))
            try await Task.sleep(for: .milliseconds(100))
            client.reset()
            for _ in 0..<50 where ends.cancelled.load(ordering: .relaxed) == 0 {
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(ends.cancelled.load(ordering: .relaxed) == 1)
        }
    }

    @Test func aFloodOfPipelinedRequestsIsAnsweredToTheLast() async throws {
        try await withServer(routes()) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            let text = String(repeating: get("/hello/a"), count: 2_000) + get("/hello/z", last: true)
            async let answers = client.readAll()
            client.send(text)
            let found = bodies(try #require(await answers))
            #expect(found.count == 2_001)
            #expect(found.last == #"{"hello":"z"}"#)
        }
    }
    /// Each of these answers is there at once; thousands of them one inside the other would end the process.
    @Test func heldRequestsAreAnsweredOneAfterTheOther() async throws {
        try await withServer(routes()) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            let text = get("/slow") + String(repeating: get("/nothing"), count: 5_000) + get("/hello/z", last: true)
            async let answers = client.readAll()
            client.send(text)
            let all = try #require(await answers)
            #expect(all.components(separatedBy: "HTTP/1.1 404").count == 5_001)
            #expect(all.hasSuffix(#"{"hello":"z"}"#))
        }
    }
}
