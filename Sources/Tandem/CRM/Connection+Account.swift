public import Foundation
public import Postgres

extension Connection {
    /// An account as a person looks at it: `{"account", "people", "opportunities", "totals": [{"status", "currency",
    /// "count", "amount"}], "activities_90d", "events_90d"}`; what a tenant's modules do not have is left out. Runs inside
    /// a transaction of the tenant.
    ///
    /// - Throws: `notFound`, `merged`.
    public func accountShow(_ id: UUID, catalog: ObjectCatalog = .standard) throws(TandemError) -> JSON {
        let account = try recordGet(.account, id: id, catalog: catalog)
        let rows = try run(.call("account_show", .uuid(id)))
        guard let row = rows.first, var shown = try row.json(0)?.object else { throw .notFound() }
        shown["id"] = nil
        shown["name"] = nil
        func present(_ list: String, _ prefixes: [String: PublicID.Prefix]) {
            guard let items = shown[list]?.array else { return }
            shown[list] = .array(items.map { Self.present($0.object ?? JSONObject(), prefixes) })
        }
        present("people", ["id": .contact, "profile_id": .profile])
        present("opportunities", ["id": .opportunity, "owner_id": .user])
        present("totals", [:])
        var result: JSONObject = ["account": account.json]
        for (name, value) in shown { result[name] = value }
        return .object(result)
    }

    private static func present(_ row: JSONObject, _ prefixes: [String: PublicID.Prefix]) -> JSON {
        var shown = row
        for (name, prefix) in prefixes {
            guard let id = row[name]?.string.flatMap({ PublicID(prefix, text: $0) }) else { continue }
            shown[name] = .string(id.description)
        }
        if let text = row["amount"]?.number?.text, let amount = DecimalNumber(text) {
            shown["amount"] = .string(amount.text(decimals: CurrencyDecimals.of(row["currency"]?.string)))
        }
        if let time = row["last_seen_at"]?.string.flatMap(WireTime.parse) {
            shown["last_seen_at"] = .string(RecordTime.text(time))
        }
        return .object(shown)
    }
}
