import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Tandem
import Testing

@testable import TandemHTTP

/// All bodies together are bounded, whether or not a request says how long its own becomes.
@Suite struct BodyBudgetTests {
    private func request(_ parts: Int, of bytes: Int, length: Int? = nil) -> Request {
        var head = HTTPRequest(method: .post, scheme: "http", authority: "t", path: "/")
        if let length { head.headerFields[.contentLength] = String(length) }
        let stream = AsyncStream<ByteBuffer> { continuation in
            for _ in 0..<parts { continuation.yield(ByteBuffer(repeating: 0x20, count: bytes)) }
            continuation.finish()
        }
        return Request(head: head, body: RequestBody(asyncSequence: stream))
    }

    private func read(_ request: Request, _ budget: BodyBudget) async -> (Int, HTTPResponse.Status?) {
        let share = BodyBudget.Share(budget)
        do {
            return (try await request.inflatedBody(limit: 4 << 20, share).count, nil)
        } catch {
            return (budget.bytes, (error as? Problem)?.status)
        }
    }

    @Test(arguments: [nil, 2 << 20] as [Int?])
    func aBodyTakesFromTheBudgetWhatItHas(_ length: Int?) async throws {
        let budget = BodyBudget(limit: 3 << 20)
        let other = BodyBudget.Share(budget)
        try other.take(2 << 20)
        let (held, status) = await read(request(32, of: 64 << 10, length: length), budget)
        #expect(status == .serviceUnavailable)
        // Refused with the part that was too much, not after the last.
        #expect(held <= 4 << 20)
        if length == nil { #expect(held <= (3 << 20) + (64 << 10)) }
        #expect(budget.bytes == 2 << 20)
        withExtendedLifetime(other) {}
    }

    @Test func whatFitsIsReadWholeAndGivenBack() async throws {
        let budget = BodyBudget(limit: 3 << 20)
        let (count, status) = await read(request(10, of: 1_000), budget)
        #expect(count == 10_000)
        #expect(status == nil)
        #expect(budget.bytes == 0)
        // One body fits whatever its size, up to the limit of the endpoint.
        #expect(await read(request(64, of: 64 << 10), budget).0 == 4 << 20)
        #expect(await read(request(65, of: 64 << 10), budget).1 == .contentTooLarge)
    }
}
