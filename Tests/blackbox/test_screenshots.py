"""Each console page in Debian's chromium: light and dark, 1280 and 390 pixels wide. No page may be wider than the window,
write an error to the browser's console, or have a finding of axe. The long form looks at the demo as well.

Pictures are taken into the folder that TANDEM_SCREENSHOTS names; `readme-SCHEME.png` are those of the README. Nothing is asked of
them here, and each costs as much as all that is: without such a folder there are none.
"""

from __future__ import annotations

import datetime
import itertools
import os
import pathlib
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import console
from server import ROOT, Server, Tenant, wait_until
from test_console import crawl, person_id, send_story
from test_forms import make

FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
CHROMIUM = "/usr/bin/chromium"
SCHEMES = ("light", "dark")
WIDTHS = (1280, 390)
# The short form sees each scheme and each width once.
VIEWS = list(itertools.product(SCHEMES, WIDTHS)) if FULL else list(zip(SCHEMES, WIDTHS))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def acme(tandem: Server) -> Tenant:
    """A tenant in which every page has something to show."""
    tenant = tandem.tenant("console-acme", display_name="Acme")
    send_story(tenant)
    for number, (account, address) in enumerate([("globex", "ops-1@globex.example"), ("initech", "ops-2@initech.example")]):
        tenant.ingest("identify", {"anonymousId": f"kiosk-{number}", "traits": {"email": address, "title": "Operations"}})
        tenant.ingest("group", {"anonymousId": f"kiosk-{number}", "groupId": account, "traits": {"name": account.title()}})
    # Contacts of two accounts in one event open a review.
    tenant.ingest("identify", {"anonymousId": "kiosk-0", "traits": {"email": "ops-2@initech.example"}})
    # Two who say nearly the same of themselves.
    for user, traits in [("alike-1", {"firstName": "Josefine", "lastName": "Ahrens", "birthday": "1981-03-02"}),
                         ("alike-2", {"name": "Josephine Arens", "birth_date": "1981-02-03"})]:
        said = traits | {"phone": "030 901820", "address": {"street": "Lindenallee 12", "city": "Berlin"}, "company": "Globex"}
        assert tenant.ingest("identify", {"userId": user, "traits": said}).status_code == 200
    assert tenant.post("/v1/duplicates:find", {"object": "profile"}).json()["found"] == 1
    make_plan(tenant)
    tenant.ingest("track", {"event": "Nobody's"})
    for name, amount in [("GTX Plus Pro, 250 seats", "61250.50"), ("MG Advanced renewal", "10960")]:
        make_opportunity(tenant, name, amount)
    make_desk(tenant)
    make_tickets(tenant)
    set_sources(tenant)
    provider = {"issuer": "https://id.acme.example", "client_id": "tandem", "client_secret": "of a picture", "label": "Acme ID"}
    assert tenant.api("PUT", "/v1/oidc", provider).status_code == 200
    return tenant


def make_desk(tenant: Tenant) -> None:
    """What a rep has to do: tasks, a call, a lead, and a contact with a number that reaches nobody."""
    account, opportunity = (tenant.get(f"/v1/{plural}?sort=name").json()["items"][0]["id"] for plural in ("accounts", "opportunities"))
    rep = make(tenant, "users", name="Robin Rep", time_zone="Europe/Berlin")
    contact = make(
        tenant, "contacts", first_name="Casey", last_name="Buyer", title="Head of purchasing", email="casey@acme.example", owner_id=rep,
        channels=[{"kind": "email", "value": "casey@acme.example", "primary": True},
                  {"kind": "mobile", "value": "+44 7700 900123", "invalid": True}],
        accounts=[{"account_id": account, "role": "Buyer", "primary": True}])
    links = [{"object": "contact", "record_id": contact}, {"object": "account", "record_id": account}]
    make(tenant, "activities", type="call", direction="out", outcome="reached", duration_s=720, body="Wants an offer for 250 seats.",
         owner_id=rep, links=links)
    make(tenant, "activities", type="task", status="planned", subject="Send the offer", due_date="2026-01-08", priority="high",
         owner_id=rep, links=links)
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    make(tenant, "activities", type="task", status="planned", subject="Ask about the budget", due_date=today,
         links=[{"object": "opportunity", "record_id": opportunity}])
    make(tenant, "leads", first_name="Lee", last_name="Waiting", company="Hooli", source="demo-request", phone="+44 7700 900124",
         owner_id=rep)
    # One that nobody owns, who is a contact already, and what lies in the bin.
    make(tenant, "leads", first_name="Kim", last_name="Unclaimed", company="Acme", email="casey@acme.example")
    for plural, body in [("accounts", {"name": "Acme by mistake"}), ("activities", {"type": "note", "body": "In the wrong place."})]:
        gone = make(tenant, plural, **body)
        assert tenant.api("DELETE", f"/v1/{plural}/{gone}").status_code == 204


