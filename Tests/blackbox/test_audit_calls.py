"""Every call that changes something leaves an entry: each mutating route of the server's own description is called, each procedure that
writes is looked at, each command is known. What leaves none stands in this file with the reason."""

from __future__ import annotations

import pathlib
import re
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from console import Browser
from objects import Maker
from reference import admin_routes, commands
from server import ROOT, Server, Tenant, wait_until
from test_backup import findings, place, restored  # noqa: F401 (fixtures)

CHANGING = {"post", "put", "patch", "delete"}
READS = "reads: the question is too long for an address"
EVENTS = "takes events, which are kept themselves, with their source and when they came"
#: Mutating methods that leave no entry, by the end of the route, each with its reason.
WITHOUT_ENTRY = {
    "/search": READS, ":aggregate": READS, ":check": READS, "/check": READS, ":simulate": READS, ":try": READS, ":preview": READS,
    "tracking-plans:learn": READS, "oidc:test": "asks the provider; changes nothing here",
    "/v1/m": "counters of an SDK, which are forgotten",
    "/v1/webhooks/{source}": EVENTS,
}
#: Procedures that commands and services call and that write without an entry, each with its reason.
BY_ITSELF = "the server's own bookkeeping: nobody asked for it"
ORDERED = "part of an operation, whose order left the entry"
PROCEDURES = {
    "begin_demo_load": "the demo's own mark", "note_demo_load": "the demo's own mark", "mark_simulated": "the demo's own mark",
    "begin_erasure": "the request itself; finish_privacy_request leaves the entry",
    "lift_suppression_request": "the request itself; finish_privacy_request leaves the entry",
    "erase_person": "finish_privacy_request leaves the entry", "erase_some_events": ORDERED,
    "begin_export": ORDERED, "export_append": ORDERED, "exports_expire": BY_ITSELF,
    "begin_import_cursor": "begin_import leaves the entry", "finish_import": "begin_import leaves the entry",
    "note_archive_lines": "begin_import leaves the entry", "note_import_references": "begin_import leaves the entry",
    "note_import_rows": "begin_import leaves the entry", "stage_import": "begin_import leaves the entry",
    "begin_sign_in": "counts tries; who comes in leaves the entry", "finish_sign_in": "start_session leaves the entry",
    "renew_normal_forms": "of doctor --fix, which leaves the entry (installation.fix)",
    "find_session": "notes when a session was seen last",
    "bulk_note": ORDERED, "quarantine_discard": ORDERED, "quarantine_refuse": ORDERED, "operation_advance": ORDERED,
    "operation_claim": ORDERED, "simulation_note": "answers a question, which it keeps",
    "custom_field_index": "add_custom_field leaves the entry", "fill_promoted": "promote_traits leaves the entry",
    "note_filled": "promote_traits leaves the entry", "promote_traits": "its caller leaves the entry (TraitPromotion)",
    "drop_bi_views": "note_schema_digest leaves the entry", "ensure_event_partitions": BY_ITSELF,
    "grant_bi_columns": "follows the role, whose change left the entry",
    "idempotency_begin": BY_ITSELF, "idempotency_expire": BY_ITSELF, "idempotency_finish": BY_ITSELF,
    "installation_secret": BY_ITSELF, "forget_server": BY_ITSELF, "note_server": BY_ITSELF, "touch_key": BY_ITSELF,
    "forget_attachment_content": BY_ITSELF, "keep_attachment_content": "write_records leaves the entry of the file",
    "empty_tenant": "adopt_saved_tenant leaves the entry", "restore_columns": "adopt_saved_tenant leaves the entry",
    "restore_indexes": "adopt_saved_tenant leaves the entry", "suppression_merge": "finish_privacy_request leaves the entry",
    "quiet_restored": "adopt_saved_tenant and backup.restore leave the entry",
    "plan_violations_add": EVENTS, "tally_rejected": EVENTS, "quarantine_add": EVENTS,
    "dirty_expire": BY_ITSELF, "outbox_expire": BY_ITSELF, "plan_violations_expire": BY_ITSELF, "quarantine_expire": BY_ITSELF,
    "roll_tallies": BY_ITSELF, "rotate_dedupe": BY_ITSELF,
    "settle_history": BY_ITSELF, "step_duplicates": "begin_duplicates leaves the entry of who asked",
    "try_walls": "what it writes is refused, or taken back",
    "use_oidc_state": "note_oidc_sign_in leaves the entry", "use_password_link": "set_password leaves the entry",
}
class Log:
    """What was added to a tenant's audit and to the administrators' since the last look, by who did it."""

    def __init__(self, tenant: Tenant, *actors: str) -> None:
        self.tenant = tenant
        self.actors = actors
        self.seen: set[tuple[str, int, int]] = set()
        self.added()

    def added(self) -> list[str]:
        connection = self.tenant.server.connect()
        try:
            own = f"select 'tenant', chain, seq, actor, action from {self.tenant.internals}.audit order by at, chain, seq"
            rows = connection.execute(own).fetchall()
            rows += connection.execute("select 'control', 0, seq, actor, action from tandem.audit order by seq").fetchall()
        finally:
            connection.close()
        new = [(actor, action) for *place, actor, action in rows if tuple(place) not in self.seen]
        self.seen |= {tuple(place) for *place, _, _ in rows}
        return [action for actor, action in new if not self.actors or actor in self.actors]


