"""Killed at any moment under load, the server or its PostgreSQL, no acknowledged event is lost and none is doubled.

The load generator writes down every message id that a 200 acknowledged. What got no answer, or another one, is in doubt:
it is sent again when the server is back, as an SDK does, and must then be stored once, whether it was before or not.

KILLS, KILL_RATE    how often each is killed in the long form (20), and how many events a second must have been acknowledged
                    in the two seconds before each kill (1,000); `make show-ingest-kill`: 50 and 2,000
"""

from __future__ import annotations

import os
import itertools
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest
import requests

import load
from server import Server, Tenant, code_schema, wait_until

FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
# The debug build of `make test` has no rate to hold.
RATE = int(os.environ.get("KILL_RATE", "1000")) if FULL else 1
KILLS = int(os.environ.get("KILLS", "20"))
ROUNDS = KILLS if FULL else 2
POSTMASTER_ROUNDS = KILLS if FULL else 1
CONTROL_ROUNDS = 10
USERS = 2_000 if FULL else 300

pytestmark = pytest.mark.timeout(7200 if FULL else 300)
_numbers = itertools.count(1)


@dataclass
class Round:
    """What one kill did."""

    acknowledged: int
    in_doubt: int
    rate: float
    lost: int
    doubled: int
    down_s: float


@dataclass
class Victim:
    """A server of these tests alone, with a tenant whose people are known."""

    server: Server
    tenant: Tenant


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    yield from make_victim()


@pytest.fixture
def fresh_victim() -> Iterator[Victim]:
    yield from make_victim()


def make_victim() -> Iterator[Victim]:
    with Server() as server:
        tenant = server.tenant("kill")
        load.make_users(tenant, USERS)
        server.sql("analyze")
        yield Victim(server, tenant)


def is_back(server: Server) -> bool:
    """True when the database takes connections and the server says that it serves."""
    try:
        server.sql("select 1")
        return requests.get(server.base_url + "/readyz", timeout=5).status_code == 200
    except (OSError, ValueError, psycopg.OperationalError, requests.RequestException):
        return False


def kill_under_load(victim: Victim, kill: Callable[[], None], revive: Callable[[], None]) -> Round:
    server, tenant = victim.server, victim.tenant
    number = next(_numbers)
    loads = [
        load.Load(tenant, prefix=f"s{number}", acks=True, mix="mixed", users=USERS, connections=24, seconds=60),
        load.Load(tenant, prefix=f"b{number}", acks=True, mix="mixed", users=USERS, connections=2, batch=20, seconds=60),
    ]
    time.sleep(2.5 + random.random())
    killed_ms = time.time() * 1000
    kill()
    begin = time.monotonic()
    revive()
    wait_until(lambda: is_back(server), 60)
    down_s = time.monotonic() - begin
    for each in loads:
        each.stop()
    for each in loads:
        assert each.rejected() == 0
        load.resend(each)
    acknowledged = [item for each in loads for item in each.acknowledged()]
    in_doubt = [
        f"{each.prefix}-{lane}-{first + place}"
        for each in loads
        for lane, first, count in each.in_doubt()
        for place in range(count)
    ]
    before = sum(1 for _, at_ms in acknowledged if killed_ms - 2000 <= at_ms < killed_ms)
    lost, doubled = compare(victim, [message for message, _ in acknowledged], in_doubt)
    return Round(len(acknowledged), len(in_doubt), before / 2, lost, doubled, down_s)


def compare(victim: Victim, acknowledged: list[str], in_doubt: list[str]) -> tuple[int, int]:
    """(acknowledged messages that are not stored, messages that are stored more than once), by SQL."""
    schema = victim.tenant.schema
    with victim.server.connect() as connection:
        connection.execute("select set_config('search_path', %s, false)", [f"{schema}, {schema}_i, {code_schema()}"])
        connection.execute("create temporary table sent (message_id text collate \"C\", is_acknowledged bool)")
        with connection.cursor().copy("copy sent from stdin") as copy:
            for message in acknowledged:
                copy.write_row((message, True))
            for message in in_doubt:
                copy.write_row((message, False))
        row = connection.execute(
            """
            with stored as (
                select message_id, count(*) as times from event_log
                where message_id in (select message_id from sent) group by message_id)
            select count(*) filter (where is_acknowledged and times is null), count(*) filter (where times > 1),
                   count(*) filter (where not is_acknowledged and times is null)
            from sent left join stored using (message_id)
            """
        ).fetchone()
    assert row is not None
    assert row[2] == 0, f"{row[2]} messages were sent again, answered 200, and are not stored"
    return row[0], row[1]


def check(rounds: list[Round], what: str, figures: Callable[[str, object], None]) -> None:
    figures(f"{what}: kills", len(rounds))
    figures(f"{what}: events acknowledged", sum(round.acknowledged for round in rounds))
    figures(f"{what}: events in doubt, sent again", sum(round.in_doubt for round in rounds))
    figures(f"{what}: fewest events/s acknowledged in the 2 s before a kill", round(min(round.rate for round in rounds)))
    figures(f"{what}: longest until ready again, s", f"{max(round.down_s for round in rounds):.2f}")
    figures(f"{what}: acknowledged and lost", sum(round.lost for round in rounds))
    figures(f"{what}: stored twice", sum(round.doubled for round in rounds))
    assert sum(round.lost for round in rounds) == 0, rounds
    assert sum(round.doubled for round in rounds) == 0, rounds
    assert min(round.rate for round in rounds) >= RATE, rounds
    assert sum(round.in_doubt for round in rounds) > 0, "no request was under way at any kill"


def test_a_killed_server_loses_and_doubles_nothing(victim: Victim, figures: Callable[[str, object], None]) -> None:
    server = victim.server
    rounds = [kill_under_load(victim, server.kill, server.start) for _ in range(ROUNDS)]
    check(rounds, "server", figures)


def test_a_killed_postgres_loses_and_doubles_nothing(victim: Victim, figures: Callable[[str, object], None]) -> None:
    rounds = [kill_under_load(victim, victim.server.kill_postgres, lambda: None) for _ in range(ROUNDS)]
    check(rounds, "all of PostgreSQL", figures)


def test_a_killed_postmaster_loses_and_doubles_nothing(victim: Victim, figures: Callable[[str, object], None]) -> None:
    def kill() -> None:
        victim.server.kill_postgres(everything=False)

    rounds = [kill_under_load(victim, kill, lambda: None) for _ in range(POSTMASTER_ROUNDS)]
    check(rounds, "postmaster alone", figures)


@pytest.mark.full
def test_without_synchronous_commit_the_same_kills_do_lose(
    fresh_victim: Victim, figures: Callable[[str, object], None]
) -> None:
    """The control: this test can see a loss."""
    fresh_victim.server.sql("alter system set synchronous_commit = off")
    fresh_victim.server.sql("select pg_reload_conf()")
    rounds = [
        kill_under_load(fresh_victim, fresh_victim.server.kill_postgres, lambda: None) for _ in range(CONTROL_ROUNDS)
    ]
    figures("control without synchronous_commit: rounds that lost", sum(1 for round in rounds if round.lost > 0))
    figures("control without synchronous_commit: acknowledged and lost", sum(round.lost for round in rounds))
    assert any(round.lost > 0 for round in rounds)
