"""Rules that people set in the console: consent by source, retention, identity; what they would do is shown before it holds."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from console import Browser, Page
from server import Server, Tenant, wait_until

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
    page = browser.get(f"{place}/consent")
    assert "Lawful basis (GDPR)" in page.text and "On consent alone, what they did is no reason to write to them." in page.text
    form = page.form("/consent")
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


def test_of_two_forms_of_identity_rules_saved_at_one_moment_one_is_taken(tandem: Server, tenant: Tenant) -> None:
    browsers = [Browser(tandem).sign_in() for _ in range(2)]
    forms = [one.get(f"/console/{tenant.slug}/rules").form("/rules") for one in browsers]
    for round in range(3):
        gate = threading.Barrier(2)

        def save(number: int) -> Page:
            gate.wait(10)
            return browsers[number].submit(forms[number], **{"s.max_ids": str(100 + 10 * round + number), "do": "save"})

        with ThreadPoolExecutor(2) as pool:
            pages = list(pool.map(save, range(2)))
        assert sorted(page.response.status_code for page in pages) == [200, 422]
        rejected(next(page for page in pages if page.response.status_code == 422), "Somebody has changed the rules meanwhile")
        forms = [one.get(f"/console/{tenant.slug}/rules").form("/rules") for one in browsers]


def test_a_simulation_that_became_an_operation_is_shown_when_it_is_done(browser: Browser, tenant: Tenant) -> None:
    track(tenant, "identify", userId="u1", anonymousId="kiosk", messageId="a")
    track(tenant, "identify", userId="u2", anonymousId="kiosk", messageId="b")
    rules = tenant.get("/v1/identity/rules").json()
    rules["identifiers"][0]["limit"] = 2
    answer = tenant.post("/v1/identity/rules:simulate?async=true", rules)
    assert answer.status_code == 202, answer.text
    wait_until(lambda: tenant.get(answer.headers["Location"]).json()["state"] == "done")
    page = browser.get(f"/console/{tenant.slug}/operations")
    assert "Play identity rules" in page.text
    (place,) = [link for link in page.links if "/rules?simulation=op_" in link]
    shown = browser.get(place)
    assert "One profile would be made of several that are apart" in shown.text and "user_id u2" in shown.text, shown.text
    # Its rules are there to be put into force, on the version that holds now.
    assert shown.form("/rules").fields["r.0.limit"] == "2" and tenant.get("/v1/identity/rules").json()["identifiers"][0]["limit"] == 1
    assert "Saved." in browser.submit(shown.form("/rules"), do="save").text
    assert tenant.get("/v1/identity/rules").json()["identifiers"][0]["limit"] == 2
    other = tenant.server.tenant(tenant.slug + "-other")
    assert browser.get(place.replace(f"/{tenant.slug}/", f"/{other.slug}/")).response.status_code == 404
    # What it tells of an erased person is gone with the person.
    assert tenant.post("/v1/privacy/erase", {"type": "user_id", "value": "u1"}).status_code in (200, 202)
    assert browser.get(place).response.status_code == 404


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
