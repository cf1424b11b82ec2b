"""What a merge of profiles, its undo and the decision about a review will change is said before it is done, and is true."""

from __future__ import annotations

from typing import Any

import pytest

from console import Browser
from server import CommandFailed, Server, Tenant
from test_conversion import get
from test_forms import make
from test_record_merge import merge as merge_records
from test_rep import stages

pytestmark = pytest.mark.quick
Json = dict[str, Any]


def side(name: str) -> Json:
    return {"type": "user_id", "value": name}


def person(tenant: Tenant, name: str, **traits: Any) -> str:
    """A profile with a user id and an address; answers its id."""
    body = {"userId": name, "messageId": f"{name}-0", "traits": {"email": f"{name}@x.example", **traits}}
    assert tenant.ingest("identify", body).status_code == 200
    return get(tenant, f"profiles/by/user_id/{name}")["id"]


def contact(tenant: Tenant, name: str, **fields: Any) -> str:
    return make(tenant, "contacts", profile=side(name), email=f"{name}@x.example", **fields)


def merge(tenant: Tenant, dry_run: bool = False, status: int = 201, **body: Any) -> Json:
    order = {"winner": side("ada"), "loser": side("bob"), "ref": "m-1", **body}
    answer = tenant.post(f"/v1/merges{'?dry_run=true' if dry_run else ''}", order)
    assert answer.status_code == (200 if dry_run else status), answer.text
    return answer.json()


def undo(tenant: Tenant, which: str, dry_run: bool = False, status: int = 200) -> Json:
    answer = tenant.post(f"/v1/merges/{which}:undo{'?dry_run=true' if dry_run else ''}", {})
    assert answer.status_code == status, answer.text
    return answer.json()


def facts(tenant: Tenant) -> list[tuple[Any, ...]]:
    """All that a plan must not change."""
    names = ("merge", "edge", "separation", "review", "outbox", "identity_state", "contacts", "profiles", "component", "record_merge",
             "duplicate_suggestion", "dirty")
    return [(name, sorted(map(repr, tenant.server.sql(f"select * from {name}", schema=tenant.schema)))) for name in names]


def whose(plan: Json, part: str, key: str) -> dict[str, tuple[list[str], list[str]]]:
    """Of each thing in a part of a plan whose it is before and after."""
    return {item[key]: tuple([entry["profile"] for entry in item[when]] for when in ("before", "after")) for item in plan[part]}


@pytest.fixture()
def pair(tenant: Tenant) -> Json:
    """Two people of one account, with contacts and a deal each."""
    ids = {"ada": person(tenant, "ada", plan="pro", city="Rome"), "bob": person(tenant, "bob", plan="free")}
    acme = make(tenant, "accounts", name="Acme")
    for name in ("ada", "bob"):
        ids[f"{name}-contact"] = contact(
            tenant, name, first_name=name, accounts=[{"account_id": acme, "role": "", "primary": True}])
        ids[f"{name}-deal"] = make(
            tenant, "opportunities", name=f"Deal of {name}", account_id=acme,
            contacts=[{"contact_id": ids[f"{name}-contact"], "role": "buyer", "primary": True}])
    return {**ids, "acme": acme}


def test_the_plan_of_a_merge_names_all_that_it_touches_and_changes_nothing(tenant: Tenant, pair: Json) -> None:
    tenant.ingest("group", {"userId": "bob", "groupId": "g-bob", "messageId": "g-1"})
    before = facts(tenant)
    answer = merge(tenant, dry_run=True)
    assert facts(tenant) == before
    assert (answer["dry_run"], answer["state"], answer["winner"], answer["loser"]) == (True, "applied", pair["ada"], pair["bob"])
    plan, ada, bob = answer["plan"], pair["ada"], pair["bob"]
    assert [one["id"] for one in plan["profiles"]["before"]] == [ada, bob]
    assert [(one["id"], one["identifiers"], one["contacts"], one["opportunities"]) for one in plan["profiles"]["after"]] == [(ada, 4, 2, 2)]
    assert whose(plan, "identifiers", "value") == {"bob": ([bob], [ada]), "bob@x.example": ([bob], [ada])}
    traits = {item["trait"]: (item["before"], item["after"]) for item in plan["traits"]}
    assert traits["plan"] == (
        [{"profile": ada, "value": "pro"}, {"profile": bob, "value": "free"}], [{"profile": ada, "value": "free"}])
    assert set(traits) == {"plan", "email", "first_name"}, "what only the winner says stays and is not named"
    assert whose(plan, "contacts", "id")[pair["bob-contact"]] == ([bob], [ada])
    assert whose(plan, "opportunities", "name") == {"Deal of bob": ([bob], [ada])}
    assert {item["group_id"] for item in plan["accounts"]} >= {"g-bob"}
    assert plan["audiences"] == []

    done = merge(tenant)
    shown = get(tenant, f"profiles/{ada}")
    assert {item["value"] for item in shown["identifiers"]} == {"ada", "bob", "ada@x.example", "bob@x.example"}
    assert shown["traits"]["plan"] == "free"
    back = undo(tenant, done["id"], dry_run=True)
    assert back["dry_run"] and back["state"] == "undone" and "undone_at" not in back
    assert whose(back["plan"], "identifiers", "value") == {"bob": ([ada], [bob]), "bob@x.example": ([ada], [bob])}
    assert get(tenant, f"merges/{done['id']}")["state"] == "applied"


