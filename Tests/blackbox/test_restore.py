"""What comes back from the bin stands where the world is by then: with the person that it is now, in the history of what refers to it, and
below nothing that stands below it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from server import Tenant
from test_changes import read
from test_conversion import get
from test_forms import make

pytestmark = pytest.mark.quick


def people(tenant: Tenant, *users: str) -> None:
    for user in users:
        sent = {"userId": user, "traits": {"email": f"{user}@acme.example"}, "messageId": f"about-{user}"}
        assert tenant.ingest("identify", sent).status_code == 200


def profile(tenant: Tenant, user: str) -> str:
    return get(tenant, f"profiles/by/user_id/{user}")["id"]


def unite(tenant: Tenant, winner: str, loser: str) -> dict[str, Any]:
    answer = tenant.post("/v1/merges", {"winner": {"type": "user_id", "value": winner}, "loser": {"type": "user_id", "value": loser}})
    assert answer.status_code == 201, answer.text
    return answer.json()


def bin_(tenant: Tenant, path: str) -> None:
    assert tenant.api("DELETE", f"/v1/{path}").status_code == 204


def restore(tenant: Tenant, path: str) -> dict[str, Any]:
    answer = tenant.post(f"/v1/{path}:restore")
    assert answer.status_code == 200, answer.text
    return answer.json()


def stands(tenant: Tenant) -> None:
    assert tenant.server.sql("select * from check_identity()", schema=tenant.schema) == []


@pytest.mark.parametrize("plural", ["contacts", "leads"])
def test_whose_person_was_merged_away_meanwhile_is_of_the_winner(tenant: Tenant, plural: str) -> None:
    people(tenant, "a", "b")
    path = f"{plural}/{make(tenant, plural, last_name='Byron', email='b@acme.example')}"
    assert get(tenant, path)["profile_id"] == profile(tenant, "b")
    bin_(tenant, path)
    merged = unite(tenant, "a", "b")
    assert restore(tenant, path)["profile_id"] == profile(tenant, "a")
    stands(tenant)
    assert tenant.post(f"/v1/merges/{merged['id']}:undo").status_code == 200
    assert get(tenant, path)["profile_id"] == profile(tenant, "b") != profile(tenant, "a")


@pytest.mark.parametrize("plural", ["contacts", "leads"])
def test_whose_person_was_parted_meanwhile_blocks_nobody(tenant: Tenant, plural: str) -> None:
    people(tenant, "a", "b")
    tenant.ingest("track", {"anonymousId": "device", "event": "Seen", "messageId": "seen"}).raise_for_status()
    merged = unite(tenant, "a", "b")
    path = f"{plural}/{make(tenant, plural, last_name='Byron', email='b@acme.example')}"
    bin_(tenant, path)
    assert tenant.post(f"/v1/merges/{merged['id']}:undo").status_code == 200
    assert restore(tenant, path)["profile_id"] == profile(tenant, "b")
    stands(tenant)
    # The other one is free: to be joined by an event, to be merged, to be erased.
    assert tenant.ingest("track", {"userId": "a", "anonymousId": "device", "event": "Signed In", "messageId": "join"}).status_code == 200
    people(tenant, "c")
    unite(tenant, "c", "a")
    erased = tenant.post("/v1/privacy/erase", {"type": "user_id", "value": "a"})
    assert (erased.status_code, erased.json()["state"]) == (200, "done"), erased.text
    assert get(tenant, path)["last_name"] == "Byron"


def test_a_reference_that_comes_back_is_in_the_history_and_in_the_feed(tenant: Tenant) -> None:
    account = make(tenant, "accounts", name="Acme")
    deal = make(tenant, "opportunities", name="Deal", account_id=account)
    end = read(tenant)[1]
    bin_(tenant, f"accounts/{account}")
    between = get(tenant, f"opportunities/{deal}")["updated_at"]
    assert get(tenant, f"opportunities/{deal}")["account_id"] is None
    time.sleep(0.01)
    restore(tenant, f"accounts/{account}")
    now = get(tenant, f"opportunities/{deal}")
    assert (now["account_id"], now["version"]) == (account, 3)
    told = [(each["action"], each["version"], each["changes"]) for each in read(tenant, end)[0] if each["object"] == "opportunity"]
    assert told == [("update", 2, {"account_id": [account, None]}), ("update", 3, {"account_id": [None, account]})]
    history = get(tenant, f"opportunities/{deal}/history")["items"]
    assert [each["version"] for each in history] == [3, 2, 1]
    assert get(tenant, f"opportunities/{deal}?as_of={between}")["account_id"] is None
    topics = "select count(*) from outbox where topic = 'opportunity.updated' and payload -> 'version' = '3'"
    assert tenant.server.sql(topics, schema=tenant.schema) == [(1,)]


def test_a_restore_closes_no_loop(tenant: Tenant) -> None:
    top = make(tenant, "accounts", name="top")
    middle = make(tenant, "accounts", name="middle", parent_id=top)
    low = make(tenant, "accounts", name="low", parent_id=middle)
    bin_(tenant, f"accounts/{middle}")
    assert tenant.api("PATCH", f"/v1/accounts/{top}", {"parent_id": low}).status_code == 200
    back = restore(tenant, f"accounts/{middle}")
    assert (back["parent_id"], back["not_restored"]) == (None, {"accounts": 1})
    assert [get(tenant, f"accounts/{one}")["parent_id"] for one in (top, middle, low)] == [low, None, middle]
    (told,) = [each for each in get(tenant, f"accounts/{middle}/history")["items"] if each["action"] == "restore"]
    assert told["changes"] == {"parent_id": [top, None]}


@pytest.mark.parametrize("first", ["parent", "child"])
def test_both_ends_of_a_reference_come_back_in_any_order(tenant: Tenant, first: str) -> None:
    parent = make(tenant, "accounts", name="parent")
    child = make(tenant, "accounts", name="child", parent_id=parent)
    bin_(tenant, f"accounts/{child}")
    bin_(tenant, f"accounts/{parent}")
    for one in (parent, child) if first == "parent" else (child, parent):
        restore(tenant, f"accounts/{one}")
    assert get(tenant, f"accounts/{child}")["parent_id"] == parent
    changes = [each["changes"].get("parent_id") for each in reversed(get(tenant, f"accounts/{child}/history")["items"])]
    assert [each for each in changes if each] == [[None, parent]] + ([] if first == "parent" else [[parent, None], [None, parent]])
