"""Accounts, contacts and leads are merged and taken apart again: through HTTP, as a rep's tools call it."""

from __future__ import annotations

import concurrent.futures
import random
import time
from typing import Any

import pytest

from server import Server, Tenant
from test_conversion import convert, get, lead, unconvert
from test_forms import make

pytestmark = pytest.mark.quick
PLURALS = {"account": "accounts", "contact": "contacts", "lead": "leads"}
# What a merge and its undo raise, whatever else they put back.
COUNTERS = {"version", "updated_at"}


def merge(tenant: Tenant, plural: str, winner: str, *losers: str, dry_run: bool = False, **choose: Any) -> dict[str, Any]:
    query = "?dry_run=true" if dry_run else ""
    answer = tenant.post(f"/v1/{plural}/{winner}:merge{query}", {"losers": list(losers), "choose": choose})
    assert answer.status_code == 200, answer.text
    return answer.json()


def undo(tenant: Tenant, which: str, dry_run: bool = False) -> dict[str, Any]:
    answer = tenant.post(f"/v1/record-merges/{which}:undo{'?dry_run=true' if dry_run else ''}", {})
    assert answer.status_code == 200, answer.text
    return answer.json()


def listed(tenant: Tenant, plural: str) -> dict[str, dict[str, Any]]:
    items = tenant.get(f"/v1/{plural}?limit=1000").json()["items"]
    return {item["id"]: {name: value for name, value in item.items() if name not in COUNTERS} for item in items}


def everything(tenant: Tenant) -> dict[str, Any]:
    """All records, and what sources say of their fields."""
    state: dict[str, Any] = {plural: listed(tenant, plural) for plural in ("accounts", "contacts", "leads", "opportunities", "activities")}
    state["claims"] = sorted(map(repr, tenant.server.sql(
        "select object, record_id, field, source, rank, at, message_id, value from field_source", schema=tenant.schema)))
    for name in ("record_redirect", "record_alias", "contact_node", "lead_node"):
        state[name] = sorted(map(repr, tenant.server.sql(f"select * from {name}", schema=tenant.schema)))
    return state


def test_the_winner_keeps_what_it_says_and_the_losers_fill_its_gaps(tenant: Tenant) -> None:
    winner = make(tenant, "accounts", name="Engines Ltd", address_city="London", tags=["a"], external_id="w-1")
    first = make(
        tenant, "accounts", name="Engines Limited", phone="+44 20 7946 0018", address_city="Leeds", address_street="High St 1",
        annual_revenue="10.00", currency="GBP", tags=["b", "a"], external_id="l-1")
    second = make(tenant, "accounts", name="Engines", phone="+44 20 7946 0019", industry="Computing", lifecycle="customer")
    before = everything(tenant)
    plan = merge(tenant, "accounts", winner, first, second, dry_run=True, lifecycle="prospect", name=second)
    assert plan["dry_run"] and "id" not in plan and everything(tenant) == before
    done = merge(tenant, "accounts", winner, first, second, lifecycle="prospect", name=second)
    assert all(done[part] == plan[part] for part in ("fields", "conflicts", "warnings", "moved", "united", "losers"))
    shown = get(tenant, f"accounts/{winner}")
    assert {name: shown[name] for name in ("name", "phone", "industry", "lifecycle", "annual_revenue", "currency", "tags")} == {
        "name": "Engines", "phone": "+44 20 7946 0018", "industry": "Computing", "lifecycle": "prospect",
        "annual_revenue": "10.00", "currency": "GBP", "tags": ["a", "b"]}
    assert (shown["address_city"], shown["address_street"], shown["external_id"]) == ("London", None, "w-1"), "an address is one thing"
    assert done["fields"]["phone"] == {"old": None, "new": "+44 20 7946 0018", "from": first}
    assert done["conflicts"]["phone"] == {first: "+44 20 7946 0018", second: "+44 20 7946 0019"}
    for loser in (first, second):
        moved = tenant.get(f"/v1/accounts/{loser}", allow_redirects=False)
        assert (moved.status_code, moved.json()["merged_into"]) == (301, winner)
        assert tenant.api("PATCH", f"/v1/accounts/{loser}", {"name": "x"}, allow_redirects=False).status_code == 301
    assert get(tenant, "accounts/by/external_id/l-1")["id"] == winner, "keys of the losers lead on"
    history = get(tenant, f"accounts/{winner}/history")["items"][0]
    assert (history["action"], history["changes"]["industry"]) == ("merge", [None, "Computing"])

    again = tenant.post(f"/v1/accounts/{winner}:merge", {"losers": [first]})
    assert (again.status_code, again.json()["code"], again.json()["merged_into"]) == (409, "already_merged", winner)
    assert undo(tenant, done["id"])["undo"] == {"returned": {}, "missing": {}, "kept": [], "lost": {}}
    assert everything(tenant) == before
    twice = tenant.post(f"/v1/record-merges/{done['id']}:undo", {})
    assert (twice.status_code, twice.json()["code"]) == (409, "already_undone")
    assert [each["id"] for each in get(tenant, f"record-merges?record={first}")["items"]] == [done["id"]]


