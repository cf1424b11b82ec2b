public import Foundation
public import Postgres

// Inside a transaction of the tenant: `connection.inTenant(tenant.database, readOnly: true) { … }`.

extension Connection {
    /// At most `limit` submissions of a form or of a lead, newest first, as the API shows them.
    ///
    /// - Throws: `notFound`.
    public func formSubmissions(form: UUID? = nil, lead: UUID? = nil, limit: Int) throws(TandemError) -> [JSON] {
        var items: [JSON] = []
        let statement = Statement.call(
            "form_submissions", form.bind, lead.bind, .null(.timestamptz), .null(.uuid),
            .int4(Int32(clamping: limit)))
        for row in try run(statement) {
            if let item = try row.json(2) { items.append(FormPresenter.submission(item)) }
        }
        return items
    }
}

/// Submissions of forms, as API and command line show them: what the procedures answer, its ids with their prefixes.
public enum FormPresenter {
    public static func submission(_ json: JSON) -> JSON {
        guard var object = json.object else { return json }
        let prefixes: [(String, PublicID.Prefix)] = [
            ("id", .event), ("lead_id", .lead), ("owner_id", .user), ("profile_id", .profile),
        ]
        for (key, prefix) in prefixes {
            if let id = object[key]?.string.flatMap({ UUID(uuidString: $0) }) {
                object[key] = .string(PublicID(prefix, id).description)
            }
        }
        object["owner"] = nil
        return .object(object)
    }
}
