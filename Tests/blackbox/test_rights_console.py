"""The console obeys roles: each page against the plain filter of `rights.Model`, whatever the role, the user and the record."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

from console import Browser, Page
from server import CommandFailed, Server, code_schema
from test_rights import OBJECTS, TITLE, World, some_roles

pytestmark = pytest.mark.quick
Json = dict[str, Any]
FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
# Pages and what they ask: any of these objects to be read, or a part of Tandem.
PAGES: dict[str, tuple[str, ...]] = {
    "today": ("activity", "lead", "opportunity"), "today?owner=everyone": ("activity", "lead", "opportunity"),
    "tasks": ("activity",), "tasks?due=overdue&owner=nobody": ("activity",), "today/leads": ("lead",),
    "today/opportunities": ("opportunity",), "accounts": ("account",), "contacts": ("contact",), "leads": ("lead",),
    "opportunities": ("opportunity",), "board": ("opportunity",), "tickets": ("ticket",), "forms": ("form",), "users": ("user",),
    "roles": ("role:read",), "people": ("profile:read",), "merges": ("profile:read",), "reviews": ("profile:read",),
    "events": ("profile:read",), "quarantine": ("profile:read",), "sources": ("setting:read",), "plans": ("setting:read",),
    "retention": ("setting:read",), "rules": ("setting:read",), "imports": ("setting:read",),
    "fields": ("setting:edit",), "send": ("setting:edit",), "replay": ("setting:edit",), "roles/new": ("role:edit",),
    "exports": ("account:export", "contact:export", "lead:export", "opportunity:export", "ticket:export"),
    "operations": (), "search?q=zebra": (), "bin": ("*:delete",),
}


class Visitor:
    """A user in the console, with one role."""

    def __init__(self, world: World, user: str):
        self.world, self.user = world, world.users[user]
        self.browser = Browser(world.tenant.server)
        self.role: Json = {}
        self.base = f"/console/{world.tenant.slug}"

    def takes(self, *roles: Json) -> "Visitor":
        answer = self.world.tenant.api("PATCH", f"/v1/users/{self.user['id']}", {"role_ids": [role["id"] for role in roles]})
        assert answer.status_code == 200, answer.text
        self.role = roles[0] if roles else {"name": "none", "grants": {}}
        if not self.browser.session.cookies:
            self.browser.sign_in("--tenant", self.world.tenant.slug, "--user", self.user["id"])
        return self

    def get(self, path: str) -> Page:
        return self.browser.get(f"{self.base}/{path}", allow_redirects=False)

    def reads(self, object: str, record: Json) -> bool:
        return self.world.model.reads(self.role, self.user, object, record)

    def may(self, object: str, action: str, record: Json) -> bool:
        return self.world.model.may(self.role, self.user, object, action, record["owner_id"])

    def sees(self, *needs: str) -> bool:
        model = self.world.model
        return not needs or any(
            any(model.level(self.role, object, "delete") != "none" for object in [*OBJECTS, "*"]) if need == "*:delete" else
            model.level(self.role, need.split(":")[0], "export") != "none" if need.endswith(":export") else
            model.area(self.role, *need.split(":")) if ":" in need else model.level(self.role, need, "read") != "none" for need in needs)

    def __str__(self) -> str:
        return f"{self.role['name']} of {self.user['name']}"


@pytest.fixture(scope="module")
def world(tandem: Server) -> World:
    world = World(tandem.tenant("rights-console"), tandem.cli("key", "create", "--kind", "admin")["key"])
    # So that nobody of the others is the last administrator.
    boss = world.make("users", name="boss", email="boss@rights.example", role_ids=[world.roles["administrator"]["id"]])
    world.users["boss"] = boss
    world.add("activity", "task-out", world.users["out"]["id"], type="task", status="planned", due_date="2026-01-08")
    return world


def status(page: Page) -> int:
    return page.response.status_code


def named(page: Page) -> set[str]:
    return {name.removeprefix("zebra ") for name in re.findall(r"zebra [a-z]+-[a-z]+(?:-[a-z]+)?", page.html)}


def linked(page: Page, plural: str) -> set[str]:
    return {match for link in page.links for match in re.findall(rf"/{plural}/([a-z]+_[0-9A-Z]+)$", link)}


def differences(visitor: Visitor, whole: bool = FULL) -> Iterator[str]:
    """Where a page differs from the model."""
    records = visitor.world.records
    readable = {kind: [one for one in all if visitor.reads(kind, one)] for kind, all in records.items()}
    names = {one["external_id"] for all in readable.values() for one in all}
    pages: list[tuple[str, Page]] = []
    for path, needs in PAGES.items():
        page = visitor.get(path)
        wanted = 200 if visitor.sees(*needs) else 403
        if status(page) != wanted:
            yield f"{visitor}: {path} is {status(page)}, not {wanted}"
        pages.append((path, page))
    shown = dict(pages)
    for path, kind in [("accounts", "account"), ("contacts", "contact"), ("leads", "lead"), ("opportunities", "opportunity"),
                       ("search?q=zebra", "account"), ("search?q=zebra", "contact"), ("search?q=zebra", "opportunity")]:
        if status(shown[path]) == 200:
            got, wanted_ids = linked(shown[path], OBJECTS[kind]), {one["id"] for one in readable[kind]}
            # A search answers the first few of each object.
            if got != wanted_ids and (not path.startswith("search") or len(wanted_ids) <= 10 or got - wanted_ids):
                yield f"{visitor}: {path} lists {kind} {got ^ wanted_ids} wrongly"
    for kind in ("account", "contact", "lead", "opportunity"):
        for one in records[kind]:
            if not whole and sum(one["id"].encode()) % 3:
                continue
            page = visitor.get(f"{OBJECTS[kind]}/{one['id']}")
            wanted = 403 if visitor.world.model.level(visitor.role, kind, "read") == "none" else 200 if one in readable[kind] else 404
            if status(page) != wanted:
                yield f"{visitor}: {one['external_id']} is {status(page)}, not {wanted}"
            may_edit = wanted == 200 and visitor.may(kind, "edit", one)
            if any(link.endswith(f"{one['id']}/edit") for link in page.links) != may_edit:
                yield f"{visitor}: editing {one['external_id']} is offered wrongly: {may_edit}"
            form = visitor.get(f"{OBJECTS[kind]}/{one['id']}/edit")
            pages += [(one["external_id"], page), (f"form of {one['external_id']}", form)]
            if wanted == 200 and not may_edit:
                csrf = page.form("/sign-out").fields["csrf"]
                forged = visitor.browser.post(
                    f"{visitor.base}/{OBJECTS[kind]}/{one['id']}/edit", {"csrf": csrf, TITLE[kind]: "stolen"}, allow_redirects=False)
                if status(forged) != 403:
                    yield f"{visitor}: a forged change of {one['external_id']} is {status(forged)}"
    for path, page in pages:
        strange = {name for name in named(page) if name not in names}
        if strange:
            yield f"{visitor}: {path} tells of {strange}"


def test_every_page_agrees_with_a_plain_filter(world: World) -> None:
    shipped = [world.roles[name] for name in ("administrator", "sales manager", "sales rep", "read only")]
    if FULL:
        cases = list(itertools.product(shipped + some_roles(world, 6), ["head", "rep", "inner", "far"]))
    else:
        cases = [(shipped[2], "rep"), (shipped[1], "head"), (some_roles(world, 1)[0], "rep"), (shipped[0], "far")]
    visitors = {name: Visitor(world, name) for name in ("head", "rep", "inner", "far")}
    wrong = [line for role, user in cases for line in differences(visitors[user].takes(role))]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("function, whole, broken", [
    ("find_contacts", "record_condition('contact', 'read', 'x')", "'true'"),
    ("find_opportunities", "record_condition('opportunity', 'read', 'x')", "'true'"),
    ("planned_activities", "record_condition('activity', 'read', 'a')", "'true'"),
], ids=lambda value: value[:24])
def test_a_page_without_its_predicate_is_noticed(world: World, function: str, whole: str, broken: str) -> None:
    server = world.tenant.server
    ((text,),) = server.sql(
        "select pg_get_functiondef(oid) from pg_proc where proname = %s and pronamespace = %s::regnamespace", [function, code_schema()])
    assert whole in text
    rep = Visitor(world, "rep").takes(world.roles["sales rep"])
    try:
        server.sql(text.replace(whole, broken))
        assert next(differences(rep, whole=True), None), "nothing noticed"
    finally:
        server.sql(text)


def test_the_navigation_has_what_may_be_used_and_the_rest_says_who_helps(world: World) -> None:
    rep = Visitor(world, "rep").takes(world.roles["sales rep"])
    home = rep.browser.get(f"{rep.base}")
    # Whoever may not see people begins with the day.
    assert home.response.url.endswith("/today")
    for place, is_there in {"today": True, "leads": True, "people": False, "events": False, "sources": False, "roles": False}.items():
        assert (f"{rep.base}/{place}" in home.links) == is_there, place
    # Each area begins with a page that the rep may see.
    areas = [link for link in home.links if re.fullmatch(f"{rep.base}(/[a-z]+)?", link)]
    assert len(areas) > 6 and [link for link in areas if status(rep.browser.get(link)) != 200] == []
    refused = rep.get("people")
    assert status(refused) == 403 and "do not allow to read people" in refused.text and "boss" in refused.text
    assert not [link for link in rep.get("search?q=zebra").links if "/people" in link]
    nobody = rep.takes()
    page = nobody.browser.get(nobody.base)
    assert status(page) == 403 and "no role" in page.text and "boss" in page.text
    assert status(nobody.get("leads")) == 403
    rep.takes(world.roles["sales rep"])


def test_buttons_and_forms_are_those_of_the_role(world: World) -> None:
    reader = Visitor(world, "inner").takes(world.roles["read only"])
    for path in ("leads", "accounts", "contacts", "opportunities", "board", "today"):
        page = reader.get(path)
        assert not [link for link in page.links if link.endswith("/new")], path
        assert [form.action for form in page.forms if form.method == "post"] == ["/console/sign-out"], path
    lead = world.records["lead"][0]["id"]
    page = reader.get(f"leads/{lead}")
    assert [form.action for form in page.forms if form.method == "post"] == ["/console/sign-out"]
    csrf = page.form("/sign-out").fields["csrf"]
    for path, fields in {
        f"leads/{lead}/convert": {"account": "new", "contact": "new"}, "leads/assign": {"lead": lead, "do": "disqualify"},
        f"leads/{lead}/log": {"type": "note", "body": "x"}, "leads/new": {"last_name": "x"}, "roles/new": {"name": "x"},
        f"users/{world.users['inner']['id']}/roles": {"role": world.roles["administrator"]["id"]},
        "fields/leads/add": {"name": "cf_x", "type": "text"}, "send": {},
    }.items():
        assert status(reader.browser.post(f"{reader.base}/{path}", {"csrf": csrf, **fields}, allow_redirects=False)) == 403, path
    assert world.tenant.get(f"/v1/leads/{lead}").json()["status"] == "new"


def test_what_nobody_owns_is_taken(world: World) -> None:
    made = [world.make("leads", last_name=f"Free {number}", email=f"free-{number}@rights.example") for number in range(4)]
    rep, peer = [Visitor(world, name).takes(world.roles["sales rep"]) for name in ("rep", "peer")]
    inbox = rep.get("leads?owner=nobody")
    form = inbox.form("/leads/assign")
    assert all(f"Free {number}" in inbox.text for number in range(4)) and "Disqualify" not in inbox.text and "Assign to" not in inbox.text
    stale = peer.get("leads?owner=nobody").form("/leads/assign")

    def post(visitor: Visitor, form: Any, *fields: tuple[str, str]) -> Page:
        return visitor.browser.post(form.action, [("csrf", form.fields["csrf"]), ("back", form.fields["back"]), *fields])

    def owners() -> list[str | None]:
        return [world.tenant.get(f"/v1/leads/{one['id']}").json()["owner_id"] for one in made]

    # One by its own button, whatever is ticked; then several.
    one = post(rep, form, ("lead", made[3]["id"]), ("take", made[0]["id"]))
    assert "It is yours now." in one.text and owners() == [rep.user["id"], None, None, None]
    post(rep, form, ("lead", made[1]["id"]), ("lead", made[2]["id"]), ("do", "take"))
    assert owners() == [*[rep.user["id"]] * 3, None]
    # Who comes second takes nothing, and none of the others either.
    late = post(peer, stale, ("lead", made[3]["id"]), ("lead", made[0]["id"]), ("do", "take"))
    assert status(late) == 409 and "Somebody else has taken it" in late.text and owners()[3] is None
    page = peer.get(f"leads/{made[3]['id']}")
    assert not [link for link in page.links if link.endswith("/edit")] and "Convert" not in page.text
    own = peer.browser.submit(page.form("/own"))
    assert "It is yours now." in own.text and owners()[3] == peer.user["id"]
    assert [link for link in own.links if link.endswith("/edit")] and not [form for form in own.forms if form.action.endswith("/own")]
    for plural in ("contacts", "accounts", "opportunities"):
        which = world.make(plural, **({"last_name": "Free one"} if plural == "contacts" else {"name": f"Free {plural}"}))["id"]
        assert "It is yours now." in peer.browser.submit(peer.get(f"{plural}/{which}").form("/own")).text
        assert world.tenant.get(f"/v1/{plural}/{which}").json()["owner_id"] == peer.user["id"]
    operator = Browser(world.tenant.server).sign_in("--tenant", world.tenant.slug)
    free = world.make("leads", last_name="Free five")["id"]
    csrf = operator.get(f"{rep.base}/leads").form("/sign-out").fields["csrf"]
    refused = operator.post(f"{rep.base}/leads/{free}/own", {"csrf": csrf})
    assert status(refused) == 403 and "Operators own no records" in refused.text
    for one in [*made, {"id": free}]:
        world.tenant.api("DELETE", f"/v1/leads/{one['id']}")


def test_hidden_fields_are_nowhere(world: World) -> None:
    hidden = {
        "contact": {"email": "none"}, "lead": {"email": "none", "company": "none", "owner_id": "none"}, "opportunity": {"amount": "none"},
        "account": {"domain": "none", "phone": "read"}, "activity": {"body": "none"}, "user": {"email": "none"}}
    role = world.role("veiled", {"*": {"read": "all", "edit": "all", "create": "all", "merge": "all"}, "profile": {"read": "none"}}, hidden)
    tenant = world.tenant
    account = world.make("accounts", name="Veil Works", domain="secret-domain.example", phone="+49 30 111111")
    contact = world.make(
        "contacts", last_name="Veilbuyer", email="secret-buyer@veil.example", accounts=[{"account_id": account["id"]}])
    lead = world.make("leads", last_name="Veillead", company="Secret Company", email="secret-lead@veil.example",
                      owner_id=world.users["peer"]["id"])
    deal = world.make("opportunities", name="Veil deal", account_id=account["id"], amount="98765.00", currency="EUR",
                      contacts=[{"contact_id": contact["id"]}])
    assert tenant.api("PATCH", f"/v1/opportunities/{deal['id']}", {"amount": "98766.00"}).status_code == 200
    world.make("activities", type="note", body="secret-words", subject="Veil note", links=[
        {"object": kind, "record_id": one["id"]}
        for kind, one in [("account", account), ("contact", contact), ("lead", lead), ("opportunity", deal)]])
    # Pairs that may be one, compared and merged.
    twins = {
        "accounts": [account["id"], world.make("accounts", name="Veil Works", domain="www2.secret-domain.example")["id"]],
        "leads": [lead["id"], world.make(
            "leads", last_name="Veillead", company="Secret Company", email="secret-lead@twin-veil.example", external_id="twin")["id"]],
        "contacts": [contact["id"], world.make("contacts", last_name="Veilbuyer", phone="+49 30 4444444")["id"]]}
    gone = [world.make("accounts", name="Veil Works Old", domain=f"{name}secret-domain.example")["id"] for name in ("", "old-")]
    merged = tenant.post(f"/v1/accounts/{gone[0]}:merge", {"losers": gone[1:], "choose": {"domain": gone[1]}}).json()["id"]
    apart = [world.make("leads", last_name="Veilgone", company="Secret Company", email=f"secret-lead@{name}veil.example")["id"]
             for name in ("a-", "b-")]
    merges = [merged, tenant.post(f"/v1/leads/{apart[0]}:merge", {"losers": apart[1:]}).json()["id"]]
    assert tenant.post("/v1/duplicates:find", {}).status_code == 200
    visitor = Visitor(world, "far").takes(role)
    paths = [
        "duplicates", *(f"record-merges/{merge}" for merge in merges), f"accounts/{gone[0]}", f"leads/{apart[0]}",
        *(f"compare/{plural}?" + "&".join(f"record={one}" for one in pair) for plural, pair in twins.items()),
        "accounts", "accounts?q=veil", "accounts?q=secret-domain", "contacts", "contacts?q=secret-buyer", "leads", "opportunities", "board",
        "today", "search?q=veil", "search?q=secret-buyer", "users",
        *(f"{plural}/{one['id']}{part}" for plural, one in [
            ("accounts", account), ("contacts", contact), ("leads", lead), ("opportunities", deal)] for part in ("", "/edit"))]
    for path in paths:
        page = visitor.get(path)
        assert status(page) == 200, (path, page.text[:300])
        shown = page.html.replace('value="secret-', "").replace(path.split("=")[-1], "")
        assert path != "duplicates" or "Veil Works" in shown
        for secret in ("secret-buyer@", "Secret Company", "secret-lead@", "98765", "98,765", "98766", "98,766", "secret-domain.example",
                       "secret-words", "@rights.example"):
            assert secret not in shown.replace("far@rights.example", ""), (path, secret)
    # What is hidden is no way to look for records.
    assert "Veil Works" not in visitor.get("accounts?q=secret-domain").text
    assert "Veilbuyer" not in visitor.get("contacts?q=secret-buyer").text
    form = visitor.get(f"accounts/{account['id']}/edit").form("/edit")
    assert "domain" not in form.fields and "phone" not in form.fields and "name" in form.fields
    # A field that may only be read is not written by a forged form.
    visitor.browser.submit(form, phone="+49 30 222222", domain="stolen.example", name="Veil Works 2")
    now = tenant.get(f"/v1/accounts/{account['id']}").json()
    assert (now["phone"], now["domain"], now["name"]) == (account["phone"], account["domain"], "Veil Works 2")
    # What the role does not see stays when a form is saved.
    form = visitor.get(f"contacts/{contact['id']}/edit").form("/edit")
    assert "email" not in form.fields
    assert status(visitor.browser.submit(form, title="Chief")) == 200
    assert tenant.get(f"/v1/contacts/{contact['id']}").json()["email"] == "secret-buyer@veil.example"


def test_a_user_of_another_tenant_sees_nothing(world: World) -> None:
    other = world.tenant.server.tenant("rights-elsewhere")
    made = other.post("/v1/users", {"name": "Other", "email": "rep@rights.example"}).json()
    browser = Browser(world.tenant.server).sign_in("--tenant", other.slug, "--user", made["id"])
    for path in [*PAGES, f"leads/{world.records['lead'][0]['id']}", "roles"]:
        assert status(browser.get(f"/console/{world.tenant.slug}/{path}")) == 404, path
    # Its first user is its administrator; an id of the other tenant is nobody's there.
    role = world.roles["read only"]["id"]
    assert status(browser.get(f"/console/{other.slug}/roles/{role}")) == 404
    csrf = browser.get(f"/console/{other.slug}/roles").form("/sign-out").fields["csrf"]
    for path in (f"roles/{role}", f"roles/{role}/delete", f"users/{world.users['rep']['id']}/roles"):
        assert status(browser.post(f"/console/{other.slug}/{path}", {"csrf": csrf, "name": "x"})) in (404, 422), path
    assert world.tenant.get(f"/v1/roles/{role}").json()["name"] == "read only"


def test_roles_are_made_given_and_taken_in_the_console(world: World) -> None:
    tenant = world.tenant
    boss = Visitor(world, "boss").takes(world.roles["administrator"])
    form = boss.get("roles/new").form("/roles/new")
    fields = {"name": "night shift", "description": "Calls at night.", "g.*.read": "team", "g.lead.edit": "own", "g.profile.read": "all",
              "add.1.field": "contact.phone", "add.1.access": "read"}
    made = boss.browser.submit(form, **fields)
    assert status(made) == 200 and "night shift" in made.text, made.text
    role = next(one for one in tenant.get("/v1/roles").json()["items"] if one["name"] == "night shift")
    assert role["grants"] == {"*": {"read": "team"}, "lead": {"edit": "own"}, "profile": {"read": "all"}}
    assert role["fields"] == {"contact": {"phone": "read"}}
    wrong = boss.browser.submit(form, name="night shift")
    assert status(wrong) == 422 and "Another role has this name" in wrong.text
    wrong = boss.browser.submit(form, name="x", **{"add.1.field": "contact.wings"})
    assert status(wrong) == 422 and "is not a field of contact" in wrong.text
    page = boss.get(f"roles/{role['id']}")
    changed = boss.browser.submit(page.form(f"/roles/{role['id']}"), **{"g.lead.edit": "team", "f.contact.phone": "edit"})
    assert "Saved" in changed.text
    now = tenant.get(f"/v1/roles/{role['id']}").json()
    assert (now["grants"]["lead"], now["fields"], now["version"]) == ({"edit": "team"}, {}, 2)
    peer = world.users["peer"]["id"]
    given = boss.browser.post(
        f"{boss.base}/users/{peer}/roles", {"csrf": page.form("/sign-out").fields["csrf"], "role": role["id"]})
    assert "The roles are given" in given.text and "night shift" in given.text
    assert tenant.get(f"/v1/users/{peer}").json()["role_ids"] == [role["id"]]
    page = boss.get(f"roles/{role['id']}")
    assert "peer" in page.text and not [form for form in page.forms if form.action.endswith("/delete")]
    csrf = page.form("/sign-out").fields["csrf"]
    used = boss.browser.post(f"{boss.base}/roles/{role['id']}/delete", {"csrf": csrf})
    assert status(used) == 422 and "Take it from them first" in used.text
    boss.browser.post(f"{boss.base}/users/{peer}/roles", {"csrf": csrf})
    gone = boss.browser.submit(boss.get(f"roles/{role['id']}").form("/delete"))
    assert "The role is deleted" in gone.text and tenant.get(f"/v1/roles/{role['id']}").status_code == 404


def test_the_last_administrator_stays(tandem: Server) -> None:
    tenant = tandem.tenant("rights-last")
    first = tenant.post("/v1/users", {"name": "First", "email": "first@last.example"}).json()
    second = tenant.post("/v1/users", {"name": "Second", "email": "second@last.example"}).json()
    invited = tandem.cli("user", "invite", first["id"], "--tenant", tenant.slug)
    assert invited["roles"] == ["administrator"]
    # The second one gets nothing by itself.
    assert tandem.cli("user", "invite", second["id"], "--tenant", tenant.slug)["roles"] == []
    role = tenant.get(f"/v1/users/{first['id']}").json()["role_ids"][0]
    for answer in (
        tenant.api("PATCH", f"/v1/users/{first['id']}", {"role_ids": []}),
        tenant.api("PATCH", f"/v1/users/{first['id']}", {"active": False}),
        tenant.api("DELETE", f"/v1/users/{first['id']}"), tenant.api("PATCH", f"/v1/roles/{role}", {"grants": {"*": {"read": "all"}}}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict"), answer.text
        assert "administrator" in answer.json()["message"], answer.text
    for command in (["user", "delete", first["id"]], ["user", "update", first["id"], "--set", "active=false"],
                    ["role", "update", "administrator", "--grant", "role.edit=none"]):
        with pytest.raises(CommandFailed, match="administrator") as failure:
            tandem.cli(*command, "--tenant", tenant.slug)
        assert failure.value.code == 6
    browser = Browser(tandem).sign_in("--tenant", tenant.slug, "--user", first["id"])
    csrf = browser.get(f"/console/{tenant.slug}/users").form("/sign-out").fields["csrf"]
    refused = browser.post(f"/console/{tenant.slug}/users/{first['id']}/roles", {"csrf": csrf})
    assert status(refused) == 409 and "last administrator" in refused.text
    # With another one it is possible.
    assert tandem.cli("user", "invite", second["id"], "--role", "administrator", "--tenant", tenant.slug)["roles"] == ["administrator"]
    assert tenant.api("PATCH", f"/v1/users/{first['id']}", {"active": False}).status_code == 200
    last = tenant.api("PATCH", f"/v1/users/{second['id']}", {"active": False})
    assert last.status_code == 409
