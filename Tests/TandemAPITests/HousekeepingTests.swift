import Foundation
import Postgres
import Testing

@testable import Tandem

@Suite struct HousekeepingTests {
    @Test func aNewTenantHasPartitionsAndOldDedupeKeysGo() async throws {
        let api = try await APIHarness.shared.value
        func partitions() async throws -> Int {
            let rows = try await api.sql(
                "select count(*) from pg_inherits where inhparent = 'event_log'::regclass")
            return Int(rows[0][0] ?? "") ?? 0
        }
        // The month before, this one, two ahead, and the default.
        #expect(try await partitions() == 5)
        let names = try await api.sql(
            "select tableoid::regclass::text from event_log where ts > now() - interval '1 hour'")
        #expect(names.allSatisfy { $0[0]?.contains("event_log_y") == true })

        // The clock of a server that is a year ahead turns nothing; the database's does.
        let later = WallClock { Date().addingTimeInterval(366 * 86_400) }
        let context = TandemContext(
            pool: api.context.pool, access: api.context.access, clock: later,
            sealingKey: api.context.sealingKey, logger: api.context.logger)
        let before = try await api.sql("select generation, rotations from dedupe_state")
        await Housekeeping(context, quarantineDays: 30).look()
        #expect(try await api.sql("select generation, rotations from dedupe_state") == before)
        _ = try await api.sql("update dedupe_state set rotated_at = rotated_at - interval '8 days' returning 1")
        await Housekeeping(context, quarantineDays: 30).look()
        let after = try await api.sql("select generation, rotations from dedupe_state")
        #expect(before != after)
        await Housekeeping(context, quarantineDays: 30).look()
        #expect(try await api.sql("select generation, rotations from dedupe_state") == after)
    }
}
