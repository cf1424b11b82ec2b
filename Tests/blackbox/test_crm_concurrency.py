"""Many at once on one record: each call has its effect once, and whoever comes too late is told so."""

from __future__ import annotations

import collections
import concurrent.futures
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from server import Tenant
from test_conversion import convert, counts, get, lead, unconvert
from test_forms import make

Figures = Callable[[str, Any], None]
MANY = 100


def at_once(call: Callable[[int], requests.Response], many: int = MANY) -> list[requests.Response]:
    """So many calls, each on a connection and a thread of its own, let go together."""
    gate = threading.Barrier(many)

    def wait(number: int) -> requests.Response:
        gate.wait()
        return call(number)

    with concurrent.futures.ThreadPoolExecutor(many) as pool:
        return list(pool.map(wait, range(many)))


def statuses(answers: list[requests.Response]) -> dict[int, int]:
    return dict(collections.Counter(each.status_code for each in answers))


def said(answers: list[requests.Response]) -> str:
    return ", ".join(f"{count} × {status}" for status, count in sorted(statuses(answers).items()))


def test_a_hundred_conversions_of_one_lead_make_one_of_each(tenant: Tenant, figures: Figures) -> None:
    which = lead(tenant)
    answers = at_once(lambda _: tenant.post(f"/v1/leads/{which}:convert", {"create_opportunity": True}))
    assert statuses(answers) == {200: 1, 409: MANY - 1}
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"already_converted"}
    made = counts(tenant)
    assert (made["accounts"], made["contacts"], made["opportunities"]) == (1, 1, 1)
    figures("conversions of one lead at once", {
        "answers": said(answers), "afterwards": "1 account, 1 contact, 1 opportunity"})


def test_a_hundred_conversions_taken_back_at_once_are_taken_back_once(tenant: Tenant, figures: Figures) -> None:
    which = lead(tenant)
    before = counts(tenant)
    convert(tenant, which, create_opportunity=True)
    answers = at_once(lambda _: tenant.post(f"/v1/leads/{which}:unconvert", {}))
    assert statuses(answers) == {200: 1, 409: MANY - 1}
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"conflict"}
    assert {**counts(tenant), "bin": 0} == before and get(tenant, f"leads/{which}")["status"] == "new"
    figures("its undo at once", {"answers": said(answers), "afterwards": "as before the conversion"})


def test_edits_on_both_sides_and_the_undo_are_as_the_dry_run_said(tenant: Tenant, figures: Figures) -> None:
    account = make(tenant, "accounts", name="Analytical Engines", domain="engines.example", description="known for long")
    which = lead(tenant)
    make(tenant, "activities", type="call", subject="First call", links=[{"object": "lead", "record_id": which}])
    would = convert(tenant, which, dry_run=True, account_id=account, create_opportunity=True)
    done = convert(tenant, which, account_id=account, create_opportunity=True)
    assert done["account"]["id"] == would["account"]["id"] == account
    for part in ("contact", "opportunity"):
        assert "id" not in would[part]
        assert {**done[part], "id": None} == {**would[part], "id": None}
    contact, opportunity = done["contact"]["id"], done["opportunity"]["id"]

    # Both sides go on: the lead is read-only, its offspring are not, and one of them gets work of its own.
    refused = tenant.api("PATCH", f"/v1/leads/{which}", {"title": "late"})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    tenant.api("PATCH", f"/v1/accounts/{account}", {"industry": "Steel"}).raise_for_status()
    tenant.api("PATCH", f"/v1/opportunities/{opportunity}", {"amount": "4000.00", "currency": "EUR"}).raise_for_status()
    make(tenant, "activities", type="note", subject="Second call", links=[{"object": "contact", "record_id": contact}])

    said_before = unconvert(tenant, which, dry_run=True)
    assert said_before.pop("dry_run") is True and get(tenant, f"leads/{which}")["status"] == "converted"
    undone = unconvert(tenant, which)
    assert undone == said_before
    after = get(tenant, f"leads/{which}")
    assert (after["status"], after["converted_account_id"], after["converted_contact_id"]) == ("new", None, None)
    assert get(tenant, f"accounts/{account}")["industry"] == "Steel", "what was edited since stays"
    assert get(tenant, f"opportunities/{opportunity}")["amount"] == "4000.00"
    kept = {each["object"]: each["reason"] for each in undone["kept"]}
    assert kept["opportunity"] == "edited" and "contact" in kept
    for each in undone["kept"]:
        assert tenant.get(f"/v1/{ {'opportunity': 'opportunities'}.get(each['object'], each['object'] + 's') }/{each['id']}").ok
    for each in undone["removed"]:
        assert tenant.get(f"/v1/{each['object']}s/{each['id']}").status_code == 404
    figures("conversion, edits on both sides, undo", {
        "answers": "the undo was what its dry run said",
        "afterwards": "kept: " + ", ".join(f"{name} ({reason})" for name, reason in sorted(kept.items()))})