def test_all_that_refers_to_a_loser_is_the_winners_and_its_own_again(tenant: Tenant) -> None:
    top, winner, loser = (make(tenant, "accounts", name=name) for name in ("Top", "Winner", "Loser"))
    between = make(tenant, "accounts", name="Between", parent_id=loser)
    tenant.api("PATCH", f"/v1/accounts/{loser}", {"parent_id": top})
    tenant.api("PATCH", f"/v1/accounts/{winner}", {"parent_id": between})
    both = make(tenant, "contacts", email="both@x.example", accounts=[
        {"account_id": winner, "role": ""}, {"account_id": loser, "role": "", "primary": True}])
    roles = make(tenant, "contacts", email="roles@x.example", accounts=[
        {"account_id": winner, "role": "buyer"}, {"account_id": loser, "role": "user", "from": "2026-01-01"}])
    deal = make(tenant, "opportunities", name="Deal", account_id=loser)
    call = make(tenant, "activities", type="call", links=[
        {"object": "account", "record_id": winner}, {"object": "account", "record_id": loser, "role": "caller"}])
    note = make(tenant, "activities", type="note", links=[{"object": "account", "record_id": loser}])
    before = everything(tenant)
    done = merge(tenant, "accounts", winner, loser)
    assert get(tenant, f"accounts/{winner}")["parent_id"] == top, "not below what stands below it"
    assert get(tenant, f"accounts/{between}")["parent_id"] == winner
    assert [(each["account_id"], each["primary"]) for each in get(tenant, f"contacts/{both}")["accounts"]] == [(winner, True)]
    assert {(each["account_id"], each["role"]) for each in get(tenant, f"contacts/{roles}")["accounts"]} == {
        (winner, "buyer"), (winner, "user")}
    assert get(tenant, f"opportunities/{deal}")["account_id"] == winner
    assert [(each["record_id"], each["role"]) for each in get(tenant, f"activities/{call}")["links"]] == [(winner, "caller")]
    assert [each["record_id"] for each in get(tenant, f"activities/{note}")["links"]] == [winner]
    assert done["moved"] == {"account_contacts": 1, "accounts": 1, "activity_links": 1, "opportunities": 1}

    later = make(tenant, "opportunities", name="Later", account_id=winner)
    elsewhere = make(tenant, "accounts", name="Elsewhere")
    tenant.api("PATCH", f"/v1/opportunities/{deal}", {"account_id": elsewhere})
    plan = undo(tenant, done["id"], dry_run=True)
    assert undo(tenant, done["id"])["undo"] == plan["undo"]
    assert plan["undo"]["missing"] == {"opportunities": 1}, "it was given to another one since"
    after = everything(tenant)
    assert after["opportunities"].pop(later)["account_id"] == winner and after["accounts"].pop(elsewhere)
    assert after["opportunities"].pop(deal)["account_id"] == elsewhere and before["opportunities"].pop(deal)
    for state in (before, after):
        state.pop("claims")
    assert after == before


