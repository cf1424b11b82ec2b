"""The rules of identity as people change and try them: versions, simulations on real data, the anomaly guard."""

from __future__ import annotations

import datetime
import json
import pathlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server import CommandFailed, Server, Tenant, wait_until
from test_conversion import get

pytestmark = pytest.mark.quick
Json = dict[str, Any]
USER = {"type": "user_id", "priority": 1, "limit": 1, "window": "ever"}
EMAIL = {"type": "email", "priority": 2, "limit": 5, "window": "ever"}


def rules(*more: Json, **settings: Any) -> Json:
    return {"identifiers": [USER, EMAIL, *more], **settings}


def put(tenant: Tenant, document: Json) -> Json:
    answer = tenant.api("PUT", "/v1/identity/rules", document)
    assert answer.status_code == 200, answer.text
    return answer.json()


def simulate(tenant: Tenant, document: Json, status: int = 200, **query: str) -> Json:
    answer = tenant.post("/v1/identity/rules:simulate", document, params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


_count = iter(range(1, 100_000))


def track(tenant: Tenant, **ids: Any) -> None:
    """One event: user, anonymous, email; anything else goes into the traits."""
    number = next(_count)
    body: Json = {"messageId": f"r-{number:05d}", "traits": {}}
    for name, value in ids.items():
        if name in ("userId", "anonymousId", "timestamp"):
            body[name] = value
        else:
            body["traits"][name] = value
    answer = tenant.ingest("identify", body)
    assert answer.status_code == 200, answer.text


def kept(tenant: Tenant) -> list[Any]:
    names = ("identifier", "node", "component", "merge", "edge", "demotion", "review", "identity_rules", "identity_state", "operation")
    return [sorted(map(repr, tenant.server.sql(f"select * from {name}", schema=tenant.schema))) for name in names]


def profile(tenant: Tenant, kind: str, value: str) -> str:
    return get(tenant, f"profiles/by/{kind}/{value}")["id"]


def values(example: Json) -> set[frozenset[str]]:
    return {frozenset(one["value"] for one in part["identifiers"]) for part in example["profiles"]}


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


# Versions


def test_each_change_is_a_version_with_its_author(tandem: Server, tenant: Tenant, tmp_path: pathlib.Path) -> None:
    first = get(tenant, "identity/rules")["version"]
    stored = put(tenant, rules({"type": "app_id", "priority": 3, "limit": 2, "window": "monthly", "trait": "appId"}, max_ids=50))
    assert stored["version"] == first + 1
    listed = get(tenant, "identity/rules/versions")["items"]
    assert [one["version"] for one in listed] == list(range(first + 1, 0, -1))
    assert listed[0]["author"].startswith("key:") and listed[0]["max_ids"] == 50 and listed[1]["max_ids"] == 1000
    page = get(tenant, "identity/rules/versions?limit=1")
    assert get(tenant, f"identity/rules/versions?limit=1&after={page['page']['next']}")["items"] == listed[1:2]

    shown = tandem.cli("rules", "show", "--tenant", tenant.slug, json=False)
    assert "app_id     3" in shown and "monthly" in shown and "max_ids 50" in shown, shown
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({**stored, "max_ids": 60}))
    tandem.cli("rules", "set", str(file), "--dry-run", "--tenant", tenant.slug)
    assert get(tenant, "identity/rules")["version"] == first + 1
    assert tandem.cli("rules", "set", str(file), "--tenant", tenant.slug)["max_ids"] == 60
    versions = tandem.cli("rules", "versions", "--tenant", tenant.slug)["items"]
    assert (versions[0]["version"], versions[0]["author"][:4]) == (first + 2, "cli:")
    file.write_text(json.dumps(rules(default={"limit": 0})))
    with pytest.raises(CommandFailed) as refused:
        tandem.cli("rules", "set", str(file), "--tenant", tenant.slug)
    assert refused.value.code == 64 and "/default/limit" in refused.value.errors


