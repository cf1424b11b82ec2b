"""Consent: what was said, by whom, and what counts of it after merges and undos (identity.md 8)."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest

from console import Browser
from server import ROOT, Server, Tenant
from test_conversion import get


@pytest.fixture(scope="module")
def shared(tandem: Server) -> Tenant:
    """For tests that change nothing, or people of their own alone."""
    return tandem.tenant("consent-shared")


def identify(tenant: Tenant, user: str, when: str, context: dict[str, Any] | None = None, **fields: Any) -> None:
    message = {"userId": user, "timestamp": f"2026-01-{when}T12:00:00Z", "messageId": f"{user}-{when}", "context": context or {}, **fields}
    assert tenant.ingest("identify", message).status_code == 200


def preferences(**categories: bool) -> dict[str, Any]:
    return {"consent": {"categoryPreferences": categories}}


def profile(tenant: Tenant, user: str) -> str:
    return get(tenant, f"profiles/by/user_id/{user}")["id"]


def consent(tenant: Tenant, user: str) -> dict[str, bool]:
    shown = get(tenant, f"profiles/{profile(tenant, user)}/consent")
    return {name: said["granted"] for name, said in shown["categories"].items()}


def test_both_forms_on_the_wire(tenant: Tenant) -> None:
    identify(tenant, "segment", "01", preferences(marketing=True, analytics=False))
    identify(tenant, "rudder", "01", {"consentManagement": {
        "provider": "oneTrust", "allowedConsentIds": ["C0001", "C0002"], "deniedConsentIds": ["C0002", "C0004"]}})
    identify(tenant, "silent", "01")
    event = {"userId": "segment", "event": "Segment Consent Preference Updated", "messageId": "e", "timestamp": "2026-01-02T00:00:00Z",
             "context": preferences(analytics=True)}
    assert tenant.ingest("track", event).status_code == 200
    assert consent(tenant, "segment") == {"marketing": True, "analytics": True}
    assert consent(tenant, "rudder") == {"C0001": True, "C0002": False, "C0004": False}
    assert consent(tenant, "silent") == {}
    said = get(tenant, f"profiles/{profile(tenant, 'segment')}/consent")["categories"]["analytics"]
    assert said == {"granted": True, "at": "2026-01-02T00:00:00.000000Z", "source": "server", "message_id": "e"}


def test_late_statements_do_not_win(tenant: Tenant) -> None:
    identify(tenant, "u", "05", preferences(marketing=False))
    identify(tenant, "u", "02", preferences(marketing=True))
    assert consent(tenant, "u") == {"marketing": False}
    identify(tenant, "u", "06", preferences(marketing=True))
    assert consent(tenant, "u") == {"marketing": True}


def test_a_merge_takes_the_stricter_and_an_undo_gives_each_side_its_own(tenant: Tenant) -> None:
    identify(tenant, "a", "01", preferences(marketing=True, sms=True))
    identify(tenant, "b", "02", preferences(marketing=False, email=True))
    merge = tenant.post("/v1/merges", {
        "winner": {"type": "user_id", "value": "a"}, "loser": {"type": "user_id", "value": "b"},
        "effective_at": "2026-01-03T00:00:00Z"}).json()
    assert consent(tenant, "a") == consent(tenant, "b") == {"marketing": False, "sms": True, "email": True}
    # Said again of the one person that they are now.
    identify(tenant, "a", "04", preferences(marketing=True))
    assert consent(tenant, "b")["marketing"] is True
    assert tenant.post(f"/v1/merges/{merge['id']}:undo").ok
    assert consent(tenant, "a") == {"marketing": True, "sms": True}
    assert consent(tenant, "b") == {"marketing": False, "email": True}


def test_what_somebody_records_holds_for_both_sides(tandem: Server, tenant: Tenant) -> None:
    identify(tenant, "a", "01", preferences(marketing=False))
    identify(tenant, "b", "02")
    merge = tenant.post(
        "/v1/merges", {"winner": {"type": "user_id", "value": "a"}, "loser": {"type": "user_id", "value": "b"}}).json()
    place = f"/v1/profiles/{profile(tenant, 'b')}/consent"
    body = {"categories": {"marketing": True, "email.marketing": False}, "proof": {"text": "Yes, please", "call": "act_1"}}
    answer = tenant.api("PUT", place, body)
    assert answer.status_code == 200, answer.text
    said = answer.json()["categories"]["marketing"]
    assert said["source"] == "people" and said["proof"]["text"] == "Yes, please" and said["proof"]["actor"].startswith("key:")
    assert tenant.post(f"/v1/merges/{merge['id']}:undo").ok
    assert consent(tenant, "a") == consent(tenant, "b") == {"marketing": True, "email.marketing": False}
    audit = tandem.sql("select count(*) from audit where action = 'profile.consent'", schema=tenant.schema)
    assert audit == [(1,)]
    rows = tandem.sql("select category, granted from consent_statements order by 1, 2", schema=tenant.schema)
    assert rows.count(("marketing", True)) == 2


@pytest.mark.parametrize("body, pointer", [
    ({}, "/categories"), ({"categories": {}}, "/categories"), ({"categories": {"a": "yes"}}, "/categories/a"),
    ({"categories": {"a": True}, "at": "noon"}, "/at"), ({"categories": {"a": True}, "proof": 7}, "/proof"), ({"what": 1}, "/what"),
])
def test_what_is_wrong_is_named(shared: Tenant, body: dict[str, Any], pointer: str) -> None:
    identify(shared, "wrong", "01")
    answer = shared.api("PUT", f"/v1/profiles/{profile(shared, 'wrong')}/consent", body)
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer, answer.text
    assert consent(shared, "wrong") == {}


def test_command_line_and_console(tandem: Server, tenant: Tenant) -> None:
    identify(tenant, "u", "01", preferences(analytics=True))
    where = ("user_id:u", "--tenant", tenant.slug)
    done = tandem.cli("profile", "consent", *where, "--grant", "email.marketing", "--refuse", "sms.marketing", "--proof", "call")
    assert done["categories"]["email.marketing"]["proof"]["text"] == "call"
    text = tandem.cli("profile", "consent", *where, json=False)
    assert [line.split()[:2] for line in text.splitlines()] == [
        ["CATEGORY", "STATE"], ["analytics", "granted"], ["email.marketing", "granted"], ["sms.marketing", "refused"]]
    page = Browser(tandem).sign_in().get(f"/console/{tenant.slug}/people/{profile(tenant, 'u')}")
    assert "refused sms.marketing" in " ".join(page.text.split())


# --- before something is sent: missing, granted, denied, conflicting after a merge, granted again, undone ---


def state(tenant: Tenant, *users: str, purpose: str = "marketing", channel: str | None = "email") -> str:
    """What the gate answers; of several users the same, or the test fails."""
    body = {"purpose": purpose, "channel": channel, "profiles": [profile(tenant, user) for user in users]}
    answer = tenant.post("/v1/consent:check", body)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [item["id"] for item in items] == body["profiles"]
    assert all(item["allowed"] == (item["state"] == "allowed") for item in items)
    assert len({item["state"] for item in items}) == 1, items
    return items[0]["state"]


def merge_of(tenant: Tenant, winner: str, loser: str, at: str) -> str:
    answer = tenant.post("/v1/merges", {
        "winner": {"type": "user_id", "value": winner}, "loser": {"type": "user_id", "value": loser},
        "effective_at": f"2026-01-{at}T00:00:00Z"})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def person(tenant: Tenant, user: str, when: str = "01", **said: bool) -> None:
    identify(tenant, user, when, preferences(**said) if said else None, traits={"email": f"{user}@acme.example"})


def test_missing(shared: Tenant) -> None:
    person(shared, "m-u")
    assert state(shared, "m-u") == "missing"
    # Of another purpose, and of the channel alone, nothing follows.
    person(shared, "m-u", "02", analytics=True, email=True)
    assert state(shared, "m-u") == "missing"


def test_granted(shared: Tenant) -> None:
    person(shared, "g-wide", marketing=True)
    person(shared, "g-narrow", **{"email.marketing": True})
    assert state(shared, "g-wide") == state(shared, "g-narrow") == "allowed"
    assert state(shared, "g-wide", channel=None) == "allowed"
    assert state(shared, "g-narrow", channel=None) == "missing"
    identify(shared, "g-bare", "01", preferences(marketing=True))
    assert state(shared, "g-bare") == "no_address"


def test_denied(shared: Tenant) -> None:
    person(shared, "d-wide", marketing=False)
    person(shared, "d-narrow", **{"marketing": True, "email.marketing": False})
    person(shared, "d-channel", **{"marketing": True, "email": False})
    assert state(shared, "d-wide") == state(shared, "d-narrow") == state(shared, "d-channel") == "denied"
    # What was refused later of all channels takes back what was granted of one.
    person(shared, "d-both", **{"email.marketing": True})
    person(shared, "d-both", "02", marketing=False)
    assert state(shared, "d-both") == "denied"


def test_conflicting_after_a_merge(shared: Tenant) -> None:
    person(shared, "c-yes", marketing=True)
    person(shared, "c-no", "02", marketing=False)
    merge_of(shared, "c-yes", "c-no", "03")
    assert state(shared, "c-yes", "c-no") == "denied"


def test_granted_again(shared: Tenant) -> None:
    person(shared, "a-yes", marketing=True)
    person(shared, "a-no", "02", marketing=False)
    merge_of(shared, "a-yes", "a-no", "03")
    person(shared, "a-yes", "04", marketing=True)
    assert state(shared, "a-yes", "a-no") == "allowed"


def test_undone(shared: Tenant) -> None:
    person(shared, "n-yes", marketing=True)
    person(shared, "n-no", "02", marketing=False)
    person(shared, "n-silent", "02")
    merge = merge_of(shared, "n-yes", "n-no", "03")
    other = merge_of(shared, "n-yes", "n-silent", "04")
    assert state(shared, "n-yes", "n-no", "n-silent") == "denied"
    assert shared.post(f"/v1/merges/{merge}:undo").ok
    assert state(shared, "n-yes", "n-silent") == "allowed" and state(shared, "n-no") == "denied"
    assert shared.post(f"/v1/merges/{other}:undo").ok
    assert state(shared, "n-yes") == "allowed" and state(shared, "n-silent") == "missing"


@pytest.mark.parametrize("body, pointer", [
    ({}, "/purpose"), ({"purpose": "a.b", "profiles": []}, "/purpose"), ({"purpose": "a", "channel": "", "profiles": []}, "/channel"),
    ({"purpose": "a"}, "/profiles"), ({"purpose": "a", "profiles": ["x"]}, "/profiles/0"), ({"purpose": "a", "what": 1}, "/what"),
])
def test_a_question_that_is_none(shared: Tenant, body: dict[str, Any], pointer: str) -> None:
    answer = shared.post("/v1/consent:check", body)
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer, answer.text


# --- the ways out, each tried without consent ---


CROWD = {"missing": {}, "denied": {"marketing": False}, "granted": {"marketing": True}, "opted": {"marketing": True}}


def crowd(tenant: Tenant) -> None:
    """One of each; `opted` agreed and took it back at their contact's address, `gone` agreed and was suppressed."""
    for user, said in CROWD.items():
        person(tenant, user, **said)
    person(tenant, "gone", marketing=True)
    assert tenant.post("/v1/contacts", {
        "first_name": "Opted", "email": "opted@acme.example", "profile": {"type": "user_id", "value": "opted"},
        "channels": [{"kind": "email", "value": "opted@acme.example", "opted_out": True}]}).status_code == 201
    assert tenant.post("/v1/privacy/suppress", {"type": "user_id", "value": "gone"}).ok


