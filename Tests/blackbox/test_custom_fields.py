"""Fields that a tenant gives its objects: every type and rule, at once everywhere, made while others write."""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from console import Browser
from server import CommandFailed, Server, Tenant

pytestmark = pytest.mark.quick
Json = dict[str, Any]


@pytest.fixture(scope="module")
def acme(tandem: Server) -> Tenant:
    return tandem.tenant("custom-fields")


def add(tenant: Tenant, object: str, name: str, type: str, **rest: Any) -> Json:
    answer = tenant.post(f"/v1/objects/{object}/fields", {"name": name, "type": type, **rest})
    assert answer.status_code == 201, answer.text
    return answer.json()


def change(tenant: Tenant, object: str, name: str, status: int = 200, **rest: Any) -> Json:
    answer = tenant.api("PATCH", f"/v1/objects/{object}/fields/{name}", rest)
    assert answer.status_code == status, answer.text
    return answer.json()


def make(tenant: Tenant, plural: str, **body: Any) -> Json:
    answer = tenant.post(f"/v1/{plural}", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def refused(tenant: Tenant, method: str, path: str, body: Json) -> list[tuple[str, str]]:
    answer = tenant.api(method, path, body)
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def stage(tenant: Tenant) -> Json:
    """What a new opportunity must name."""
    first = tenant.get("/v1/stages?limit=1&sort=position").json()["items"][0]
    return {"pipeline_id": first["pipeline_id"], "stage_id": first["id"]}


def found(tenant: Tenant, plural: str, **where: Any) -> list[str]:
    answer = tenant.post(f"/v1/{plural}/search", {"where": where, "fields": ["name"]})
    assert answer.status_code == 200, answer.text
    return sorted(item["name"] for item in answer.json()["items"])


# Type and what is said of it, a value, as it is shown, the column's type, and a wrong value with its code.
TYPES = {
    "cf_code": ({"type": "text", "maximum_bytes": 8, "pattern": "^[A-Z]+$"}, "ABC", "ABC", "text", "abc", "pattern"),
    "cf_notes": ({"type": "long_text"}, "a\nb", "a\nb", "text", [], "not_a_text"),
    "cf_seats": ({"type": "integer", "minimum": 1, "maximum": 500}, 20, 20, "bigint", 501, "out_of_range"),
    "cf_ratio": ({"type": "decimal", "minimum": -1.5}, -1.25, -1.25, "numeric", -2, "out_of_range"),
    "cf_spend": ({"type": "money", "maximum": 1000}, "12.5", "12.50", "numeric", "1000.01", "out_of_range"),
    "cf_share": ({"type": "percent"}, 12.5, 12.5, "numeric", 101, "out_of_range"),
    "cf_partner": ({"type": "boolean"}, True, True, "boolean", "perhaps", "not_a_boolean"),
    "cf_renewal": ({"type": "date"}, "2027-01-31", "2027-01-31", "date", "31.01.2027", "not_a_date"),
    "cf_seen": ({"type": "timestamp"}, "2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z", "timestamp with time zone",
                "soon", "not_a_timestamp"),
    "cf_tier": ({"type": "select", "options": ["gold", "silver"]}, "gold", "gold", "text", "tin", "unknown_option"),
    "cf_uses": ({"type": "multi_select", "options": ["web", "app", "shop"]}, ["web", "app"], ["web", "app"], "ARRAY",
                ["web", "fax"], "unknown_option"),
    "cf_page": ({"type": "url"}, "https://acme.example/a", "https://acme.example/a", "text", {}, "not_a_text"),
    "cf_mail": ({"type": "email"}, "Billing@ACME.example", "billing@acme.example", "text", "nobody", "invalid_email"),
    "cf_line": ({"type": "phone"}, "+49 30 1234567", "+49 30 1234567", "text", [], "not_a_text"),
    "cf_unit": ({"type": "currency"}, "chf", "CHF", "text", "francs", "not_a_currency"),
}


def test_every_type_is_a_typed_column_and_refuses_what_is_none_of_its_values(acme: Tenant) -> None:
    for name, (said, *_) in TYPES.items():
        add(acme, "accounts", name, **said)
    user = make(acme, "users", name="Rep", email="rep@acme.example")["id"]
    other = make(acme, "accounts", name="Holding")["id"]
    add(acme, "accounts", "cf_manager", "user")
    add(acme, "accounts", "cf_holding", "link", target="accounts")
    values = {name: row[1] for name, row in TYPES.items()} | {"cf_manager": user, "cf_holding": other}
    shown = {name: row[2] for name, row in TYPES.items()} | {"cf_manager": user, "cf_holding": other}
    made = make(acme, "accounts", name="Typed", currency="EUR", **values)
    read = acme.get(f"/v1/accounts/{made['id']}").json()
    assert {name: read[name] for name in shown} == shown

    for name, row in TYPES.items():
        assert refused(acme, "PATCH", f"/v1/accounts/{made['id']}", {name: row[4]}) == [(f"/{name}", row[5])]
    assert refused(acme, "POST", "/v1/accounts", {"name": "x", "cf_nothing": 1}) == [("/cf_nothing", "unknown_field")]
    columns = dict(acme.server.sql(
        "select column_name, data_type from information_schema.columns where table_schema = %s and table_name = 'accounts'",
        (acme.schema,)))
    assert {name: columns[name] for name in TYPES} == {name: row[3] for name, row in TYPES.items()}
    assert columns["cf_manager"] == columns["cf_holding"] == "uuid"

    cleared = acme.api("PATCH", f"/v1/accounts/{made['id']}", dict.fromkeys(shown))
    assert cleared.status_code == 200, cleared.text
    assert {name: cleared.json()[name] for name in shown} == dict.fromkeys(shown) | {"cf_uses": []}
    history = acme.get(f"/v1/accounts/{made['id']}/history").json()["items"]
    assert history[0]["changes"]["cf_seats"] == [20, None] and history[0]["changes"]["cf_manager"] == [user, None]
    then = acme.get(f"/v1/accounts/{made['id']}?as_of={history[1]['at']}").json()
    assert {name: then[name] for name in shown} == shown


def test_a_link_is_a_key_that_empties_when_its_record_goes(acme: Tenant) -> None:
    add(acme, "contacts", "cf_assistant", "link", target="contact")
    first = make(acme, "contacts", first_name="First", email="first@people.example")
    second = make(acme, "contacts", first_name="Second", email="second@people.example", cf_assistant=first["id"])
    assert refused(acme, "PATCH", f"/v1/contacts/{second['id']}", {"cf_assistant": "cont_00000000000000000000000001"}) == [
        ("/cf_assistant", "unknown_reference")]
    assert acme.api("DELETE", f"/v1/contacts/{first['id']}").status_code == 204
    assert acme.get(f"/v1/contacts/{second['id']}").json()["cf_assistant"] is None
    assert acme.post(f"/v1/contacts/{first['id']}:restore").status_code == 200
    assert acme.get(f"/v1/contacts/{second['id']}").json()["cf_assistant"] == first["id"]


def test_it_is_in_lists_filters_sums_search_and_descriptions_at_once(acme: Tenant) -> None:
    add(acme, "leads", "cf_budget", "integer", label="Budget", help="A year, in thousands.")
    add(acme, "leads", "cf_nick", "text", searchable=True, personal=True)
    add(acme, "leads", "cf_wants", "multi_select", options=["a", "b"])
    for number, (nick, wants) in enumerate([("zaphod", ["a"]), ("ford", ["a", "b"]), ("trillian", [])]):
        make(acme, "leads", last_name=f"L{number}", cf_budget=10 * number, cf_nick=nick, cf_wants=wants)
    listed = acme.get("/v1/leads?sort=-cf_budget&fields=cf_budget,cf_nick&filter=cf_budget lt 20").json()["items"]
    assert [(item["cf_budget"], item["cf_nick"]) for item in listed] == [(10, "ford"), (0, "zaphod")]
    assert [item["last_name"] for item in acme.get("/v1/leads?cf_wants=b").json()["items"]] == ["L1"]
    assert acme.get("/v1/leads?cf_nothing=1").status_code == 400
    sums = acme.post("/v1/leads:aggregate", {"measures": [{"fn": "sum", "field": "cf_budget"}]}).json()["items"]
    assert sums[0]["measures"] == {"sum_cf_budget": 30}
    indexes = acme.server.sql("select indexname from pg_indexes where schemaname = %s and indexname ~ 'cf_nick'", (acme.schema,))
    assert indexes == [("leads_cf_nick_trgm",)]
    hits = acme.post("/v1/search", {"q": "trilli"}).json()["items"]
    assert [(hit["object"], hit["title"]) for hit in hits] == [("lead", "L2")]
    described = {field["name"]: field for field in acme.get("/v1/objects/leads").json()["fields"]}
    assert described["cf_budget"].items() >= {
        "type": "integer", "custom": True, "label": "Budget", "summary": "A year, in thousands.", "required": False}.items()
    assert described["cf_nick"]["personal"] and described["cf_nick"]["searchable"]
    schemas = acme.get("/v1/openapi.json").json()["components"]["schemas"]
    assert schemas["Lead"]["properties"]["cf_wants"]["items"]["enum"] == ["a", "b"]
    assert schemas["LeadInput"]["properties"]["cf_budget"]["title"] == "Budget"
    assert "cf_budget" not in str(acme.server.cli("object", "show", "leads")["fields"])
    assert "cf_budget" in str(acme.server.cli("object", "show", "leads", "--tenant", acme.slug)["fields"])


def test_required_default_unique_and_fixed_hold(acme: Tenant) -> None:
    before = make(acme, "products", name="Before")["id"]
    add(acme, "products", "cf_line", "text", required=True)
    add(acme, "products", "cf_state", "select", options=["new", "old"], default="new")
    add(acme, "products", "cf_ean", "text", unique=True)
    add(acme, "products", "cf_origin", "text", fixed=True)
    assert refused(acme, "POST", "/v1/products", {"name": "P"}) == [("/cf_line", "required")]
    batch = acme.post("/v1/products:batch", {"items": [
        {"op": "upsert", "match": {"external_id": "new"}, "data": {"name": "P"}},
        {"op": "update", "id": before, "data": {"name": "Still before"}}]}).json()["results"]
    assert [result["status"] for result in batch] == [422, 200]  # what was there before may lack it
    assert refused(acme, "PATCH", f"/v1/products/{before}", {"cf_line": None}) == [("/cf_line", "required")]

    first = make(acme, "products", name="One", cf_line="a", cf_ean="400", cf_origin="here")
    assert first["cf_state"] == "new" and acme.get(f"/v1/products/{before}").json()["cf_state"] == "new"
    assert acme.api("PATCH", f"/v1/products/{first['id']}", {"cf_state": "old"}).json()["cf_state"] == "old"
    assert acme.api("PATCH", f"/v1/products/{first['id']}", {"cf_state": None}).json()["cf_state"] == "new"

    taken = acme.post("/v1/products", {"name": "Two", "cf_line": "a", "cf_ean": "400"})
    assert (taken.status_code, taken.json()["ids"]) == (409, [first["id"]])
    again = acme.api("PUT", "/v1/products/by/cf_ean/400", {"name": "One again"})
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(lambda n: acme.post(
            "/v1/products", {"name": f"R{n}", "cf_line": "a", "cf_ean": "race"}).status_code, range(16)))
    assert sorted(statuses) == [201] + [409] * 15

    assert refused(acme, "PATCH", f"/v1/products/{first['id']}", {"cf_origin": "there"}) == [("/cf_origin", "fixed")]
    assert acme.api("PATCH", f"/v1/products/{first['id']}", {"cf_origin": "here", "name": "One"}).status_code == 200
    assert acme.api("PATCH", f"/v1/products/{before}", {"cf_origin": "later"}).status_code == 200


