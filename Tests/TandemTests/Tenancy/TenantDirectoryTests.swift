import Foundation
import Postgres
import TandemTesting
import Testing

@testable import Tandem

@Suite("Tenant directory")
struct TenantDirectoryTests {
    private func directory(dryRun: Bool = false) throws -> TenantDirectory {
        TenantDirectory(
            try TestTenant.sharedDatabase.service(), actor: "test", isDryRun: dryRun, logger: TestTenant.quiet)
    }

    private func slug() -> String { "s" + UUID().uuidString.lowercased().prefix(12).filter { $0 != "-" } }

    @Test("A new tenant is active, with its sources and first rows, and its name is then taken")
    func create() throws {
        let directory = try directory()
        let slug = slug()
        let created = try directory.create(.init(slug: slug, displayName: "Acme"))
        #expect(created.tenant.state == .active)
        #expect(created.tenant.modules == [.cdp, .crm])
        #expect(try directory.sources(created.tenant).map(\.name) == ["server", "web"])
        #expect(try directory.find(slug).id == created.tenant.id)
        #expect(try directory.find(created.tenant.publicID.description).slug == slug)
        let error = #expect(throws: PostgresError.self) { try directory.create(.init(slug: slug)) }
        #expect(error?.sqlState == "TD003")
    }

    @Test("A creation that was cut short is continued by the same call")
    func resume() throws {
        let directory = try directory()
        let slug = slug()
        // As far as a killed process got: the row, the roles, the empty schemas.
        let id = UUID.v7()
        let schema = TenantSchema.random()
        try directory.change([
            .call(
                "create_tenant", .uuid(id), .text(slug), .text(slug), .text(schema.name), .textArray(["cdp"]),
                .text("UTC"), .text("USD"), .text("test"))
        ])
        #expect(try directory.find(slug).state == .creating)
        let created = try directory.create(.init(slug: slug, modules: [.cdp]))
        #expect(created.tenant.id == id)
        #expect(created.tenant.schema == schema)
        #expect(created.tenant.state == .active)
    }

    @Test("A dry run refuses what the real call refuses, and leaves nothing")
    func dryRun() throws {
        let slug = slug()
        _ = try directory(dryRun: true).create(.init(slug: slug))
        let error = #expect(throws: PostgresError.self) { try directory().find(slug) }
        #expect(error?.sqlState == "TD001")
        let existing = TestTenant.shared.tenant
        #expect(throws: PostgresError.self) { try directory(dryRun: true).create(.init(slug: existing.slug)) }
    }

    @Test("Wrong input is named", arguments: ["Acme", "-a", "a-", "a_b", "", String(repeating: "a", count: 64)])
    func invalid(slug: String) throws {
        let directory = try directory()
        let error = #expect(throws: PostgresError.self) { try directory.create(.init(slug: slug)) }
        #expect(error?.sqlState == "TD004")
    }

    @Test("A module is added with its tables, and never taken away")
    func modules() throws {
        let directory = try directory()
        let tenant = try TestTenant(modules: [.cdp]).tenant
        let both = try directory.update(tenant, modules: [.cdp, .crm])
        #expect(both.version > tenant.version)
        let count = try directory.connection.single(
            settings: both.database.settings(), "select count(*) from contacts"
        ).one().int(0)
        #expect(count == 0)
        let error = #expect(throws: PostgresError.self) { try directory.update(both, modules: [.crm]) }
        #expect(error?.sqlState == "TD013")
    }

    @Test("A deleted tenant comes back within its grace, and is gone for good after it")
    func delete() throws {
        let directory = try directory()
        let tenant = try TestTenant().tenant
        _ = try directory.createBILogin(tenant, name: "reader")
        let deleted = try directory.delete(tenant)
        #expect(deleted.state == .deleting && deleted.deleteAfter != nil)
        #expect(throws: PostgresError.self) { try directory.drop(deleted) }
        #expect(try directory.restore(tenant).state == .active)
        try directory.drop(directory.delete(tenant), now: true)
        #expect(throws: PostgresError.self) { try directory.find(tenant.slug) }
        let administrator = try TestTenant.sharedDatabase.connect()
        let left = try administrator.execute(
            "select count(*) from pg_roles where rolname like \(tenant.schema.name + "%")"
        ).one().int(0)
        #expect(left == 0)
    }

    @Test("Keys are stored as hashes; a write key can be shown again, a secret key cannot")
    func keys() throws {
        let directory = try directory()
        let tenant = try TestTenant()
        let keys = try directory.keys(tenant.tenant)
        #expect(keys.filter { $0.kind == .write }.allSatisfy { $0.clear != nil })
        #expect(keys.filter { $0.kind == .secret }.allSatisfy { $0.clear == nil })
        let dump = try TestTenant.sharedDatabase.connect().execute("select k::text from tandem.api_key as k")
        #expect(try dump.allSatisfy { try !$0.text(0).contains(tenant.secretKey) })
        let old = try directory.key(tenant.secretKey)
        let rotated = try directory.rotateKey(old, grace: .seconds(3600))
        #expect(rotated.text.text != tenant.secretKey)
        #expect(try directory.key(tenant.secretKey).expiresAt != nil)
        #expect(try directory.revokeKey(rotated.key).revokedAt != nil)
    }

    @Test("A key is refused that does not fit its kind")
    func keyRules() throws {
        let directory = try directory()
        let tenant = TestTenant.shared.tenant
        #expect(throws: PostgresError.self) { try directory.createKey(.write, tenant: tenant) }
        #expect(throws: PostgresError.self) { try directory.createKey(.admin, tenant: tenant) }
        #expect(throws: PostgresError.self) { try directory.createKey(.restricted, tenant: tenant, scopes: ["all"]) }
        #expect(throws: PostgresError.self) { try directory.createKey(.secret, tenant: nil) }
    }

    @Test("The control plane's audit is one chain")
    func audit() throws {
        _ = try TestTenant()
        let connection = try TestTenant.sharedDatabase.connect()
        let broken = try connection.execute(
            """
            select count(*) from (
                select previous_hash, hash, lag(hash, 1, '\\x00') over (order by seq) as expected,
                    sha256(previous_hash || convert_to(jsonb_build_array(seq, extract(epoch from at), actor, action,
                        tenant, object_id, detail)::text, 'UTF8')) as computed
                from tandem.audit
            ) as a where previous_hash <> expected or hash <> computed
            """
        ).one().int(0)
        #expect(broken == 0)
    }
}