def test_group_calls_with_a_losers_id_reach_the_winner(tenant: Tenant) -> None:
    def join(user: str, group: str, **traits: Any) -> None:
        assert tenant.ingest("group", {"userId": user, "groupId": group, "traits": traits}).status_code == 200

    join("u-1", "g-win", name="Winner")
    join("u-2", "g-lose", name="Loser")
    winner, loser = (get(tenant, f"accounts/by/group_id/{group}")["id"] for group in ("g-win", "g-lose"))
    done = merge(tenant, "accounts", winner, loser)
    join("u-3", "g-lose", industry="Computing")
    assert set(listed(tenant, "accounts")) == {winner} and get(tenant, f"accounts/{winner}")["industry"] == "Computing"
    for user in ("u-2", "u-3"):
        person = get(tenant, f"profiles/by/user_id/{user}")
        assert [(each["id"], each["group_id"]) for each in person["accounts"]][0][0] == winner
    assert tenant.server.sql("select distinct account_id from profile_groups", schema=tenant.schema) == tenant.server.sql(
        "select id from accounts", schema=tenant.schema)
    undo(tenant, done["id"])
    assert get(tenant, "profiles/by/user_id/u-3")["accounts"][0]["id"] == loser
    assert get(tenant, f"accounts/{winner}")["industry"] == "Computing", "what was said since stays"


def test_contacts_and_their_persons_are_merged_and_parted_together(tenant: Tenant) -> None:
    winner = make(tenant, "contacts", first_name="Ada", email="ada@x.example", profile={"type": "user_id", "value": "u-1"})
    loser = make(
        tenant, "contacts", last_name="Byron", email="byron@x.example", do_not_contact=True,
        profile={"type": "user_id", "value": "u-2"},
        channels=[
            {"kind": "email", "value": "old@x.example", "opted_out": True},
            {"kind": "email", "value": "ada@x.example", "invalid": True}])
    deal = make(tenant, "opportunities", name="Deal", contacts=[
        {"contact_id": loser, "role": "", "primary": True}, {"contact_id": winner, "role": ""}])
    before = everything(tenant)
    done = merge(tenant, "contacts", winner, loser)
    shown = get(tenant, f"contacts/{winner}")
    assert (shown["first_name"], shown["last_name"], shown["email"], shown["do_not_contact"]) == ("Ada", "Byron", "ada@x.example", True)
    channels = {each["value"]: (each["primary"], each["opted_out"], each["invalid"]) for each in shown["channels"]}
    assert channels == {
        "ada@x.example": (True, False, True), "byron@x.example": (False, False, False), "old@x.example": (False, True, False)}
    assert [(each["contact_id"], each["primary"]) for each in get(tenant, f"opportunities/{deal}")["contacts"]] == [(winner, True)]
    assert "different_profiles" in done["warnings"] and done["profile_merge"].startswith("mrg_")
    person = get(tenant, "profiles/by/user_id/u-2")
    assert person["id"] == get(tenant, "profiles/by/user_id/u-1")["id"] == shown["profile_id"]
    assert tenant.api("PUT", "/v1/contacts/by/email/byron@x.example", {"title": "Countess"}).json()["id"] == winner
    # The undo of either is that of both.
    assert tenant.post(f"/v1/merges/{done['profile_merge']}:undo", {}).status_code == 200
    assert get(tenant, f"record-merges/{done['id']}")["state"] == "undone"
    after = everything(tenant)
    assert after["contacts"][winner].pop("title") == "Countess" and before["contacts"][winner].pop("title") is None
    assert after["contacts"] == before["contacts"] and after["opportunities"] == before["opportunities"]
    assert get(tenant, "profiles/by/user_id/u-2")["id"] != get(tenant, "profiles/by/user_id/u-1")["id"]


def test_what_was_edited_since_stays(tenant: Tenant) -> None:
    winner = make(tenant, "contacts", first_name="Ada")
    loser = make(tenant, "contacts", title="Lady", phone="+44 20 7946 0018", language="en")
    done = merge(tenant, "contacts", winner, loser)
    tenant.api("PATCH", f"/v1/contacts/{winner}", {"title": "Countess"})
    back = undo(tenant, done["id"])
    shown = get(tenant, f"contacts/{winner}")
    assert (shown["title"], shown["phone"], shown["language"]) == ("Countess", None, None) and back["undo"]["kept"] == ["title"]
    assert get(tenant, f"contacts/{loser}")["title"] == "Lady"


