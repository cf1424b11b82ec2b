"""Tickets: what status does to them, where they show, and their pages."""

from __future__ import annotations

import pytest

from console import Browser
from server import Tenant
from test_conversion import get
from test_forms import make

pytestmark = pytest.mark.quick


def timeline(tenant: Tenant, path: str, kind: str) -> list[dict]:
    return [item for item in get(tenant, f"{path}/timeline")["items"] if item["kind"] == kind]


def test_the_status_of_a_ticket_says_when_it_was_solved(tenant: Tenant) -> None:
    which = make(tenant, "tickets", subject="Cannot sign in")
    place = f"tickets/{which}"
    shown = get(tenant, place)
    assert (shown["status"], shown["priority"], shown["solved_at"]) == ("open", "normal", None)
    for status, is_solved in [("pending", False), ("solved", True), ("closed", True), ("open", False), ("closed", True)]:
        before = shown["solved_at"]
        shown = tenant.api("PATCH", f"/v1/{place}", {"status": status}).json()
        assert (shown["solved_at"] is not None) == is_solved, status
        if status == "closed" and before:
            assert shown["solved_at"] == before, "closing what is solved solves it no second time"
    changes = [item["changes"] for item in get(tenant, f"{place}/history")["items"]]
    assert "solved_at" in changes[0] and changes[0]["status"] == ["open", "closed"]
    refused = tenant.api("PATCH", f"/v1/{place}", {"solved_at": "2026-01-01T00:00:00Z"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "read_only")
    assert make(tenant, "tickets", subject="By import", status="solved")


def test_a_contacts_ticket_is_of_its_main_account_and_shows_on_both_timelines(tenant: Tenant) -> None:
    accounts = [make(tenant, "accounts", name=name) for name in ("First", "Main")]
    contact = make(tenant, "contacts", email="a@acme.example", accounts=[
        {"account_id": accounts[0]}, {"account_id": accounts[1], "primary": True}])
    which = make(tenant, "tickets", subject="Export stops", contact_id=contact, priority="urgent")
    assert get(tenant, f"tickets/{which}")["account_id"] == accounts[1]
    without = make(tenant, "tickets", subject="No account", contact_id=contact, account_id=None)
    assert get(tenant, f"tickets/{without}")["account_id"] is None
    call = make(tenant, "activities", type="call", subject="About it", links=[{"id": which}])
    tenant.api("PATCH", f"/v1/tickets/{which}", {"status": "solved"}).raise_for_status()
    for path in (f"accounts/{accounts[1]}", f"contacts/{contact}", f"tickets/{which}"):
        steps = [item["data"] for item in timeline(tenant, path, "ticket") if item["data"]["id"] == which]
        assert [step["step"] for step in steps] == ["solved", "opened"], path
        assert steps[0]["priority"] == "urgent"
        assert [item["data"]["id"] for item in timeline(tenant, path, "activity")] == [call], path
    first = get(tenant, f"contacts/{contact}/timeline?limit=1")
    rest = get(tenant, f"contacts/{contact}/timeline?after={first['page']['next']}")
    whole = get(tenant, f"contacts/{contact}/timeline")["items"]
    assert first["items"] + rest["items"] == whole
    assert tenant.api("DELETE", f"/v1/contacts/{contact}").status_code == 204
    assert get(tenant, f"tickets/{which}")["contact_id"] is None
    assert tenant.post(f"/v1/contacts/{contact}:restore").status_code == 200
    assert get(tenant, f"tickets/{which}")["contact_id"] == contact


def test_tickets_have_pages_and_a_word_on_the_command_line(tenant: Tenant) -> None:
    account = make(tenant, "accounts", name="Globex")
    values = ["subject=Cannot export", "priority=urgent", f"account_id={account}", "body=It stops."]
    made = tenant.server.cli("ticket", "create", *(word for value in values for word in ("--set", value)), "--tenant", tenant.slug)
    make(tenant, "tickets", subject="Solved one", status="solved")
    make(tenant, "activities", type="note", subject="Looked into it", links=[{"id": made["id"]}])
    browser = Browser(tenant.server).sign_in()
    listed = browser.get(f"/console/{tenant.slug}/tickets")
    assert "Cannot export" in listed.text and "Solved one" in listed.text and "Globex" in listed.text
    assert "Cannot export" not in browser.get(f"/console/{tenant.slug}/tickets?status=solved").text
    page = browser.get(f"/console/{tenant.slug}/tickets/{made['id']}")
    assert "It stops." in page.text and "Looked into it" in page.text
    assert f"/console/{tenant.slug}/accounts/{account}" in page.links
    assert browser.get(f"/console/{tenant.slug}/tickets/tick_00000000000000000000000001").response.status_code == 404
    assert "Cannot export" in browser.get(f"/console/{tenant.slug}/search?q=cannot export").text


def test_a_ticket_of_nobodys_is_taken_on_its_page(tenant: Tenant) -> None:
    role = tenant.post("/v1/roles", {"name": "desk", "grants": {"ticket": {"read": "all", "edit": "all", "assign": "all"}}}).json()
    user = tenant.post("/v1/users", {"name": "Desk", "email": "desk@acme.example", "role_ids": [role["id"]]}).json()
    which = make(tenant, "tickets", subject="Whose is it")
    browser = Browser(tenant.server).sign_in("--tenant", tenant.slug, "--user", user["id"])
    page = browser.get(f"/console/{tenant.slug}/tickets/{which}")
    page = browser.submit(page.form("/own"))
    assert "It is yours now." in page.text and get(tenant, f"tickets/{which}")["owner_id"] == user["id"]
    assert not [form for form in page.forms if form.action.endswith("/own")]
