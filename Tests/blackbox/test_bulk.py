"""Changes of all records that a condition means, and the way back: API, command line, console."""

from __future__ import annotations

from typing import Any

import pytest

from console import Browser
from server import CommandFailed, Server, Tenant, wait_until
from test_forms import make

pytestmark = pytest.mark.quick
STEEL = {"field": "industry", "op": "eq", "value": "Steel"}


@pytest.fixture
def accounts(tenant: Tenant) -> dict[str, str]:
    """Three of steel, one of iron; by name."""
    made = {name: make(tenant, "accounts", name=name, industry="Steel", tags=[name]) for name in ("A", "B", "C")}
    return {**made, "D": make(tenant, "accounts", name="D", industry="Iron")}


def order(tenant: Tenant, path: str, **body: Any) -> dict[str, Any]:
    answer = tenant.post("/v1/" + path, body)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/v1/operations/{answer.json()['id']}"
    return done(tenant, answer.json()["id"])


def done(tenant: Tenant, operation: str) -> dict[str, Any]:
    shown: dict[str, Any] = {}

    def is_done() -> bool:
        shown.update(tenant.get(f"/v1/operations/{operation}").json())
        return shown["state"] != "running"

    wait_until(is_done)
    assert shown["state"] == "done", shown
    return shown


def undo(tenant: Tenant, operation: dict[str, Any]) -> dict[str, Any]:
    return order(tenant, f"operations/{operation['id']}:undo")


def get(tenant: Tenant, account: str) -> dict[str, Any]:
    return tenant.get(f"/v1/accounts/{account}").json()


def results(tenant: Tenant, operation: dict[str, Any], outcome: str = "") -> dict[str, Any]:
    answer = tenant.get(f"/v1/operations/{operation['id']}/records" + (f"?outcome={outcome}" if outcome else ""))
    assert answer.status_code == 200, answer.text
    return {each["id"]: (each["outcome"], each["detail"]) for each in answer.json()["items"]}


def test_all_that_a_condition_means_is_changed_and_comes_back(tenant: Tenant, accounts: dict[str, str]) -> None:
    rehearsed = tenant.post("/v1/accounts:update?dry_run=true", {"where": STEEL, "data": {"lifecycle": "customer"}})
    assert rehearsed.status_code == 200, rehearsed.text
    assert (rehearsed.json()["count"], rehearsed.json()["dry_run"]) == (3, True)
    assert {(each["name"], each["outcome"]) for each in rehearsed.json()["sample"]} == {
        (name, "updated") for name in "ABC"}
    assert get(tenant, accounts["A"])["version"] == 1

    changed = order(tenant, "accounts:update", where=STEEL, data={"lifecycle": "customer", "industry": "Metal"}, expect_count=3)
    assert (changed["total"], changed["done"], changed["counts"]) == (3, 3, {"updated": 3})
    assert [get(tenant, accounts[name])["industry"] for name in "ABCD"] == ["Metal"] * 3 + ["Iron"]
    history = tenant.get(f"/v1/accounts/{accounts['A']}/history").json()["items"][0]
    assert history["changes"] == {"lifecycle": [None, "customer"], "industry": ["Steel", "Metal"]}
    assert history["cause"].startswith("bulk:") and history["actor"].startswith("key:")

    # One is changed since, one deleted.
    assert tenant.api("PATCH", f"/v1/accounts/{accounts['A']}", {"industry": "Gold"}).status_code == 200
    assert tenant.api("DELETE", f"/v1/accounts/{accounts['B']}").status_code == 204
    undone = undo(tenant, changed)
    assert undone["counts"] == {"updated": 1, "kept": 2}
    assert results(tenant, undone) == {
        accounts["A"]: ("kept", {"fields": ["industry"]}), accounts["B"]: ("kept", {"code": "not_found", "detail": None}),
        accounts["C"]: ("updated", None)}
    assert {name: get(tenant, accounts["C"])[name] for name in ("industry", "lifecycle")} == {"industry": "Steel", "lifecycle": None}
    assert {name: get(tenant, accounts["A"])[name] for name in ("industry", "lifecycle")} == {"industry": "Gold", "lifecycle": None}
    again = tenant.post(f"/v1/operations/{changed['id']}:undo")
    assert (again.status_code, again.json()["code"]) == (409, "already_undone")


def test_what_is_deleted_comes_back_whole(tenant: Tenant, accounts: dict[str, str]) -> None:
    contact = make(tenant, "contacts", email="a@acme.example", accounts=[{"account_id": accounts["A"]}])
    deleted = order(tenant, "accounts:delete", where=STEEL, expect_count=3)
    assert deleted["counts"] == {"deleted": 3}
    assert tenant.get(f"/v1/accounts/{accounts['A']}").status_code == 404
    restored = order(tenant, "accounts:restore", where={"field": "name", "value": "B"}, expect_count=1)
    assert restored["counts"] == {"restored": 1} and get(tenant, accounts["B"])["tags"] == ["B"]
    undone = undo(tenant, deleted)
    # B is there already: it is told.
    assert undone["counts"] == {"restored": 2, "kept": 1} and list(results(tenant, undone, "kept")) == [accounts["B"]]
    assert get(tenant, accounts["A"])["tags"] == ["A"]
    assert tenant.get(f"/v1/contacts/{contact}").json()["accounts"][0]["account_id"] == accounts["A"]
    assert undo(tenant, restored)["counts"] == {"deleted": 1}