def test_a_field_is_changed_hidden_and_shown_again(acme: Tenant) -> None:
    made = add(acme, "teams", "cf_kind", "select", options=["a", "b", "c"])
    team = make(acme, "teams", name="T", cf_kind="b")["id"]
    assert change(acme, "teams", "cf_kind", options=["b", "d"], label="Kind of team")["version"] == made["version"] + 1
    in_use = change(acme, "teams", "cf_kind", 409, options=["d"])
    assert (in_use["code"], in_use["references"]) == ("in_use", {"teams": 1})
    assert refused(acme, "PATCH", f"/v1/teams/{team}", {"cf_kind": "a"}) == [("/cf_kind", "unknown_option")]
    assert refused(acme, "PATCH", "/v1/objects/teams/fields/cf_kind", {"type": "text"}) == [("/type", "fixed")]
    assert change(acme, "teams", "cf_kind", default="d", required=True)["default"] == "d"
    assert make(acme, "teams", name="U")["cf_kind"] == "d"
    stale = acme.api("PATCH", "/v1/objects/teams/fields/cf_kind", {"label": "x"}, headers={"If-Match": '"v1"'})
    assert stale.status_code == 412

    change(acme, "teams", "cf_kind", hidden=True)
    assert "cf_kind" not in acme.get(f"/v1/teams/{team}").json()
    assert refused(acme, "PATCH", f"/v1/teams/{team}", {"cf_kind": "b"}) == [("/cf_kind", "unknown_field")]
    assert acme.get("/v1/teams?cf_kind=b").status_code == 400
    listed = acme.get("/v1/objects/teams/fields").json()["items"]
    assert [(field["name"], field["hidden"]) for field in listed] == [("cf_kind", True)]
    assert refused(acme, "POST", "/v1/objects/teams/fields", {"name": "cf_kind", "type": "text"}) == [("/name", "taken")]
    change(acme, "teams", "cf_kind", hidden=False)
    assert acme.get(f"/v1/teams/{team}").json()["cf_kind"] == "b"


