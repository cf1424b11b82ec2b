"""Reminders that ring once, and tasks that come again, in the clocks of who has to do them."""

from __future__ import annotations

import datetime
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from dateutil import rrule

from console import Browser
from server import Server, Tenant, code_schema, wait_until
from test_forms import make

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
Json = dict[str, Any]


@pytest.fixture(scope="module")
def desk(tandem: Server) -> Iterator[Tenant]:
    yield tandem.tenant("task-desk", timezone="Europe/Berlin")


def task(tenant: Tenant, status: int = 201, **fields: Any) -> Json:
    answer = tenant.post("/v1/activities", {"type": "task", "status": "planned", "subject": "Task", **fields})
    assert answer.status_code == status, answer.text
    return answer.json()


def change(tenant: Tenant, which: str, **fields: Any) -> Json:
    answer = tenant.api("PATCH", f"/v1/activities/{which}", fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def open_ones(tenant: Tenant, subject: str) -> list[Json]:
    return tenant.get("/v1/activities", params={"subject": subject, "status": "planned", "sort": "created_at"}).json()["items"]


def rung(tenant: Tenant, **query: str) -> list[str]:
    return [item["id"] for item in tenant.get("/v1/reminders", params=query).json()["items"]]


def next_date(tenant: Tenant, rule: str, start: datetime.datetime, after: datetime.datetime, zone: str = "UTC") -> datetime.datetime | None:
    return tenant.server.sql("select recurrence_next(%s, %s, %s, %s)", (rule, start, after, zone), schema=tenant.schema)[0][0]


def some_rule(dice: random.Random) -> str:
    """Any rule of the subset that is supported."""
    freq = dice.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    parts = [f"FREQ={freq}", f"INTERVAL={dice.choice([1, 1, 2, 3, 5])}"]
    if dice.random() < 0.5:
        days = dice.sample(DAYS, dice.randint(1, 3))
        # Numbered and plain days in one rule are united here, as RFC 5545 has it; dateutil takes what is in both.
        is_numbered = freq == "MONTHLY" and dice.random() < 0.5
        parts.append("BYDAY=" + ",".join(f"{dice.choice([1, 2, 3, -1, -2])}{day}" if is_numbered else day for day in days))
    if freq != "WEEKLY" and dice.random() < 0.5:
        parts.append("BYMONTHDAY=" + ",".join(str(n) for n in dice.sample([1, 13, 15, 28, 29, 30, 31, -1, -2, -31], dice.randint(1, 3))))
    end = dice.random()
    if end < 0.25:
        parts.append(f"COUNT={dice.randint(1, 12)}")
    elif end < 0.5:
        parts.append(f"UNTIL={dice.randint(2026, 2030)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}T235959")
    return ";".join(parts)


def test_rules_mean_what_dateutil_says_they_mean(desk: Tenant) -> None:
    """400 random rules, each date one after the other, against python-dateutil."""
    dice = random.Random(5545)
    asked = 0
    with desk.server.connect() as connection:
        connection.execute(f"set search_path to {desk.schema}, {desk.schema}_i, {code_schema()}")
        for _ in range(400):
            rule = some_rule(dice)
            start = datetime.datetime(2026, 1, 1, dice.randint(0, 23), 30) + datetime.timedelta(days=dice.randint(0, 800))
            expected = rrule.rrulestr(rule, dtstart=start)
            place = start - datetime.timedelta(seconds=1)
            for _ in range(8):
                after = expected.after(place)
                if after is not None and after > place + datetime.timedelta(days=365 * 60):
                    break
                found = connection.execute("select recurrence_next(%s, %s, %s, 'UTC')", (rule, start, place)).fetchone()
                assert found is not None and found[0] == after, (rule, start, place)
                asked += 1
                if after is None:
                    break
                place = after
    assert asked > 1_500


def test_the_thirty_first_skips_short_months_and_the_last_day_does_not(desk: Tenant) -> None:
    start = datetime.datetime(2026, 1, 31, 9, 0)
    found, place = [], start
    for _ in range(3):
        place = next_date(desk, "FREQ=MONTHLY", start, place)
        found.append((place.month, place.day))
    assert found == [(3, 31), (5, 31), (7, 31)]
    assert next_date(desk, "FREQ=MONTHLY;BYMONTHDAY=-1", start, start) == datetime.datetime(2026, 2, 28, 9, 0)


@pytest.mark.parametrize("rule", [
    "FREQ=HOURLY", "INTERVAL=2", "FREQ=DAILY;COUNT=2;UNTIL=20270101", "FREQ=WEEKLY;BYMONTHDAY=1", "FREQ=WEEKLY;BYDAY=1MO",
    "FREQ=DAILY;X=1",
    "FREQ=DAILY;INTERVAL=0", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=DAILY;UNTIL=20270230", "every monday", "FREQ=DAILY;FREQ=DAILY",
    "FREQ=DAILY;",
])
def test_a_rule_that_says_nothing_is_refused_with_words(desk: Tenant, rule: str) -> None:
    refused = task(desk, 422, due_date="2026-12-01", recurrence=rule)
    assert refused["errors"][0]["pointer"] == "/recurrence" and refused["errors"][0]["code"] == "invalid", refused
    assert len(refused["errors"][0]["detail"]) > 8


def test_what_is_not_due_cannot_come_again_or_remind(desk: Tenant) -> None:
    for fields in [{"recurrence": "FREQ=DAILY"}, {"reminders": [{"minutes": 5}]}]:
        refused = task(desk, 422, **fields)
        assert [error["pointer"] for error in refused["errors"]] == ["/due_date"], refused


def test_the_next_task_is_made_when_one_is_done_and_taken_back_with_it(desk: Tenant) -> None:
    account = make(desk, "accounts", name="Series")
    owner = make(desk, "users", name="Tokio", email="tokio@task.example", time_zone="Asia/Tokyo")
    first = task(desk, subject="Series", due_at="2031-03-01T00:30:00Z", recurrence="FREQ=WEEKLY", owner_id=owner, tags=["weekly"],
                 links=[{"object": "account", "id": account}], reminders=[{"minutes": 15}], priority="high")
    change(desk, first["id"], status="done")
    [second] = open_ones(desk, "Series")
    assert second["due_at"] == "2031-03-08T00:30:00Z" and second["id"] != first["id"]
    for name in ("recurrence", "owner_id", "tags", "priority", "reminders", "body", "type"):
        assert second[name] == first[name], name
    assert [link["record_id"] for link in second["links"]] == [account]
    change(desk, first["id"], status="planned")
    assert [one["id"] for one in open_ones(desk, "Series")] == [first["id"]], "what nobody touched is taken back"
    change(desk, first["id"], status="done")
    [third] = open_ones(desk, "Series")
    change(desk, third["id"], subject="Series", priority="low")
    change(desk, first["id"], status="planned")
    assert {one["id"] for one in open_ones(desk, "Series")} == {first["id"], third["id"]}, "what somebody edited stays"
    change(desk, first["id"], status="done")
    assert [one["id"] for one in open_ones(desk, "Series")] == [third["id"]], "a date has one task"


def test_a_series_ends_with_its_count_and_when_it_is_cancelled(desk: Tenant) -> None:
    task(desk, subject="Twice", due_date="2031-01-31", recurrence="FREQ=MONTHLY;COUNT=2")
    change(desk, open_ones(desk, "Twice")[0]["id"], status="done")
    [last] = open_ones(desk, "Twice")
    assert last["due_date"] == "2031-03-31", "a month without the day is skipped"
    change(desk, last["id"], status="done")
    assert open_ones(desk, "Twice") == []
    one = task(desk, subject="Cancelled", due_date="2031-01-31", recurrence="FREQ=DAILY")
    change(desk, one["id"], status="cancelled")
    assert open_ones(desk, "Cancelled") == []


def test_clocks_that_change_do_not_move_the_hour(desk: Tenant) -> None:
    """Nine o'clock in Berlin is nine o'clock, before and after the last Sunday of March."""
    task(desk, subject="Summer", due_at="2031-03-24T08:00:00Z", recurrence="FREQ=WEEKLY")
    change(desk, open_ones(desk, "Summer")[0]["id"], status="done")
    assert open_ones(desk, "Summer")[0]["due_at"] == "2031-03-31T07:00:00Z"


def test_what_was_missed_does_not_come_as_a_pile(desk: Tenant) -> None:
    one = task(desk, subject="Missed", due_date="2026-01-01", recurrence="FREQ=DAILY")
    change(desk, one["id"], status="done")
    [following] = open_ones(desk, "Missed")
    today = datetime.datetime.now(datetime.timezone.utc).date()
    assert abs((datetime.date.fromisoformat(following["due_date"]) - today).days) <= 1


def test_a_batch_of_tasks_that_are_done_makes_one_next_task_each(desk: Tenant) -> None:
    made = [task(desk, subject="Batch", due_date="2031-05-05", recurrence="FREQ=DAILY")["id"] for _ in range(5)]
    answer = desk.post("/v1/activities:batch", {"items": [{"op": "update", "id": one, "data": {"status": "done"}} for one in made]})
    assert answer.status_code == 200, answer.text
    assert [one["due_date"] for one in open_ones(desk, "Batch")] == ["2031-05-06"] * 5


def test_reminders_ring_once_move_with_the_task_and_end_with_it(desk: Tenant) -> None:
    owner = make(desk, "users", name="Reminded", email="reminded@task.example")
    now = datetime.datetime.now(datetime.timezone.utc)
    soon = (now + datetime.timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    far = (now + datetime.timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    one = task(desk, subject="Ring", due_at=soon, owner_id=owner, reminders=[{"minutes": 15}, {"minutes": 5}])
    assert [each["channel"] for each in one["reminders"]] == ["console", "console"]
    wait_until(lambda: rung(desk, owner=owner) == [one["id"]], timeout_s=40)
    states = "select minutes, sent_at is not null, seen_at is not null from reminder where activity_id = %s::uuid order by minutes"
    which = desk.server.sql("select id from activities where subject = 'Ring'", schema=desk.schema)[0][0]
    assert desk.server.sql(states, (which,), schema=desk.schema) == [(5, False, False), (15, True, False)]
    seen = desk.post(f"/v1/activities/{one['id']}:seen", {})
    assert (seen.status_code, seen.json()["seen"]) == (200, 1) and rung(desk, owner=owner) == []
    change(desk, one["id"], due_at=far)
    assert desk.server.sql(states, (which,), schema=desk.schema) == [(5, False, False), (15, False, False)], "moved: to ring again"
    change(desk, one["id"], due_at=soon)
    wait_until(lambda: rung(desk, owner=owner) == [one["id"]], timeout_s=40)
    change(desk, one["id"], status="done")
    assert rung(desk, owner=owner) == [] and desk.server.sql(states, (which,), schema=desk.schema) == [], "done: rings no more"
    listed = desk.server.cli("reminder", "list", "--owner", owner, "--tenant", desk.slug)
    assert listed == {"items": []}
    assert desk.post("/v1/activities/act_00000000000000000000000001:seen", {}).status_code == 404


def test_servers_that_look_at_the_same_time_ring_once_and_make_one_task(tandem: Server) -> None:
    tenant = tandem.tenant("task-race")
    # The server's own timer would be first: what is looked at here lies in a future that it does not know.
    for number in range(40):
        task(tenant, subject=f"Race {number}", due_at="2031-01-01T12:00:00Z", recurrence="FREQ=DAILY", recurs_when="due",
             reminders=[{"minutes": 0}])
    path = f"set search_path to {tenant.schema}, {tenant.schema}_i, {code_schema()}"

    def look(_: int) -> tuple[int, int]:
        with tandem.connect() as connection:
            connection.execute(path)
            rings = connection.execute("select count(*) from ring_reminders('2031-01-01T12:00:01Z', 100)").fetchone()
            made = connection.execute("select make_due_tasks('2031-01-01T12:00:01Z', 100)").fetchone()
            assert rings and made
            return rings[0], made[0]

    import concurrent.futures

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(look, range(4)))
    assert (sum(rings for rings, _ in found), sum(made for _, made in found)) == (40, 40)
    due = [one["due_at"] for one in tenant.get("/v1/activities?status=planned&limit=200").json()["items"]]
    assert sorted(due) == ["2031-01-01T12:00:00Z"] * 40 + ["2031-01-02T12:00:00Z"] * 40


def test_one_series_that_cannot_go_on_keeps_nobody_waiting(tandem: Server) -> None:
    tenant = tandem.tenant("task-stuck")
    due = {"due_at": "2031-01-01T12:00:00Z", "recurrence": "FREQ=DAILY", "recurs_when": "due"}
    broken = task(tenant, subject="Broken", **due)["id"]
    task(tenant, subject="Sound", **due, reminders=[{"minutes": 0}])
    # Given to new tasks, not to those that follow.
    field = tenant.post("/v1/objects/activity/fields", {"name": "cf_reason", "label": "Reason", "type": "text", "required": True})
    assert field.status_code in (200, 201), field.text
    refuse = """
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not that one'; end $$;
    create trigger refuse before insert on activities for each row when (new.subject = 'Broken') execute function refuse()
    """
    tandem.sql(refuse, schema=tenant.schema)
    notes = "select failure, failed_at from task_occurrence where failed_at is not null"
    look = "select run_timers(%s, 100)"
    tandem.sql(look, ("2031-01-01T12:00:01Z",), schema=tenant.schema)
    assert tandem.sql("select count(*) from reminder where sent_at is not null", schema=tenant.schema) == [(1,)]
    assert [each["due_at"][:10] for each in open_ones(tenant, "Sound")] == ["2031-01-01", "2031-01-02"]
    ((why, at),) = tandem.sql(notes, schema=tenant.schema)
    assert why == "not that one"

    tandem.sql("drop function refuse cascade", schema=tenant.schema)
    tandem.sql(look, ("2031-01-01T12:30:00Z",), schema=tenant.schema)
    assert tandem.sql(notes, schema=tenant.schema) == [(why, at)], "it is tried again an hour later"
    tandem.sql(look, ("2031-01-01T13:00:02Z",), schema=tenant.schema)
    assert tandem.sql(notes, schema=tenant.schema) == []
    assert [each["id"] for each in open_ones(tenant, "Broken")][:1] == [broken] and len(open_ones(tenant, "Broken")) == 2


def test_duplicates_are_looked_for_at_night_unless_that_is_off(desk: Tenant) -> None:
    def timer() -> Json:
        return desk.get("/v1/timers").json()["items"][0]

    wait_until(lambda: timer()["due_at"] is not None, timeout_s=40)
    local = datetime.datetime.fromisoformat(timer()["due_at"]).astimezone(__import__("zoneinfo").ZoneInfo("Europe/Berlin"))
    assert (local.hour, local.minute) == (2, 0) and timer()["ran_at"] is None
    for _ in range(2):
        make(desk, "accounts", name="Night Ltd")
    off = desk.server.cli("timer", "off", "duplicates", "--tenant", desk.slug)
    assert off["enabled"] is False and timer()["due_at"] is None
    desk.server.sql("update timer set due_at = now() - interval '1 minute'", schema=desk.schema)
    assert desk.server.sql("select find_duplicates_nightly(now(), 'UTC', '{}')", schema=desk.schema) == [(None,)]
    assert desk.api("PATCH", "/v1/timers/duplicates", {"enabled": True}).json()["enabled"] is True
    desk.server.sql("update timer set due_at = now() - interval '1 minute'", schema=desk.schema)
    wait_until(lambda: timer()["ran_at"] is not None, timeout_s=40)
    assert timer()["result"]["found"] >= 1
    assert any("company" in pair["reasons"] and pair["score"] > 20 for pair in desk.get("/v1/duplicates?object=account").json()["items"])
    assert desk.api("PATCH", "/v1/timers/nothing", {"enabled": True}).status_code == 404
    assert desk.api("PATCH", "/v1/timers/duplicates", {"enabled": 1}).status_code == 422


def test_a_task_that_comes_again_is_planned_in_the_console(desk: Tenant) -> None:
    rep = Browser(desk.server).sign_in("--tenant", desk.slug)
    today = rep.get(f"/console/{desk.slug}/today")
    form = next(form for form in today.forms if form.fields.get("type") == "task")
    soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).date().isoformat()
    added = rep.submit(form, subject="Weekly report", due_date=soon, recurrence="FREQ=WEEKLY;INTERVAL=2", recurs_when="done",
                       remind="10080", owner_id="")
    assert "every two weeks" in added.text, added.text
    made = open_ones(desk, "Weekly report")[0]
    assert (made["recurrence"], made["recurs_when"], made["reminders"]) == (
        "FREQ=WEEKLY;INTERVAL=2", "done", [{"minutes": 10080, "channel": "console"}])
    wait_until(lambda: made["id"] in rung(desk), timeout_s=40)
    day = rep.get(f"/console/{desk.slug}/today?owner=everyone")
    assert "Reminders" in day.text
    seen = rep.submit(day.form(f"/activities/{made['id']}/seen"))
    assert "Seen." in seen.text and made["id"] not in rung(desk)
    done = rep.submit(seen.form(f"/activities/{made['id']}/state"), state="done")
    assert "Done." in done.text
    again = open_ones(desk, "Weekly report")
    assert len(again) == 1 and again[0]["due_date"] == (
        datetime.date.fromisoformat(soon) + datetime.timedelta(days=14)).isoformat()


def test_a_users_reminders_stand_in_the_navigation(desk: Tenant) -> None:
    owner = make(desk, "users", name="Badge", email="badge@task.example")
    link = desk.server.cli("user", "invite", "email=badge@task.example", "--base", desk.server.base_url, "--tenant", desk.slug)["url"]
    browser = Browser(desk.server)
    page = browser.get(link.removeprefix(desk.server.base_url))
    home = browser.submit(page.forms[-1], password="correct horse battery", again="correct horse battery")
    assert home.response.status_code == 200, home.text
    before = browser.get(f"/console/{desk.slug}/today")
    assert not re.search(r"Today : \S+ reminder", before.text), before.text[:400]
    one = task(desk, subject="Badge", due_date="2026-01-01", owner_id=owner, reminders=[{"minutes": 0}])
    wait_until(lambda: rung(desk, owner=owner) == [one["id"]], timeout_s=40)
    assert "one reminder" in browser.get(f"/console/{desk.slug}/contacts").text
