"""The console: sign-in links, pages without JavaScript, undo through a form, and that nothing shows another tenant's."""

from __future__ import annotations

import itertools
import json
import re
import uuid

import pytest
import requests

from console import Browser, Form, Page
from server import Server, Tenant, wait_until

_numbers = itertools.count(1)


@pytest.fixture
def browser(tandem: Server) -> Browser:
    return Browser(tandem).sign_in()


@pytest.fixture
def merged(tenant: Tenant) -> Tenant:
    """A tenant with one person of two visitors, a wrong merge, and a rejected event."""
    send_story(tenant)
    return tenant


def send_story(tenant: Tenant) -> None:
    def send(kind: str, **message: object) -> None:
        answer = tenant.ingest(kind, message)
        assert answer.status_code == 200, answer.text

    send("page", anonymousId="laptop", name="Pricing", properties={"path": "/pricing"}, timestamp="2026-01-05T09:00:00Z")
    send("track", anonymousId="laptop", event="Form Submitted", properties={"form": "demo"}, timestamp="2026-01-05T09:05:00Z")
    send("identify", anonymousId="phone", userId="u-1", traits={"email": "buyer-1@acme.example", "plan": "team"},
         timestamp="2026-01-06T09:00:00Z")
    send("identify", anonymousId="laptop", userId="u-1", traits={"title": "Buyer"}, timestamp="2026-01-07T09:00:00Z")
    send("group", userId="u-1", groupId="acme", traits={"name": "Acme"}, timestamp="2026-01-07T10:00:00Z")


def person_id(tenant: Tenant, kind: str, value: str) -> str:
    """As it stands in addresses."""
    rows = tenant.server.sql(
        "select c.profile_id from identifier i join node n on n.id = i.node join component c on c.label = n.component "
        "where i.type = %s and i.value = %s",
        (kind, value),
        schema=tenant.schema,
    )
    return str(rows[0][0])


# Sign-in


@pytest.mark.quick
def test_a_link_signs_in_once_and_looking_at_it_does_not_use_it_up(tandem: Server, tenant: Tenant) -> None:
    link = tandem.cli("console", "link", "--base", tandem.base_url)["url"].removeprefix(tandem.base_url)
    for _ in range(3):
        assert Browser(tandem).get(link).response.status_code == 200
    first = Browser(tandem)
    answer = first.submit(first.get(link).form("/console/sign-in"))
    assert answer.response.status_code == 200 and "/sign-in" not in answer.response.url
    second = Browser(tandem)
    refused = second.submit(second.get(link).form("/console/sign-in"))
    assert refused.response.status_code == 403
    assert "used before" in refused.text
    assert second.get("/console").response.url.endswith("/console/sign-in")


def test_the_cookie_is_not_for_scripts_nor_for_other_sites(tandem: Server) -> None:
    link = tandem.cli("console", "link")["url"]
    token = link.partition("token=")[2]
    answer = requests.post(
        tandem.base_url + "/console/sign-in", data={"token": token}, allow_redirects=False, timeout=30,
        headers={"X-Forwarded-Proto": "https"},
    )
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert cookie.startswith("__Host-tandem_console=") and "Domain" not in cookie


def test_every_page_asks_for_a_session(tandem: Server, tenant: Tenant) -> None:
    for path in ["", "/people", "/accounts", "/opportunities", "/today", "/today/leads", "/tasks", "/contacts", "/board",
                 "/contacts/new", "/fields", "/tickets",
                 "/events", "/events/stream", "/quarantine", "/replay", "/merges", "/reviews", "/operations", "/privacy",
                 "/send", "/imports"]:
        answer = requests.get(f"{tandem.base_url}/console/{tenant.slug}{path}", allow_redirects=False, timeout=30)
        assert answer.status_code == 303, path
        assert answer.headers["Location"].startswith(f"/console/sign-in?tenant={tenant.slug}&to=%2Fconsole%2F{tenant.slug}"), path
        assert tenant.slug not in answer.text


