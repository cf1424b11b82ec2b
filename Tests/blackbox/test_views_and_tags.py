"""Saved lists that are one's own stay so for keys with a role; tags get new names in all records at once."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import requests

from server import CommandFailed, Server, Tenant

_numbers = itertools.count(1)


class Person:
    """A user, and a key in their place."""

    def __init__(self, tenant: Tenant, role: str):
        self.email = f"person-{next(_numbers)}@acme.example"
        made = tenant.post("/v1/users", {"name": self.email, "email": self.email})
        assert made.status_code == 201, made.text
        self.id = made.json()["id"]
        key = tenant.server.cli("key", "create", "--kind", "restricted", "--role", role, "--user", self.email, "--tenant", tenant.slug)
        self.key = Tenant(tenant.slug, tenant.id, tenant.schema, "", key["key"], tenant.server)

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self.key.api(method, path, body)

    def names(self, path: str = "/v1/views") -> set[str]:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return {item["name"] for item in answer.json()["items"]}


def test_a_list_of_ones_own_is_nobody_elses(tenant: Tenant) -> None:
    author, other = Person(tenant, "administrator"), Person(tenant, "administrator")
    assert tenant.post("/v1/accounts", {"name": "Globex"}).status_code == 201
    body = {"object": "account", "filter": {"field": "name", "value": "Globex"}}
    private = author.ask("POST", "/v1/views", {**body, "name": "Mine alone"})
    shared = author.ask("POST", "/v1/views", {**body, "name": "For all", "shared": True})
    assert (private.status_code, shared.status_code) == (201, 201), private.text
    assert private.json()["owner_id"] == author.id
    hidden, seen = private.json()["id"], shared.json()["id"]
    assert author.names() == {"Mine alone", "For all"} and other.names() == {"For all"}
    # By id, in use, in sums, searches, histories, changes; read and written.
    for method, path, data in (
        ("GET", f"/v1/views/{hidden}", None), ("GET", f"/v1/views/{hidden}/history", None),
        ("PATCH", f"/v1/views/{hidden}", {"name": "Theirs"}), ("DELETE", f"/v1/views/{hidden}", None),
    ):
        assert other.ask(method, path, data).status_code == 404, path
    assert other.ask("GET", f"/v1/accounts?view={hidden}").json()["code"] == "unknown_view"
    assert {item["name"] for item in other.ask("GET", f"/v1/accounts?view={seen}").json()["items"]} == {"Globex"}
    assert author.ask("GET", f"/v1/accounts?view={hidden}").status_code == 200
    assert other.ask("POST", "/v1/views:aggregate", {"measures": [{"op": "count"}]}).json() != author.ask(
        "POST", "/v1/views:aggregate", {"measures": [{"op": "count"}]}).json()
    assert "Mine alone" not in other.ask("POST", "/v1/search", {"q": "Mine alone"}).text
    assert "Mine alone" in author.ask("POST", "/v1/search", {"q": "Mine alone"}).text
    changes = other.ask("GET", "/v1/changes?objects=views&limit=1000")
    assert changes.status_code == 200 and "For all" in changes.text and "Mine alone" not in changes.text
    batch = other.ask("POST", "/v1/views:batch", {"items": [{"op": "update", "id": hidden, "data": {"name": "Theirs"}}]})
    assert "not_found" in batch.text and "Theirs" not in tenant.get(f"/v1/views/{hidden}").text
    # Shared from now on, and private again; and in the bin it is its owner's as before.
    assert author.ask("PATCH", f"/v1/views/{hidden}", {"shared": True}).status_code == 200
    assert other.names() == {"Mine alone", "For all"}
    assert author.ask("PATCH", f"/v1/views/{hidden}", {"shared": False}).status_code == 200
    was = author.ask("GET", f"/v1/views/{hidden}").json()["updated_at"]
    assert author.ask("DELETE", f"/v1/views/{hidden}").status_code in (200, 204)
    for path in (f"/v1/views/{hidden}/history", f"/v1/views/{hidden}?as_of={was}"):
        assert other.ask("GET", path).status_code == 404, path
        assert author.ask("GET", path).status_code == 200, path
    assert other.ask("POST", f"/v1/views/{hidden}:restore").status_code == 404
    # A key without a role is an operator's.
    assert {item["name"] for item in tenant.get("/v1/views").json()["items"]} == {"For all"}


def test_a_tag_gets_a_new_name_everywhere(tenant: Tenant) -> None:
    def make(plural: str, tags: list[str], **fields: Any) -> str:
        made = tenant.post(f"/v1/{plural}", {"tags": tags, **fields})
        assert made.status_code == 201, made.text
        return made.json()["id"]

    def tags(plural: str, identifier: str) -> list[str]:
        return tenant.get(f"/v1/{plural}/{identifier}").json()["tags"]

    first = make("accounts", ["a", "vip", "b"], name="Globex")
    both = make("accounts", ["vip", "key account"], name="Initech")
    other = make("accounts", ["VIP", "vip2"], name="Hooli")
    contact = make("contacts", ["vip"], last_name="Buyer", email="buyer@acme.example")
    lead = make("leads", ["vip"], last_name="Lee", company="Hooli")
    since = tenant.get("/v1/changes?after=now").json()["page"]["next"]
    rehearsed = tenant.post("/v1/tags:rename?dry_run=true", {"from": "vip", "to": "key account"})
    assert rehearsed.status_code == 200 and rehearsed.json()["renamed"] == 4, rehearsed.text
    assert tags("accounts", first) == ["a", "vip", "b"]
    done = tenant.post("/v1/tags:rename", {"from": "vip", "to": "key account"}).json()
    assert done["objects"] == {"account": 2, "contact": 1, "lead": 1} and done["failed"] == 0
    assert tags("accounts", first) == ["a", "key account", "b"]
    assert tags("accounts", both) == ["key account"]
    assert tags("accounts", other) == ["VIP", "vip2"]
    assert tags("contacts", contact) == tags("leads", lead) == ["key account"]
    # The history tells of each, and so does the feed.
    entry = tenant.get(f"/v1/accounts/{first}/history").json()["items"][0]
    assert entry["changes"]["tags"] == [["a", "vip", "b"], ["a", "key account", "b"]] and entry["cause"] == "tag.rename"
    fed = tenant.get(f"/v1/changes?after={since}").json()["items"]
    assert {item["id"] for item in fed} == {first, both, contact, lead}
    assert tenant.get(f"/v1/accounts/{first}").json()["version"] == 2
    # Of one object only, by command line; nothing left to do; and what is no rename.
    again = tenant.server.cli("object", "rename-tag", "key account", "vip", "--object", "accounts", "--tenant", tenant.slug)
    assert again["objects"] == {"account": 2}
    assert tags("contacts", contact) == ["key account"]
    assert tenant.post("/v1/tags:rename", {"from": "nothing", "to": "x"}).json()["renamed"] == 0
    for body in ({"from": "vip"}, {"from": "", "to": "x"}, {"from": "x", "to": " x "}, {"from": "x" * 101, "to": "y"}):
        assert tenant.post("/v1/tags:rename", body).status_code == 422, body
    assert tenant.post("/v1/tags:rename", {"from": "x", "to": "y", "object": "unicorns"}).status_code == 400
    with pytest.raises(CommandFailed):
        tenant.server.cli("object", "rename-tag", "vip", "vip", "--tenant", tenant.slug)
    dry = tenant.server.cli("object", "rename-tag", "vip", "z", "--dry-run", "--tenant", tenant.slug)
    assert dry["dry_run"] is True and tags("accounts", first) == ["a", "vip", "b"]


def test_only_keys_without_a_role_rename_tags(tenant: Tenant, tandem: Server) -> None:
    person = Person(tenant, "administrator")
    refused = person.ask("POST", "/v1/tags:rename", {"from": "a", "to": "b"})
    assert (refused.status_code, refused.json()["code"]) == (403, "role_not_obeyed")
