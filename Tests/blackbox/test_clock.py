"""A server whose clock is days off, beside one whose clock is right, on one database."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from cluster import Node
from server import BINARY, Server, Tenant, wait_until


def off(folder: pathlib.Path, days: int) -> pathlib.Path:
    """The binary with a clock that is so many days off; time spans stay as long as they are."""
    path = folder / f"tandem{days:+d}"
    path.write_text(f"#!/bin/sh\nexport FAKETIME_DONT_FAKE_MONOTONIC=1\nexec faketime -f '{days:+d}d' '{BINARY}' \"$@\"\n")
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def database() -> Iterator[Node]:
    node = Node("clock").make()
    node.sql("create role tandem login noinherit createrole")
    node.sql("create database tandem owner tandem")
    yield node
    node.close()


@contextlib.contextmanager
def serve(database: Node, folder: pathlib.Path, days: int) -> Iterator[Server]:
    url = f"postgresql://tandem@127.0.0.1:{database.port}/tandem"
    server = Server(binary=off(folder, days) if days else BINARY, environment={"TANDEM_DATABASE_URL": url}).start()
    try:
        yield server
    finally:
        # faketime is its parent, and is gone by itself then.
        os.kill(server.pid, signal.SIGKILL)
        server.close()


def send(server: Server, tenant: Tenant, messages: list[str]) -> dict[str, Any]:
    batch = [{"type": "track", "userId": f"u{index % 20}", "event": "E", "messageId": message} for index, message in enumerate(messages)]
    answer = requests.post(server.base_url + "/v1/batch", json={"batch": batch}, auth=(tenant.write_key, ""), timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_clock_that_is_three_days_off_loses_nothing_and_counts_nothing_twice(
    database: Node, tmp_path: pathlib.Path, full: bool, figures: Callable[[str, Any], None]
) -> None:
    with serve(database, tmp_path, 0) as right:
        tenant = right.tenant("clock")
        sent = [str(uuid.uuid4()) for _ in range(2_000 if full else 200)]
        assert send(right, tenant, sent)["accepted"] == len(sent)
        for days in (3, -3):
            with serve(database, tmp_path, days) as wrong:
                sent += exchange(right, wrong, tenant, sent, days)
        rows = database.sql(f"select count(*), count(distinct message_id) from {tenant.internals}.event_log", "tandem")
        assert rows == [(len(sent), len(sent))]
        figures("events of servers at 0, +3 and -3 days", {"acknowledged": len(sent), "stored": rows[0][0], "twice": 0})


def exchange(right: Server, wrong: Server, tenant: Tenant, sent: list[str], days: int) -> list[str]:
    """What one has taken the other knows; the new messages."""
    again = send(wrong, tenant, sent)
    assert (again["accepted"], again["duplicates"]) == (0, len(sent)), (days, again)
    more = [str(uuid.uuid4()) for _ in range(200)]
    assert send(wrong, tenant, more)["accepted"] == len(more), days
    assert send(right, tenant, more)["duplicates"] == len(more), days
    # A record that one writes the other reads and writes.
    made = Tenant(tenant.slug, tenant.id, tenant.schema, tenant.write_key, tenant.secret_key, wrong).post(
        "/v1/accounts", {"name": f"Account {days}"})
    assert made.status_code == 201, made.text
    path = f"/v1/accounts/{made.json()['id']}"
    assert tenant.get(path).json()["name"] == f"Account {days}"
    assert tenant.api("PATCH", path, {"industry": "clocks"}).status_code == 200
    assert requests.get(wrong.base_url + "/readyz", timeout=10).status_code == 200
    return more


@pytest.mark.parametrize("days", [3, -3])
def test_doctor_names_the_clock(database: Node, tmp_path: pathlib.Path, days: int) -> None:
    with serve(database, tmp_path, 0):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
        url = f"postgresql://tandem@127.0.0.1:{database.port}/tandem"
        result = subprocess.run(
            [str(off(tmp_path, days)), "doctor", "-o", "json"], env={**environment, "TANDEM_DATABASE_URL": url}, text=True,
            capture_output=True, timeout=60)
    clock = next(item for item in json.loads(result.stdout)["items"] if item["check"] == "clock")
    assert clock["result"] == "warn" and ("ahead of" if days > 0 else "behind") in clock["detail"] and "NTP" in clock["remedy"]


def test_a_key_expires_by_the_clock_of_its_server(database: Node, tmp_path: pathlib.Path) -> None:
    """One that is days ahead refuses early: docs/operating.md says so, and doctor warns."""
    with serve(database, tmp_path, 0) as right, serve(database, tmp_path, 3) as ahead:
        tenant = right.tenant("keys")
        key = right.cli("key", "create", "--kind", "secret", "--expires", "1d", "--tenant", tenant.slug)["key"]

        def status(server: Server) -> int:
            return requests.get(server.base_url + "/v1/accounts", headers={"Authorization": f"Bearer {key}"}, timeout=10).status_code

        wait_until(lambda: status(right) == 200, 10)
        assert status(ahead) == 401


def test_a_server_that_is_a_year_ahead_takes_nothing_away_that_the_rules_keep(database: Node, tmp_path: pathlib.Path) -> None:
    with serve(database, tmp_path, 0) as right:
        tenant = right.tenant("kept")
        assert tenant.api("PUT", "/v1/retention", {"rules": [{"type": "*", "days": 30}]}).status_code == 200
        sent = [str(uuid.uuid4()) for _ in range(50)]
        assert send(right, tenant, sent)["accepted"] == len(sent)
        refused = requests.post(
            right.base_url + "/v1/track", json={"event": "Nobody's", "messageId": "kept"}, auth=(tenant.write_key, ""), timeout=30)
        order = tenant.post("/v1/accounts:export", {"format": "csv"})
        assert order.status_code in (200, 201, 202), order.text
        wait_until(lambda: database.sql(f"select count(*) from {tenant.internals}.export", "tandem") == [(1,)], 20)

        def held() -> dict[str, list[tuple[object, ...]]]:
            return {relation: database.sql(f"select {what} from {tenant.internals}.{relation}", "tandem") for relation, what in (
                ("event_log", "count(*)"), ("quarantine", "count(*)"), ("export", "count(*)"),
                ("dedupe_state", "generation, rotations, rotated_at"))}

        before = held()
        assert before["event_log"] == [(len(sent),)] and before["quarantine"] == [(1,)], (before, refused.text)
        with serve(database, tmp_path, 365):
            passed = f"select count(*) from {tenant.internals}.event_retention_pass where finished_at is not null"
            wait_until(lambda: database.sql(passed, "tandem") == [(1,)], 30)
            assert held() == before
        # What the rules do not keep by the database's clock goes, also by a server that is a year behind.
        database.sql(f"update {tenant.internals}.event_log set ts = ts - interval '40 days', "
                     "received_at = received_at - interval '40 days' "
                     f"where message_id = '{sent[0]}'", "tandem")
        database.sql(f"update {tenant.internals}.event_retention_pass set finished_at = finished_at - interval '2 days'", "tandem")
        with serve(database, tmp_path, -365):
            wait_until(lambda: held()["event_log"] == [(len(sent) - 1,)], 30)
