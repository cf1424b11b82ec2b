import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization
import Tandem
import Testing

@testable import TandemHTTP

/// Short requests that a route takes without a task: to a client there is no difference.
@Suite struct PromptTests {
    /// Answers from another thread, some time later; leaves bodies that begin with `no` to the handler.
    private func routes() -> [Route] {
        let prompt: Prompt = { request, _, reply in
            let text = String(decoding: request.body, as: UTF8.self)
            if text.hasPrefix("no") { return false }
            Task.detached {
                try await Task.sleep(for: .milliseconds(text == "slow" ? 150 : 1))
                reply {
                    if text == "bad" { throw Problem.badRequest("bad_word", "That is no word.") }
                    if text == "broken" { throw CancellationError() }
                    return ShortAnswer(
                        json: (["prompt": .string(text), "as": .string(request.authorization)] as JSON).encoded())
                }
            }
            return true
        }
        return [
            Route(
                .post, "/v1/track", "Takes an event", feature: "Test", scope: .write, body: .ingest, prompt: prompt
            ) { call in
                Response(json: ["usual": .string(String(decoding: call.body, as: UTF8.self))])
            },
            Route(.get, "/hello", "Greets", feature: "Test", scope: .none) { _ in Response(json: ["hello": true]) },
        ]
    }

    private func post(_ body: String, path: String = "/v1/track", headers: [String] = [], last: Bool = false) -> String
    {
        let all = ["Host: t", "Authorization: Basic a", "Content-Length: \(body.utf8.count)"] + headers
        return "POST \(path) HTTP/1.1\r\n" + all.joined(separator: "\r\n")
            + "\(last ? "\r\nConnection: close" : "")\r\n\r\n\(body)"
    }

    private func answers(_ text: String) async throws -> [String] {
        let result = Mutex("")
        try await withServer(routes()) { port, _ in
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send(text)
            let all = try #require(await client.readAll())
            result.withLock { $0 = all }
        }
        return result.withLock { $0 }.components(separatedBy: "HTTP/1.1 ").dropFirst().map { String($0) }
    }

    private func body(_ answer: String) -> String {
        answer.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "|")
    }

    @Test func pipelinedRequestsAreAnsweredInTheirOrderWhoeverAnswersThem() async throws {
        let get = "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n"
        let found = try await answers(post("slow") + get + post("no") + post("b") + post("c", last: true))
        #expect(
            found.map(body) == [
                #"{"prompt":"slow","as":"Basic a"}"#, #"{"hello":true}"#, #"{"usual":"no"}"#,
                #"{"prompt":"b","as":"Basic a"}"#, #"{"prompt":"c","as":"Basic a"}"#,
            ])
    }

    @Test func bothWaysSendTheSameHeaders() async throws {
        let found = try await answers(post("yes") + post("no", last: true))
        let names = found.map { answer in
            Set(
                answer.components(separatedBy: "\r\n\r\n")[0].components(separatedBy: "\r\n").dropFirst().compactMap {
                    $0.components(separatedBy: ":").first.map { String($0).lowercased() }
                })
        }
        #expect(names.count == 2)
        #expect(names[0].subtracting(["connection"]) == names[1].subtracting(["connection"]))
        #expect(names[0].contains("request-id") && names[0].contains("date") && names[0].contains("content-length"))
    }

    @Test func whatIsThrownLeavesAsAProblem() async throws {
        let found = try await answers(post("bad") + post("broken") + post("after", last: true))
        #expect(found.count == 3)
        #expect(found[0].hasPrefix("400 Bad Request"))
        #expect(found[0].contains("application/problem+json") && found[0].contains(#""code":"bad_word""#))
        #expect(found[0].contains(#""instance":"/v1/track""#))
        #expect(found[1].hasPrefix("500 ") && found[1].contains(#""code":"internal_error""#))
        #expect(body(found[2]).contains("after"))
    }

    @Test(arguments: [
        ["Origin: https://a.example"], ["Idempotency-Key: k"], ["Content-Encoding: identity"],
        ["Authorization: Basic b"], ["Content-Type: text/plain"],
    ])
    func aHeaderThatAsksForMoreIsForTheHandler(header: [String]) async throws {
        let found = try await answers(post("yes", headers: header, last: true))
        #expect(found.map(body) == [#"{"usual":"yes"}"#])
    }

    @Test func aQueryIsForTheHandler() async throws {
        let found = try await answers(post("yes", path: "/v1/track?a=b", last: true))
        #expect(found.map(body) == [#"{"usual":"yes"}"#])
    }

    @Test func anAnswerToWhoHasLeftGoesNowhere() async throws {
        try await withServer(routes()) { port, _ in
            for _ in 0..<20 {
                let client = try RawClient(port: port)
                client.send(post("slow") + post("slow"))
                try await Task.sleep(for: .milliseconds(20))
                client.reset()
            }
            try await Task.sleep(for: .milliseconds(300))
            let client = try RawClient(port: port)
            defer { client.close() }
            client.send(post("still there", last: true))
            #expect(try #require(await client.readAll()).contains("still there"))
        }
    }

    @Test func aServerThatDrainsClosesTheConnection() throws {
        let waiting = Mutex<Reply?>(nil)
        let route = Route(
            .post, "/v1/track", "Takes an event", feature: "Test", scope: .write, body: .ingest,
            prompt: { _, _, reply in
                waiting.withLock { $0 = reply }
                return true
            }
        ) { _ in Response(status: .ok) }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let drain = Drain()
        let responder = RouteResponder(
            table: RouteTable([route]), authenticator: OpenDoor(), drain: drain, metrics: HTTPMetrics(), logger: logger)
        var head = HTTPRequest(method: .post, scheme: "http", authority: "t", path: "/v1/track")
        head.headerFields[.authorization] = "Basic a"
        let connection = ConnectionContext(logger: logger, clientAddress: nil)
        let answers = Mutex<[ShortAnswer]>([])
        func take() -> Bool {
            responder.takePromptly(head, ByteBuffer(string: "{}"), of: connection, CredentialMemory()) { make in
                answers.withLock { $0.append(make()) }
            }
        }
        #expect(take())
        drain.begin()
        let reply = try #require(waiting.withLock { $0 })
        reply { ShortAnswer(json: Array("{}".utf8)) }
        #expect(answers.withLock { $0.map { $0.headers[.connection] } } == ["close"])
        // What comes now is for the handler.
        #expect(!take())
    }
}