def set_sources(tenant: Tenant) -> None:
    rules = [
        {"rename_event": "order completed", "to": "Order Completed"}, {"drop": "traits.ssn"},
        {"cast": "properties.products[].price", "as": "number", "otherwise": "keep", "event": "Order Completed"},
    ]
    assert tenant.api("PUT", "/v1/sources/server/mapping", {"rules": rules}).status_code == 200
    made = tenant.post("/v1/sources", {"name": "payments", "kind": "webhook"})
    assert made.status_code == 201, made.text
    assert tenant.api("PUT", "/v1/sources/payments/webhook", {"mapping": "stripe", "secret": "whsec_picture"}).status_code == 200


def make_plan(tenant: Tenant) -> None:
    """A plan that some of what comes after it does not keep to."""
    money = {"type": "number", "minimum": 0}
    order = {"type": "object", "properties": {"total": money, "currency": {"enum": ["CHF", "EUR"]}}, "required": ["total"]}
    person = {"properties": {"email": {"type": "string", "format": "email"}, "title": {"type": "string"}}}
    events = [
        {"type": "track", "name": "Order Completed", "description": "Somebody paid.", "schema": order},
        {"type": "page", "schema": {"properties": {"path": {"type": "string"}}}}, {"type": "identify", "schema": person},
    ]
    answer = tenant.api("PUT", "/v1/tracking-plans/web", {"events": events, "description": "What the shop sends"})
    assert answer.status_code == 200, answer.text
    policy = {"violations": "quarantine", "unplanned_properties": "omit", "unplanned_events": "allow"}
    assert tenant.api("PUT", "/v1/tracking-plans/web/sources/server", policy).status_code == 200
    for properties in [{"total": -5, "currency": "USD"}, {"total": 12.5, "currency": "CHF", "colour": "red"}]:
        tenant.ingest("track", {"userId": "u-1", "event": "Order Completed", "properties": properties})


def make_opportunity(tenant: Tenant, name: str, amount: str) -> None:
    account = tenant.server.sql("select id from accounts order by name limit 1", schema=tenant.schema)[0][0]
    tenant.server.sql(
        "select write_records('opportunity', 0::int2, 40::int2, now(), 'tests', 'tests', jsonb_build_array(jsonb_build_object("
        "'op', 'create', 'data', jsonb_build_object('name', %s::text, 'account_id', %s::text, 'amount', %s::text, "
        "'currency', 'USD', 'close_date', '2026-12-10', 'pipeline_id', s.pipeline_id, 'stage_id', s.id)))) "
        "from (select id, pipeline_id from stages order by position limit 1) s",
        (name, str(account), amount),
        schema=tenant.schema,
    )


def make_tickets(tenant: Tenant) -> None:
    account = tenant.get("/v1/accounts?limit=1").json()["items"][0]["id"]
    for subject, fields in {
        "Export stops after a while": {"priority": "urgent", "channel": "email", "account_id": account, "body": "It says 504."},
        "Invoice address": {"status": "pending", "channel": "phone"}, "Thanks": {"status": "solved", "priority": "low"},
    }.items():
        made = tenant.post("/v1/tickets", {"subject": subject, **fields})
        assert made.status_code == 201, made.text
        call = {"type": "call", "direction": "in", "subject": "Asked again", "links": [{"object": "ticket", "id": made.json()["id"]}]}
        assert tenant.post("/v1/activities", call).status_code == 201


@pytest.fixture(scope="module")
def session(tandem: Server, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The cookies of a browser that used a sign-in link."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(tandem.cli("console", "link", "--base", tandem.base_url)["url"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console**")
    state = tmp_path_factory.mktemp("console") / "session.json"
    context.storage_state(path=state)
    context.close()
    return state


