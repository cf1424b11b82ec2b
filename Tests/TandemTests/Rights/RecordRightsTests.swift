import Postgres
import Testing

@testable import Tandem

@Suite("What a role leaves of an object")
struct RecordRightsTests {
    private func catalog(_ fields: JSON, condition: String = "true") -> ObjectCatalog {
        let contact: JSON = ["condition": .string(condition), "levels": ["read": "all"], "fields": fields]
        let rights = RecordRights(
            ["objects": ["contact": contact, "account": ["condition": "true", "levels": ["read": "all"]]]],
            of: RecordCaller(roles: [], user: nil))
        return rights.narrowed(.standard)
    }

    @Test("A field that is not read is gone, and what is made of it")
    func hidden() throws {
        let contact = try #require(catalog(["email": "none", "last_name": "none"]).object("contact"))
        #expect(contact.field("email") == nil && contact.field("name") == nil && contact.child("channels") == nil)
        #expect(contact.field("first_name") != nil && !contact.keys.contains("email"))
    }

    @Test("A field that is only read is not taken")
    func readOnly() throws {
        let contact = try #require(catalog(["phone": "read"]).object("contact"))
        #expect(contact.field("phone")?.isReadOnly == true && contact.field("email")?.isReadOnly == false)
        #expect(contact.child("channels")?.isReadOnly == true)
    }

    @Test("Rows are bound to the condition, and objects that the rights do not name to none")
    func rows() throws {
        let narrowed = catalog([:], condition: "t.owner_id is null")
        let contact = try #require(narrowed.object("contact"))
        let sql = ("select 1 from \(rows: contact) t" as SQLFragment).statement.sql
        #expect(sql == #"select 1 from (select t.* from "contacts" t where t.owner_id is null) t"#)
        #expect(narrowed.object("lead")?.condition != nil && narrowed.object("account")?.condition == nil)
    }

    @Test("A role names objects, actions, levels and fields that there are")
    func input() throws {
        #expect(throws: TandemError.self) {
            try RoleInput(["name": "x", "grants": ["contact": ["fly": "all"]]], isNew: true, catalog: .standard)
        }
        #expect(throws: TandemError.self) {
            try RoleInput(["name": "x", "fields": ["account": ["name": "none"]]], isNew: true, catalog: .standard)
        }
        _ = try RoleInput(
            ["name": "x", "grants": ["*": ["read": "own"]], "fields": ["contact": ["channels": "read"]]], isNew: true,
            catalog: .standard)
    }
}
