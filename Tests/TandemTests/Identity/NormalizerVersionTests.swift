import Foundation
import Postgres
import TandemTesting
import Testing

@testable import Tandem

@Suite("The normaliser's version")
struct NormalizerVersionTests {
    @Test("The database knows the version, and has indexes of the rows that are of another one")
    func isKnownToTheDatabase() throws {
        try TestTenant.shared.rolledBack { connection in
            #expect(try connection.execute(.call("normalizer_version")).one().int(0) == Normalizer.version)
            for relation in ["accounts", "contacts", "leads", "normal_form"] {
                let index = "\(relation)_normalizer_\(Normalizer.version)"
                let condition = try connection.execute(
                    "select pg_get_expr(indpred, indrelid) from pg_index where indexrelid = \(index)::regclass"
                ).one().text(0)
                #expect(condition == "(normalizer_version <> \(Normalizer.version))")
            }
        }
    }

    @Test("Whatever has a derived column notes the version, so that it is found")
    func isNotedWhereFormsAre() throws {
        try TestTenant.shared.rolledBack { connection in
            for object in ObjectCatalog.standard.objects where object.fields.contains(where: { $0.companion != nil }) {
                let columns = try connection.execute(
                    "select count(*) from pg_attribute where attrelid = \(object.table)::regclass and attname = 'normalizer_version'"
                )
                #expect(try columns.one().int(0) == 1, "\(object.name)")
            }
        }
    }

    @Test("Forms are made of what a record says; a key that it does not have is not made up")
    func item() throws {
        let account = try #require(ObjectCatalog.standard.object("account"))
        let record: JSON = [
            "name": "acme.example", "company_key": nil, "phone": "+1 415 555 2671", "domain": "www.acme.example",
        ]
        let outdated = OutdatedRecord(id: UUID(), record: record, numbers: ["0049 171 1234567", "none"], isPage: true)
        let item = outdated.item(of: account)
        #expect(item["of"] == ["name": "acme.example", "domain": "www.acme.example", "phone": "+1 415 555 2671"])
        #expect(item["forms"] == ["domain": "acme.example", "phone_e164": "+14155552671"])
        #expect(item["numbers"] == ["0049 171 1234567": "+491711234567", "none": nil])
    }
}
