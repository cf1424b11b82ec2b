"""A lead becomes an account, a contact and an opportunity, and a lead again: through HTTP, as a rep's tools call it."""

from __future__ import annotations

import collections
import concurrent.futures
from typing import Any

import pytest

from console import Browser
from server import CommandFailed, Server, Tenant
from test_forms import form, make, submit

pytestmark = pytest.mark.quick
BUYER = {
    "first_name": "Ada", "last_name": "Byron", "company": "Analytical Engines Ltd", "title": "Countess",
    "email": "ada@engines.example", "phone": "+44 20 7946 0018", "website": "https://engines.example", "source": "Website",
    "campaign": "spring 2026", "tags": ["vip"],
}


def lead(tenant: Tenant, **fields: Any) -> str:
    return make(tenant, "leads", **{**BUYER, **fields})


def convert(tenant: Tenant, which: str, dry_run: bool = False, **options: Any) -> dict[str, Any]:
    answer = tenant.post(f"/v1/leads/{which}:convert{'?dry_run=true' if dry_run else ''}", options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def unconvert(tenant: Tenant, which: str, dry_run: bool = False) -> dict[str, Any]:
    answer = tenant.post(f"/v1/leads/{which}:unconvert{'?dry_run=true' if dry_run else ''}", {})
    assert answer.status_code == 200, answer.text
    return answer.json()


def get(tenant: Tenant, path: str) -> dict[str, Any]:
    answer = tenant.get("/v1/" + path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def counts(tenant: Tenant) -> dict[str, int]:
    tables = ("accounts", "contacts", "opportunities", "activity_links", "bin")
    return {name: tenant.server.sql(f"select count(*) from {name}", schema=tenant.schema)[0][0] for name in tables}


def test_a_lead_becomes_an_account_a_contact_and_an_opportunity(tenant: Tenant) -> None:
    owner = make(tenant, "users", name="Rep", email="rep@acme.example")
    which = lead(tenant, owner_id=owner)
    call = make(tenant, "activities", type="call", subject="First call", links=[{"object": "lead", "record_id": which}])
    done = convert(tenant, which, opportunity={"amount": "1200.00", "currency": "GBP", "close_date": "2026-12-31"})
    assert [done[kind]["action"] for kind in ("account", "contact", "opportunity")] == ["created"] * 3
    assert done["lead_id"] == which and done["activities"] == 1

    account = get(tenant, f"accounts/{done['account']['id']}")
    assert (account["name"], account["website"], account["owner_id"]) == (BUYER["company"], BUYER["website"], owner)
    contact = get(tenant, f"contacts/{done['contact']['id']}")
    assert {name: contact[name] for name in ("first_name", "last_name", "title", "email", "tags")} == {
        name: BUYER[name] for name in ("first_name", "last_name", "title", "email", "tags")}
    assert [(each["account_id"], each["role"], each["primary"]) for each in contact["accounts"]] == [
        (account["id"], "Countess", True)]
    opportunity = get(tenant, f"opportunities/{done['opportunity']['id']}")
    assert (opportunity["account_id"], opportunity["amount"], opportunity["source"], opportunity["campaign"]) == (
        account["id"], "1200.00", "Website", "spring 2026")
    assert [(each["contact_id"], each["primary"]) for each in opportunity["contacts"]] == [(contact["id"], True)]
    assert {each["record_id"] for each in get(tenant, f"activities/{call}")["links"]} == {
        which, account["id"], contact["id"], opportunity["id"]}

    after = get(tenant, f"leads/{which}")
    assert after["status"] == "converted" and after["converted_at"]
    assert (after["converted_account_id"], after["converted_contact_id"], after["converted_opportunity_id"]) == (
        account["id"], contact["id"], opportunity["id"])


def test_a_converted_lead_is_not_changed_and_not_converted_again(tenant: Tenant) -> None:
    which = lead(tenant)
    done = convert(tenant, which)
    assert done["opportunity"] is None
    refused = tenant.api("PATCH", f"/v1/leads/{which}", {"title": "Duchess"})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict") and "unconvert" in refused.json()["message"]
    again = tenant.post(f"/v1/leads/{which}:convert", {})
    assert (again.status_code, again.json()["code"]) == (409, "already_converted")
    assert (again.json()["account_id"], again.json()["contact_id"]) == (done["account"]["id"], done["contact"]["id"])
    other = lead(tenant, email="other@engines.example")
    by_hand = tenant.api("PATCH", f"/v1/leads/{other}", {"status": "converted"})
    assert by_hand.status_code == 422 and by_hand.json()["errors"][0]["pointer"] == "/status"
    tenant.api("PATCH", f"/v1/leads/{other}", {"status": "disqualified"})
    assert tenant.post(f"/v1/leads/{other}:convert", {}).json()["code"] == "conflict"
    assert tenant.post("/v1/leads/lead_00000000000000000000000000:convert", {}).status_code == 404


def test_records_that_are_there_are_used_and_only_their_gaps_filled(tenant: Tenant) -> None:
    account = make(tenant, "accounts", name="Analytical Engines", website="https://other.example")
    contact = make(tenant, "contacts", email="ADA@engines.example", title="Lady")
    done = convert(tenant, lead(tenant))
    assert (done["account"]["id"], done["account"]["reason"], done["account"]["filled"]) == (account, "company", {})
    assert (done["contact"]["id"], done["contact"]["reason"]) == (contact, "person")
    assert set(done["contact"]["filled"]) == {"first_name", "last_name", "phone"}
    shown = get(tenant, f"contacts/{contact}")
    assert (shown["title"], shown["first_name"], shown["email"]) == ("Lady", "Ada", "ADA@engines.example")
    assert [each["account_id"] for each in shown["accounts"]] == [account]


def test_several_records_that_fit_are_for_the_caller_to_choose(tenant: Tenant) -> None:
    accounts = {make(tenant, "accounts", name=name) for name in ("Analytical Engines", "Analytical Engines Inc.")}
    which = lead(tenant)
    before = counts(tenant)
    unclear = tenant.post(f"/v1/leads/{which}:convert", {})
    assert (unclear.status_code, unclear.json()["code"]) == (409, "ambiguous_conversion")
    assert {each["id"] for each in unclear.json()["accounts"]} == accounts
    assert counts(tenant) == before and get(tenant, f"leads/{which}")["status"] == "new"
    chosen = sorted(accounts)[0]
    assert convert(tenant, which, dry_run=True, account_id=chosen)["account"]["id"] == chosen
    assert convert(tenant, which, on_duplicate="create")["account"]["action"] == "created"
    other = lead(tenant, email="second@engines.example", company="Somewhere else")
    make(tenant, "contacts", email="second@engines.example")
    assert tenant.post(f"/v1/leads/{other}:convert", {"on_duplicate": "error"}).status_code == 409


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"account_id": "cont_01JD9ZP3V8Q4M2T6X0C5R7N1KB"}, "/account_id"),
        ({"account_id": "acct_01JD9ZP3V8Q4M2T6X0C5R7N1KB"}, "/account_id"),
        ({"opportunity": {"amount": "much"}}, "/opportunity/amount"),
        ({"opportunity": {"stage_id": "stg_01JD9ZP3V8Q4M2T6X0C5R7N1KB"}}, "/opportunity/stage_id"),
        ({"create_opportunity": "yes"}, "/create_opportunity"),
        ({"on_duplicate": "maybe"}, "/on_duplicate"),
        ({"acount_id": "x"}, "/acount_id"),
        ({"create_opportunity": True, "opportunity_id": "opp_01JD9ZP3V8Q4M2T6X0C5R7N1KB"}, "/opportunity_id"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_done(tenant: Tenant, options: dict[str, Any], pointer: str) -> None:
    which = lead(tenant)
    before = counts(tenant)
    refused = tenant.post(f"/v1/leads/{which}:convert", options)
    assert refused.status_code == 422, refused.text
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]
    assert counts(tenant) == before