def test_a_field_becomes_unique_only_where_no_value_repeats(acme: Tenant) -> None:
    add(acme, "users", "cf_badge", "text")
    ids = [make(acme, "users", name=f"U{n}", email=f"u{n}@acme.example", cf_badge=badge)["id"]
           for n, badge in enumerate(["1", "2", "2"])]
    clash = change(acme, "users", "cf_badge", 409, unique=True)
    assert (clash["code"], clash["values"]) == ("not_unique", {"2": 2})
    left = acme.server.sql("select count(*) from pg_indexes where schemaname = %s and indexname like 'users_cf%%'", (acme.schema,))
    assert left == [(0,)]
    acme.api("PATCH", f"/v1/users/{ids[2]}", {"cf_badge": "3"})
    assert change(acme, "users", "cf_badge", unique=True)["unique"]
    assert acme.post("/v1/users", {"name": "V", "email": "v@acme.example", "cf_badge": "3"}).status_code == 409
    assert not change(acme, "users", "cf_badge", unique=False)["unique"]
    assert acme.post("/v1/users", {"name": "V", "email": "v@acme.example", "cf_badge": "3"}).status_code == 201


@pytest.mark.parametrize(
    "body, errors",
    [
        ({"name": "size", "type": "text"}, [("/name", "invalid_name")]),
        ({"name": "cf_Size", "type": "text"}, [("/name", "invalid_name")]),
        ({"name": 'cf_x"; drop table accounts', "type": "text"}, [("/name", "invalid_name")]),
        ({"name": "cf_x", "type": "colour"}, [("/type", "unknown_option")]),
        ({"name": "cf_x"}, [("/type", "unknown_option")]),
        ({"name": "cf_x", "type": "select"}, [("/options", "required")]),
        ({"name": "cf_x", "type": "select", "options": ["a", "a"]}, [("/options", "invalid_options")]),
        ({"name": "cf_x", "type": "select", "options": ["a"], "default": "b"}, [("/default", "unknown_option")]),
        ({"name": "cf_x", "type": "integer", "minimum": 5, "maximum": 1}, [("/maximum", "out_of_range")]),
        ({"name": "cf_x", "type": "integer", "pattern": "a"}, [("/pattern", "unsuitable")]),
        ({"name": "cf_x", "type": "text", "pattern": "(a"}, [("/pattern", "invalid_pattern")]),
        ({"name": "cf_x", "type": "link", "target": "moons"}, [("/target", "unknown_option")]),
        ({"name": "cf_x", "type": "boolean", "unique": True}, [("/unique", "unsuitable")]),
        ({"name": "cf_x", "type": "text", "colour": 1}, [("/colour", "unknown_field")]),
    ])
