"""Records that may be one though they share no key: likely pairs with their reasons, weights estimated without labels, what is left out."""

from __future__ import annotations

import datetime
import random
from typing import Any

import pytest

from console import Browser
from server import Server, Tenant, wait_until
from test_forms import make

FIRST = ["ada", "bela", "carla", "dario", "edith", "fabio", "greta", "hugo", "irene", "jonas", "karla", "leon", "mona", "nils", "olga",
         "paul"]
LAST = ["ahrens", "bergmann", "castello", "dorfler", "eriksen", "fontane", "gruber", "hoffmann", "ivanova", "jansen", "keller",
        "lindqvist", "moretti", "novak", "oliveira", "petersen"]
STREET = ["lindenallee", "marktplatz", "hafenstrasse", "rosenweg", "kirchgasse", "talblick", "bergstrasse", "parkring"]
CITY = [("10115", "berlin"), ("20095", "hamburg"), ("80331", "muenchen"), ("50667", "koeln"), ("60311", "frankfurt")]
BORN = {"name": "cf_born", "type": "date", "personal": True, "compared": True}


def persons(count: int, seed: int) -> list[dict[str, Any]]:
    dice = random.Random(seed)
    made = []
    for _ in range(count):
        code, city = dice.choice(CITY)
        born = datetime.date(1940, 1, 1) + datetime.timedelta(days=dice.randrange(25_000))
        made.append({
            "first_name": dice.choice(FIRST), "last_name": dice.choice(LAST), "cf_born": born.isoformat(),
            "address_street": f"{dice.choice(STREET)} {dice.randrange(1, 90)}", "address_postal_code": code, "address_city": city})
    return made