def test_signing_out_ends_the_session(tandem: Server, tenant: Tenant) -> None:
    browser = Browser(tandem).sign_in()
    cookie = dict(browser.session.cookies)
    page = browser.get(f"/console/{tenant.slug}/people")
    browser.submit(page.form("/console/sign-out"))
    answer = requests.get(
        f"{tandem.base_url}/console/{tenant.slug}/people", cookies=cookie, allow_redirects=False, timeout=30
    )
    assert answer.status_code == 303


def test_a_link_for_one_tenant_shows_that_tenant_alone(tandem: Server, tenant: Tenant) -> None:
    other = tandem.tenant(f"other-{uuid.uuid4().hex[:8]}")
    browser = Browser(tandem).sign_in("--tenant", tenant.slug)
    assert browser.get("/console").response.url.endswith(f"/console/{tenant.slug}")
    assert browser.get(f"/console/{other.slug}").response.status_code == 404
    assert other.slug not in browser.get(f"/console/{tenant.slug}").html


# Pages


def undo_form(browser: Browser, tenant: Tenant) -> Form:
    """Of the newest merge: behind its plan."""
    listed = browser.get(f"/console/{tenant.slug}/merges")
    return browser.get(next(link for link in listed.links if "/merges/mrg_" in link)).form("/undo")


def test_where_one_person_came_from_and_back_again(browser: Browser, merged: Tenant) -> None:
    page = browser.get(f"/console/{merged.slug}")
    assert page.headings == ["Where one person came from"]
    identified = "Identified as buyer-1@acme.example, u-1"
    shown = ["Visited /pricing", "Form Submitted", identified, "Identified again", "Joined Acme", "buyer-1@acme.example", "Acme"]
    for words in shown:
        assert words in page.text, words
    assert "They are one person now." in page.text
    asked = next(form for form in page.forms if "Undo this merge …" in form.buttons)
    planned = browser.get(asked.action, params=asked.fields)
    assert "What undoing it changes" in planned.text and "buyer-1@acme.example" in planned.text
    assert person_id(merged, "anonymous_id", "laptop") == person_id(merged, "anonymous_id", "phone"), "looking changes nothing"
    undo = planned.form("/undo")
    assert "Undo this merge" in undo.buttons
    after = browser.submit(undo)
    assert after.response.status_code == 200
    assert "The merge is undone." in after.text
    assert "2 people now" in after.text and "They are 2 people now." in after.text
    assert person_id(merged, "anonymous_id", "laptop") != person_id(merged, "anonymous_id", "phone")
    # The account came with the phone; the laptop that is left has none.
    assert not any("/accounts/acct_" in link for link in after.links)
    phone = browser.get(f"/console/{merged.slug}?person={person_id(merged, 'anonymous_id', 'phone')}")
    assert any("/accounts/acct_" in link for link in phone.links)
    assert "(console)" in after.text and "console:cli" not in after.text, "who undid it, in words"
    again = browser.submit(undo)
    assert "undone before" in again.text


def test_the_way_of_a_person_stands_above_the_story(browser: Browser, merged: Tenant) -> None:
    text = browser.get(f"/console/{merged.slug}").text.partition("The story")[0]
    stations = ["First visit Pricing", "Form demo", "Identified buyer-1@acme.example", "Account Acme"]
    places = [text.find(station) for station in stations]
    assert -1 not in places and places == sorted(places), text


def test_a_person_is_found_by_the_beginning_of_any_identifier(browser: Browser, merged: Tenant) -> None:
    for query in ["buyer-1", "u-1", "lapt", "buyer-1@acme.example"]:
        page = browser.get(f"/console/{merged.slug}/people?q={query}")
        assert "buyer-1@acme.example" in page.text, query
    assert "Nobody has an identifier" in browser.get(f"/console/{merged.slug}/people?q=nobody").text
    thread = browser.get(f"/console/{merged.slug}?q=u-1")
    assert "person=prof_" in thread.response.url
    assert "Nobody has an identifier" in browser.get(f"/console/{merged.slug}?q=nobody").text