def test_a_wrong_field_is_told_what_is_wrong(acme: Tenant, body: Json, errors: list[tuple[str, str]]) -> None:
    assert refused(acme, "POST", "/v1/objects/contacts/fields", body) == errors


def test_money_needs_a_field_that_names_its_currency(acme: Tenant) -> None:
    wanted = {"name": "cf_worth", "type": "money"}
    assert refused(acme, "POST", "/v1/objects/leads/fields", wanted) == [("/currency", "unknown_field")]
    add(acme, "leads", "cf_currency", "currency")
    add(acme, "leads", "cf_worth", "money", currency="cf_currency")
    made = make(acme, "leads", last_name="Rich", cf_worth="1200", cf_currency="JPY")
    assert made["cf_worth"] == "1200"


def test_a_dry_run_and_another_tenant_see_nothing(acme: Tenant, tenant: Tenant) -> None:
    dry = acme.post("/v1/objects/accounts/fields?dry_run=true", {"name": "cf_dry", "type": "text", "unique": True})
    assert dry.status_code == 200 and dry.json()["dry_run"] and dry.json()["unique"], dry.text
    assert acme.get("/v1/objects/accounts/fields").text.count("cf_dry") == 0
    add(acme, "accounts", "cf_mine", "text")
    assert "cf_mine" not in tenant.get("/v1/objects/accounts").text + tenant.get("/v1/openapi.json").text
    assert refused(tenant, "POST", "/v1/accounts", {"name": "x", "cf_mine": "y"}) == [("/cf_mine", "unknown_field")]
    answer = tenant.api("PATCH", "/v1/objects/accounts/fields/cf_mine", {"hidden": True})
    assert answer.status_code == 404


