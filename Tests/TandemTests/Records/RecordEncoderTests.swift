import Foundation
import Postgres
import TandemTesting
import Testing

@testable import Tandem

@Suite struct RecordEncoderTests {
    private static let author = RecordAuthor(actor: "tester")

    @Test func `Ids are appended as they are described`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let (high, low) = (random.next() as UInt64, random.next() as UInt64)
            let uuid = UUID(high: high, low: low)
            var bytes: [UInt8] = []
            PublicID.append(uuid, to: &bytes)
            #expect("acct_" + String(decoding: bytes, as: UTF8.self) == PublicID(.account, uuid).description)
        }
    }

    @Test func `Times keep what they have of a second`() {
        for (text, expected) in [
            ("1969-12-31T23:59:59.999999Z", nil), ("2026-02-28T00:00:00Z", nil),
            ("2024-02-29T12:00:00.5Z", "2024-02-29T12:00:00.500Z"),
            ("0001-01-01T00:00:00Z", nil), ("2026-01-01T01:02:03.000040Z", nil),
        ] {
            #expect(WireTime.parse(text).map(RecordTime.text) == expected ?? text)
        }
    }

    /// The columns read one by one, against the whole row as JSON and its fields presented.
    @Test func `A record reads as its row does`() throws {
        try TestTenant.shared.rolledBack { connection in
            try Self.fill(connection)
            for object in ObjectCatalog.standard.objects {
                let selection = RecordSelection(object)
                let rows = try connection.run("select \(selection.columns) from \(rows: object) t" as SQLFragment)
                #expect(!rows.isEmpty, "no \(object.name) to look at")
                var encoder = RecordEncoder(selection, catalog: .standard)
                for row in rows {
                    let record = try encoder.snapshot(row)
                    #expect(record.json == (try Self.presented(object, record.id, on: connection)), "\(object.name)")
                }
            }
        }
    }

    @Test func `An amount has its currency's decimals when the currency is not shown`() throws {
        try TestTenant.shared.rolledBack { connection in
            try Self.fill(connection)
            let query = try RecordQueryReader(.opportunity, catalog: .standard).read(
                parameters: [("fields", "amount"), ("external_id", "yen")])
            let page = try connection.recordList(
                .opportunity, query, seal: CursorSeal(ofProcess: TestTenant.shared.tenant.database), catalog: .standard)
            #expect(page.items.first?.json["amount"] == "1200")
            #expect(page.items.first?.json["currency"] == nil)
        }
    }

    private static func presented(
        _ object: ObjectDescription, _ id: RecordID, on connection: Connection
    ) throws -> JSON {
        let rows = try connection.run(
            "select row_to_json(t)::text from \(rows: object) t where t.id = \(bind: .uuid(id))" as SQLFragment)
        var record = try #require(try rows.one().json(0)?.object)
        for child in object.children {
            let order = SQLFragment.joined(SQLIdentifier.order(of: child).map { "c.\($0)" }, by: ", ")
            let list = try connection.run(
                """
                select json_agg(row_to_json(c) order by \(order))::text from \(.table(of: child)) c
                where c.\(.parent(of: child)) = \(bind: .uuid(id))
                """ as SQLFragment)
            record[child.name] = try list.one().json(0) ?? []
        }
        return RecordPresenter(description: object, catalog: .standard).present(record)
    }

    /// Records of every object, with what is rare: no value, several, a currency without decimals, words that JSON escapes.
    private static func fill(_ connection: Connection) throws {
        func make(_ object: ObjectDescription, _ body: JSON) throws -> JSON {
            try connection.recordCreate(object, body, by: author, catalog: .standard).json["id"] ?? .null
        }
        let team = try make(.team, ["name": "North"])
        let user = try make(.user, ["email": "rep@acme.example", "name": "A \"rep\"", "team_id": team])
        let account = try make(
            .account,
            [
                "name": "Größe\n\u{1}\\ & Co", "annual_revenue": "1200.5", "currency": "EUR", "tags": ["a", "b \"c\""],
                "owner_id": user, "employee_count": 12,
            ])
        _ = try make(.account, ["name": "Bare"])
        let contact = try make(
            .contact,
            [
                "last_name": "Álvarez", "email": "one@acme.example", "phone": "+49 30 901820",
                "accounts": [["id": account, "role": "buyer"]],
            ])
        _ = try make(.lead, ["last_name": "L", "email": "lead@acme.example"])
        _ = try make(.form, ["name": "Demo", "external_id": "encoder-form"])
        let product = try make(.product, ["name": "P", "list_price": "10.1", "currency": "KWD"])
        for (key, amount, currency) in [("yen", "1200", "JPY"), ("dinar", "3.1415", "KWD")] {
            _ = try make(
                .opportunity,
                [
                    "name": .string("O " + key), "external_id": .string(key), "account_id": account,
                    "amount": .string(amount), "currency": .string(currency), "close_date": "2026-02-28",
                    "contacts": [["contact_id": contact]],
                ])
        }
        let line: JSON = ["product_id": product, "quantity": 3, "unit_price": "1.5"]
        _ = try make(
            .opportunity, ["name": "O lines", "account_id": account, "currency": "EUR", "products": [line]])
        let call = try make(
            .activity, ["type": "call", "subject": "C", "links": [["object": "contact", "record_id": contact]]])
        _ = try make(.ticket, ["subject": "T", "account_id": account, "contact_id": contact])
        _ = try make(.comment, ["object": "activity", "object_id": call, "body": "see \u{1F600}"])
        _ = try make(
            .view,
            [
                "name": "V", "object": "account", "filter": ["field": "name", "op": "contains", "value": "x"],
                "fields": ["name"], "sort": ["-name"],
            ])
    }
}