@pytest.fixture(scope="module")
def pictures() -> pathlib.Path | None:
    asked = os.environ.get("TANDEM_SCREENSHOTS")
    if not asked:
        return None
    folder = ROOT / asked
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def import_nightly(tenant: Tenant) -> None:
    """A file of one night and one of the next, of which only what is new is read."""
    with tempfile.TemporaryDirectory() as folder:
        file, map = pathlib.Path(folder, "products-export.csv"), pathlib.Path(folder, "map.yaml")
        map.write_text("match: external_id\ncursor: changed\nfields: {external_id: id, name: name, list_price: price}\n")
        for night, price in enumerate(("10", "12")):
            rows = [f"p{i},Product {i},10,2026-11-{i + 1:02}T0{i}:30:00Z" for i in range(7)]
            rows += [f"p8,Product 8,{price},2026-11-1{night}T01:15:00Z", "p9,Product 9,5," if night else "p9,Product 9,many,2026-11-09"]
            file.write_text("id,name,price,changed\n" + "\n".join(rows) + "\n")
            command = ("import", "products", str(file), "--map", str(map), "--tenant", tenant.slug)
            tenant.server.cli(*command, *(("--since", "last") if night else ()))


def pages(tenant: Tenant) -> dict[str, str]:
    """Every page by the name of its picture."""
    base = f"/console/{tenant.slug}"
    person = person_id(tenant, "user_id", "u-1")
    account = tenant.server.sql("select id from accounts where group_id = 'acme'", schema=tenant.schema)[0][0]
    opportunity = tenant.server.sql("select id from opportunities order by name limit 1", schema=tenant.schema)[0][0]
    contact = tenant.get("/v1/contacts?email=casey@acme.example").json()["items"][0]["id"]
    empty = tenant.server.tenant("console-empty", display_name="Nothing yet")
    events = tenant.server.tenant("console-events", modules="cdp", display_name="Events alone")
    event, received = tenant.server.sql(
        "select event_id, iso_time(received_at) from event_log where type = 'group' limit 1", schema=tenant.schema)[0]
    refused = tenant.server.sql("select id from quarantine order by received_at limit 1", schema=tenant.schema)[0][0]
    if not tenant.get("/v1/operations").json()["items"]:
        order = {"where": {"field": "name", "op": "is_set"}, "data": {"tags": ["seen"]}}
        count = tenant.post("/v1/opportunities:update?dry_run=true", order).json()["count"]
        ordered = tenant.post("/v1/opportunities:update", {**order, "expect_count": count}).headers["Location"]
        wait_until(lambda: tenant.get(ordered).json()["state"] == "done")
        undone = tenant.post(ordered + ":undo").headers["Location"]
        wait_until(lambda: tenant.get(undone).json()["state"] == "done")
    if not tenant.server.sql("select 1 from import limit 1", schema=tenant.schema):
        import_nightly(tenant)
    parted = tenant.server.tenant("console-parted", display_name="Undone")
    if not parted.server.sql("select 1 from merge", schema=parted.schema):
        send_story(parted)
    team = tenant.get("/v1/teams/by/name/North")
    if team.status_code == 404:
        made = tenant.post("/v1/teams", {"name": "North"}).json()
        tenant.post("/v1/users", {"name": "North desk", "email": "north@acme.example", "team_id": made["id"]})
        tenant.post("/v1/users", {"name": "Old desk", "email": "old@acme.example", "active": False})
    invited = tenant.server.cli("user", "invite", "email=north@acme.example", "--base", "", "--tenant", tenant.slug)["url"]
    if not tenant.get("/v1/objects/accounts/fields").json()["items"]:
        tier = {"name": "cf_tier", "type": "select", "options": ["gold", "silver"], "help": "What they pay for.", "required": True}
        for field in (tier, {"name": "cf_renewal_date", "type": "date"}):
            assert tenant.post("/v1/objects/accounts/fields", field).status_code == 201
    role = next(one["id"] for one in tenant.get("/v1/roles").json()["items"] if one["name"] == "sales rep")
    return {
        "tenants": "/console",
        "thread": f"{base}?person={person}",
        "events": f"{base}/events",
        "event": f"{base}/events/{event}?at={quote(received)}",
        "quarantine": f"{base}/quarantine",
        "quarantined": f"{base}/quarantine/{refused}",
        "replay": f"{base}/replay?count=1&source=server",
        "replay-refused": f"{base}/replay?since=noon",
        "no-quarantine": f"/console/{empty.slug}/quarantine?state=held&code=nothing",
        "sources": f"{base}/sources",
        "source-new": f"{base}/sources/new",
        "source-edit": f"{base}/sources/{tenant.get('/v1/sources/server').json()['id']}/edit",
        "source": f"{base}/sources/{tenant.get('/v1/sources/server').json()['id']}",
        "webhook": f"{base}/sources/{tenant.get('/v1/sources/payments').json()['id']}",
        "plans": f"{base}/plans",
        "plan-new": f"{base}/plans/new?learn=7d",
        "plan-edit": f"{base}/plans/{tenant.get('/v1/tracking-plans/web').json()['id']}/edit",
        "plan": f"{base}/plans/{tenant.get('/v1/tracking-plans/web').json()['id']}",
        "people": f"{base}/people",
        "person": f"{base}/people/{person}",
        "person-then": f"{base}/people/{person}/then?at={quote(received)}",
        "accounts": f"{base}/accounts",
        "account": f"{base}/accounts/{account}",
        "today": f"{base}/today",
        "tasks": f"{base}/tasks",
        "today-opportunities": f"{base}/today/opportunities",
        "contacts": f"{base}/contacts",
        "contact": f"{base}/contacts/{contact}",
        "contact-edit": f"{base}/contacts/{contact}/edit",
        "leads": f"{base}/leads",
        "bin": f"{base}/bin",
        "search": f"{base}/search?q=acme",
        "nothing-binned": f"/console/{empty.slug}/bin",
        "board": f"{base}/board",
        "opportunity-new": f"{base}/opportunities/new",
        "nothing-today": f"/console/{empty.slug}/today",
        "opportunities": f"{base}/opportunities",
        "opportunity": f"{base}/opportunities/{opportunity}",
        "fields": f"{base}/fields?object=accounts",
        "field": f"{base}/fields/accounts/cf_tier",
        "tickets": f"{base}/tickets",
        "ticket": f"{base}/tickets/{tenant.get('/v1/tickets?priority=urgent').json()['items'][0]['id']}",
        "merges": f"{base}/merges",
        "merge": f"{base}/merges/{tenant.get('/v1/merges').json()['items'][0]['id']}",
        "reviews": f"{base}/reviews",
        "likeness": f"{base}/reviews/{tenant.get('/v1/merge-reviews?reason=likeness').json()['items'][0]['id']}",
        "rules": f"{base}/rules",
        "rules-played": f"{base}/rules",
        "retention": f"{base}/retention",
        "retention-preview": f"{base}/retention",
        "source-consent": f"{base}/sources/{tenant.get('/v1/sources/server').json()['id']}/consent",
        "corrected": f"{base}/quarantine/{refused}",
        "review": f"{base}/reviews/{tenant.get('/v1/merge-reviews').json()['items'][0]['id']}",
        "exports": f"{base}/exports", "exports-events": f"{base}/exports?object=events", "operations": f"{base}/operations",
        "imports": f"{base}/imports",
        "privacy": f"{base}/privacy", "keys": f"{base}/keys", "bi-logins": f"{base}/bi",
        "audit": f"{base}/audit?verify=1",
        **{place: f"/console/-/{place}" for place in ("tenants", "doctor", "backups", "bi", "upgrade")},
        "administrators": "/console/-/audit",
        "send": f"{base}/send",
        "send-refused": f"{base}/send",
        "nobody": f"{base}/people?q=nobody",
        "no-accounts": f"/console/{empty.slug}/accounts",
        "no-merges": f"/console/{empty.slug}/merges",
        "no-operations": f"/console/{empty.slug}/operations",
        "empty": f"/console/{empty.slug}",
        "missing": f"{base}/people/nobody",
        "module": f"/console/{events.slug}/opportunities",
        "users": f"{base}/users",
        "roles": f"{base}/roles",
        "role": f"{base}/roles/{role}",
        "sign-in": "/console/sign-in",
        "sign-in-provider": f"/console/sign-in?tenant={tenant.slug}",
        "sign-in-link": "/console/sign-in?token=any",
        "password": invited,
        "signed-out": "/console/sign-in",
        "undone": f"/console/{parted.slug}?notice=undone",
    }