def test_the_plan_of_an_undo_after_people_edited_the_merged_record(tenant: Tenant, pair: Json) -> None:
    """Contacts were merged with their persons; an edit since stays on the winner and is named before the undo."""
    done = merge_records(tenant, "contacts", pair["ada-contact"], pair["bob-contact"])
    joined = done["profile_merge"]
    assert joined and get(tenant, f"profiles/{pair['bob']}")["id"] == pair["ada"]
    edited = tenant.api("PATCH", f"/v1/contacts/{pair['ada-contact']}", {"title": "CFO", "first_name": "Ada"})
    assert edited.status_code == 200, edited.text
    before = facts(tenant)
    planned = undo(tenant, joined, dry_run=True)
    assert facts(tenant) == before
    assert planned["plan"]["profiles"]["after"][1]["id"] == pair["bob"]
    assert whose(planned["plan"], "contacts", "id")[pair["bob-contact"]] == ([], [pair["bob"]]), "the loser is there again"
    assert planned["records"]["returned"], planned["records"]
    assert undo(tenant, joined)["state"] == "undone"
    kept = get(tenant, f"contacts/{pair['ada-contact']}")
    assert (kept["title"], kept["first_name"], kept["profile_id"]) == ("CFO", "Ada", pair["ada"])
    assert get(tenant, f"contacts/{pair['bob-contact']}")["profile_id"] == pair["bob"]


def test_the_plan_of_an_undo_after_a_deal_was_won(tenant: Tenant, pair: Json) -> None:
    done = merge(tenant)
    known = stages(tenant)
    won = tenant.api("PATCH", f"/v1/opportunities/{pair['bob-deal']}", {"stage_id": known["won"]})
    assert won.status_code == 200, won.text
    plan = undo(tenant, done["id"], dry_run=True)["plan"]
    touched = {item["name"]: (item["status"], item["before"], item["after"]) for item in plan["opportunities"]}
    assert touched == {"Deal of bob": ("won", [{"profile": pair["ada"]}], [{"profile": pair["bob"]}])}
    undo(tenant, done["id"])
    deal = get(tenant, f"opportunities/{pair['bob-deal']}")
    assert (deal["status"], [one["contact_id"] for one in deal["contacts"]]) == ("won", [pair["bob-contact"]]), "won stays won"
    assert get(tenant, f"contacts/{pair['bob-contact']}")["profile_id"] == pair["bob"]


def test_no_plan_of_an_undo_after_one_side_was_erased(tandem: Server, tenant: Tenant, pair: Json) -> None:
    done = merge(tenant)
    undo(tenant, done["id"], dry_run=True)
    assert tenant.post("/v1/privacy/erase", side("bob")).status_code in (200, 202)
    for dry_run in (True, False):
        assert undo(tenant, done["id"], dry_run=dry_run, status=409)["code"] == "erased"
    with pytest.raises(CommandFailed) as failed:
        tandem.cli("merge", "undo", done["id"], "--dry-run", "--tenant", tenant.slug)
    assert failed.value.code == 6


def test_the_plan_of_an_undo_of_the_middle_of_a_chain(tenant: Tenant) -> None:
    ids = {name: person(tenant, name) for name in ("ada", "bob", "cora")}
    first = merge(tenant)
    merge(tenant, winner=side("bob"), loser=side("cora"), ref="m-2")
    plan = undo(tenant, first["id"], dry_run=True)["plan"]
    assert whose(plan, "identifiers", "value")["cora"][0] == [ids["ada"]]
    undo(tenant, first["id"])
    parted = whose(plan, "identifiers", "value")
    for name in ("bob", "cora"):
        assert [get(tenant, f"profiles/by/user_id/{name}")["id"]] == parted[name][1], name
    assert "ada" not in parted, "who keeps the id keeps what is theirs"


