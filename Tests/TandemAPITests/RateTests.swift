import Foundation
import HTTPTypes
import Postgres
import Tandem
import TandemHTTP
import Testing

/// Rates of tenants and sources, as a client meets them.
@Suite(.serialized) struct RateTests {
    private func setRate(
        _ api: APIHarness, _ tenant: Tenant, _ rate: Int, _ burst: Int, requests: Int? = nil, source: String? = nil
    ) async throws {
        let logger = api.context.logger
        _ = try await api.context.pool.withConnection { connection in
            let directory = TenantDirectory(connection, actor: "test", logger: logger)
            if let source {
                return try directory.setRate(
                    directory.source(tenant, source), perSecond: rate, burst: burst
                ).publicID
            }
            return try directory.setRate(tenant, perSecond: rate, burst: burst, requestsPerSecond: requests).publicID
        }
        api.context.access.forget()
    }

    private func track(_ count: Int) -> JSON {
        ["batch": .array((0..<count).map { _ in ["type": "track", "userId": "u", "event": "E"] })]
    }

    private func seconds(_ answer: APIHarness.Answer) -> Int? { answer.headers[.retryAfter].flatMap { Int($0) } }

    @Test func eventsOverTheRateAreAnswered429WithRetryAfter() async throws {
        let api = try await APIHarness()
        try await setRate(api, api.first.tenant, 1, 10)
        let taken = try await api.ingest("/v1/batch", track(10))
        #expect(taken.status == 200)
        #expect(taken.headers[try #require(HTTPField.Name("RateLimit-Policy"))] == #""ingest";q=10;w=10"#)
        #expect(taken.headers[try #require(HTTPField.Name("RateLimit"))] == #""ingest";r=0;t=10"#)
        let begin = ContinuousClock.now
        let refused = try await api.ingest("/v1/batch", track(5))
        #expect(ContinuousClock.now - begin < .milliseconds(50))
        #expect(refused.status == 429)
        #expect(refused["code"] == "rate_limited")
        #expect((1...8).contains(try #require(seconds(refused))))
        #expect(refused.headers[try #require(HTTPField.Name("RateLimit"))]?.hasPrefix(#""ingest";r="#) == true)
        // Its neighbour is not concerned, and the API of the same tenant neither.
        #expect(try await api.ingest("/v1/batch", track(100), key: api.second.write).status == 200)
        #expect(try await api.api(.get, "/v1/profiles").status == 200)
    }

    @Test func anEmptyBucketRefusesBeforeTheBodyIsRead() async throws {
        let api = try await APIHarness()
        try await setRate(api, api.first.tenant, 1, 1)
        #expect(try await api.ingest("/v1/track", ["userId": "u", "event": "E"]).status == 200)
        var headers: HTTPFields = [:]
        headers[.authorization] = "Basic " + Data("\(api.first.write):".utf8).base64EncodedString()
        headers[.contentType] = "application/json"
        let answer = try await api.send(.post, "/v1/track", headers: headers, body: Array("no JSON".utf8))
        #expect(answer.status == 429)
    }

    @Test func aBatchLargerThanTheBurstIsServedSomeTime() async throws {
        let api = try await APIHarness()
        try await setRate(api, api.first.tenant, 100, 5)
        #expect(try await api.ingest("/v1/batch", track(50)).status == 200)
        #expect(try await api.ingest("/v1/batch", track(50)).status == 429)
    }

    @Test func aSourceHasARateOfItsOwn() async throws {
        let api = try await APIHarness()
        try await setRate(api, api.first.tenant, 1, 2, source: "web")
        for _ in 0..<2 {
            let answer = try await api.ingest(
                "/v1/track", ["userId": "u", "event": "E"], key: api.first.browser)
            #expect(answer.status == 200)
            #expect(answer.headers[try #require(HTTPField.Name("RateLimit"))]?.contains(#""source";r="#) == true)
        }
        let refused = try await api.ingest("/v1/track", ["userId": "u", "event": "E"], key: api.first.browser)
        #expect(refused.status == 429)
        #expect(refused["message"]?.string?.contains("source") == true)
        #expect(try await api.ingest("/v1/track", ["userId": "u", "event": "E"]).status == 200)
    }

    @Test func requestsOfTheAPIHaveARate() async throws {
        let api = try await APIHarness()
        try await setRate(api, api.first.tenant, 0, 0, requests: 1)
        for _ in 0..<2 { #expect(try await api.api(.get, "/v1/profiles").status == 200) }
        let refused = try await api.api(.get, "/v1/profiles")
        #expect(refused.status == 429)
        #expect(seconds(refused) != nil)
        #expect(refused.headers[try #require(HTTPField.Name("RateLimit-Policy"))] == #""requests";q=2;w=2"#)
        #expect(try await api.ingest("/v1/track", ["userId": "u", "event": "E"]).status == 200)
    }
}