class Desk:
    """Something of everything, to call each route with; `bodies` by method and template."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.maker = Maker(tenant)
        self.count = 0

    def mark(self) -> str:
        self.count += 1
        return f"m{uuid.uuid4().hex[:8]}x{self.count}"

    def ok(self, answer: requests.Response) -> Any:
        assert answer.status_code < 300, f"{answer.request.method} {answer.request.url}: {answer.text}"
        return answer.json() if answer.content else None

    def person(self) -> str:
        """A profile's id."""
        name = self.mark()
        assert self.tenant.ingest("identify", {"userId": name, "traits": {"email": f"{name}@people.example"}}).status_code == 200
        return self.ok(self.tenant.get(f"/v1/profiles/by/user_id/{name}"))["id"]

    def known(self) -> str:
        """A person's own identifier."""
        name = self.mark()
        assert self.tenant.ingest("identify", {"userId": name}).status_code == 200
        return name

    def source(self, kind: str = "server") -> str:
        return self.ok(self.tenant.post("/v1/sources", {"name": self.mark(), "kind": kind}))["id"]

    def role(self) -> str:
        return self.ok(self.tenant.post("/v1/roles", {"name": self.mark(), "grants": {"*": {"read": "own"}}}))["id"]

    def plan(self) -> str:
        name = self.mark()
        self.ok(self.tenant.api("PUT", f"/v1/tracking-plans/{name}", {"events": []}))
        return name

    def twins(self) -> str:
        """A pair that may be one."""
        name = self.mark()
        for _ in range(2):
            self.ok(self.tenant.post("/v1/accounts", {"name": f"{name} twins"}))
        self.ok(self.tenant.post("/v1/duplicates:find", {}))
        return self.ok(self.tenant.get("/v1/duplicates"))["items"][0]["id"]

    def merged(self) -> str:
        """A merge of two accounts."""
        winner, loser = (self.maker.create("account")["id"] for _ in range(2))
        return self.ok(self.tenant.post(f"/v1/accounts/{winner}:merge", {"losers": [loser]}))["id"]

    def review(self) -> str:
        """A merge that waits, since its persons are of two accounts."""
        ends = []
        for _ in range(2):
            name = self.mark()
            account = self.ok(self.tenant.post("/v1/accounts", {"name": name}))["id"]
            self.ok(self.tenant.post("/v1/contacts", {
                "last_name": name, "accounts": [{"account_id": account}], "profile": {"type": "user_id", "value": name}}))
            ends.append({"type": "user_id", "value": name})
        answer = self.ok(self.tenant.post("/v1/merges", {"winner": ends[0], "loser": ends[1]}))
        assert answer["state"] == "review", answer
        return answer["id"]

    def member(self) -> tuple[str, str]:
        """A profile and the account that it is of."""
        name = self.mark()
        assert self.tenant.ingest("group", {"userId": name, "groupId": f"{name}-group"}).status_code == 200
        profile = self.ok(self.tenant.get(f"/v1/profiles/by/user_id/{name}"))
        return profile["id"], profile["accounts"][0]["id"]

    def reminded(self) -> str:
        made = self.ok(self.tenant.post("/v1/activities", {"type": "task", "subject": self.mark()}))["id"]
        self.tenant.server.sql(
            "insert into reminder (activity_id, minutes, channel, at, sent_at)"
            " select id, 0, 'console', now(), now() from activities where subject = %s",
            [self.ok(self.tenant.get(f"/v1/activities/{made}"))["subject"]], self.tenant.schema)
        return made

    def converted(self) -> str:
        lead = self.ok(self.tenant.post("/v1/leads", {"last_name": self.mark(), "company": self.mark()}))["id"]
        self.ok(self.tenant.post(f"/v1/leads/{lead}:convert", {}))
        return lead

    def quarantined(self) -> str:
        message = self.mark()
        self.tenant.ingest("track", {"userId": "u", "event": "E", "timestamp": "never", "messageId": message})
        return self.ok(self.tenant.get("/v1/quarantine?code=invalid_timestamp&state=rejected"))["items"][0]["id"]

    def operation(self, plural: str = "products") -> str:
        """One that is done: all records of a word were changed."""
        name = self.mark()
        self.ok(self.tenant.post("/v1/products", {"name": name}))
        order = self.ok(self.tenant.post(f"/v1/{plural}:update", {
            "where": {"field": "name", "op": "eq", "value": name}, "data": {"tags": [name]}, "expect_count": 1}))
        wait_until(lambda: self.tenant.get(f"/v1/operations/{order['id']}").json()["state"] == "done")
        return order["id"]

    def under_way(self) -> str:
        """An operation that no server takes up."""
        made = str(uuid.uuid4())
        self.tenant.server.sql(
            "insert into operation (id, type, state, actor, created_at, lease, leased_until)"
            " values (%s, 'replay', 'running', 'test', now(), gen_random_uuid(), now() + interval '1 hour')", [made], self.tenant.schema)
        return made

    def exported(self) -> str:
        order = self.tenant.post("/v1/products:export", {})
        assert order.status_code == 202, order.text
        wait_until(lambda: self.tenant.get(order.headers["Location"]).json()["state"] == "done")
        return order.json()["id"]

    def field(self, hidden: bool = False) -> str:
        name = f"cf_{self.mark()}"
        self.ok(self.tenant.post("/v1/objects/products/fields", {"name": name, "type": "text", "label": name}))
        if hidden:
            self.ok(self.tenant.api("PATCH", f"/v1/objects/products/fields/{name}", {"hidden": True}))
        return name

    def user(self) -> str:
        return self.ok(self.tenant.post("/v1/users", {"name": self.mark(), "email": f"{self.mark()}@desk.example"}))["id"]