def test_a_review_says_what_approving_it_changes(tenant: Tenant) -> None:
    for name in ("ada", "bob"):
        person(tenant, name)
        contact(tenant, name, accounts=[{"account_id": make(tenant, "accounts", name=f"Of {name}"), "role": "", "primary": True}])
    planned = merge(tenant, dry_run=True)
    assert planned["state"] == "review" and planned["plan"]["contacts"]
    held = merge(tenant, status=202)
    before = facts(tenant)
    answer = tenant.post(f"/v1/merge-reviews/{held['id']}:approve?dry_run=true", {}).json()
    assert answer["state"] == "approved" and answer["plan"] == planned["plan"] and "merge" not in answer
    nothing = tenant.post(f"/v1/merge-reviews/{held['id']}:reject?dry_run=true", {}).json()
    assert nothing["state"] == "rejected" and not any(nothing["plan"][part] for part in nothing["plan"] if part != "profiles")
    assert facts(tenant) == before
    shown = get(tenant, f"merge-reviews/{held['id']}")
    assert (shown["state"], shown["reason"], len(shown["profiles"])) == ("open", "manual", 2)
    assert [one["accounts"][0]["id"][:5] for one in shown["profiles"]] == ["acct_", "acct_"]
    assert tenant.post(f"/v1/merge-reviews/{held['id']}:approve", {}).json()["merge"]["state"] == "applied"
    assert tenant.post(f"/v1/merge-reviews/{held['id']}:approve?dry_run=true", {}).status_code == 409


def test_the_command_line_shows_plans_as_text(tandem: Server, tenant: Tenant) -> None:
    ada, bob = person(tenant, "ada", plan="pro"), person(tenant, "bob", plan="free")

    def said(*words: str) -> str:
        return tandem.cli("merge", *words, "--dry-run", "--tenant", tenant.slug, json=False)

    planned = said("apply", "user_id:ada", "user_id:bob", "--ref", "m-1")
    assert "user_id bob   bob@x.example → ada@x.example" in planned and f"{ada}  ada@x.example" in planned, planned
    assert "plan   ada@x.example: pro, bob@x.example: free → ada@x.example: free" in planned
    assert get(tenant, "merges")["items"] == []
    merge(tenant)
    back = said("undo", "m-1")
    assert "user_id bob   ada@x.example → " in back and bob in back, back
    assert get(tenant, "merges?ref=m-1")["items"][0]["state"] == "applied"


def test_merges_are_listed_by_cause_and_state(tandem: Server, tenant: Tenant, pair: Json) -> None:
    by_hand = merge(tenant)["id"]
    assert tenant.ingest("identify", {"userId": "ada", "anonymousId": "visitor", "messageId": "v-1"}).status_code == 200
    assert tenant.ingest("track", {"anonymousId": "other", "event": "Seen"}).status_code == 200
    assert tenant.ingest("identify", {"userId": "ada", "anonymousId": "other", "messageId": "v-2"}).status_code == 200
    by_event = get(tenant, "merges?cause=event")["items"]
    assert [item["ref"] for item in by_event] == ["v-2"]
    undo(tenant, by_hand)

    def listed(query: str) -> list[str]:
        return [item["id"] for item in get(tenant, f"merges?{query}")["items"]]

    assert listed("cause=manual") == [by_hand] == listed("state=undone") == listed("cause=manual&state=undone")
    assert listed("cause=manual&state=applied") == [] == listed("cause=review")
    assert listed("") == [by_event[0]["id"], by_hand]
    assert listed(f"state=applied&profile={by_event[0]['winner']}") == [by_event[0]["id"]]
    refused = tenant.get("/v1/merges?state=gone")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_parameter")
    assert "applied, undone, erased" in refused.json()["detail"]
    first = get(tenant, "merges?state=applied&limit=1")
    assert first["page"]["next"] is None

    said = tandem.cli("merge", "list", "--cause", "event", "--state", "applied", "--tenant", tenant.slug)
    assert [item["ref"] for item in said["items"]] == ["v-2"]
    with pytest.raises(CommandFailed, match="manual"):
        tandem.cli("merge", "list", "--cause", "gone", "--tenant", tenant.slug)

    browser = Browser(tandem).sign_in("--tenant", tenant.slug)
    page = browser.get(f"/console/{tenant.slug}/merges?cause=event&state=")
    assert [link for link in page.links if "/merges/mrg_" in link] == [link for link in page.links if by_event[0]["id"] in link] != []
    page = browser.get(f"/console/{tenant.slug}/merges?cause=review")
    assert "No merge like this" in page.text and f"/console/{tenant.slug}/merges" in page.links
    assert browser.get(f"/console/{tenant.slug}/merges?cause=gone").response.status_code == 400
