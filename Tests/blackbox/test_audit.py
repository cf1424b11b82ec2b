"""Who did what: one entry for each call that changes something, in its transaction; what is done to the log shows."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from console import Browser
from server import CommandFailed, Server, Tenant


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