def test_a_lead_gives_what_it_becomes_the_fields_of_the_same_name_and_type(acme: Tenant) -> None:
    for object in ("leads", "contacts", "accounts"):
        add(acme, object, "cf_region", "select", options=["north", "south"] if object != "accounts" else ["south"])
    which = make(acme, "leads", last_name="Moving", company="Movers", cf_region="north")["id"]
    done = acme.post(f"/v1/leads/{which}:convert", {}).json()
    assert acme.get(f"/v1/contacts/{done['contact']['id']}").json()["cf_region"] == "north"
    assert acme.get(f"/v1/accounts/{done['account']['id']}").json()["cf_region"] is None  # it has no such option


def test_command_line_import_and_bi_know_it(acme: Tenant, tmp_path: pathlib.Path) -> None:
    server = acme.server
    dry = server.cli("field", "create", "accounts", "cf_plan", "--type", "select", "--options", "free,paid", "--tenant", acme.slug,
                     "--dry-run")
    assert dry["dry_run"]
    made = server.cli("field", "create", "accounts", "cf_plan", "--type", "select", "--options", "free,paid", "--tenant", acme.slug,
                      "--label", "Plan", "--help-text", "What they pay for.")
    assert made["name"] == "cf_plan"
    # The running server knows what another process made.
    assert make(acme, "accounts", name="By HTTP", cf_plan="free")["cf_plan"] == "free"
    assert server.cli("account", "create", "--set", "name=By hand", "--set", "cf_plan=paid", "--tenant", acme.slug)["cf_plan"] == "paid"
    with pytest.raises(CommandFailed) as failure:
        server.cli("account", "create", "--set", "name=x", "--set", "cf_plan=none", "--tenant", acme.slug)
    assert failure.value.code == 64

    rows = tmp_path / "accounts.csv"
    rows.write_text("id,name,plan\n1,Imported,paid\n2,Wrong,gratis\n")
    mapping = tmp_path / "map.yaml"
    mapping.write_text("format: {kind: csv}\nmatch: external_id\nfields:\n  external_id: id\n  name: name\n  cf_plan: plan\n")
    imported = server.cli("import", "accounts", str(rows), "--map", str(mapping), "--tenant", acme.slug)["import"]
    assert (imported["created"], imported["rejected"]) == (1, 1)
    assert found(acme, "accounts", field="cf_plan", op="eq", value="paid") == ["By hand", "Imported"]

    login = server.cli("bi", "user", "create", acme.slug, "fields-" + uuid.uuid4().hex[:6])
    with psycopg.connect(login["dsn"]) as connection:
        assert connection.execute("select count(*) from accounts where cf_plan = 'paid'").fetchone() == (2,)
        comment = connection.execute(
            "select col_description('accounts'::regclass, attnum) from pg_attribute"
            " where attrelid = 'accounts'::regclass and attname = 'cf_plan'").fetchone()
        assert comment == ("Plan: What they pay for.",)
    hidden = server.cli("field", "update", "accounts", "cf_plan", "--hide", "--tenant", acme.slug)
    assert hidden["hidden"]
    names = [field["name"] for field in server.cli("field", "list", "accounts", "--tenant", acme.slug)["items"]]
    assert "cf_plan" in names
    server.cli("field", "update", "accounts", "cf_plan", "--show", "--tenant", acme.slug)


