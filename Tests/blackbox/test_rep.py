"""A rep's day in the console, through its forms without JavaScript: find, call, note, plan, edit, move deals, assign leads."""

from __future__ import annotations

import concurrent.futures
import datetime
import re
from collections.abc import Iterator
from typing import Any

import pytest

from console import Browser, Page
from server import Server, Tenant
from test_forms import form, make, submit

TODAY = datetime.datetime.now(datetime.timezone.utc).date()


@pytest.fixture(scope="module")
def desk(tandem: Server) -> Iterator[Tenant]:
    """One tenant for all tests here; each makes the records that it looks at."""
    yield tandem.tenant("rep-desk", display_name="Desk")


@pytest.fixture(scope="module")
def rep(desk: Tenant) -> Browser:
    return Browser(desk.server).sign_in("--tenant", desk.slug)


@pytest.fixture(scope="module")
def ann(desk: Tenant) -> str:
    return make(desk, "users", name="Ann", email="ann@desk.example", time_zone="Asia/Tokyo")


def record(tenant: Tenant, path: str) -> dict[str, Any]:
    answer = tenant.get("/v1/" + path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def stages(tenant: Tenant) -> dict[str, str]:
    """The stages of the first pipeline by what they mean, the first of each."""
    found: dict[str, str] = {}
    for stage in tenant.get("/v1/stages?sort=position").json()["items"]:
        found.setdefault(stage["status"], stage["id"])
    return found


def log_form(page: Page, kind: str) -> Any:
    return next(form for form in page.forms if form.action.endswith("/log") and form.fields.get("type") == kind)


def test_contacts_are_found_by_name_address_owner_account_and_tag(desk: Tenant, rep: Browser, ann: str) -> None:
    account = make(desk, "accounts", name="Findings")
    make(desk, "contacts", first_name="Frida", last_name="Finder", email="frida@find.example", owner_id=ann, tags=["vip"],
         accounts=[{"account_id": account, "role": "Buyer"}])
    make(desk, "contacts", last_name="Other", email="other@find.example")
    base = f"/console/{desk.slug}/contacts"
    for query in ["q=inde", "q=FRIDA@", f"owner={ann}", f"account={account}", "tag=vip", f"q=frida&owner={ann}&tag=vip"]:
        page = rep.get(f"{base}?{query}")
        assert "Frida Finder" in page.text and "Other" not in page.text.partition("Contact Account Email")[2], query
    assert "No contact found" in rep.get(base + "?q=100%25").text, "% is no wildcard"
    assert rep.get(base + "?owner=nonsense").response.status_code == 404


def test_a_contact_shows_all_about_the_person_in_one_timeline(desk: Tenant, rep: Browser, ann: str) -> None:
    account = make(desk, "accounts", name="Timely")
    desk.ingest("page", {"anonymousId": "tim", "name": "Pricing", "properties": {"path": "/pricing"}})
    which = make(desk, "contacts", last_name="Timely", accounts=[{"account_id": account, "role": "Buyer", "primary": True}],
                 channels=[{"kind": "email", "value": "tim@timely.example", "opted_out": True},
                           {"kind": "phone", "value": "+44 20 7946 0018", "invalid": True}],
                 profile={"type": "anonymous_id", "value": "tim"})
    opportunity = make(desk, "opportunities", name="Time machine", account_id=account, contacts=[{"contact_id": which}])
    page = rep.get(f"/console/{desk.slug}/contacts/{which}")
    for words in ["opted out", "invalid", "Visited /pricing", "Time machine", "Timely", "Buyer"]:
        assert words in page.text, words
    assert any("/people/prof_" in link for link in page.links)

    form = log_form(page, "call")
    logged = rep.submit(form, outcome="reached", minutes="12", body="Wants the <b>big</b> one", owner_id=ann)
    assert "Logged." in logged.text and "Wants the <b>big</b> one" in logged.text and "<b>big" not in logged.html
    assert "12 min" in logged.text and "outgoing" in logged.text and "reached" in logged.text
    activity = record(desk, "activities?type=call")["items"][0]
    assert (activity["duration_s"], activity["owner_id"], activity["status"]) == (720, ann, "done")
    assert {link["record_id"] for link in activity["links"]} == {which, account}, "and the account that the person stands for"
    for place in [f"accounts/{account}"]:
        assert "Wants the" in rep.get(f"/console/{desk.slug}/{place}").text
    note = rep.submit(log_form(page, "note"), body="Two\nlines")
    assert "Two\nlines" in note.html
    assert rep.submit(log_form(page, "note"), body=" ").response.status_code == 422
    at = rep.get(f"/console/{desk.slug}/opportunities/{opportunity}")
    rep.submit(log_form(at, "note"), body="Of the deal")
    links = record(desk, "activities?type=note&sort=-created_at")["items"][0]["links"]
    assert {link["record_id"] for link in links} == {opportunity, account}


def test_a_long_timeline_has_pages_without_gaps(desk: Tenant, rep: Browser) -> None:
    account = make(desk, "accounts", name="Long story")
    items = [{"op": "create", "data": {"type": "note", "subject": f"Note {number:03}", "started_at": "2026-01-05T09:00:00Z",
                                       "links": [{"object": "account", "record_id": account}]}} for number in range(100)]
    assert desk.post("/v1/activities:batch", {"items": items}).status_code == 200
    page, seen = rep.get(f"/console/{desk.slug}/accounts/{account}"), []
    while True:
        seen += re.findall(r"Note: (Note \d{3})", page.text)
        older = [link for link in page.links if "#timeline" in link]
        if not older:
            break
        page = rep.get(older[0].partition("#")[0])
    assert len(seen) == len(set(seen)) == 100
    assert rep.get(f"/console/{desk.slug}/accounts/{account}?before=noon").response.status_code == 404


def test_a_task_is_planned_in_its_owners_time_zone_done_and_undone(desk: Tenant, rep: Browser, ann: str) -> None:
    account = make(desk, "accounts", name="Tasked")
    page = rep.get(f"/console/{desk.slug}/accounts/{account}")
    added = rep.submit(log_form(page, "task"), subject="Call back", due_date="2031-03-01", due_time="09:30", owner_id=ann,
                       priority="high")
    assert "Added to the next steps." in added.text and "Call back" in added.text and "high" in added.text
    task = record(desk, "activities?type=task&subject=Call back")["items"][0]
    assert (task["due_at"], task["status"]) == ("2031-03-01T00:30:00Z", "planned"), "09:30 in Tokyo"
    done = rep.submit(added.form(f"/activities/{task['id']}/state"), state="done")
    assert "Done." in done.text and record(desk, f"activities/{task['id']}")["status"] == "done"
    undone = rep.submit(done.form(f"/activities/{task['id']}/state"), state="planned")
    again = record(desk, f"activities/{task['id']}")
    assert "to be done again" in undone.text and (again["status"], again["ended_at"]) == ("planned", None)
    whole = rep.submit(log_form(page, "task"), subject="All day", due_date="2031-03-02", due_time="")
    assert whole.response.status_code == 200
    assert record(desk, "activities?subject=All day")["items"][0]["due_date"] == "2031-03-02"
    berlin = make(desk, "users", name="Berlin", time_zone="Europe/Berlin")
    local = {"2026-03-29": "2026-03-29T01:30:00Z", "2026-10-25": "2026-10-25T00:30:00Z", "2026-10-26": "2026-10-26T01:30:00Z"}
    for date, due in local.items():
        rep.submit(log_form(page, "task"), subject=date, due_date=date, due_time="02:30", owner_id=berlin)
        assert record(desk, f"activities?subject={date}")["items"][0]["due_at"] == due, "an hour that is left out, one that comes twice"
    for wrong in [{"subject": ""}, {"subject": "x", "due_date": "2031-02-30", "due_time": "10:00"}, {"subject": "x", "type": "spell"}]:
        assert rep.submit(log_form(page, "task"), **wrong).response.status_code == 422, wrong


def test_today_shows_what_is_due_and_who_waits(desk: Tenant, rep: Browser, ann: str) -> None:
    account = make(desk, "accounts", name="Hot plates", owner_id=ann, group_id="hot")
    opportunity = make(desk, "opportunities", name="Stale deal", account_id=account, owner_id=ann, amount="100.00",
                       currency="EUR", close_date="2020-01-31")
    make(desk, "activities", type="task", status="planned", subject="Long ago", due_date="2020-01-31", owner_id=ann)
    make(desk, "activities", type="task", status="planned", subject="Someone else's", due_date="2020-01-31")
    soon = (TODAY + datetime.timedelta(days=4)).isoformat()
    make(desk, "activities", type="meeting", status="planned", subject="In four days", due_date=soon, owner_id=ann)
    waiting = make(desk, "leads", last_name="Waiting", company="Waiters", owner_id=ann)
    desk.ingest("group", {"userId": "hot-1", "groupId": "hot"})
    for number in range(6):
        desk.ingest("track", {"userId": "hot-1", "event": f"Cooked {number}"})
    base = f"/console/{desk.slug}/today"
    page = rep.get(f"{base}?owner={ann}")
    for words in ["Overdue 1 Long ago", "The next seven days", "In four days", "Stale deal", "no next step", "close date 31 Jan 2020",
                  "Waiting", "nobody called yet", "Hot plates", "7 events in seven days", "100 EUR open"]:
        assert words in page.text, words
    assert "Someone else's" not in page.text
    assert rep.get(base).text.count("Long ago"), "the browser remembers whose day it is"
    assert "Someone else's" in rep.get(f"{base}?owner=everyone").text
    assert rep.get(f"{base}?owner=user_01JD9ZP3V8Q4M2T6X0C5R7N1KB").response.status_code == 404

    rep.submit(log_form(rep.get(f"/console/{desk.slug}/leads/{waiting}"), "call"), outcome="no answer")
    rep.submit(log_form(rep.get(f"/console/{desk.slug}/opportunities/{opportunity}"), "task"), subject="Ask again", owner_id=ann)
    page = rep.get(f"{base}?owner={ann}")
    assert "nobody called yet" not in page.text, page.text
    assert "no next step" not in page.text and "Ask again" in page.text
    rep.get(f"{base}?owner=everyone")


def test_a_record_is_made_with_errors_beside_its_fields(desk: Tenant, rep: Browser) -> None:
    account = make(desk, "accounts", name="Makers")
    page = rep.get(f"/console/{desk.slug}/contacts/new?accounts.count=1&accounts.0.account_id={account}")
    form = page.form("/contacts/new")
    wrong = rep.submit(form, email="nobody", last_name="Maker")
    assert wrong.response.status_code == 422 and "Is not an e-mail address." in wrong.text
    assert 'aria-describedby="e-email"' in wrong.html and wrong.form("/contacts/new").fields["last_name"] == "Maker"
    made = rep.submit(wrong.form("/contacts/new"), email="maker@makers.example")
    assert made.headings[0].strip() == "Maker" and "Created." in made.text and "Makers" in made.text
    again = rep.submit(wrong.form("/contacts/new"), email="maker@makers.example")
    assert again.response.status_code == 409 and "There is one like this already: Maker" in again.text
    anyway = rep.submit(again.form("/contacts/new"), allow_duplicate="true")
    assert anyway.response.status_code == 200
    assert len(record(desk, "contacts?email=maker@makers.example")["items"]) == 2
    for plural, fields in {"accounts": {"name": "Made"}, "leads": {"last_name": "Made"}, "opportunities": {"name": "Made"},
                           "activities": {"type": "task", "status": "planned", "subject": "Made"}}.items():
        form = rep.get(f"/console/{desk.slug}/{plural}/new").form(f"/{plural}/new")
        assert rep.submit(form, **fields).response.status_code == 200, plural
        assert any(value == "Made" for item in record(desk, plural)["items"] for value in item.values()), plural


def test_an_edit_changes_what_was_typed_and_nothing_else(desk: Tenant, rep: Browser, ann: str) -> None:
    which = make(desk, "contacts", first_name="Eve", last_name="Edit", email="eve@edit.example", owner_id=ann,
                 channels=[{"kind": "url", "value": "https://eve.example"}])
    place = f"/console/{desk.slug}/contacts/{which}"
    form = rep.get(place + "/edit").form("/edit")
    assert form.fields["owner_id"] == ann and form.fields["first_name"] == "Eve"
    rows = int(form.fields["channels.count"])
    saved = rep.submit(form, **{"title": "Editor", f"channels.{rows - 1}.kind": "mobile",
                                f"channels.{rows - 1}.value": "+44 7700 900123", f"channels.{rows - 1}.opted_out": "true"})
    assert "Saved." in saved.text and "Editor" in saved.text and "+44 7700 900123" in saved.text
    change = record(desk, f"contacts/{which}/history")["items"][0]
    assert set(change["changes"]) == {"title", "channels"}
    channels = {each["kind"]: each for each in record(desk, f"contacts/{which}")["channels"]}
    assert set(channels) == {"email", "url", "mobile"} and channels["mobile"]["opted_out"] is True
    assert "Nothing was changed." in rep.submit(rep.get(place + "/edit").form("/edit")).text


def test_an_edit_that_meets_another_shows_both(desk: Tenant, rep: Browser) -> None:
    which = make(desk, "accounts", name="Contested", industry="Food", phone="1")
    form = rep.get(f"/console/{desk.slug}/accounts/{which}/edit").form("/edit")
    assert desk.api("PATCH", f"/v1/accounts/{which}", {"industry": "Drinks", "phone": "2"}).status_code == 200
    refused = rep.submit(form, industry="Snacks", website="https://c.example")
    assert refused.response.status_code == 412
    assert "Industry: Food → Drinks" in refused.text and "API key" in refused.text
    merged = refused.form("/edit")
    assert (merged.fields["industry"], merged.fields["phone"], merged.fields["website"]) == ("Snacks", "2", "https://c.example")
    rep.submit(merged)
    now = record(desk, f"accounts/{which}")
    assert (now["industry"], now["phone"], now["website"]) == ("Snacks", "2", "https://c.example")


def test_the_value_of_another_source_is_taken_over_with_a_button(desk: Tenant, rep: Browser) -> None:
    desk.ingest("group", {"userId": "told", "groupId": "take", "traits": {"name": "Takers", "industry": "Said by events"}})
    which = record(desk, "accounts/by/group_id/take")["id"]
    assert desk.api("PATCH", f"/v1/accounts/{which}", {"industry": "Said by hand"}).status_code == 200
    edit = rep.get(f"/console/{desk.slug}/accounts/{which}/edit")
    assert "server says Said by events" in edit.text
    page = rep.get(f"/console/{desk.slug}/accounts/{which}")
    taken = rep.submit(page.form("/take"), take="industry|server")
    assert "Taken over" in taken.text and record(desk, f"accounts/{which}")["industry"] == "Said by events"
    assert rep.submit(page.form("/take"), take="industry|nobody").response.status_code == 409


def test_a_deal_moves_on_the_board_with_what_its_stage_asks_for(desk: Tenant, rep: Browser) -> None:
    which = make(desk, "opportunities", name="Mover", amount="10.00", currency="EUR", close_date="2031-01-31")
    known = stages(desk)
    board = rep.get(f"/console/{desk.slug}/board?owner=everyone")
    assert "Mover" in board.text and "10 EUR" in board.text
    form = board.form(f"/{which}/move")
    asked = rep.submit(form, stage=known["lost"])
    assert asked.response.status_code == 422 and "Lost reason" in asked.text and "Not moved yet" not in asked.text
    assert record(desk, f"opportunities/{which}")["status"] == "open"
    assert "Not moved yet" in rep.submit(asked.form("/move")).text
    moved = rep.submit(asked.form("/move"), lost_reason="Too slow")
    assert "Moved." in moved.text
    lost = record(desk, f"opportunities/{which}")
    assert (lost["status"], lost["lost_reason"]) == ("lost", "Too slow")

    assert desk.api("PATCH", f"/v1/stages/{known['won']}", {"required_fields": ["campaign"]}).status_code == 200
    refused = desk.api("PATCH", f"/v1/opportunities/{which}", {"stage_id": known["won"]})
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/campaign"
    asked = rep.submit(form, stage=known["won"])
    assert asked.response.status_code == 422 and "Campaign" in asked.text
    won = rep.submit(asked.form("/move"), campaign="autumn")
    assert "Moved." in won.text and record(desk, f"opportunities/{which}")["status"] == "won"
    assert "Mover" in rep.get(f"/console/{desk.slug}/opportunities/{which}").text
    desk.api("PATCH", f"/v1/stages/{known['won']}", {"required_fields": []})


def test_leads_are_assigned_and_disqualified_together(desk: Tenant, rep: Browser, ann: str) -> None:
    leads = [make(desk, "leads", last_name=f"Inbox {number}", source="inbox") for number in range(3)]
    base = f"/console/{desk.slug}/leads"
    page = rep.get(base + "?owner=nobody&status=new")
    form = page.form("/assign")
    assert "Inbox 2" in page.text
    fields = [*form.fields.items(), *(("lead", lead) for lead in leads[:2])]
    assigned = rep.post(form.action, [*[pair for pair in fields if pair[0] != "assignee"], ("assignee", ann), ("do", "assign")])
    assert "Assigned." in assigned.text
    assert [record(desk, f"leads/{lead}")["owner_id"] for lead in leads] == [ann, ann, None]
    assert "Inbox 0" in rep.get(f"{base}?owner={ann}").text and "assigned lately" in rep.get(f"/console/{desk.slug}/today?owner={ann}").text
    rep.get(f"/console/{desk.slug}/today?owner=everyone")
    gone = rep.post(form.action, [*fields, ("do", "disqualify")])
    assert "Disqualified." in gone.text
    assert [record(desk, f"leads/{lead}")["status"] for lead in leads] == ["disqualified", "disqualified", "new"]
    # The notice takes it back: each lead has the status that it had, unless somebody changed it since.
    undo = gone.form("/leads/requalify")
    assert undo.fields.keys() >= {"lead", "back", "csrf"} and gone.html.count('name="lead" value="lead_') >= 2
    values = [("csrf", undo.fields["csrf"])] + [("lead", f"{lead}=new") for lead in leads[:2]]
    assert "Taken back" in rep.post(undo.action, values).text
    assert [record(desk, f"leads/{lead}")["status"] for lead in leads] == ["new", "new", "new"]
    assert rep.post(undo.action, values).response.status_code == 409
    assert rep.post(undo.action, [("csrf", undo.fields["csrf"]), ("lead", f"{leads[0]}=converted")]).response.status_code == 400
    assert "No lead was chosen" in rep.submit(form, do="disqualify").text


def test_an_account_sums_up_its_subsidiaries(desk: Tenant, rep: Browser) -> None:
    top = make(desk, "accounts", name="Top")
    middle = make(desk, "accounts", name="Middle", parent_id=top)
    low = make(desk, "accounts", name="Low", parent_id=middle)
    for account, amount in [(top, "1.00"), (middle, "20.00"), (low, "300.00")]:
        make(desk, "opportunities", name=f"Of {amount}", account_id=account, amount=amount, currency="EUR")
    page = rep.get(f"/console/{desk.slug}/accounts/{top}")
    assert "With 2 subsidiaries" in page.text and "321 EUR" in page.text and "1 EUR Open" in page.text
    assert "subsidiar" not in rep.get(f"/console/{desk.slug}/accounts/{low}").text
    looped = rep.submit(rep.get(f"/console/{desk.slug}/accounts/{top}/edit").form("/edit"), parent_id=low)
    assert looped.response.status_code == 422 and "Would make the record stand above itself." in looped.text


def test_what_events_make_in_an_account_is_its_owners(desk: Tenant, ann: str) -> None:
    away = make(desk, "users", name="Away", active=False)
    owners = {"owned": ann, "left": away, "free": None}
    for group, owner in owners.items():
        make(desk, "accounts", name=group, group_id=group, owner_id=owner)
        desk.ingest("group", {"userId": f"{group}-1", "groupId": group})
        desk.ingest("identify", {"userId": f"{group}-1", "traits": {"email": f"one@{group}.example"}})
    made = {group: record(desk, f"contacts?email=one@{group}.example")["items"][0] for group in owners}
    assert {group: contact["owner_id"] for group, contact in made.items()} == {"owned": ann, "left": None, "free": None}
    # A hand's word stays.
    desk.api("PATCH", f"/v1/contacts/{made['owned']['id']}", {"owner_id": None})
    desk.ingest("identify", {"userId": "owned-1", "traits": {"title": "Chief"}})
    assert record(desk, f"contacts/{made['owned']['id']}")["owner_id"] is None


def test_a_record_shows_how_its_people_came(desk: Tenant, rep: Browser) -> None:
    def visit(who: str, at: str, path: str, campaign: dict[str, str] | None = None, referrer: str = "", **more: Any) -> None:
        desk.ingest("page", {
            "anonymousId": who, "timestamp": at, "properties": {"path": path, "referrer": referrer},
            "context": {"campaign": campaign} if campaign else {}, **more})

    account = make(desk, "accounts", name="Comers", group_id="comers")
    visit("come-1", "2026-02-02T08:00:00Z", "/late", {"name": "summer", "source": "mail"})
    visit("come-2", "2026-01-01T08:00:00Z", "/first", referrer="https://search.example/")
    visit("come-2", "2026-01-05T08:00:00Z", "/offer", {"name": "spring", "source": "news", "medium": "email", "term": "engines"})
    visit("come-2", "2026-01-09T08:00:00Z", "/again", {"name": "autumn", "source": "news"})
    for number in (1, 2):
        desk.ingest("identify", {"userId": f"comer-{number}", "anonymousId": f"come-{number}",
                                 "traits": {"email": f"comer-{number}@comers.example"}})
        desk.ingest("group", {"userId": f"comer-{number}", "groupId": "comers"})
    contacts = [record(desk, f"contacts?email=comer-{number}@comers.example")["items"][0]["id"] for number in (1, 2)]
    origin = record(desk, f"contacts/{contacts[1]}/origin")
    first, campaign = origin["first"], origin["campaign"]
    assert (first["at"], first["page"], first["referrer"], first["campaign"]) == (
        "2026-01-01T08:00:00Z", "/first", "https://search.example/", None)
    assert [campaign[key] for key in ("campaign", "source", "medium", "term", "page")] == ["spring", "news", "email", "engines", "/offer"]
    assert first["profile_id"].startswith("prof_") and first["event_id"].startswith("evt_")
    # One person's first event told all of it; the account shows the earliest of all its people.
    late = record(desk, f"contacts/{contacts[0]}/origin")
    assert late["first"] == late["campaign"] and late["first"]["campaign"] == "summer"
    assert record(desk, f"accounts/{account}/origin") == origin
    assert desk.server.cli("contact", "origin", contacts[1], "--tenant", desk.slug) == origin
    assert desk.server.cli("account", "origin", account, "--tenant", desk.slug) == origin
    words = desk.server.cli("contact", "origin", contacts[1], "--tenant", desk.slug, json=False)
    assert "first seen" in words and origin["first"]["at"] in words
    for place in (f"accounts/{account}", f"contacts/{contacts[1]}"):
        page = rep.get(f"/console/{desk.slug}/{place}")
        assert "First seen" in page.text and "First campaign" in page.text and "https://search.example/" in page.text, place
        assert "spring" in page.text and "summer" not in page.text.partition("How they came")[2].partition("Who says")[0], place
    once = rep.get(f"/console/{desk.slug}/contacts/{contacts[0]}").text
    assert "First seen" in once and "First campaign" not in once
    visit("come-3", "2026-03-01T08:00:00Z", "/lead", {"source": "fair"})
    submit(desk, form("come-3", "come-3@fair.example"))
    lead = record(desk, "leads?email=come-3@fair.example")["items"][0]["id"]
    assert record(desk, f"leads/{lead}/origin")["campaign"]["source"] == "fair"
    assert desk.server.cli("lead", "origin", lead, "--tenant", desk.slug)["campaign"]["source"] == "fair"
    assert "fair" in rep.get(f"/console/{desk.slug}/leads/{lead}").text
    nobody = make(desk, "contacts", last_name="Unvisited")
    assert record(desk, f"contacts/{nobody}/origin") == {"first": None, "campaign": None}
    assert "How they came" not in rep.get(f"/console/{desk.slug}/contacts/{nobody}").text


def test_what_is_deleted_is_restored_from_the_notice_and_the_bin(desk: Tenant, rep: Browser, ann: str) -> None:
    base = f"/console/{desk.slug}"
    account = make(desk, "accounts", name="Binned")
    contact = make(desk, "contacts", last_name="Binnable", accounts=[{"account_id": account}])
    # A note is changed and deleted where it stands, and comes back by the notice.
    place = f"{base}/accounts/{account}"
    noted = rep.submit(log_form(rep.get(place), "note"), body="Worng words")
    note = record(desk, f"accounts/{account}/timeline")["items"][0]["data"]["id"]
    edit = next(link for link in noted.links if f"/activities/{note}/edit" in link)
    saved = rep.submit(rep.get(edit).form("/edit"), body="Right words")
    assert saved.response.url.partition("?")[0].endswith(f"/accounts/{account}") and "Right words" in saved.text
    gone = rep.submit(saved.form(f"/activities/{note}/delete"))
    assert "Deleted. It is in the bin." in gone.text and "Right words" not in gone.text
    back = rep.submit(gone.form("/bin/restore"))
    assert "Restored" in back.text and "Right words" in back.text and back.response.url.partition("?")[0].endswith(f"/accounts/{account}")
    # Records are deleted on their forms, and chosen in the bin.
    for plural, which in (("contacts", contact), ("accounts", account)):
        deleted = rep.submit(rep.get(f"{base}/{plural}/{which}/edit").form(f"/{which}/delete"))
        assert "Deleted." in deleted.text and desk.get(f"/v1/{plural}/{which}").status_code == 404
    page = rep.get(base + "/bin")
    assert "Binned" in page.text and "Binnable" in page.text and "(console)" in page.text
    only = rep.get(base + "/bin?object=account")
    assert "Binned" in only.text and "Binnable" not in only.text
    form = page.form("/bin/restore")
    chosen = [("record", contact), ("record", account)]
    restored = rep.post(form.action, [("csrf", form.fields["csrf"]), ("back", form.fields["back"]), *chosen])
    assert "Restored" in restored.text and "Binned" not in restored.text
    assert [row["account_id"] for row in record(desk, f"contacts/{contact}")["accounts"]] == [account]
    assert "Nothing was chosen" in rep.submit(form).text
    unknown = rep.post(form.action, {"csrf": form.fields["csrf"], "record": "acct_01JD9ZP3V8Q4M2T6X0C5R7N1KB"})
    assert unknown.response.status_code == 404
    assert rep.get(base + "/bin?object=spell").response.status_code == 404


def test_a_move_and_a_done_task_are_taken_back_in_the_notice(desk: Tenant, rep: Browser) -> None:
    known = stages(desk)
    which = make(desk, "opportunities", name="Undoable", stage_id=known["open"])
    page = rep.get(f"/console/{desk.slug}/opportunities/{which}")
    won = rep.submit(page.form("/move"), stage=known["won"])
    assert "Moved." in won.text and record(desk, f"opportunities/{which}")["status"] == "won"
    undo = next(form for form in won.forms if form.action.endswith("/move") and form.buttons == ["Undo"])
    assert "Moved." in rep.submit(undo).text
    again = record(desk, f"opportunities/{which}")
    assert (again["status"], again["stage_id"]) == ("open", known["open"])
    task = make(desk, "activities", type="task", status="planned", subject="Undo me", due_date="2020-01-31",
                links=[{"object": "opportunity", "record_id": which}])
    done = rep.submit(rep.get(f"/console/{desk.slug}/opportunities/{which}").form(f"/{task}/state"), state="done")
    undo = next(form for form in done.forms if form.action.endswith(f"/{task}/state") and form.buttons == ["Undo"])
    assert "to be done again" in rep.submit(undo).text and record(desk, f"activities/{task}")["status"] == "planned"
    # An address that somebody made up offers nothing.
    for forged in ("delete:../../x", "move:opp_1:stg_1", "move:" + which, "spell:x", "done:"):
        page = rep.get(f"/console/{desk.slug}/today?notice=moved&undo={forged}")
        assert [form for form in page.forms if form.action.endswith(("/restore", "/move"))] == [], forged


def test_a_day_names_whom_to_call(desk: Tenant, rep: Browser) -> None:
    who = make(desk, "users", name="Caller")
    account = make(desk, "accounts", name="Callable Inc", owner_id=who)
    contact = make(desk, "contacts", first_name="Cal", last_name="Able", phone="+44 7700 900321", owner_id=who,
                   accounts=[{"account_id": account}])
    silent = make(desk, "contacts", last_name="Silent", phone="+44 7700 900322", do_not_contact=True)
    make(desk, "opportunities", name="Call deal", owner_id=who, contacts=[{"contact_id": contact}])
    for number, person in enumerate([contact, silent]):
        make(desk, "activities", type="task", status="planned", subject=f"Ring {number}", due_date="2020-01-31", owner_id=who,
             links=[{"object": "contact", "record_id": person}])
    make(desk, "leads", last_name="Fresh", phone="+44 7700 900323", owner_id=who)
    # Who is a contact already is no new lead.
    mail = "known@callable.example"
    make(desk, "contacts", last_name="Known", email=mail, owner_id=who)
    lead = make(desk, "leads", last_name="Knownlead", email=mail)
    page = rep.get(f"/console/{desk.slug}/today?owner={who}")
    for words in ("Overdue 2", "Opportunities that ask for you 1", "Leads 1", "Cal Able", "Callable Inc"):
        assert words in page.text, (words, page.text)
    assert page.links.count("tel:+447700900321") == 2 and "tel:+447700900323" in page.links and "tel:+447700900322" not in page.links
    everyone = rep.get(f"/console/{desk.slug}/today?owner=everyone")
    inbox = rep.get(f"/console/{desk.slug}/leads?owner=nobody")
    assert "Knownlead" not in everyone.text and "Knownlead is a contact already: Known" in inbox.text
    assert desk.api("DELETE", f"/v1/leads/{lead}").status_code == 204


def test_hits_are_told_apart(desk: Tenant, rep: Browser) -> None:
    account = make(desk, "accounts", name="Hittable", domain="hittable.example")
    make(desk, "contacts", first_name="Una", last_name="Hittable", title="Engineer", email="una@hittable.example",
         accounts=[{"account_id": account}])
    make(desk, "leads", first_name="Lea", last_name="Hittable", company="Other Works", email="lea@other.example")
    text = rep.get(f"/console/{desk.slug}/search?q=hittable").text
    for words in ("Hittable hittable.example", "Una Hittable Engineer · Hittable · una@hittable.example",
                  "Lea Hittable Other Works · lea@other.example · new"):
        assert words in text, (words, text)


def test_a_call_leads_to_the_next_step(desk: Tenant, rep: Browser, ann: str) -> None:
    account = make(desk, "accounts", name="Followed")
    page = rep.get(f"/console/{desk.slug}/accounts/{account}")
    form = log_form(page, "call")
    days = re.findall(r'<option value="(\d{4}-\d\d-\d\d)">(tomorrow|next week), ([^<]+)<', page.html)
    assert all(label == f"{datetime.date.fromisoformat(day):%a %-d %b %Y}" for day, _, label in days), days
    tomorrow = next(day for day, label, _ in days if label == "tomorrow")
    monday = datetime.date.fromisoformat(next(day for day, label, _ in days if label != "tomorrow"))
    assert (datetime.date.fromisoformat(tomorrow) - TODAY).days in (0, 1, 2) and monday.weekday() == 0 and monday > TODAY
    logged = rep.submit(form, outcome="reached", owner_id=ann, next_subject="Send the offer", next_day=tomorrow)
    assert "Send the offer" in logged.text.partition("Next steps")[2]
    task = record(desk, "activities?subject=Send the offer")["items"][0]
    assert (task["type"], task["status"], task["due_date"], task["owner_id"]) == ("task", "planned", tomorrow, ann)
    assert [link["record_id"] for link in task["links"]] == [account]
    # The call that was planned is done with the one that is logged.
    closing = log_form(logged, "call")
    assert "Send the offer" in re.search(r'name="closes">(.*?)</select>', logged.html)[1]
    closed = rep.submit(closing, outcome="reached", closes=task["id"])
    assert "Send the offer" not in closed.text.partition("Next steps")[2].partition("Timeline")[0]
    ended = record(desk, f"activities/{task['id']}")
    assert ended["status"] == "done" and ended["ended_at"]
    # A day of one's own comes before one of the menu.
    dated = rep.submit(form, next_subject="Ask about the offer", next_day=tomorrow, next_date="2031-03-04")
    assert "Tue 4 Mar 2031" in dated.text
    assert record(desk, "activities?subject=Ask about the offer")["items"][0]["due_date"] == "2031-03-04"
    calls = len(record(desk, f"accounts/{account}/timeline")["items"])
    refused = rep.submit(form, next_day=tomorrow)
    assert refused.response.status_code == 422 and len(record(desk, f"accounts/{account}/timeline")["items"]) == calls
    rep.submit(form)
    assert len(record(desk, "activities?subject=Send the offer")["items"]) == 1


def test_two_at_once_cannot_close_a_loop_of_accounts(desk: Tenant) -> None:
    """Each alone is right; without a lock both would be written."""
    for number in range(5):
        one, other = (make(desk, "accounts", name=f"Loop {number} {name}") for name in "ab")
        pairs = [(one, other), (other, one)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            codes = list(pool.map(lambda pair: desk.api("PATCH", f"/v1/accounts/{pair[0]}", {"parent_id": pair[1]}).status_code, pairs))
        assert sorted(codes) == [200, 422]


def test_another_tenants_records_are_unknown_to_every_form(desk: Tenant, rep: Browser, tandem: Server) -> None:
    other = tandem.tenant("rep-foreign")
    foreign = {plural: make(other, plural, **{key: "Foreign"}) for plural, key in
               {"accounts": "name", "contacts": "last_name", "leads": "last_name", "opportunities": "name"}.items()}
    user = make(other, "users", name="Foreign")
    task = make(other, "activities", type="task", status="planned", subject="Foreign")
    stage = stages(other)["lost"]
    token = rep.get(f"/console/{desk.slug}/today").form("/log").fields["csrf"]
    base = f"/console/{desk.slug}"

    def refused(path: str, **fields: str) -> int:
        return rep.post(base + path, {"csrf": token, **fields}).response.status_code

    for plural, which in foreign.items():
        assert rep.get(f"{base}/{plural}/{which}").response.status_code == 404
        assert rep.get(f"{base}/{plural}/{which}/edit").response.status_code == 404
        assert refused(f"/{plural}/{which}/edit", version="1", external_id="taken") == 404
        assert refused(f"/{plural}/{which}/log", type="note", body="x") == 404
        if plural != "opportunities":
            assert refused(f"/{plural}/{which}/take", take="name|server") == 404
    own = make(desk, "opportunities", name="Own")
    assert refused(f"/opportunities/{foreign['opportunities']}/move", stage=stages(desk)["lost"]) == 404
    assert refused(f"/opportunities/{own}/move", stage=stage) == 404
    assert refused(f"/activities/{task}/state", state="done") == 404
    assert refused("/today/log", type="task", subject="x", owner_id=user) == 404
    assert refused("/leads/assign", lead=foreign["leads"], do="disqualify") == 404
    assert refused(f"/activities/{task}/delete") == 404 and refused(f"/accounts/{foreign['accounts']}/delete") == 404
    gone = make(other, "leads", last_name="Foreign gone")
    assert other.api("DELETE", f"/v1/leads/{gone}").status_code == 204
    assert refused("/bin/restore", record=gone) == 404 and other.get(f"/v1/leads/{gone}").status_code == 404
    assert "Foreign" not in rep.get(base + "/bin").text
    assert rep.get(f"{base}/today?owner={user}").response.status_code == 404
    assert rep.get(f"{base}/contacts?account={foreign['accounts']}").response.status_code in (200, 404)
    assert refused("/contacts/new", last_name="x", owner_id=user) == 422
    for path in ["/accounts/new", f"/opportunities/{own}/move", f"/opportunities/{own}/log", "/leads/assign", "/today/log"]:
        assert rep.post(base + path, {"csrf": "0" * 64, "name": "x"}).response.status_code == 403, path
    for plural, which in foreign.items():
        assert record(other, f"{plural}/{which}")["version"] == 1
