"""One poisonous event among fifty: it is refused alone, and nobody who shares its batch fails."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

import load
from server import Server

USERS = 500
# What the server refuses itself, and what only PostgreSQL refuses (see the trigger).
POISONS: list[tuple[str, str]] = [
    ("a number beyond a double", '{"userId":"p","event":"E","properties":{"a":1e400}}'),
    ("too deep", '{"userId":"p","event":"E","properties":' + '{"a":' * 40 + "1" + "}" * 41 + "}"),
    ("an endless identifier", '{"userId":"' + "x" * 600 + '","event":"E"}'),
    ("no JSON", '{"userId":"p","event":'),
    ("what PostgreSQL refuses", '{"userId":"p","event":"poison of PostgreSQL"}'),
    ("NUL and half a surrogate, which are repaired", '{"userId":"p","event":"E","properties":{"a":"\\u0000\\ud800"}}'),
]


@pytest.mark.timeout(600)
def test_a_poisonous_event_fails_alone(own_tandem: Server, full: bool, figures: Callable[[str, Any], None]) -> None:
    tenant = own_tandem.tenant("poison")
    load.make_users(tenant, USERS)
    own_tandem.sql(
        "create function refuse_poison() returns trigger language plpgsql as $$ begin"
        " raise exception using errcode = '22P05', message = 'poison'; end $$", schema=tenant.schema)
    own_tandem.sql(f"alter function refuse_poison() owner to {tenant.schema}_owner", schema=tenant.schema)
    own_tandem.sql(
        "create trigger refuse_poison before insert on event_log for each row"
        " when (new.name = 'poison of PostgreSQL') execute function refuse_poison()", schema=tenant.schema)
    rate, seconds = (2_000, 60) if full else (100, 5)
    healthy = load.Load(tenant, prefix="healthy", mix="mixed", users=USERS, connections=32, rate=rate, seconds=seconds)
    statuses: dict[str, set[int]] = {name: set() for name, _ in POISONS}
    stop = threading.Event()
    sent = itertools.count()

    def poison() -> None:
        session = requests.Session()
        session.auth = (tenant.write_key, "")
        for name, body in itertools.cycle(POISONS):
            if stop.wait(50 / rate):
                return
            answer = session.post(
                f"{own_tandem.base_url}/v1/track", data=body, headers={"Content-Type": "application/json"}, timeout=30)
            statuses[name].add(answer.status_code)
            next(sent)

    sender = threading.Thread(target=poison, daemon=True)
    sender.start()
    time.sleep(seconds)
    stop.set()
    result = healthy.wait()
    sender.join(30)
    poisons = next(sent)
    figures("healthy events", result["accepted"])
    figures("poisonous events", poisons)
    figures("healthy requests that failed", sum(result["refused"].values()) + result["lost"])
    figures("p99 of the healthy, ms", f"{result['p99_ms']:.0f}")
    figures("answers to the poisons", str({name: sorted(found) for name, found in statuses.items()}))
    assert not result["refused"] and result["lost"] == 0, result
    assert statuses.pop("NUL and half a surrogate, which are repaired") == {200}
    assert all(found == {400} for found in statuses.values()), statuses