def test_fields_are_added_while_others_write(tandem: Server, figures: Callable[[str, Any], None], full: bool) -> None:
    busy = tandem.tenant("custom-fields-busy-" + uuid.uuid4().hex[:6])
    over = threading.Event()
    times: list[float] = []

    def write(number: int) -> int:
        count = 0
        contact = make(busy, "contacts", first_name="Busy", email=f"b{number}@busy.example")["id"]
        while not over.is_set():
            count += 1
            began = time.monotonic()
            if number % 2:
                answer = busy.ingest("identify", {
                    "userId": f"u{number}-{count % 50}", "messageId": uuid.uuid4().hex,
                    "traits": {"email": f"u{number}-{count % 50}@busy.example", "company": {"id": f"c{count % 20}", "name": "C"}}})
            elif count % 3:
                answer = busy.api("PATCH", f"/v1/contacts/{contact}", {"title": f"T{count}"})
            else:
                answer = busy.get("/v1/contacts?limit=20")
            times.append(time.monotonic() - began)
            assert answer.status_code == 200, answer.text
        return count

    locked, took = [], []
    with concurrent.futures.ThreadPoolExecutor(6) as threads:
        writers = [threads.submit(write, number) for number in range(6)]
        try:
            time.sleep(0.3)
            for number in range(40 if full else 4):
                for object, said in (("contacts", {"type": "integer", "maximum": 9}), ("accounts", {"type": "text", "unique": True}),
                                     ("contacts", {"type": "link", "target": "account"})):
                    began = time.monotonic()
                    made = add(busy, object, f"cf_{object[:1]}{said['type']}{number}", **said)
                    took.append(time.monotonic() - began)
                    locked.append(made["locked_ms"])
        finally:
            over.set()
        counts = [writer.result() for writer in writers]
    assert len(locked) == len(took) and all(counts)
    # Each was answered within the time that the server gives a request, so nobody waits behind a column. How long it was is a figure.
    contact = make(busy, "contacts", first_name="After", email="after@busy.example", cf_cinteger0=9)
    assert contact["cf_cinteger0"] == 9
    figures("fields added while six clients wrote", len(locked))
    figures("requests meanwhile, none failed", sum(counts))
    figures("ms that a table was locked, greatest", max(locked))
    figures("ms that a request took, greatest", round(max(times) * 1000, 1))
    figures("ms that a field took to be made, greatest", round(max(took) * 1000, 1))


