import Foundation
import Postgres
import Tandem
import TandemTesting
import Testing

/// What the batcher does when the database does not do what it should.
@Suite struct BatcherFaultTests {
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
        _ = try await api.sql("select identity_rules_put('{}', 'another node')")
        let answer = try await api.ingest("/v1/track", ["userId": .string(user), "event": "E"])
        #expect(answer.json == ["success": true, "accepted": 1, "duplicates": 0])
    }
}