Call = tuple[str, Any]
OIDC = {"issuer": "https://id.example", "client_id": "x", "client_secret": "y" * 20}


def of_object(desk: Desk, plural: str, rest: str, method: str) -> Call | None:
    """A call of a route that each object has; nil for one of its own."""
    name = "attachment" if plural == "attachments" else desk.maker.by_plural(plural)["name"]
    if (method, rest) in (("delete", "/{id}"), ("post", "/{id}:restore"), ("patch", "/{id}")):
        record = file(desk) if plural == "attachments" else desk.maker.create(name)["id"]
        path = f"/v1/{plural}/{record}"
        if rest.endswith(":restore"):
            desk.ok(desk.tenant.api("DELETE", path))
        return path + rest[5:], {"tags": [desk.mark()]} if method == "patch" else None
    def body() -> Any:
        return {field: value for field, value in desk.maker.body(name).items() if field != "external_id"}

    where = {"where": {"field": "external_id", "op": "eq", "value": desk.mark()}, "expect_count": 0}
    return {
        ("post", ""): lambda: (f"/v1/{plural}", desk.maker.body(name)),
        ("put", "/by/{field}/{value}"): lambda: (f"/v1/{plural}/by/external_id/{desk.mark()}", body()),
        ("post", ":batch"): lambda: (f"/v1/{plural}:batch", {"items": [{"op": "create", "data": desk.maker.body(name)}]}),
        ("post", ":update"): lambda: (f"/v1/{plural}:update", {**where, "data": {"tags": ["a"]}}),
        ("post", ":delete"): lambda: (f"/v1/{plural}:delete", where),
        ("post", ":restore"): lambda: (f"/v1/{plural}:restore", where),
        ("post", ":export"): lambda: (f"/v1/{plural}:export", {}),
        ("post", "/{id}:merge"): lambda: (
            f"/v1/{plural}/{desk.maker.create(name)['id']}:merge", {"losers": [desk.maker.create(name)["id"]]}),
    }.get((method, rest), lambda: None)()


