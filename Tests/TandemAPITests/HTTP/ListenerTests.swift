import HTTPTypes
import Hummingbird
import Tandem
import Testing

@testable import TandemHTTP

@Suite struct ListenerTests {
    private let routes: [Route] = [
        Route(.get, "/hello/{name}", "Greets", feature: "Test", scope: .none) { call in
            Response(json: ["hello": .string(call.capture("name"))])
        },
        Route(.post, "/echo", "Echoes", feature: "Test", scope: .none, body: .json(limit: 1_000)) { call in
            Response(json: try call.json())
        },
        Route(.post, "/v1/track", "Takes an event", feature: "Test", scope: .write, body: .ingest) { call in
            Response(json: ["bytes": .number(call.body.count)])
        },
        Route(.get, "/slow", "Takes its time", feature: "Test", scope: .none) { _ in
            try await Task.sleep(for: .milliseconds(400))
            return Response(json: ["done": true])
        },
        Route(.get, "/broken", "Fails", feature: "Test", scope: .none) { _ in throw CancellationError() },
    ]

    private func ask(_ port: Int, _ text: String) async throws -> String {
        let client = try RawClient(port: port)
        defer { client.close() }
        client.send(text)
        return try #require(await client.readAll(), "the connection was reset")
    }

    private func get(_ path: String, _ headers: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\(headers)\r\n"
    }