def recipients(tenant: Tenant, **parameters: str) -> dict[str, Any]:
    return get(tenant, "consent/recipients?" + urlencode({"channel": "email", "purpose": "marketing", **parameters}))


def test_recipients_over_http_are_those_who_agreed(tenant: Tenant) -> None:
    crowd(tenant)
    page = recipients(tenant)
    assert page["items"] == [{"profile_id": profile(tenant, "granted"), "user_id": "granted", "address": "granted@acme.example"}]
    assert page["left_out"] == {"missing": 1, "denied": 1, "opted_out": 1, "suppressed": 1}
    # Page by page the same, nobody twice.
    found, after = [], ""
    for _ in range(len(CROWD) + 2):
        page = recipients(tenant, limit="1", **({"after": after} if after else {}))
        found += [item["user_id"] for item in page["items"]]
        after = page["page"]["next"]
        if not after:
            break
    assert found == ["granted"] and not after
    assert recipients(tenant, purpose="surveys")["items"] == []
    wrong = tenant.get("/v1/consent/recipients?purpose=marketing")
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["pointer"] == "/channel"


def test_recipients_of_the_command_line_are_those_who_agreed(tandem: Server, tenant: Tenant) -> None:
    crowd(tenant)
    where = ("--channel", "email", "--purpose", "marketing", "--tenant", tenant.slug)
    assert [item["user_id"] for item in tandem.cli("consent", "recipients", *where)["items"]] == ["granted"]
    text = tandem.cli("consent", "recipients", *where, json=False)
    assert "granted@acme.example" in text
    assert not any(user + "@" in text for user in ["missing", "denied", "opted", "gone"])
    for user, answer in [("missing", "missing"), ("denied", "denied"), ("granted", "allowed"), ("opted", "opted_out")]:
        assert tandem.cli("consent", "check", f"user_id:{user}", *where)["state"] == answer


