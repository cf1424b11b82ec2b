"""A rep's day in the console: room for what is due, numbers however they are written, nothing offered that would be refused."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

import pytest
import requests

from console import Browser
from server import Server, Tenant
from test_forms import make

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def desk(tandem: Server) -> Iterator[Tenant]:
    yield tandem.tenant("rep-day", display_name="Day")


@pytest.fixture(scope="module")
def operator(desk: Tenant) -> Browser:
    return Browser(desk.server).sign_in("--tenant", desk.slug)


@pytest.fixture(scope="module")
def rep(desk: Tenant) -> Browser:
    roles = {role["name"]: role["id"] for role in desk.get("/v1/roles").json()["items"]}
    user = make(desk, "users", name="Rita Rep", email="rita@day.example", role_ids=[roles["sales rep"]])
    return Browser(desk.server).sign_in("--tenant", desk.slug, "--user", user)


def test_each_part_of_a_day_has_room(desk: Tenant, operator: Browser) -> None:
    owner = make(desk, "users", name="Busy", email="busy@day.example")
    today = datetime.datetime.now(datetime.timezone.utc).date()
    days = {"late": "2020-01-31", "now": today.isoformat(), "soon": (today + datetime.timedelta(days=3)).isoformat()}
    for kind, count in {"late": 12, "now": 3, "soon": 11}.items():
        for number in range(count):
            make(desk, "activities", type="task", status="planned", subject=f"Task {kind} {number}", due_date=days[kind], owner_id=owner)
    page = operator.get(f"/console/{desk.slug}/today?owner={owner}")
    shown = re.findall(r"Task \w+ \d+", page.text)
    assert [sum(f" {kind} " in one for one in shown) for kind in days] == [10, 3, 10], shown
    for words in ("Overdue 12", "Today 3", "The next seven days 11"):
        assert words in page.text, words
    operator.get(f"/console/{desk.slug}/today?owner=everyone")


def test_a_number_is_found_however_it_is_written(desk: Tenant, operator: Browser, rep: Browser) -> None:
    far = make(desk, "users", name="Far", email="far@day.example")
    make(desk, "contacts", last_name="Rung", phone="+44 7700 900170", owner_id=far)
    make(desk, "contacts", last_name="Other", phone="+44 7700 900171")
    desk.ingest("identify", {"userId": "caller", "traits": {"phone": "+44 7700 900170"}})
    base = f"/console/{desk.slug}"
    for typed in ("+44 7700 900170", "07700900170", "7700 900170", "900170", "+44 (0)7700 900170", "0044 7700 900170", "(07700) 900-170"):
        asked = requests.utils.quote(typed, safe="")
        page = operator.get(f"{base}/contacts?q={asked}")
        assert ">Rung<" in page.html and ">Other<" not in page.html, (typed, page.text)
        assert "caller" in operator.get(f"{base}/people?q={asked}").text, typed
        assert ">Rung<" not in rep.get(f"{base}/contacts?q={asked}").html, "it is another's"
    assert "No contact found" in operator.get(f"{base}/contacts?q=00170").text, "too few digits mean nobody"
    assert ">Other<" not in operator.get(f"{base}/contacts?q=Rung").html


def test_a_field_of_what_may_not_be_edited_is_not_taken_over(desk: Tenant, operator: Browser, rep: Browser) -> None:
    lead = make(desk, "leads", last_name="Nobody's", email="nobodys@day.example", title="Buyer")
    desk.server.sql(
        "insert into field_source (object, record_id, field, source, rank, at, value) "
        "select f.object, f.record_id, f.field, s.id, 20, f.at, '\"Cook\"'::jsonb "
        "from field_source f cross join (select min(id) as id from source where id > 0) s where f.record_id = "
        "(select id from leads where last_name = 'Nobody''s') and f.field = 'title'", schema=desk.schema)
    place = f"/console/{desk.slug}/leads/{lead}"
    page = rep.get(place)
    assert "Cook" in page.text and "Take" in [button for form in page.forms for button in form.buttons], "the lead itself can be taken"
    assert not [form.action for form in page.forms if form.action.endswith("/take")] and "e edit" not in page.text
    assert all(form.fields.get("csrf") for form in page.forms if form.method == "post")
    whole = operator.get(place)
    assert "e edit" in whole.text and whole.form("/take").fields["csrf"], "who may edit it is offered both"