def file(desk: Desk) -> str:
    account = desk.maker.create("account")["id"]
    return desk.ok(attach(desk, "accounts", account))["id"]


def attach(desk: Desk, plural: str, record: str) -> requests.Response:
    return requests.post(
        f"{desk.tenant.server.base_url}/v1/{plural}/{record}/attachments", params={"file_name": "a.txt"}, data=desk.mark().encode(),
        headers={"Authorization": f"Bearer {desk.tenant.secret_key}", "Content-Type": "text/plain"}, timeout=30)


#: Routes of their own: what to call, and the action of the entry.
OWN: dict[tuple[str, str], tuple[str, Callable[[Desk], Call]]] = {
    ("post", "/v1/activities/{id}:seen"): ("reminder.seen", lambda d: (f"/v1/activities/{d.reminded()}:seen", {})),
    ("post", "/v1/duplicates:find"): ("duplicate.find", lambda d: ("/v1/duplicates:find", {})),
    ("post", "/v1/duplicates/{id}:dismiss"): ("duplicate.dismissed", lambda d: (f"/v1/duplicates/{d.twins()}:dismiss", {})),
    ("post", "/v1/duplicates/{id}:merge"): ("account.merge", lambda d: (f"/v1/duplicates/{d.twins()}:merge", {})),
    ("post", "/v1/events:export"): ("operation.order", lambda d: ("/v1/events:export", {})),
    ("post", "/v1/events:replay"): ("operation.order", lambda d: ("/v1/events:replay", {})),
    ("delete", "/v1/exports/{id}"): ("export.delete", lambda d: (f"/v1/exports/{d.exported()}", None)),
    ("put", "/v1/identity/rules"): ("identity_rules.write", lambda d: ("/v1/identity/rules", {"max_ids": 400})),
    ("post", "/v1/leads/{id}:convert"): (
        "lead.convert", lambda d: (f"/v1/leads/{d.maker.create('lead', company=d.mark())['id']}:convert", {})),
    ("post", "/v1/leads/{id}:unconvert"): ("lead.unconvert", lambda d: (f"/v1/leads/{d.converted()}:unconvert", {})),
    ("post", "/v1/merge-reviews/{id}:approve"): ("review.decide", lambda d: (f"/v1/merge-reviews/{d.review()}:approve", {})),
    ("post", "/v1/merge-reviews/{id}:reject"): ("review.decide", lambda d: (f"/v1/merge-reviews/{d.review()}:reject", {})),
    ("post", "/v1/merges"): ("merge.apply", lambda d: ("/v1/merges", {"winner": d.person(), "loser": d.person()})),
    ("post", "/v1/merges/{id}:undo"): ("merge.undo", lambda d: (
        "/v1/merges/" + d.ok(d.tenant.post("/v1/merges", {"winner": d.person(), "loser": d.person()}))["id"] + ":undo", None)),
    ("post", "/v1/objects/{object}/fields"): (
        "field.create", lambda d: ("/v1/objects/products/fields", {"name": f"cf_{d.mark()}", "type": "text", "label": "L"})),
    ("patch", "/v1/objects/{object}/fields/{name}"): (
        "field.update", lambda d: (f"/v1/objects/products/fields/{d.field()}", {"label": "M"})),
    ("post", "/v1/objects/{object}/fields/{name}:drop"): (
        "field.drop", lambda d: (f"/v1/objects/products/fields/{d.field(hidden=True)}:drop", {})),
    ("put", "/v1/oidc"): ("oidc.put", lambda d: ("/v1/oidc", OIDC)),
    ("delete", "/v1/oidc"): ("oidc.remove", lambda d: (d.ok(d.tenant.api("PUT", "/v1/oidc", OIDC)) and "/v1/oidc", None)),
    ("post", "/v1/operations/{id}:cancel"): ("operation.cancel", lambda d: (f"/v1/operations/{d.under_way()}:cancel", None)),
    ("post", "/v1/operations/{id}:undo"): ("operation.order", lambda d: (f"/v1/operations/{d.operation()}:undo", None)),
    ("post", "/v1/privacy/erase"): ("privacy.erase", lambda d: ("/v1/privacy/erase", {"type": "user_id", "value": d.mark()})),
    ("post", "/v1/privacy/export"): ("privacy.export", lambda d: ("/v1/privacy/export", {"type": "user_id", "value": d.known()})),
    ("post", "/v1/privacy/suppress"): ("privacy.suppress", lambda d: ("/v1/privacy/suppress", {"type": "user_id", "value": "gone"})),
    ("post", "/v1/privacy/unsuppress"): ("privacy.unsuppress", lambda d: ("/v1/privacy/unsuppress", {"type": "user_id", "value": "gone"})),
    ("delete", "/v1/profiles/{id}/accounts/{account}"): (
        "profile.leave", lambda d: ("/v1/profiles/{}/accounts/{}".format(*d.member()), None)),
    ("put", "/v1/profiles/{id}/consent"): (
        "profile.consent", lambda d: (f"/v1/profiles/{d.person()}/consent", {"categories": {"email": True}})),
    ("post", "/v1/profiles:export"): ("operation.order", lambda d: ("/v1/profiles:export", {})),
    ("post", "/v1/quarantine/{id}:correct"): ("quarantine.correct", lambda d: (
        f"/v1/quarantine/{d.quarantined()}:correct", {"event": {"type": "track", "userId": "u", "event": "E", "messageId": d.mark()}})),
    ("post", "/v1/quarantine:discard"): ("operation.order", lambda d: ("/v1/quarantine:discard", {"state": "rejected", "name": d.mark()})),
    ("post", "/v1/quarantine:reprocess"): (
        "operation.order", lambda d: ("/v1/quarantine:reprocess", {"state": "rejected", "name": d.mark()})),
    ("post", "/v1/record-merges/{id}:undo"): ("account.unmerge", lambda d: (f"/v1/record-merges/{d.merged()}:undo", None)),
    ("put", "/v1/retention"): ("event_retention.write", lambda d: ("/v1/retention", {"rules": [{"type": "page", "days": 900}]})),
    ("post", "/v1/roles"): ("role.create", lambda d: ("/v1/roles", {"name": d.mark(), "grants": {}})),
    ("patch", "/v1/roles/{id}"): ("role.update", lambda d: (f"/v1/roles/{d.role()}", {"description": "of all"})),
    ("delete", "/v1/roles/{id}"): ("role.delete", lambda d: (f"/v1/roles/{d.role()}", None)),
    ("post", "/v1/sources"): ("source.create", lambda d: ("/v1/sources", {"name": d.mark(), "kind": "server"})),
    ("patch", "/v1/sources/{source}"): ("source.update", lambda d: (f"/v1/sources/{d.source()}", {"may_identify": False})),
    ("delete", "/v1/sources/{source}"): ("source.delete", lambda d: (f"/v1/sources/{d.source()}", None)),
    ("put", "/v1/sources/{source}/consent"): ("source_consent.write", lambda d: (
        "/v1/sources/server/consent", {"rules": [{"purpose": "advertising", "activation": "refuse"}]})),
    ("post", "/v1/sources/{source}/keys"): ("key.create", lambda d: (f"/v1/sources/{d.source()}/keys", None)),
    ("post", "/v1/sources/{source}/keys/{key}:revoke"): ("key.revoke", lambda d: (
        "/v1/sources/server/keys/" + d.ok(d.tenant.post("/v1/sources/server/keys"))["id"] + ":revoke", None)),
    ("put", "/v1/sources/{source}/mapping"): (
        "source_mapping.write", lambda d: (f"/v1/sources/{d.source()}/mapping", {"rules": [{"drop": "traits.ssn"}]})),
    ("put", "/v1/sources/{source}/webhook"): (
        "source.webhook", lambda d: (f"/v1/sources/{d.source('webhook')}/webhook", {"mapping": "stripe"})),
    ("post", "/v1/tags:rename"): ("product.tag.rename", lambda d: (
        d.ok(d.tenant.post("/v1/products", {"name": d.mark(), "tags": ["renamed"]})) and "/v1/tags:rename",
        {"from": "renamed", "to": "b"})),
    ("patch", "/v1/timers/{timer}"): ("timer.update", lambda d: ("/v1/timers/duplicates", {"enabled": False})),
    ("put", "/v1/tracking-plans/{plan}"): ("tracking_plan.write", lambda d: (f"/v1/tracking-plans/{d.mark()}", {"events": []})),
    ("delete", "/v1/tracking-plans/{plan}"): ("tracking_plan.delete", lambda d: (f"/v1/tracking-plans/{d.plan()}", None)),
    ("put", "/v1/tracking-plans/{plan}/sources/{source}"): (
        "tracking_plan.connect", lambda d: (f"/v1/tracking-plans/{d.plan()}/sources/{d.source()}", {"violations": "allow"})),
    ("delete", "/v1/tracking-plans/{plan}/sources/{source}"): ("tracking_plan.disconnect", lambda d: (connected(d), None)),
    ("post", "/v1/users/{id}:invite"): ("console.password_link", lambda d: (f"/v1/users/{d.user()}:invite", None)),
    ("post", "/v1/users/{id}:reset"): ("console.password_link", lambda d: (f"/v1/users/{d.user()}:reset", None)),
    ("post", "/v1/users/{id}:sign-out"): ("console.sign_out_everywhere", lambda d: (f"/v1/users/{d.user()}:sign-out", None)),
}