def test_merges_of_merged_records_come_apart_from_the_end(tenant: Tenant) -> None:
    a, b, c = (make(tenant, "accounts", name=name, external_id=name) for name in "abc")
    before = everything(tenant)
    first, second = merge(tenant, "accounts", b, a), merge(tenant, "accounts", c, b)
    assert tenant.get(f"/v1/accounts/{a}", allow_redirects=False).json()["merged_into"] == c
    assert get(tenant, "accounts/by/external_id/a")["id"] == c
    refused = tenant.post(f"/v1/record-merges/{first['id']}:undo", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict") and "first" in refused.json()["message"]
    gone = tenant.post(f"/v1/accounts/{b}:merge", {"losers": [c]}, allow_redirects=False)
    assert (gone.status_code, gone.json()["merged_into"]) == (301, c)
    undo(tenant, second["id"])
    assert tenant.get(f"/v1/accounts/{a}", allow_redirects=False).json()["merged_into"] == b
    undo(tenant, first["id"])
    assert everything(tenant) == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/losers"), ({"losers": ["SELF"]}, "/losers/0"), ({"losers": ["cont_01JD9ZP3V8Q4M2T6X0C5R7N1KB"]}, "/losers/0"),
        ({"losers": ["acct_01JD9ZP3V8Q4M2T6X0C5R7N1KB"]}, "/losers/0"), ({"losers": ["OTHER", "OTHER"]}, "/losers/1"),
        ({"losers": ["OTHER"], "chose": {}}, "/chose"), ({"losers": ["OTHER"], "choose": {"nmae": "x"}}, "/choose/nmae"),
        ({"losers": ["OTHER"], "choose": {"employee_count": "many"}}, "/choose/employee_count"),
        ({"losers": ["OTHER"], "choose": {"owner_id": "user_01JD9ZP3V8Q4M2T6X0C5R7N1KB"}}, "/choose/owner_id"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_done(shared: tuple[Tenant, str, str], body: dict[str, Any], pointer: str) -> None:
    tenant, winner, other = shared
    words = {"SELF": winner, "OTHER": other}
    losers = [words.get(each, each) for each in body.get("losers", [])]
    refused = tenant.post(f"/v1/accounts/{winner}:merge", {**body, **({"losers": losers} if losers else {})})
    assert refused.status_code == 422, refused.text
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]
    assert set(listed(tenant, "accounts")) == {winner, other}


@pytest.fixture(scope="module")
def shared(tandem: Server) -> tuple[Tenant, str, str]:
    tenant = tandem.tenant("merge-errors")
    return tenant, make(tenant, "accounts", name="One"), make(tenant, "accounts", name="Other")


def test_another_tenants_records_are_nobodys(shared: tuple[Tenant, str, str], tenant: Tenant) -> None:
    own = make(tenant, "accounts", name="Own")
    assert tenant.post(f"/v1/accounts/{own}:merge", {"losers": [shared[1]]}).status_code == 422
    assert tenant.post(f"/v1/accounts/{shared[1]}:merge", {"losers": [own]}).status_code == 404
    done = merge(tenant, "accounts", own, make(tenant, "accounts", name="Second"))
    assert shared[0].post(f"/v1/record-merges/{done['id']}:undo", {}).status_code == 404
    assert shared[0].get(f"/v1/record-merges/{done['id']}").status_code == 404


def test_twenty_merges_of_one_pair_have_one_effect(tenant: Tenant) -> None:
    a, b = (make(tenant, "contacts", email=f"{name}@x.example") for name in "ab")
    calls = [(a, b), (b, a)] * 10
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda pair: tenant.post(
            f"/v1/contacts/{pair[0]}:merge", {"losers": [pair[1]]}, allow_redirects=False).status_code, calls))
    assert answers.count(200) == 1 and set(answers) <= {200, 301, 409}, answers
    assert len(listed(tenant, "contacts")) == 1 and len(get(tenant, "record-merges")["items"]) == 1


