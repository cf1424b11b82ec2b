"""A rolling upgrade: the build before serves while the database is migrated and the next build joins; then it stops.
TANDEM_PREVIOUS_BINARY is the build before; without it, it is the binary itself with other bytes (`another_build`): one migration less,
procedures of other names."""

from __future__ import annotations

import os
import pathlib
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from another_build import another_build, build_before
from clients import Clients
from cluster import Node
from server import BINARY, CommandFailed, Server, Tenant, code_schema, wait_until

pytestmark = pytest.mark.alone

FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
PREVIOUS = os.environ.get("TANDEM_PREVIOUS_BINARY")
RATE = float(os.environ.get("TANDEM_RATE", "500" if FULL else "100"))
TENANTS = int(os.environ.get("TANDEM_TENANTS", "5" if FULL else "2"))
SPAN_S = 20.0 if FULL else 1.5
MIGRATION = "0086_quarantine_corrections"
# What a tenant of the build before does not have.
UNDO = "alter table {schema}_i.quarantine drop column corrected, drop column corrected_at, drop column corrected_by"


@pytest.fixture(scope="module")
def database() -> Iterator[Node]:
    node = Node("rolling").make()
    node.sql("create role tandem login noinherit createrole")
    node.sql("create database tandem owner tandem")
    yield node
    node.close()


@pytest.fixture(scope="module")
def previous() -> Iterator[pathlib.Path]:
    if PREVIOUS:
        yield pathlib.Path(PREVIOUS)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield build_before(
            pathlib.Path(folder) / "tandem", MIGRATION, {"ingest_batch": "ingest_botch", "write_records": "wrote_records"})


