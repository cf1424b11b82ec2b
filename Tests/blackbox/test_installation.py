"""The console's pages of the whole installation: doctor, backups, BI sessions, upgrade, tenants; for operators who see all of it, and for
nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console import Browser
from server import Server, wait_until

PLACES = ("tenants", "doctor", "backups", "bi", "upgrade", "audit")


@pytest.fixture(scope="module")
def site() -> Iterator[Server]:
    with Server() as server:
        server.tenant("acme", display_name="Acme")
        server.tenant("other", display_name="Other")
        yield server


@pytest.fixture
def browser(site: Server) -> Browser:
    return Browser(site).sign_in()


def test_every_page_leads_to_the_others(browser: Browser) -> None:
    assert {f"/console/-/{place}" for place in PLACES} <= set(browser.get("/console").links)
    for place in PLACES:
        page = browser.get(f"/console/-/{place}")
        assert page.response.status_code == 200 and len(page.headings) == 1, place
        assert {f"/console/-/{other}" for other in PLACES} <= set(page.links), place
    # From a tenant's pages too.
    assert "/console/-/doctor" in browser.get("/console/acme/people").links


def test_nobody_else_sees_them(site: Server) -> None:
    one = Browser(site).sign_in("--tenant", "acme")
    assert "/console/-/doctor" not in one.get("/console/acme/people").links
    csrf = one.get("/console/acme/people").form("/sign-out").fields["csrf"]
    for place in PLACES:
        page = one.get(f"/console/-/{place}")
        assert page.response.status_code == 403, place
        assert "Other" not in page.text
    for action in ("doctor/fix", "backups/create", "backups/verify", "bi/1/end"):
        assert one.post(f"/console/-/{action}", {"csrf": csrf}).response.status_code == 403, action
    stranger = Browser(site)
    for place in PLACES:
        assert stranger.get(f"/console/-/{place}").response.url.endswith("/console/sign-in"), place


def test_a_form_needs_its_token(browser: Browser) -> None:
    for action in ("doctor/fix", "backups/create", "backups/verify", "bi/1/end"):
        assert browser.post(f"/console/-/{action}", {"csrf": "x"}).response.status_code == 403, action


def test_doctor_names_what_is_wrong_first_and_puts_it_right(site: Server, browser: Browser) -> None:
    site.sql("alter system set synchronous_commit = off")
    site.sql("select pg_reload_conf()")
    wait_until(lambda: "failure" in browser.get("/console/-/doctor").text, 10)
    page = browser.get("/console/-/doctor")
    assert 'class="notice bad"' in page.html, "red is for failures"
    assert page.text.index("durability") < page.text.index("checksums")
    assert "alter system reset" in page.text
    page = browser.submit(page.form("/fix"))
    assert "is put right" in page.text
    wait_until(lambda: not any(form.action.endswith("/fix") for form in browser.get("/console/-/doctor").forms), 10)
    page = browser.get("/console/-/doctor")
    tone = "bad" if ">failure<" in page.html else "warn" if ">warning<" in page.html else "good"
    assert f'class="notice {tone}"' in page.html


def test_a_backup_is_made_and_checked(site: Server, browser: Browser) -> None:
    page = browser.get("/console/-/backups")
    assert "Nothing is saved yet" in page.text
    page = browser.submit(page.form("/create"))
    assert "at work" in page.text
    wait_until(lambda: "The backup that began" in browser.get("/console/-/backups").text, 60)
    page = browser.get("/console/-/backups")
    assert "is done" in page.text and "not checked yet" in page.text, page.text
    browser.submit(page.form("/verify"))
    wait_until(lambda: "everything is whole" in browser.get("/console/-/backups").text, 60)
    assert "not checked yet" not in browser.get("/console/-/backups").text
    listed = site.cli("backup", "list")["items"]
    assert len(listed) == 1 and listed[0]["verified"] is True
    entry = site.sql("select actor, object_id from tandem.audit where action = 'backup.create'")
    assert entry == [(entry[0][0], listed[0]["name"])] and entry[0][0].startswith("console:")


def test_upgrade_says_who_is_behind(site: Server, browser: Browser) -> None:
    assert "Everything is at the version of this server" in browser.get("/console/-/upgrade").text
    site.sql("update tandem.tenant set schema_digest = 'another'::bytea where slug = 'acme'")
    page = browser.get("/console/-/upgrade")
    assert "2 tenants, 1 behind" in page.text and "views" in page.text
    site.cli("migrate", "up")
    assert "Everything is at the version of this server" in browser.get("/console/-/upgrade").text