def test_an_event_of_somebody_who_did_not_agree_is_no_reason_to_write(tenant: Tenant) -> None:
    rules = [{"purpose": "advertising", "activation": "refuse"}]
    assert tenant.api("PUT", "/v1/sources/server/consent", {"rules": rules}).status_code == 200
    for user, said in {"silent": {}, "no": {"advertising": False}, "yes": {"advertising": True}}.items():
        person(tenant, user, marketing=True, **said)
        event = {"userId": user, "event": "Cart Abandoned", "messageId": user, "timestamp": "2026-01-03T00:00:00Z"}
        assert tenant.ingest("track", event).status_code == 200
    page = recipients(tenant, event="Cart Abandoned", since="2026-01-02T00:00:00Z")
    assert [item["user_id"] for item in page["items"]] == ["yes"] and page["left_out"] == {"no_event": 2}
    assert len(recipients(tenant)["items"]) == 3
    assert recipients(tenant, event="Cart Abandoned", since="2026-01-04T00:00:00Z")["items"] == []


def test_a_contact_page_has_no_link_to_a_channel_that_was_refused(tandem: Server, tenant: Tenant) -> None:
    person(tenant, "u")
    made = tenant.post("/v1/contacts", {
        "first_name": "Una", "email": "u@acme.example", "phone": "+49 30 901820", "profile": {"type": "user_id", "value": "u"}}).json()
    browser = Browser(tandem).sign_in()
    page = browser.get(f"/console/{tenant.slug}/contacts/{made['id']}")
    assert "mailto:u@acme.example" in page.html and "tel:+49" in page.html
    person(tenant, "u", "02", email=False)
    page = browser.get(f"/console/{tenant.slug}/contacts/{made['id']}")
    assert "mailto:" not in page.html and "tel:+49" in page.html
    # Whom to call, on Today and beside tasks.
    ids = tandem.sql("select id from contacts", schema=tenant.schema)[0]
    assert tandem.sql("select call_person('contact', %s) ->> 'phone'", ids, schema=tenant.schema) == [("+49 30 901820",)]
    person(tenant, "u", "03", phone=False)
    assert "tel:" not in browser.get(f"/console/{tenant.slug}/contacts/{made['id']}").html
    assert tandem.sql("select call_person('contact', %s) ->> 'phone'", ids, schema=tenant.schema) == [(None,)]