def test_the_console_adds_changes_and_hides_one(acme: Tenant) -> None:
    browser = Browser(acme.server).sign_in()
    page = browser.get(f"/console/{acme.slug}/fields?object=opportunities")
    assert "None yet" in page.text
    wrong = browser.submit(page.form("/add"), name="cf_size", type="select", options="small, small")
    assert wrong.response.status_code == 422 and "different texts" in wrong.text
    added = browser.submit(page.form("/add"), name="cf_size", type="select", options="small, big", label="Size of it")
    assert "The field is there" in added.text and "Size of it" in added.text
    path = f"/console/{acme.slug}/fields/opportunities/cf_size"
    page = browser.get(path)
    assert browser.submit(page.form("/cf_size"), options="small, big, huge", label="Size", hidden="1").response.status_code == 200
    listed = acme.get("/v1/objects/opportunities/fields").json()["items"]
    assert [(field["label"], field["options"], field["hidden"]) for field in listed] == [("Size", ["small", "big", "huge"], True)]
    change(acme, "opportunities", "cf_size", hidden=False)
    add(acme, "leads", "cf_area", "text")
    add(acme, "accounts", "cf_shops", "multi_select", options=["web", "app"])
    for object, name, value, shown in (("opportunities", "cf_size", "huge", "Size huge"), ("leads", "cf_area", "south", "Area south"),
                                       ("accounts", "cf_shops", ["web", "app"], "Shops web, app")):
        fields = {"leads": {"last_name": "Shown"}, "accounts": {"name": "Shown"}}.get(object, {"name": "Shown", **stage(acme)})
        which = make(acme, object, **fields, **{name: value})["id"]
        assert shown in browser.get(f"/console/{acme.slug}/{object}/{which}").text
    assert browser.get(path.replace("cf_size", "cf_none")).response.status_code == 404


def test_there_may_be_five_hundred(acme: Tenant, tandem: Server) -> None:
    tandem.sql(
        "insert into custom_field (object, name, type, label, position, created_by)"
        " select 'stage', 'cf_n' || n, 'text', 'N', n, 'tests' from generate_series(1, 500) n on conflict do nothing",
        schema=acme.schema)
    try:
        answer = acme.post("/v1/objects/stages/fields", {"name": "cf_more", "type": "text"})
        assert (answer.status_code, answer.json()["code"]) == (409, "limit_reached"), answer.text
        assert "500" in answer.json()["message"]
    finally:
        tandem.sql("delete from custom_field where object = 'stage'", schema=acme.schema)


def test_keys_that_may_not_are_refused(acme: Tenant) -> None:
    key = acme.server.cli("key", "create", "--kind", "restricted", "--scopes", "crm:read,crm:write", "--tenant", acme.slug)["key"]
    answer = acme.api("POST", "/v1/objects/accounts/fields", {"name": "cf_no", "type": "text"},
                      headers={"Authorization": f"Bearer {key}"})
    assert (answer.status_code, json.loads(answer.text)["code"]) == (403, "insufficient_scope")


