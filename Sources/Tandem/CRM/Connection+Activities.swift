public import Foundation
public import Postgres

// Inside a transaction of the tenant: `connection.inTenant(tenant.database) { … }`.

extension Connection {
    /// What an activity that is logged at a record is about: the record, and the account that a contact stands for or an opportunity
    /// belongs to. As `links` of an activity.
    ///
    /// - Throws: `notFound`.
    public func activityTargets(_ description: ObjectDescription, _ id: RecordID) throws(TandemError) -> [JSON] {
        let rows = try run(.call("activity_targets", .text(description.name), .uuid(id)))
        if rows.isEmpty { throw .notFound() }
        return try rows.map { (row) throws(TandemError) in
            let object = try reading { () throws(PostgresError) in try row.text(0) }
            let id = try reading { () throws(PostgresError) in try row.uuid(1) }
            return ["object": .string(object), "record_id": .string(id.text)]
        }
    }
}

extension Connection {
    /// The pipelines in their order.
    public func pipelines() throws(TandemError) -> [RecordChoice] {
        try run(.call("find_pipelines")).map { (row) throws(TandemError) in
            try reading { () throws(PostgresError) in RecordChoice(id: try row.uuid(0), title: try row.text(1)) }
        }
    }
}