def test_nothing_else_calls_out() -> None:
    """What speaks to other machines is listed in docs/consent.md: whoever adds a way out adds its question."""
    callers = {str(file.relative_to(ROOT)) for file in (ROOT / "Sources").rglob("*.swift") if "AsyncHTTPClient" in file.read_text()}
    text = (ROOT / "docs/consent.md").read_text()
    assert callers and all(f"`{name}`" in text for name in callers), callers


# --- what a source leaves out ---


def enforce(tenant: Tenant, *rules: dict[str, Any]) -> None:
    answer = tenant.api("PUT", "/v1/sources/server/consent", {"rules": list(rules)})
    assert answer.status_code == 200, answer.text


def track(tenant: Tenant, user: str, name: str, **context: Any) -> dict[str, Any]:
    message = {"userId": user, "event": name, "messageId": name, "timestamp": "2026-01-10T00:00:00Z",
               "properties": {"price": 7, "card.no": "4711"}, "context": {"ip": "192.0.2.1", "locale": "de", **context}}
    assert tenant.ingest("track", message).json() == {"success": True, "accepted": 1, "duplicates": 0}
    events = get(tenant, f"profiles/{profile(tenant, user)}/events")["items"]
    return next(event for event in events if event["event"] == name)


def test_properties_are_left_out_and_the_event_stays(tenant: Tenant) -> None:
    enforce(tenant, {"purpose": "analytics", "drop": ["properties.price", "properties.card.no", "context.ip", "properties.none"]})
    person(tenant, "u")
    stored = track(tenant, "u", "silent")
    assert stored["properties"] == {} and "ip" not in stored["context"] and stored["context"]["locale"] == "de"
    assert stored["consent_enforced"] == [{
        "purpose": "analytics", "state": "missing", "dropped": ["properties.price", "properties.card.no", "context.ip"],
        "activation": "refuse"}]
    # What the event says itself counts for it and from then on.
    stored = track(tenant, "u", "agreed", **preferences(analytics=True))
    assert stored["properties"] == {"price": 7, "card.no": "4711"} and "consent_enforced" not in stored
    assert track(tenant, "u", "after")["properties"]["price"] == 7
    stored = track(tenant, "u", "refused", **preferences(analytics=False))
    assert stored["consent_enforced"][0]["state"] == "denied" and "price" not in stored["properties"]


