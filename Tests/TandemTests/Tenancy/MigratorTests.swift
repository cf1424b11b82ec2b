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

    private func migration(_ name: String, _ body: String, more: String = "") throws -> TenantSQLFile {
        try TenantSQLFile(
            path: "tenant/migrations/\(name).sql",
            text: "-- safety: online\n-- module: all\n-- schema: bi\n\(more)\n\(body)\n")
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

    @Test("A migration leaves an entry in its transaction, with who had it done; of a tenant that is made none")
    func entries() throws {
        let tenant = try TestTenant(in: database).tenant
        let reader = try database.connect()
        func actions() throws -> [String] {
            try reader.execute(
                "select actor || ' ' || action from tandem.audit where tenant = \(tenant.id) and action in ('tenant.migrate', 'tenant.views') order by seq"
            ).map { try $0.text(0) }
        }
        #expect(try actions().isEmpty)
        let broken = try files(adding: [migration("9001_half", "select nothing from nowhere;")])
        #expect(throws: PostgresError.self) { try migrator(broken).migrate(tenant) }
        #expect(try actions().isEmpty)
        let files = try files(adding: [migration("9001_more", "create table more (id int primary key);")])
        let own = Migrator(try database.service(), actor: "cli:test", logger: TestTenant.quiet, files: files)
        for _ in 0..<2 { try own.migrate(tenant) }
        #expect(try actions() == ["cli:test tenant.migrate", "cli:test tenant.views"])
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

    @Test("Who comes behind a migration that waits for a lock is through within a moment")
    func queue() throws {
        let tenant = try TestTenant(in: database).tenant
        let files = try files(adding: [migration("9001_column", "alter table profiles add column more int;")])
        let blocker = try database.connect()
        try blocker.script("begin; lock table \(tenant.schema).profiles in access share mode")
        let (shared, isDone) = (database, DispatchSemaphore(value: 0))
        DedicatedThread.spawn(name: "migrator") {
            do {
                try Migrator(shared.service(), logger: TestTenant.quiet, files: files).migrate(tenant)
            } catch {
                Issue.record(error)
            }
            isDone.signal()
        }
        let reader = try database.connect()
        let end = ContinuousClock.now + .seconds(2)
        var longest = Duration.zero
        while ContinuousClock.now < end {
            let start = ContinuousClock.now
            try reader.script("select from \(tenant.schema).profiles limit 1")
            longest = max(longest, ContinuousClock.now - start)
        }
        try blocker.script("rollback")
        #expect(isDone.wait(timeout: .now() + 60) == .success)
        #expect(longest > .milliseconds(50), "it stood behind the migration")
        #expect(longest < .milliseconds(1_500))
        #expect(try migrator(files).plan().isEmpty)
    }

    @Test("An index made beside requests: killed in the middle, what is left of it is dropped and it is made anew")
    func byStatement() throws {
        let tenant = try TestTenant(in: database).tenant
        let files = try files(adding: [
            migration(
                "9001_index",
                """
                create index concurrently if not exists more_first on profiles (first_seen_at);
                create index concurrently if not exists more_last on profiles (last_seen_at);
                """, more: "-- transaction: none")
        ])
        let owner = try database.connect()
        func valid() throws -> [String: Bool] {
            var found: [String: Bool] = [:]
            for row in try owner.execute(
                "select c.relname::text as name, i.indisvalid as valid from pg_index i join pg_class c on c.oid = i.indexrelid where c.relname like 'more\\_%' and c.relnamespace = to_regnamespace(\(tenant.schema.name))"
            ) { found[try row.text("name")] = try row.bool("valid") }
            return found
        }
        // A transaction that has written to the table: the second index waits for it with its entry in the catalog made.
        let writer = try database.connect()
        let (shared, isDone) = (database, DispatchSemaphore(value: 0))
        try writer.script("begin; lock table \(tenant.schema).profiles in row exclusive mode")
        DedicatedThread.spawn(name: "migrator") {
            _ = try? Migrator(shared.service(), logger: TestTenant.quiet, files: files).migrate(tenant)
            isDone.signal()
        }
        for _ in 0..<200 where try valid().isEmpty { Thread.sleep(forTimeInterval: 0.05) }
        #expect(try valid() == ["more_first": false])
        // Rows are written meanwhile, the tenant is changed, and nobody waits.
        try owner.script("update \(tenant.schema).profiles set last_seen_at = last_seen_at")
        try owner.script("set lock_timeout = '500ms'")
        try owner.script("update tandem.tenant set display_name = 'changed'")
        // A second migrator waits until the first is through, and does nothing twice.
        let (second, isSecondDone) = (database, DispatchSemaphore(value: 0))
        DedicatedThread.spawn(name: "second") {
            do {
                try Migrator(second.service(), logger: TestTenant.quiet, files: files).migrate(tenant)
            } catch {
                Issue.record(error)
            }
            isSecondDone.signal()
        }
        #expect(isSecondDone.wait(timeout: .now() + 1) == .timedOut)
        try owner.script(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tandem' and datname = current_database() and query like '%more_first%' and pid <> pg_backend_pid()"
        )
        #expect(isDone.wait(timeout: .now() + 60) == .success)
        #expect(try migrator(files).plan().map(\.pending) == [["tenant/migrations/9001_index.sql"]])
        try writer.script("rollback")
        #expect(isSecondDone.wait(timeout: .now() + 60) == .success)
        #expect(try valid() == ["more_first": true, "more_last": true])
        #expect(try migrator(files).plan().isEmpty)
        let before = try owner.execute("select count(*) from pg_index where not indisvalid").one().int(0)
        #expect(before == 0)
    }

    @Test("A unique index that meets rows which are not leaves nothing that refuses more; a new tenant has it at once")
    func uniqueByStatement() throws {
        let tenant = try TestTenant(in: database).tenant
        let table = try migration("9001_table", "create table thing (a int, b int);")
        try migrator(files(adding: [table])).migrate(tenant)
        let owner = try database.connect()
        try owner.script("insert into \(tenant.schema).thing values (1, 1), (1, 2)")
        let index = try migration(
            "9002_index", "CREATE unique INDEX\n  CONCURRENTLY if not exists thing_a on thing (a);",
            more: "-- transaction: none")
        #expect(MigrationLint.findings(path: index.path, text: index.text).map(\.rule) == [.rolling])
        let files = try files(adding: [table, index])
        let error = #expect(throws: PostgresError.self) { try migrator(files).migrate(tenant) }
        #expect(error?.serverState == .uniqueViolation)
        #expect(try owner.execute("select count(*) from pg_index where not indisvalid").one().int(0) == 0)
        try owner.script("insert into \(tenant.schema).thing values (1, 3); delete from \(tenant.schema).thing")
        #expect(try migrator(files).migrateAll().isEmpty)
        // Its tables are empty and nobody's: in one transaction.
        #expect(index.textInTransaction.lowercased().contains("concurrently") == false)
    }

    @Test("What servers of the build before do not survive is refused while one runs, before anything is changed")
    func breaking() throws {
        let tenants = try (0..<2).map { _ in try TestTenant(in: database).tenant }
        let files = try files(adding: [
            migration("9001_more", "create table more (id int primary key);"),
            migration("9002_gone", "alter table profiles drop column more;", more: "-- rolling: no"),
        ])
        let owner = try database.connect()
        func server(_ schema: String) throws {
            try owner.script(
                """
                delete from tandem.server;
                insert into tandem.server (id, code_schema, build, host, process, address)
                values (gen_random_uuid(), '\(schema)', '0.0.9', 'db1', 4711, '')
                """)
        }
        try server("tandem_code_0123456789")
        let error = #expect(throws: PostgresError.self) { _ = try migrator(files).migrateAll() }
        let message = try #require(error?.message)
        #expect(message.contains("9002_gone.sql") && message.contains("process 4711 on db1"))
        // Of itself it gets better: when they stop.
        #expect(error?.serverState == .objectInUse)
        #expect(error?.hint?.contains("--anyway") == true)
        for tenant in tenants { #expect(try !tables(tenant).contains("more")) }
        let plans = try migrator(files).plan()
        #expect(plans.map(\.breaking) == Array(repeating: ["tenant/migrations/9002_gone.sql"], count: 2))
        #expect(try migrator(files).steps(plans).map(\.isRolling) == [true, false])
        // A file that every tenant has is no matter.
        try RollingUpgrade.check(self.files().migrations, database.service())
        // Those of this build do not matter: they know what comes.
        for tenant in tenants { try owner.script("alter table \(tenant.schema).profiles add more int") }
        try server(CodeVersion.schema)
        #expect(try migrator(files).migrateAll().isEmpty)
    }

    @Test("A server of an older build makes no tenant once a newer one is here")
    func older() throws {
        let before = try TestTenant(modules: [.cdp], in: database).tenant
        let owner = try database.connect()
        try owner.script(
            """
            insert into tandem.code_version (schema_name, build, migrations, deployed_at)
            values ('tandem_code_0123456789', '9', array['tenant/migrations/9001_more.sql'], now() + interval '1 second')
            """)
        let error = #expect(throws: PostgresError.self) { _ = try TestTenant(in: database) }
        #expect(error?.message.contains("9001_more.sql") == true)
        // Nor does it add a module, whose tables it would not know.
        let directory = TenantDirectory(try database.service(), actor: "test", logger: TestTenant.quiet)
        #expect(throws: PostgresError.self) { try directory.update(before, modules: [.cdp, .crm]) }
        #expect(try directory.find(before.slug).modules == [.cdp])
        #expect(try directory.update(before, displayName: "Renamed").displayName == "Renamed")
        try owner.script("delete from tandem.code_version where build = '9'")
        _ = try TestTenant(in: database)
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
