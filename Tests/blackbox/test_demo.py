"""The demo tenants: loaded although killed on the way, loaded once, and the wrong merge that can be undone."""

from __future__ import annotations

import json
import re
import signal
import stat
import subprocess
import time
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from server import ROOT, Server

STORY = "buyer-17"


def load(server: Server) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(server.binary), "demo", "load", "--data-dir", str(server.data_dir)],
        cwd=ROOT, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.fixture(scope="module")
def demo() -> Iterator[Server]:
    """A server whose demo was killed three times while it was loaded, at three different steps."""
    with Server() as server:
        for step in ("demo-opportunities.jsonl writing [1-9]", "events [1-9]", "cdnow, purchases writing [1-9]"):
            process = load(server)
            for line in process.stderr:
                if re.search(step, line):
                    process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL, f"the load was over before {step}"
        process = load(server)
        errors = process.stderr.read()
        assert process.wait() == 0, errors
        yield server


def rows(server: Server, slug: str, query: str) -> list[tuple[Any, ...]]:
    schema = server.cli("tenant", "show", slug)["schema"]
    return server.sql(query, schema=schema)


def keys(server: Server) -> dict[str, Any]:
    path = pathlib.Path(server.data_dir) / "demo-keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return json.loads(path.read_text())


def call(server: Server, method: str, path: str, body: Any = None) -> Any:
    answer = requests.request(
        method, server.base_url + path, json=body, timeout=60,
        headers={"Authorization": f"Bearer {keys(server)['demo']['secret']}"})
    answer.raise_for_status()
    return answer.json()


def test_everything_is_there_once(demo: Server) -> None:
    assert {one["slug"]: one.get("simulated", False) for one in demo.cli("tenant", "list")["items"]} == {
        "cdnow": False, "demo": True,
    }
    ((events, messages, people, last),) = rows(
        demo, "demo",
        "select count(*), count(distinct message_id), count(distinct profile_id), (select max(ts)::date from events) from events")
    assert 15_000 <= events == messages <= 30_000
    assert people > 600
    kept = demo.cli("quarantine", "list", "--tenant", "demo")["items"]
    assert len(kept) == 5 and {one["state"] for one in kept} == {"rejected"} and len({one["code"] for one in kept}) >= 4, kept
    assert last == rows(demo, "demo", "select max(close_date) from opportunities")[0][0]
    assert rows(demo, "demo", "select count(*) from accounts") == [(85,)]
    won = rows(demo, "demo", "select count(*), sum(amount) filter (where status = 'won') from opportunities")
    assert won == [(8800, 10_005_534)]
    assert rows(demo, "cdnow", "select count(*), sum((properties -> 'revenue')::numeric)::text from events") == [
        (69_659, "2500315.63"),
    ]
    assert rows(demo, "demo", "select count(*) from import_row where outcome = 'rejected' or outcome is null") == [(0,)]
    ((tasks, due, phones, numbers),) = rows(
        demo, "demo",
        "select count(*), count(distinct due_date), (select count(phone) from contacts), (select count(distinct phone) from contacts) "
        "from activities where type = 'task' and status = 'planned'")
    assert 50 <= tasks <= 150 and due > 5 and phones == numbers > 100
    assert rows(demo, "demo", "select count(*) from users where name !~ '^(rep|manager)-[0-9]+$'") == [(0,)]
    assert rows(demo, "demo", "select count(*) from review where state = 'open'") == [(1,)]


def test_a_second_load_does_nothing(demo: Server) -> None:
    before = rows(demo, "demo", "select count(*), max(received_at) from events")
    began = time.monotonic()
    process = load(demo)
    assert process.wait() == 0, process.stderr.read()
    assert time.monotonic() - began < 10
    assert rows(demo, "demo", "select count(*), max(received_at) from events") == before


def test_the_wrong_merge_can_be_undone(demo: Server) -> None:
    profile = call(demo, "GET", f"/v1/profiles/by/user_id/{STORY}")
    assert "demo-laptop" in profile["anonymous_ids"]
    assert len({one["group_id"] for one in profile["accounts"]}) == 2
    (merge,) = call(demo, "GET", "/v1/merges?ref=demo:wrong-merge")["items"]
    assert (merge["state"], merge["cause"]) == ("applied", "event")
    call(demo, "POST", f"/v1/merges/{merge['id']}:undo", {})
    profile = call(demo, "GET", f"/v1/profiles/by/user_id/{STORY}")
    assert "demo-laptop" not in profile["anonymous_ids"]
    assert {one["group_id"] for one in profile["accounts"]} == {"acme"}


def test_serve_says_what_to_try_first(demo: Server) -> None:
    demo.stop()
    demo.start("--demo")
    deadline = time.monotonic() + 30
    while "Stop         Ctrl-C" not in demo.log_path.read_text():
        assert time.monotonic() < deadline, demo.log_tail()
        time.sleep(0.1)
    text = demo.log_path.read_text()
    pair = keys(demo)["demo"]
    assert pair["write"] in text and pair["secret"] not in text
    assert str(pathlib.Path(demo.data_dir).resolve() / "demo-keys.json") in text or str(demo.data_dir) in text
    link = re.search(r"http://\S+/console/sign-in\?token=\S+", text).group()
    assert requests.get(link, timeout=30).status_code == 200
    dsn = re.search(r"psql '([^']+)'", text).group(1)
    psql = subprocess.run(
        ["psql", dsn, "-Atc", "select count(*) from accounts"], capture_output=True, text=True, check=True)
    assert psql.stdout.strip() == "85"