def slipped(person: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """The same person as somebody else has typed it in: one or two fields with a slip, missing, or in the wrong place."""
    twin = dict(person)
    for name in dice.sample(["first_name", "last_name", "cf_born", "address_street", "swap"], dice.choice([1, 2])):
        if name == "swap":
            twin["first_name"], twin["last_name"] = twin["last_name"], twin["first_name"]
        elif name == "cf_born":
            twin.pop("cf_born")
        else:
            place = dice.randrange(1, len(twin[name]) - 1)
            twin[name] = twin[name][:place] + twin[name][place + 1:]
    return twin


def batch(tenant: Tenant, plural: str, records: list[dict[str, Any]]) -> list[str]:
    ids = []
    for first in range(0, len(records), 500):
        items = [{"op": "create", "data": record} for record in records[first:first + 500]]
        answer = tenant.post(f"/v1/{plural}:batch", {"items": items})
        assert answer.status_code == 200 and {one["status"] for one in answer.json()["results"]} == {201}, answer.text
        ids += [one["id"] for one in answer.json()["results"]]
    return ids


def find(tenant: Tenant) -> dict[str, Any]:
    answer = tenant.post("/v1/duplicates:find", {})
    assert answer.status_code == 200, answer.text
    assert answer.json()["finished"] is True
    return answer.json()


def pairs(tenant: Tenant, **query: str) -> list[dict[str, Any]]:
    items, after = [], ""
    while True:
        page = tenant.get("/v1/duplicates?limit=200" + "".join(f"&{key}={value}" for key, value in query.items()) + after).json()
        items += page["items"]
        if not page["page"]["next"]:
            return items
        after = "&after=" + page["page"]["next"]


@pytest.fixture
def people(tenant: Tenant) -> tuple[Tenant, set[frozenset[str]]]:
    """400 persons, 80 of them twice."""
    assert tenant.post("/v1/objects/contacts/fields", BORN).status_code == 201
    dice = random.Random(1)
    originals = persons(400, 2)
    ids = batch(tenant, "contacts", originals + [slipped(person, dice) for person in originals[:80]])
    return tenant, {frozenset((ids[n], ids[400 + n])) for n in range(80)}


def test_persons_without_a_key_in_common_are_found_and_each_score_says_why(
        people: tuple[Tenant, set[frozenset[str]]], tandem: Server) -> None:
    tenant, true = people
    other = tandem.tenant(tenant.slug + "-o")
    told = find(tenant)
    assert told["weights"]["contact"] == "estimated" and told["skipped"] == {} and told["compared"] >= 80
    found = pairs(tenant, object="contact")
    likely = {frozenset(record["id"] for record in pair["records"]) for pair in found if pair["score"] >= 90}
    right = len(likely & true)
    assert right >= 72 and right / len(likely) >= 0.95, (right, len(likely))
    for pair in found:
        why = pair["explanation"]
        parts = [part["weight"] for part in why["comparisons"]]
        assert why["estimated"] and abs(why["prior"] + sum(parts) - why["weight"]) < 0.05
        assert abs(100 / (1 + 2 ** -why["weight"]) - pair["score"]) <= 1.01
        assert all(part["weight"] == 0 for part in why["comparisons"] if part["agreement"] == "missing")
    text = repr([pair["explanation"] for pair in found])
    assert not any(name in text for name in FIRST + LAST), "an explanation holds no value of a person"
    one = next(pair for pair in found if "likeness" in pair["reasons"])
    assert tenant.get(f"/v1/duplicates/{one['id']}").json() == one
    assert find(tenant)["found"] == 0, "what is open is not opened again"

    assert pairs(other) == [] and other.get(f"/v1/duplicates/{one['id']}").status_code == 404
    told = tenant.server.cli("duplicates", "show", one["id"], "--tenant", tenant.slug, json=False)
    assert "weights estimated from your records" in told and "cf_born" in told and "in sum, in bits" in told
    dismissed = tenant.post(f"/v1/duplicates/{one['id']}:dismiss", {})
    assert dismissed.json()["state"] == "dismissed" and find(tenant)["found"] == 0
    # Nobody has named the likely ones: estimating again gives the same.
    model = tandem.sql("select matches from match_model where object = 'contact'", schema=tenant.schema)
    assert 60 <= model[0][0] <= 100, model


def test_with_few_records_fixed_weights_hold_and_that_is_said(tenant: Tenant) -> None:
    shared = {"address_street": "Lindenallee 12", "address_postal_code": "10115", "address_city": "Berlin", "phone": "+49 30 901820"}
    a = make(tenant, "contacts", first_name="Josefine", last_name="Ahrens", **shared)
    b = make(tenant, "contacts", first_name="Josephine", last_name="Arens", **shared)
    make(tenant, "contacts", first_name="Hugo", last_name="Keller", address_city="Berlin")
    told = find(tenant)
    assert told["weights"] == {"contact": "fixed"} and told["found"] == 1
    (pair,) = pairs(tenant, object="contact")
    assert [record["id"] for record in pair["records"]] == [a, b] and pair["reasons"] == ["likeness"]
    assert pair["explanation"]["estimated"] is False
    assert {part["name"]: part["agreement"] for part in pair["explanation"]["comparisons"]} == {
        "first_name": "near", "last_name": "near", "email": "missing", "phone": "same", "street": "same", "place": "same"}
    told = tenant.server.cli("duplicates", "find", "--tenant", tenant.slug, json=False)
    assert "weights   of contacts: fixed, there are too few records to estimate them" in told


def test_where_nobody_is_there_twice_nobody_is_suggested(tenant: Tenant) -> None:
    batch(tenant, "contacts", [{name: value for name, value in person.items() if name != "cf_born"} for person in persons(1000, 5)])
    told = find(tenant)
    assert told["weights"] == {"contact": "fixed"} and told["compared"] > 1000
    assert [pair["explanation"] for pair in pairs(tenant)] == []


def test_accounts_are_compared_by_name_domain_and_address(tenant: Tenant) -> None:
    place = {"address_street": "Hafenstrasse 7", "address_postal_code": "20095", "address_city": "Hamburg"}
    a = make(tenant, "accounts", name="Nordlicht Seilerei GmbH", domain="nordlicht.example", **place)
    b = make(tenant, "accounts", name="Nordlicht Seilerrei", domain="nordlicht.test", **place)
    make(tenant, "accounts", name="Südwind Weberei", **place)
    assert find(tenant)["found"] == 1
    (pair,) = pairs(tenant, object="account")
    assert [record["id"] for record in pair["records"]] == [a, b]
    said = {part["name"]: part["agreement"] for part in pair["explanation"]["comparisons"]}
    assert (said["name"], said["domain"], said["place"]) == ("near", "near", "same")


def test_what_too_many_have_in_common_is_not_compared_and_that_is_said(tenant: Tenant) -> None:
    batch(tenant, "contacts", [{"first_name": "Ada", "last_name": "Same", "title": f"No. {number}"} for number in range(101)])
    told = find(tenant)
    assert told["skipped"] == {"contact": {
        "names": {"keys": 1, "records": 101}, "sounds": {"keys": 1, "records": 101}}}
    assert told["compared"] == 0 and pairs(tenant) == []
    page = Browser(tenant.server).sign_in().get(f"/console/{tenant.slug}/duplicates")
    assert "contact: 1 value of names with more than 100 records (101) paired nobody" in page.text


def test_a_search_that_was_stopped_goes_on_where_it_was(people: tuple[Tenant, set[frozenset[str]]]) -> None:
    tenant, _ = people
    tenant.server.sql("select begin_duplicates()", schema=tenant.schema)
    tenant.server.sql("select step_duplicates('{}', true)", schema=tenant.schema)
    (left,) = tenant.server.sql("select remaining from duplicate_search", schema=tenant.schema)[0]
    assert [step["step"] for step in left] == ["weights"] * 4
    # The server finds it unfinished, and does the rest without being asked.
    wait_until(lambda: tenant.server.sql("select finished_at is not null from duplicate_search", schema=tenant.schema)[0][0], 60)
    assert len(pairs(tenant, object="contact")) >= 72


def test_keys_are_cut_into_slices_that_together_find_what_one_finds(people: tuple[Tenant, set[frozenset[str]]]) -> None:
    tenant, _ = people
    whole, cut = (tenant.server.sql(
        f"""select distinct p.a, p.b
        from generate_series(0, {slices} - 1) s, match_pairs('contact', match_options('contact', '{{}}'), s, {slices}, 100) p
        order by 1, 2""", schema=tenant.schema) for slices in (1, 5))
    assert whole == cut and len(whole) >= 80
