"""Rules that people set in the console: consent by source, retention, identity; what they would do is shown before it holds."""

from __future__ import annotations

from typing import Any

import pytest

from console import Browser, Page
from server import Server, Tenant

Json = dict[str, Any]


def member(tenant: Tenant, grants: Json, name: str) -> Browser:
    """The browser of a user who has one role."""
    role = tenant.post("/v1/roles", {"name": name, "grants": grants}).json()
    user = tenant.post("/v1/users", {"name": name, "email": f"{name}@acme.example", "role_ids": [role["id"]]}).json()
    return Browser(tenant.server).sign_in("--tenant", tenant.slug, "--user", user["id"])


@pytest.fixture
def browser(tandem: Server) -> Browser:
    return Browser(tandem).sign_in()


def track(tenant: Tenant, kind: str = "track", **fields: Any) -> None:
    answer = tenant.ingest(kind, fields)
    assert answer.status_code == 200, answer.text


def rejected(page: Page, *words: str) -> None:
    assert page.response.status_code == 422, page.text
    for word in words:
        assert word in page.text, page.text


def test_consent_rules_of_a_source_are_added_changed_and_taken_away(browser: Browser, tenant: Tenant) -> None:
    (source,) = [one for one in tenant.server.cli("source", "list", "--tenant", tenant.slug)["items"] if one["name"] == "web"]
    place = f"/console/{tenant.slug}/sources/{source['id']}"
    assert f"{place}/consent" in browser.get(place).links
    form = browser.get(f"{place}/consent").form("/consent")
    wrong = browser.submit(form, **{"r.0.purpose": "ads", "r.0.drop": "everything"})
    rejected(wrong, "A path is properties (all of them), properties.KEY or context.KEY.")
    assert wrong.form("/consent").fields["r.0.drop"].strip() == "everything", "what was entered is not lost"
    page = browser.submit(
        wrong.form("/consent"), **{"r.0.drop": "properties.email\ncontext.ip", "r.1.purpose": "analytics", "r.1.missing": "allow"})
    assert page.response.status_code == 200 and "ads" in page.text and "left out: properties.email, context.ip" in page.text
    put = tenant.get("/v1/sources/web/consent").json()
    assert put["version"] == 1 and [(rule["purpose"], rule["missing"]) for rule in put["rules"]] == [
        ("ads", "refuse"), ("analytics", "allow")]
    stale = browser.get(f"{place}/consent").form("/consent")
    browser.submit(stale, **{"r.0.purpose": ""})
    assert [rule["purpose"] for rule in tenant.get("/v1/sources/web/consent").json()["rules"]] == ["analytics"]
    rejected(browser.submit(stale, **{"r.0.purpose": "other"}), "Somebody has changed the rules meanwhile")


def test_retention_says_what_would_go_before_it_goes(browser: Browser, tenant: Tenant) -> None:
    for day, event in enumerate(["Seen", "Seen", "Bought"]):
        track(tenant, userId="u", event=event, messageId=f"m{day}", timestamp=f"2026-01-0{day + 1}T00:00:00Z")
    tenant.server.sql(
        "update event_log set received_at = ts where true", schema=tenant.schema)
    place = f"/console/{tenant.slug}/retention"
    form = browser.get(place).form("/retention")
    rejected(browser.submit(form, **{"r.0.days": "soon", "do": "preview"}), "days is a whole number from 1 to 36500.")
    shown = browser.submit(form, **{"r.0.type": "track", "r.0.event": "Seen", "r.0.days": "30", "do": "preview"})
    assert "2 events would be deleted now" in shown.text and "track Seen: 2" in shown.text
    assert tenant.get("/v1/retention").json()["version"] == 0, "a preview changes nothing"
    saved = browser.submit(shown.form("/retention"), do="save")
    assert "Saved." in saved.text
    assert tenant.get("/v1/retention").json()["rules"] == [{"type": "track", "event": "Seen", "days": 30}]


def test_identity_rules_are_played_before_they_hold(browser: Browser, tenant: Tenant) -> None:
    track(tenant, "identify", userId="u1", anonymousId="kiosk", messageId="a")
    track(tenant, "identify", userId="u2", anonymousId="kiosk", messageId="b")
    place = f"/console/{tenant.slug}/rules"
    form = browser.get(place).form("/rules")
    assert form.fields["r.0.type"] == "user_id" and form.fields["r.0.limit"] == "1" and form.fields["s.max_ids"] == "1000"
    rejected(
        browser.submit(form, **{"r.0.limit": "many", "s.max_merges": "-1", "do": "preview"}), "It is a whole number from 1 to 1000.",
        "It is a whole number from 0 to 1000000.")
    shown = browser.submit(form, **{"r.0.limit": "2", "do": "preview"})
    assert "One profile would be made of several that are apart" in shown.text and "user_id u2" in shown.text, shown.text
    before = tenant.get("/v1/identity/rules").json()
    assert before["identifiers"][0]["limit"] == 1, "a simulation changes nothing"
    saved = browser.submit(shown.form("/rules"), do="save")
    assert "Saved." in saved.text
    after = tenant.get("/v1/identity/rules").json()
    assert after["identifiers"][0]["limit"] == 2 and after["version"] == before["version"] + 1
    same = {key: value for key, value in after.items() if key in ("blocked", "blocked_patterns", "max_ids", "max_merges", "default")}
    assert same == {key: before[key] for key in same}, "what was not touched is as before"
    rejected(browser.submit(shown.form("/rules"), do="save"), "Somebody has changed the rules meanwhile")


def test_who_may_look_may_not_change(tandem: Server, tenant: Tenant) -> None:
    looks = member(tenant, {"setting": {"read": "all"}}, "looks")
    nothing = member(tenant, {"account": {"read": "all"}}, "nothing")
    (source,) = [one for one in tandem.cli("source", "list", "--tenant", tenant.slug)["items"] if one["name"] == "web"]
    for place in ("retention", "rules", f"sources/{source['id']}/consent"):
        path = f"/console/{tenant.slug}/{place}"
        page = looks.get(path)
        assert page.response.status_code == 200 and "the right to edit settings" in page.text and "Put into force" not in page.text
        csrf = next(form.fields["csrf"] for form in page.forms if "csrf" in form.fields)
        assert looks.post(path, {"csrf": csrf, "do": "save", "version": "0"}).response.status_code == 403
        assert nothing.get(path).response.status_code == 403
