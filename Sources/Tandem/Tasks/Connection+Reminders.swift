public import Foundation
public import Postgres

// Inside a transaction of the tenant: `connection.inTenant(tenant.database) { … }`.

extension Connection {
    /// What was reminded of and is neither done nor seen, the longest waiting first, as `{"id", "subject", "due_at", "state", "since", …}`.
    ///
    /// - Parameters:
    ///   - owner: whose; nil: everyone's.
    ///   - zone: of the tenant, for owners without one.
    ///   - now: microseconds since 1970.
    public func rungReminders(
        of owner: RecordID? = nil, zone: String, now: Int64, limit: Int = 50
    ) throws(TandemError) -> [JSON] {
        try run(.call("rung_reminders", owner.bind, .text(zone), .timestamptz(now), .int4(Int32(limit))))
            .map { (row) throws(TandemError) in
                guard var item = try row.json(0)?.object else { return .null }
                if let id = item["id"]?.string.flatMap({ UUID(uuidString: $0) }) {
                    item["id"] = .string(PublicID(.activity, id).description)
                }
                item["about"] = nil
                return .object(item)
            }
    }

    /// What was reminded of was seen; answers how many reminders of the activity those were.
    ///
    /// - Throws: `notFound`.
    public func seeReminders(of activity: RecordID, by actor: String, now: Int64) throws(TandemError) -> Int {
        let rows = try run(.call("see_reminders", .uuid(activity), .timestamptz(now), .text(actor)))
        guard let row = rows.first else { return 0 }
        return try reading { () throws(PostgresError) in try row.int(0) }
    }
}
