"""Each check of doctor: what it looks for is broken, it is named with what to do, and --fix puts right what needs no decision."""

from __future__ import annotations

import concurrent.futures
import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from server import ROOT, Server, code_schema, wait_until
from test_backup import findings

Json = dict[str, Any]


@pytest.fixture(scope="module")
def sick() -> Iterator[Server]:
    with Server() as server:
        server.tenant("acme")
        server.tenant("other")
        yield server


def finding(server: Server, check: str, *arguments: str) -> Json:
    return next(item for item in findings(server, *arguments) if item["check"] == check)


BREAKS: dict[str, tuple[str, str, str, str]] = {
    # check: (statement, how it is taken back, result, part of the detail)
    "search-path": (
        "create function {code}.odd() returns int language sql security definer as 'select 1'",
        "drop function {code}.odd()", "fail", "odd()"),
    "definer-functions": (
        "create function {code}.odd() returns int language sql security definer set search_path = pg_temp as 'select 1'",
        "drop function {code}.odd()", "fail", "1"),
    "isolation": ("grant usage on schema {acme}_i to public", "revoke usage on schema {acme}_i from public", "fail", "to public"),
    "walls": (
        "grant usage on schema {other}_i to {acme}_app; grant select on {other}_i.node to {acme}_app",
        "revoke all on {other}_i.node from {acme}_app; revoke all on schema {other}_i from {acme}_app", "fail", "reads tenant"),
    "slots": (
        "select pg_create_physical_replication_slot('left_behind')", "select pg_drop_replication_slot('left_behind')", "warn",
        "left_behind"),
    "foreign-keys": (
        "create table {acme}.big (account uuid references {acme}.accounts); alter table {acme}.big owner to {acme}_owner; "
        "update pg_class set reltuples = 20000 where oid = '{acme}.big'::regclass",
        "drop table {acme}.big", "warn", "big (account)"),
    "indexes": (
        "update pg_index set indisvalid = false where indexrelid = '{acme}.accounts_name_trgm'::regclass",
        "update pg_index set indisvalid = true where indexrelid = '{acme}.accounts_name_trgm'::regclass", "warn", "accounts"),
}


@pytest.mark.parametrize("check", sorted(BREAKS))
def test_doctor_names_what_was_broken_and_what_to_do(sick: Server, check: str) -> None:
    schemas = {name: sick.tenant(name).schema for name in ("acme", "other")}
    schemas["code"] = code_schema()
    statement, back, result, part = BREAKS[check]
    if check == "indexes":
        index = sick.sql(
            "select indexrelid::regclass::text from pg_index where indrelid = %s::regclass and not indisprimary limit 1",
            [f"{schemas['acme']}.accounts"])[0][0]
        statement, back = (text.replace("{acme}.accounts_name_trgm", index) for text in (statement, back))
    assert finding(sick, check)["result"] == "ok"
    with sick.connect() as connection:
        connection.execute(statement.format(**schemas))
    try:
        found = finding(sick, check)
        assert found["result"] == result and part in found["detail"], found
        assert found["remedy"]
    finally:
        with sick.connect() as connection:
            connection.execute(back.format(**schemas))
    assert finding(sick, check)["result"] == "ok"


def test_no_table_of_a_tenant_needs_an_index_that_it_lacks(sick: Server) -> None:
    """As if each of them were large, but those that are small in every tenant."""
    schema = sick.tenant("large").schema
    small = ["teams", "users", "pipelines", "stages", "products", "custom_field"]
    sick.sql(
        "update pg_class set reltuples = 20000 where relkind in ('r', 'p') and relnamespace::regnamespace::text in (%s, %s) "
        "and relname <> all (%s)", [schema, schema + "_i", small])
    found = finding(sick, "foreign-keys")
    assert found["result"] == "ok", found


@pytest.mark.parametrize(("check", "statement", "result"), [
    ("durability", "alter system set full_page_writes = off", "fail"),
    ("temporary-tables", "grant temporary on database tandem to public", "fail"),
    ("built-in-functions", "grant execute on function pg_sleep(double precision) to public", "warn"),
])
def test_fix_puts_right_what_needs_no_decision(sick: Server, check: str, statement: str, result: str) -> None:
    sick.sql(statement)
    sick.sql("select pg_reload_conf()")
    wait_until(lambda: finding(sick, check)["result"] == result, 20, every_s=0.3)
    assert finding(sick, check, "--fix", "--dry-run")["result"] == result
    found = finding(sick, check, "--fix")
    assert found["result"] == "ok" and found["fixed"], found
    assert finding(sick, check)["result"] == "ok"


