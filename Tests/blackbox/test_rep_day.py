"""A rep's day in the console: tasks and what asks for somebody page by page, numbers, fields' sources, and what rights leave away."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from console import Browser
from server import Server, Tenant, wait_until
from test_forms import make
from test_rep_records import pairs
from test_users import PASSWORD, choose, invite

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def desk(tandem: Server) -> Iterator[Tenant]:
    yield tandem.tenant("rep-day", display_name="Day")


@pytest.fixture(scope="module")
def operator(desk: Tenant) -> Browser:
    return Browser(desk.server).sign_in("--tenant", desk.slug)


@pytest.fixture(scope="module")
def roles(desk: Tenant) -> dict[str, str]:
    return {role["name"]: role["id"] for role in desk.get("/v1/roles").json()["items"]}


@pytest.fixture(scope="module")
def rep(desk: Tenant, roles: dict[str, str]) -> Browser:
    user = make(desk, "users", name="Rita Rep", email="rita@day.example", role_ids=[roles["sales rep"]])
    return Browser(desk.server).sign_in("--tenant", desk.slug, "--user", user)


def subjects(page: Any) -> list[str]:
    return re.findall(r"Task \w+ \d+", page.text)


def test_each_part_of_a_day_has_room_and_the_rest_is_a_page_away(desk: Tenant, operator: Browser) -> None:
    owner = make(desk, "users", name="Busy", email="busy@day.example")
    today = datetime.datetime.now(datetime.timezone.utc).date()
    days = {"late": "2020-01-31", "now": today.isoformat(), "soon": (today + datetime.timedelta(days=3)).isoformat(),
            "far": (today + datetime.timedelta(days=40)).isoformat(), "open": None}
    for kind, count in {"late": 12, "now": 3, "soon": 11, "far": 2, "open": 2}.items():
        for number in range(count):
            make(desk, "activities", type="task", status="planned", subject=f"Task {kind} {number}", due_date=days[kind], owner_id=owner)
    base = f"/console/{desk.slug}"
    page = operator.get(f"{base}/today?owner={owner}")
    shown = subjects(page)
    assert [sum(f" {kind} " in one for one in shown) for kind in days] == [10, 3, 10, 0, 0], shown
    for words in ("Overdue 12", "Today 3", "The next seven days 11", "Show all that is overdue", "Show all of the seven days"):
        assert words in page.text, words
    assert "Show all of today" not in page.text
    overdue = operator.get(next(link for link in page.links if "due=overdue" in link))
    assert len(subjects(overdue)) == 12 and all("late" in one for one in subjects(overdue))
    everything = operator.get(next(link for link in page.links if link.endswith(f"/tasks?owner={owner}")))
    assert len(subjects(everything)) == 30
    kinds = [one.split()[1] for one in subjects(everything)]
    assert kinds == sorted(kinds, key=list(days).index), "by when they are due, what has no date last"
    assert f"{base}/tasks" in page.links, "and in the navigation"
    assert subjects(operator.get(f"{base}/tasks?owner=nobody")) == []
    done = operator.submit(next(form for form in overdue.forms if form.action.endswith("/state")), state="done")
    assert "due=overdue" in done.response.url and len(subjects(done)) == 11
    operator.get(f"{base}/tasks?owner=everyone")


def test_tasks_go_on_page_by_page_to_those_without_a_date(desk: Tenant, operator: Browser) -> None:
    owner = make(desk, "users", name="Pager", email="pager@day.example")
    items = [{"op": "create", "data": {"type": "task", "status": "planned", "subject": f"Task page {number}", "owner_id": owner}
              | ({"due_date": "2027-01-05"} if number < 45 else {})} for number in range(105)]
    answer = desk.post("/v1/activities:batch", {"items": items})
    assert answer.status_code == 200 and all(item["status"] == 201 for item in answer.json()["results"]), answer.text[:500]
    page, seen = operator.get(f"/console/{desk.slug}/tasks?owner={owner}"), []
    while True:
        seen += subjects(page)
        more = next((link for link in page.links if "after=" in link), None)
        if more is None:
            break
        page = operator.get(more)
    assert len(seen) == len(set(seen)) == 105
    assert all(int(one.split()[-1]) < 45 for one in seen[:45])
    operator.get(f"/console/{desk.slug}/tasks?owner=everyone")


def test_all_that_asks_for_somebody_is_listed(desk: Tenant, operator: Browser) -> None:
    owner = make(desk, "users", name="Asked", email="asked@day.example")
    for number in range(12):
        make(desk, "opportunities", name=f"Asking {number:02}", owner_id=owner)
        make(desk, "leads", last_name=f"Calling {number:02}", owner_id=owner)
    page = operator.get(f"/console/{desk.slug}/today?owner={owner}")
    for plural, name in {"opportunities": "Asking", "leads": "Calling"}.items():
        assert len(set(re.findall(rf"{name} \d\d", page.text))) == 10
        rest = operator.get(next(link for link in page.links if f"/today/{plural}" in link))
        assert len(set(re.findall(rf"{name} \d\d", rest.text))) == 12 and "12" in rest.headings[0] + rest.text
        behind = operator.get(f"/console/{desk.slug}/today/{plural}?owner={owner}&from=10")
        assert len(set(re.findall(rf"{name} \d\d", behind.text))) == 2
    operator.get(f"/console/{desk.slug}/today?owner=everyone")


@pytest.mark.parametrize("typed", ["+44 7700 900170", "07700900170", "7700 900170", "900170", "+44 (0)7700 900170", "0044 7700 900170"])
def test_a_number_is_found_however_it_is_written(desk: Tenant, operator: Browser, typed: str) -> None:
    # No digits, so that it is found by its number alone.
    name = "Rung " + "".join("abcdefghij"[int(letter)] for letter in typed if letter.isdigit())
    make(desk, "contacts", last_name=name, phone="+44 7700 900170")
    make(desk, "contacts", last_name="Not " + name, phone="+44 7700 900171")
    make(desk, "leads", last_name="Lead " + name, phone="07700 900170")
    make(desk, "accounts", name="Firm " + name, phone="+44-7700-900170")
    desk.ingest("identify", {"userId": name, "traits": {"phone": "+44 7700 900170", "name": "Person"}})
    base, asked = f"/console/{desk.slug}", requests.utils.quote(typed, safe="")
    found = operator.get(f"{base}/search?q={asked}")
    # A number in a country's own form is the same as abroad only by its end.
    names = {name, "Firm " + name} | (set() if typed.startswith(("+44", "0044")) else {"Lead " + name})
    assert names <= set(re.findall(r">((?:Lead |Firm |Not )?Rung [a-j]+)<", found.html)), found.text
    listed = operator.get(f"{base}/contacts?q={asked}")
    assert f">{name}<" in listed.html and f"Not {name}" not in listed.html
    assert name in operator.get(f"{base}/people?q={asked}").text
    for plural in ("contacts", "leads", "accounts"):
        for one in desk.get(f"/v1/{plural}?limit=200").json()["items"]:
            if name in (one.get("last_name") or one.get("name") or ""):
                desk.api("DELETE", f"/v1/{plural}/{one['id']}")


def test_a_number_out_of_reach_is_not_found(desk: Tenant, rep: Browser) -> None:
    other = make(desk, "users", name="Far", email="far@day.example")
    make(desk, "contacts", last_name="Hidden number", phone="+44 7700 900999", owner_id=other)
    for path in ("search", "contacts"):
        assert "Hidden number" not in rep.get(f"/console/{desk.slug}/{path}?q=7700900999").text


def test_what_would_be_refused_is_not_offered(desk: Tenant, rep: Browser) -> None:
    lead = make(desk, "leads", last_name="Nobody's", email="nobodys@day.example", tags=["vip"], phone="+44 7700 900100")
    place = f"/console/{desk.slug}/leads/{lead}"
    page = rep.get(place)
    assert "Take" in [button for form in page.forms for button in form.buttons], "it can be taken"
    actions = [form.action for form in page.forms]
    assert not [action for action in actions if action.endswith(("/take", "/tags"))], actions
    assert all(form.fields.get("csrf") for form in page.forms if form.method == "post")
    assert "e edit" not in page.text and "/edit" not in "".join(page.links)
    # What stands beside a record is for whoever reads it.
    (upload,) = [action for action in actions if action.endswith("/files")]
    sent = rep.session.post(
        rep.server.base_url + upload, data={"csrf": page.form("/files").fields["csrf"]}, files={"file": ("a.txt", b"x")}, timeout=30)
    assert sent.status_code == 200 and "a.txt" in sent.text
    taken = rep.submit(page.form("/own"))
    assert [form for form in taken.forms if form.action.endswith("/tags")] and "e edit" in taken.text
    add = next(form for form in taken.forms if form.action.endswith("/tags") and "add" in form.fields)
    assert "mine" in rep.submit(add, add="mine").text


def test_where_a_field_came_from_has_its_label_and_offers_what_differs(desk: Tenant, operator: Browser) -> None:
    made = desk.post("/v1/objects/accounts/fields", {"name": "cf_renewal", "label": "Renewal date", "type": "date"})
    assert made.status_code == 201, made.text
    account = make(desk, "accounts", name="Sourced", cf_renewal="2027-06-30", industry="Steel")
    desk.server.sql(
        "insert into field_source (object, record_id, field, source, rank, at, value) "
        "select 'account', f.record_id, f.field, s.id, 20, f.at, case f.field when 'industry' then '\"Oil\"'::jsonb else f.value end "
        "from field_source f cross join (select max(id) as id from source) s "
        "where f.record_id = (select id from accounts where name = 'Sourced') and f.field in ('industry', 'cf_renewal')",
        schema=desk.schema)
    page = operator.get(f"/console/{desk.slug}/accounts/{account}")
    card = page.text.partition("Where each field came from")[2]
    assert "Renewal date 30 Jun 2027" in card and "Cf renewal" not in page.text and "2027-06-30" not in page.text
    assert re.findall(r'name="take" value="(\w+)\|', page.html) == ["industry"], "what is shown already is nothing to take over"


def test_a_search_that_takes_longer_than_a_page_goes_on_by_itself(desk: Tenant, operator: Browser) -> None:
    for _ in range(2):
        make(desk, "accounts", name="Slowly Found")
    page = operator.get(f"/console/{desk.slug}/duplicates")
    with desk.server.connect(autocommit=False) as connection:
        connection.execute(f"lock table {desk.schema}_i.duplicate_suggestion in exclusive mode")
        looking = operator.submit(page.form("/duplicates/find"))
        assert looking.response.status_code == 200 and "The server is looking through all records" in looking.text, looking.text
        connection.rollback()
    wait_until(lambda: any(pair["records"][0]["name"] == "Slowly Found" for pair in pairs(desk)), 40, every_s=0.5)
    wait_until(lambda: "The server is looking" not in operator.get(f"/console/{desk.slug}/duplicates").text, 40, every_s=0.5)


def test_signing_in_leads_to_the_page_that_was_asked_for(desk: Tenant, roles: dict[str, str]) -> None:
    user = make(desk, "users", name="Backer", email="backer@day.example", role_ids=[roles["sales rep"]])
    choose(Browser(desk.server), invite(desk, {"id": user}))
    base = f"/console/{desk.slug}"
    for asked, wanted in {f"{base}/leads?owner=nobody": f"{base}/leads?owner=nobody", "//evil.example": base,
                          "https://evil.example/": base, f"/console/{desk.slug}-other/leads": base}.items():
        browser = Browser(desk.server)
        if asked.startswith(base + "/"):
            page = browser.get(asked)
        else:
            page = browser.get(f"/console/sign-in?tenant={desk.slug}&to={requests.utils.quote(asked, safe='')}")
        form = next(form for form in page.forms if "password" in form.fields)
        assert form.fields["tenant"] == desk.slug
        wrong = browser.submit(form, email="backer@day.example", password="wrong")
        form = next(form for form in wrong.forms if "password" in form.fields)
        inside = browser.post(form.action, {**form.fields, "password": PASSWORD}, allow_redirects=False)
        assert inside.response.headers["Location"] == wanted, (asked, inside.text)


def test_a_refusal_says_who_helps_and_leads_back(desk: Tenant, rep: Browser, roles: dict[str, str]) -> None:
    make(desk, "users", name="Ada Administrator", email="ada@day.example", role_ids=[roles["administrator"]])
    base = f"/console/{desk.slug}"
    audit = rep.get(f"{base}/audit")
    assert audit.response.status_code == 403 and "for operators alone" in audit.text and "be operator" not in audit.text
    refused = rep.get(f"{base}/quarantine", headers={"Referer": f"{rep.server.base_url}{base}/leads?owner=nobody"})
    assert "An administrator can give you the right" in refused.text and "Ada Administrator" in refused.text
    assert f"{base}/leads?owner=nobody" in refused.links and "Back" in refused.text
    assert "Back to Day" in rep.get(f"{base}/quarantine").text


def test_what_would_go_is_told_by_both_times(desk: Tenant, operator: Browser) -> None:
    preview = operator.get(f"/console/{desk.slug}/retention")
    form = next(form for form in preview.forms if form.action.endswith("/retention"))
    names = [name for name in form.fields if name.endswith("days")]
    shown = operator.submit(form, **{names[0]: "3000"}, do="preview")
    assert "when it was received" in shown.text, shown.text
    assert f"/console/{desk.slug}/retention" in operator.get(f"/console/{desk.slug}/sources").links