def test_missing_and_denied_are_different(tenant: Tenant) -> None:
    enforce(tenant, {"purpose": "analytics", "missing": "allow", "drop": ["properties"], "activation": "allow"})
    person(tenant, "u")
    assert track(tenant, "u", "silent")["properties"] == {"price": 7, "card.no": "4711"}
    person(tenant, "u", "02", analytics=False)
    stored = track(tenant, "u", "denied")
    assert stored["properties"] == {} and stored["consent_enforced"][0]["activation"] == "allow"


def test_a_batch_is_judged_message_by_message(tandem: Server, tenant: Tenant) -> None:
    enforce(tenant, {"purpose": "analytics", "drop": ["properties"]})
    batch = [{"type": "track", "userId": "u", "event": f"e{n}", "messageId": f"e{n}", "timestamp": f"2026-01-10T00:00:0{n}Z",
              "properties": {"n": n}, "context": preferences(analytics=n == 1) if n in (1, 3) else {}} for n in range(5)]
    # Whose identifiers are blocked: nobody's event.
    batch.append({"type": "track", "userId": "null", "event": "e5", "messageId": "e5", "properties": {"n": 5},
                  "context": preferences(analytics=True)})
    batch.append({"type": "track", "userId": "null", "event": "e6", "messageId": "e6", "properties": {"n": 6}})
    assert tenant.ingest("batch", {"batch": batch}).json()["accepted"] == 7
    kept = tandem.sql("select event from events where properties <> '{}' order by 1", schema=tenant.schema)
    assert [name for (name,) in kept] == ["e1", "e2", "e5"]
    assert tandem.sql("select count(*) from events", schema=tenant.schema) == [(7,)]
    assert tandem.sql("select count(*) from consent_statement", schema=tenant.internals) == [(3,)]


