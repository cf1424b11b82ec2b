"""What a BI login sees of a tenant, and what it cannot do."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy

from server import Server, Tenant, code_schema

# Relations that the contract names, and the foreign keys that BI tools must discover.
TABLES = {
    "profiles", "accounts", "contacts", "contact_channels", "account_contacts", "leads", "pipelines", "stages",
    "opportunities", "opportunity_history", "opportunity_stages", "opportunity_contacts", "products",
    "opportunity_products", "activities", "activity_links", "tickets", "users", "teams",
}
VIEWS = {
    "events", "tracks", "pages", "screens", "identifies", "groups", "profile_identifiers", "profile_traits",
    "profile_groups", "profile_merges", "sessions",
}
FOREIGN_KEYS = {
    ("contacts", "profiles"), ("leads", "profiles"), ("account_contacts", "accounts"), ("account_contacts", "contacts"),
    ("contact_channels", "contacts"), ("opportunities", "accounts"), ("opportunities", "pipelines"),
    ("opportunities", "stages"), ("opportunities", "users"), ("opportunity_stages", "opportunities"),
    ("opportunity_stages", "stages"), ("opportunity_contacts", "opportunities"), ("opportunity_contacts", "contacts"),
    ("opportunity_products", "opportunities"), ("opportunity_products", "products"), ("activity_links", "activities"),
    ("stages", "pipelines"), ("users", "teams"), ("accounts", "accounts"),
}


@pytest.fixture(scope="module")
def two(tandem: Server) -> tuple[Tenant, Tenant]:
    """Two tenants with the same kind of data; every value of the second says so."""
    tenants = (tandem.tenant("bi-mine"), tandem.tenant("bi-other"))
    for tenant in tenants:
        mark = tenant.slug
        batch = [
            {"type": "track", "userId": f"user-{mark}", "anonymousId": f"anon-{mark}", "event": "Order Placed",
             "properties": {"mark": mark, "total": 5}, "context": {"sessionId": f"s-{mark}", "page": {"path": "/" + mark}}},
            {"type": "page", "userId": f"user-{mark}", "name": "Home", "properties": {"url": f"https://{mark}.example/"}},
            {"type": "identify", "userId": f"user-{mark}", "traits": {"email": f"user@{mark}.example", "plan": mark}},
            {"type": "group", "userId": f"user-{mark}", "groupId": f"group-{mark}",
             "traits": {"name": f"Company {mark}", "seats": 20}},
        ]
        batch = [{"messageId": f"{mark}-{index}", **message} for index, message in enumerate(batch)]
        answer = tenant.ingest("batch", {"batch": batch})
        assert answer.json()["accepted"] == 4, answer.text
    return tenants


@pytest.fixture(scope="module")
def login(two: tuple[Tenant, Tenant]) -> dict[str, str]:
    made = two[0].server.cli("bi", "user", "create", two[0].slug, "analyst")
    assert set(made) >= {"login", "password", "schema", "dsn"}
    return made


@pytest.fixture
def reader(login: dict[str, str]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(login["dsn"], autocommit=True) as connection:
        yield connection


def refused(connection: psycopg.Connection, statement: str) -> None:
    """The statement must fail, and for want of a right (or as read-only), not because it is wrong."""
    with pytest.raises(psycopg.Error) as failure:
        connection.execute(statement)
    connection.rollback()
    assert failure.value.sqlstate in {"42501", "25006", "0LP01"}, f"{statement}: {failure.value}"


@pytest.mark.quick
def test_sqlalchemy_finds_tables_views_keys_and_comments(login: dict[str, str]) -> None:
    engine = sqlalchemy.create_engine(login["dsn"].replace("postgresql://", "postgresql+psycopg://"))
    inspector = sqlalchemy.inspect(engine)
    assert TABLES <= set(inspector.get_table_names())
    assert VIEWS <= set(inspector.get_view_names())
    found = set()
    for table in inspector.get_table_names():
        assert inspector.get_pk_constraint(table)["constrained_columns"], f"{table} has no primary key"
        for key in inspector.get_foreign_keys(table):
            assert key["referred_schema"] in (None, login["schema"]), "keys stay within the schema"
            found.add((table, key["referred_table"]))
    assert FOREIGN_KEYS <= found
    for relation in [*inspector.get_table_names(), *inspector.get_view_names()]:
        assert inspector.get_table_comment(relation)["text"], f"{relation} has no comment"
        bare = [column["name"] for column in inspector.get_columns(relation) if not column["comment"]]
        assert bare == [], f"{relation} has columns without a comment"
    engine.dispose()


def test_the_views_tell_what_was_sent(reader: psycopg.Connection) -> None:
    def one(statement: str) -> tuple[Any, ...]:
        rows = reader.execute(statement).fetchall()
        assert len(rows) == 1, f"{statement}: {rows}"
        return rows[0]

    profile, user_id, email = one("select profile_id, user_id, email from profiles")
    assert (user_id, email) == ("user-bi-mine", "user@bi-mine.example")
    assert one("select event, event_text, user_id, profile_id, properties->>'total', context_page_path from tracks") == (
        "order_placed", "Order Placed", "user-bi-mine", profile, "5", "/bi-mine")
    assert one("select name, url from pages") == ("Home", "https://bi-mine.example/")
    assert one("select email, traits->>'plan' from identifies") == ("user@bi-mine.example", "bi-mine")
    assert one("select group_id, name, traits->>'seats' from groups") == ("group-bi-mine", "Company bi-mine", "20")
    assert one("select profile_id, events, entry_path from sessions") == (profile, 1, "/bi-mine")
    assert one("select group_id from profile_groups") == ("group-bi-mine",)
    assert one("select value from profile_traits where trait = 'plan'") == ("bi-mine",)
    types = {row[0] for row in reader.execute("select type from profile_identifiers")}
    assert {"user_id", "anonymous_id", "email"} <= types
    assert one("select count(*) from events") == (4,)
    assert one("select name from accounts where group_id = 'group-bi-mine'") == ("Company bi-mine",)


def test_no_row_of_another_tenant_is_in_any_relation(reader: psycopg.Connection, two: tuple[Tenant, Tenant]) -> None:
    relations = [row[0] for row in reader.execute(
        "select relname from pg_class where relnamespace = %s::regnamespace and relkind in ('r', 'p', 'v')", [two[0].schema])]
    assert TABLES | VIEWS <= set(relations)
    for relation in relations:
        text = "\n".join(str(row) for row in reader.execute(f'select * from "{relation}"').fetchall())
        assert "bi-other" not in text, relation


def test_other_schemas_are_closed(reader: psycopg.Connection, two: tuple[Tenant, Tenant]) -> None:
    mine, other = two
    for statement in (
        f"select * from {other.schema}.profiles", f"select * from {other.schema}.events",
        f"select * from {other.internals}.event_log", f"select * from {mine.internals}.event_log",
        f"select * from {mine.internals}.node", "select * from tandem.api_key", "select * from tandem.tenant",
        f"select {code_schema()}.find_tenants()", "select * from pg_authid", "select * from pg_shadow",
        f"set role {mine.schema}_owner", f"set role {mine.schema}_app", f"set role {other.schema}_bi",
        "set role tandem_admin", "set session authorization postgres",
    ):
        refused(reader, statement)


def test_nothing_is_writable_even_without_the_read_only_default(
    reader: psycopg.Connection, two: tuple[Tenant, Tenant], tandem: Server
) -> None:
    service = tandem.sql("select pid from pg_stat_activity where usename = 'tandem' limit 1")[0][0]
    reader.execute("set default_transaction_read_only = off")
    schema = two[0].schema
    for statement in (
        "delete from profiles", "update accounts set name = 'x'", "insert into teams values (null)",
        "truncate accounts", f"create table {schema}.mine (x int)", "create table public.mine (x int)",
        "create schema mine", "drop view events", "comment on table accounts is 'x'", "alter table accounts add column x int",
        "create temporary table t (x int)", "create temporary view v as select 1",
        "select * into temporary t from accounts",
        "create function pg_temp.f() returns int language sql as 'select 1'", "do $$ begin end $$",
        "create extension citext", "begin; lock table accounts in access exclusive mode",
        "copy accounts to program 'cat'", "copy accounts to '/tmp/stolen'", "select pg_read_file('/etc/passwd')",
        "select lo_create(0)", "select lo_from_bytea(0, 'x')", "select lo_import('/etc/passwd')",
        "select pg_advisory_lock(1)", "select pg_try_advisory_lock(1)", "select pg_advisory_xact_lock(1)",
        "select pg_try_advisory_xact_lock_shared(1, 2)", "select pg_sleep(1)", "select pg_sleep_for('1 s')",
        "select pg_logical_emit_message(false, 'x', repeat('x', 1000))",
        "select pg_export_snapshot()", "select pg_notify('outbox', 'x')", "select * from pg_stat_activity",
        f"select pg_terminate_backend({service})", "alter system set fsync = off", "set temp_file_limit = -1",
        "alter role current_user createrole", "create role mine", "create publication p for all tables",
    ):
        refused(reader, statement)


def test_what_tools_need_stays_open(reader: psycopg.Connection) -> None:
    for statement in (
        "select pg_size_pretty(pg_table_size('accounts'))", "select current_setting('server_version')",
        "explain select * from events", "select * from information_schema.columns limit 1",
        "begin; declare c cursor for select * from events; fetch 1 from c; commit",
    ):
        reader.execute(statement)


def test_a_revoked_login_is_thrown_out(tandem: Server, two: tuple[Tenant, Tenant]) -> None:
    made = tandem.cli("bi", "user", "create", two[0].slug, "short-lived")
    connection = psycopg.connect(made["dsn"], autocommit=True)
    connection.execute("select 1")
    tandem.cli("bi", "user", "revoke", two[0].slug, "short-lived")
    with pytest.raises(psycopg.OperationalError):
        connection.execute("select 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(made["dsn"])
    again = tandem.cli("bi", "user", "create", two[0].slug, "short-lived")
    assert again["login"] != made["login"], "a login's name is never used twice"


def test_a_wrong_password_and_the_service_logins_are_refused_over_tcp(login: dict[str, str], tandem: Server) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(login["dsn"].replace(login["password"], "wrong"))
    for user in ("postgres", "tandem"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"host=127.0.0.1 port={tandem.postgres['port']} user={user} dbname=tandem password=x")


def test_opened_to_others_the_server_takes_bi_logins_over_tls_only(own_tandem: Server) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own_tandem.tenant("acme")
    assert own_tandem.stop() == 0
    own_tandem.start("--bi-listen", f"0.0.0.0:{port}")
    made = own_tandem.cli("bi", "user", "create", "acme", "remote")
    assert f":{port}/" in made["dsn"] and "sslmode=require" in made["dsn"]
    with psycopg.connect(made["dsn"]) as connection:
        assert connection.pgconn.ssl_in_use
        connection.execute("select * from accounts")
    if "@127.0.0.1:" not in made["dsn"]:  # a machine with a network: what does not encrypt is turned away
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            psycopg.connect(made["dsn"].replace("sslmode=require", "sslmode=disable"))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(made["dsn"].replace(made["login"], "tandem"))
