"""Consent: what was said, by whom, and what counts of it after merges and undos (identity.md 8)."""

from __future__ import annotations

from typing import Any

import pytest

from console import Browser
from server import Server, Tenant
from test_conversion import get


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
def test_what_is_wrong_is_named(tenant: Tenant, body: dict[str, Any], pointer: str) -> None:
    identify(tenant, "u", "01")
    answer = tenant.api("PUT", f"/v1/profiles/{profile(tenant, 'u')}/consent", body)
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer, answer.text
    assert consent(tenant, "u") == {}


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