def test_a_hidden_field_is_dropped_for_good(tandem: Server) -> None:
    tenant = tandem.tenant("fields-dropped")

    def drop(object: str, name: str, dry_run: bool = False) -> Any:
        return tenant.post(f"/v1/objects/{object}/fields/{name}:drop" + ("?dry_run=true" if dry_run else ""), {})

    add(tenant, "accounts", "cf_gone", "text", searchable=True, unique=True)
    accounts = [tenant.post("/v1/accounts", {"name": f"Drop {n}", "cf_gone": f"v{n}"}).json()["id"] for n in range(3)]
    tenant.post("/v1/accounts", {"name": "Without"})
    deleted = tenant.post("/v1/accounts", {"name": "In the bin", "cf_gone": "bin"}).json()["id"]
    assert tenant.api("DELETE", f"/v1/accounts/{deleted}").status_code == 204
    shown = drop("accounts", "cf_gone", dry_run=True)
    assert (shown.status_code, shown.json()["code"]) == (409, "conflict") and "hide it first" in shown.json()["message"]
    view = {"object": "account", "name": "By it", "filter": {"field": "cf_gone", "op": "is_set"}}
    made = tenant.post("/v1/views", view)
    assert made.status_code == 201, made.text
    change(tenant, "accounts", "cf_gone", hidden=True)
    used = drop("accounts", "cf_gone")
    assert (used.status_code, used.json()["code"]) == (409, "in_use") and "views" in used.text
    assert tenant.api("DELETE", f"/v1/views/{made.json()['id']}").status_code == 204

    planned = drop("accounts", "cf_gone", dry_run=True).json()
    assert (planned["values"], planned["dry_run"], planned["name"]) == (3, True, "cf_gone")
    words = tandem.cli("field", "drop", "accounts", "cf_gone", "--dry-run", "--tenant", tenant.slug, json=False)
    assert words == "3 values would go with cf_gone.\n"
    columns = "select count(*) from information_schema.columns where table_schema = %s and column_name = 'cf_gone'"
    assert tandem.sql(columns, (tenant.schema,)) == [(1,)]
    done = tandem.cli("field", "drop", "accounts", "cf_gone", "--tenant", tenant.slug)
    assert done["values"] == 3 and tandem.sql(columns, (tenant.schema,)) == [(0,)]
    assert drop("accounts", "cf_gone").status_code == 404
    assert tenant.get("/v1/objects/accounts/fields").json()["items"] == []
    for which in accounts:
        assert "cf_gone" not in tenant.get(f"/v1/accounts/{which}").json()
        assert tenant.get(f"/v1/accounts/{which}/history").status_code == 200
    assert tenant.post(f"/v1/accounts/{deleted}:restore", {}).status_code == 200, "what the bin holds of it is left out"
    audit = tandem.sql("select detail ->> 'values' from audit where action = 'field.drop'", schema=tenant.schema)
    assert audit == [("3",)]
    add(tenant, "accounts", "cf_gone", "integer")
    assert tenant.api("PATCH", f"/v1/accounts/{accounts[0]}", {"cf_gone": 7}).json()["cf_gone"] == 7, "the name is free again"


def test_a_field_is_dropped_while_others_write(tandem: Server) -> None:
    tenant = tandem.tenant("fields-dropped-busy")
    add(tenant, "contacts", "cf_busy", "text")
    change(tenant, "contacts", "cf_busy", hidden=True)
    wrong: list[Any] = []
    end = threading.Event()

    def write() -> None:
        while not end.is_set():
            answer = tenant.post("/v1/contacts", {"last_name": "Busy"})
            if answer.status_code != 201:
                wrong.append(answer.text)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    try:
        assert tenant.post("/v1/objects/contacts/fields/cf_busy:drop", {}).status_code == 200
    finally:
        end.set()
        for writer in writers:
            writer.join()
    assert wrong == []
