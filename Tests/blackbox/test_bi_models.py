"""BI logins that make models: views in a schema of their own, which dbt needs; nothing else, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from server import CommandFailed, Server, Tenant


def made(tenant: Tenant, name: str, *flags: str) -> dict[str, str]:
    return tenant.server.cli("bi", "user", "create", tenant.slug, name, *flags)


@pytest.fixture(scope="module")
def two(tandem: Server) -> tuple[Tenant, Tenant]:
    tenants = (tandem.tenant("models-mine"), tandem.tenant("models-other"))
    for tenant in tenants:
        assert tenant.ingest("identify", {
            "userId": f"u-{tenant.slug}", "messageId": f"m-{tenant.slug}",
            "traits": {"email": f"u@{tenant.slug}.example"}}).status_code == 200
    return tenants


@pytest.fixture(scope="module")
def models(two: tuple[Tenant, Tenant]) -> str:
    return two[0].schema + "_m"


@pytest.fixture(scope="module")
def dbt(two: tuple[Tenant, Tenant], models: str) -> dict[str, str]:
    login = made(two[0], "dbt", "--models")
    assert login["models_schema"] == models
    return login


@pytest.fixture
def modeller(dbt: dict[str, str]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(dbt["dsn"], autocommit=True) as connection:
        yield connection


def test_what_it_makes_is_live_and_read_by_the_others(
    two: tuple[Tenant, Tenant], models: str, modeller: psycopg.Connection
) -> None:
    reader = made(two[0], "reader")
    # As dbt does: a new view beside, renamed over the old one, with a comment.
    modeller.execute(f"create view {models}.people__dbt_tmp as select profile_id, email from {two[0].schema}.profiles")
    modeller.execute(f"alter table {models}.people__dbt_tmp rename to people")
    modeller.execute(f"comment on column {models}.people.email is 'As sent.'")
    with psycopg.connect(reader["dsn"], autocommit=True) as connection:
        assert connection.execute(f"select email from {models}.people").fetchall() == [("u@models-mine.example",)]
        # Its name needs no schema, and another full login makes nothing.
        assert connection.execute("select count(*) from people").fetchone() == (1,)
        connection.execute("set default_transaction_read_only = off")
        for statement in (f"create view {models}.mine as select 1", f"drop view {models}.people", f"drop schema {models}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    # A person who is erased is gone from what was made of them: nothing is a copy.
    erased = two[0].post("/v1/privacy/erase", {"type": "user_id", "value": "u-models-mine"})
    assert erased.status_code < 300, erased.text
    assert modeller.execute(f"select count(*) from {models}.people").fetchone() == (0,)
    modeller.execute(f"drop view {models}.people cascade")


def test_it_makes_nothing_but_views(two: tuple[Tenant, Tenant], models: str, modeller: psycopg.Connection) -> None:
    modeller.execute(f"create or replace view {models}.one as select 1 as one")
    schema = two[0].schema
    for statement in (
        f"create table {models}.copy as select * from profiles", f"create table {models}.mine (x int)",
        f"create unlogged table {models}.mine (x int)", f"select * into {models}.copy from profiles",
        f"create materialized view {models}.copy as select * from profiles", f"create sequence {models}.numbers",
        f"create type {models}.pair as (a int, b int)", f"create domain {models}.small as int",
        f"create function {models}.f() returns int language sql as 'select 1'", f"create rule r as on insert to {models}.one do nothing",
        f"grant select on {models}.one to public", f"alter default privileges in schema {models} grant select on tables to public",
        f"create view {schema}.mine as select 1", "create view public.mine as select 1", "create temporary view mine as select 1",
        f"alter view {models}.one owner to {schema}_owner", f"alter view {models}.one set schema {schema}",
        f"create view {models}.inner as select * from {schema}_i.node", "create schema mine", f"drop schema {models} cascade",
        "delete from profiles", "update accounts set name = 'x'", "drop view events", "comment on table accounts is 'x'",
        "alter table accounts add column x int", "drop event trigger tandem_bi_models", "alter event trigger tandem_bi_models disable",
        "create or replace function tandem.guard_bi_models() returns event_trigger language plpgsql as 'begin end'",
        "set session_replication_role = replica", "set event_triggers = off",
        f"set role {schema}_owner", "set role tandem_admin", "select lo_create(0)", "create extension citext",
    ):
        with pytest.raises(psycopg.Error) as failure:
            modeller.execute(statement)
        assert failure.value.sqlstate in {"42501", "42704", "0A000"}, f"{statement}: {failure.value}"
    modeller.execute(f"drop view {models}.one")
    assert modeller.execute("select count(*) from pg_class where relnamespace = %s::regnamespace", [models]).fetchone() == (0,)


def test_another_tenant_sees_and_changes_nothing_of_it(
    two: tuple[Tenant, Tenant], models: str, modeller: psycopg.Connection
) -> None:
    mine, other = two
    modeller.execute(f"create or replace view {models}.secret as select email from {mine.schema}.profiles")
    others = (made(other, "reader"), made(other, "dbt", "--models"))
    for login in others:
        with psycopg.connect(login["dsn"], autocommit=True) as connection:
            connection.execute("set default_transaction_read_only = off")
            for statement in (
                f"select * from {models}.secret", f"create view {models}.planted as select 1", f"drop view {models}.secret",
                f"create or replace view {models}.secret as select 'x'::text as email", f"comment on view {models}.secret is 'x'",
                f"create view {other.schema}_m.over as select * from {mine.schema}.profiles",
                f"create view {other.schema}_m.over as select * from {models}.secret",
            ):
                with pytest.raises(psycopg.Error) as failure:
                    connection.execute(statement)
                assert failure.value.sqlstate == "42501", f"{statement}: {failure.value}"
    # Nor does it itself make anything of the other's.
    for statement in (f"create view {models}.over as select * from {other.schema}.profiles", f"create view {other.schema}_m.x as select 1"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            modeller.execute(statement)
    modeller.execute(f"drop view {models}.secret")


def test_there_are_so_many_models(tandem: Server, models: str, modeller: psycopg.Connection) -> None:
    many = "do $$ begin for n in 1..{0} loop execute format('{1} view {2}.v%s{3}', n); end loop; end $$"
    tandem.sql(many.format(499, "create", models, " as select 1 as one"))
    modeller.execute(f"create view {models}.last as select 1 as one")
    with pytest.raises(psycopg.errors.ProgramLimitExceeded):
        modeller.execute(f"create view {models}.beyond as select 1 as one")
    modeller.execute(f"drop view {models}.last")
    tandem.sql(many.format(499, "drop", models, ""))


def test_a_model_stands_in_nobodys_way(two: tuple[Tenant, Tenant], models: str, modeller: psycopg.Connection) -> None:
    """A view over a column would keep the column: whoever takes one away takes what was made of it, too."""
    tenant = two[0]
    field = "cf_model_grade"
    assert tenant.post("/v1/objects/accounts/fields", {"name": field, "type": "text", "label": "Grade"}).status_code == 201
    modeller.execute(f"create view {models}.grades as select {field} from {tenant.schema}.accounts")
    modeller.execute(f"create view {models}.names as select name from {tenant.schema}.accounts")
    assert tenant.api("PATCH", f"/v1/objects/accounts/fields/{field}", {"hidden": True}).status_code == 200
    dropped = tenant.post(f"/v1/objects/accounts/fields/{field}:drop", {})
    assert dropped.status_code < 300, dropped.text
    assert modeller.execute(
        "select relname from pg_class where relnamespace = %s::regnamespace", [models]).fetchall() == [("names",)]
    modeller.execute(f"drop view {models}.names")


def test_a_revoked_login_takes_its_models_along(two: tuple[Tenant, Tenant], models: str, tandem: Server) -> None:
    login = made(two[0], "short", "--models")
    with psycopg.connect(login["dsn"], autocommit=True) as connection:
        connection.execute(f"create view {models}.gone as select 1 as one")
    listed = {item["login"]: item for item in tandem.cli("bi", "user", "list", two[0].slug)["items"]}
    assert listed[login["login"]]["models"] is True
    tandem.cli("bi", "user", "revoke", two[0].slug, "short")
    assert tandem.sql("select to_regclass(%s), to_regrole(%s)", [f"{models}.gone", login["login"]]) == [(None, None)]


def test_without_a_superuser_nothing_is_made_that_could_be_more_than_a_view(two: tuple[Tenant, Tenant], tandem: Server) -> None:
    place = tandem.postgres
    url = f"postgresql://tandem@/tandem?host={place['socket_dir']}&port={place['port']}"
    tandem.sql("drop event trigger if exists tandem_bi_models")
    with pytest.raises(CommandFailed) as failure:
        made(two[0], "unguarded", "--models", "--database-url", url)
    assert failure.value.code == 6 and "only a superuser can make it" in failure.value.errors.lower()
    assert "unguarded" not in str(tandem.cli("bi", "user", "list", two[0].slug))
    # A superuser's word brings it back, and from then on the service's login is enough.
    made(two[0], "by-a-superuser", "--models", "--database-url", url.replace("tandem@", "postgres@"))
    made(two[0], "guarded", "--models", "--database-url", url)


def test_doctor_finds_nothing_and_a_dropped_tenant_leaves_nothing(tandem: Server) -> None:
    tenant = tandem.tenant("models-gone")
    login = made(tenant, "dbt", "--models")
    made(tenant, "role", "--role", "read only")
    with psycopg.connect(login["dsn"], autocommit=True) as connection:
        connection.execute(f"create view {tenant.schema}_m.one as select 1 as one")
    found = {item["check"]: item for item in tandem.cli("doctor")["items"]}
    assert found["isolation"]["result"] == "ok", found["isolation"]
    tandem.cli("tenant", "delete", tenant.slug, "--confirm", tenant.slug, "--grace", "0d")
    assert tandem.sql("select nspname from pg_namespace where nspname like %s", (tenant.schema + "%",)) == []
    assert tandem.sql("select rolname from pg_roles where rolname like %s", (tenant.schema + "%",)) == []


def test_new_logins_are_told_of_the_replica(two: tuple[Tenant, Tenant], tandem: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes views is not: a standby takes none."""
    monkeypatch.setitem(tandem._environment, "TANDEM_BI_REPLICA", "standby.example:5433")
    login = made(two[0], "elsewhere")
    where = f"{login['login']}:{login['password']}@standby.example:5433/tandem?sslmode=require"
    assert login["dsn"] == f"postgresql://{where}" and "@127.0.0.1:" in login["primary_dsn"]
    assert "@127.0.0.1:" in made(two[0], "here", "--models")["dsn"]
    monkeypatch.setitem(tandem._environment, "TANDEM_BI_REPLICA", "standby")
    with pytest.raises(CommandFailed) as failure:
        made(two[0], "nowhere")
    assert failure.value.code == 78 and "bi_replica must be HOST:PORT" in failure.value.errors


def test_a_role_makes_no_models(two: tuple[Tenant, Tenant], tandem: Server) -> None:
    with pytest.raises(CommandFailed) as failure:
        made(two[0], "both", "--models", "--role", "read only")
    assert failure.value.code == 64
    dry = made(two[0], "rehearsed", "--models", "--dry-run")
    assert dry["dry_run"] is True and "rehearsed" not in str(tandem.cli("bi", "user", "list", two[0].slug))
