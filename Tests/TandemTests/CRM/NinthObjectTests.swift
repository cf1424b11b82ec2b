import Crypto
import Postgres
import TandemTesting
import Testing

@testable import Tandem

/// An object that the product does not know: a table, a row in `object_description`, and a description.
@Suite struct NinthObjectTests {
    static let vehicle = ObjectDescription(
        name: "vehicle", plural: "vehicles", prefix: "veh", module: .crm, summary: "A car.",
        fields: [
            ObjectField("plate", .text(maximum: 20), isRequired: true, isSearchable: true, summary: "Number plate."),
            ObjectField("price", .money(currency: "currency"), summary: "What it costs."),
            ObjectField("currency", .currency, summary: "Of the price."),
            ObjectField("account_id", .link(.account), summary: "Whose it is."),
        ], keys: ["plate"], title: "plate")

    @Test func itIsWrittenReadListedAndSearchedLikeTheOthers() throws {
        let tenant = try TestTenant()
        let admin = try tenant.database.connect()
        defer { admin.close() }
        let schema = tenant.tenant.schema
        try admin.script(
            """
            set search_path = \(schema.name), \(schema.internals);
            set role \(schema.ownerRole);
            create table vehicles (
                id uuid primary key, external_id text unique, owner_id uuid references users, plate text not null unique,
                price numeric(19, 4), currency text, account_id uuid references accounts,
                tags text[] not null default '{}', created_at timestamptz not null, updated_at timestamptz not null,
                created_by text not null, version integer not null default 1);
            grant select, insert, update, delete on vehicles to \(schema.appRole);
            insert into object_description (object, relation) values ('vehicle', 'vehicles');
            """)
        let connection = try tenant.connect()
        defer { connection.close() }
        let catalog = ObjectCatalog(ObjectCatalog.standard.objects + [Self.vehicle])
        let author = RecordAuthor(actor: "tester")
        let seal = CursorSeal(key: SymmetricKey(size: .bits256), tenant: tenant.tenant.database)
        try connection.inTenant(tenant.tenant.database) { (connection) throws(TandemError) in
            let account = try connection.recordCreate(.account, ["name": "A"], by: author, catalog: .standard)
            let made = try connection.recordCreate(
                Self.vehicle,
                ["plate": "B 1", "price": "10", "currency": "JPY", "account_id": account.json["id"] ?? .null],
                by: author, catalog: catalog)
            #expect(made.json["price"] == "10" && made.json["id"]?.string?.hasPrefix("veh_") == true)
            let again = try connection.recordUpsert(
                Self.vehicle, by: "plate", "B 1", ["price": "12"], by: author, catalog: catalog)
            #expect(!again.isCreated && again.snapshot.version == 2)
            let query = try RecordQueryReader(Self.vehicle, catalog: catalog).read([
                "where": ["field": "account.name", "value": "A"]
            ])
            #expect(try connection.recordList(Self.vehicle, query, seal: seal, catalog: catalog).items.count == 1)
            #expect(
                try connection.recordSearch("B 1", modules: [.crm], catalog: catalog)["items"]?.array?.first?["object"]
                    == "vehicle")
            try connection.recordDelete(.account, id: account.id, by: author)
            #expect(try connection.recordGet(Self.vehicle, id: made.id, catalog: catalog).json["account_id"] == .null)
            _ = try connection.recordRestore(.account, id: account.id, by: author, catalog: .standard)
            #expect(
                try connection.recordGet(Self.vehicle, id: made.id, catalog: catalog).json["account_id"]
                    == account.json["id"])
        }
    }
}