def test_of_changes_to_one_version_at_one_moment_one_is_taken(tenant: Tenant, tmp_path: pathlib.Path) -> None:
    seen = get(tenant, "identity/rules")
    gate = threading.Barrier(6)

    def change(number: int) -> int:
        gate.wait(10)
        document = {**seen, "max_ids": 100 + number}
        if number % 2:
            del document["version"]
            return tenant.api("PUT", "/v1/identity/rules", document, headers={"If-Match": f'"v{seen["version"]}"'}).status_code
        return tenant.api("PUT", "/v1/identity/rules", document).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(change, range(6))) == [200] + [412] * 5
    assert get(tenant, "identity/rules")["version"] == seen["version"] + 1
    late = tenant.api("PUT", "/v1/identity/rules", seen)
    assert (late.status_code, late.json()["code"], late.json()["version"]) == (412, "version_mismatch", seen["version"] + 1)
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(seen))
    with pytest.raises(CommandFailed) as refused:
        tenant.server.cli("rules", "set", str(file), "--tenant", tenant.slug)
    assert refused.value.code == 6
    # Whoever names no version puts what he has.
    assert put(tenant, rules(max_ids=70))["version"] == seen["version"] + 2
    tag = tenant.get("/v1/identity/rules").headers["ETag"]
    assert tenant.get("/v1/identity/rules", headers={"If-None-Match": tag}).status_code == 304


# Simulations


def test_the_rules_in_force_change_nothing(tenant: Tenant) -> None:
    for number in range(8):
        track(tenant, userId=f"u{number % 3}", anonymousId=f"a{number % 5}", email=f"e{number % 4}@x.example")
    before = kept(tenant)
    found = simulate(tenant, get(tenant, "identity/rules"))
    assert kept(tenant) == before
    assert (found["joined"], found["parted"], found["dropped_identifiers"], found["added_identifiers"]) == (0, 0, 0, 0)
    live = len(get(tenant, "profiles")["items"])
    assert found["profiles"] == {"before": live, "after": live} and found["kept_out"]["before"] == found["kept_out"]["after"]


def test_a_wider_limit_says_whom_it_would_have_joined(tenant: Tenant) -> None:
    """Two user ids on one device: kept apart by the limit of one user id a profile."""
    track(tenant, userId="u1", anonymousId="kiosk")
    track(tenant, userId="u2", anonymousId="phone")
    track(tenant, userId="u1", anonymousId="phone")
    assert profile(tenant, "user_id", "u1") != profile(tenant, "user_id", "u2")
    before = kept(tenant)
    found = simulate(tenant, rules() | {"identifiers": [{**USER, "limit": 2}, EMAIL]})
    assert kept(tenant) == before, "nothing is written"
    assert (found["joined"], found["parted"], found["profiles"]) == (1, 0, {"before": 2, "after": 1})
    (example,) = found["examples"]["joined"]
    assert values(example) == {frozenset({"u1", "kiosk"}), frozenset({"u2", "phone"})}
    assert {one["id"] for one in example["profiles"]} == {profile(tenant, "user_id", "u1"), profile(tenant, "user_id", "u2")}
    assert (example["because"]["rule"], example["because"]["identifier"]) == ("limit", {"type": "anonymous_id", "value": "phone"})
    assert found["kept_out"] == {"before": {"limit": 1}, "after": {}}


def test_a_tighter_limit_says_whom_it_would_have_kept_apart(tenant: Tenant) -> None:
    track(tenant, userId="u1", anonymousId="a1")
    track(tenant, anonymousId="a2")
    track(tenant, userId="u1", anonymousId="a2")
    one = {"type": "anonymous_id", "priority": 3, "limit": 1, "window": "ever"}
    found = simulate(tenant, rules(one))
    assert (found["joined"], found["parted"], found["profiles"]) == (0, 1, {"before": 1, "after": 2})
    (example,) = found["examples"]["parted"]
    assert values(example) == {frozenset({"u1", "a1"}), frozenset({"a2"})}
    assert example["because"]["rule"] == "limit"
    put(tenant, rules(one))
    assert profile(tenant, "anonymous_id", "a2") == profile(tenant, "user_id", "u1"), "rules hold for new events"