def test_the_anonymous_past_becomes_the_contacts(tenant: Tenant) -> None:
    tenant.ingest("page", {"anonymousId": "a-1", "name": "Pricing"})
    submit(tenant, form("a-1", email="ada@engines.example"))
    which = get(tenant, "leads")["items"][0]["id"]
    done = convert(tenant, which)
    assert done["account"] is None, "the form named no company"
    contact = get(tenant, f"contacts/{done['contact']['id']}")
    assert contact["profile_id"] == get(tenant, f"leads/{which}")["profile_id"] and contact["profile_id"]
    events = {each["data"].get("type") for each in get(tenant, f"contacts/{contact['id']}/timeline")["items"]}
    assert {"page", "track"} <= events
    # What the person does from now on is the contact's too, and makes no lead any more.
    submit(tenant, form("a-1", email="ada@engines.example"))
    assert len(get(tenant, "leads")["items"]) == 1


def test_another_persons_contact_is_not_taken_over(tenant: Tenant) -> None:
    tenant.ingest("identify", {"userId": "ada", "traits": {"company": {"id": "g", "name": "Engines"}, "email": "ada@engines.example"}})
    contact = get(tenant, "contacts")["items"][0]
    submit(tenant, form("a-2", email="else@engines.example"))
    which = get(tenant, "leads")["items"][0]["id"]
    done = convert(tenant, which, contact_id=contact["id"])
    assert done["contact"]["person"] == "review"
    assert get(tenant, f"contacts/{contact['id']}")["profile_id"] == contact["profile_id"]
    assert len(get(tenant, "merge-reviews")["items"]) == 1
    unconvert(tenant, which)
    assert get(tenant, "merge-reviews")["items"] == []