STATUSES = {"missing": 404, "replay-refused": 422, "module": 403}


def act(name: str, page: Page) -> None:
    """What brings a page into the state that its picture shows."""
    if name == "send-refused":
        page.get_by_label("Anonymous ID").fill("")
        page.get_by_role("button", name="Send").click()
        page.get_by_role("alert").wait_for()
    if name == "rules-played":
        page.get_by_label("Values of a profile", exact=True).first.fill("3")
        page.get_by_role("button", name="Show what would change").click()
        page.get_by_role("heading", name="What would happen").wait_for()
    if name == "retention-preview":
        page.get_by_label("Days to keep").first.fill("soon")
        page.get_by_role("button", name="Show what would go").click()
        page.get_by_role("alert").or_(page.locator(".wrong")).first.wait_for()
    if name == "corrected":
        page.get_by_role("button", name="Check").click()
        page.get_by_role("alert").first.wait_for()
    if name == "undone" and page.get_by_role("button", name="Undo this merge …").count():
        page.get_by_role("button", name="Undo this merge …").last.click()
        page.get_by_role("button", name="Undo this merge").click()
        page.wait_for_url("**notice=undone**")


def watched(context: BrowserContext, errors: list[str]) -> Page:
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page


def examine(page: Page) -> list[str]:
    """What is wrong with the page as it stands."""
    wrong = []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if overflow > 0:
        wrong.append(f"{overflow} px too wide")
    if page.locator("h1").count() != 1:
        wrong.append(f"{page.locator('h1').count()} headings of the first level")
    for finding in Axe().run(page).response["violations"]:
        nodes = "; ".join(node["html"][:120] for node in finding["nodes"][:3])
        wrong.append(f"axe {finding['id']}: {nodes}")
    return wrong


