import TandemSQL
import Testing

@testable import Tandem

@Suite("Migration lint")
struct MigrationLintTests {
    private func rules(_ body: String, safety: String = "locks-briefly", more: String = "-- rolling: no") -> [String] {
        let text = "-- safety: \(safety)\n-- module: all\n-- schema: bi\n\(more)\n\(body)\n"
        return MigrationLint.findings(path: "0100_x.sql", text: text).map(\.rule.rawValue)
    }

    @Test(
        "What holds up requests on a table with rows is found",
        arguments: [
            ("alter table accounts alter column name type varchar(10);", "rewrite"),
            ("alter table accounts add column n bigserial;", "rewrite"),
            ("alter table accounts add column n int generated always as (1 + 1) stored;", "rewrite"),
            ("alter table accounts add column at timestamptz default clock_timestamp();", "volatile-default"),
            ("alter table accounts add column id2 uuid default gen_random_uuid();", "volatile-default"),
            ("create index a_name on accounts (name);", "index"),
            ("create unique index if not exists a_name on only accounts (name);", "index"),
            ("alter table accounts alter column name set not null;", "not-null"),
            ("alter table accounts add column n int not null;", "not-null"),
            ("alter table accounts add n int not null;", "not-null"),
            ("alter table accounts alter name type varchar(10);", "rewrite"),
            (
                "alter table accounts add constraint c check (n > 0) not valid, add constraint d check (n > 0);",
                "constraint"
            ),
            ("alter table accounts add constraint c check (n > 0);", "constraint"),
            ("alter table accounts add constraint f foreign key (n) references m;", "constraint"),
            ("update accounts set name = '; where ';", "whole-table"),
            ("delete from accounts;", "whole-table"),
        ])
    func found(body: String, rule: String) {
        #expect(rules(body) == [rule])
        #expect(rules(body, safety: "offline").isEmpty)
    }