def test_a_profile_shows_sources_times_and_escapes_what_was_sent(browser: Browser, merged: Tenant) -> None:
    evil = "<script>alert('x')</script>"
    merged.ingest("identify", {"userId": "u-1", "traits": {"bio": evil, evil: "y"}})
    merged.ingest("track", {"userId": "u-1", "event": evil, "properties": {"note": evil}})
    merged.ingest("track", {"event": evil, "properties": {"note": evil}})
    events = browser.get(f"/console/{merged.slug}/events?show=rejected").links
    quarantined = next(link for link in events if "/quarantine/" in link).removeprefix(f"/console/{merged.slug}")
    stored = next(link for link in browser.get(f"/console/{merged.slug}/events?show=accepted").links if "?at=" in link)
    stored = stored.removeprefix(f"/console/{merged.slug}")
    person = f"/people/{person_id(merged, 'user_id', 'u-1')}"
    for path in [person, "", "/events", "/quarantine", quarantined, stored, "/merges", "/people"]:
        page = browser.get(f"/console/{merged.slug}{path}", allow_redirects=True)
        assert page.response.status_code == 200
        assert evil not in page.html, path
        assert "<script>" not in page.html
    page = browser.get(f"/console/{merged.slug}/people/{person_id(merged, 'user_id', 'u-1')}")
    assert "plan" in page.text and "team" in page.text and "server" in page.text
    assert "6 Jan 2026, 09:00" in page.text


def test_a_person_shows_its_own_merges_alone(browser: Browser, tandem: Server) -> None:
    tenant = tandem.tenant("own-merges")
    for device in ("one", "two"):
        tenant.ingest("track", {"anonymousId": device, "event": "Seen"})
    # One merge of u-1's devices, and one by hand with somebody else that is undone.
    for device in ("one", "two"):
        tenant.ingest("identify", {"anonymousId": device, "userId": "u-1"})
    tenant.ingest("identify", {"userId": "u-2"})
    ends = {"winner": {"type": "user_id", "value": "u-1"}, "loser": {"type": "user_id", "value": "u-2"}}
    merge = tenant.post("/v1/merges", ends).json()["id"]
    page = browser.get(f"/console/{tenant.slug}/people/{person_id(tenant, 'user_id', 'u-2')}")
    assert page.html.count("Undo this merge") == 2
    assert tenant.post(f"/v1/merges/{merge}:undo").status_code == 200
    page = browser.get(f"/console/{tenant.slug}/people/{person_id(tenant, 'user_id', 'u-2')}")
    assert "Undo this merge" not in page.html and "undone" in page.text
    page = browser.get(f"/console/{tenant.slug}/people/{person_id(tenant, 'user_id', 'u-1')}")
    assert page.html.count("Undo this merge") == 1


def test_live_events_tell_why_an_event_was_refused(browser: Browser, merged: Tenant) -> None:
    assert merged.ingest("track", {"event": "Nobody's"}).status_code == 400
    page = browser.get(f"/console/{merged.slug}/events")
    assert "no_user_anon_id" in page.text and "Nobody's" in page.text
    assert "accepted" in page.text and "rejected" in page.text and "Joined Acme" in page.text
    only = browser.get(f"/console/{merged.slug}/events?show=rejected")
    assert "no_user_anon_id" in only.text and "Form Submitted" not in only.text
    rows = browser.get(f"/console/{merged.slug}/events/rows?show=accepted")
    assert rows.html.lstrip().startswith("<tr data-id=") and "no_user_anon_id" not in rows.text
    assert browser.get(f"/console/{merged.slug}/events?show=what").response.status_code == 404
    assert "Joined Acme" in browser.get(f"/console/{merged.slug}/events?source=server").text
    assert "No events like this" in browser.get(f"/console/{merged.slug}/events?source=web").text
    assert browser.get(f"/console/{merged.slug}/events?source=elsewhere").response.status_code == 404


