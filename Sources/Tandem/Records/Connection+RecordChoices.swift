public import Foundation
public import Postgres

/// A record that a link may lead to.
public struct RecordChoice: Sendable, Hashable {
    public let id: RecordID
    public let title: String

    public init(id: RecordID, title: String) {
        self.id = id
        self.title = title
    }
}

// Inside a transaction of the tenant: `connection.inTenant(tenant.database, readOnly: true) { … }`.

extension Connection {
    /// The first records by title that a link may lead to.
    public func recordChoices(_ target: LinkTarget, limit: Int) throws(TandemError) -> [RecordChoice] {
        if !target.showsTitle { return [] }
        return try recordChoices(target, where: "t.\(.title(of: target)) is not null", limit: limit)
    }

    /// Those whose title is so, in any letter case.
    public func recordChoices(
        _ target: LinkTarget, titled title: String, limit: Int
    ) throws(TandemError) -> [RecordChoice] {
        if !target.showsTitle { return [] }
        return try recordChoices(
            target, where: "lower(t.\(.title(of: target))) = lower(\(bind: .text(title)))", limit: limit)
    }

    /// Those of the ids that there are.
    public func recordChoices(_ target: LinkTarget, ids: [RecordID]) throws(TandemError) -> [RecordChoice] {
        try recordChoices(
            target, where: "t.\(.column(of: target)) = any (\(bind: .uuidArray(ids)))", limit: ids.count)
    }

    private func recordChoices(
        _ target: LinkTarget, where condition: SQLFragment, limit: Int
    ) throws(TandemError) -> [RecordChoice] {
        let rows = try run(
            """
            select t.\(.column(of: target)), coalesce(t.\(.title(of: target)), '') from \(rows: target) t
            where \(condition) order by 2, 1 limit \(bind: .int(limit))
            """ as SQLFragment)
        return try rows.map { (row) throws(TandemError) in
            try reading { () throws(PostgresError) in
                RecordChoice(id: try row.uuid(0), title: target.showsTitle ? try row.text(1) : "")
            }
        }
    }
}