def test_an_undo_that_failed_may_be_followed_by_another(tenant: Tenant, tandem: Server, accounts: dict[str, str]) -> None:
    deleted = order(tenant, "accounts:delete", where=STEEL, expect_count=3)
    refuse = "create function pg_temp.refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$"
    with tandem.connect() as connection:
        # As long as the trigger is there nothing comes back.
        connection.execute("select set_config('search_path', %s, false)", [tenant.schema])
        connection.execute(refuse.replace("pg_temp.", ""))
        connection.execute("create trigger refuse before insert on accounts for each row execute function refuse()")
        failed = tenant.post(f"/v1/operations/{deleted['id']}:undo").json()["id"]
        wait_until(lambda: tenant.get(f"/v1/operations/{failed}").json()["state"] == "failed")
        assert tenant.get(f"/v1/accounts/{accounts['A']}").status_code == 404
        connection.execute("drop function refuse cascade")
    assert undo(tenant, deleted)["counts"] == {"restored": 3}
    again = tenant.post(f"/v1/operations/{deleted['id']}:undo")
    assert (again.status_code, again.json()["code"]) == (409, "already_undone")


def test_links_among_deleted_records_come_back_whatever_page_they_were_in(tenant: Tenant) -> None:
    parent = make(tenant, "accounts", name="Parent", tags=["many"])
    made = tenant.post("/v1/accounts:batch", {"items": [
        {"op": "create", "data": {"name": f"{number}", "tags": ["many"], "parent_id": parent}} for number in range(250)]}).json()
    assert {each["status"] for each in made["results"]} == {201}
    # The last of them are in a page behind the one of the record that all lead to.
    leads = tenant.server.sql("select count(*) from accounts where parent_id is not null", schema=tenant.schema)
    assert leads == [(250,)]
    deleted = order(tenant, "accounts:delete", where={"field": "tags", "op": "contains", "value": "many"}, expect_count=251)
    undone = undo(tenant, deleted)
    assert undone["counts"] == {"restored": 251}
    assert tenant.server.sql("select count(*) from accounts where parent_id is not null", schema=tenant.schema) == leads
    # Of those that lost it in between the last change that is told is that they have it again.
    told = """
    select count(*), count(*) filter (where h.changes #>> '{parent_id,1}' is not null)
    from (select distinct on (record_id) record_id, changes from record_history where changes ? 'parent_id' order by record_id, seq desc) h
    """
    assert tenant.server.sql(told, schema=tenant.schema) == [(250, 250)]


def test_what_could_not_be_put_back_around_a_record_is_told(tenant: Tenant, accounts: dict[str, str]) -> None:
    deal = make(tenant, "opportunities", name="Deal", account_id=accounts["A"])
    deleted = order(tenant, "accounts:delete", where={"field": "name", "value": "A"}, expect_count=1)
    assert tenant.api("PATCH", f"/v1/opportunities/{deal}", {"account_id": accounts["B"]}).status_code == 200
    undone = undo(tenant, deleted)
    assert undone["counts"] == {"restored": 1}
    assert results(tenant, undone) == {accounts["A"]: ("restored", {"not_restored": {"opportunities": 1}})}



def test_another_count_than_expected_changes_nothing(tenant: Tenant, accounts: dict[str, str]) -> None:
    answer = tenant.post("/v1/accounts:update", {"where": STEEL, "data": {"lifecycle": "former"}, "expect_count": 4})
    assert (answer.status_code, answer.json()["code"], answer.json()["count"]) == (409, "count_differs", 3)
    assert tenant.get("/v1/operations").json()["items"] == []
    assert get(tenant, accounts["A"])["lifecycle"] is None


@pytest.mark.parametrize(("path", "body", "pointer"), [
    ("accounts:update", {"data": {"name": "X"}, "expect_count": 0}, "/where"),
    ("accounts:update", {"where": STEEL, "data": {"name": "X"}}, "/expect_count"),
    ("accounts:update", {"where": STEEL, "expect_count": 0}, "/data"),
    ("accounts:update", {"where": STEEL, "data": {"nothing": 1}, "expect_count": 0}, "/data/nothing"),
    ("accounts:update", {"where": {"field": "nothing"}, "data": {"name": "X"}, "expect_count": 0}, "/where/field"),
    ("accounts:delete", {"where": STEEL, "data": {}, "expect_count": 0}, "/data"),
])
def test_what_is_ordered_wrongly_is_told(tenant: Tenant, path: str, body: dict[str, Any], pointer: str) -> None:
    answer = tenant.post("/v1/" + path, body)
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [pointer])