def connected(desk: Desk) -> str:
    path = f"/v1/tracking-plans/{desk.plan()}/sources/{desk.source()}"
    desk.ok(desk.tenant.api("PUT", path, {"violations": "allow"}))
    return path


@pytest.fixture(scope="module")
def desk(tandem: Server) -> Desk:
    return Desk(tandem.tenant("audited-calls"))


def reason(template: str, scope: str) -> str | None:
    """Why a mutating route leaves no entry."""
    if scope == "write":
        return EVENTS
    return next((why for end, why in WITHOUT_ENTRY.items() if template.endswith(end)), None)


def test_every_mutating_route_leaves_an_entry(desk: Desk, figures: Callable[[str, Any], None]) -> None:
    tenant = desk.tenant
    paths = requests.get(tenant.server.base_url + "/openapi.json", timeout=30).json()["paths"]
    plurals = {"attachments"} | {object["object"] for object in desk.maker.objects.values()}
    actor = "key:" + next(
        key["id"] for key in tenant.server.cli("key", "list", "--tenant", tenant.slug)["items"] if key["kind"] == "secret")
    log, called, faults = Log(tenant, actor), 0, []
    for template, methods in paths.items():
        for method, operation in methods.items():
            if method not in CHANGING or reason(template, operation["x-tandem-scope"]):
                continue
            plural, rest = re.fullmatch(r"/v1/([a-z-]+)(.*)", template).groups()
            action = None
            if (method, template) in OWN:
                action, recipe = OWN[(method, template)]
                try:
                    made: Call | None = recipe(desk)
                except Exception as fault:
                    faults.append(f"{method} {template}: {fault!r}")
                    continue
            elif plural in plurals and rest != "/{id}/attachments":
                made = of_object(desk, plural, rest, method)
            elif plural in plurals:
                made = ("", desk.maker.create(desk.maker.by_plural(plural)["name"])["id"])
            else:
                made = None
            if made is None:
                faults.append(f"{method} {template}: say in this file how to call it, or why it leaves no entry")
                continue
            log.added()
            answer = tenant.api(method.upper(), *made) if made[0] else attach(desk, plural, made[1])
            found = log.added()
            called += 1
            if answer.status_code >= 300:
                faults.append(f"{method} {template}: {answer.status_code} {answer.text}")
            elif not found or action is not None and action not in found:
                faults.append(f"{method} {template}: {found}, not {action}")
    assert not faults, "\n".join(faults)
    assert called > 150
    figures("mutating routes called, each with its entry", called)
    assert tenant.get("/v1/audit/verify").json()["intact"] is True


