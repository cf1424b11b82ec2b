import Dispatch
import Foundation
import HTTPTypes
import Postgres
import Tandem
import TandemTesting
import Testing

/// What the batcher does when the database does not do what it should.
@Suite(.serialized) struct BatcherFaultTests {
    private func batch(_ mark: String, _ count: Int) -> JSON {
        [
            "batch": .array(
                (0..<count).map { number in
                    [
                        "type": "track", "userId": .string("\(mark)-\(number % 5)"), "event": .string(mark),
                        "messageId": .string("\(mark)-\(number)"),
                    ]
                })
        ]
    }

    @Test func killedSessionsAreReplacedAndNothingIsLostOrDoubled() async throws {
        let api = try await APIHarness()
        let mark = UUID().uuidString
        let configuration = api.database.configuration
        let killer = Task.detached {
            for _ in 0..<6 where !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(500))
                if let connection = try? Connection.open(configuration) {
                    _ = try? connection.execute(
                        """
                        select pg_terminate_backend(pid) from pg_stat_activity
                        where datname = current_database() and pid <> pg_backend_pid() and query like '%ingest_batch%'
                        """)
                    connection.close()
                }
            }
        }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for lane in 0..<8 {
                group.addTask {
                    for round in 0..<25 {
                        let body = batch("\(mark)-\(lane)-\(round)", 20)
                        let answer = try await api.ingest("/v1/batch", body)
                        let total = (answer["accepted"]?.int ?? 0) + (answer["duplicates"]?.int ?? 0)
                        if answer.status != 200 || total != 20 { return false }
                    }
                    return true
                }
            }
            for try await isWhole in group { #expect(isWhole) }
        }
        killer.cancel()
        let like = "\(mark)%"
        let rows = try await api.sql(
            "select count(*), count(distinct message_id) from event_log where message_id like \(like)")
        #expect(rows == [["4000", "4000"]])
    }

    @Test func changedRulesAreReadAgainByTheOtherProcess() async throws {
        let api = try await APIHarness.shared.value
        let user = UUID().uuidString
        #expect(try await api.ingest("/v1/track", ["userId": .string(user), "event": "E"]).status == 200)
        // Behind the server's back, as another node does it.
        _ = try await api.sql("select identity_rules_put(null, '{}', 'another node')")
        let answer = try await api.ingest("/v1/track", ["userId": .string(user), "event": "E"])
        #expect(answer.json == ["success": true, "accepted": 1, "duplicates": 0])
    }

    /// Nothing is stored while a table is locked: what waits behind it two seconds long keeps the next request out, whose
    /// body is not even looked at; of what was taken exactly that is stored which is told so.
    @Test func aDatabaseThatStandsStillRefusesBeforeTheBodyIsRead() async throws {
        let api = try await APIHarness()
        let mark = UUID().uuidString
        let event: JSON = ["userId": "u", "event": .string(mark)]
        #expect(try await api.ingest("/v1/track", event).status == 200)
        let (locked, lock) = AsyncStream.makeStream(of: Void.self)
        let over = DispatchSemaphore(value: 0)
        let tenant = api.first.tenant
        // On a thread of its own: the pool of tasks has as few as the machine has cores.
        DedicatedThread.spawn(name: "blocker") {
            if let connection = try? api.database.connect() {
                try? connection.transaction(settings: tenant.database.settings()) { connection in
                    _ = try connection.execute("lock table event_log in access exclusive mode")
                    lock.yield()
                    _ = over.wait(timeout: .now() + 20)
                }
                connection.close()
            }
            lock.finish()
        }
        for await _ in locked { break }
        var headers: HTTPFields = [:]
        headers[.authorization] = "Basic " + Data("\(api.first.write):".utf8).base64EncodedString()
        headers[.contentType] = "application/json"
        // A request waits for at most two and a half seconds, so more follow: one of them is always old enough.
        var waiting: [Task<Int, any Error>] = []
        var probe = try await api.send(.post, "/v1/track", headers: headers, body: Array("no JSON".utf8))
        #expect(probe.status == 400)
        while probe.status == 400, waiting.count < 150 {
            waiting.append(Task { try await api.ingest("/v1/track", event).status })
            try await Task.sleep(for: .milliseconds(50))
            probe = try await api.send(.post, "/v1/track", headers: headers, body: Array("no JSON".utf8))
        }
        over.signal()
        #expect(probe.status == 503)
        #expect(probe["code"] == "overloaded")
        #expect(probe.headers[.retryAfter] != nil)
        #expect(try await api.ingest("/v1/track", event, key: api.second.write).status == 200)
        var taken = 1
        for each in waiting {
            let status = try await each.value
            #expect([200, 503].contains(status))
            if status == 200 { taken += 1 }
        }
        // An answer may fail to come in time for what is stored all the same, never the reverse.
        let stored = try await api.sql("select count(*) from event_log where name = \(mark)")
        #expect(try #require(stored[0][0].flatMap { Int($0) }) >= taken)
    }
}