def test_a_dry_run_says_what_then_happens(tenant: Tenant) -> None:
    make(tenant, "contacts", email="ada@engines.example")
    which = lead(tenant)
    before = counts(tenant)
    said = convert(tenant, which, dry_run=True, create_opportunity=True)
    assert said.pop("dry_run") is True and counts(tenant) == before
    assert "id" not in said["account"] and get(tenant, f"leads/{which}")["status"] == "new"
    done = convert(tenant, which, create_opportunity=True)
    for kind in ("account", "opportunity"):
        done[kind].pop("id")
    for each in (done, said):
        each.pop("at", None)
        each["contact"].pop("joined_account", None)
    assert done == said

    would = unconvert(tenant, which, dry_run=True)
    assert would.pop("dry_run") is True and get(tenant, f"leads/{which}")["status"] == "converted"
    assert unconvert(tenant, which) == would


def test_taking_it_back_leaves_everything_as_it_was(tenant: Tenant) -> None:
    contact = make(tenant, "contacts", email="ada@engines.example")
    which = lead(tenant, status="working")
    make(tenant, "activities", type="call", subject="First call", links=[{"object": "lead", "record_id": which}])
    names = ("first_name", "last_name", "title", "phone", "accounts", "profile_id")
    before, held = counts(tenant), {name: get(tenant, f"contacts/{contact}")[name] for name in names}
    done = convert(tenant, which, create_opportunity=True)
    undone = unconvert(tenant, which)
    assert {each["id"] for each in undone["removed"]} == {done["account"]["id"], done["opportunity"]["id"]}
    assert undone["kept"] == [] and [each["id"] for each in undone["cleared"]] == [contact]
    assert {name: get(tenant, f"contacts/{contact}")[name] for name in names} == held
    assert {**counts(tenant), "bin": 0} == before
    after = get(tenant, f"leads/{which}")
    assert (after["status"], after["converted_at"], after["converted_account_id"]) == ("working", None, None)
    assert tenant.post(f"/v1/leads/{which}:unconvert", {}).json()["code"] == "conflict"
    assert convert(tenant, which)["contact"]["id"] == contact, "and again"


def test_what_somebody_has_worked_on_stays(tenant: Tenant) -> None:
    which = lead(tenant)
    done = convert(tenant, which, create_opportunity=True)
    tenant.api("PATCH", f"/v1/opportunities/{done['opportunity']['id']}", {"amount": "10.00", "currency": "EUR"})
    undone = unconvert(tenant, which)
    assert undone["removed"] == []
    assert {(each["object"], each["reason"]) for each in undone["kept"]} == {
        ("opportunity", "edited"), ("contact", "in_use"), ("account", "in_use")}
    assert get(tenant, f"leads/{which}")["status"] == "new"


