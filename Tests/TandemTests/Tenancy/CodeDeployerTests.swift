import Postgres
import TandemSQL
import TandemTesting
import Testing

@testable import Tandem

@Suite("Code deployer")
struct CodeDeployerTests {
    private func file(_ name: String, _ text: String) -> EmbeddedSQL.File {
        EmbeddedSQL.File(path: "code/test/\(name).sql", text: text)
    }

    /// Deploys these files alone in a database of its own, then lists what is there.
    private func deploy(_ versions: [EmbeddedSQL.File]...) throws -> [String] {
        let database = try TestTenant.preparedDatabase()
        let connection = try database.service()
        for files in versions {
            _ = try connection.transaction(settings: TenantDatabase.control()) { connection in
                try CodeDeployer.deploy(files, on: connection)
            }
        }
        return try connection.execute(
            "select p.oid::regprocedure::text from pg_proc as p where p.pronamespace = 'tandem_code'::regnamespace order by 1"
        ).map { try $0.text(0) }
    }

    @Test("Another argument replaces the function instead of adding an overload")
    func arguments() throws {
        let old = file("f", "create or replace function f(p_a int) returns int language sql as 'select 1';")
        let new = file(
            "f", "create or replace function f(p_a int, p_b int default 0) returns int language sql as 'select 2';")
        #expect(try deploy([old], [new]) == ["tandem_code.f(integer,integer)"])
    }

    @Test(
        "A changed result or argument name, which create or replace refuses, is deployed all the same",
        arguments: [
            "create or replace function f(p_a int) returns text language sql as 'select null::text';",
            "create or replace function f(p_other int) returns int language sql as 'select 1';",
        ])
    func results(text: String) throws {
        let old = file("f", "create or replace function f(p_a int) returns int language sql as 'select 1';")
        #expect(try deploy([old], [file("f", text)]) == ["tandem_code.f(integer)"])
    }

    @Test("A function without a file goes")
    func removal() throws {
        let f = file("f", "create or replace function f() returns int language sql as 'select 1';")
        let g = file("g", "create or replace function g() returns int language sql as 'select 1';")
        #expect(try deploy([f, g], [g]) == ["tandem_code.g()"])
    }

    @Test("A file that fails names its place and leaves everything as it was")
    func failure() throws {
        let database = try TestTenant.preparedDatabase()
        let connection = try database.service()
        let bad = file(
            "bad", "-- first line\ncreate or replace function bad() returns int\nlanguage sqll as 'select 1';")
        let error = #expect(throws: PostgresError.self) {
            try connection.transaction(settings: TenantDatabase.control()) { connection in
                try CodeDeployer.deploy([bad], on: connection)
            }
        }
        #expect(error?.message.hasPrefix("sql/code/test/bad.sql") == true)
        #expect(try ControlPlane.isCurrent(connection))
    }

    @Test("Nothing is deployed twice")
    func idempotent() throws {
        let connection = try TestTenant.sharedDatabase.service()
        let count = try connection.transaction(settings: TenantDatabase.control()) { connection in
            try CodeDeployer.deploy(EmbeddedSQL.files(below: "code"), on: connection)
        }
        #expect(count == 0)
    }

    @Test("Each file of procedures creates exactly the function that it is named after")
    func fileNames() {
        for file in EmbeddedSQL.files(below: "code") {
            let name = String(file.path.split(separator: "/").last?.dropLast(4) ?? "")
            #expect(CodeDeployer.names(in: file.text) == [name], "\(file.path)")
        }
    }
}
