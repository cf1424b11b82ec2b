import Foundation
import HTTPTypes
import NIOCore
import Synchronization
import Tandem
import Testing

@testable import TandemHTTP

/// That short requests with a remembered key do go without a task: their answers alone would not show it.
@Suite struct PromptIngestTests {
    private func head(_ key: String) -> HTTPRequest {
        var head = HTTPRequest(method: .post, scheme: "http", authority: "t", path: "/v1/track")
        head.headerFields[.authorization] = "Basic \(Data("\(key):".utf8).base64EncodedString())"
        return head
    }

    @Test func aRememberedKeyIsTakenPromptlyAndAnUnknownOneIsNot() async throws {
        let api = try await APIHarness.shared.value
        let connection = ConnectionContext(logger: api.context.logger, clientAddress: "127.0.0.1")
        let body = ByteBuffer(string: #"{"userId":"prompt","event":"E"}"#)
        let status = Mutex<Int?>(nil)
        // What is remembered lasts for seconds, and other tests change rules.
        var isTaken = false
        for _ in 0..<20 where !isTaken {
            #expect(try await api.ingest("/v1/track", ["userId": "prompt", "event": "E"]).status == 200)
            isTaken = api.responder.takePromptly(head(api.first.write), body, of: connection, CredentialMemory()) {
                make in
                let code = make().status.code
                status.withLock { $0 = code }
            }
        }
        #expect(isTaken)
        for _ in 0..<200 where status.withLock({ $0 }) == nil { try await Task.sleep(for: .milliseconds(50)) }
        #expect(status.withLock { $0 } == 200)
        let unknown = KeyText.random(.write).text
        #expect(!api.responder.takePromptly(head(unknown), body, of: connection, CredentialMemory()) { _ in })
    }
}
