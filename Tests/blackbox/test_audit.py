"""Who did what: one entry for each call that changes something, in its transaction; what is done to the log shows."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
import requests

from console import Browser
from server import CommandFailed, Server, Tenant, code_schema


def entries(tenant: Tenant, **filters: Any) -> list[dict[str, Any]]:
    answer = tenant.get("/v1/audit", params=filters)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.fixture(scope="module")
def acme(tandem: Server) -> Tenant:
    return tandem.tenant("audited", display_name="Audited")


def test_calls_that_change_something_leave_an_entry(acme: Tenant) -> None:
    made = acme.post("/v1/accounts", {"name": "Acme"}).json()
    for user in ("a", "b"):
        acme.ingest("identify", {"userId": user})
    ends = {"winner": {"type": "user_id", "value": "a"}, "loser": {"type": "user_id", "value": "b"}, "ref": "ada@example.com by hand"}
    changed = {
        "merge.apply": lambda: acme.post("/v1/merges", ends),
        "merge.undo": lambda: acme.post(f"/v1/merges/{acme.get('/v1/merges').json()['items'][0]['id']}:undo"),
        "identity_rules.write": lambda: acme.api("PUT", "/v1/identity/rules", {"max_ids": 500}),
        "account.write": lambda: acme.api("PATCH", f"/v1/accounts/{made['id']}", {"industry": "Steel"}),
        "tracking_plan.write": lambda: acme.api("PUT", "/v1/tracking-plans/web", {"events": [{"type": "track", "name": "Paid"}]}),
        "tracking_plan.connect": lambda: acme.api("PUT", "/v1/tracking-plans/web/sources/server", {"violations": "allow"}),
        "tracking_plan.disconnect": lambda: acme.api("DELETE", "/v1/tracking-plans/web/sources/server"),
        "tracking_plan.delete": lambda: acme.api("DELETE", "/v1/tracking-plans/web"),
        "source_mapping.write": lambda: acme.api("PUT", "/v1/sources/server/mapping", {"rules": [{"drop": "traits.ssn"}]}),
        "operation.order": lambda: acme.post("/v1/events:replay", {}),
        "timer.update": lambda: acme.api("PATCH", "/v1/timers/duplicates", {"enabled": False}),
    }
    for action, call in changed.items():
        before = len(entries(acme, limit=1000))
        answer = call()
        assert answer.status_code < 300, (action, answer.text)
        after = entries(acme, limit=1000)
        assert [one["action"] for one in after[: len(after) - before]] == [action], action
        assert after[0]["actor"].startswith("key:key_"), after[0]
    # A merge is called as its maker likes; the log is never emptied, so it keeps no such words.
    assert "ada@example.com" not in json.dumps(entries(acme, limit=1000))
    # What is refused or only looked at leaves none.
    before = len(entries(acme, limit=1000))
    assert acme.api("PATCH", f"/v1/accounts/{made['id']}", {"nonsense": 7}).status_code == 422
    assert acme.get(f"/v1/accounts/{made['id']}").status_code == 200
    assert len(entries(acme, limit=1000)) == before


def test_entries_are_found_by_what_they_say(acme: Tenant) -> None:
    made = acme.post("/v1/accounts", {"name": "Found"}).json()
    acme.post("/v1/leads", {"last_name": "Other"})
    (entry,) = entries(acme, object_id=made["id"])
    assert (entry["action"], entry["object"], entry["object_id"]) == ("account.write", "account", made["id"])
    assert entry["detail"]["records"] == [[made["id"], "created", 1]]
    assert entry in entries(acme, action="account") and entry in entries(acme, action="account.write", object="account")
    assert entry not in entries(acme, action="lead") and entries(acme, actor="nobody") == []
    assert entry in entries(acme, since=entry["at"]) and entry not in entries(acme, until=entry["at"])
    assert acme.get("/v1/audit", params={"since": "noon"}).status_code == 422
    paged, after = [], ""
    while True:
        page = acme.get("/v1/audit", params={"limit": 2, "after": after}).json()
        paged += page["items"]
        after = page["page"]["next"]
        if not after:
            break
    assert paged == entries(acme, limit=1000)


def test_a_key_with_a_role_and_another_tenant_see_nothing(tandem: Server, acme: Tenant) -> None:
    made = acme.post("/v1/accounts", {"name": "Mine"}).json()
    other = tandem.tenant("audited-other")
    assert entries(other, object_id=made["id"]) == []
    assert acme.server.cli("audit", "list", "--tenant", other.slug, "--id", made["id"])["items"] == []


def test_what_was_done_to_the_log_is_told(tandem: Server, tmp_path: pathlib.Path) -> None:
    tenant = tandem.tenant("audited-tampered")
    for number in range(4):
        tenant.post("/v1/accounts", {"name": f"Acme {number}"})
    whole = tenant.get("/v1/audit/verify").json()
    assert whole["intact"] is True and whole["breaches"] == [] and whole["entries"] >= 4
    assert tandem.cli("audit", "verify", "--tenant", tenant.slug) == whole
    path = tmp_path / "audit.jsonl"
    assert tandem.cli("audit", "export", "--to", str(path), "--tenant", tenant.slug)["lines"] == whole["entries"]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines == entries(tenant, limit=1000) and path.stat().st_mode & 0o77 == 0
    # Each says which one stood before it.
    hashes = {(line["chain"], line["seq"]): line["hash"] for line in lines}
    assert all(line["previous_hash"] == hashes.get((line["chain"], line["seq"] - 1), "00") for line in lines)
    chain, seq = lines[1]["chain"], lines[1]["seq"]
    tandem.sql("update audit set actor = 'another' where (chain, seq) = (%s, %s)", [chain, seq], schema=tenant.schema)
    with pytest.raises(CommandFailed) as failed:
        tandem.cli("audit", "verify", "--tenant", tenant.slug)
    told = json.loads(failed.value.output)
    assert told["breaches"] == [{"chain": chain, "seq": seq, "breach": "changed"}] and told["intact"] is False
    browser = Browser(tandem).sign_in()
    page = browser.get(f"/console/{tenant.slug}/audit?verify=1")
    assert f"Entry {seq} of chain {chain} is changed." in page.text and "account.write" in page.text
    page = browser.get(f"/console/{tenant.slug}/audit?since=noon")
    assert page.response.status_code == 200 and "is no time" in page.text


class Admin:
    """The admin plane with a key of its own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        key = server.cli("key", "create", "--kind", "admin")
        (self.id, self._key) = (key["id"], key["key"])

    def get(self, path: str, **params: Any) -> requests.Response:
        head = {"Authorization": f"Bearer {self._key}"}
        return requests.get(f"{self.server.admin_url}/admin/v1/audit{path}", params=params, headers=head, timeout=60)

    def entries(self, **params: Any) -> list[dict[str, Any]]:
        answer = self.get("", **params)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]


