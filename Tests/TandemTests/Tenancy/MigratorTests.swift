import Foundation
import Postgres
import TandemTesting
import Testing

@testable import Tandem

@Suite("Migrator")
struct MigratorTests {
    private let database: TestDatabase

    init() throws { database = try TestTenant.preparedDatabase() }

    private func files(adding migrations: [TenantSQLFile] = [], views: [TenantSQLFile] = []) throws -> TenantSchemaFiles
    {
        let own = try TenantSchemaFiles.embedded()
        return try TenantSchemaFiles(migrations: own.migrations + migrations, views: own.views + views)
    }

    private func migration(_ name: String, _ body: String) throws -> TenantSQLFile {
        try TenantSQLFile(
            path: "tenant/migrations/\(name).sql",
            text: "-- safety: online\n-- module: all\n-- schema: bi\n\(body)\n")
    }

    private func migrator(_ files: TenantSchemaFiles) throws -> Migrator {
        Migrator(try database.service(), logger: TestTenant.quiet, files: files)
    }

    private func tables(_ tenant: Tenant) throws -> Set<String> {
        Set(
            try database.connect().execute(
                "select relname::text from pg_class where relnamespace = to_regnamespace(\(tenant.schema.name))"
            ).map { try $0.text(0) })
    }

    @Test("Every tenant gets what is new; one that fails does not stop the others, and the next run completes it")
    func failures() throws {
        let tenants = try (0..<3).map { _ in try TestTenant(in: database).tenant }
        // A table of that name makes the second tenant fail.
        let owner = try database.connect()
        try owner.script("create table \(tenants[1].schema).more (x int primary key)")
        let files = try files(adding: [migration("9001_more", "create table more (id int primary key);")])
        let failures = try migrator(files).migrateAll()
        #expect(failures.map(\.tenant.id) == [tenants[1].id])
        #expect(try migrator(files).plan().map(\.tenant.id) == [tenants[1].id])
        try owner.script("drop table \(tenants[1].schema).more")
        #expect(try migrator(files).migrateAll().isEmpty)
        #expect(try migrator(files).plan().isEmpty)
        for tenant in tenants { #expect(try tables(tenant).contains("more")) }
    }

    @Test("A migration that fails in the middle leaves nothing of itself")
    func atomic() throws {
        let tenant = try TestTenant(in: database).tenant
        let broken = try files(adding: [
            migration("9001_half", "create table half (id int primary key);\nselect nothing from nowhere;")
        ])
        #expect(throws: PostgresError.self) { try migrator(broken).migrate(tenant) }
        #expect(try !tables(tenant).contains("half"))
        let mended = try files(adding: [migration("9001_half", "create table half (id int primary key);")])
        try migrator(mended).migrate(tenant)
        #expect(try tables(tenant).contains("half"))
    }

    @Test("A migration that waits for a lock lets go, tries again, and gets through")
    func locks() throws {
        let tenant = try TestTenant(in: database).tenant
        let files = try files(adding: [migration("9001_column", "alter table profiles add column more int;")])
        let isLocked = DispatchSemaphore(value: 0)
        let database = self.database
        // On a thread of its own: the other tests keep the cooperative ones busy.
        DedicatedThread.spawn(name: "blocker") {
            do {
                let blocker = try database.connect()
                try blocker.script("begin; lock table \(tenant.schema).profiles in access share mode")
                isLocked.signal()
                // Longer than one lock_timeout.
                Thread.sleep(forTimeInterval: 3)
                try blocker.script("rollback")
            } catch {
                Issue.record(error)
                isLocked.signal()
            }
        }
        isLocked.wait()
        let start = ContinuousClock.now
        try migrator(files).migrate(tenant)
        #expect(ContinuousClock.now - start > .seconds(2))
        #expect(try migrator(files).plan().isEmpty)
    }

    @Test("A new view appears with its grants, and a changed one may lose columns")
    func views() throws {
        let tenant = try TestTenant(in: database).tenant
        let first = try TenantSQLFile(
            path: "tenant/views/bi/extra.sql", text: "-- module: all\ncreate view extra as select 1 as a, 2 as b;\n")
        let second = try TenantSQLFile(
            path: "tenant/views/bi/extra.sql", text: "-- module: all\ncreate view extra as select 'x' as b;\n")
        for view in [first, second] {
            let files = try files(views: [view])
            #expect(try migrator(files).plan().map(\.onlyViews) == [true])
            try migrator(files).migrate(tenant)
            #expect(try migrator(files).plan().isEmpty)
            let readable = try database.connect().execute(
                "select has_table_privilege(\(tenant.schema.biRole), \(tenant.schema.name + ".extra"), 'select')"
            ).one().bool(0)
            #expect(readable)
        }
        try migrator(files()).migrate(tenant)
        #expect(try !tables(tenant).contains("extra"))
    }

    @Test("A tenant that was brought here file by file, each run twice, is the same as one made at once")
    func killedAnywhere() throws {
        let all = try TenantSchemaFiles.embedded()
        let owner = try database.connect()
        // An empty tenant, as one is whose creation was killed before the first file.
        let tenant = try TestTenant(in: database).tenant
        let expected = try shape(tenant)
        try owner.script(
            """
            drop schema \(tenant.schema), \(tenant.schema.internals) cascade;
            update tandem.tenant set schema_digest = null where id = '\(tenant.id.uuidString)';
            delete from tandem.tenant_migration where tenant = '\(tenant.id.uuidString)'
            """)
        _ = try database.service().single(
            settings: TenantDatabase.control(), .call("provision_schemas", .text(tenant.schema.name)))
        for count in 1...all.migrations.count {
            let some = try TenantSchemaFiles(migrations: Array(all.migrations.prefix(count)), views: [])
            try migrator(some).migrate(tenant)
            try migrator(some).migrate(tenant)
        }
        try migrator(all).migrate(tenant)
        #expect(try shape(tenant) == expected)
    }

    /// Relations and their columns.
    private func shape(_ tenant: Tenant) throws -> [String] {
        try database.connect().execute(
            """
            select n.nspname || '.' || c.relname || ' ' || c.relkind::text || ' ' || coalesce(string_agg(
                a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull::text, ', ' order by a.attnum), '')
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where n.nspname in (\(tenant.schema.name), \(tenant.schema.internals)) and c.relname !~ '_y[0-9]{4}m'
            group by n.nspname, c.relname, c.relkind order by 1
            """
        ).map { try $0.text(0) }
    }

    @Test("A tenant of a newer binary is refused")
    func newer() throws {
        let tenant = try TestTenant(in: database).tenant
        try migrator(files(adding: [migration("9001_more", "create table more (id int primary key);")])).migrate(tenant)
        let error = #expect(throws: PostgresError.self) { try migrator(files()).migrate(tenant) }
        #expect(error?.message.contains("9001_more") == true)
    }
}