def test_every_mutating_route_of_the_admin_plane_leaves_an_entry(desk: Desk) -> None:
    server = desk.tenant.server
    key = server.cli("key", "create", "--kind", "admin")
    head = {"Authorization": f"Bearer {key['key']}"}
    slug = desk.mark()
    recipes = {
        "/admin/v1/tenants": ("tenant.create", lambda: ("tenants", {"slug": slug})),
        "/admin/v1/tenants/{tenant}:suspend": ("tenant.suspended", lambda: (f"tenants/{slug}:suspend", None)),
        "/admin/v1/tenants/{tenant}:resume": ("tenant.active", lambda: (f"tenants/{slug}:resume", None)),
        "/admin/v1/tenants/{tenant}/keys": ("key.create", lambda: (f"tenants/{slug}/keys", {"kind": "secret"})),
        "/admin/v1/tenants/{tenant}/keys/{key}:revoke": ("key.revoke", lambda: (
            f"tenants/{slug}/keys/" + requests.post(
                f"{server.admin_url}/admin/v1/tenants/{slug}/keys", json={"kind": "secret"}, headers=head, timeout=30).json()["id"]
            + ":revoke", None)),
    }
    mutating = {path for method, path, _ in admin_routes() if method.lower() in CHANGING}
    assert mutating == set(recipes), "say in this file how to call it"
    log = Log(desk.tenant, f"key:{key['id']}")
    for template, (action, recipe) in recipes.items():
        path, body = recipe()
        log.added()
        answer = requests.post(f"{server.admin_url}/admin/v1/{path}", json=body, headers=head, timeout=60)
        assert answer.status_code < 300, answer.text
        assert action in log.added(), template


