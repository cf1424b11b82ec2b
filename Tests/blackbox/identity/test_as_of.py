"""The past, looked at later: after each operation of a random history what the server and the model say of some people is remembered, and
at the end asked for again by the time, through HTTP: merges, undos and late events of afterwards must not show."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from compare import base_now
from console import Browser
from histories import History
from server import Server, Tenant
from targets import HttpTarget, ModelTarget, play

FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
SEEDS = int(os.environ.get("SEEDS", "100" if FULL else "3"))
OPS = int(os.environ.get("OPS", "200" if FULL else "60"))
SAMPLE = 4
SHOWN = ("id", "user_id", "anonymous_ids", "identifiers", "traits", "merged_ids")


@pytest.fixture(scope="module")
def target(tandem: Server) -> Iterator[HttpTarget]:
    tenant = tandem.tenant("as-of", modules="cdp")
    target = HttpTarget(tandem.base_url, tenant.write_key, tenant.secret_key, tandem.dsn, tenant.schema)
    yield target
    target.close()


def path(who: dict[str, str], at: str = "") -> str:
    return f"/v1/profiles/by/{quote(who['type'], safe='')}/{quote(who['value'], safe='')}" + (f"?as_of={quote(at)}" if at else "")


def ask(target: HttpTarget, place: str) -> dict[str, Any] | None:
    status, answer = target.expect((200, 404), "GET", place)
    return answer if status == 200 else None


def parts(answer: dict[str, Any] | None) -> dict[str, Any] | None:
    return answer and {key: answer[key] for key in SHOWN}


def clock(target: HttpTarget) -> str:
    (moment,) = target.sql.execute("select clock_timestamp()").fetchone()
    assert isinstance(moment, datetime)
    return moment.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("seed", range(SEEDS))
def test_each_past_state_of_a_random_history_is_answered_as_it_was(target: HttpTarget, seed: int) -> None:
    ops = History(seed, OPS, f"t{seed:04d}-", base_now()).ops
    chance = random.Random(f"as-of-{seed}")
    model = ModelTarget()
    seen: list[tuple[str, set[tuple[str, str]]]] = []
    past: list[tuple[str, int, dict[str, str], Any, Any]] = []
    for step, op in enumerate(ops):
        assert play(model, op) == play(target, op), step
        known = sorted(key for key in model.model.owned if key[0] in ("user_id", "anonymous_id", "email"))
        at = clock(target)
        for kind, value in chance.sample(known, min(SAMPLE, len(known))):
            who = {"type": kind, "value": value}
            past.append((at, step, who, parts(ask(target, path(who))), model.profile(who)))
        seen.append((at, set(known)))
    known_at_end = seen[-1][1]
    assert sum(1 for _, _, _, shown, _ in past if shown and shown["merged_ids"]) > 0, "no merge in this history: take another"
    for at, step, who, shown, expected in past:
        found = ask(target, path(who, at))
        assert parts(found) == shown, (step, at, who)
        assert expected is not None and found is not None
        assert sorted([one["type"], one["value"]] for one in found["identifiers"]) == expected["identifiers"], (step, who)
        assert found["traits"] == expected["traits"] and len(found["merged_ids"]) == expected["merged"], (step, who)
        graph = ask(target, f"/v1/profiles/{found['id']}/graph?as_of={quote(at)}")
        assert graph is not None and graph["profile"] == found["id"]
        own = {node["id"] for node in graph["nodes"] if node["profile"] == found["id"]}
        assert own == {found["id"], *found["merged_ids"]}
        # The active merges of then make a tree of them.
        inside = [edge for edge in graph["edges"] if edge["active"] and edge["a"] in own]
        assert len(inside) == len(own) - 1 and all(edge["b"] in own for edge in inside)
    # Who came later was nobody.
    for at, known in seen[::5]:
        for kind, value in sorted(known_at_end - known)[:2]:
            assert ask(target, path({"type": kind, "value": value}, at)) is None, (at, kind, value)


def test_who_came_later_is_nobody_before(target: HttpTarget) -> None:
    before = clock(target)
    message = {"type": "identify", "userId": "later", "anonymousId": "later-a", "messageId": "later", "timestamp": "2026-01-01T00:00:00Z"}
    assert target.send_batch([message]) == {"accepted": 1, "duplicates": 0, "rejected": 0}
    who = {"type": "user_id", "value": "later"}
    # Known by its event's time for long, and received only now.
    assert ask(target, path(who, before)) is None
    assert ask(target, path(who, clock(target))) is not None
    status, answer = target.expect((400,), "GET", path(who, "noon"))
    assert answer["code"] == "invalid_parameter"


def test_command_line_and_console_show_the_past(tandem: Server, tenant: Tenant) -> None:
    for user, colour in [("ada", "red"), ("bob", "blue")]:
        assert tenant.ingest("identify", {"userId": user, "traits": {"colour": colour}, "messageId": user}).ok
    ids = [tenant.get(f"/v1/profiles/by/user_id/{user}").json()["id"] for user in ("ada", "bob")]
    (apart,) = tandem.sql("select clock_timestamp()")[0]
    merge = tenant.post("/v1/merges", {"winner": ids[0], "loser": ids[1]}).json()
    (joined,) = tandem.sql("select clock_timestamp()")[0]
    assert tenant.post(f"/v1/merges/{merge['id']}:undo").ok
    moments = [moment.isoformat().replace("+00:00", "Z") for moment in (apart, joined)]
    where = ("--tenant", tenant.slug)
    shown = [tandem.cli("profile", "show", "user_id:bob", "--as-of", moment, *where) for moment in moments]
    assert [one["id"] for one in shown] == [ids[1], ids[0]] and shown[1]["merged_ids"] == [ids[1]]
    assert {one["value"] for one in shown[1]["identifiers"]} == {"ada", "bob"}
    graphs = [tandem.cli("profile", "graph", "user_id:bob", "--as-of", moment, *where, json=False) for moment in moments]
    assert "└─" not in graphs[0] and "└─" in graphs[1] and "UNDONE" not in graphs[1]
    assert graphs[1].startswith(f"profile {ids[0]}  as of ")
    now = tandem.cli("profile", "graph", "user_id:bob", *where, json=False)
    assert "UNDONE" in now
    # By the id of the node it is the same.
    then = tenant.get(f"/v1/profiles/{ids[1]}?as_of={quote(moments[1])}").json()
    assert then["id"] == ids[0] and then["as_of"].startswith(moments[1][:19])
    browser = Browser(tandem).sign_in()
    person = browser.get(f"/console/{tenant.slug}/people/{ids[1]}")
    assert "As they were known on" in person.text
    page = browser.get(f"/console/{tenant.slug}/people/{ids[1]}/then?at={quote(moments[1])}")
    assert "2 visitors, joined by one merge." in page.html and "ada" in page.text
    page = browser.get(f"/console/{tenant.slug}/people/{ids[1]}/then?at=2020-01-01T00:00")
    assert "Nobody knew of this person yet" in page.text


def test_another_tenant_sees_no_past(tandem: Server, tenant: Tenant) -> None:
    assert tenant.ingest("identify", {"userId": "ada", "messageId": "ada"}).ok
    known = tenant.get("/v1/profiles/by/user_id/ada").json()["id"]
    (now,) = tandem.sql("select clock_timestamp()")[0]
    other = tandem.tenant(tenant.slug + "-other")
    for place in (f"/v1/profiles/{known}", f"/v1/profiles/{known}/graph", "/v1/profiles/by/user_id/ada"):
        assert other.get(f"{place}?as_of={quote(now.isoformat())}").status_code == 404
