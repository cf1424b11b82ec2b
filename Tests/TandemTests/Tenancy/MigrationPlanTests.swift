import Testing

@testable import Tandem

@Suite("Migration plan")
struct MigrationPlanTests {
    private func file(_ name: String, _ header: String, folder: String = "migrations") throws -> TenantSQLFile {
        try TenantSQLFile(path: "tenant/\(folder)/\(name).sql", text: "\(header)\nselect 1;\n")
    }

    private func files() throws -> TenantSchemaFiles {
        try TenantSchemaFiles(
            migrations: [
                file("0003_c", "-- safety: online\n-- module: crm\n-- schema: bi"),
                file("0001_a", "-- safety: online\n-- module: all\n-- schema: internal"),
                file("0002_b", "-- safety: locks-briefly\n-- module: cdp\n-- schema: bi"),
            ],
            views: [
                file("pages", "-- module: cdp\n-- after: events", folder: "views/bi"),
                file("events", "-- module: cdp", folder: "views/bi"),
                file("accounts_seen", "-- module: crm", folder: "views/bi"),
            ])
    }

    @Test("What is not in the ledger is pending, in order, for the tenant's modules")
    func pending() throws {
        let files = try files()
        let first = try #require(files.migrations.first)
        let plan = files.plan(modules: [.cdp], applied: [first.path: first.sha256])
        #expect(plan.pending.map(\.name) == ["0002_b"])
        #expect(plan.pending.first?.safety == .locksBriefly)
        #expect(files.plan(modules: [.cdp, .crm], applied: [:]).pending.map(\.name) == ["0001_a", "0002_b", "0003_c"])
        #expect(plan.isPossible)
    }

    @Test("A ledger of another build is refused")
    func foreign() throws {
        let files = try files()
        let plan = files.plan(
            modules: [.cdp], applied: ["tenant/migrations/0001_a.sql": "00", "tenant/migrations/0009_z.sql": "00"])
        #expect(plan.changed == ["tenant/migrations/0001_a.sql"])
        #expect(plan.unknown == ["tenant/migrations/0009_z.sql"])
        #expect(!plan.isPossible)
    }

    @Test("Views come after those they read, and only for the tenant's modules")
    func views() throws {
        let files = try files()
        #expect(files.views(for: [.cdp]).map(\.name) == ["events", "pages"])
        #expect(files.views(for: [.crm]).map(\.name) == ["accounts_seen"])
    }

    @Test("Views that come after each other, or after nothing, are refused")
    func cycles() throws {
        let a = try file("a", "-- after: b", folder: "views/bi")
        let b = try file("b", "-- after: a", folder: "views/bi")
        let c = try file("c", "-- after: nothing", folder: "views/bi")
        #expect(throws: TenantSQLFile.HeaderError.self) { try TenantSchemaFiles(migrations: [], views: [a, b]) }
        #expect(throws: TenantSQLFile.HeaderError.self) { try TenantSchemaFiles(migrations: [], views: [c]) }
    }

    @Test("The digest changes with a file, a view and the modules")
    func digests() throws {
        let files = try files()
        let other = try TenantSchemaFiles(migrations: files.migrations, views: Array(files.views.dropLast()))
        #expect(Set(files.digests.map(\.digest)).count == 3)
        #expect(files.digest(for: [.cdp, .crm]) != other.digest(for: [.cdp, .crm]))
    }

    @Test(
        "A header that says too little or something unknown is refused",
        arguments: [
            "-- module: all\n-- schema: bi", "-- safety: online\n-- module: all", "-- safety: quick\n-- schema: bi",
            "-- safety: online\n-- module: erp\n-- schema: bi",
        ])
    func headers(header: String) {
        #expect(throws: TenantSQLFile.HeaderError.self) { try file("0001_a", header) }
    }

    @Test("Every file of this build states its header")
    func embedded() throws {
        let files = try TenantSchemaFiles.embedded()
        #expect(!files.migrations.isEmpty && !files.views.isEmpty)
    }
}
