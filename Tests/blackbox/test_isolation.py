"""Every route × method with another tenant's ids: the same answer as for an id that nobody has.

The list of routes is the server's own description. An object that this file has no recipe for is made from its description
(see `objects.Maker`); any other route that needs an id this file does not know of fails the test: say here how to make one."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests

from objects import Maker
from server import Server, Tenant, wait_until

# Routes that answer without a key, or for a write key, which reads nothing of a tenant.
OPEN = {
    "/livez", "/readyz", "/openapi.json", "/tandem.js", "/v1/projects/{writeKey}/settings", "/projects/{writeKey}/settings",
    "/sourceConfig",
}
# Answers that have no end; test_tail.py looks whose events they show.
ENDLESS = {"/v1/events:tail"}
# What differs between two answers to the same question.
VOLATILE = {"request_id", "instance"}
UNKNOWN = "00000000000070008000000000000000"


def unknown(known: str) -> str:
    """An id of the same kind that nobody has."""
    prefix, mark, _ = known.rpartition("_")
    if mark and re.fullmatch(r"[a-z]+", prefix):
        return f"{prefix}_00000000000000000000000001"
    return f"nobody-{uuid.uuid4()}"


class Owner:
    """A tenant with one of everything; `ids` by the place of a capture: (first words of the path, capture)."""

    def __init__(self, tenant: Tenant, mark: str):
        self.tenant = tenant
        self.mark = mark
        # Stands in what the owner alone may read, and in no path that is called.
        self.secret = "word" + uuid.uuid4().hex[:8]
        self.ids: dict[tuple[str, str], str] = {}
        self.make()

    def create(self, plural: str, **body: Any) -> str:
        answer = self.tenant.post(f"/v1/{plural}", {"external_id": f"{self.mark}-{plural}", **body})
        assert answer.status_code == 201, answer.text
        self.ids[(plural, "id")] = answer.json()["id"]
        self.ids[(plural, "value")] = f"{self.mark}-{plural}"
        return answer.json()["id"]

    def make(self) -> None:
        mark, secret = self.mark, self.secret
        team = self.create("teams", name=f"{secret} team")
        user = self.create("users", name=f"{secret} user", email=f"{mark}-user@acme.example", team_id=team)
        account = self.create("accounts", name=f"{secret} account", domain=f"{mark}.example", owner_id=user)
        other = self.tenant.post("/v1/accounts", {"name": f"{secret} other"}).json()["id"]
        contact = self.create(
            "contacts", first_name=secret, email=f"{mark}-a@acme.example", accounts=[{"account_id": account}],
            profile={"type": "user_id", "value": f"{mark}-a"},
        )
        self.tenant.post(
            "/v1/contacts",
            {"email": f"{mark}-b@acme.example", "accounts": [{"account_id": other}], "profile": {"type": "user_id", "value": f"{mark}-b"}},
        )
        self.create("leads", last_name=secret, email=f"{mark}-lead@acme.example", company=f"{secret} lead")
        pipeline = self.create("pipelines", name=f"{secret} pipeline")
        stage = self.create(
            "stages", pipeline_id=pipeline, key="new", name=f"{secret} stage", probability=10, forecast_category="pipeline", status="open"
        )
        product = self.create("products", name=f"{secret} product", sku=f"{mark}-sku")
        self.create("opportunities", name=f"{secret} deal", account_id=account, pipeline_id=pipeline, stage_id=stage)
        self.create("activities", type="call", subject=f"{secret} call", links=[{"object": "contact", "id": contact}])
        assert product
        file = requests.post(
            f"{self.tenant.server.base_url}/v1/accounts/{account}/attachments", params={"file_name": f"{secret}.txt"}, data=secret.encode(),
            headers={"Authorization": f"Bearer {self.tenant.secret_key}", "Content-Type": "text/plain"}, timeout=30)
        assert file.status_code == 201, file.text
        self.ids[("attachments", "id")] = file.json()["id"]
        maker = Maker(self.tenant, secret)
        for object in maker.objects.values():
            if (object["object"], "id") not in self.ids:
                self.create(object["object"], **{**maker.body(object["name"]), "external_id": f"{mark}-{object['object']}"})
        for user_id in ["a", "b", "c", "d"]:
            self.tenant.ingest("identify", {"userId": f"{mark}-{user_id}", "traits": {"mark": secret}})
        self.tenant.ingest("group", {"userId": f"{mark}-a", "groupId": f"{mark}-group", "traits": {"name": f"{secret} group"}})
        self.ids[("profiles", "id")] = self.profile("a")
        self.ids[("profiles", "account")] = f"{mark}-group"
        self.ids[("profiles", "value")] = f"{mark}-a"
        self.ids[("spaces", "space")] = self.tenant.slug
        self.ids[("spaces", "external_id")] = f"user_id:{mark}-a"
        merge = self.tenant.post("/v1/merges", {"winner": self.profile("c"), "loser": self.profile("d"), "ref": f"{mark}-merge"})
        assert merge.status_code == 201, merge.text
        self.ids[("merges", "id")] = merge.json()["id"]
        review = self.tenant.post("/v1/merges", {"winner": self.profile("a"), "loser": self.profile("b"), "ref": f"{mark}-review"})
        assert review.status_code == 202, review.text
        self.ids[("merge-reviews", "id")] = review.json()["id"]
        twins = [self.tenant.post("/v1/accounts", {"name": f"{secret} twins"}).json()["id"] for _ in range(3)]
        assert self.tenant.post("/v1/duplicates:find", {}).json()["found"] == 3
        self.ids[("duplicates", "id")] = self.tenant.get("/v1/duplicates").json()["items"][0]["id"]
        merged = self.tenant.post(f"/v1/accounts/{twins[0]}:merge", {"losers": twins[1:2]})
        assert merged.status_code == 200, merged.text
        self.ids[("record-merges", "id")] = merged.json()["id"]
        asked = self.tenant.post("/v1/privacy/export", {"type": "user_id", "value": f"{mark}-a"})
        assert asked.status_code == 200, asked.text
        self.ids[("privacy", "id")] = asked.json()["id"]
        refused = {"userId": f"{mark}-a", "event": secret, "timestamp": "never", "messageId": f"{mark}-refused"}
        assert self.tenant.ingest("track", refused).status_code == 400
        self.ids[("quarantine", "id")] = self.tenant.get("/v1/quarantine?code=invalid_timestamp").json()["items"][0]["id"]
        sources = self.tenant.server.cli("source", "list", "--tenant", self.tenant.slug)["items"]
        self.ids[("sources", "source")] = sources[0]["id"]
        role = self.tenant.post("/v1/roles", {"name": f"{secret} role", "grants": {"*": {"read": "own"}}})
        assert role.status_code == 201, role.text
        self.ids[("roles", "id")] = role.json()["id"]
        plan = self.tenant.api("PUT", f"/v1/tracking-plans/{mark}-plan", {"events": [], "description": secret})
        assert plan.status_code == 200, plan.text
        self.ids[("tracking-plans", "plan")] = plan.json()["id"]
        self.ids[("tracking-plans", "source")] = sources[0]["id"]
        key = self.tenant.post(f"/v1/sources/{sources[0]['id']}/keys")
        assert key.status_code == 201, key.text
        self.ids[("sources", "key")] = key.json()["id"]
        custom = self.tenant.post("/v1/objects/accounts/fields", {"name": f"cf_n{uuid.uuid4().hex[:8]}", "type": "text", "label": secret})
        assert custom.status_code == 201, custom.text
        self.ids[("objects", "name")] = custom.json()["name"]
        self.ids[("timers", "timer")] = "duplicates"
        order = self.tenant.post("/v1/quarantine:discard", {"state": "rejected", "name": f"{secret}-no"})
        assert order.status_code == 202, order.text
        self.ids[("operations", "id")] = order.json()["id"]
        wait_until(lambda: self.tenant.get(order.headers["Location"]).json()["state"] == "done")
        export = self.tenant.post("/v1/accounts:export", {})
        assert export.status_code == 202, export.text
        self.ids[("exports", "id")] = export.json()["id"]
        wait_until(lambda: self.tenant.get(export.headers["Location"]).json()["state"] == "done")

    def profile(self, name: str) -> str:
        answer = self.tenant.get(f"/v1/profiles/by/user_id/{self.mark}-{name}")
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    def state(self) -> str:
        """All that its own key reads by id."""
        shown = []
        for (plural, capture), value in sorted(self.ids.items()):
            if capture == "id" and plural not in ("merge-reviews", "duplicates"):
                place = "privacy/requests" if plural == "privacy" else plural
                record = self.tenant.get(f"/v1/{place}/{value}").json()
                if plural == "profiles":
                    del record["version"]  # which the promotion of traits raises
                shown.append(record)
        shown += [self.tenant.get(path).json() for path in ("/v1/merge-reviews", "/v1/duplicates")]
        return json.dumps(shown, sort_keys=True)


def place(template: str) -> str:
    return template.split("/")[2].split(":")[0]


def filled(template: str, owner: Owner, foreign: bool) -> str:
    """The path with the owner's ids, or with ones that nobody has."""

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        if name == "field":
            return "external_id"
        if name == "type":
            return "user_id"
        if name == "object":
            return "accounts"
        known = owner.ids.get((place(template), name))
        assert known is not None, f"{template}: say in this file how to make a foreign {{{name}}}"
        return known if foreign else unknown(known)

    return re.sub(r"\{(\w+)\}", fill, template)