@pytest.fixture(scope="module")
def admin(tandem: Server) -> Admin:
    return Admin(tandem)


def test_what_administrators_did_is_listed_by_command_api_and_console(tandem: Server, admin: Admin, tmp_path: pathlib.Path) -> None:
    tenant = tandem.tenant("administered")
    made = tandem.cli("source", "create", "shop", "--kind", "server", "--tenant", tenant.slug)
    listed = tandem.cli("audit", "list", "--control", "--tenant", tenant.slug)["items"]
    assert listed == admin.entries(tenant=tenant.slug) == admin.entries(tenant=tenant.id)
    newest = listed[0]
    assert (newest["action"], newest["object"], newest["object_id"]) == ("source.create", "source", made["id"])
    assert (newest["tenant"], newest["slug"], newest["chain"]) == (tenant.id, tenant.slug, 0) and newest["actor"].startswith("cli:")
    assert newest["detail"]["name"] == "shop"
    first = listed[-1]
    assert (first["action"], first["object_id"]) == ("tenant.create", tenant.id)
    # Each part of the filter, and pages.
    assert newest in admin.entries(actor=newest["actor"], action="source", object="source", object_id=made["id"])
    assert newest in admin.entries(since=newest["at"]) and newest not in admin.entries(until=newest["at"])
    assert newest not in admin.entries(action="key.create") and admin.entries(tenant="nobody") == []
    assert tandem.cli("audit", "list", "--control", "--id", made["id"])["items"] == [newest]
    assert admin.get("", since="noon").status_code == 422 and admin.get("", nonsense="1").status_code == 400
    paged, after = [], ""
    while True:
        page = admin.get("", limit=2, after=after, tenant=tenant.slug).json()
        paged += page["items"]
        after = page["page"]["next"]
        if not after:
            break
    assert paged == listed
    assert admin.get("", after="c_xx").status_code == 400
    # All of it, also that which is of no tenant.
    path = tmp_path / "administrators.jsonl"
    lines = tandem.cli("audit", "export", "--control", "--to", str(path))["lines"]
    exported = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(exported) == lines and path.stat().st_mode & 0o77 == 0
    assert [line["seq"] for line in exported] == list(range(lines, 0, -1))
    assert any(line["action"] == "key.create" and line["object_id"] == admin.id and line["tenant"] is None for line in exported)
    table = tandem.cli("audit", "list", "--control", "--limit", "5", json=False)
    assert table.split("\n")[0].split() == ["AT", "ACTOR", "ACTION", "TENANT", "ID", "CHAIN", "SEQ"]
    page = Browser(tandem).sign_in().get(f"/console/-/audit?tenant={tenant.slug}")
    assert page.response.status_code == 200 and "source.create" in page.text and made["id"] in page.text and "administered" in page.text