@pytest.mark.parametrize("scheme, width", VIEWS)
def test_every_page_in_a_browser(
    chromium: Browser, session: pathlib.Path, acme: Tenant, pictures: pathlib.Path | None, figures: Callable[[str, Any], None],
    scheme: str, width: int,
) -> None:
    context = chromium.new_context(
        storage_state=session, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=False
    )
    errors: list[str] = []
    wrong: list[str] = []
    looked = 0
    page = watched(context, errors)
    for name, path in pages(acme).items():
        answer = page.goto(acme.server.base_url + path)
        assert answer is not None and answer.status == STATUSES.get(name, 200), path
        act(name, page)
        # The browser notes each answer that is no success.
        errors[:] = [error for error in errors if not re.search(r"status of (403|404|422)", error)]
        if pictures:
            page.screenshot(path=pictures / f"{name}-{width}-{scheme}.png", full_page=True)
        looked += 1
        wrong += [f"{name}: {one}" for one in examine(page)]
    context.close()
    assert wrong == [] and errors == []
    figures(f"pages looked at, {scheme}, {width} px", looked)


@pytest.mark.full
def test_the_demo_in_a_browser(
    chromium: Browser, pictures: pathlib.Path | None, figures: Callable[[str, Any], None]
) -> None:
    """Every kind of page with the demo's data: no dead link, none slow, and the wrong merge undone by its button."""
    with closing(Server()) as server:
        server.start("--demo", timeout_s=1800)
        visitor = console.Browser(server).sign_in()
        slowest = {}
        for path, page in crawl(visitor, "/console/demo").items():
            seconds = page.response.elapsed.total_seconds()
            kind = re.sub(r"[a-z]+_[0-9A-Z]{26}|[?].*", "…", path)
            slowest[kind] = max(seconds, slowest.get(kind, 0))
        for kind, seconds in sorted(slowest.items(), key=lambda item: -item[1])[:3]:
            figures(f"slowest {kind}, ms", round(seconds * 1000))
        cookies = [
            {"name": cookie.name, "value": cookie.value, "url": server.base_url} for cookie in visitor.session.cookies
        ]
        for scheme in SCHEMES:
            context = chromium.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 860})
            context.add_cookies(cookies)
            page = context.new_page()
            page.goto(f"{server.base_url}/console/demo")
            if pictures:
                page.screenshot(path=pictures / f"readme-{scheme}.png")
            assert page.get_by_text("In this demo this merge is wrong").count() == 1
            assert examine(page) == []
            context.close()
        asked = [form for form in visitor.get("/console/demo").forms if "Undo this merge …" in form.buttons]
        planned = visitor.get(asked[-1].action, params=asked[-1].fields)
        after = visitor.submit(planned.form("/undo"))
        assert "2 people now" in after.text and "In this demo this merge is wrong" not in after.text


