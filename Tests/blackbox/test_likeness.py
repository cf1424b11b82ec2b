"""Profiles and leads that may be one though they share no identifier: likely pairs, explained, decided as reviews and duplicates."""

from __future__ import annotations

import random
from typing import Any

import pytest
import requests

from console import Browser
from server import CommandFailed, Server, Tenant
from test_duplicates import FIRST, LAST, find, pairs, persons, slipped
from test_forms import make

Json = dict[str, Any]


def traits(person: Json) -> Json:
    return {
        "firstName": person["first_name"].title(), "last_name": person["last_name"].title(), "birthday": person.get("cf_born"),
        "address": {"street": person["address_street"], "postalCode": person["address_postal_code"], "city": person["address_city"]},
    }


def identify(tenant: Tenant, people: dict[str, Json]) -> None:
    messages = [{"type": "identify", "userId": user, "traits": said, "messageId": f"m-{user}"} for user, said in people.items()]
    for first in range(0, len(messages), 200):
        answer = tenant.ingest("batch", {"batch": messages[first:first + 200]})
        assert answer.status_code == 200 and answer.json()["rejected"] == [], answer.text


def reviews(tenant: Tenant, state: str = "open") -> list[Json]:
    answer = tenant.get(f"/v1/merge-reviews?reason=likeness&state={state}&limit=200")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def users(review: Json) -> frozenset[str]:
    return frozenset(one["value"] for profile in review["profiles"] for one in profile["identifiers"] if one["type"] == "user_id")


ADA = {"firstName": "Josefine", "lastName": "Ahrens", "birthday": "1981-03-02T00:00:00Z", "phone": "+49 30 901820",
       "address": {"street": "Lindenallee 12", "postalCode": "10115", "city": "Berlin"}, "company": {"name": "Nordlicht"}}
TYPED = {"name": "Josephine Arens", "birth_date": "1981-02-03", "phone": "030 / 901820", "company": "Nordlicht"}


@pytest.fixture
def twins(tenant: Tenant) -> Tenant:
    """Two profiles of one person, and one of somebody else in the same town."""
    identify(tenant, {"a": ADA, "b": TYPED, "c": {"name": "Hugo Keller", "address": {"city": "Berlin"}}, "d": {"plan": "pro"}})
    return tenant


def test_the_right_profiles_are_found_and_each_score_says_why(tenant: Tenant, tandem: Server) -> None:
    other, dice = tandem.tenant(tenant.slug + "-o"), random.Random(3)
    originals = persons(200, 7)
    people = {f"o{n}": traits(person) for n, person in enumerate(originals)}
    people |= {f"t{n}": traits(slipped(person, dice)) for n, person in enumerate(originals[:60])}
    identify(tenant, people)
    told = tenant.post("/v1/duplicates:find", {"object": "profile"}).json()
    assert told["finished"] is True and told["weights"]["profile"] == "estimated", told
    found = reviews(tenant)
    pairs_found, true = {users(review) for review in found}, {frozenset((f"o{n}", f"t{n}")) for n in range(60)}
    right = len(pairs_found & true)
    assert told["found"] == len(found) and right >= 52 and right / len(pairs_found) >= 0.9, (right, len(pairs_found))
    for review in found:
        why = review["detail"]["explanation"]
        assert abs(why["prior"] + sum(part["weight"] for part in why["comparisons"]) - why["weight"]) < 0.05
        assert abs(100 / (1 + 2 ** -why["weight"]) - review["detail"]["score"]) <= 1.01 and review["detail"]["score"] >= 90
    text = repr([review["detail"] for review in found]).lower()
    assert not any(name in text for name in FIRST + LAST), "an explanation holds no value of a person"
    assert find(tenant)["found"] == 0 and len(reviews(tenant)) == len(found), "what is open is not opened again"
    assert reviews(other) == [] and other.get(f"/v1/merge-reviews/{found[0]['id']}").status_code == 404


def test_both_stand_side_by_side_and_approving_is_a_merge_that_can_be_undone(twins: Tenant) -> None:
    assert twins.post("/v1/duplicates:find", {}).json()["found"] == 1
    (review,) = reviews(twins)
    assert users(review) == {"a", "b"} and review["reason"] == "likeness"
    said = {part["name"]: part["agreement"] for part in review["detail"]["explanation"]["comparisons"]}
    assert said == {"first_name": "near", "last_name": "near", "email": "missing", "phone": "same", "birth_date": "near",
                    "street": "missing", "place": "missing", "company": "same"}
    assert [profile["compared"].get("last_name") for profile in review["profiles"]] == ["Ahrens", "Arens"]
    shown = twins.server.cli("merge", "review", "show", review["id"], "--tenant", twins.slug, json=False)
    assert "Josefine" in shown and "Josephine" in shown and "fixed weights" in shown and "in sum, in bits" in shown

    browser = Browser(twins.server).sign_in()
    path = f"/console/{twins.slug}"
    page = browser.get(f"{path}/reviews")
    assert "Two people look like one" in page.text and ": one review" in page.text
    page = browser.get(f"{path}/reviews/{review['id']}")
    assert "Josefine" in page.text and "030 / 901820" in page.text and "near" in page.text
    page = browser.submit(page.form("/decide"), decision="approve")
    assert reviews(twins) == [] and len(reviews(twins, "approved")) == 1
    merged = twins.get("/v1/profiles/by/user_id/a").json()
    assert merged["id"] == twins.get("/v1/profiles/by/user_id/b").json()["id"]
    (merge,) = [one for one in twins.get("/v1/merges").json()["items"] if one["cause"] == "review"]
    assert twins.post(f"/v1/merges/{merge['id']}:undo").status_code == 200
    assert twins.get("/v1/profiles/by/user_id/a").json()["id"] != twins.get("/v1/profiles/by/user_id/b").json()["id"]
    assert find(twins)["found"] == 0 and reviews(twins) == [], "who was separated is not suggested"