def test_an_event_has_a_page_of_what_it_did(browser: Browser, merged: Tenant) -> None:
    links = browser.get(f"/console/{merged.slug}/events?show=accepted").links
    pages = {page.headings[0]: page for page in (browser.get(link) for link in links if "/events/evt_" in link)}
    form = pages["Form Submitted"].text
    assert "Form demo" in form and "As it is stored" in form and '"form": "demo"' in form and "5 Jan 2026, 09:05:00" in form
    group = pages["group"].text
    assert "Joined acme" in group and "Account Acme" in group
    identified = [browser.get(link) for link in links if "/events/evt_" in link and "identify" in browser.get(link).text]
    assert any("New identifier user_id u-1" in page.text and '"plan": "team"' in page.text for page in identified)
    assert any("Merge applied" in page.text for page in identified)
    # Not without the time of its receipt, nor with another.
    link = next(link for link in links if "/events/evt_" in link)
    for wrong in [link.split("?")[0], link.split("?")[0] + "?at=2020-01-01", link.replace("evt_", "evt_x")]:
        assert browser.get(wrong).response.status_code == 404, wrong


def test_the_live_list_is_a_stream(browser: Browser, merged: Tenant) -> None:
    path = f"{browser.server.base_url}/console/{merged.slug}/events/stream"
    assert 'data-stream="' in browser.get(f"/console/{merged.slug}/events?show=rejected").html
    with browser.session.get(path, params={"show": "rejected"}, stream=True, timeout=30) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        lines = answer.iter_lines(chunk_size=None)
        assert next(lines) == b"retry: 1000"
        merged.ingest("track", {"userId": "u-1", "event": "Fine"})
        merged.ingest("track", {"event": "<b>Nobody's</b>"})
        row = json.loads(next(line for line in lines if line.startswith(b"data: "))[6:])
    assert row.startswith("<tr data-id=") and "no_user_anon_id" in row and "&lt;b&gt;Nobody" in row and "<b>Nobody" not in row
    assert browser.session.get(path, params={"show": "what"}, timeout=30).status_code == 404


def test_the_quarantine_is_filtered_and_decided(browser: Browser, tenant: Tenant) -> None:
    for number in range(3):
        tenant.ingest("track", {"event": f"Late {number}", "userId": "u", "timestamp": "never"})
    tenant.ingest("page", {"name": "Home", "properties": 1, "userId": "u"})
    base = f"/console/{tenant.slug}/quarantine"
    page = browser.get(base)
    assert "invalid_timestamp" in page.text and "properties_not_object" in page.text and "Late 2" in page.text
    assert not [form for form in page.forms if form.action.endswith("/quarantine")], "held events alone are meant, and there are none"
    one = browser.get(base + "?code=properties_not_object&state=rejected")
    assert "Home" in one.text and "Late 2" not in one.text
    assert browser.get(base + "?state=lost").response.status_code == 404
    assert browser.get(base + "/nothing").response.status_code == 404

    form = browser.get(base + "?state=rejected&code=invalid_timestamp").form("/quarantine")
    assert {"Process 3 again", "Discard 3"} <= set(form.buttons)
    refused = browser.post(form.action, {**form.fields, "csrf": "0" * 64, "decision": "discard"})
    assert refused.response.status_code == 403
    assert browser.submit(form).response.status_code == 400
    ordered = browser.submit(form, decision="discard")
    assert "It is being done" in ordered.text or "It is done" in ordered.text

    def states() -> dict[str, int]:
        return dict(tenant.server.sql("select state, count(*) from quarantine group by 1", schema=tenant.schema))

    wait_until(lambda: states() == {"discarded": 3, "rejected": 1}, 30)
    assert "Discard" in browser.get(base).text and "3 of 3" in browser.get(base).text

    link = next(link for link in one.links if link.startswith(base + "/"))
    shown = browser.get(link)
    assert '"properties": 1' in shown.text or '"properties":1' in shown.text
    assert browser.submit(shown.form("/quarantine"), decision="reprocess").response.status_code == 200
    wait_until(lambda: browser.get(link).text.count("1 × in vain") == 1, 30)