def test_an_account_that_others_were_merged_into_since_stays(tenant: Tenant) -> None:
    which = lead(tenant)
    account = convert(tenant, which)["account"]["id"]
    old = make(tenant, "accounts", name="A customer for ten years", external_id="erp-77")
    merged = tenant.post(f"/v1/accounts/{account}:merge", {"losers": [old]})
    assert merged.status_code in (200, 201), merged.text
    undone = unconvert(tenant, which)
    assert [(each["object"], each["reason"]) for each in undone["kept"]] == [("account", "merged")]
    assert get(tenant, "accounts/by/external_id/erp-77")["id"] == account
    assert tenant.post(f"/v1/record-merges/{merged.json()['id']}:undo").status_code == 200
    assert get(tenant, f"accounts/{old}")["name"] == "A customer for ten years"



def test_a_hundred_at_once_convert_it_once(tenant: Tenant) -> None:
    which = lead(tenant)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(
            lambda _: tenant.post(f"/v1/leads/{which}:convert", {"create_opportunity": True}), range(100)))
    assert collections.Counter(each.status_code for each in answers) == {200: 1, 409: 99}
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"already_converted"}
    made = counts(tenant)
    assert (made["accounts"], made["contacts"], made["opportunities"]) == (1, 1, 1)


def test_the_command_line_converts_and_takes_back(tandem: Server, tenant: Tenant) -> None:
    which = lead(tenant)
    account = make(tenant, "accounts", name="Engines", domain="engines.example")
    arguments = ("lead", "convert", "email=ada@engines.example", "--tenant", tenant.slug)
    said = tandem.cli(*arguments, "--create-opportunity", "--dry-run")
    assert said["dry_run"] is True and said["account"]["id"] == account and get(tenant, f"leads/{which}")["status"] == "new"
    done = tandem.cli(*arguments, "--account", "domain=engines.example", "--set", "amount=10.50", "--set", "currency=EUR")
    assert done["account"]["reason"] == "named"
    assert get(tenant, f"opportunities/{done['opportunity']['id']}")["amount"] == "10.50"
    with pytest.raises(CommandFailed) as again:
        tandem.cli(*arguments)
    assert again.value.code == 6 and "already_converted" in again.value.output + again.value.errors
    undone = tandem.cli("lead", "unconvert", which, "--tenant", tenant.slug)
    assert {each["object"] for each in undone["removed"]} == {"contact", "opportunity"}
    assert get(tenant, f"accounts/{account}")["name"] == "Engines"


def test_the_console_converts_and_takes_back(tandem: Server, tenant: Tenant) -> None:
    account = make(tenant, "accounts", name="Analytical Engines")
    which = lead(tenant)
    browser = Browser(tandem).sign_in()
    page = browser.get(f"/console/{tenant.slug}/leads/{which}")
    assert "the same company name" in page.text
    done = browser.submit(
        page.form("/convert"), account=account, contact="new", opportunity="1", name="40 seats", amount="4000.00",
        close_date="2026-12-31")
    assert "The lead is converted" in done.text and "40 seats" in done.text
    opportunity = get(tenant, "opportunities")["items"][0]
    assert (opportunity["name"], opportunity["amount"], opportunity["account_id"]) == ("40 seats", "4000.00", account)
    again = browser.submit(page.form("/convert"), account=account, contact="new")
    assert "converted before" in again.text
    plan = browser.get(next(link for link in done.links if link.endswith("/unconvert")))
    assert "Goes to the bin opportunity 40 seats contact Ada Byron" in " ".join(plan.text.split()), plan.text
    assert get(tenant, f"leads/{which}")["status"] == "converted"
    back = browser.submit(plan.form("/unconvert"))
    assert "It is a lead again" in back.text and get(tenant, "opportunities")["items"] == []
    wrong = browser.submit(back.form("/convert"), account="acct_01JD9ZP3V8Q4M2T6X0C5R7N1KB", contact="new")
    assert wrong.response.status_code == 422 and get(tenant, f"leads/{which}")["status"] == "new"
