import Postgres
import TandemTesting
import Testing

@testable import Tandem

@Suite("Isolation of tenants")
struct IsolationTests {
    private let tenant = TestTenant.shared

    @Test("A forgotten role fails closed")
    func noRole() throws {
        let connection = try tenant.connect()
        for statement: Statement in ["select count(*) from tandem.tenant", "select create_tenant(null)"] {
            let error = #expect(throws: PostgresError.self) { try connection.execute(statement) }
            #expect(error?.serverState == .insufficientPrivilege || error?.serverState == .undefinedFunction)
        }
        let path = [(name: "search_path", value: "\(tenant.tenant.schema), \(tenant.tenant.schema.internals)")]
        let error = #expect(throws: PostgresError.self) {
            try connection.single(settings: path, "select count(*) from profiles")
        }
        #expect(error?.serverState == .undefinedTable || error?.serverState == .insufficientPrivilege)
    }

    @Test("A tenant's role reads and writes its own schemas and nothing of another tenant or of the control plane")
    func otherTenant() throws {
        let other = try TestTenant()
        let connection = try tenant.connect()
        try connection.single(settings: tenant.settings, "select count(*) from node")
        let foreign = [
            "select count(*) from \(other.tenant.schema).profiles",
            "select count(*) from \(other.tenant.schema.internals).node",
            "select count(*) from tandem.api_key", "select \(CodeVersion.schema).find_tenants()",
            "create table \(tenant.tenant.schema).more (x int)",
        ]
        for sql in foreign {
            let error = #expect(throws: PostgresError.self) {
                try connection.single(settings: tenant.settings, Statement(unchecked: sql))
            }
            #expect(error?.serverState == .insufficientPrivilege, "\(sql)")
        }
    }

    @Test("No relation name occurs in both schemas of a tenant, and every table has a primary key")
    func names() throws {
        let connection = try TestTenant.sharedDatabase.connect()
        let schema = tenant.tenant.schema
        let both = try connection.execute(
            """
            select c.relname::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
            where n.nspname in (\(schema.name), \(schema.internals)) and c.relkind in ('r', 'p', 'v', 'S')
            group by c.relname having count(*) > 1
            """)
        #expect(try both.map { try $0.text(0) } == [])
        let keyless = try connection.execute(
            """
            select c.relname::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
            where n.nspname in (\(schema.name), \(schema.internals)) and c.relkind in ('r', 'p')
              and not exists (select from pg_index as i where i.indrelid = c.oid and i.indisprimary)
            """)
        #expect(try keyless.map { try $0.text(0) } == [])
    }

    @Test("Foreign keys stay within the first schema or lead from the internals to it, and never leave the tenant")
    func foreignKeys() throws {
        let connection = try TestTenant.sharedDatabase.connect()
        let schema = tenant.tenant.schema
        let wrong = try connection.execute(
            """
            select k.conname::text from pg_constraint as k
            join pg_class as a on a.oid = k.conrelid join pg_namespace as an on an.oid = a.relnamespace
            join pg_class as b on b.oid = k.confrelid join pg_namespace as bn on bn.oid = b.relnamespace
            where k.contype = 'f' and an.nspname in (\(schema.name), \(schema.internals))
              and (bn.nspname not in (\(schema.name), \(schema.internals))
                or an.nspname = \(schema.name) and bn.nspname = \(schema.internals))
            """)
        #expect(try wrong.map { try $0.text(0) } == [])
    }

    @Test("Shared procedures use no tenant's types, no view, and run with their caller's rights")
    func procedures() throws {
        let connection = try TestTenant.sharedDatabase.connect()
        let wrong = try connection.execute(
            """
            select p.proname::text from pg_proc as p where p.pronamespace = to_regnamespace(\(CodeVersion.schema))
              and (p.prosecdef or p.prosqlbody is not null or p.prosrc ~* '%rowtype|%type')
            """)
        #expect(try wrong.map { try $0.text(0) } == [])
        let views = try connection.execute(
            "select count(*) from pg_class where relnamespace = to_regnamespace(\(CodeVersion.schema))"
        ).one().int(0)
        #expect(views == 0)
    }

    @Test("Every column that BI sees has a comment")
    func comments() throws {
        let connection = try TestTenant.sharedDatabase.connect()
        let bare = try connection.execute(
            """
            select c.relname || '.' || a.attname from pg_class as c
            join pg_namespace as n on n.oid = c.relnamespace
            join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where n.nspname = \(tenant.tenant.schema.name) and c.relkind in ('r', 'p', 'v')
              and col_description(c.oid, a.attnum) is null
            order by 1
            """)
        #expect(try bare.map { try $0.text(0) } == [])
    }
}
