"""Files of records, profiles and events: through the API, the console and the command line."""

from __future__ import annotations

import csv
import io
import json
import pathlib
import threading
from typing import Any

import pytest
import requests

from console import Browser
from server import CommandFailed, Server, Tenant, code_schema, wait_until
from test_rights import Caller, World
from test_settings_forms import member

Json = dict[str, Any]
TRICKY = [
    {"first_name": "Ada", "last_name": '=HYPERLINK("http://x.example")', "phone": "+493012345678", "tags": ["vip", "north"]},
    {"first_name": "+1 cmd|' /C calc'!A0", "last_name": 'Quote "and", comma', "title": "two\nlines"},
    {"first_name": "-5", "last_name": "@sum", "email": "plain@exports.example"},
]


def ordered(tenant: Any, path: str, body: Json) -> Json:
    answer = tenant.post(path, body)
    assert answer.status_code == 202, answer.text
    place = answer.headers["Location"]
    assert place == f"/v1/exports/{answer.json()['id']}"
    wait_until(lambda: tenant.get(place).json()["state"] != "running")
    return tenant.get(place).json()


def content(tenant: Any, export: Json) -> str:
    assert export["state"] == "done", export
    answer = tenant.get(export["file"])
    assert answer.status_code == 200, answer.text
    assert len(answer.content) == export["bytes"] == int(answer.headers["Content-Length"])
    assert f'filename="{export["file_name"]}"' in answer.headers["Content-Disposition"]
    return answer.content.decode()


def rows(text: str) -> list[Json]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def lines(text: str) -> list[Json]:
    return [json.loads(line) for line in text.splitlines()]


def make(tenant: Tenant, records: list[Json], plural: str = "contacts") -> list[str]:
    answer = tenant.post(f"/v1/{plural}:batch", {"items": [{"op": "create", "data": record} for record in records]})
    assert answer.status_code == 200 and {one["status"] for one in answer.json()["results"]} == {201}, answer.text
    return [one["id"] for one in answer.json()["results"]]


def test_a_file_has_what_the_list_has(tenant: Tenant) -> None:
    make(tenant, TRICKY)
    listed = tenant.get("/v1/contacts").json()["items"]
    export = ordered(tenant, "/v1/contacts:export", {"format": "jsonl"})
    assert lines(content(tenant, export)) == listed
    assert (export["rows"], export["total"], export["object"], export["input"]) == (3, 3, "contacts", {})
    export = ordered(tenant, "/v1/contacts:export", {})
    text = content(tenant, export)
    written = rows(text)
    assert [one["id"] for one in written] == [one["id"] for one in listed]
    assert list(written[0]) == list(listed[0]), "every field, in its order"
    by_last = {one["last_name"]: one for one in written}
    assert set(by_last) == {"'=HYPERLINK(\"http://x.example\")", 'Quote "and", comma', "'@sum"}
    ada = by_last["'=HYPERLINK(\"http://x.example\")"]
    assert (ada["phone"], ada["tags"], ada["email"]) == ("+493012345678", "vip; north", "")
    assert by_last['Quote "and", comma']["title"] == "two\nlines"
    assert by_last['Quote "and", comma']["first_name"].startswith("'+1 cmd")
    assert by_last["'@sum"]["first_name"] == "-5", "a number is no formula"
    marked = ordered(tenant, "/v1/contacts:export", {"byte_order_mark": True})
    assert content(tenant, marked) == "\ufeff" + text


def test_conditions_fields_and_links(tenant: Tenant) -> None:
    (account,) = make(tenant, [{"name": "Acme"}], "accounts")
    made = make(tenant, [{"last_name": name, "accounts": [{"account_id": account}]} for name in ("One", "Two")])
    export = ordered(tenant, "/v1/contacts:export", {"where": 'last_name = "Two"', "fields": ["last_name"]})
    assert content(tenant, export) == f"id,last_name\n{made[1]},Two\n"
    export = ordered(tenant, "/v1/opportunities:export", {"fields": ["name", "account_id"], "include": ["account"]})
    assert content(tenant, export) == "id,name,account_id,account\n"
    deal = tenant.post("/v1/opportunities", {"name": "Deal", "account_id": account}).json()
    export = ordered(tenant, "/v1/opportunities:export", {"fields": ["name"], "include": ["account"]})
    assert content(tenant, export) == f"id,name,account\n{deal['id']},Deal,Acme\n"
    since = tenant.api("PATCH", f"/v1/contacts/{made[0]}", {"title": "changed"}).json()["updated_at"]
    export = ordered(tenant, "/v1/contacts:export", {"since": since, "format": "jsonl"})
    assert [one["id"] for one in lines(content(tenant, export))] == [made[0]]


