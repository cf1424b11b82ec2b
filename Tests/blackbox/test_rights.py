"""Roles against a plain filter: roles × objects × actions × whose record × the ways to ask (`rights.Model`), and what a role may not
know of fields. A predicate that is broken on purpose has to be noticed."""

from __future__ import annotations

import datetime
import itertools
import os
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from rights import Model
from server import CommandFailed, Server, Tenant, code_schema
from test_isolation import OPEN

pytestmark = pytest.mark.quick
Json = dict[str, Any]
OBJECTS = {"account": "accounts", "contact": "contacts", "lead": "leads", "opportunity": "opportunities", "activity": "activities"}
TITLE = {"account": "name", "contact": "last_name", "lead": "last_name", "opportunity": "name", "activity": "subject"}
ACTIONS = ["create", "read", "edit", "delete", "assign"]
FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
UNKNOWN = "00000000-0000-7000-8000-000000000000"


class Caller:
    """A key with a role, and what is known of it."""

    def __init__(self, tenant: Tenant, role: Json, user: Json | None, key: str):
        self.tenant, self.role, self.user, self.key = tenant, role, user, key

    def api(self, method: str, path: str, json: Any = None) -> requests.Response:
        return requests.request(
            method, self.tenant.server.base_url + path, json=json, headers={"Authorization": f"Bearer {self.key}"}, timeout=60)

    def __str__(self) -> str:
        return f"{self.role['name']} of {self.user['name'] if self.user else 'nobody'}"


