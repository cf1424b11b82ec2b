import Foundation
import Postgres
import Synchronization
import TandemSQL
import TandemTesting
import Testing

@testable import Tandem

@Suite("Code deployer")
struct CodeDeployerTests {
    private func file(_ name: String, _ text: String) -> EmbeddedSQL.File {
        EmbeddedSQL.File(path: "code/test/\(name).sql", text: text)
    }

    /// Deploys these files as a build that has no others.
    private func deploy(_ files: [EmbeddedSQL.File], _ connection: Connection) throws -> String {
        let schema = CodeVersion.schema(for: files)
        try connection.transaction(settings: CodeDeployer.settings(schema)) { connection in
            try CodeDeployer.create(schema, files, on: connection)
            try connection.execute(
                ControlPlane.file(
                    "control/deploy/note_code_version.sql", .text(schema), .text("test"), .textArray(["a.sql"]),
                    .bool(false)))
        }
        return schema
    }

    private func functions(_ schema: String, _ connection: Connection) throws -> [String] {
        try connection.execute(
            """
            select p.proname || '(' || pg_get_function_arguments(p.oid) || ')' from pg_proc as p
            where p.pronamespace = to_regnamespace(\(schema)) order by 1
            """
        ).map { try $0.text(0) }
    }

    private func schemas(_ connection: Connection) throws -> Set<String> {
        Set(
            try connection.execute("select nspname::text from pg_namespace where nspname ~ '^tandem_code'").map {
                try $0.text(0)
            })
    }

    @Test("The procedures of two builds stand side by side, whatever differs, and each finds its own")
    func sideBySide() throws {
        let connection = try TestTenant.preparedDatabase().service()
        let old = try deploy(
            [file("f", "create or replace function f(p_a int) returns int language sql as 'select 1';")], connection)
        let new = try deploy(
            [
                file(
                    "f",
                    "create or replace function f(p_b int, p_c int default 0) returns text language sql as 'select ''two''';"
                )
            ],
            connection)
        #expect(try functions(old, connection) == ["f(p_a integer)"])
        #expect(try functions(new, connection) == ["f(p_b integer, p_c integer DEFAULT 0)"])
        let path = [(name: "search_path", value: "\(old), pg_temp"), (name: "role", value: "tandem_admin")]
        #expect(try connection.single(settings: path, "select f(7)").one().int(0) == 1)
    }

    @Test("Of builds that are past the last one stays, and those that a server uses")
    func unused() throws {
        let database = try TestTenant.preparedDatabase()
        let connection = try database.service()
        let own = CodeVersion.schema
        let builds = try (1...4).map { number in
            try deploy(
                [file("f", "create or replace function f() returns int language sql as 'select \(number)';")],
                connection)
        }
        let owner = try database.connect()
        try owner.script(
            """
            create schema tandem_code authorization tandem_admin;
            create function tandem_code.f() returns int language sql as 'select 0'
            """)
        // A server of the second build runs, one of the first was seen an hour ago.
        try owner.script(
            """
            insert into tandem.server (id, code_schema, build, host, process, address, seen_at) values
                (gen_random_uuid(), '\(builds[1])', '1', 'h', 1, '', now()),
                (gen_random_uuid(), '\(builds[0])', '1', 'h', 2, '', now() - interval '1 hour')
            """)
        func drop(newest: String) throws {
            try connection.transaction(settings: CodeDeployer.settings(newest)) { connection in
                try connection.script(ControlPlane.text("control/deploy/drop_unused_code.sql"))
            }
        }
        try drop(newest: builds[3])
        #expect(try schemas(connection) == ["tandem_code", builds[1], builds[2], builds[3]])
        // Servers of builds that had that schema do not say that they run: it goes when the first of these is a day old.
        try owner.script("update tandem.code_version set deployed_at = deployed_at - interval '25 hours'")
        try drop(newest: builds[3])
        #expect(try schemas(connection) == [builds[1], builds[2], builds[3]])
        // The first build of all comes back: nothing of it is left, so it is deployed anew.
        #expect(try !ControlPlane.isCurrent(connection))
        try ControlPlane.prepare(connection, logger: TestTenant.quiet)
        #expect(try schemas(connection) == [own, builds[1], builds[3]])
        #expect(try ControlPlane.isCurrent(connection))
    }

    @Test("What somebody else built on procedures of a build that is past is not dropped with them")
    func used() throws {
        let database = try TestTenant.preparedDatabase()
        let connection = try database.service()
        let old = try deploy(
            [
                file("f", "create or replace function f() returns int language sql as 'select 1';"),
                file("g", "create or replace function g() returns int language sql as 'select 2';"),
            ], connection)
        let newer = try deploy(
            [file("f", "create or replace function f() returns int language sql as 'select 3';")], connection)
        let owner = try database.connect()
        try owner.script("create view public.theirs as select \(old).f() as n")
        func drop() throws {
            // Only the newest stays beside this one.
            try owner.script("update tandem.code_version set deployed_at = now() where schema_name = '\(newer)'")
            try connection.transaction(settings: CodeDeployer.settings(CodeVersion.schema)) { connection in
                try connection.script(ControlPlane.text("control/deploy/drop_unused_code.sql"))
            }
        }
        try drop()
        #expect(try functions(old, connection) == ["f()", "g()"])
        #expect(try owner.execute("select n from public.theirs").one().int(0) == 1)
        try owner.script("drop view public.theirs")
        try drop()
        #expect(try !schemas(connection).contains(old))
    }