def test_a_transaction_that_stays_open_is_named_and_one_of_bi_is_ended(sick: Server) -> None:
    login = sick.cli("bi", "user", "create", "acme", "analyst")
    # Ten minutes are too long for a test: what the check calls old is made so by the moment that it compares with.
    with psycopg.connect(login["dsn"]) as reader:
        reader.execute("select count(*) from accounts")
        sessions = sick.sql(old("doctor_sessions"))
        found = {row[0]: row for row in sessions}
        assert found["snapshots"][1] == "warn" and login["login"] in found["snapshots"][2]
        assert found["bi-sessions"][1] == "warn"
        assert sick.sql(old("fix_sessions")) == [(1,)]
        with pytest.raises(psycopg.OperationalError):
            reader.execute("select 1")


def test_sessions_are_seen_by_the_login_of_a_hardened_database(sick: Server) -> None:
    """As with a PostgreSQL of one's own: by its URL, without the superuser that the embedded server has."""
    environment = {**os.environ, "TANDEM_DATABASE_URL": sick.dsn.replace("user=postgres", "user=tandem")}

    def run(*arguments: str) -> Json:
        result = subprocess.run(
            [str(sick.binary), *arguments, "-o", "json"], env=environment, capture_output=True, text=True, check=False, timeout=120)
        assert result.stdout, result.stderr
        return json.loads(result.stdout)

    found = {item["check"]: item["result"] for item in run("doctor")["items"]}
    assert "sessions" not in found and found["snapshots"] == found["bloat"] == found["bi-sessions"] == "ok", found
    login = sick.cli("bi", "user", "create", "acme", "watched")
    with psycopg.connect(login["dsn"]) as reader:
        reader.execute("select 1")
        assert login["login"] in [item["login"] for item in run("bi", "sessions")["items"]]


def test_what_holds_rows_back_without_a_session_is_named(sick: Server) -> None:
    """Views of the names that the check reads stand for what a server without a standby does not have."""
    with sick.connect() as connection:
        connection.execute("create schema held")
        connection.execute(
            "create view held.pg_prepared_xacts as select 'left-' || n as gid, 'app' as owner, now() - n * interval '1 hour' as prepared"
            " from generate_series(0, 1) n")
        connection.execute(
            "create view held.pg_stat_replication as select 7 as pid, 'standby-b' as application_name, '3'::xid as backend_xmin")
        connection.execute(
            "create view held.pg_replication_slots as select 'cdc' as slot_name, true as active, null::xid as xmin,"
            " '3'::xid as catalog_xmin union all select 'fresh', true, null, (txid_current() % 4294967296)::text::xid")
        connection.execute("set search_path = held, pg_catalog")
        text = (ROOT / "sql/control/deploy/doctor_sessions.sql").read_text()
        try:
            calm = {row[0]: row for row in connection.execute(text).fetchall()}
            assert calm["prepared-transactions"][1] == "warn" and "left-1" in calm["prepared-transactions"][2]
            assert "left-0" not in calm["prepared-transactions"][2] and calm["prepared-transactions"][3]
            assert calm["standby-snapshots"][1] == "ok", "few transactions ago"
            found = {row[0]: row for row in connection.execute(text.replace("h.held > 1000000", "h.held > 100")).fetchall()}
            assert found["standby-snapshots"][1] == "warn" and found["standby-snapshots"][3]
            assert "standby standby-b" in found["standby-snapshots"][2] and "slot cdc" in found["standby-snapshots"][2]
            assert "fresh" not in found["standby-snapshots"][2]
        finally:
            connection.execute("drop schema held cascade")
    as_it_is = {row[0]: row[1] for row in sick.sql(text)}
    assert as_it_is["prepared-transactions"] == as_it_is["standby-snapshots"] == "ok"


def old(name: str) -> str:
    return (ROOT / f"sql/control/deploy/{name}.sql").read_text().replace("interval '10 minutes'", "interval '0 s'")


def test_a_log_that_cannot_be_kept_and_old_migrations_are_named(own_tandem: Server) -> None:
    own_tandem.tenant("acme")
    assert {item["check"]: item["result"] for item in findings(own_tandem)}["backups"] == "ok"
    own_tandem.sql("update tandem.control_migration set applied_at = applied_at - interval '3 days'")
    never = finding(own_tandem, "backups")
    assert never["result"] == "warn" and "3 d old" in never["detail"] and "backup create" in never["remedy"], never
    own_tandem.cli("backup", "create")
    assert finding(own_tandem, "backups")["result"] == "ok"
    backups = (own_tandem.data_dir / "backups").resolve()
    (backups / "wal").rename(backups / "gone")
    own_tandem.sql("create table public.marks (n int)")
    own_tandem.sql("select pg_switch_wal()")
    wait_until(lambda: finding(own_tandem, "archive")["result"] == "fail", 30, every_s=0.5)
    own_tandem.sql("update tandem.tenant set schema_digest = '\\x00'")
    assert finding(own_tandem, "migrations")["result"] == "fail"
    assert finding(own_tandem, "migrations", "--fix")["result"] == "ok"