def test_stored_events_are_counted_and_run_once_more(browser: Browser, merged: Tenant) -> None:
    base = f"/console/{merged.slug}/replay"
    assert not [form for form in browser.get(base).forms if form.method == "post" and form.action == base], "counted first"
    assert "No such events" in browser.get(base + "?count=1&source=web").text
    wrong = browser.get(base + "?count=1&since=noon")
    assert wrong.response.status_code == 422 and "since has to be a time" in wrong.text
    counted = browser.get(base + "?count=1&source=server&type=identify&since=2026-01-06")
    form = next(form for form in counted.forms if form.method == "post" and form.action == base)
    assert form.buttons == ["Run 2 once more"] and form.fields["since"] == "2026-01-06"
    assert browser.post(base, {**form.fields, "csrf": "0" * 64}).response.status_code == 403
    assert "It is being done" in browser.submit(form).text
    wait_until(lambda: "2 of 2: replayed 2" in browser.get(base).text, 30)
    assert merged.server.sql("select count(*) from event_log", schema=merged.schema) == [(5,)]


def test_long_work_of_any_kind_is_shown_beside_the_quarantine(browser: Browser, merged: Tenant) -> None:
    """Work that does not know beforehand how much it is has no total, such as what fills a demo tenant."""
    merged.server.sql("select begin_demo_load(uuidv7(), '{}', 'test')", schema=merged.schema)
    for page in ("quarantine", "replay"):
        shown = browser.get(f"/console/{merged.slug}/{page}")
        assert shown.response.status_code == 200 and "demo load" in shown.text, page


def test_accounts_show_their_people(browser: Browser, merged: Tenant) -> None:
    page = browser.get(f"/console/{merged.slug}/accounts")
    link = next(link for link in page.links if "/accounts/acct_" in link)
    account = browser.get(link)
    assert account.headings == ["Acme"] and "buyer-1@acme.example" in account.text
    people = [link for link in account.links if "/contacts/cont_" in link and "?" not in link]
    assert len(people) == 1, "a member who is a contact stands there once"
    assert "People 1" in account.text, "two visitors who are one person count as one"


def test_times_name_the_tenants_zone(browser: Browser, tandem: Server) -> None:
    tenant = tandem.tenant(f"zone-{uuid.uuid4().hex[:8]}", timezone="Asia/Kolkata")
    send_story(tenant)
    page = browser.get(f"/console/{tenant.slug}")
    assert 'title="5 Jan 2026, 14:30:00 Asia/Kolkata"' in page.html and "times in Asia/Kolkata" in page.text


def test_a_review_tells_who_the_two_are_and_decides(browser: Browser, tenant: Tenant) -> None:
    for number, account in enumerate(["globex", "initech"]):
        tenant.ingest("identify", {"anonymousId": f"kiosk-{number}", "traits": {"email": f"ops-{number}@{account}.example"}})
        tenant.ingest("group", {"anonymousId": f"kiosk-{number}", "groupId": account, "traits": {"name": account.title()}})
    tenant.ingest("identify", {"anonymousId": "kiosk-0", "traits": {"email": "ops-1@initech.example"}})
    assert "One review to decide" in browser.get(f"/console/{tenant.slug}/merges").text
    page = browser.get(f"/console/{tenant.slug}/reviews")
    for words in ["ops-0@globex.example of Globex", "ops-1@initech.example of Initech"]:
        assert words in page.text, words
    decided = browser.get(next(link for link in page.links if "/reviews/rev_" in link))
    assert "What merging them changes" in decided.text and "ops-0@globex.example of Globex" in decided.text
    cause = browser.get(next(link for link in decided.links if "/events/evt_" in link))
    assert re.search(r"Kept out (email ops-1@initech.example|anonymous_id kiosk-0): it would merge contacts", cause.text), cause.text
    assert any("/reviews/rev_" in link for link in cause.links)
    assert "Keep separate" in decided.form("/decide").buttons
    after = browser.submit(decided.form("/decide"), decision="reject")
    assert "Kept separate" in after.text and "Nothing to decide" in after.text
    again = browser.get(decided.response.url.removeprefix(tenant.server.base_url))
    assert "rejected" in again.text and not [form for form in again.forms if form.action.endswith("/decide")]