def test_a_conversion_whose_account_was_merged_is_taken_back_and_says_so(tenant: Tenant) -> None:
    which = lead(tenant)
    done = convert(tenant, which)
    account, contact = done["account"]["id"], done["contact"]["id"]
    other = make(tenant, "accounts", name="The same, elsewhere")
    merged = merge(tenant, "accounts", other, account)
    assert get(tenant, f"leads/{which}")["converted_account_id"] == other
    back = unconvert(tenant, which)
    assert [(each["id"], each["reason"]) for each in back["kept"] if each["object"] == "account"] == [(account, "merged")]
    assert tenant.get(f"/v1/contacts/{contact}").status_code == 404 and get(tenant, f"leads/{which}")["status"] == "new"
    assert undo(tenant, merged["id"])["undo"]["missing"]["leads"] == 1
    assert get(tenant, f"accounts/{account}")["name"] == done["account"]["name"]


def test_the_command_line_merges_and_unmerges(tenant: Tenant) -> None:
    winner = make(tenant, "accounts", name="One", external_id="one")
    loser = make(tenant, "accounts", name="Two", external_id="two", industry="Computing")
    run = tenant.server.cli
    plan = run(
        "account", "merge", "external_id=one", "external_id=two", "--choose", "name=external_id=two", "--dry-run", "--tenant", tenant.slug)
    assert plan["fields"]["name"]["new"] == "Two" and get(tenant, f"accounts/{winner}")["name"] == "One"
    done = run("account", "merge", winner, loser, "--choose", "name=Three", "--tenant", tenant.slug)
    assert get(tenant, f"accounts/{winner}")["name"] == "Three"
    run("account", "unmerge", done["id"], "--tenant", tenant.slug)
    assert (get(tenant, f"accounts/{winner}")["name"], get(tenant, f"accounts/{loser}")["name"]) == ("One", "Two")


def random_records(tenant: Tenant, chance: random.Random) -> dict[str, list[str]]:
    """Accounts in a tree, contacts with channels and places, deals, calls: many of them the same for several records."""
    def some(values: list[Any]) -> Any:
        return chance.choice([*values, None])

    made: dict[str, list[str]] = {"accounts": [], "contacts": [], "opportunities": [], "activities": []}
    for number in range(6):
        made["accounts"].append(make(
            tenant, "accounts", name=f"Account {number}", industry=some(["A", "B"]), phone=some(["+44 20 7946 0018"]),
            address_city=some(["Leeds", "York"]), address_street=some(["High St"]), tags=chance.sample(["x", "y", "z"], 2),
            parent_id=some(made["accounts"]), external_id=some([f"e-{number}"])))
    for number in range(8):
        made["contacts"].append(make(
            tenant, "contacts", first_name=some(["Ada", "Eve"]), last_name=some(["Byron"]), title=some(["Buyer", "User"]),
            email=some([f"c-{number}@x.example"]), do_not_contact=chance.random() < 0.3,
            channels=[{"kind": "phone", "value": "+44 20 7946 0020", "opted_out": chance.random() < 0.5}],
            accounts=[{"account_id": account, "role": chance.choice(["", "buyer"]), "primary": place == 0}
                      for place, account in enumerate(chance.sample(made["accounts"], 2))]))
    for number in range(6):
        made["opportunities"].append(make(
            tenant, "opportunities", name=f"Deal {number}", account_id=some(made["accounts"]),
            contacts=[{"contact_id": contact, "role": chance.choice(["", "user"]), "primary": place == 0}
                      for place, contact in enumerate(chance.sample(made["contacts"], 3))]))
    for _ in range(6):
        made["activities"].append(make(tenant, "activities", type="call", links=[
            {"object": "account", "record_id": account} for account in chance.sample(made["accounts"], 2)] + [
            {"object": "contact", "record_id": contact} for contact in chance.sample(made["contacts"], 2)]))
    return made