def test_records_in_error_are_listed_and_the_others_stand(tenant: Tenant, accounts: dict[str, str]) -> None:
    one = order(tenant, "accounts:update", where={"field": "industry", "op": "is_set"}, data={"external_id": "same"}, expect_count=4)
    assert one["counts"] == {"updated": 1, "error": 3}
    errors = results(tenant, one, "error")
    assert len(errors) == 3 and all(detail["code"] == "duplicate" for _, detail in errors.values())


def test_what_no_longer_fits_is_skipped_and_a_cancelled_one_stops(tenant: Tenant, tandem: Server, accounts: dict[str, str]) -> None:
    # Ordered by somebody whose process ended, and changed by another before it is done.
    operation = tandem.sql(
        "select bulk_order(uuidv7(), %s, array(select id from accounts where industry = 'Steel'), 3, 'tests') ->> 'id'",
        ['{"object": "account", "action": "update", "where": {"field": "industry", "value": "Steel"}, "data": {"industry": "Zinc"}}'],
        schema=tenant.schema)[0][0]
    tandem.sql("update accounts set industry = 'Lead' where name = 'A'", schema=tenant.schema)
    counts = done(tenant, operation)["counts"]
    assert counts in ({"updated": 2, "skipped": 1}, {"updated": 3})  # the server may have been first
    answer = tenant.post(f"/v1/operations/{operation}:cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_people_of_contacts_and_stages_of_deals_come_back_too(tenant: Tenant) -> None:
    contact = make(tenant, "contacts", first_name="Ada", email="ada@acme.example")
    pipeline = make(tenant, "pipelines", name="Renewals")
    stages = [make(tenant, "stages", pipeline_id=pipeline, key=key, name=key, probability=chance, forecast_category="pipeline",
                   status=status) for key, chance, status in (("new", 10, "open"), ("won", 100, "won"))]
    deal = make(tenant, "opportunities", name="Deal", pipeline_id=pipeline, stage_id=stages[0])
    named = order(tenant, "contacts:update", where={"field": "first_name", "value": "Ada"}, data={"first_name": "Eda"}, expect_count=1)
    won = order(tenant, "opportunities:update", where={"field": "name", "value": "Deal"}, data={"stage_id": stages[1]}, expect_count=1)
    assert tenant.get(f"/v1/opportunities/{deal}").json()["status"] == "won"
    assert undo(tenant, named)["counts"] == undo(tenant, won)["counts"] == {"updated": 1}
    assert tenant.get(f"/v1/contacts/{contact}").json()["name"] == "Ada"
    after = tenant.get(f"/v1/opportunities/{deal}").json()
    assert (after["status"], after["stage_id"], after["probability"], after["closed_at"]) == ("open", stages[0], 10, None)


def test_the_command_line_counts_changes_and_undoes(tenant: Tenant, tandem: Server, accounts: dict[str, str]) -> None:
    words = ("account", "update", "--where", "industry eq Steel", "--set", "lifecycle=partner", "--tenant", tenant.slug)
    counted = tandem.cli(*words, "--dry-run")
    assert counted["count"] == 3 and get(tenant, accounts["A"])["lifecycle"] is None
    with pytest.raises(CommandFailed) as failed:
        tandem.cli(*words, "--expect-count", "2")
    assert failed.value.code == 6 and "3 records" in failed.value.errors
    changed = tandem.cli(*words, "--expect-count", "3")
    assert changed["state"] == "done" and get(tenant, accounts["A"])["lifecycle"] == "partner"
    assert [each["id"] for each in tandem.cli("operation", "list", "--tenant", tenant.slug)["items"]] == [changed["id"]]
    undone = tandem.cli("operation", "undo", changed["id"], "--tenant", tenant.slug)
    assert undone["counts"] == {"updated": 3} and get(tenant, accounts["A"])["lifecycle"] is None
    deleted = tandem.cli("account", "delete", "--where", "industry eq Steel", "--expect-count", "3", "--tenant", tenant.slug)
    assert tandem.cli("operation", "show", deleted["id"], "--tenant", tenant.slug)["counts"] == {"deleted": 3}


def test_the_console_shows_operations_and_undoes(tenant: Tenant, tandem: Server, accounts: dict[str, str]) -> None:
    browser = Browser(tandem).sign_in()
    path = f"/console/{tenant.slug}/operations"
    assert "Nothing ordered yet" in browser.get(path).text
    order(tenant, "accounts:update", where=STEEL, data={"lifecycle": "former"}, expect_count=3)
    page = browser.get(path)
    assert "Update accounts" in page.text and "3 of 3: updated 3" in page.text
    assert "It is being done" in browser.submit(page.form("/undo")).text
    wait_until(lambda: get(tenant, accounts["A"])["lifecycle"] is None)
    wait_until(lambda: "Undo: update accounts" in browser.get(path).text)
    assert browser.get(path).html.count("/undo") == 0