def test_a_window_lets_an_older_identifier_go(tenant: Tenant) -> None:
    track(tenant, userId="u1", anonymousId="a1", timestamp="2026-01-01T00:00:00Z")
    track(tenant, userId="u1", anonymousId="a2", timestamp="2026-03-01T00:00:00Z")
    for window, parted in (("ever", 1), ("weekly", 0), ("annually", 1)):
        found = simulate(tenant, rules({"type": "anonymous_id", "priority": 3, "limit": 1, "window": window}))
        # What was kept out is nobody's: it came with this event alone.
        assert (found["profiles"]["after"], found["dropped_identifiers"]) == (1, parted), window


@pytest.mark.parametrize("blocked", [{"blocked": ["kiosk"]}, {"blocked_patterns": ["^kio"]}])
def test_a_blocked_value_says_whom_it_would_have_kept_apart(tenant: Tenant, blocked: Json) -> None:
    track(tenant, email="one@x.example", anonymousId="kiosk")
    track(tenant, email="two@x.example", anonymousId="kiosk")
    found = simulate(tenant, rules(**blocked))
    assert (found["parted"], found["dropped_identifiers"], found["profiles"]) == (1, 1, {"before": 1, "after": 2})
    typed = simulate(tenant, rules({"type": "anonymous_id", "priority": 3, "limit": 5, **blocked}))
    assert typed["profiles"] == found["profiles"], "for one type as for all"


def test_caps_say_whom_they_would_have_kept_apart(tenant: Tenant) -> None:
    for number in range(3):
        track(tenant, anonymousId=f"a{number}")
        track(tenant, anonymousId=f"a{number}", email="one@x.example")
    assert simulate(tenant, rules(max_merges=1))["kept_out"]["after"] == {"max_merges": 1}
    assert simulate(tenant, rules(max_ids=3))["profiles"] == {"before": 1, "after": 2}


def test_a_type_of_the_tenants_own_says_whom_it_would_have_joined(tenant: Tenant) -> None:
    track(tenant, userId="u1", anonymousId="a1", cardNo="c-7")
    track(tenant, anonymousId="a2", cardNo="c-7")
    track(tenant, anonymousId="a3", cardNo="c-8")
    tenant.ingest("track", {"messageId": "p-1", "anonymousId": "a4", "event": "Paid", "properties": {"card_no": "c-8"}})
    found = simulate(tenant, rules({"type": "card", "priority": 3, "limit": 1, "window": "ever", "trait": "card_no"}))
    assert (found["joined"], found["added_identifiers"], found["profiles"]) == (2, 2, {"before": 4, "after": 2})
    assert {frozenset({"u1", "a1"}), frozenset({"a2"})} in [values(example) for example in found["examples"]["joined"]]
    put(tenant, rules({"type": "card", "priority": 3, "limit": 5, "trait": "card_no"}))
    track(tenant, userId="u9", cardNo="c-9")
    assert simulate(tenant, rules())["dropped_identifiers"] == 1, "without the rule it is no identifier"


def test_what_people_decided_stands_under_both(tenant: Tenant) -> None:
    for name in ("u1", "u2", "u3"):
        track(tenant, userId=name, anonymousId=f"of-{name}")
    ends = [{"type": "user_id", "value": name} for name in ("u1", "u2", "u3")]
    assert tenant.post("/v1/merges", {"winner": ends[0], "loser": ends[1], "ref": "by-hand"}).status_code == 201
    parted = tenant.post("/v1/merges", {"winner": ends[0], "loser": ends[2], "ref": "wrong"}).json()
    assert tenant.post(f"/v1/merges/{parted['id']}:undo").status_code == 200
    track(tenant, userId="u1", anonymousId="of-u3")
    found = simulate(tenant, rules() | {"identifiers": [{**USER, "limit": 9}, EMAIL]})
    assert (found["profiles"], found["joined"]) == ({"before": 2, "after": 2}, 0)
    assert found["kept_out"]["after"] == {"separated": 1}, "the undo keeps them apart, whatever the limit"


