"""Many tenants: how long one takes to make, what the next start asks of them, and a migration that is killed again and again
while the API is in use. TANDEM_TENANTS says how many (1,000 in the long form)."""

from __future__ import annotations

import os
import pathlib
import random
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from server import BINARY, ROOT, CommandFailed, Server, Tenant, wait_until

FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
COUNT = int(os.environ.get("TANDEM_TENANTS", "1000" if FULL else "8"))
SEED = int(os.environ.get("TANDEM_SEED", "7"))
KILLS = int(os.environ.get("TANDEM_KILLS", "20" if FULL else "6"))

# What the newest migrations made: without it and its lines in the ledger a tenant is as an older binary left it.
UNDO = """
    drop table {schema}_i.event_retention_pass, {schema}_i.event_retention, {schema}_i.source_consent;
    alter table {schema}_i.identity_state drop column anomaly_ids
"""
FILES = ["0055_anomaly_guard", "0070_source_consent", "0071_event_retention"]


@pytest.fixture(scope="module")
def site() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def tenants(site: Server) -> list[str]:
    """Names of all; the first one is used by the API while the others are migrated."""
    began = time.monotonic()
    names = [f"many-{number}" for number in range(COUNT)]
    site.tenant(names[0])
    admin = site.cli("key", "create", "--kind", "admin")["key"]
    session = requests.Session()
    for name in names[1:]:
        made = session.post(
            site.admin_url + "/admin/v1/tenants", json={"slug": name}, headers={"Authorization": f"Bearer {admin}"}, timeout=60)
        assert made.status_code == 201, made.text
    tenants_rate.append((COUNT - 1) / (time.monotonic() - began))
    return names


tenants_rate: list[float] = []


def age(site: Server, names: list[str]) -> None:
    """Takes away what the newest migrations made."""
    with site.connect() as connection:
        for slug, schema in connection.execute("select slug, schema_name from tandem.tenant").fetchall():
            if slug in names:
                connection.execute(UNDO.format(schema=schema))
        paths = [f"tenant/migrations/{name}.sql" for name in FILES]
        connection.execute(
            "delete from tandem.tenant_migration m using tandem.tenant t where t.id = m.tenant and t.slug = any(%s) and m.path = any(%s)",
            [names, paths])
        connection.execute(
            "update tandem.tenant set schema_digest = null, version = version - %s where slug = any(%s)", [len(FILES), names])


def shapes(site: Server) -> dict[str, int]:
    """Each tenant's tables and columns, without its name: all are to be the same."""
    rows = site.sql("""
        select md5(string_agg(replace(c.table_schema, t.schema_name, '') || c.table_name || c.column_name || c.data_type || c.is_nullable,
                   ',' order by c.table_schema, c.table_name, c.column_name)), count(distinct c.table_name)
        from tandem.tenant t join information_schema.columns c on c.table_schema in (t.schema_name, t.schema_name || '_i')
        where c.table_name not like 'event_log\\_%' group by t.id""")
    found: dict[str, int] = {}
    for digest, _ in rows:
        found[digest] = found.get(digest, 0) + 1
    return found


def up(site: Server, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(BINARY), "migrate", "up", "--data-dir", str(site.data_dir), *arguments], cwd=ROOT, env=site._environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class Requests:
    """Two clients, one that writes events and one that reads records, and how long each answer took."""

    def __init__(self, tenant: Tenant):
        self.tenant = tenant
        self.took: list[float] = []
        self.bad: list[int] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(2)]
        for thread in self._threads:
            thread.start()

    def _run(self, number: int) -> None:
        session = requests.Session()
        base = self.tenant.server.base_url
        while not self._stop.is_set():
            began = time.monotonic()
            if number:
                answer = session.post(
                    base + "/v1/track", json={"userId": "u", "event": "E"}, auth=(self.tenant.write_key, ""), timeout=60)
            else:
                answer = session.get(
                    base + "/v1/accounts?limit=10", headers={"Authorization": f"Bearer {self.tenant.secret_key}"}, timeout=60)
            self.took.append(time.monotonic() - began)
            if answer.status_code >= 500:
                self.bad.append(answer.status_code)
            time.sleep(0.005)

    def stop(self) -> float:
        """The 99th percentile in milliseconds."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        return statistics.quantiles(self.took, n=100)[98] * 1_000


def test_tenants_are_made_and_nothing_to_migrate_is_known_at_once(
    site: Server, tenants: list[str], figures: Callable[[str, object], None]
) -> None:
    figures("tenants", COUNT)
    figures("tenants made a second", round(tenants_rate[0], 2))
    # What a start asks: one read, as PostgreSQL times it beside a connection of its own.
    plan = site.cli("migrate", "plan", json=False)
    assert plan == "Nothing is pending.\n"
    asked = (ROOT / "sql/control/deploy/tenants_to_migrate.sql").read_text().replace("$1", "'{}'").replace("$2", "'{}'")
    rows = site.sql("explain (analyze, timing off, format json) " + asked.split("\n", 2)[2])
    figures("nothing to migrate, read of the control plane, ms", rows[0][0][0]["Execution Time"])
    empty = min(timed(lambda: site.cli("migrate", "status")) for _ in range(3))
    figures("tandem migrate status in whole, ms", round(empty * 1_000))
    assert empty < 5


def timed(body: Callable[[], object]) -> float:
    began = time.monotonic()
    body()
    return time.monotonic() - began


def test_memory_of_a_connection_is_bounded(site: Server, tenants: list[str], figures: Callable[[str, object], None]) -> None:
    """Requests of all tenants in turn, then what the server's PostgreSQL processes hold of their own."""
    admin = site.cli("key", "create", "--kind", "admin")["key"]
    head = {"Authorization": f"Bearer {admin}"}
    session = requests.Session()
    for name in tenants[:200]:
        key = session.post(f"{site.admin_url}/admin/v1/tenants/{name}/keys", json={"kind": "secret"}, headers=head, timeout=60)
        assert key.status_code == 201, key.text
        answer = session.get(
            site.base_url + "/v1/accounts", headers={"Authorization": f"Bearer {key.json()['key']}"}, timeout=60)
        assert answer.status_code == 200
    pids = [pid for pid, in site.sql("select pid from pg_stat_activity where application_name = 'tandem'")]
    sizes = [own_memory(pid) for pid in pids]
    figures("connections", len(sizes))
    figures("memory of a connection, median MB", round(statistics.median(sizes), 1))
    figures("memory of a connection, most MB", round(max(sizes), 1))
    assert max(sizes) < 120