# MARK: procedures

WRITES = re.compile(
    r"\b(insert\s+into|update\s+[\w.%]+(\s+(as\s+)?\w+)?\s+set\b|delete\s+from|truncate\b"
    r"|(create|alter|drop)\s+(table|role|schema|view|index|owned))", re.IGNORECASE)


def procedures() -> dict[str, str]:
    return {path.stem: re.sub(r"--.*", "", path.read_text()) for path in (ROOT / "sql/code").rglob("*.sql")}


def reached(name: str, calls: dict[str, set[str]]) -> set[str]:
    found, waiting = {name}, [name]
    while waiting:
        for one in calls[waiting.pop()] - found:
            found.add(one)
            waiting.append(one)
    return found


def without_entry() -> Iterator[str]:
    """Procedures that Swift calls and that write, themselves or by others, and reach none of the two that make entries."""
    texts = procedures()
    calls = {name: {one for one in re.findall(r"\b([a-z_0-9]+)\s*\(", text) if one in texts} - {name} for name, text in texts.items()}
    swift = "\n".join(path.read_text() for path in (ROOT / "Sources").rglob("*.swift"))
    for name in sorted({one for one in re.findall(r'"([a-z_0-9]+)"', swift) if one in texts}):
        found = reached(name, calls)
        writes = any(WRITES.search(texts[one].split("as $$", 1)[-1]) for one in found)
        if writes and not found & {"append_audit", "append_control_audit"}:
            yield name


def test_procedures_that_write_leave_an_entry_or_say_here_why_not() -> None:
    found = set(without_entry())
    assert found - set(PROCEDURES) == set(), "they write and leave no entry: let them, or say why not"
    assert set(PROCEDURES) - found == set(), "these are gone, or leave an entry: take them off the list"


# MARK: commands

#: Commands that only read, by their last word.
READING = set(
    "list show status version find timeline graph versions simulate check recipients verify public-key origin submissions tags help"
    " plan lint stats mappings try sessions history tail changes learn violations summary detect test save".split())
#: Those that call what a route calls, by their last word: the routes' test holds for them, and each file of a noun for its own.
AS_ROUTES = set(
    "create update delete restore suspend resume set revoke consent apply undo approve reject erase suppress unsuppress merge unmerge"
    " convert unconvert add invite reset sign-out rename-tag drop dismiss seen replay connect disconnect correct reprocess discard cancel"
    " on off remove".split())
#: All others: the entry, of the tenant's log or of the administrators'.
COMMANDS = {
    "backup create": "backup.create", "backup prune": "backup.prune", "backup restore": "backup.restore", "doctor": "installation.fix",
    "migrate up": "tenant.views", "bi promote": "profile.promote", "tenant export": "tenant.export", "key rotate": "key.create",
    "bi kill": "bi.end", "console link": "console.link", "import run": "import.begin", "privacy export": "privacy.export",
    "duplicate find": "duplicate.find",
}
#: Commands that leave none, each with the reason.
QUIET = {
    "serve": "tells what it migrates (installation.migrate, tenant.migrate)", "audit export": READS,
    "export": "orders what a route orders", "demo load": "makes tenants and sends events as others do",
    "demo reset": "drops and makes tenants as others do",
}


def test_every_command_is_known_to_read_or_to_leave_an_entry(tandem: Server) -> None:
    names = {name.removeprefix("tandem ") for name, _ in commands(tandem)}
    unknown = {name for name in names - set(COMMANDS) - set(QUIET) if name.split()[-1] not in READING | AS_ROUTES}
    assert unknown == set(), "say in this file which entry they leave, or why none"
    assert set(COMMANDS) | set(QUIET) <= names