@pytest.mark.parametrize("plural", ["contacts", "accounts", "opportunities"])
def test_a_hundred_edits_of_one_version_have_one_winner(plural: str, tenant: Tenant, figures: Figures) -> None:
    made = tenant.post(f"/v1/{plural}", {"last_name": "Byron"} if plural == "contacts" else {"name": "Acme"})
    assert made.status_code == 201, made.text
    field = "title" if plural == "contacts" else "campaign" if plural == "opportunities" else "industry"
    place, tag = made.headers["Location"], made.headers["ETag"]
    answers = at_once(lambda number: tenant.api("PATCH", place, {field: f"by {number}"}, headers={"If-Match": tag}))
    assert statuses(answers) == {200: 1, 412: MANY - 1}
    winner = next(each for each in answers if each.status_code == 200)
    record = tenant.get(place).json()
    assert record == winner.json() and record["version"] == made.json()["version"] + 1
    assert {each.json()["version"] for each in answers if each.status_code == 412} == {record["version"]}
    changes = tenant.get(f"{place}/history").json()["items"]
    assert len([each for each in changes if field in each["changes"]]) == 1
    figures(f"PATCH of {plural} with one ETag at once", {"answers": said(answers), "afterwards": "one change in the history"})


def test_a_hundred_upserts_of_a_new_address_make_one_contact(tenant: Tenant, figures: Figures) -> None:
    address = "new@acme.example"
    answers = at_once(lambda number: tenant.api("PUT", f"/v1/contacts/by/email/{address}", {"title": f"by {number}"}))
    assert statuses(answers) == {201: 1, 200: MANY - 1}
    assert len({each.json()["id"] for each in answers}) == 1
    count = tenant.server.sql(
        "select (select count(*) from contacts), (select count(*) from identifier where type = 'email'), "
        "(select count(*) from profiles), (select count(*) from contact_channels)", schema=tenant.schema)[0]
    assert count == (1, 1, 1, 1)
    record = get(tenant, f"contacts/by/email/{address}")
    assert record["title"] in {f"by {number}" for number in range(MANY)}
    figures("upserts of one new e-mail address at once", {"answers": said(answers), "afterwards": "one contact, one person, one address"})


def test_batches_that_share_new_addresses_make_one_contact_of_each(tenant: Tenant, figures: Figures) -> None:
    """More addresses a batch than its writer holds beforehand, in another order each: the key of identifiers decides."""
    addresses = [f"shared{number}@acme.example" for number in range(60)]

    def create(number: int) -> requests.Response:
        mine = random.Random(number).sample(addresses, 40)
        return tenant.post("/v1/contacts:batch", {"items": [
            {"op": "create", "data": {"last_name": f"By {number}", "email": address}} for address in mine]})

    answers = at_once(create, 12)
    assert statuses(answers) == {200: 12}, said(answers)
    outcomes = collections.Counter(result["status"] for each in answers for result in each.json()["results"])
    count = tenant.server.sql(
        "select (select count(*) from contacts), (select count(distinct email_norm) from contacts), "
        "(select count(*) from identifier where type = 'email'), (select count(*) from profiles)", schema=tenant.schema)[0]
    assert len(set(count)) == 1 and outcomes == {201: count[0], 409: 12 * 40 - count[0]}, (count, outcomes)
    figures("batches of 40 of 60 new addresses, 12 at once", {
        "answers": said(answers), "afterwards": f"{count[0]} contacts, persons and addresses"})


UPSERTS = {
    "an account by its domain": lambda tenant, number: tenant.api(
        "PUT", "/v1/accounts/by/domain/race.example", {"name": "Race", "industry": f"{number}"}),
    "a lead by its address": lambda tenant, number: tenant.api(
        "PUT", "/v1/leads/by/email/race@race.example", {"last_name": "Race", "title": f"{number}"}),
    "a contact by its address, in a batch": lambda tenant, number: tenant.post("/v1/contacts:batch", {"items": [
        {"op": "upsert", "match": {"email": "race@race.example"}, "data": {"title": f"{number}"}}]}),
    "an account by its external id, in a batch": lambda tenant, number: tenant.post("/v1/accounts:batch", {"items": [
        {"op": "upsert", "match": {"external_id": "race"}, "data": {"name": f"{number}"}}]}),
}


@pytest.mark.parametrize("what", UPSERTS)
def test_upserts_of_one_new_value_make_one_record(what: str, tenant: Tenant, figures: Figures) -> None:
    answers = at_once(lambda number: UPSERTS[what](tenant, number), 20)
    outcomes = collections.Counter(
        each.json()["results"][0]["status"] if "results" in each.json() else each.status_code for each in answers)
    assert outcomes == {201: 1, 200: 19}
    plural = "contacts" if "contact" in what else "leads" if "lead" in what else "accounts"
    assert tenant.server.sql(f"select count(*) from {plural}", schema=tenant.schema) == [(1,)]
    figures(f"upserts of {what} at once", {"answers": said(answers), "afterwards": "one record"})