def test_what_was_rejected_stays_away(twins: Tenant) -> None:
    find(twins)
    (review,) = reviews(twins)
    assert twins.post(f"/v1/merge-reviews/{review['id']}:reject").json()["state"] == "rejected"
    assert find(twins)["found"] == 0 and reviews(twins) == []


def test_who_is_merged_suppressed_or_erased_does_not_appear(twins: Tenant) -> None:
    identify(twins, {"e": ADA | {"phone": "+49 30 555123"}})
    find(twins)
    assert {users(review) for review in reviews(twins)} == {frozenset("ab"), frozenset("ae"), frozenset("be")}
    user = {kind: {"type": "user_id", "value": kind} for kind in "abe"}
    assert twins.post("/v1/merges", {"winner": user["a"], "loser": user["b"]}).status_code == 201
    assert frozenset("ab") not in {users(review) for review in reviews(twins)}
    assert twins.post("/v1/privacy/suppress", user["e"]).status_code == 200
    assert reviews(twins) == []
    find(twins)
    assert reviews(twins) == []
    assert twins.post("/v1/privacy/unsuppress", user["e"]).status_code == 200
    find(twins)
    assert len(reviews(twins)) == 1
    assert twins.post("/v1/privacy/erase", user["e"]).status_code in (200, 202)
    assert reviews(twins) == []


def test_what_the_rules_keep_apart_is_no_news(tenant: Tenant) -> None:
    shared = ADA | {"email": "josefine@acme.example"}
    identify(tenant, {"a": shared, "b": shared})
    assert tenant.get("/v1/profiles/by/user_id/a").json()["id"] != tenant.get("/v1/profiles/by/user_id/b").json()["id"]
    find(tenant)
    assert reviews(tenant) == []


def test_leads_are_compared_by_name_company_and_phone(tenant: Tenant) -> None:
    a = make(tenant, "leads", first_name="Josefine", last_name="Ahrens", company="Nordlicht GmbH", phone="+49 30 901820")
    b = make(tenant, "leads", first_name="Josephine", last_name="Arens", company="Nordlicht", phone="+49 30 901820")
    make(tenant, "leads", first_name="Hugo", last_name="Keller", company="Nordlicht")
    told = tenant.server.cli("duplicates", "find", "--object", "lead", "--tenant", tenant.slug)
    assert told["found"] == 1, told
    (pair,) = pairs(tenant, object="lead")
    assert [record["id"] for record in pair["records"]] == [a, b] and pair["reasons"] == ["likeness"] and pair["score"] >= 90
    assert {part["name"]: part["agreement"] for part in pair["explanation"]["comparisons"]} == {
        "first_name": "near", "last_name": "near", "email": "missing", "phone": "same", "company": "same"}
    assert tenant.post(f"/v1/duplicates/{pair['id']}:dismiss").status_code == 200
    assert find(tenant)["found"] == 0 and pairs(tenant, object="lead") == []


def test_a_kind_that_is_none_is_refused(tenant: Tenant) -> None:
    assert tenant.post("/v1/duplicates:find", {"object": "ticket"}).status_code == 422
    assert tenant.get("/v1/duplicates?object=profile").status_code == 400
    with pytest.raises(CommandFailed) as refused:
        tenant.server.cli("duplicates", "find", "--object", "ticket", "--tenant", tenant.slug)
    assert refused.value.code == 64


def find_as(tenant: Tenant, name: str, grants: Json) -> requests.Response:
    """With a key of a role that nobody is behind."""
    assert tenant.post("/v1/roles", {"name": name, "grants": grants}).status_code == 201
    key = tenant.server.cli("key", "create", "--kind", "restricted", "--role", name, "--tenant", tenant.slug)["key"]
    return requests.post(
        f"{tenant.server.base_url}/v1/duplicates:find", json={}, headers={"Authorization": f"Bearer {key}"}, timeout=60)


def test_a_key_of_a_role_finds_and_learns_of_what_it_may_read_alone(tenant: Tenant) -> None:
    for name in ("one", "two"):
        make(tenant, "contacts", first_name="Ada", last_name="Ahrens", phone="+49 30 901820", title=name)
        make(tenant, "accounts", name="Nordlicht", external_id=name)
    assert find_as(tenant, "reader", {"contact": {"read": "all"}}).status_code == 403
    told = find_as(tenant, "merger", {"contact": {"read": "own", "merge": "own"}, "account": {"read": "all"}})
    assert told.status_code == 200 and told.json() == {"finished": True, "found": 1}, told.text
    assert len(pairs(tenant)) == 2
