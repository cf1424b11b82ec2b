public import Foundation
public import Postgres

// Inside a transaction of the tenant: `connection.inTenant(tenant.database, readOnly: true) { … }`.

extension Connection {
    /// How the persons behind a record came: `{"first", "campaign"}`, each an event's page, referrer and campaign, or null.
    public func recordOrigin(_ description: ObjectDescription, id: RecordID) throws(TandemError) -> JSON {
        let found = try run(.call("record_origin", .text(description.name), .uuid(id))).first?.json(0)
        var answer: JSONObject = ["first": .null, "campaign": .null]
        for name in ["first", "campaign"] {
            guard var touch = found?[name]?.object else { continue }
            for name in ["at", "received_at"] {
                touch[name] = touch[name]?.string.flatMap(WireTime.parse).map { .string(RecordTime.text($0)) } ?? .null
            }
            let prefixes: [(String, PublicID.Prefix)] = [("event_id", .event), ("profile_id", .profile)]
            for (key, prefix) in prefixes {
                if let id = touch[key]?.string.flatMap({ UUID(uuidString: $0) }) {
                    touch[key] = .string(PublicID(prefix, id).description)
                }
            }
            answer[name] = .object(touch)
        }
        return .object(answer)
    }
}