def comparable(answer: requests.Response, path: str) -> Any:
    try:
        body = answer.json()
    except ValueError:
        return answer.status_code, answer.text
    text = json.dumps({k: v for k, v in body.items() if k not in VOLATILE} if isinstance(body, dict) else body, sort_keys=True)
    # What the caller sent comes back, and what was made just now has an id and a time of its own.
    text = text.replace(path.rsplit("/", 1)[-1], "…")
    text = re.sub(r"thief-[0-9a-f]{32}", "thief", text)
    text = re.sub(r'"[a-z]+_[0-9A-HJKMNP-TV-Z]{26}"', '"id"', text)
    return answer.status_code, re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "time", text)


@pytest.fixture(scope="module")
def parties(tandem: Server) -> tuple[Owner, Tenant]:
    mark = "iso" + uuid.uuid4().hex[:8]
    return Owner(tandem.tenant("isolation-a"), mark), tandem.tenant("isolation-b")


BODIES: dict[str, Any] = {"patch": {"tags": ["stolen"]}, "put": {}, "post": {}}


def test_another_tenants_ids_are_nobodys(
    parties: tuple[Owner, Tenant], record_property: Callable[[str, object], None], figures: Callable[[str, Any], None]
) -> None:
    owner, thief = parties
    routes = requests.get(owner.tenant.server.base_url + "/openapi.json", timeout=30).json()["paths"]
    before = owner.state()
    called = 0
    for template, methods in routes.items():
        for method, operation in methods.items():
            scope = operation["x-tandem-scope"]
            if scope in ("none", "write"):
                assert scope == "write" or template in OPEN, f"{template}: an open route has to be listed here"
                continue
            assert scope == "secret", f"{method} {template}: {scope} has no place on this listener"
            if template in ENDLESS:
                continue
            answers = []
            for foreign in (True, False):
                path = filled(template, owner, foreign)
                body = BODIES.get(method)
                if method == "put" and template != "/v1/identity/rules":
                    body = {"name": f"thief-{uuid.uuid4().hex}"}
                answer = thief.api(method.upper(), path, body)
                assert owner.secret not in answer.text, f"{method} {path}"
                answers.append(comparable(answer, path))
            if "{" in template and place(template) != "objects":
                assert answers[0] == answers[1], f"{method} {template}"
                if not (method == "put"):
                    assert answers[0][0] in (404, 400, 422, 415), f"{method} {template}: {answers[0]}"
            called += 1
        record_property("path", template)
    assert called > 100
    assert owner.state() == before
    figures("routes called with another tenant's ids", called)