@pytest.mark.parametrize("path, body, pointer", [
    ("contacts", {"format": "xlsx"}, "/format"), ("contacts", {"sort": ["name"]}, "/sort"), ("contacts", {"since": "soon"}, "/since"),
    ("contacts", {"where": {"field": "no", "op": "is_set"}}, "/field"), ("contacts", {"fields": ["no"]}, "/fields"),
    ("profiles", {"fields": ["id"]}, "/fields"), ("events", {"type": "no"}, "/type"), ("events", {"since": 7}, "/since"),
    ("events", {"byte_order_mark": "yes"}, "/byte_order_mark"),
])
def test_what_cannot_be_meant_is_refused_at_once(tenant: Tenant, path: str, body: Json, pointer: str) -> None:
    answer = tenant.post(f"/v1/{path}:export", body)
    assert answer.status_code == 422 and any(pointer in one["pointer"] for one in answer.json()["errors"]), answer.text
    assert tenant.get("/v1/exports").json()["items"] == []


def test_profiles_and_events_over_many_pages(tenant: Tenant) -> None:
    count = 2_300
    for first in range(0, count, 100):
        batch = [
            {"type": "track", "userId": f"u{number % 50}", "event": "Seen" if number % 4 else "Bought", "messageId": f"m{number}",
             "timestamp": f"2026-0{1 + number % 3}-01T00:00:00Z", "properties": {"n": number}}
            for number in range(first, first + 100)]
        assert tenant.ingest("batch", {"batch": batch}).status_code == 200
    export = ordered(tenant, "/v1/events:export", {"format": "jsonl"})
    events = lines(content(tenant, export))
    assert sorted(one["properties"]["n"] for one in events) == list(range(count)) and export["rows"] == count
    assert len({one["id"] for one in events}) == count
    by_person: dict[str, list[str]] = {}
    for one in events:
        by_person.setdefault(one["profile_id"], []).append(one["ts"])
    assert len(by_person) == 50 and all(times == sorted(times) for times in by_person.values())
    some = {"event": "Bought", "since": "2026-02-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}
    export = ordered(tenant, "/v1/events:export", some)
    wanted = {number for number in range(count) if number % 4 == 0 and number % 3 == 1}
    written = rows(content(tenant, export))
    assert {json.loads(one["properties"])["n"] for one in written} == wanted and len(written) == len(wanted) == export["total"]
    assert {one["event"] for one in written} == {"Bought"} and written[0]["profile_id"].startswith("prof_")
    export = ordered(tenant, "/v1/profiles:export", {"format": "jsonl"})
    listed = tenant.get("/v1/profiles?limit=1000").json()["items"]
    assert [one["user_id"] for one in lines(content(tenant, export))] == [one["user_id"] for one in listed] and len(listed) == 50
    export = ordered(tenant, "/v1/profiles:export", {"where": {"field": "user_id", "op": "eq", "value": "u7"}})
    assert [one["user_id"] for one in rows(content(tenant, export))] == ["u7"]


@pytest.fixture(scope="module")
def world(tandem: Server) -> World:
    return World(tandem.tenant("rights-exports"), tandem.cli("key", "create", "--kind", "admin")["key"])


class Key:
    """A key with a role, as `ordered` and `content` take it."""

    def __init__(self, caller: Caller):
        self.caller = caller

    def get(self, path: str) -> requests.Response:
        return self.caller.api("GET", path)

    def post(self, path: str, body: Json) -> requests.Response:
        return self.caller.api("POST", path, body)


def test_a_role_takes_along_what_it_may(world: World) -> None:
    grants = {"contact": {"read": "all", "export": "own"}, "lead": {"read": "all"}}
    made = world.tenant.post("/v1/roles", {"name": "taker", "grants": grants, "fields": {"contact": {"email": "none"}}})
    role = {**made.json(), "grants": grants}
    taker = Key(world.caller(role, "rep"))
    export = ordered(taker, "/v1/contacts:export", {})
    written = rows(content(taker, export))
    own = {
        one["id"] for one in world.records["contact"]
        if world.model.may(role, taker.caller.user, "contact", "export", one["owner_id"])}
    assert {one["id"] for one in written} == own and 0 < len(own) < len(world.records["contact"])
    assert "email" not in written[0] and "email_domain" not in written[0]
    refused = taker.post("/v1/leads:export", {})
    assert refused.status_code == 403 and "export leads" in refused.json()["message"]
    assert taker.post("/v1/events:export", {}).status_code == 403
    # Nobody with a role but who ordered it.
    other = Key(world.caller(world.roles["sales manager"], "out"))
    for path in (f"/v1/exports/{export['id']}", export["file"]):
        assert other.get(path).status_code == 404, path
    assert other.caller.api("DELETE", f"/v1/exports/{export['id']}").status_code == 404
    assert other.get("/v1/exports").json()["items"] == []
    assert [one["id"] for one in taker.get("/v1/exports").json()["items"]] == [export["id"]]
    assert world.tenant.get(export["file"]).status_code == 200
    # What the role loses while a file waits to be made, the file does not have.
    assert world.tenant.api("PATCH", f"/v1/roles/{role['id']}", {"grants": {"contact": {"read": "all", "export": "none"}}}).ok
    assert taker.caller.api("DELETE", f"/v1/exports/{export['id']}").status_code == 204
    assert world.tenant.get(export["file"]).status_code == 404


def test_an_erasure_empties_files_and_waits_for_a_page_that_is_being_written(tenant: Tenant) -> None:
    make(tenant, [{"last_name": "Stays"}, {"last_name": "Goes", "email": "goes@exports.example"}])
    export = ordered(tenant, "/v1/contacts:export", {})
    assert "goes@exports.example" in content(tenant, export)
    answers: list[requests.Response] = []

    def erase() -> None:
        answers.append(tenant.post("/v1/privacy/erase", {"type": "email", "value": "goes@exports.example"}))

    with tenant.server.connect(autocommit=False) as connection:
        path = f"{tenant.schema}, {tenant.internals}, {code_schema()}"
        connection.execute("select set_config('search_path', %s, true)", [path])
        connection.execute("select export_begin(id) from export")
        connection.execute("select export_append(id, 'goes@exports.example', 1, null) from export")
        thread = threading.Thread(target=erase)
        thread.start()
        thread.join(1.5)
        assert thread.is_alive(), "the erasure waits for who writes a page"
        connection.commit()
    thread.join(30)
    assert answers[0].status_code == 200, answers[0].text
    assert answers[0].json()["receipt"]["counts"]["exports"] == 1
    shown = tenant.get(f"/v1/exports/{export['id']}").json()
    assert (shown["state"], shown["file"], shown["bytes"]) == ("withdrawn", None, 0)
    gone = tenant.get(export["file"])
    assert gone.status_code == 409 and "Somebody was erased since" in gone.json()["message"]
    assert tenant.server.sql("select count(*) from export_part", schema=tenant.schema) == [(0,)]
    assert "goes@exports.example" not in content(tenant, ordered(tenant, "/v1/contacts:export", {}))


def test_files_are_few_and_expire(tenant: Tenant) -> None:
    first = ordered(tenant, "/v1/accounts:export", {})
    for _ in range(19):
        ordered(tenant, "/v1/accounts:export", {})
    full = tenant.post("/v1/accounts:export", {})
    assert full.status_code == 409 and full.json()["code"] == "limit_reached" and "20 files" in full.json()["message"], full.text
    assert tenant.api("DELETE", f"/v1/exports/{first['id']}").status_code == 204
    assert tenant.post("/v1/accounts:export", {}).status_code == 202
    assert len(tenant.get("/v1/exports?limit=7").json()["items"]) == 7
    wait_until(lambda: all(one["state"] == "done" for one in tenant.get("/v1/exports?limit=50").json()["items"]))
    assert tenant.server.sql("select exports_expire(now() + interval '6 days')", schema=tenant.schema) == [(0,)]
    assert tenant.server.sql("select exports_expire(now() + interval '8 days')", schema=tenant.schema) == [(20,)]
    assert tenant.get("/v1/exports").json()["items"] == []


def test_a_killed_server_goes_on_with_the_file(own_tandem: Server) -> None:
    tenant = own_tandem.tenant("acme")
    ids: list[str] = []
    for first in range(0, 6_000, 1_000):
        ids += make(tenant, [{"name": f"Account {first + number}"} for number in range(1_000)], "accounts")
    answer = tenant.post("/v1/accounts:export", {})
    place = answer.headers["Location"]
    wait_until(lambda: tenant.get(place).json()["rows"] > 0, every_s=0.002)
    own_tandem.restart()
    wait_until(lambda: tenant.get(place).json()["state"] == "done", timeout_s=90)
    written = [one["id"] for one in rows(content(tenant, tenant.get(place).json()))]
    assert sorted(written) == sorted(ids)


def test_the_command_line_writes_a_file_of_any_size(tenant: Tenant, tmp_path: pathlib.Path) -> None:
    make(tenant, TRICKY)
    file = tmp_path / "contacts.csv"

    def export(*arguments: str) -> str:
        return tenant.server.cli("export", *arguments, "--tenant", tenant.slug, json=False)

    assert export("contacts", "--file", str(file)) == f"3 rows in {file}\n"
    assert file.stat().st_mode & 0o777 == 0o600 and list(tmp_path.iterdir()) == [file]
    assert file.read_text() == content(tenant, ordered(tenant, "/v1/contacts:export", {}))
    assert lines(export("contact", "--format", "jsonl", "--where", 'first_name = "Ada"'))[0]["first_name"] == "Ada"
    assert export("contacts", "--dry-run") == "3 rows; nothing was written.\n"
    assert export("events", "--type", "track").splitlines()[0].startswith("id,message_id,profile_id")
    with pytest.raises(CommandFailed) as wrong:
        export("contracts")
    assert wrong.value.code == 64 and "there is no contracts" in wrong.value.errors and "contacts" in wrong.value.errors
    with pytest.raises(CommandFailed) as wrong:
        export("contacts", "--file", str(tmp_path / "no" / "such.csv"))
    assert "cannot be written" in wrong.value.errors


def test_the_console_orders_and_hands_out_files(tandem: Server, tenant: Tenant) -> None:
    make(tenant, TRICKY)
    base = f"/console/{tenant.slug}"
    browser = Browser(tandem).sign_in()
    link = next(one for one in browser.get(f"{base}/contacts?q=Ada").links if "/exports?" in one)
    page = browser.get(link)
    assert "Has: Ada" in page.text
    page = browser.submit(page.form("/exports"), format="csv")
    assert "It is being done" in page.text
    wait_until(lambda: any(one.endswith("/file") for one in browser.get(f"{base}/exports").links))
    page = browser.get(f"{base}/exports")
    file = next(one for one in page.links if one.endswith("/file"))
    written = rows(browser.session.get(tandem.base_url + file, timeout=30).content.decode())
    assert [one["first_name"] for one in written] == ["Ada"]
    wrong = browser.submit(browser.get(f"{base}/exports?object=events").form("/exports"), type="nothing")
    assert wrong.response.status_code == 422 and "Type has to be track" in wrong.text
    deleted = browser.submit(browser.get(f"{base}/exports").form("/delete"))
    assert "The file is deleted." in deleted.text and "No files yet" in deleted.text
    rep = member(tenant, {"account": {"read": "all"}, "contact": {"read": "all", "export": "all"}}, "taker")
    page = rep.get(f"{base}/exports")
    assert [one.split("object=")[1] for one in page.links if "?object=" in one] == ["contacts"], page.links
    assert not any("/exports?" in one for one in rep.get(f"{base}/accounts").links)
    assert rep.post(f"{base}/exports", {**page.form("/exports").fields, "object": "accounts"}).response.status_code == 404
    none = member(tenant, {"account": {"read": "all"}}, "looker")
    assert none.get(f"{base}/exports").response.status_code == 403