    @Test("A server of an older build that comes back while newer ones run stays behind them")
    func behind() throws {
        let database = try TestTenant.preparedDatabase()
        let connection = try database.service()
        let newer = try deploy(
            [file("f", "create or replace function f() returns int language sql as 'select 1';")], connection)
        let owner = try database.connect()
        try owner.script(
            """
            insert into tandem.server (id, code_schema, build, host, process, address)
            values (gen_random_uuid(), '\(newer)', '1', 'h', 1, '')
            """)
        try ControlPlane.prepare(connection, staysBehind: true, logger: TestTenant.quiet)
        #expect(try !ControlPlane.isNewest(connection))
        // Told to by somebody, or alone, it takes over.
        try ControlPlane.prepare(connection, logger: TestTenant.quiet)
        #expect(try ControlPlane.isNewest(connection))
        // Who is the newest stays so whatever runs, and says anew what it is.
        try owner.script("update tandem.code_version set build = 'x', migrations = '{}'")
        try ControlPlane.prepare(connection, staysBehind: true, logger: TestTenant.quiet)
        #expect(try ControlPlane.isNewest(connection))
        let newest = try connection.single(settings: TenantDatabase.control(), .call("newest_build")).one()
        #expect(try newest.texts("migrations") == CodeVersion.migrations)
    }

    @Test("A file that fails names its place and leaves everything as it was")
    func failure() throws {
        let connection = try TestTenant.preparedDatabase().service()
        let bad = file(
            "bad", "-- first line\ncreate or replace function bad() returns int\nlanguage sqll as 'select 1';")
        let before = try schemas(connection)
        let error = #expect(throws: PostgresError.self) { _ = try deploy([bad], connection) }
        #expect(error?.message.hasPrefix("sql/code/test/bad.sql") == true)
        #expect(try schemas(connection) == before)
        #expect(try ControlPlane.isCurrent(connection))
    }

    @Test("Servers that start at once on an empty database do not meet")
    func atOnce() throws {
        let database = try TestServer.shared.database()
        try ControlPlane.setUpAsSuperuser(database.connect())
        let failures = Mutex<[String]>([])
        let done = DispatchGroup()
        for number in 0..<3 {
            done.enter()
            DedicatedThread.spawn(name: "server-\(number)") {
                do {
                    try ControlPlane.prepare(database.service(), logger: TestTenant.quiet)
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
                done.leave()
            }
        }
        #expect(done.wait(timeout: .now() + 120) == .success)
        #expect(failures.withLock { $0 } == [])
        #expect(try ControlPlane.isCurrent(database.service()))
    }

    @Test("Nothing is deployed twice")
    func idempotent() throws {
        let database = try TestTenant.preparedDatabase()
        let connection = try database.service()
        let before = try functions(CodeVersion.schema, connection)
        try CodeDeployer.deploy(connection, logger: TestTenant.quiet)
        #expect(try functions(CodeVersion.schema, connection) == before && !before.isEmpty)
        #expect(try schemas(connection) == [CodeVersion.schema])
        let newest = try connection.single(settings: TenantDatabase.control(), .call("newest_build")).one()
        #expect(try newest.text("code_schema") == CodeVersion.schema)
        #expect(try newest.texts("migrations") == CodeVersion.migrations)
    }

    @Test("Each file of procedures creates exactly the function that it is named after")
    func fileNames() {
        for file in EmbeddedSQL.files(below: "code") {
            let name = String(file.path.split(separator: "/").last?.dropLast(4) ?? "")
            #expect(CodeDeployer.names(in: file.text) == [name], "\(file.path)")
        }
    }

    @Test("Every part of a text counts for the name of the schema")
    func schemaNames() {
        let names = [
            [file("f", "a")], [file("f", "b")], [file("g", "a")], [file("f", "a"), file("g", "a")],
        ].map { CodeVersion.schema(for: $0) }
        #expect(Set(names).count == 4)
        // Also what no procedure says: a release may change views or migrations alone.
        #expect(CodeVersion.schema == CodeVersion.schema(for: EmbeddedSQL.files))
        #expect(CodeVersion.schema != CodeVersion.schema(for: EmbeddedSQL.files(below: "code")))
        #expect(CodeVersion.schema.wholeMatch(of: /tandem_code_[0-9a-f]{10}/) != nil)
    }
}