class World:
    """Teams north (with nook) and south, six users, and of every object a record of each user and of nobody."""

    def __init__(self, tenant: Tenant, admin_key: str):
        self.tenant, self.admin_key = tenant, admin_key
        make = self.make
        north, south = make("teams", name="North"), make("teams", name="South")
        nook = make("teams", name="Nook", parent_id=north["id"])
        head = make("users", name="head", email="head@rights.example", team_id=north["id"])
        users = [head] + [
            make("users", name=name, email=f"{name}@rights.example", team_id=team["id"], manager_id=above)
            for name, team, above in [
                ("rep", north, None), ("peer", north, None), ("inner", nook, None), ("far", south, head["id"]), ("out", south, None)]]
        self.users = {user["name"]: user for user in users}
        self.roles = {role["name"]: role for role in tenant.get("/v1/roles").json()["items"]}
        self.records: dict[str, list[Json]] = {object: [] for object in OBJECTS}
        self.callers: dict[tuple[str, str | None], Caller] = {}
        for user in [*users, None]:
            self.fill(user["id"] if user else None, user["name"] if user else "nobody")
        self.objects = {item["name"]: item for item in tenant.get("/v1/objects").json()["items"]}
        self.model = Model(self.records, users, [north, south, nook])

    def make(self, plural: str, **body: Any) -> Json:
        answer = self.tenant.post(f"/v1/{plural}", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def add(self, object: str, title: str, owner: str | None, **body: Any) -> Json:
        record = self.make(
            OBJECTS[object], external_id=title, owner_id=owner, **{TITLE[object]: f"zebra {title}"}, **body)
        self.records[object].append(record)
        record["accounts_of"] = [record["account_id"]] if record.get("account_id") else [
            row["account_id"] for row in record.get("accounts", [])] if object == "contact" else []
        return record

    def fill(self, owner: str | None, name: str) -> None:
        """Each record hangs on an account of somebody else too, so that what is implied shows."""
        account = self.add("account", f"account-{name}", owner)
        other = self.records["account"][0]["id"]
        lone = self.add("account", f"lone-{name}", self.users["out"]["id"])
        contact = self.add(
            "contact", f"contact-{name}", owner, email=f"{name}@people.example",
            accounts=[{"account_id": account["id"]}, {"account_id": lone["id"]}])
        lead = self.add("lead", f"lead-{name}", owner)
        opportunity = self.add("opportunity", f"opportunity-{name}", owner, account_id=other, amount="10.00", currency="EUR")
        self.add("opportunity", f"second-{name}", owner, account_id=account["id"], amount="5.00", currency="EUR")
        self.add("activity", f"activity-{name}", owner, type="call")
        self.add("activity", f"linked-{name}", owner, type="call", links=[{"object": "account", "record_id": lone["id"]}])
        for kind, record in [("account", lone), ("contact", contact), ("lead", lead), ("opportunity", opportunity)]:
            self.add(
                "activity", f"on-{kind}-{name}", self.users["out"]["id"], type="call", links=[{"object": kind, "record_id": record["id"]}])

    def caller(self, role: Json, user: str | None, **body: Any) -> Caller:
        known = self.callers.get((role["id"], user))
        if known and not body:
            return known
        owner = self.users[user] if user else None
        request = {"kind": "restricted", "role": role["id"], **({"user": owner["email"]} if owner else {}), **body}
        answer = requests.post(
            f"{self.tenant.server.admin_url}/admin/v1/tenants/{self.tenant.slug}/keys", json=request,
            headers={"Authorization": f"Bearer {self.admin_key}"}, timeout=60)
        assert answer.status_code == 201, answer.text
        made = self.callers[(role["id"], user)] = Caller(self.tenant, role, owner, answer.json()["key"])
        return made

    def role(self, name: str, grants: Json, fields: Json | None = None) -> Json:
        answer = self.tenant.post("/v1/roles", {"name": name, "grants": grants, "fields": fields or {}})
        assert answer.status_code == 201, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def world(tandem: Server) -> World:
    key = tandem.cli("key", "create", "--kind", "admin")["key"]
    return World(tandem.tenant("rights"), key)


def test_what_is_said_of_a_record_is_read_by_who_reads_the_record(world: World) -> None:
    rep = world.caller(world.roles["sales rep"], "rep")
    near, far = [
        next(record for record in world.records["lead"] if record["external_id"] == f"lead-{name}") for name in ("peer", "out")]
    said = [
        world.make("comments", object="lead", object_id=record["id"], body=f"about {record['external_id']}",
                   owner_id=world.users["rep"]["id"])
        for record in (near, far)]
    assert ids(rep.api("GET", "/v1/comments")) == [said[0]["id"]]
    assert rep.api("GET", f"/v1/comments/{said[1]['id']}").status_code == 404
    assert "about lead-out" not in rep.api("GET", f"/v1/leads/{near['id']}/timeline").text


def test_files_are_listed_for_who_reads_the_record(world: World) -> None:
    near, far = [
        next(record for record in world.records["lead"] if record["external_id"] == f"lead-{name}") for name in ("peer", "out")]
    files = {}
    for record in (near, far):
        answer = requests.post(
            f"{world.tenant.server.base_url}/v1/leads/{record['id']}/attachments", params={"file_name": f"{record['external_id']}.txt"},
            data=b"hello", headers={"Authorization": f"Bearer {world.tenant.secret_key}", "Content-Type": "text/plain"}, timeout=60)
        assert answer.status_code == 201, answer.text
        files[record["id"]] = answer.json()["id"]
    rep = world.caller(world.roles["sales rep"], "rep")
    nothing = world.caller({**world.make("roles", name="nothing", grants={}), "grants": {}}, "rep")
    for caller, seen in [(rep, [files[near["id"]]]), (nothing, [])]:
        assert ids(caller.api("GET", "/v1/attachments?limit=1000")) == seen
        assert ids(caller.api("POST", "/v1/attachments/search", {"where": {"field": "media_type", "op": "is_set"}})) == seen
        counted = caller.api("POST", "/v1/attachments:aggregate", {"measures": [{"fn": "count"}]})
        assert "lead-out" not in counted.text and counted.text.count(str(len(files))) == 0, counted.text
        for way in ("", "/history", "?as_of=2100-01-01T00:00:00Z"):
            answer = caller.api("GET", f"/v1/attachments/{files[far['id']]}{way}")
            assert answer.status_code == 404, f"{way}: {answer.text}"
    assert rep.api("GET", f"/v1/attachments/{files[near['id']]}").json()["file_name"] == "lead-peer.txt"


def test_what_is_said_follows_its_record_at_every_level_and_beyond_its_end(world: World) -> None:
    role = world.role("own deals", {
        "*": {"read": "all", "create": "all", "edit": "all", "delete": "all"}, "opportunity": {"read": "own"}, "lead": {"read": "own"}})
    rep, all_of_it = world.caller(role, "rep"), world.caller(world.roles["read only"], "rep")
    records = {
        (object, owner): next(one for one in world.records[object] if one["external_id"] == f"{object}-{owner}")["id"]
        for object in ("opportunity", "lead", "account") for owner in ("rep", "out")}
    said = {
        place: world.make("comments", object=place[0], object_id=record, body=f"said of {place[0]} {place[1]}", owner_id=None)["id"]
        for place, record in records.items()}
    mine = {said[place] for place in said if place[1] == "rep" or place[0] == "account"}
    for search in (lambda caller: caller.api("GET", "/v1/comments?limit=200"),
                   lambda caller: caller.api("POST", "/v1/comments/search", {"limit": 200})):
        assert set(ids(search(rep))) & set(said.values()) == mine
        assert set(said.values()) <= set(ids(search(all_of_it)))
    counts = [
        caller.api("POST", "/v1/comments:aggregate", {"measures": [{"fn": "count"}]}).json()["items"][0]["measures"]["count"]
        for caller in (rep, all_of_it)]
    assert counts[0] < counts[1], counts
    # What cannot be read cannot be spoken of, however it is asked, nor can what was said be moved there.
    own = rep.api("POST", "/v1/comments", {"object": "account", "object_id": records[("account", "rep")], "body": "mine"}).json()["id"]
    for place, record in records.items():
        batch = rep.api("POST", "/v1/comments:batch", {"items": [{"op": "create", "data": {
            "object": place[0], "object_id": record, "body": "by a batch"}}]}).json()["results"][0]
        assert batch["status"] == (201 if said[place] in mine else 422), (place, batch)
        moved = rep.api("PATCH", f"/v1/comments/{own}", {"object": place[0], "object_id": record})
        assert (moved.status_code == 422) == (said[place] not in mine), (place, moved.text)
    written = world.tenant.get("/v1/comments?limit=200").json()["items"]
    assert len([one for one in written if one["body"] == "by a batch"]) == len(mine)
    # A deleted one is read by who reads its record now.
    when = now()
    for comment in said.values():
        assert world.tenant.api("DELETE", f"/v1/comments/{comment}").status_code == 204
    feed = [item for item in changes(rep, "comments") if item["id"] in said.values()]
    assert {item["id"] for item in feed} == mine
    for place, comment in said.items():
        for path in (f"/v1/comments/{comment}/history", f"/v1/comments/{comment}?as_of={when}"):
            answer = rep.api("GET", path)
            assert answer.status_code == (200 if comment in mine else 404), (place, path, answer.text)
            assert all_of_it.api("GET", path).status_code == 200, (place, path)
        restored = rep.api("POST", f"/v1/comments/{comment}:restore", {})
        assert restored.status_code == (200 if comment in mine else 404), (place, restored.text)
    assert rep.api("POST", "/v1/comments:restore?dry_run=true", {"where": {"field": "id", "op": "is_set"}}).json()["count"] == 0


def changes(caller: Caller, objects: str) -> list[Json]:
    items: list[Json] = []
    after = ""
    while True:
        page = caller.api("GET", f"/v1/changes?objects={objects}&limit=200{after}").json()
        items += page["items"]
        if not page["page"]["has_more"]:
            return items
        after = f"&after={page['page']['next']}"


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat().replace("+00:00", "Z")


def ids(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def reads(world: World, caller: Caller, object: str) -> Iterator[str]:
    """What a caller reads of an object, asked in every way, where it differs from the model."""
    plural, title = OBJECTS[object], TITLE[object]
    records = {record["id"]: record for record in world.records[object]}
    wanted = {id for id, record in records.items() if world.model.reads(caller.role, caller.user, object, record)}

    def differ(way: str, got: Any, expected: Any) -> Iterator[str]:
        if got != expected:
            yield f"{caller}: {way} of {plural} is {got}, not {expected}"

    listed = caller.api("GET", f"/v1/{plural}?limit=1000&count=exact")
    yield from differ("list", set(ids(listed)), wanted)
    yield from differ("count", listed.json()["page"]["count"], len(wanted))
    by_title = sorted(wanted, key=lambda id: records[id][title])
    body = {"where": {"field": title, "op": "starts_with", "value": "zebra"}, "sort": [title], "limit": 1000}
    yield from differ("search", ids(caller.api("POST", f"/v1/{plural}/search", body)), by_title)
    groups = caller.api("POST", f"/v1/{plural}:aggregate", {"group": ["owner_id"]}).json()["items"]
    counted = {group["group"]["owner_id"]: group["measures"]["count"] for group in groups}
    owners = [records[id]["owner_id"] for id in wanted]
    yield from differ("aggregate", counted, {owner: owners.count(owner) for owner in owners})
    everywhere = caller.api("POST", "/v1/search", {"q": "zebra", "limit": 50}).json()["items"]
    found = {item["id"] for item in everywhere if item["object"] == object}
    # Leads and activities are searched by other fields.
    searched = bool(found) or any(field["searchable"] for field in world.objects[object]["fields"] if field["name"] == title)
    yield from differ("search everywhere", found, wanted if searched else set())
    changes, after = set(), ""
    while True:
        page = caller.api("GET", f"/v1/changes?limit=1000&objects={object}{after}").json()
        changes |= {item["id"] for item in page["items"]}
        if not page["page"]["has_more"]:
            break
        after = "&after=" + page["page"]["next"]
    yield from differ("changes", changes & set(records), wanted)
    for id, record in records.items():
        status = 200 if id in wanted else 404
        paths = ["", "/history", "/timeline", "/sources", "?as_of=2100-01-01T00:00:00Z"] if FULL or sum(id.encode()) % 4 == 0 else [""]
        keys = [f"by/external_id/{record['external_id']}"] if len(paths) > 1 else []
        for path in [f"{id}{path}" for path in paths] + keys:
            answer = caller.api("GET", f"/v1/{plural}/{path}")
            yield from differ(f"GET {path} ({record['external_id']})", answer.status_code, status)
            if status == 404 and record[title] in answer.text:
                yield f"{caller}: the error of {path} tells of the record"
    if object == "opportunity" and wanted:
        accounts = {one["id"] for one in world.records["account"] if world.model.reads(caller.role, caller.user, "account", one)}
        shown = caller.api("GET", f"/v1/{plural}?limit=1000&include=account").json()["items"]
        yield from differ(
            "include", {item["id"] for item in shown if item["account"]}, {id for id in wanted if records[id]["account_id"] in accounts})
        where = {"where": {"field": "account.name", "op": "contains", "value": "zebra"}, "limit": 1000}
        yield from differ(
            "link filter", set(ids(caller.api("POST", f"/v1/{plural}/search", where))),
            {id for id in wanted if records[id]["account_id"] in accounts})
    if object == "account":
        activities = {
            one["id"] for one in world.records["activity"] if world.model.reads(caller.role, caller.user, "activity", one)}
        for id in sorted(wanted)[: None if FULL else 3]:
            entries = caller.api("GET", f"/v1/accounts/{id}/timeline?limit=1000").json()["items"]
            hidden = {entry["data"]["id"] for entry in entries if entry["kind"] == "activity"} - activities
            yield from differ("timeline", hidden, set())


def writes(world: World, caller: Caller, object: str) -> Iterator[str]:
    """The same of writes: a batch of all or nothing, with an item that is wrong for everybody, tells and changes nothing."""
    records, may = world.records[object], world.model.may
    other = {user["id"]: next(o["id"] for o in world.users.values() if o is not user) for user in world.users.values()}

    def wanted(record: Json, *actions: str) -> str:
        if not world.model.reads(caller.role, caller.user, object, record):
            return "not_found"
        allowed = all(may(caller.role, caller.user, object, action, record["owner_id"]) for action in actions)
        return "conflict" if allowed else "forbidden"

    def given(record: Json, to: str) -> str:
        if not world.model.reads(caller.role, caller.user, object, record):
            return "not_found"
        return "conflict" if world.model.gives(caller.role, caller.user, object, record["owner_id"], to) else "forbidden"

    def answer(items: list[Json]) -> list[str]:
        body = {"mode": "all", "items": [*items, {"op": "update", "id": UNKNOWN, "data": {}}]}
        got = caller.api("POST", f"/v1/{OBJECTS[object]}:batch", body)
        assert got.status_code == 200, got.text
        return [result["error"]["code"] for result in got.json()["results"]][:-1]

    def differ(action: str, items: list[Json], expected: list[str]) -> Iterator[str]:
        for item, got, code in zip(items, answer(items), expected, strict=True):
            if got != code:
                yield f"{caller}: to {action} {object} {item} is {got}, not {code}"

    yield from differ(
        "edit", [{"op": "update", "id": one["id"], "data": {"tags": ["x"]}} for one in records], [wanted(one, "edit") for one in records])
    yield from differ("delete", [{"op": "delete", "id": one["id"]} for one in records], [wanted(one, "delete") for one in records])
    if world.model.level(caller.role, "user", "read") != "none":
        yield from differ(
            "assign", [
                {"op": "update", "id": one["id"], "data": {"owner_id": other.get(one["owner_id"], world.users["rep"]["id"])}}
                for one in records],
            [given(one, other.get(one["owner_id"], world.users["rep"]["id"])) for one in records])
        owners = [user["id"] for user in world.users.values()] + [None]
        extra = {"type": "call"} if object == "activity" else {}
        yield from differ(
            "create", [{"op": "create", "data": {TITLE[object]: "new", "owner_id": owner, **extra}} for owner in owners],
            ["conflict" if may(caller.role, caller.user, object, "create", owner or (caller.user or {}).get("id")) else "forbidden"
             for owner in owners])


def some_roles(world: World, count: int) -> list[Json]:
    chance = random.Random(20)
    return [
        world.role(f"chance {number}", {
            "*": {"read": "all"},
            **{object: {action: chance.choice(["all", "team", "own", "own", "none"]) for action in ACTIONS} for object in OBJECTS},
        })
        for number in range(count)
    ]


def test_every_way_to_ask_agrees_with_a_plain_filter(world: World, figures: Callable[[str, Any], None]) -> None:
    shipped = [world.roles[name] for name in ("administrator", "sales manager", "sales rep", "read only")]
    if FULL:
        cases = list(itertools.product(shipped + some_roles(world, 12), [*world.users, None]))
    else:
        cases = [(shipped[2], "rep"), (shipped[1], "head"), (some_roles(world, 1)[0], "rep")]
    wrong: list[str] = []
    for (role, user), object in itertools.product(cases, OBJECTS):
        caller = world.caller(role, user)
        wrong += [*reads(world, caller, object), *writes(world, caller, object)]
    assert wrong == []
    figures("callers", len(cases))


@pytest.mark.parametrize("function, whole, broken", [
    ("reach", "t.parent_id = p.id", "false"),
    ("reach", "u.manager_id = b.id", "false"),
    ("reach", "v_level = 'all'", "true"),
    ("record_condition", "p.account_id = %I.id", "p.account_id is null and p.account_id = %I.id"),
    ("record_condition", "p_action = 'read' and p_object = 'activity'", "false"),
    ("record_condition", "%I.owner_id is null'", "%I.owner_id is null and false'"),
    ("record_condition", "record_condition('contact', 'read', 'c', false)", "record_condition('contact', 'read', 'c')"),
    ("record_condition", "select from activity_links n where", "select from activity_links n where false and"),
    ("restrict_items", "i #>> '{given,owner_id}' is distinct from v_user", "true"),
    ("restrict_items", "is_within(v_name, 'edit',", "is_within(v_name, 'read',"),
], ids=lambda value: value[:30])
def test_a_broken_predicate_is_noticed(world: World, function: str, whole: str, broken: str) -> None:
    server = world.tenant.server
    ((text,),) = server.sql(
        "select pg_get_functiondef(oid) from pg_proc where proname = %s and pronamespace = %s::regnamespace", [function, code_schema()])
    assert whole in text
    callers = []
    try:
        server.sql(text.replace(whole, broken))
        # What a key may do is remembered for seconds; of a new key nothing is.
        callers = [
            world.caller(world.roles[role], user, expires_at=None) for role, user in (("sales rep", "rep"), ("sales manager", "head"))]
        found = (line for caller in callers for object in OBJECTS for ask in (reads, writes) for line in ask(world, caller, object))
        assert next(found, None), "nothing noticed"
    finally:
        server.sql(text)
        for caller in callers:
            world.callers.pop((caller.role["id"], caller.user["name"]), None)


def test_a_field_that_a_role_does_not_read_is_unknown(world: World) -> None:
    role = world.role("narrow", {"*": {"read": "all", "create": "all", "edit": "all"}}, {
        "contact": {"email": "none", "title": "read", "last_name": "none"}, "opportunity": {"amount": "none"}, "account": {"name": "read"}})
    caller = world.caller(role, None)
    contact, opportunity = world.records["contact"][0], world.records["opportunity"][0]
    shown = caller.api("GET", f"/v1/contacts/{contact['id']}").json()
    # channels tell the address, name tells the last name.
    assert {"email", "last_name", "name", "channels"}.isdisjoint(shown) and {"title", "phone", "first_name"} <= set(shown)
    fields = {field["name"] for field in caller.api("GET", "/v1/objects/contacts").json()["fields"]}
    assert "email" not in fields and "title" in fields
    for path in ("?filter=email is_set", "?sort=email", "?fields=email", "?email=x@people.example", "?sort=last_name"):
        answer = caller.api("GET", "/v1/contacts" + path)
        assert (answer.status_code, "email" in answer.json()["code"]) == (400, False), answer.text
    assert caller.api("GET", f"/v1/contacts/by/email/{contact['email']}").status_code == 404
    where = {"where": {"field": "email", "op": "eq", "value": contact["email"]}}
    answers = [
        caller.api("POST", "/v1/contacts/search", where), caller.api("POST", "/v1/contacts:aggregate", {"group": ["email"]}),
        caller.api("POST", "/v1/opportunities:aggregate", {"measures": [{"fn": "sum", "field": "amount"}]}),
        caller.api("PATCH", f"/v1/contacts/{contact['id']}", {"email": "y@people.example"}),
    ]
    assert [(answer.status_code, answer.json()["errors"][0]["code"]) for answer in answers] == [(422, "unknown_field")] * 4
    refused = caller.api("PATCH", f"/v1/contacts/{contact['id']}", {"title": "Queen"})
    assert refused.json()["errors"][0]["code"] == "read_only"
    for part in ("history", "sources"):
        text = caller.api("GET", f"/v1/contacts/{contact['id']}/{part}").text
        assert "people.example" not in text and "last_name" not in text
    found = caller.api("POST", "/v1/search", {"q": contact["email"]}).json()["items"]
    assert [item for item in found if item["object"] == "contact"] == []
    as_of = caller.api("GET", f"/v1/contacts/{contact['id']}?as_of=2100-01-01T00:00:00Z").json()
    assert "email" not in as_of and "name" not in as_of
    assert "products" not in caller.api("GET", f"/v1/opportunities/{opportunity['id']}").json()
    timeline = caller.api("GET", f"/v1/opportunities/{opportunity['id']}/timeline").json()["items"]
    moves = [entry["data"] for entry in timeline if entry["kind"] == "opportunity"]
    assert moves and all("amount" not in move and "status" in move for move in moves)
    changed = caller.api("PATCH", f"/v1/contacts/{contact['id']}", {"phone": "+4930123456"})
    assert changed.status_code == 200, changed.text


def test_duplicates_out_of_reach_are_counted_and_not_named(world: World) -> None:
    caller = world.caller(world.roles["sales rep"], "rep")
    taken = next(one for one in world.records["contact"] if one["external_id"] == "contact-out")
    for answer in (
        caller.api("POST", "/v1/contacts", {"email": taken["email"]}),
        caller.api("PUT", f"/v1/contacts/by/email/{taken['email']}", {"title": "x"}),
        caller.api("POST", "/v1/contacts", {"external_id": taken["external_id"]}),
    ):
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["ids"], problem["hidden"]) == (409, "duplicate", [], 1), problem
    mine = next(one for one in world.records["contact"] if one["external_id"] == "contact-rep")
    assert caller.api("POST", "/v1/contacts", {"email": mine["email"]}).json()["ids"] == [mine["id"]]
    result = caller.api("POST", "/v1/contacts:batch", {"items": [
        {"op": "upsert", "match": {"external_id": taken["external_id"]}, "data": {"title": "x"}},
        {"op": "update", "match": {"external_id": taken["external_id"]}, "data": {"title": "x"}}]}).json()["results"]
    assert [one["error"]["code"] for one in result] == ["duplicate", "not_found"]


def test_what_a_key_with_a_role_makes_is_its_users(world: World) -> None:
    caller = world.caller(world.roles["sales rep"], "rep")
    rep = world.users["rep"]
    made = caller.api("POST", "/v1/leads", {"last_name": "Mine", "company": "zz Engines", "email": "mine@engines.example"}).json()
    assert (made["owner_id"], made["created_by"]) == (rep["id"], "user:rep@rights.example")
    done = caller.api("POST", f"/v1/leads/{made['id']}:convert", {"create_opportunity": True})
    assert done.status_code == 200, done.text
    contact = world.tenant.get(f"/v1/contacts/{done.json()['contact']['id']}").json()
    assert contact["owner_id"] == rep["id"]
    undone = caller.api("POST", f"/v1/leads/{made['id']}:unconvert", {})
    assert undone.status_code == 200 and len(undone.json()["removed"]) == 3, undone.text
    theirs = next(one for one in world.records["lead"] if one["external_id"] == "lead-peer")
    assert caller.api("POST", f"/v1/leads/{theirs['id']}:convert", {}).json()["code"] == "forbidden"
    out = next(one for one in world.records["lead"] if one["external_id"] == "lead-out")
    assert caller.api("POST", f"/v1/leads/{out['id']}:convert", {}).status_code == 404
    # Deleted and brought back by whom it belongs to alone.
    assert caller.api("DELETE", f"/v1/leads/{made['id']}").status_code == 204
    other = world.caller(world.roles["sales rep"], "out")
    assert other.api("POST", f"/v1/leads/{made['id']}:restore", {}).status_code == 404
    assert other.api("GET", f"/v1/leads/{made['id']}/history").status_code == 404
    assert caller.api("POST", f"/v1/leads/{made['id']}:restore", {}).status_code == 200
    unreachable = world.records["account"][-1]["id"]
    refused = caller.api("POST", "/v1/opportunities", {"name": "x", "account_id": unreachable})
    if not world.model.reads(caller.role, caller.user, "account", world.records["account"][-1]):
        assert refused.json()["errors"][0]["code"] == "unknown_reference"
    world.tenant.api("DELETE", f"/v1/leads/{made['id']}")


def test_a_key_with_a_role_reaches_what_obeys_roles_only(world: World) -> None:
    caller = world.caller(world.roles["administrator"], "rep")
    base = world.tenant.server.base_url
    plurals = {"attachments"} | {item["object"] for item in world.tenant.get("/v1/objects").json()["items"]}
    for path, methods in requests.get(base + "/openapi.json", timeout=60).json()["paths"].items():
        of_records = path.split("/")[2:3] and path.split("/")[2] in plurals and not path.endswith(("/submissions", "/content"))
        obeying = ("/v1/objects", "/v1/objects/{object}", "/v1/changes", "/v1/duplicates", "/v1/duplicates/{id}")
        of_work = path.startswith(("/v1/operations", "/v1/record-merges", "/v1/exports"))
        if "get" not in methods or of_records or of_work or path in OPEN or path in obeying:
            continue
        place = re.sub(r"{[^}]*}", UNKNOWN, path)
        # What answers without a key tells nothing of a tenant.
        if requests.get(base + place, timeout=60, stream=True).status_code == 401:
            assert caller.api("GET", place).json().get("code") in ("insufficient_scope", "role_not_obeyed"), path
    assert caller.api("GET", "/v1/roles").json()["code"] == "insufficient_scope"
    assert caller.api("GET", f"/v1/leads/{UNKNOWN}/submissions").json()["code"] == "role_not_obeyed"
    reader = world.caller(world.roles["read only"], "rep")
    assert reader.api("POST", "/v1/duplicates:find", {}).json()["code"] in ("forbidden", "insufficient_scope")
    user = world.users["rep"]["id"]
    give = ("PATCH", f"/v1/users/{user}", {"role_ids": [world.roles["read only"]["id"]]})
    clerk = world.caller(world.role("clerk", {"*": {"read": "all", "edit": "all"}, "role": {"edit": "none"}}), "rep")
    assert clerk.api(*give).json()["code"] == "forbidden"
    assert caller.api(*give).json()["role_ids"] == [world.roles["read only"]["id"]]
    assert world.tenant.api("PATCH", f"/v1/users/{user}", {"role_ids": []}).status_code == 200


def test_roles_are_made_changed_and_deleted(world: World) -> None:
    tenant, server = world.tenant, world.tenant.server
    made = server.cli(
        "role", "create", "--name", "auditor", "--grant", "*.read=all", "--field", "contact.email=none", "--tenant", tenant.slug)
    assert made["grants"] == {"*": {"read": "all"}} and made["fields"] == {"contact": {"email": "none"}}
    changed = server.cli("role", "update", "auditor", "--grant", "lead.read=none", "--tenant", tenant.slug)
    assert changed["grants"] == {"*": {"read": "all"}, "lead": {"read": "none"}} and changed["version"] == 2
    wrong = tenant.post("/v1/roles", {
        "name": "x", "grants": {"contact": {"fly": "all", "read": "some"}, "comet": {}},
        "fields": {"account": {"name": "none", "wings": "read"}}})
    assert {error["pointer"] for error in wrong.json()["errors"]} == {
        "/grants/contact/fly", "/grants/contact/read", "/grants/comet", "/fields/account/name", "/fields/account/wings"}
    assert tenant.post("/v1/roles", {"name": "auditor", "grants": {}}).status_code == 409
    stale = tenant.api("PATCH", f"/v1/roles/{made['id']}", {"description": "x"}, headers={"If-Match": '"v1"'})
    assert stale.status_code == 412
    out = world.users["out"]["id"]
    assert tenant.api("PATCH", f"/v1/users/{out}", {"role_ids": [made["id"]]}).json()["role_ids"] == [made["id"]]
    assert ids(tenant.post("/v1/users/search", {"where": {"field": "role_ids", "op": "contains", "value": made["id"]}})) == [out]
    used = tenant.api("DELETE", f"/v1/roles/{made['id']}")
    assert (used.status_code, used.json()["references"]) == (409, {"users": 1})
    unknown = tenant.api("PATCH", f"/v1/users/{out}", {"role_ids": [UNKNOWN]})
    assert unknown.json()["errors"][0]["pointer"] == "/role_ids"
    tenant.api("PATCH", f"/v1/users/{out}", {"role_ids": []})
    key = server.cli("key", "create", "--kind", "restricted", "--role", "auditor", "--tenant", tenant.slug)
    assert key["scopes"] == ["crm:read", "crm:write"] and key["role_id"] == made["id"]
    with pytest.raises(CommandFailed) as failure:
        server.cli("role", "delete", "auditor", "--tenant", tenant.slug)
    assert failure.value.code == 6
    with pytest.raises(CommandFailed):
        server.cli("key", "create", "--kind", "restricted", "--role", "auditor", "--scopes", "profiles:read", "--tenant", tenant.slug)
    server.cli("key", "revoke", key["id"], "--tenant", tenant.slug)
    assert tenant.api("DELETE", f"/v1/roles/{made['id']}").status_code == 204
    assert tenant.get(f"/v1/roles/{made['id']}").status_code == 404


def test_who_may_edit_users_and_not_roles_gets_no_other_rights(world: World) -> None:
    """The address is what an identity provider lets in by; teams and managers are what a role reaches."""
    tenant, everything = world.tenant, {"*": {"read": "all", "edit": "all", "create": "all", "delete": "all"}}
    role = world.role("keeps the users", {**everything, "role": {"edit": "none"}})
    clerk, lord = world.caller(role, "out"), world.caller(world.role("keeps the roles", everything), "out")
    administrator = world.make(
        "users", name="chief", email="chief@rights.example", external_id="chief", role_ids=[world.roles["administrator"]["id"]])
    plain = world.make("users", name="plain", email="plain@rights.example")
    own, team = world.users["out"], world.make("teams", name="Elsewhere")["id"]
    gone = world.make("users", name="gone", email="gone@rights.example", active=False)
    north = world.users["rep"]["team_id"]

    def tries(caller: Caller, status: int) -> None:
        for path, body in [
                (f"users/{administrator['id']}", {"email": "mine@evil.example"}),
                ("users/by/external_id/chief", {"email": "mine@evil.example"}),
                (f"users/{administrator['id']}", {"email": None}), (f"users/{own['id']}", {"team_id": north}),
                (f"users/{plain['id']}", {"manager_id": own["id"]}), (f"users/{administrator['id']}", {"team_id": own["team_id"]}),
                (f"users/{gone['id']}", {"active": True}), (f"teams/{north}", {"parent_id": team})]:
            answer = caller.api("PUT" if "/by/" in path else "PATCH", f"/v1/{path}", body)
            assert answer.status_code == status, (path, body, answer.text)
            if status == 403:
                assert answer.json()["code"] == "forbidden" and "edit role" in answer.json()["message"], answer.text
        listed = caller.api("POST", "/v1/users:batch", {"items": [
            {"op": "update", "id": administrator["id"], "data": {"email": "batch@evil.example"}}]}).json()["results"][0]
        assert listed["status"] == (403 if status == 403 else 200), listed

    tries(clerk, 403)
    unchanged = tenant.get(f"/v1/users/{administrator['id']}").json()
    assert (unchanged["email"], unchanged["version"]) == ("chief@rights.example", administrator["version"])
    # The rest of a user is theirs to keep: names, new users, the address of one without roles, their own; who leaves.
    for path, body in [
            (f"users/{administrator['id']}", {"name": "Chief", "email": "chief@rights.example"}),
            (f"users/{plain['id']}", {"email": "p@rights.example"}), (f"users/{own['id']}", {"email": "out2@rights.example"}),
            (f"users/{plain['id']}", {"active": False, "manager_id": None, "team_id": None})]:
        answer = clerk.api("PATCH", f"/v1/{path}", body)
        assert answer.status_code == 200, (path, body, answer.text)
    made = clerk.api("POST", "/v1/users", {"name": "new", "email": "new@rights.example", "team_id": team})
    assert made.status_code == 201, made.text
    tries(lord, 200)
    for path, body in [
            (f"users/{own['id']}", {"email": own["email"], "team_id": own["team_id"]}), (f"teams/{north}", {"parent_id": None}),
            (f"users/{administrator['id']}", {"role_ids": [], "email": "chief@rights.example"})]:
        answer = tenant.api("PATCH", f"/v1/{path}", body)
        assert answer.status_code == 200 or "administrator" in answer.text, answer.text