@pytest.fixture(scope="module")
def breaking(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """This build, if the build before did not survive the migration."""
    line = "-- What somebody made of an event that could not be stored; its original bytes stay."
    return another_build(tmp_path_factory.mktemp("breaking") / "tandem", {line: "-- rolling: no".ljust(len(line))})


def url(database: Node, name: str = "tandem", login: str = "tandem") -> str:
    return f"postgresql://{login}@127.0.0.1:{database.port}/{name}"


def server(binary: pathlib.Path, database: Node, name: str = "tandem") -> Server:
    return Server(binary, {"TANDEM_DATABASE_URL": url(database, name), "TANDEM_REQUEST_RATE": "0"})


@pytest.fixture(scope="module")
def old(database: Node, previous: pathlib.Path) -> Iterator[Server]:
    running = server(previous, database).start()
    yield running
    running.close()


@pytest.fixture(scope="module")
def new(database: Node, old: Server) -> Iterator[Server]:
    """Not started yet."""
    made = server(BINARY, database)
    yield made
    made.close()


@pytest.fixture(scope="module")
def tenants(old: Server) -> list[Tenant]:
    return [old.tenant(f"rolling-{number}") for number in range(TENANTS)]


def run(binary: pathlib.Path, database: Node, *arguments: str, **where: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TANDEM_DATABASE_URL": url(database, **where)}
    return subprocess.run(
        [str(binary), *arguments], text=True, capture_output=True, timeout=600, stdin=subprocess.DEVNULL, env=environment, check=False)


def stored(database: Node, tenant: Tenant) -> int:
    return int(database.sql(f"select count(*) from {tenant.schema}_i.event_log", "tandem")[0][0])  # type: ignore[call-overload]


@pytest.mark.skipif(bool(PREVIOUS), reason="of the build that was made for it")
def test_what_a_running_server_does_not_survive_is_refused_before_anything_is_changed(
    database: Node, old: Server, tenants: list[Tenant], breaking: pathlib.Path
) -> None:
    control = "select array(select schema_name from tandem.code_version), array(select path from tandem.control_migration order by 1)"
    before = database.sql(control, "tandem")
    wait_until(lambda: database.sql("select 1 from tandem.server", "tandem") != [], 10)
    # Before this build's procedures are there, of one tenant, by its id.
    plan = run(breaking, database, "migrate", "plan", "--tenants", tenants[0].id)
    assert plan.returncode == 3, plan.stdout + plan.stderr
    assert "NO" in plan.stdout and "They do not survive" in plan.stdout and f"process {old.pid} on" in plan.stdout
    assert run(breaking, database, "migrate", "plan", "--tenants", "nobody").returncode == 5
    refused = run(breaking, database, "migrate", "up")
    assert refused.returncode == 75, refused.stdout + refused.stderr
    assert f"{MIGRATION}.sql" in refused.stderr and f"process {old.pid} on" in refused.stderr and "--anyway" in refused.stderr
    started = server(breaking, database)
    with pytest.raises(AssertionError, match="exited 75"):
        started.start()
    started.close()
    assert database.sql(control, "tandem") == before
    # The older build goes on making tenants.
    assert run(old.binary, database, "tenant", "create", "goes-on").returncode == 0
    # This one says who runs before it has migrated.
    assert f"process {old.pid} on" in run(breaking, database, "status").stdout


def test_status_of_a_database_that_nobody_prepared(database: Node) -> None:
    database.sql("create role beginner login noinherit createrole")
    database.sql("create database empty owner beginner")
    said = run(BINARY, database, "migrate", "status", "-o", "json", name="empty", login="beginner")
    assert said.returncode == 3 and '"control_plane":"pending"' in said.stdout, said.stdout + said.stderr


def test_no_request_fails_while_the_next_build_takes_the_place_of_the_one_before(
    database: Node, old: Server, new: Server, tenants: list[Tenant], figures: Callable[[str, Any], None]
) -> None:
    clients = Clients(tenants, [old], RATE).start("the build before, just started")
    try:
        time.sleep(SPAN_S)
        clients.mark("the build before alone")
        time.sleep(SPAN_S)
        clients.mark("migrating")
        plan = run(BINARY, database, "migrate", "plan")
        assert plan.returncode == 3, plan.stdout + plan.stderr
        assert "ROLLING" in plan.stdout and code_schema() in plan.stdout
        if not PREVIOUS:
            assert f"{MIGRATION}.sql" in plan.stdout and f"process {old.pid} on" in plan.stdout and "They go on" in plan.stdout
        up = run(BINARY, database, "migrate", "up")
        assert up.returncode == 0, up.stdout + up.stderr
        clients.mark("migrated, the build before alone")
        time.sleep(SPAN_S)
        clients.mark("the next build starts")
        new.start()
        clients.servers = [old, new]
        clients.mark("both")
        time.sleep(SPAN_S)
        if not PREVIOUS:
            look_at_both(database, old, new)
        clients.mark("the build before stops")
        assert old.stop() == 0, old.log_tail(60)
        clients.servers = [new]
        clients.mark("the next build alone")
        time.sleep(SPAN_S)
    finally:
        clients.stop()
    for phase in clients.phases():
        figures(phase.pop("phase"), phase)
    offered, answered = RATE * clients.seconds, len(clients.answers)
    figures("requests a second: offered, answered", f"{RATE:,.0f}, {answered / clients.seconds:,.0f}")
    figures("requests that failed", len(clients.failed))
    figures("connections that were refused and went to the other server", clients.moved)
    assert clients.failed == [], clients.failed[:5]
    for who in clients.who:
        assert stored(database, who.tenant) == who.accepted, "what was acknowledged is stored, once"
    phases = {phase["phase"]: phase for phase in clients.phases()}
    assert phases["migrating"]["p99 ms"] < 2_000
    assert not FULL or answered > 0.97 * offered
    assert run(BINARY, database, "migrate", "plan").returncode == 0


def look_at_both(database: Node, old: Server, new: Server) -> None:
    """While two builds serve: who runs is said, and the older one makes no tenants."""
    wait_until(lambda: database.sql("select 1 from tandem.server where address = ''", "tandem") == [], 10)
    status = new.cli("status")
    assert sorted(server["procedures"] for server in status["servers"]) == sorted([code_schema(old.binary), code_schema()])
    assert {server["listen"] for server in status["servers"]} == {server.base_url.removeprefix("http://") for server in (old, new)}
    with pytest.raises(CommandFailed) as warned:
        new.cli("doctor")
    assert '"servers"' in warned.value.output and code_schema(old.binary) in warned.value.output
    with pytest.raises(CommandFailed) as refused:
        old.cli("tenant", "create", "late")
    assert MIGRATION in refused.value.output + refused.value.errors, refused.value


def test_the_build_before_does_not_start_on_what_it_does_not_know(
    database: Node, previous: pathlib.Path, new: Server, tenants: list[Tenant]
) -> None:
    refused = run(previous, database, "migrate", "up")
    assert refused.returncode == 6, refused.stdout + refused.stderr
    assert "newer version of tandem" in refused.stderr
    again = server(previous, database)
    with pytest.raises(AssertionError, match="exited 6"):
        again.start()
    again.close()
    assert requests.get(new.base_url + "/readyz", timeout=10).status_code == 200


@pytest.mark.skipif(bool(PREVIOUS), reason="of the build that was made for it")
def test_a_tenant_that_an_older_server_made_in_the_meantime_is_brought_here(database: Node, new: Server, tenants: list[Tenant]) -> None:
    made = new.tenant("made-meanwhile")
    ledger = f"""delete from tandem.tenant_migration m using tandem.tenant t
        where t.id = m.tenant and t.slug = 'made-meanwhile' and m.path = 'tenant/migrations/{MIGRATION}.sql'"""
    # While the new server was migrating, and one of the older ones still runs; its tenant was suspended since.
    database.sql("""insert into tandem.server (id, code_schema, build, host, process, address)
        values (gen_random_uuid(), 'tandem_code_0123456789', '0.0.9', 'app9', 4711, '')""", "tandem")
    for statement in (
        UNDO.format(schema=made.schema), ledger,
        """update tandem.tenant set schema_digest = null, created_at = created_at - interval '1 hour', state = 'suspended',
            suspended_at = now() where slug = 'made-meanwhile'""",
    ):
        database.sql(statement, "tandem")
    behind = "select 1 from tandem.tenant where slug = 'made-meanwhile' and schema_digest is null"
    wait_until(lambda: database.sql(behind, "tandem") == [], 20)
    assert database.sql(f"select count(corrected) from {made.schema}_i.quarantine", "tandem") == [(0,)]
    database.sql("delete from tandem.server where process = 4711", "tandem")


@pytest.mark.skipif(bool(PREVIOUS), reason="of builds that are made for it")
def test_a_release_of_views_alone_keeps_them_while_the_build_before_runs_on(database: Node, tmp_path: pathlib.Path) -> None:
    (text, other) = ("The message that set it.", "The message which set it.")
    viewed = another_build(tmp_path / "tandem", {text + "'": other[:-1] + "'"})
    database.sql("create database views owner tandem")
    database.sql("grant create on database views to tandem_admin", "views")
    older, newer = server(BINARY, database, "views"), server(viewed, database, "views")
    try:
        older.start()
        schema = older.tenant("acme").schema

        def said(schema: str = schema) -> str:
            return str(database.sql(
                f"select col_description('{schema}.profile_traits'::regclass, attnum) from pg_attribute"
                f" where attrelid = '{schema}.profile_traits'::regclass and attname = 'message_id'", "views")[0][0])

        assert said() == text
        plan = run(viewed, database, "migrate", "plan", name="views")
        assert plan.returncode == 3 and f"process {older.pid} on" in plan.stdout, plan.stdout
        newer.start()
        assert said() == other[:-1]
        # One that the older build makes is brought to the newer one; an older server that is restarted takes nothing back.
        made = older.tenant("later").schema
        older.restart()
        wait_until(lambda: said(made) == other[:-1], 20)
        assert said() == other[:-1]
        assert run(viewed, database, "migrate", "plan", name="views").returncode == 0
    finally:
        newer.close()
        older.close()


def test_a_server_that_stops_says_so_and_one_that_was_killed_is_forgotten(database: Node, new: Server, tenants: list[Tenant]) -> None:
    assert [server["process"] for server in new.cli("status")["servers"]] == [new.pid]
    new.kill()
    assert len(database.sql("select 1 from tandem.server", "tandem")) == 1
    database.sql("update tandem.server set seen_at = seen_at - interval '1 minute'", "tandem")
    new.start()
    assert [server["process"] for server in new.cli("status")["servers"]] == [new.pid]
    assert new.stop() == 0
    assert new.cli("status")["servers"] == []