    @Test(
        "What is quick is not",
        arguments: [
            "alter table accounts add column if not exists n integer not null default 20 check (n > 0);",
            "alter table accounts add column at timestamptz default now();",
            "create table more (id uuid primary key default gen_random_uuid()); create index more_id on more (id);",
            "alter table accounts add constraint c check (n > 0) not valid;",
            """
            alter table accounts add constraint c check (name is not null) not valid;
            alter table accounts validate constraint c;
            alter table accounts alter column name set not null;
            """,
            "-- create index a on accounts (b);\n/* update accounts set x = 1; */ comment on table accounts is 'update a;';",
            "do $body$ begin update accounts set x = 1; end $body$;",
            "update accounts set name = 'x' where id = '1';",
        ])
    func fine(body: String) { #expect(rules(body) == []) }

    /// One that there is.
    private static let uniqueIndex =
        EmbeddedSQL.files(below: "tenant/migrations").lazy.compactMap {
            $0.text.firstMatch(of: #/create unique index (?:if not exists )?(\w+) /#)?.output.1
        }.first ?? "none"

    @Test(
        "What servers of the build before do not survive is found, unless the file says so",
        arguments: [
            ("drop table accounts;", false), ("alter table accounts drop column name;", false),
            ("alter table accounts rename column name to title;", false),
            ("alter table accounts rename to companies;", false),
            ("create unique index concurrently if not exists a_name on accounts (name);", true),
            ("alter table accounts add constraint c check (n > 0) not valid;", true),
            ("alter table accounts alter column n drop default;", true),
            ("alter table accounts drop name;", false),
            ("create table more (id int); drop table more, accounts;", false),
            ("alter table accounts add column n int, drop column if exists name;", false),
            ("alter table accounts drop constraint accounts_group_id_key;", true),
            ("drop index if exists \(uniqueIndex);", true),
            // What takes the place of another under its name may be narrower.
            (
                "alter table accounts drop constraint c; alter table accounts add constraint c check (n in (1, 2)) not valid;",
                true
            ),
        ])
    func rolling(body: String, mayKnowBetter: Bool) {
        let transaction = body.contains("concurrently") ? "-- transaction: none\n" : ""
        #expect(rules(body, more: transaction + "-- words: none") == ["rolling"])
        #expect(rules(body, more: transaction + "-- rolling: no") == [])
        #expect(rules(body, more: transaction + "-- rolling: yes") == (mayKnowBetter ? [] : ["rolling"]))
        #expect(rules(body, safety: "offline", more: transaction + "-- words: none") == ["rolling"])
    }

    @Test("What holds up requests may break older servers too: a file that says offline does not hide it")
    func both() {
        for body in [
            "alter table accounts alter name set data type text;", "alter table accounts add n int not null;",
            "alter table accounts add column n int not null, drop constraint c;",
        ] {
            #expect(rules(body, safety: "offline", more: "-- words: none") == ["rolling"], "\(body)")
            #expect(rules(body, safety: "offline", more: "-- rolling: no") == [], "\(body)")
        }
    }

    @Test(
        "What adds is nothing to them",
        arguments: [
            "alter table accounts add column n int;",
            "create table more (id int primary key); create unique index m on more (id);",
            "create table more (id int); alter table more add constraint c check (id > 0); drop table more;",
            "alter table accounts drop constraint c;",
            "alter table accounts add column n int not null default 1, add m numeric(10, 2) check (m > 0);",
            "alter table accounts alter column n drop not null, alter n set default 1;",
            "drop index if exists accounts_name;",
        ])
    func adding(body: String) { #expect(rules(body, more: "-- words: none") == []) }

    @Test("Outside of a transaction stands only what may be run again, and nowhere else")
    func byStatement() {
        let none = "-- rolling: yes\n-- transaction: none"
        let fine = """
            create index concurrently if not exists a_name on accounts (name);
            drop index concurrently if exists a_old; alter table accounts validate constraint c; comment on index a_name is 'by; name';
            """
        #expect(rules(fine, safety: "online", more: none) == [])
        for other in [
            "create index concurrently a_name on accounts (name);", "create index a_name on accounts (name);",
            "alter table accounts validate constraint c, add constraint d check (n > 0) not valid;",
            "alter table accounts add column n int;", "update accounts set n = 1 where id = '1';",
        ] {
            #expect(rules(other, more: none) == ["resumable"], "\(other)")
        }
        #expect(rules("create index concurrently if not exists a_name on accounts (name);").contains("resumable"))
    }

    @Test("A file that says online alters no table that is in use, and one without a header is refused")
    func declared() {
        #expect(rules("alter table accounts add column n int;", safety: "online") == ["declared"])
        #expect(rules("create table m (a int); alter table m add column b int;", safety: "online").isEmpty)
        #expect(MigrationLint.findings(path: "x.sql", text: "select 1").map(\.rule) == [.header])
    }

    @Test("Control migrations are held to it too, and their headers are read")
    func control() {
        func rules(_ text: String) -> [String] {
            MigrationLint.findings(path: "sql/control/migrations/0200_x.sql", text: text).map(\.rule.rawValue)
        }
        let body =
            "create table tandem.more (id int); alter table tandem.more drop id; alter table tandem.tenant drop column slug;"
        #expect(rules("-- safety: online\n\(body)") == ["rolling"])
        #expect(rules("-- safety: online\n-- rolling: no\n\(body)") == [])
        #expect(rules("-- safety: online\n-- rolling: No\n\(body)") == ["header"])
        #expect(rules("select 1") == ["header"])
    }

    @Test("A finding has its line")
    func line() {
        let text =
            "-- safety: online\n-- module: all\n-- schema: bi\n\ncreate table m (\n  a int\n);\ncreate index i on accounts (a);\n"
        #expect(MigrationLint.findings(path: "x.sql", text: text).map(\.line) == [8])
    }

    @Test("The migrations of this binary hold to it")
    func own() throws { #expect(try MigrationLint.ownFindings() == []) }
}
