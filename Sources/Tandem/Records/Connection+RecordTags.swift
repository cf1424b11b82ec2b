import Foundation
public import Postgres

// Inside a transaction of the tenant: `connection.inTenant(tenant.database, readOnly: true) { … }`.

extension Connection {
    /// The tags that records of an object have, the most frequent first: `{"items": [{"name", "count"}]}`, at most 1,000.
    ///
    /// - Parameter beginning: only those that begin so, whatever their case.
    public func recordTags(_ description: ObjectDescription, beginning: String = "") throws(TandemError) -> JSON {
        let rows = try run(
            """
            select tag, count(*) from \(.table(of: description)) t cross join lateral unnest(t.tags) tag
            where starts_with(lower(tag), lower(\(bind: .text(beginning))))
            group by tag order by count(*) desc, tag limit 1000
            """ as SQLFragment)
        var items: [JSON] = []
        for row in rows {
            let (name, count) = try reading { () throws(PostgresError) in (try row.text(0), try row.int(1)) }
            items.append(["name": .string(name), "count": .number(count)])
        }
        return ["items": .array(items)]
    }
}