def test_what_is_done_to_an_installation_leaves_an_entry(
    own_tandem: Server, place: pathlib.Path, restored: Callable[[], Server]  # noqa: F811
) -> None:
    server = own_tandem
    tenant = server.tenant("acme")
    log = Log(tenant)
    server.sql("update tandem.tenant set schema_digest = 'another'::bytea where slug = 'acme'")
    server.cli("migrate", "up")
    assert log.added() == ["tenant.views"]
    server.cli("migrate", "up")
    assert log.added() == [], "nothing was pending"
    server.cli("tenant", "export", "acme", "--to", str(place / "acme"))
    assert log.added() == ["tenant.export"]
    server.sql("alter system set synchronous_commit = off")
    server.sql("select pg_reload_conf()")
    wait_until(lambda: "durability" in [one["check"] for one in findings(server) if one["result"] != "ok"])
    assert next(one for one in findings(server, "--fix") if one["check"] == "durability")["result"] == "ok"
    assert log.added() == ["installation.fix"]
    names = []
    for keep in ("0", "0", "2"):
        names.append(server.cli("backup", "create", "--keep", keep)["name"])
        # A backup is called by its second.
        wait_until(lambda: time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) > names[-1])
    assert log.added() == ["backup.create", "backup.create", "backup.create", "backup.prune"]
    assert server.cli("backup", "prune", "--keep", "1", "--dry-run")["removed"] == [names[1]] and log.added() == []
    assert server.cli("backup", "prune", "--keep", "1")["removed"] == [names[1]]
    assert log.added() == ["backup.prune"]
    (pruned,) = server.cli("audit", "list", "--control", "--action", "backup.prune", "--id", names[1])["items"]
    assert pruned["detail"]["removed"] == [names[1]] and pruned["actor"].startswith("cli:") and pruned["tenant"] is None
    # What a folder elsewhere loses is no matter of this installation.
    text = server.cli("backup", "prune", "--keep", "1", "--from", str(server.data_dir / "backups"), json=False)
    assert "Removed no backup" in text and log.added() == []
    made = server.cli("backup", "restore", "--target", str(place / "data"))
    assert log.added() == [], "another cluster was made"
    again = restored()
    assert again.cli("audit", "verify", "--control")["intact"] is True
    (entry,) = again.cli("audit", "list", "--control", "--action", "backup.restore")["items"]
    assert entry["object_id"] == made["backup"] and entry["actor"].startswith("cli:")
    assert server.cli("audit", "verify", "--control")["intact"] is True
    first = server.cli("audit", "list", "--control", "--action", "installation.migrate")["items"]
    assert len(first) == 1 and "control/migrations/0001_control.sql" in first[0]["detail"]["migrations"]


def test_a_promotion_of_traits_leaves_an_entry(tenant: Tenant) -> None:
    tenant.ingest("identify", {"userId": "u", "traits": {"seats": 7}})
    log = Log(tenant)
    made = tenant.server.cli("bi", "promote", "seats", "--tenant", tenant.slug)["items"]
    wait_until(lambda: "seats" in [row[0] for row in tenant.server.sql("select trait from promoted_trait", schema=tenant.schema)])
    assert log.added() == ["profile.promote"], made
    (entry,) = tenant.server.cli("audit", "list", "--tenant", tenant.slug, "--action", "profile.promote")["items"]
    assert entry["detail"] == {"columns": [["seats", "promoted"]]}
    assert entry["actor"] == "tandem" or entry["actor"].startswith("cli:")


def test_signing_in_and_out_leaves_an_entry(tandem: Server, tenant: Tenant) -> None:
    user = tenant.post("/v1/users", {"name": "Ada", "email": "ada@desk.example"}).json()["id"]
    link = tenant.post(f"/v1/users/{user}:invite").json()["path"]
    browser = Browser(tandem)
    log = Log(tenant)
    page = browser.get(link)
    page = browser.submit(page.form("/console/password"), password="four words nobody says", again="four words nobody says")
    assert {"user.password", "console.sign_in"} <= set(log.added()), page.text
    browser.submit(page.form("/sign-out"))
    assert log.added() == ["console.sign_out"]
    said = tandem.cli("audit", "list", "--control", "--tenant", tenant.slug, "--action", "console")["items"]
    assert [(one["action"], one["object_id"]) for one in said[:2]] == [("console.sign_out", user), ("console.sign_in", user)]
    assert said[1]["detail"] == {"by": "password"}
