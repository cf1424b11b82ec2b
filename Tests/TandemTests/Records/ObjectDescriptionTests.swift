import Postgres
import TandemTesting
import Testing

@testable import Tandem

@Suite struct ObjectDescriptionTests {
    /// Descriptions name columns that exist, and what the write path knows in SQL is the same.
    @Test(arguments: ObjectCatalog.standard.objects)
    func theDescriptionAgreesWithTheDatabase(_ description: ObjectDescription) throws {
        try TestTenant.shared.rolledBack { connection in
            func columns(_ table: String) throws -> Set<String> {
                let rows = try connection.execute(
                    "select attname::text from pg_attribute where attrelid = \(table)::regclass and attnum > 0 and not attisdropped"
                )
                return Set(try rows.map { try $0.text(0) })
            }
            let names = Set(description.fields.map(\.name))
            let internals: Set<String> = ["company_key", "email_norm", "phone_e164", "normalizer_version"]
            #expect(try columns(description.table).subtracting(internals) == names)
            for child in description.children where child.recordKey == nil {
                #expect(
                    try columns(child.table).subtracting(internals) == Set(child.fields.map(\.name) + [child.parent]))
            }
            let row = try connection.execute(
                "select relation, ranked, companions, children from object_description where object = \(description.name)"
            ).one()
            #expect(try row.text(0) == description.table)
            #expect(try row.bool(1) == description.isRanked)
            let companions = description.fields.compactMap { field in field.companion.map { ($0.column, field.name) } }
            let known = try row.json(2)?.object ?? [:]
            #expect(
                Dictionary(known.map { ($0, $1.string) }, uniquingKeysWith: { $1 })
                    == Dictionary(companions.map { ($0, $1) }, uniquingKeysWith: { $1 }))
            let children = try row.json(3)?.object ?? [:]
            let rows = description.children.filter { $0.recordKey == nil }
            #expect(Set(children.names) == Set(rows.map(\.name)))
            for child in rows {
                #expect(children[child.name]?["relation"]?.string == child.table)
                #expect(children[child.name]?["parent"]?.string == child.parent)
            }
        }
    }

    @Test func prefixesAndNamesAreUnique() {
        let objects = ObjectCatalog.standard.objects
        #expect(Set(objects.map(\.prefix)).count == objects.count)
        #expect(Set(objects.map(\.plural)).count == objects.count)
        for description in objects {
            #expect(Set(description.fields.map(\.name)).count == description.fields.count)
            for key in description.keys { #expect(description.field(key) != nil) }
            #expect(description.field(description.title) != nil)
        }
    }

    @Test func schemasDescribeWhatIsReadAndWritten() {
        let read = ObjectDescription.opportunity.schema
        #expect(read["properties"]?["status"]?["readOnly"] == true)
        #expect(read["properties"]?["id"]?["pattern"] == "^opp_[0-9A-HJKMNP-TV-Z]{26}$")
        let written = ObjectDescription.opportunity.inputSchema
        #expect(written["properties"]?["status"] == nil)
        #expect(written["required"] == ["name"])
        #expect(written["properties"]?["recurring_period"]?["enum"] == ["month", "quarter", "year", nil])
    }
}
