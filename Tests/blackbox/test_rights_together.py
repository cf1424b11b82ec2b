"""Keys with a role change many records at once, and merge: only what the role reaches, and the counts say so."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from console import Browser
from rights import Model
from server import Server, wait_until
from test_rights import Caller, World

pytestmark = pytest.mark.quick
Json = dict[str, Any]


@pytest.fixture(scope="module")
def world(tandem: Server) -> World:
    return World(tandem.tenant("rights-together"), tandem.cli("key", "create", "--kind", "admin")["key"])


def done(caller: Caller, path: str) -> Json:
    wait_until(lambda: caller.api("GET", path).json()["state"] != "running")
    return caller.api("GET", path).json()


def test_a_change_of_many_touches_what_the_role_may_edit(world: World) -> None:
    rep = world.caller(world.roles["sales rep"], "rep")
    model: Model = world.model
    everything = {"where": {"field": "last_name", "op": "starts_with", "value": "zebra"}, "data": {"title": "changed"}}
    may = [one for one in world.records["lead"] if model.may(rep.role, rep.user, "lead", "edit", one["owner_id"])]
    assert 0 < len(may) < len(world.records["lead"])
    rehearsed = rep.api("POST", "/v1/leads:update?dry_run=true", everything).json()
    assert (rehearsed["count"], {one["id"] for one in rehearsed["sample"]}) == (len(may), {one["id"] for one in may})
    wrong = rep.api("POST", "/v1/leads:update", {**everything, "expect_count": len(world.records["lead"])})
    assert wrong.status_code == 409, wrong.text
    ordered = rep.api("POST", "/v1/leads:update", {**everything, "expect_count": len(may)})
    assert ordered.status_code == 202 and "caller" not in ordered.json()["input"], ordered.text
    path = ordered.headers["Location"]
    operation = done(rep, path)
    assert (operation["counts"], operation["actor"]) == ({"updated": len(may)}, "user:rep@rights.example")
    changed = {one["id"] for one in world.tenant.get("/v1/leads?title=changed&limit=100").json()["items"]}
    assert changed == {one["id"] for one in may}
    # Others do not see the operation, nor end it or take it back.
    out = world.caller(world.roles["sales rep"], "out")
    assert out.api("GET", path).status_code == 404 and out.api("GET", "/v1/operations").json()["items"] == []
    assert out.api("POST", path + ":undo", {}).status_code == 404
    reader = world.caller(world.roles["read only"], "out")
    assert reader.api("GET", path).status_code == 200
    refused = reader.api("POST", path + ":undo", {}).json()
    assert refused["code"] in ("forbidden", "insufficient_scope"), refused
    undone = rep.api("POST", path + ":undo", {})
    assert done(rep, undone.headers["Location"])["counts"] == {"updated": len(may)}
    assert world.tenant.get("/v1/leads?title=changed").json()["items"] == []


def test_deleting_and_restoring_many_obeys_too(world: World) -> None:
    rep = world.caller(world.roles["sales rep"], "rep")
    mine = [one for one in world.records["opportunity"] if world.model.may(rep.role, rep.user, "opportunity", "delete", one["owner_id"])]
    meant = {"where": {"field": "name", "op": "starts_with", "value": "zebra"}}
    for action, count in [("delete", len(mine)), ("restore", len(mine))]:
        ordered = rep.api("POST", f"/v1/opportunities:{action}", {**meant, "expect_count": count})
        assert ordered.status_code == 202, ordered.text
        assert done(rep, ordered.headers["Location"])["counts"] == {f"{action}d": count}
        if action == "delete":
            other = world.caller(world.roles["sales rep"], "out")
            assert other.api("POST", "/v1/opportunities:restore?dry_run=true", meant).json()["count"] == 0
    assert len(world.tenant.get("/v1/opportunities?limit=100").json()["items"]) == len(world.records["opportunity"])


def test_what_a_role_loses_is_not_done_any_more(world: World) -> None:
    role = world.role("for a while", {"*": {"read": "all", "edit": "all"}})
    caller = world.caller(role, "far")
    order = {"where": {"field": "last_name", "op": "starts_with", "value": "zebra"}, "data": {"title": "late"}, "expect_count": 7}
    ordered = caller.api("POST", "/v1/contacts:update", order)
    assert ordered.status_code == 202, ordered.text
    # A condition on a field that the role does not see is none.
    veiled = world.caller(world.role("veiled bulk", {"*": {"read": "all", "edit": "all"}}, {"contact": {"email": "none"}}), "far")
    hidden = {**order, "where": {"field": "email", "op": "is_set"}}
    assert veiled.api("POST", "/v1/contacts:update", hidden).json()["errors"][0]["code"] == "unknown_field"
    locked = world.caller(world.role("locked bulk", {"*": {"read": "all", "edit": "all"}}, {"contact": {"title": "read"}}), "far")
    assert locked.api("POST", "/v1/contacts:update", order).json()["errors"][0]["code"] == "read_only"
    done(caller, ordered.headers["Location"])


@contextlib.contextmanager
def waiting(world: World) -> Iterator[None]:
    """What is ordered meanwhile is not begun before the end: another process seems to work for the tenant."""
    server, schema, one = world.tenant.server, world.tenant.schema, str(uuid.uuid4())
    server.sql(
        "insert into operation (id, type, state, actor, created_at, lease, leased_until)"
        " values (%s, 'test', 'running', 'tests', now(), gen_random_uuid(), now() + interval '1 hour')", [one], schema)
    try:
        yield
    finally:
        server.sql("delete from operation where id = %s", [one], schema)


def test_long_work_has_the_rights_of_the_moment(world: World) -> None:
    tenant, everything = world.tenant, {"*": {"read": "all", "edit": "all"}}
    order = {"where": {"field": "last_name", "op": "starts_with", "value": "zebra"}, "data": {"title": "never"}, "expect_count": 7}

    def ordered(caller: Any) -> str:
        answer = caller("POST", "/v1/contacts:update", order)
        assert answer.status_code == 202, answer.text
        return f"/v1/operations/{answer.json()['id']}"

    def outcome(path: str, titled: int) -> Json:
        wait_until(lambda: tenant.get(path).json()["state"] != "running")
        assert len(tenant.get("/v1/contacts?title=never").json()["items"]) == titled
        return tenant.get(path).json()

    # A key: with the role as it is now, and not at all once it works no more.
    role, strong = world.role("a key's", everything), world.role("strong for a while", everything)
    caller = world.caller(role, "far")
    with waiting(world):
        path = ordered(caller.api)
        assert tenant.api("PATCH", f"/v1/roles/{role['id']}", {"grants": {"*": {"read": "all"}}}).status_code == 200
    assert outcome(path, 0)["counts"] == {"skipped": 7}
    caller = world.caller(strong, "far")
    with waiting(world):
        path = ordered(caller.api)
        tenant.server.cli("key", "revoke", caller.key.split("_")[3], "--tenant", tenant.slug)
    ended = outcome(path, 0)
    assert ended["state"] == "failed" and "key that ordered this works no more" in str(ended["error"]), ended

    # A user, who takes such a change back: with the roles that they have now, fields too.
    user, caller = world.users["inner"]["id"], world.caller(strong, "inner")
    # So that nobody of them is the last administrator.
    world.make("users", name="keeper", email="keeper@rights.example", role_ids=[world.roles["administrator"]["id"]])
    assert tenant.api("PATCH", f"/v1/users/{user}", {"role_ids": [strong["id"]]}).status_code == 200
    visitor = Browser(tenant.server).sign_in("--tenant", tenant.slug, "--user", user)
    taken = world.role("sees all", {"*": {"read": "all"}})
    locked = world.role("locked later", everything, {"contact": {"title": "read"}})
    for later, state, words in [
            ({"role_ids": [taken["id"]]}, "done", ""), ({"role_ids": []}, "done", ""),
            ({"role_ids": [locked["id"]]}, "failed", "may not change title any more"), ({"active": False}, "failed", "has left")]:
        assert tenant.api("PATCH", f"/v1/users/{user}", {"role_ids": [strong["id"]]}).status_code == 200
        done_to = ordered(caller.api)
        assert outcome(done_to, 7)["counts"] == {"updated": 7}
        with waiting(world):
            page = visitor.submit(visitor.get(f"/console/{tenant.slug}/operations").form(f"{done_to.split('/')[-1]}/undo"))
            assert "It is being done" in page.text
            assert tenant.api("PATCH", f"/v1/users/{user}", later).status_code == 200
            path = next(f"/v1/operations/{one['id']}" for one in tenant.get("/v1/operations").json()["items"] if one["type"] == "bulk_undo")
        ended = outcome(path, 7)
        assert ended["state"] == state and words in str(ended["error"]), ended
        assert ended["counts"] == ({"kept": 7} if state == "done" else {}), ended
        cleared = tenant.post("/v1/contacts:update", {**order, "data": {"title": None}})
        assert outcome(f"/v1/operations/{cleared.json()['id']}", 0)["state"] == "done"
    assert tenant.api("PATCH", f"/v1/users/{user}", {"active": True, "role_ids": []}).status_code == 200


def test_merging_takes_the_right_to_merge_all_of_them(world: World) -> None:
    tenant = world.tenant
    merger = world.role("merger", {"*": {"read": "team", "merge": "own"}}, {"account": {"domain": "none"}})
    rep = world.caller(merger, "rep")
    owners = {name: world.users[name]["id"] for name in ("rep", "peer", "out")}

    def account(owner: str, **more: Any) -> str:
        return world.make("accounts", name="Twin Works", owner_id=owners[owner], **more)["id"]

    mine, also, peers, outs = account("rep"), account("rep", domain="hidden.example", phone="+49 30 5555"), account("peer"), account("out")
    deal = world.make("opportunities", name="Of the twin", account_id=also, owner_id=owners["out"])["id"]
    assert rep.api("POST", f"/v1/accounts/{outs}:merge", {"losers": [mine]}).status_code == 404
    unknown = rep.api("POST", f"/v1/accounts/{mine}:merge", {"losers": [outs]})
    assert unknown.json()["errors"][0]["pointer"] == "/losers/0", unknown.text
    for winner, loser in [(mine, peers), (peers, mine)]:
        refused = rep.api("POST", f"/v1/accounts/{winner}:merge", {"losers": [loser]})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), refused.text
    tried = rep.api("POST", f"/v1/accounts/{mine}:merge?dry_run=true", {"losers": [also]}).json()
    assert "phone" in tried["fields"] and "domain" not in tried["fields"] and "hidden.example" not in str(tried)
    made = rep.api("POST", f"/v1/accounts/{mine}:merge", {"losers": [also]})
    assert made.status_code == 200, made.text
    assert made.json()["actor"] == "user:rep@rights.example"
    # What belonged to it is moved, whosever it is.
    assert tenant.get(f"/v1/opportunities/{deal}").json()["account_id"] == mine
    merge = made.json()["id"]
    assert [one["id"] for one in rep.api("GET", "/v1/record-merges").json()["items"]] == [merge]
    out = world.caller(merger, "out")
    assert out.api("GET", "/v1/record-merges").json()["items"] == [] and out.api("GET", f"/v1/record-merges/{merge}").status_code == 404
    assert out.api("POST", f"/v1/record-merges/{merge}:undo", {}).status_code == 404
    peer = world.caller(merger, "peer")
    refused = peer.api("POST", f"/v1/record-merges/{merge}:undo", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    undone = rep.api("POST", f"/v1/record-merges/{merge}:undo", {})
    assert undone.status_code == 200 and tenant.get(f"/v1/accounts/{also}").status_code == 200, undone.text
    # Pairs that may be one are those of records in reach.
    assert tenant.post("/v1/duplicates:find", {}).status_code == 200
    pairs = rep.api("GET", "/v1/duplicates").json()["items"]
    seen = {record["id"] for pair in pairs for record in pair["records"]}
    assert {mine, also} <= seen and outs not in seen and "hidden.example" not in str(pairs)
    pair = next(one for one in pairs if {record["id"] for record in one["records"]} == {mine, also})
    assert rep.api("GET", f"/v1/duplicates/{pair['id']}").json() == pair
    assert out.api("GET", f"/v1/duplicates/{pair['id']}").status_code == 404
    assert out.api("POST", f"/v1/duplicates/{pair['id']}:dismiss", {}).status_code == 404
    assert peer.api("POST", f"/v1/duplicates/{pair['id']}:dismiss", {}).json()["code"] == "forbidden"
    assert rep.api("POST", f"/v1/duplicates/{pair['id']}:dismiss", {}).json()["state"] == "dismissed"
    # Who may merge may look for more, and learns of pairs in reach alone.
    found = rep.api("POST", "/v1/duplicates:find", {})
    assert found.status_code == 200 and set(found.json()) == {"finished", "found"}, found.text