def test_normal_forms_of_another_version_are_found_and_made_anew(own_tandem: Server) -> None:
    tenant = own_tandem.tenant("acme")

    def make(plural: str, **fields: Any) -> str:
        answer = tenant.post(f"/v1/{plural}", fields)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def forms(relation: str, columns: str) -> list[tuple[Any, ...]]:
        return own_tandem.sql(f"select {columns}, normalizer_version from {relation} order by id", schema=tenant.schema)

    check = "normalizer-version"
    first = make("contacts", last_name="First", email="A@Bücher.example", phone="+49 171 1234567", channels=[
        {"kind": "email", "value": "A@Bücher.example", "primary": True}, {"kind": "phone", "value": "+49 171 1234567", "primary": True},
        {"kind": "mobile", "value": "+44 (0)20 7946 0958"}])
    make("leads", last_name="Lead", company="Müller & Söhne GmbH", email="B@x.example")
    make("accounts", name="Straße AG", domain="acme.example", phone="+1 (415) 555-2671")
    right = [forms("contacts", "email_norm, phone_e164"), forms("leads", "email_norm, company_key"),
             forms("accounts", "domain, company_key, phone_e164"),
             own_tandem.sql("select kind, value, phone_e164 from contact_channels order by 1, 2", schema=tenant.schema)]
    assert right[0] == [("a@xn--bcher-kva.example", "+491711234567", 1)] and right[1] == [("b@x.example", "muller and sohne", 1)]
    assert right[2] == [("acme.example", "strasse", "+14155552671", 1)]
    assert finding(own_tandem, check)["result"] == "ok"

    own_tandem.sql("update contacts set normalizer_version = 0, email_norm = 'old@x.example', phone_e164 = null", schema=tenant.schema)
    own_tandem.sql("update contact_channels set phone_e164 = null", schema=tenant.schema)
    own_tandem.sql("update leads set normalizer_version = 0, email_norm = 'old@x.example', company_key = 'old'", schema=tenant.schema)
    own_tandem.sql("update accounts set normalizer_version = 0, domain = 'www.acme.example', company_key = 'old'", schema=tenant.schema)
    own_tandem.sql("update normal_form set normalizer_version = 0, norm = 'old@x.example' where kind = 'email'", schema=tenant.internals)
    found = finding(own_tandem, check)
    assert found["result"] == "warn" and found["remedy"], found
    for words in ("acme", "contacts 1", "leads 1", "accounts 1", "normal_form "):
        assert words in found["detail"], found
    # An address that another record has by now: the first record stays as it is, and is named with the other.
    late = make("contacts", last_name="Late", email="a@bücher.example")
    found = finding(own_tandem, check, "--fix")
    assert found["result"] == "warn" and "contacts 1" in found["detail"] and "leads" not in found["detail"], found
    assert f"{first} would share its address with {late}" in found["fixed"], found
    assert forms("contacts", "email_norm, phone_e164")[0] == ("old@x.example", None, 0)
    assert [forms("leads", "email_norm, company_key"), forms("accounts", "domain, company_key, phone_e164")] == right[1:3]

    assert tenant.api("DELETE", f"/v1/contacts/{late}").status_code in (200, 204)
    found = finding(own_tandem, check, "--fix")
    assert found["result"] == "ok" and "made anew: contacts 1" in found["fixed"], found
    assert forms("contacts", "email_norm, phone_e164") == right[0]
    assert own_tandem.sql("select kind, value, phone_e164 from contact_channels order by 1, 2", schema=tenant.schema) == right[3]
    assert own_tandem.sql("select distinct norm, normalizer_version from normal_form where kind = 'email'", schema=tenant.internals) == [
        ("a@xn--bcher-kva.example", 1)]


def test_many_outdated_rows_are_made_anew_while_others_write(own_tandem: Server) -> None:
    """More than a page, with an import beside it: what is written meanwhile is not written over."""
    tenant = own_tandem.tenant("acme")
    items = [{"op": "create", "data": {"last_name": f"L{n}", "email": f"P{n}@x.example"}} for n in range(900)]
    answer = tenant.post("/v1/contacts:batch", {"items": items})
    assert {result["status"] for result in answer.json()["results"]} == {201}
    own_tandem.sql(
        "update contacts set normalizer_version = 0, email_norm = 'old-' || email_norm", schema=tenant.schema)
    ids = [row[0] for row in own_tandem.sql("select id::text from contacts order by id", schema=tenant.schema)]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: [
            tenant.api("PATCH", f"/v1/contacts/{id}", {"email": f"new-{n}@x.example"}).status_code for n, id in enumerate(ids[::-9])])
        found = finding(own_tandem, "normalizer-version", "--fix")
        assert set(writing.result()) == {200}
    if found["result"] != "ok":
        found = finding(own_tandem, "normalizer-version", "--fix")
    assert found["result"] == "ok", found
    assert own_tandem.sql(
        "select count(*), count(*) filter (where email_norm = lower(email) and normalizer_version = 1), "
        "count(*) filter (where email like 'new-%') from contacts", schema=tenant.schema) == [(900, 900, 100)]
