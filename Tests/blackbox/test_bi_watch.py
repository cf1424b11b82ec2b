"""A BI session that takes more than its share: it sets its time-outs aside, keeps a snapshot and joins everything with everything. It is
ended from outside, and what is sent meanwhile is stored nearly as fast as before."""

from __future__ import annotations

import os
import pathlib
import re
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import requests

import load
from console import Browser
from server import CommandFailed, Server, Tenant, children, wait_until

LIMIT_S = 3
# Of the load generator.
CONNECTIONS = 64


@pytest.fixture(scope="module")
def strict() -> Iterator[Server]:
    with Server(environment={"TANDEM_BI_TRANSACTION_LIMIT": str(LIMIT_S), "TANDEM_BI_CONNECTIONS": "6"}) as server:
        yield server


@pytest.fixture(scope="module")
def acme(strict: Server) -> Tenant:
    tenant = strict.tenant("acme", display_name="Acme")
    for start in range(0, 3000, 500):
        events = [{"type": "track", "userId": f"u{number % 50}", "event": "Seen", "messageId": f"first-{number}"}
                  for number in range(start, start + 500)]
        assert tenant.ingest("batch", {"batch": events}).status_code == 200
    return tenant


@pytest.fixture(scope="module")
def dsn(strict: Server, acme: Tenant) -> str:
    return strict.cli("bi", "user", "create", acme.slug, "dashboards")["dsn"]


def hold(dsn: str) -> psycopg.Connection:
    """A session that sets every limit aside and opens a snapshot."""
    connection = psycopg.connect(dsn, autocommit=True, application_name="greedy")
    for setting in ("statement_timeout = 0", "idle_in_transaction_session_timeout = 0", "idle_session_timeout = 0"):
        connection.execute(f"set {setting}")
    connection.execute("begin isolation level repeatable read")
    connection.execute("select count(*) from profiles")
    return connection


# Of which each parallel worker has its part.
SHARED_OUT = "select count(*) from events a where length(md5(repeat(a.event, 20000000))) > 0"
CROSS_JOIN = "select count(*) from events a, events b, events c, events d where a.properties is distinct from b.properties"


def niceness(pid: int) -> set[int]:
    """Of a process and, where the kernel groups processes by session, of its group: between groups that one alone counts."""
    found = {int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[16])}
    group = pathlib.Path(f"/proc/{pid}/autogroup")
    text = group.read_text() if group.exists() else ""
    return found | {int(text.split()[-1])} if text.strip() else found


def title(pid: int) -> str:
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def workers(server: Server, leader: int) -> list[int]:
    """Parallel workers of a session."""
    return [pid for pid in children(server.postmaster_pid()) if f"parallel worker for PID {leader} " in title(pid)]