def test_a_source_without_rules_and_another_tenant_lose_nothing(tandem: Server, tenant: Tenant) -> None:
    enforce(tenant, {"purpose": "analytics", "drop": ["properties"]})
    person(tenant, "u")
    assert track(tenant, "u", "one")["properties"] == {}
    other = tandem.tenant(tenant.slug + "-other")
    person(other, "u")
    assert track(other, "u", "one")["properties"] == {"price": 7, "card.no": "4711"}
    assert recipients(other)["items"] == [] and state(other, "u") == "missing"
    strange = other.post("/v1/consent:check", {"purpose": "marketing", "profiles": [profile(tenant, "u")]})
    assert strange.json()["items"][0]["state"] == "unknown"
    enforce(tenant)
    assert track(tenant, "u", "two")["properties"] == {"price": 7, "card.no": "4711"}
    versions = get(tenant, "sources/server/consent")
    assert versions["version"] == 2 and versions["rules"] == []


@pytest.mark.parametrize("rule, pointer", [
    ({}, "/rules/0/purpose"), ({"purpose": "a", "drop": ["traits.x"]}, "/rules/0/drop/0"), ({"purpose": "a", "what": 1}, "/rules/0/what"),
    ({"purpose": "a", "missing": "perhaps"}, "/rules/0/missing"), ({"purpose": "a", "channel": "b.c"}, "/rules/0/channel"),
])
def test_rules_that_are_none(shared: Tenant, rule: dict[str, Any], pointer: str) -> None:
    answer = shared.api("PUT", "/v1/sources/server/consent", {"rules": [rule]})
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer, answer.text
    stale = shared.api("PUT", "/v1/sources/server/consent", {"rules": []}, headers={"If-Match": '"7"'})
    assert stale.status_code == 412, stale.text