    private func post(_ path: String, _ body: String, type: String = "application/json") -> String {
        "POST \(path) HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Type: \(type)\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func anAnswerCarriesItsIdAndTheSecurityHeaders() async throws {
        try await withServer(routes) { port, _ in
            let answer = try await ask(port, get("/hello/a%2Fb"))
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains("\r\nRequest-Id: req_"))
            #expect(answer.lowercased().contains("\r\nx-content-type-options: nosniff"))
            #expect(answer.hasSuffix(#"{"hello":"a/b"}"#))
        }
    }

    @Test(arguments: [
        ("GET /nothing HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", 404, "not_found"),
        ("DELETE /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", 405, "method_not_allowed"),
        ("GET /hello/x HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "missing_host"),
        ("GET /hello/%zz HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", 400, "invalid_path"),
        ("GET /hello/x?y=1 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", 400, "unknown_parameter"),
        ("GET /broken HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", 500, "internal_error"),
        ("NONSENSE\r\n\r\n", 400, "malformed_request"),
        (
            "POST /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}",
            415, "unsupported_media_type"
        ),
        (
            "POST /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Type: application/json\r\n"
                + "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
            415, "unsupported_encoding"
        ),
        (
            "POST /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Type: application/json\r\n"
                + "Content-Length: 2\r\n\r\n{,",
            400, "invalid_json"
        ),
    ])
    func everyErrorHasOneShape(_ request: String, _ status: Int, _ code: String) async throws {
        try await withServer(routes) { port, _ in
            let answer = try await ask(port, request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.lowercased().contains("content-type: application/problem+json"))
            let body = try #require(answer.split(separator: "\r\n\r\n", maxSplits: 1).last)
            let problem = try JSON(parsing: String(body))
            #expect(problem["code"]?.string == code)
            #expect(problem["message"]?.string?.isEmpty == false)
            #expect(problem["status"]?.int == status)
            #expect(problem["request_id"]?.string?.hasPrefix("req_") == true)
        }
    }

    @Test(arguments: ["GET /slow HTTP/1.1\r\nHost: t\r\n\r\n", "GET /hello/x HTTP/1.1\r\nHost: t\r\n\r\n"])
    func noHTTPBehindARequestIsRefusedInTheSameShape(_ request: String) async throws {
        try await withServer(routes) { port, _ in
            let answers = try await ask(port, request + "NONSENSE\r\n\r\n")
            #expect(answers.hasPrefix("HTTP/1.1 200 "))
            let refusal = try #require(answers.split(separator: "HTTP/1.1 400 ").dropFirst().last)
            #expect(refusal.contains("application/problem+json"))
            let body = try #require(refusal.split(separator: "\r\n\r\n", maxSplits: 1).last)
            #expect(try JSON(parsing: String(body))["code"]?.string == "malformed_request")
        }
    }

    @Test func aWrongMethodNamesTheRightOnes() async throws {
        try await withServer(routes) { port, _ in
            let answer = try await ask(port, "DELETE /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            #expect(answer.contains("\r\nAllow: OPTIONS, POST\r\n"))
        }
    }

    @Test func aBodyOverTheLimitIsRefusedWithoutAReset() async throws {
        try await withServer(routes) { port, _ in
            // The body is never sent whole; the answer has to arrive all the same.
            let head =
                "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 5000000\r\n\r\n"
            let answer = try await ask(port, head + String(repeating: "x", count: 100_000))
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(answer.contains("body_too_large"))
        }
    }

    @Test func browsersMaySendEventsAndReadNothingElse() async throws {
        try await withServer(routes) { port, _ in
            func preflight(_ path: String, _ method: String) async throws -> String {
                try await ask(
                    port,
                    "OPTIONS \(path) HTTP/1.1\r\nHost: t\r\nConnection: close\r\nOrigin: https://shop.example\r\n"
                        + "Access-Control-Request-Method: \(method)\r\n"
                        + "Access-Control-Request-Headers: authorization, x-retry-count\r\n\r\n"
                ).lowercased()
            }
            let ingest = try await preflight("/v1/track", "POST")
            #expect(ingest.contains("access-control-allow-origin: https://shop.example"))
            #expect(ingest.contains("access-control-allow-headers: authorization, x-retry-count"))
            #expect(ingest.contains("access-control-max-age: 900"))
            let data = try await preflight("/echo", "POST")
            #expect(!data.contains("access-control-allow-origin"))
            let answer = try await ask(
                port,
                post("/v1/track", "{}", type: "text/plain").replacing("Host: t", with: "Host: t\r\nOrigin: https://a"))
            #expect(answer.lowercased().contains("access-control-allow-origin: https://a"))
            #expect(answer.hasSuffix(#"{"bytes":2}"#))
        }
    }

    @Test func aHeadRequestHasNoBody() async throws {
        try await withServer(routes) { port, _ in
            let answer = try await ask(port, "HEAD /hello/x HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func aDrainingServerAnswersWhatIsInFlightAndClosesAfterwards() async throws {
        // Long enough for a busy machine.
        try await withServer(routes, drainDelay: .seconds(5)) { port, stop in
            let idle = try RawClient(port: port)
            defer { idle.close() }
            // Answered once, it is no longer one of those that wait to be accepted.
            idle.send("GET /hello/x HTTP/1.1\r\nHost: t\r\n\r\n")
            #expect(await idle.read(4096).hasPrefix("HTTP/1.1 200"))
            let slow = try RawClient(port: port)
            defer { slow.close() }
            slow.send("GET /slow HTTP/1.1\r\nHost: t\r\n\r\n")
            try await Task.sleep(for: .milliseconds(200))
            await stop()
            try await Task.sleep(for: .milliseconds(500))
            // A connection that asks while the server drains is answered, and told to close.
            idle.send("GET /hello/x HTTP/1.1\r\nHost: t\r\n\r\n")
            let late = try #require(await idle.readAll(), "the connection was reset")
            #expect(late.hasPrefix("HTTP/1.1 200"))
            #expect(late.lowercased().contains("connection: close"))
            let answer = try #require(await slow.readAll(), "the connection was reset")
            #expect(answer.hasSuffix(#"{"done":true}"#))
        }
    }

    @Test func expectingClientsAreToldToGoOn() async throws {
        try await withServer(routes) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send(
                "POST /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Type: application/json\r\n"
                    + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            try await Task.sleep(for: .milliseconds(50))
            client.send("{}")
            let answer = try #require(await client.readAll())
            #expect(answer.hasPrefix("HTTP/1.1 100"))
            #expect(answer.contains("HTTP/1.1 200"))
        }
    }
}