# Links


def crawl(browser: Browser, start: str, most: int = 300) -> dict[str, Page]:
    """Every page that links lead to from a start, within the same tenant; a link into a page has to find its place."""
    base = start.split("?")[0]
    seen: dict[str, Page] = {}
    waiting = [start]
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        page = seen[path] = browser.get(path)
        assert page.response.status_code == 200, path
        for link in page.links:
            target, _, place = link.partition("#")
            if place and not target:
                assert f'id="{place}"' in page.html, (path, link)
            elif target.startswith(base) and target not in seen and target not in waiting:
                waiting.append(target)
            else:
                assert target.startswith(("/console", "mailto:", "tel:")), (path, link)
    return seen


def test_every_link_leads_somewhere(browser: Browser, merged: Tenant) -> None:
    seen = crawl(browser, f"/console/{merged.slug}")
    kinds = {re.sub(r"(prof|acct|opp|stg|evt|cont)_\w+", r"\1", path.removeprefix(f"/console/{merged.slug}")) for path in seen}
    assert {"", "/events", "/people", "/people/prof", "/accounts/acct", "/opportunities?stage=stg", "/reviews", "/send"} <= kinds
    assert {"/today", "/contacts/cont"} <= kinds
    assert all("/reviews" not in path or page.headings == ["Reviews"] for path, page in seen.items())


def test_the_form_sends_an_event_through_ingest_and_shows_its_person(browser: Browser, tenant: Tenant) -> None:
    page = browser.get(f"/console/{tenant.slug}/send")
    assert tenant.write_key in page.text and browser.server.base_url in page.text
    sent = browser.submit(page.form("/send"), type="identify", user_id="u-9", email="Buyer-9@Acme.example")
    assert sent.headings == ["buyer-9@acme.example"]
    assert "Your event is stored" in sent.text
    refused = browser.submit(page.form("/send"), type="track", user_id="", anonymous_id="", email="")
    assert refused.response.status_code == 422
    assert "no_user_anon_id" in refused.text


def test_an_empty_tenant_is_told_what_to_do_next(browser: Browser, tenant: Tenant) -> None:
    for path in ["", "/people", "/events"]:
        page = browser.get(f"/console/{tenant.slug}{path}")
        assert page.response.status_code == 200
        assert f"-u {tenant.write_key}:" in page.text, path
    for path in ["/accounts", "/opportunities", "/merges", "/reviews", "/today", "/contacts", "/leads", "/board", "/fields"]:
        assert browser.get(f"/console/{tenant.slug}{path}").response.status_code == 200, path


@pytest.mark.parametrize("modules", ["cdp", "crm"])
def test_a_tenant_with_one_module_has_the_pages_of_that_module(tandem: Server, browser: Browser, modules: str) -> None:
    tenant = tandem.tenant(f"only-{modules}-{next(_numbers)}-{uuid.uuid4().hex[:6]}", modules=modules)
    page = browser.get(f"/console/{tenant.slug}")
    assert page.response.status_code == 200
    for link in [link for link in page.links if link.startswith(f"/console/{tenant.slug}")]:
        assert browser.get(link).response.status_code == 200, link
    other = {"cdp": "opportunities", "crm": "events"}[modules]
    refused = browser.get(f"/console/{tenant.slug}/{other}")
    assert refused.response.status_code == 403
    assert f"tandem tenant update {tenant.slug} --modules cdp,crm" in refused.text, "and what to do about it"


# What must not work