@pytest.mark.parametrize("seed", range(3))
def test_random_merges_undone_in_reverse_leave_all_but_the_edits(tandem: Server, seed: int) -> None:
    chance = random.Random(seed)
    tenant = tandem.tenant(f"merge-random-{seed}")
    made = random_records(tenant, chance)
    before = everything(tenant)
    alive = {name: list(made[name]) for name in ("accounts", "contacts")}
    merges: list[str] = []
    for _ in range(5):
        plural = chance.choice(["accounts", "contacts"])
        winner, *losers = chance.sample(alive[plural], chance.choice([2, 3]) if len(alive[plural]) > 3 else 2)
        merges.append(merge(tenant, plural, winner, *losers)["id"])
        alive[plural] = [each for each in alive[plural] if each not in losers]
        check_invariants(tenant)
    # Edits of what no merge touches, and of a record of its own.
    edited = chance.choice(made["opportunities"])
    tenant.api("PATCH", f"/v1/opportunities/{edited}", {"amount": "12.00", "currency": "EUR"})
    for which in reversed(merges):
        done = undo(tenant, which)["undo"]
        assert (done["missing"], done["kept"], done["lost"]) == ({}, [], {}), done
        check_invariants(tenant)
    after = everything(tenant)
    for state in (before, after):
        for field in ("amount", "currency"):
            state["opportunities"][edited].pop(field)
    assert after == before


def check_invariants(tenant: Tenant) -> None:
    """Nothing leads to a record that is not there, nobody stands above itself, and nobody has two firsts."""
    broken = tenant.server.sql(
        """
        with recursive above (id, next) as (
            select id, parent_id from accounts where parent_id is not null
            union select a.id, t.parent_id from above a join accounts t on t.id = a.next where a.next <> a.id)
        select 'loop', id::text from above where id = next
        union all select 'link', record_id::text from activity_links
            where record_id not in (select id from accounts union all select id from contacts)
        union all select 'redirect', old_id::text from record_redirect
            where new_id not in (select id from accounts union all select id from contacts)
            or old_id in (select id from accounts union all select id from contacts)
        union all select 'claim', record_id::text from field_source f
            where object = 'contact' and record_id not in (select id from contacts)
            and record_id not in (select old_id from record_redirect)
        """, schema=tenant.schema)
    assert broken == []


def test_pairs_that_may_be_one_are_found_dismissed_and_merged(tenant: Tenant) -> None:
    a, b = (make(tenant, "accounts", name=name) for name in ("Engines Ltd", "Engines Inc."))
    for number in range(4):
        make(tenant, "accounts", name=f"Tenant {number} of the house", domain="house.example")
        make(tenant, "accounts", name=f"Private {number}", domain="gmail.com")
    c, d = (make(tenant, "contacts", first_name=name, last_name="Byron", phone="+44 20 7946 0018") for name in ("Ada", "A."))
    for number in range(4):
        make(tenant, "contacts", first_name=f"N{number}", last_name="Same", phone="+44 20 7946 0099")
    which = make(tenant, "leads", last_name="Byron", email="eve@x.example")
    e = make(tenant, "contacts", email="eve@x.example")
    assert tenant.post("/v1/duplicates:find", {}).json()["found"] == 3
    found = {each["object"]: each for each in get(tenant, "duplicates")["items"]}
    assert {name: ([record["id"] for record in each["records"]], each["reasons"]) for name, each in found.items()} == {
        "account": ([a, b], ["company"]), "contact": ([c, d], ["phone_and_name"]), "lead": ([which, e], ["email"])}
    assert found["account"]["records"][0]["fields"]["name"] == "Engines Ltd" and found["account"]["cluster"] == 2
    assert [each["id"] for each in get(tenant, "duplicates?object=contact")["items"]] == [found["contact"]["id"]]

    assert tenant.post(f"/v1/duplicates/{found['lead']['id']}:merge", {}).json()["code"] == "conflict"
    assert tenant.post(f"/v1/duplicates/{found['contact']['id']}:merge", {"winner": a}).status_code == 422
    assert tenant.post(f"/v1/duplicates/{found['account']['id']}:dismiss", {}).json()["state"] == "dismissed"
    again = tenant.post(f"/v1/duplicates/{found['account']['id']}:dismiss", {})
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
    merged = tenant.post(f"/v1/duplicates/{found['contact']['id']}:merge", {"winner": d}).json()
    assert (merged["winner"], merged["losers"][0]["id"]) == (d, c)
    assert tenant.post("/v1/duplicates:find", {}).json()["found"] == 0, "what was decided is not asked again"
    assert [each["object"] for each in get(tenant, "duplicates")["items"]] == ["lead"]
    undo(tenant, merged["id"])
    assert {each["object"] for each in get(tenant, "duplicates")["items"]} == {"lead", "contact"}
    listed = tenant.server.cli("duplicate", "list", "--object", "contact", "--tenant", tenant.slug)["items"]
    tenant.server.cli("duplicate", "dismiss", listed[0]["id"], "--tenant", tenant.slug)
    assert get(tenant, "duplicates?state=dismissed")["items"][0]["decided_by"]