def test_ids_in_bodies_are_nobodys_either(parties: tuple[Owner, Tenant]) -> None:
    owner, thief = parties
    before = owner.state()
    account, profile = owner.ids[("accounts", "id")], owner.ids[("profiles", "id")]

    def same(path: str, body: Any, *keys: str) -> None:
        text = json.dumps(body)
        stranger = text
        for key in keys:
            stranger = stranger.replace(key, unknown(key))
        first, second = thief.post(path, json.loads(text)), thief.post(path, json.loads(stranger))
        assert comparable(first, path) == comparable(second, path), path
        assert first.status_code in (200, 422), first.text
        assert owner.secret not in first.text

    same("/v1/merges", {"winner": profile, "loser": owner.profile("b")}, profile, owner.profile("b"))
    same("/v1/contacts", {"email": "t@acme.example", "accounts": [{"account_id": account}]}, account)
    same("/v1/accounts", {"name": "Child", "parent_id": account}, account)
    same("/v1/accounts/search", {"where": {"field": "id", "op": "eq", "value": account}}, account)
    for op in ("update", "delete", "restore"):
        same("/v1/accounts:batch", {"items": [{"op": op, "id": account, "data": {"name": "X"}}]}, account)
    same("/v1/opportunities:aggregate", {"where": {"field": "account_id", "op": "eq", "value": account}}, account)
    assert owner.state() == before