def test_since_a_time_the_past_stays_as_it_was_decided(tenant: Tenant) -> None:
    track(tenant, userId="u1", anonymousId="a1")
    track(tenant, userId="u1", anonymousId="a2")
    (now,) = tenant.server.sql("select iso_time(clock_timestamp())", schema=tenant.schema)[0]
    track(tenant, anonymousId="a3")
    track(tenant, userId="u1", anonymousId="a3")
    one = {"type": "anonymous_id", "priority": 3, "limit": 1, "window": "ever"}
    found = simulate(tenant, {"rules": rules(one), "since": now})
    assert moment(found["since"]) == moment(now) and found["profiles"] == {"before": 1, "after": 2} and found["dropped_identifiers"] == 0
    assert simulate(tenant, rules(one), since=now) == found, "said beside the rules or in the query"
    assert simulate(tenant, rules(one))["dropped_identifiers"] == 1, "without it a2 would be nobody's"
    assert simulate(tenant, rules(one), since="noon", status=422)["code"] == "validation_failed"


def test_much_is_an_operation_with_its_result(tandem: Server, tenant: Tenant) -> None:
    track(tenant, userId="u1", anonymousId="a1")
    track(tenant, userId="u2", anonymousId="a1")
    document = {"identifiers": [{**USER, "limit": 2}, EMAIL]}
    at_once = simulate(tenant, document)
    answer = tenant.post("/v1/identity/rules:simulate?async=true", document)
    assert answer.status_code == 202, answer.text
    place = answer.headers["Location"]
    wait_until(lambda: tenant.get(place).json()["state"] == "done")
    shown = tenant.get(place).json()
    assert (shown["type"], shown["total"], shown["done"], shown["result"]) == ("rules_simulation", 2, 2, at_once)
    assert at_once["joined"] == 1
    # What it tells of an erased person goes with the person.
    assert tenant.post("/v1/privacy/erase", {"type": "user_id", "value": "u1"}).status_code in (200, 202)
    assert "result" not in tenant.get(place).json()


def test_rules_that_are_wrong_are_refused_and_another_tenants_data_are_not_read(tandem: Server, tenant: Tenant) -> None:
    other_tenant = tandem.tenant(tenant.slug + "-other")
    track(other_tenant, userId="foreign", anonymousId="a1")
    assert simulate(tenant, rules())["identifiers"] == 0
    wrong = simulate(tenant, rules(default={"limit": 0}, blocked_patterns=["("]), status=422)
    assert {one["pointer"] for one in wrong["errors"]} == {"/default/limit", "/blocked_patterns/0"}
    assert simulate(tenant, {"rules": rules(), "when": 1}, status=422)["errors"][0]["pointer"] == "/when"


def test_the_command_line_simulates_and_says_what_it_found(tandem: Server, tenant: Tenant, tmp_path: pathlib.Path) -> None:
    track(tenant, userId="u1", anonymousId="kiosk")
    track(tenant, userId="u2", anonymousId="phone")
    track(tenant, userId="u1", anonymousId="phone")
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"identifiers": [{**USER, "limit": 2}, EMAIL]}))
    said = tandem.cli("rules", "simulate", str(file), "--tenant", tenant.slug, json=False)
    assert "joined     1 profiles would be made of several" in said and "would be joined: limit at anonymous_id phone" in said, said
    assert tandem.cli("rules", "simulate", str(file), "--tenant", tenant.slug)["joined"] == 1


# The anomaly guard


def crowd(tenant: Tenant, number: int, start: int = 0) -> None:
    """A shared device: each event brings a person who was somebody already."""
    for person in range(start, start + number):
        when = f"2026-01-0{1 + person % 9}T0{person % 10}:00:00Z"
        track(tenant, anonymousId=f"p{person}", email=f"p{person}@x.example", timestamp=when)
    for person in range(start, start + number):
        track(tenant, email=f"p{person}@x.example", shared="kiosk", timestamp="2026-02-01T12:00:00Z")


@pytest.fixture()
def guarded(tenant: Tenant) -> Tenant:
    shared = {"type": "shared", "priority": 9, "limit": 100, "trait": "shared"}
    open_ = {"type": "anonymous_id", "priority": 3, "limit": 100}
    put(tenant, {"identifiers": [USER, {**EMAIL, "limit": 100}, open_, shared], "anomaly_ids_per_hour": 6})
    return tenant