def fill(tenant: Tenant, accounts: tuple[str, str], contacts: int, deals: int, calls: int) -> None:
    """Gives each of two accounts so many contacts, opportunities and activities."""
    tenant.server.sql(
        """
        with side as (select id, row_number() over (order by created_at) as n from accounts where name in ('Large one', 'Large two')),
        person as (
            insert into contacts (id, first_name, created_at, updated_at, created_by)
            select uuidv7(), s.n || '-' || i, now(), now(), 'tests' from side s, generate_series(1, %(contacts)s) i
            returning id, first_name),
        deal as (
            insert into opportunities (id, name, account_id, pipeline_id, stage_id, status, created_at, updated_at, created_by)
            select uuidv7(), 'Deal ' || i, s.id, g.pipeline_id, g.id, g.status, now(), now(), 'tests'
            from side s, (select * from stages where status = 'open' limit 1) g, generate_series(1, %(deals)s) i),
        call as (
            insert into activities (id, type, external_id, created_at, updated_at, created_by)
            select uuidv7(), 'call', s.n || '-' || i, now(), now(), 'tests' from side s, generate_series(1, %(calls)s) i
            returning id, external_id),
        link as (
            insert into activity_links (activity_id, object, record_id)
            select c.id, 'account', s.id from call c join side s on s.n = split_part(c.external_id, '-', 1)::int),
        place as (
            insert into account_contacts (account_id, contact_id, "primary")
            select s.id, p.id, true from person p join side s on s.n = split_part(p.first_name, '-', 1)::int)
        select 1
        """, {"contacts": contacts, "deals": deals, "calls": calls}, schema=tenant.schema)


def sums(tenant: Tenant) -> list[tuple[Any, ...]]:
    """All rows that refer to accounts, as one sum each."""
    return tenant.server.sql(
        """
        select 'contacts', account_id::text, count(*), md5(string_agg(contact_id::text || "primary", ',' order by contact_id))
        from account_contacts group by 2
        union all select 'deals', account_id::text, count(*), md5(string_agg(id::text, ',' order by id)) from opportunities group by 2
        union all select 'calls', record_id::text, count(*), md5(string_agg(activity_id::text, ',' order by activity_id))
        from activity_links group by 2 order by 1, 2
        """, schema=tenant.schema)


def test_large_accounts_are_merged_and_parted_within_seconds(tandem: Server, full: bool, figures: Any) -> None:
    tenant = tandem.tenant("merge-large")
    sizes = (10_000, 5_000, 100_000) if full else (200, 100, 1_000)
    winner, loser = (make(tenant, "accounts", name=name) for name in ("Large one", "Large two"))
    fill(tenant, (winner, loser), *sizes)
    before = sums(tenant)
    took = {}
    start = time.monotonic()
    done = merge(tenant, "accounts", winner, loser)
    took["merge"] = time.monotonic() - start
    assert done["moved"] == {"account_contacts": sizes[0], "opportunities": sizes[1], "activity_links": sizes[2]}
    tenant.api("PATCH", f"/v1/accounts/{winner}", {"industry": "Computing"})
    added = make(tenant, "opportunities", name="Added", account_id=winner)
    start = time.monotonic()
    back = undo(tenant, done["id"])["undo"]
    took["undo"] = time.monotonic() - start
    for name, seconds in took.items():
        figures(f"{name}_s", round(seconds, 2))
    assert back == {"returned": done["moved"], "missing": {}, "kept": [], "lost": {}}
    assert get(tenant, f"opportunities/{added}")["account_id"] == winner and get(tenant, f"accounts/{winner}")["industry"] == "Computing"
    assert tenant.api("DELETE", f"/v1/opportunities/{added}").status_code == 204
    assert sums(tenant) == before
    assert max(took.values()) < 30, took