def own_memory(pid: int) -> float:
    """MB that a process shares with nobody."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_")) / 1_024


def test_a_migration_that_is_killed_again_and_again_is_whole_in_the_end(
    site: Server, tenants: list[str], figures: Callable[[str, object], None]
) -> None:
    chance = random.Random(SEED)
    before = shapes(site)
    assert list(before.values()) == [COUNT]
    quiet = Requests(site.tenant(tenants[0]))
    time.sleep(10 if FULL else 2)
    calm = quiet.stop()

    # The first tenant is in use all the time and is migrated with the others.
    age(site, tenants)
    with pytest.raises(CommandFailed) as refused:
        site.cli("migrate", "plan")
    assert refused.value.code == 3
    text = refused.value.output
    assert '"cost":"instant"' in text and '"cost":"short lock"' in text
    load = Requests(site.tenant(tenants[0]))
    began, kills = time.monotonic(), 0
    left = [COUNT]
    # A start takes a while before its first tenant: killed within as long as one run may take, at any moment.
    span = 0.5 + COUNT * 0.02
    while kills < KILLS:
        process = up(site)
        time.sleep(chance.uniform(0.02, span))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait(60)
        kills += 1
        left.append(len(site.sql("select slug from tandem.tenant where schema_digest is null")))
        if left[-1] == 0 and kills < KILLS:
            age(site, tenants[1:])
    last = up(site)
    out, err = last.communicate(timeout=3_600)
    took = time.monotonic() - began
    busy = load.stop()
    assert last.returncode == 0, err.decode()
    assert site.cli("migrate", "plan")["items"] == []
    assert shapes(site) == before, "every tenant is as it was made"
    ledger = site.sql("select count(*), count(distinct (tenant, path)) from tandem.tenant_migration")[0]
    assert ledger[0] == ledger[1]
    assert load.bad == [], f"seed {SEED}"
    figures("killed", KILLS)
    figures("migrated with all the kills, s", round(took, 1))
    figures("API p99 before, ms", round(calm, 1))
    figures("API p99 during, ms", round(busy, 1))
    figures("ratio", round(busy / calm, 2))


def test_a_tenant_that_fails_is_named_with_the_file_and_the_rest_go_on(site: Server, tenants: list[str]) -> None:
    age(site, tenants[:3])
    schema = site.sql("select schema_name from tandem.tenant where slug = %s", [tenants[1]])[0][0]
    site.sql(f"create table {schema}_i.source_consent (x int)")
    with pytest.raises(CommandFailed) as refused:
        site.cli("migrate", "up", "--tenants", f"{tenants[0]},{tenants[1]}")
    assert refused.value.code == 1
    assert tenants[1] in refused.value.output and "0070_source_consent.sql" in refused.value.output
    assert '"migrated":1' in refused.value.output and f'"{tenants[0]}"' not in refused.value.output
    # The third was not named, and waits.
    left = {name for name, in site.sql("select slug from tandem.tenant where schema_digest is null")}
    assert left == {tenants[1], tenants[2]}
    site.sql(f"drop table {schema}_i.source_consent")
    assert site.cli("migrate", "up")["migrated"] == 2
    assert len(shapes(site)) == 1
    wait_until(lambda: requests.get(site.base_url + "/readyz", timeout=10).status_code == 200, 10)