def test_a_profile_that_grows_too_fast_is_paused_and_waits_in_one_review(guarded: Tenant) -> None:
    tenant = guarded
    crowd(tenant, 8)
    items = get(tenant, "merge-reviews")["items"]
    assert [(one["reason"], one["state"]) for one in items] == [("anomaly", "open")]
    (review,) = items
    assert len(review["refs"]) == len(set(review["refs"])) >= 3
    joined = get(tenant, f"profiles/{profile(tenant, 'shared', 'kiosk')}")
    assert len(joined["identifiers"]) <= 2 + 6 + 1, "it has what it had, and what an hour may bring"
    rule = tenant.server.sql("select distinct rule from demotion", schema=tenant.schema)
    assert rule == [("anomaly",)]
    topics = tenant.server.sql("select payload ->> 'reason' from outbox where topic = 'review.opened'", schema=tenant.schema)
    assert topics == [("anomaly",)], "one alarm"
    # Somebody else is merged as always meanwhile.
    track(tenant, anonymousId="calm", timestamp="2026-02-01T12:00:00Z")
    track(tenant, anonymousId="calm", email="calm@x.example", timestamp="2026-02-01T12:00:00Z")
    assert profile(tenant, "anonymous_id", "calm") == profile(tenant, "email", "calm@x.example")

    plan = tenant.post(f"/v1/merge-reviews/{review['id']}:approve?dry_run=true", {}).json()["plan"]
    done = tenant.post(f"/v1/merge-reviews/{review['id']}:approve", {}).json()
    assert done["state"] == "approved" and len(done["merge"]["edges"]) == len(plan["profiles"]["before"]) - 1 >= 3
    people = {profile(tenant, "email", f"p{number}@x.example") for number in range(8)}
    assert people == {profile(tenant, "shared", "kiosk")}, "approving adds all that was skipped"
    assert tenant.server.sql("select * from check_identity()", schema=tenant.schema) == []


def test_rejecting_keeps_apart_what_was_skipped(guarded: Tenant) -> None:
    tenant = guarded
    crowd(tenant, 8)
    (review,) = get(tenant, "merge-reviews")["items"]
    assert tenant.post(f"/v1/merge-reviews/{review['id']}:reject", {}).json()["state"] == "rejected"
    count = len(get(tenant, "profiles")["items"])
    track(tenant, email="p7@x.example", shared="kiosk", timestamp="2026-03-01T12:00:00Z")
    assert len(get(tenant, "profiles")["items"]) == count, "no event joins them again, however much later"


def test_an_hour_later_events_join_again(guarded: Tenant) -> None:
    tenant = guarded
    crowd(tenant, 8)
    before = profile(tenant, "email", "p7@x.example")
    assert before != profile(tenant, "shared", "kiosk")
    track(tenant, email="p7@x.example", shared="kiosk", timestamp="2026-02-01T12:59:00Z")
    assert profile(tenant, "email", "p7@x.example") == before, "not remembered as settled, asked anew, and still too early"
    track(tenant, email="p7@x.example", shared="kiosk", timestamp="2026-02-01T13:00:01Z")
    assert profile(tenant, "email", "p7@x.example") == profile(tenant, "shared", "kiosk")


def test_an_approved_review_is_undone_like_any_merge(guarded: Tenant) -> None:
    tenant = guarded
    crowd(tenant, 8)
    (review,) = get(tenant, "merge-reviews")["items"]
    state = sorted(map(repr, tenant.server.sql("select profile_id, type, value from profile_identifiers", schema=tenant.schema)))
    done = tenant.post(f"/v1/merge-reviews/{review['id']}:approve", {}).json()
    assert tenant.post(f"/v1/merges/{done['merge']['id']}:undo", {}).json()["state"] == "undone"
    after = sorted(map(repr, tenant.server.sql("select profile_id, type, value from profile_identifiers", schema=tenant.schema)))
    assert after == state