def test_another_tenants_ids_are_as_unknown_as_invented_ones(browser: Browser, tandem: Server, merged: Tenant) -> None:
    other = tandem.tenant(f"foreign-{uuid.uuid4().hex[:8]}")
    send_story(other)
    merge = other.server.sql("select id from merge limit 1", schema=other.schema)[0][0]
    account = other.server.sql("select id from accounts limit 1", schema=other.schema)[0][0]
    other.ingest("track", {"event": "Nobody's"})
    refused = other.server.sql("select id from quarantine", schema=other.schema)[0][0]
    event, received = other.server.sql(
        "select event_id, received_at at time zone 'UTC' from event_log limit 1", schema=other.schema)[0]
    base = f"/console/{merged.slug}"
    foreign = {
        f"{base}/people/{person_id(other, 'user_id', 'u-1')}": f"{base}/people/{uuid.uuid4()}",
        f"{base}?person={person_id(other, 'user_id', 'u-1')}": f"{base}?person={uuid.uuid4()}",
        f"{base}/accounts/{account}": f"{base}/accounts/{uuid.uuid4()}",
        f"{base}/quarantine/{refused}": f"{base}/quarantine/{uuid.uuid4()}",
        f"{base}/events/{event}?at={received:%Y-%m-%dT%H:%M:%S.%fZ}": f"{base}/events/{uuid.uuid4()}?at=2026-01-01",
    }
    for path, invented in foreign.items():
        pages = [browser.get(path), browser.get(invented)]
        assert [page.response.status_code for page in pages] == [404, 404], path
        assert len({re.sub(r"req_\w+", "", page.text) for page in pages}) == 1
    token = undo_form(browser, merged).fields["csrf"]
    assert browser.post(f"{base}/merges/{merge}/undo", {"csrf": token}).response.status_code == 404
    assert other.server.sql("select state from merge where id = %s", (merge,), schema=other.schema) == [("applied",)]


def test_a_form_without_its_token_or_from_elsewhere_changes_nothing(browser: Browser, merged: Tenant) -> None:
    form = undo_form(browser, merged)
    for token in ["", "0" * 64, None]:
        fields = {"other": "1"} if token is None else {"csrf": token}
        assert browser.post(form.action, fields).response.status_code == 403
    foreign = browser.post(form.action, form.fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.response.status_code == 403
    assert merged.server.sql("select distinct state from merge", schema=merged.schema) == [("applied",)]


def test_a_form_leads_nowhere_but_within_the_tenant(browser: Browser, merged: Tenant) -> None:
    form = undo_form(browser, merged)
    answer = browser.post(form.action, {**form.fields, "back": "https://elsewhere.example/"}, allow_redirects=False)
    assert answer.response.headers["Location"] == f"/console/{merged.slug}/merges?notice=undone"


@pytest.mark.quick
def test_a_missing_page_is_html_for_browsers_and_a_problem_for_programs(tandem: Server) -> None:
    for path in ["/console/nothing/here/at/all", "/nothing"]:
        page = requests.get(tandem.base_url + path, headers={"Accept": "text/html"}, timeout=30)
        assert page.status_code == 404 and page.headers["Content-Type"].startswith("text/html")
        assert "There is no such page" in page.text and "req_" in page.text
        program = requests.get(tandem.base_url + path, timeout=30)
        assert program.status_code == 404 and program.headers["Content-Type"] == "application/problem+json"


def test_who_is_signed_in_keeps_the_navigation_on_a_missing_page(browser: Browser, tenant: Tenant) -> None:
    page = browser.get(f"/console/{tenant.slug}/people/nobody")
    assert page.response.status_code == 404 and page.headings == ["There is no such page"]
    assert {f"/console/{tenant.slug}/{place}" for place in ("today", "events", "fields")} <= set(page.links)
    assert page.form("/console/sign-out").fields["csrf"]
    program = browser.get(f"/console/{tenant.slug}/people/nobody", headers={"Accept": "application/json"})
    assert program.response.headers["Content-Type"] == "application/problem+json"


def test_pages_have_a_strict_policy(browser: Browser, tenant: Tenant) -> None:
    headers = browser.get(f"/console/{tenant.slug}").response.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert "connect-src" not in policy
    assert headers["X-Frame-Options"] == "DENY" and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