def test_what_was_done_to_a_tenant_that_is_gone_is_still_listed(tandem: Server, admin: Admin) -> None:
    gone = tandem.cli("tenant", "create", "gone-of-the-audit")["tenant"]
    tandem.cli("tenant", "delete", "gone-of-the-audit", "--confirm", "gone-of-the-audit", "--grace", "0d")
    listed = tandem.cli("audit", "list", "--control", "--tenant", "gone-of-the-audit")["items"]
    assert [one["action"] for one in listed][0] == "tenant.drop" and listed[-1]["action"] == "tenant.create"
    assert {(one["tenant"], one["slug"]) for one in listed} == {(gone["id"], "gone-of-the-audit")}
    assert admin.entries(tenant="gone-of-the-audit") == listed


def test_what_was_done_to_the_log_of_administrators_is_told(own_tandem: Server, tmp_path: pathlib.Path) -> None:
    server, admin = own_tandem, Admin(own_tandem)
    server.tenant("acme")
    whole = server.cli("audit", "verify", "--control")
    assert whole["intact"] is True and whole["breaches"] == [] and whole["entries"] > 4
    assert admin.get("/verify").json() == whole
    (head,) = whole["heads"]
    assert (head["chain"], head["seq"]) == (0, whole["entries"])
    browser = Browser(server).sign_in()
    assert "all as they were written" in browser.get("/console/-/audit?verify=1").text
    kept = tmp_path / "heads.json"
    kept.write_text(json.dumps(whole))
    server.sql("update tandem.audit set actor = 'another' where seq = 3")

    def told(*more: str) -> dict[str, Any]:
        with pytest.raises(CommandFailed) as failed:
            server.cli("audit", "verify", "--control", *more)
        assert failed.value.code == 1
        return json.loads(failed.value.output)

    said = told()
    assert said["breaches"] == [{"chain": 0, "seq": 3, "breach": "changed"}] == admin.get("/verify").json()["breaches"]
    page = browser.get("/console/-/audit?verify=1")
    assert "Entry 3 of chain 0 is changed." in page.text and "not as they were written" in page.text
    # Cut off at the end with the head set back, the log is whole in itself: only the kept heads tell.
    server.sql("delete from tandem.audit where seq > 3")
    hashed = f"{code_schema(server.binary)}.control_audit_hash(previous_hash, seq, at, actor, action, tenant, object_id, detail)"
    server.sql(f"update tandem.audit set hash = {hashed} where seq = 3")
    server.sql("update tandem.audit_head set seq = 3, hash = (select hash from tandem.audit where seq = 3)")
    assert server.cli("audit", "verify", "--control")["intact"] is True
    assert told("--heads", str(kept))["breaches"] == [{"chain": 0, "seq": 4, "breach": "missing"}]
    assert admin.get("/verify", heads=json.dumps(whole["heads"])).json()["intact"] is False
    for given in ("7", "{", '[{"chain": 0}]'):
        assert admin.get("/verify", heads=given).status_code == 422, given


def test_nobody_else_sees_what_administrators_did(tandem: Server, admin: Admin) -> None:
    tenant, other = tandem.tenant("administered-not"), tandem.tenant("administered-other")
    for path in ("/admin/v1/audit", "/admin/v1/audit/verify"):
        for key, status in ((tenant.secret_key, 403), (tenant.write_key, 403), (None, 401)):
            head = {"Authorization": f"Bearer {key}"} if key else {}
            answer = requests.get(tandem.admin_url + path, headers=head, timeout=30)
            assert answer.status_code == status and "items" not in answer.text, path
        # The data plane has no such route, whoever asks.
        assert requests.get(tandem.base_url + path, headers={"Authorization": f"Bearer {tenant.secret_key}"}, timeout=30).status_code == 404
    # A tenant's own log is its alone, and says nothing of what administrators did.
    assert "tenant.create" not in {one["action"] for one in entries(tenant, limit=1000)}
    one = Browser(tandem).sign_in("--tenant", tenant.slug)
    page = one.get("/console/-/audit")
    assert page.response.status_code == 403 and other.slug not in page.text
    assert Browser(tandem).get("/console/-/audit").response.url.endswith("/console/sign-in")
    # A filter of one tenant shows nothing of another one.
    assert {entry["slug"] for entry in admin.entries(tenant=tenant.slug, limit=1000)} == {tenant.slug}
    with pytest.raises(CommandFailed) as refused:
        tandem.cli("audit", "verify", "--control", "--tenant", tenant.slug)
    assert refused.value.code == 64