def test_undo_with_the_keyboard_alone(chromium: Browser, session: pathlib.Path, acme: Tenant) -> None:
    """From the skip link to the undo button and back, without a pointer."""
    tenant = acme.server.tenant("console-keys", display_name="Keys")
    send_story(tenant)
    context = chromium.new_context(storage_state=session, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{tenant.server.base_url}/console/{tenant.slug}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Undo this merge …":
            break
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What undoing it changes").wait_for()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Undo this merge":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**notice=undone**")
    assert page.get_by_role("status").inner_text().startswith("The merge is undone.")
    assert page.get_by_role("heading", name="2 people now").is_visible()
    context.close()


@pytest.mark.parametrize("key, kind", [("n", "note"), ("c", "call")])
def test_what_was_said_is_logged_with_the_keyboard_in_three_actions(
    chromium: Browser, session: pathlib.Path, acme: Tenant, key: str, kind: str
) -> None:
    """A key opens the form, the words are typed, Ctrl Enter sends them."""
    account = acme.get("/v1/accounts?sort=name").json()["items"][0]["id"]
    words = f"A {kind}: they asked for c, t and e, wanting a quote."
    context = chromium.new_context(storage_state=session, viewport={"width": 1280, "height": 900})
    errors: list[str] = []
    page = watched(context, errors)
    page.goto(f"{acme.server.base_url}/console/{acme.slug}/accounts/{account}")
    page.keyboard.press(key)
    page.keyboard.type(words)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**notice=logged**")
    assert page.get_by_text(words).count() == 1
    (logged,) = [one for one in acme.get(f"/v1/activities?type={kind}").json()["items"] if one["body"] == words]
    # The first one of the menu: typing chose nothing.
    assert logged["outcome"] == ("reached" if kind == "call" else None)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    context.close()
    assert errors == []


def test_a_form_that_is_not_taken_leads_back_to_what_was_typed(chromium: Browser, session: pathlib.Path, acme: Tenant) -> None:
    account = acme.get("/v1/accounts?sort=name").json()["items"][0]["id"]
    context = chromium.new_context(storage_state=session, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{acme.server.base_url}/console/{acme.slug}/accounts/{account}")
    page.keyboard.press("c")
    page.keyboard.type("Long words that are not to be lost")
    page.get_by_label("Minutes").fill("9999")
    page.keyboard.press("Control+Enter")
    page.get_by_role("link", name="Back to the form").click()
    page.wait_for_url(f"**/accounts/{account}")
    assert page.get_by_label("What was said").input_value() == "Long words that are not to be lost"
    context.close()


def test_the_live_list_shows_an_event_without_being_loaded_again(
    chromium: Browser, session: pathlib.Path, acme: Tenant
) -> None:
    context = chromium.new_context(storage_state=session, viewport={"width": 1280, "height": 900})
    errors: list[str] = []
    page = watched(context, errors)
    page.goto(f"{acme.server.base_url}/console/{acme.slug}/events")
    assert page.get_by_role("button", name="Pause").is_visible()
    acme.ingest("track", {"userId": "u-1", "event": "Just Now"})
    page.get_by_text("Just Now").wait_for(timeout=15_000)
    context.close()
    assert errors == []


def test_without_javascript_the_live_list_has_a_way_to_refresh(
    chromium: Browser, session: pathlib.Path, acme: Tenant
) -> None:
    context = chromium.new_context(storage_state=session, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{acme.server.base_url}/console/{acme.slug}/events")
    acme.ingest("track", {"userId": "u-1", "event": "Without Script"})
    assert page.get_by_text("Without Script").count() == 0
    page.get_by_role("link", name="Refresh").click()
    assert page.get_by_text("Without Script").count() == 1
    context.close()