def test_a_write_key_reads_and_changes_nothing(parties: tuple[Owner, Tenant]) -> None:
    owner, _ = parties
    base = owner.tenant.server.base_url
    routes = requests.get(base + "/openapi.json", timeout=30).json()["paths"]
    for template, methods in routes.items():
        for method, operation in methods.items():
            if operation["x-tandem-scope"] != "secret":
                continue
            path = filled(template, owner, True)
            headers = {"Authorization": f"Bearer {owner.tenant.write_key}"}
            answer = requests.request(method, base + path, json={}, headers=headers, timeout=30)
            assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), f"{method} {path}"
            answer = requests.request(method, base + path, json={}, timeout=30)
            assert (answer.status_code, answer.json()["code"]) == (401, "missing_key"), f"{method} {path}"


def test_a_restricted_key_does_what_it_lists(parties: tuple[Owner, Tenant]) -> None:
    owner, _ = parties
    server = owner.tenant.server
    key = server.cli("key", "create", "--kind", "restricted", "--scopes", "crm:read", "--tenant", owner.tenant.slug)["key"]
    reader = Tenant(owner.tenant.slug, owner.tenant.id, owner.tenant.schema, "", key, server)
    assert reader.get("/v1/accounts").status_code == 200
    assert reader.post("/v1/accounts/search", {}).status_code == 200
    # Who writes records does not open the console to anybody.
    scopes = "crm:read,crm:write,settings:write"
    key = server.cli("key", "create", "--kind", "restricted", "--scopes", scopes, "--tenant", owner.tenant.slug)["key"]
    writer = Tenant(owner.tenant.slug, owner.tenant.id, owner.tenant.schema, "", key, server)
    made = owner.tenant.post("/v1/users", {"name": "Desk", "email": "desk@scopes.example"}).json()["id"]
    assert writer.get(f"/v1/users/{made}").status_code == 200 and writer.post("/v1/users/search", {}).status_code == 200
    assert writer.post("/v1/accounts", {"name": "X"}).status_code == 201
    for answer in [
            writer.post(f"/v1/users/{made}:reset"), writer.post(f"/v1/users/{made}:invite"), writer.post(f"/v1/users/{made}:sign-out"),
            writer.post("/v1/users", {"name": "Y", "email": "y@scopes.example"}), writer.post("/v1/users:batch", {"items": []}),
            writer.api("PATCH", f"/v1/users/{made}", {"email": "z@scopes.example"}), writer.api("DELETE", f"/v1/users/{made}"),
            writer.post("/v1/users:update", {}), writer.post("/v1/roles", {"name": "R"}),
            writer.api("PUT", "/v1/users/by/email/q@scopes.example", {"name": "Q"}),
            writer.api("PUT", "/v1/oidc", {"issuer": "https://id.example", "client_id": "x"})]:
        assert answer.status_code == 403 and answer.json()["code"] == "insufficient_scope", answer.text
        assert "access:write" in answer.json()["message"], answer.text
    for answer in [reader.post("/v1/accounts", {"name": "X"}), reader.get("/v1/profiles"), reader.get("/v1/identity/rules")]:
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
