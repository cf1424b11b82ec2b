import Foundation
import HTTPTypes
import Postgres
import Tandem
import TandemHTTP
import Testing

@Suite struct IngestTests {
    private func person() -> String { "u-\(UUID().uuidString.prefix(8))" }

    @Test func anAcceptedEventIsInTheDatabaseWhenTheAnswerCame() async throws {
        let api = try await APIHarness.shared.value
        let id = UUID().uuidString
        let answer = try await api.ingest(
            "/v1/track",
            ["userId": .string(person()), "event": "Paid", "messageId": .string(id), "properties": ["n": 1]])
        #expect(answer.status == 200)
        #expect(answer.json == ["success": true, "accepted": 1, "duplicates": 0])
        let rows = try await api.sql("select name, payload->'properties'->>'n' from event_log where message_id = \(id)")
        #expect(rows == [["Paid", "1"]])
    }

    @Test func aMessageSentTwiceIsStoredOnce() async throws {
        let api = try await APIHarness.shared.value
        let message: JSON = [
            "userId": .string(person()), "event": "Paid", "messageId": .string(UUID().uuidString),
        ]
        #expect(try await api.ingest("/v1/t", message)["accepted"] == 1)
        let second = try await api.ingest("/v1/t", message)
        #expect(second.json == ["success": true, "accepted": 0, "duplicates": 1])
        let id = try #require(message["messageId"]?.string)
        #expect(try await api.sql("select count(*) from event_log where message_id = \(id)") == [["1"]])
    }

    @Test func aBatchAnswersForEachOfItsMessages() async throws {
        let api = try await APIHarness.shared.value
        let same = UUID().uuidString
        let who = JSON.string(person())
        let answer = try await api.ingest(
            "/v1/batch",
            [
                "batch": [
                    ["type": "track", "userId": who, "event": "A", "messageId": .string(same)],
                    ["type": "track", "userId": who],
                    ["type": "track", "userId": who, "event": "A", "messageId": .string(same)],
                    ["type": "identify", "userId": who, "traits": ["plan": "pro"]],
                    ["type": "page"],
                ]
            ])
        #expect(answer.status == 200)
        #expect(answer["received"] == 5)
        #expect(answer["accepted"] == 2)
        #expect(answer["duplicates"] == 1)
        #expect(answer["quarantined"] == 0)
        #expect(answer["rejected"]?.array?.map { $0["index"] } == [1, 4])
        #expect(answer["rejected"]?.array?.map { $0["code"] } == ["event_not_defined", "no_user_anon_id"])
    }

    @Test func whatIsRefusedIsKeptWithItsReasonAndItsBytes() async throws {
        let api = try await APIHarness.shared.value
        let id = UUID().uuidString
        let answer = try await api.ingest("/v1/track", ["userId": "u", "messageId": .string(id)])
        #expect(answer.status == 400)
        #expect(answer["code"] == "event_not_defined")
        let rows = try await api.sql(
            "select state, code, path, convert_from(original, 'UTF8') from quarantine where message_id = \(id)")
        #expect(rows.map { $0.prefix(3) } == [["rejected", "event_not_defined", "/v1/track"]])
        #expect(rows.first?[3]?.contains(id) == true)
    }

    @Test(arguments: [
        (#"{"batch":[]}"#, "/v1/batch", 400, "empty_batch"), (#"{"batch":"#, "/v1/batch", 400, "invalid_json"),
        ("[]", "/v1/track", 400, "invalid_json"), ("", "/v1/track", 400, "invalid_json"),
    ])
    func aBodyWithoutMessagesIsRefused(_ body: String, _ path: String, _ status: Int, _ code: String) async throws {
        let api = try await APIHarness.shared.value
        let answer = try await api.send(
            .post, path,
            headers: [.authorization: "Basic " + Data("\(api.first.write):".utf8).base64EncodedString()],
            body: Array(body.utf8))
        #expect(answer.status == status)
        #expect(answer["code"]?.string == code)
    }

    @Test func theKeyMayStandInFourPlaces() async throws {
        let api = try await APIHarness.shared.value
        let key = api.first.write
        func body(_ extra: JSONObject = [:]) -> [UInt8] {
            var object: JSONObject = ["userId": "u", "event": "E"]
            for (name, value) in extra { object[name] = value }
            return JSON.object(object).encoded()
        }
        func status(_ headers: HTTPFields, _ body: [UInt8], _ path: String = "/v1/track") async throws -> Int {
            try await api.send(.post, path, headers: headers, body: body).status
        }
        let basic = Data("\(key):".utf8).base64EncodedString()
        let bare = Data(key.utf8).base64EncodedString()
        #expect(try await status([.authorization: "Basic \(basic)"], body()) == 200)
        #expect(try await status([.authorization: "Basic \(bare)"], body()) == 200)
        #expect(try await status([.authorization: "Bearer \(key)"], body()) == 200)
        #expect(try await status([:], body(["writeKey": .string(key)])) == 200)
        #expect(try await status([.authorization: "Bearer oauth-token"], body(["writeKey": .string(key)])) == 200)
        #expect(try await status([:], body(), "/v1/track?writeKey=\(key)") == 200)
        #expect(try await status([.authorization: "Bearer \(api.first.secret)"], body()) == 200)
        #expect(try await status([:], body()) == 401)
        #expect(try await status([.authorization: "Basic \(basic)x"], body()) == 401)
    }

    @Test func keysThatDifferAreRefused() async throws {
        let api = try await APIHarness.shared.value
        let answer = try await api.ingest(
            "/v1/track", ["userId": "u", "event": "E", "writeKey": .string(api.second.write)])
        #expect(answer.status == 400)
        #expect(answer["code"] == "key_mismatch")
    }

    @Test func aWriteKeyReadsNothing() async throws {
        let api = try await APIHarness.shared.value
        let answer = try await api.api(.get, "/v1/quarantine", key: api.first.write)
        #expect(answer.status == 403)
        #expect(answer["code"] == "insufficient_scope")
    }

    @Test func manyRequestsAtOnceAreStoredOnceEach() async throws {
        let api = try await APIHarness.shared.value
        let mark = UUID().uuidString
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<300 {
                group.addTask {
                    try await api.ingest(
                        "/v1/track",
                        [
                            "userId": .string("many-\(number % 20)"), "event": .string(mark),
                            "messageId": .string("\(mark)-\(number)"),
                        ]
                    ).status
                }
            }
            for try await status in group { #expect(status == 200) }
        }
        let rows = try await api.sql(
            "select count(*), count(distinct message_id), count(distinct node) from event_log where name = \(mark)")
        #expect(rows == [["300", "300", "20"]])
    }

    @Test func aSuspendedTenantsEventsAreHeld() async throws {
        let api = try await APIHarness.shared.value
        let tenant = api.third.tenant
        let logger = api.context.logger
        _ = try await api.context.pool.withConnection { connection in
            try TenantDirectory(connection, actor: "test", logger: logger).setSuspended(true, tenant)
        }
        api.context.access.forget()
        let id = UUID().uuidString
        let answer = try await api.ingest(
            "/v1/track", ["userId": "u", "event": "E", "messageId": .string(id)], key: api.third.write)
        #expect(answer.status == 200)
        #expect(answer["quarantined"] == 1)
        let rows = try await api.sql("select state, code from quarantine where message_id = \(id)", in: tenant)
        #expect(rows == [["held", "tenant_suspended"]])
        _ = try await api.context.pool.withConnection { connection in
            try TenantDirectory(connection, actor: "test", logger: logger).setSuspended(false, tenant)
        }
        api.context.access.forget()
    }
}