def test_rules_of_the_command_line_and_the_console(tandem: Server, tenant: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "consent.json"
    file.write_text('[{"purpose": "analytics", "drop": ["context.ip"]}]')
    stored = tandem.cli("source", "consent", "set", "server", str(file), "--tenant", tenant.slug)
    assert stored["version"] == 1 and stored["rules"][0]["missing"] == "refuse"
    assert tandem.cli("source", "consent", "show", "server", "--tenant", tenant.slug)["rules"] == stored["rules"]
    source = get(tenant, "sources/server")["id"]
    page = " ".join(Browser(tandem).sign_in().get(f"/console/{tenant.slug}/sources/{source}").text.split())
    assert "Who refused, and who was never asked: left out: context.ip; the event is no reason to write to anybody." in page
    assert tandem.sql("select count(*) from audit where action = 'source_consent.write'", schema=tenant.schema) == [(1,)]


def test_what_analysts_see_is_what_the_gate_answers(tandem: Server, tenant: Tenant) -> None:
    """A seeded history of statements, merges and undos: the folded views and the API agree on everybody, channel and purpose."""
    other, dice = tandem.tenant(tenant.slug + "-o"), random.Random(8)
    words = ["marketing", "analytics", "email.marketing", "sms.marketing", "email", "push.analytics"]
    users, merged = [f"p{n}" for n in range(14)], []
    for user in users:
        address = {"email": f"{user}@acme.example"} if dice.random() < 0.8 else {}
        sent = tenant.ingest("identify", {
            "userId": user, "messageId": user, "timestamp": "2026-01-01T00:00:00Z", "traits": address,
            **({"context": {"groupId": "acme"}} if dice.random() < 0.5 else {})})
        assert sent.status_code == 200
        if address:
            made = tenant.post("/v1/contacts", {
                "profile": {"type": "user_id", "value": user}, "allow_duplicate": True, "do_not_contact": dice.random() < 0.2, **address})
            assert made.status_code == 201, made.text
    for step in range(90):
        when, roll = f"2026-01-{dice.randrange(2, 29):02d}T{dice.randrange(24):02d}:00:00Z", dice.random()
        if roll < 0.7:
            said = {word: dice.random() < 0.6 for word in dice.sample(words, dice.randrange(1, 4))}
            message = {"userId": dice.choice(users), "event": "Said", "messageId": f"s{step}", "timestamp": when}
            message |= {"context": preferences(**said)}
            assert tenant.ingest("track", message).status_code == 200
        elif roll < 0.75:
            answer = tenant.api(
                "PUT", f"/v1/profiles/{profile(tenant, dice.choice(users))}/consent",
                {"categories": {"marketing": dice.random() < 0.5}, "at": when, "proof": {"text": "by phone"}})
            assert answer.status_code == 200, answer.text
        elif roll < 0.9 or not merged:
            a, b = ({"type": "user_id", "value": user} for user in dice.sample(users, 2))
            answer = tenant.post("/v1/merges", {"winner": a, "loser": b, "effective_at": when, "force": True})
            assert answer.status_code in (201, 409), answer.text
            if answer.status_code == 201:
                merged.append(answer.json()["id"])
        else:
            assert tenant.post(f"/v1/merges/{merged.pop(dice.randrange(len(merged)))}:undo").status_code == 200
    assert tenant.post("/v1/privacy/suppress", {"type": "user_id", "value": users[0]}).status_code == 200
    login = tandem.cli("bi", "user", "create", tenant.slug, "analyst")
    with psycopg.connect(login["dsn"], autocommit=True) as analyst:
        rows = analyst.execute("select profile_id, channel, purpose, state, ts, source from consents").fetchall()
        contacts = analyst.execute("select profile_id, channel, purpose, state, sending from contact_consents").fetchall()
    ids = {str(row[0]) for row in rows}
    assert len(merged) >= 2 and {row[3] for row in rows} >= {"granted", "denied", "missing"} and contacts
    assert {row[1] for row in rows} == {None, "email", "sms", "phone", "push"} and {row[2] for row in rows} == {"marketing", "analytics"}
    assert len(rows) == len(ids) * 5 * 2, "a row for each profile, channel and purpose"
    gate = {}
    for channel, purpose in {(row[1], row[2]) for row in rows}:
        order = sorted(ids)
        asked = {"purpose": purpose, "profiles": order, **({"channel": channel} if channel else {})}
        answer = tenant.post("/v1/consent:check", asked)
        assert answer.status_code == 200, answer.text
        gate |= {(one, channel, purpose): said["state"] for one, said in zip(order, answer.json()["items"], strict=True)}
    for one, channel, purpose, state, ts, source in rows:
        answer = gate[(str(one), channel, purpose)]
        assert state == ("granted" if answer in ("allowed", "no_address", "opted_out") else answer), (one, channel, purpose)
        assert (ts is None) == (source is None) == (state == "missing")
    for one, channel, purpose, _, sending in contacts:
        assert sending == gate[(str(one), channel, purpose)], (one, channel, purpose)
    assert tandem.sql("select * from consents", schema=other.schema) == []