def test_a_transaction_is_ended_by_its_age_whatever_the_session_has_set(strict: Server, dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as calm:
        calm.execute("select 1")
        greedy = hold(dsn)
        begin = time.monotonic()
        with pytest.raises(psycopg.errors.AdminShutdown):
            greedy.execute(CROSS_JOIN)
        assert time.monotonic() - begin < LIMIT_S + 4
        # One that only reads now and then stays.
        calm.execute("select count(*) from profiles")
    # An idle one too.
    idle = hold(dsn)
    wait_until(lambda: not [each for each in sessions(strict) if each["application"] == "greedy"], LIMIT_S + 5)
    with pytest.raises(psycopg.OperationalError):
        idle.execute("select 1")
    assert "a BI session was ended: its transaction was open for too long" in strict.log_tail(200)
    assert metric(strict, 'bi_sessions_ended_total{reason="age"}') >= 2


def test_processes_of_bi_get_the_processor_after_the_others(tandem: Server, tenant: Tenant) -> None:
    """The leader's and its helpers', and nobody else's."""
    events = [{"type": "track", "userId": f"u{number}", "event": "Seen", "messageId": f"nice-{number}"} for number in range(400)]
    assert tenant.ingest("batch", {"batch": events}).status_code == 200
    dsn = tandem.cli("bi", "user", "create", tenant.slug, "greedy")["dsn"]
    with psycopg.connect(dsn, autocommit=True) as connection:
        for setting in ("parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0",
                        "max_parallel_workers_per_gather = 2"):
            connection.execute(f"set {setting}")
        leader = connection.info.backend_pid

        def ask() -> None:
            with pytest.raises(psycopg.errors.AdminShutdown):
                connection.execute(SHARED_OUT)

        asked = threading.Thread(target=ask)
        asked.start()
        try:
            wait_until(lambda: len(workers(tandem, leader)) == 2, 30)
            wait_until(lambda: all(niceness(pid) == {19} for pid in [leader, *workers(tandem, leader)]), 30)
            others = set(children(tandem.postmaster_pid())) - {leader, *workers(tandem, leader)}
            assert others and not any(19 in niceness(pid) for pid in others if is_service(pid))
        finally:
            tandem.cli("bi", "kill", str(leader))
            asked.join(30)


def is_service(pid: int) -> bool:
    """Of the service, or PostgreSQL's own."""
    return bool(title(pid)) and not re.match(r"postgres: (t_\w+_b\d+ |parallel worker)", title(pid))


def sessions(server: Server, *arguments: str) -> list[dict[str, Any]]:
    return server.cli("bi", "sessions", *arguments)["items"]


def metric(server: Server, name: str) -> float:
    key = server.cli("key", "create", "--kind", "admin")["key"]
    text = requests.get(server.admin_url + "/metrics", headers={"Authorization": f"Bearer {key}"}, timeout=10).text
    return float(next(line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(name + " ")))


def test_sessions_are_listed_and_ended(strict: Server, dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True, application_name="chart") as connection:
        connection.execute("select count(*) from accounts")
        found = [each for each in sessions(strict, "acme") if each["application"] == "chart"]
        assert len(found) == 1
        assert (found[0]["tenant"], found[0]["name"], found[0]["state"]) == ("acme", "dashboards", "idle")
        assert found[0]["query"] == "select count(*) from accounts" and found[0]["client"] == "127.0.0.1"
        assert strict.cli("bi", "kill", str(found[0]["pid"]), "--dry-run")["items"][0]["dry_run"]
        connection.execute("select 1")
        assert len(strict.cli("bi", "kill", "dashboards", "--tenant", "acme")["items"]) == 1
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with pytest.raises(CommandFailed) as failure:
        strict.cli("bi", "kill", "dashboards")
    assert failure.value.code == 5
    entry = strict.sql("select actor, detail->>'application' from tandem.audit where action = 'bi.end' order by seq desc limit 1")
    assert entry[0][0].startswith("cli:") and entry[0][1] == "chart"


def test_the_console_shows_sessions_and_ends_them(strict: Server, dsn: str) -> None:
    browser = Browser(strict).sign_in()
    assert "Nobody is connected" in browser.get("/console/-/bi").text
    with psycopg.connect(dsn, autocommit=True, application_name="chart") as connection:
        connection.execute("select count(*) from leads")
        page = browser.get("/console/-/bi")
        assert "dashboards" in page.text and "select count(*) from leads" in page.text
        assert f"more than {LIMIT_S} s is ended by itself" in page.text
        page = browser.submit(page.form("/end"))
        assert "The session is ended" in page.text
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")


def test_a_login_has_so_many_sessions_and_all_together_so_many(strict: Server, acme: Tenant, dsn: str) -> None:
    one = strict.cli("bi", "user", "create", acme.slug, "one-at-a-time", "--connections", "1")
    with psycopg.connect(one["dsn"]):
        with pytest.raises(psycopg.OperationalError, match="too many connections"):
            psycopg.connect(one["dsn"])
    with pytest.raises(CommandFailed) as failure:
        strict.cli("bi", "user", "create", acme.slug, "hundred", "--connections", "100")
    assert failure.value.code == 64
    many = [psycopg.connect(dsn, autocommit=True) for _ in range(8)]
    wait_until(lambda: len(sessions(strict)) == 6, 10)
    # Those that came first go on.
    for connection in many[:6]:
        connection.execute("select 1")
    for connection in many:
        connection.close()


@pytest.mark.full
@pytest.mark.timeout(900)
def test_ingest_beside_a_greedy_session(strict: Server, acme: Tenant, dsn: str, figures: Callable[[str, Any], None]) -> None:
    """At the rate that so many connections reach, three times alone and three times beside a greedy session for each processor."""
    load.make_users(acme, 500)
    load.run(acme, prefix="warm", mix="track", users=500, connections=CONNECTIONS, seconds=5)
    alone, beside, ended = [], [], []
    for number in range(3):
        alone.append(load.run(acme, prefix=f"alone-{number}", mix="track", users=500, connections=CONNECTIONS, seconds=15))
        with Greedy(dsn, ended):
            time.sleep(2)
            beside.append(load.run(acme, prefix=f"beside-{number}", mix="track", users=500, connections=CONNECTIONS, seconds=15))
    for case, results in (("alone", alone), (f"beside {Greedy.COUNT} cross joins", beside)):
        assert not any(result["refused"] for result in results), results
        figures(case, {
            "events/s": round(median(results, "events_per_s")), "p50 ms": median(results, "p50_ms"), "p99 ms": median(results, "p99_ms")})
    ratio = median(beside, "events_per_s") / median(alone, "events_per_s")
    figures("ratio of the rates", round(ratio, 2))
    figures(f"sessions ended; longest, seconds (the bound is {LIMIT_S})", f"{len(ended)}; {max(ended):.1f}")
    assert len(ended) >= 9 and max(ended) < LIMIT_S + 4
    assert ratio > 0.5


def median(results: list[dict[str, Any]], name: str) -> float:
    return float(statistics.median(result[name] for result in results))


class Greedy:
    """Sessions that begin a cross join again as soon as one is ended, as many as there are processors."""

    COUNT = os.cpu_count() or 2

    def __init__(self, dsn: str, ended: list[float]):
        self._dsn = dsn
        self._ended = ended
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(self.COUNT)]

    def _run(self) -> None:
        while not self._over.is_set():
            connection = hold(self._dsn)
            begin = time.monotonic()
            try:
                connection.execute(CROSS_JOIN)
            except psycopg.OperationalError:
                self._ended.append(time.monotonic() - begin)

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(30)
