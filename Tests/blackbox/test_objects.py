"""Every object that the product describes behaves as every other: the tests are made from the description alone.

A new object is tested here from the moment that it is in the catalogue. What a field's type does not tell (a deal's stage must
be of its pipeline) the generator solves by rules that hold for all."""

from __future__ import annotations

import csv
import pathlib
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import requests
import sqlalchemy

from objects import NEVER_EMPTY, Json, Maker, cell, described, differences, in_sql, plain_id, same, unknown_id, writable
from server import Server, Tenant

OBJECTS = described()
# Types without a value that a record could be asked for.
NO_VALUES = ("tags", "links", "field_names", "condition")
each = pytest.mark.parametrize("object", OBJECTS, ids=[object["object"] for object in OBJECTS])
ROUTES = [
    ("get", ""), ("post", ""), ("post", "/search"), ("post", ":aggregate"), ("post", ":batch"), ("get", "/{id}"),
    ("patch", "/{id}"), ("delete", "/{id}"), ("post", "/{id}:restore"), ("get", "/by/{field}/{value}"),
    ("put", "/by/{field}/{value}"), ("get", "/{id}/history"), ("get", "/{id}/timeline"), ("get", "/{id}/sources"),
]


@pytest.fixture(scope="module")
def maker(tandem: Server) -> Maker:
    return Maker(tandem.tenant("objects"))


@pytest.fixture(scope="module")
def other(tandem: Server) -> Maker:
    """Another tenant with records of the same objects; `word` is in all of them."""
    return Maker(tandem.tenant("objects-other"), "foreign" + uuid.uuid4().hex[:5])


@pytest.fixture(scope="module")
def bi(tandem: Server, maker: Maker) -> str:
    return tandem.cli("bi", "user", "create", "objects", "reader")["dsn"]


def base(object: Json) -> str:
    return "/v1/" + object["object"]


def ids(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def refused(answer: requests.Response, status: int = 422) -> set[str]:
    """The pointers of a refusal."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    return {error["pointer"] for error in answer.json().get("errors", [])}


def pages(tenant: Tenant, path: str) -> list[str]:
    found: list[str] = []
    after = ""
    while True:
        page = tenant.get(path + after).json()
        found += [item["id"] for item in page["items"]]
        if not page["page"]["has_more"]:
            return found
        after = "&after=" + page["page"]["next"]


@each
def test_the_server_describes_it_with_all_its_routes(object: Json, maker: Maker) -> None:
    tenant = maker.tenant
    assert tenant.get(f"/v1/objects/{object['object']}").json() == object
    assert tenant.get(f"/v1/objects/{object['name']}").json() == object
    assert object in tenant.get("/v1/objects").json()["items"]
    paths = requests.get(tenant.server.base_url + "/openapi.json", timeout=30).json()["paths"]
    assert [route for route in ROUTES if route[0] not in paths.get(base(object) + route[1], {})] == []
    names = [field["name"] for field in object["fields"]]
    common = ["id", "external_id", "owner_id", "tags", "created_at", "updated_at", "created_by", "version"]
    assert set(common) <= set(names) and len(names) == len(set(names))
    assert object["title"] in names and set(object["keys"]) <= set(names)
    assert all(field["summary"] for field in object["fields"])


@each
def test_what_is_written_is_read(object: Json, maker: Maker) -> None:
    tenant = maker.tenant
    body = maker.body(object["name"])
    made = tenant.post(base(object), body)
    assert made.status_code == 201, made.text
    record, place = made.json(), made.headers["Location"]
    assert place == f"{base(object)}/{record['id']}" and record["id"].startswith(object["id_prefix"] + "_")
    assert list(differences(object["fields"], body, record)) == []
    assert {field["name"] for field in object["fields"]} <= set(record)
    assert tenant.get(place).json() == record
    assert tenant.get(f"{base(object)}/{plain_id(record['id'])}").json() == record
    assert record in tenant.get(base(object), params={"limit": 1000}).json()["items"], "a list shows it no otherwise"
    known = tenant.get(place, headers={"If-None-Match": made.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    for view in ("timeline", "sources"):
        assert isinstance(tenant.get(f"{place}/{view}").json()["items"], list)

    change = maker.changed(object, record)
    changed = tenant.api("PATCH", place, change, headers={"If-Match": made.headers["ETag"]})
    assert changed.status_code == 200, changed.text
    assert list(differences(object["fields"], change, changed.json())) == []
    assert changed.json()["version"] == record["version"] + 1 and changed.json()["created_at"] == record["created_at"]
    stale = tenant.api("PATCH", place, body, headers={"If-Match": made.headers["ETag"]})
    assert (stale.status_code, stale.json()["version"]) == (412, changed.json()["version"])
    assert tenant.get(place).json() == changed.json()
    again = tenant.api("PATCH", place, change)
    assert again.json()["version"] == changed.json()["version"], "what says nothing new changes nothing"


@each
def test_null_clears_what_is_not_required(object: Json, maker: Maker) -> None:
    record = maker.create(object["name"])
    empty = maker.create(object["name"], only_required=True)
    optional = [field["name"] for field in writable(object)
                if not field["required"] and (object["name"], field["name"]) not in NEVER_EMPTY]
    cleared = maker.tenant.api("PATCH", f"{base(object)}/{record['id']}", dict.fromkeys(optional))
    assert cleared.status_code == 200, cleared.text
    # A new record takes the tenant's currency for want of one; null takes it away all the same.
    currencies = {field["name"] for field in object["fields"] if field["type"] == "currency"}
    expected = {name: None if name in currencies else empty[name] for name in optional}
    assert {name: cleared.json()[name] for name in optional} == expected


@each
def test_lists_filter_sort_and_page(object: Json, maker: Maker) -> None:
    tenant, tag = maker.tenant, "t" + uuid.uuid4().hex[:8]
    records = [maker.create(object["name"], tags=[tag, f"n{n}"]) for n in range(3)]
    made = {record["id"] for record in records}
    assert set(ids(tenant.get(f"{base(object)}?tags={tag}"))) == made
    counted = tenant.get(f"{base(object)}?tags={tag}&count=exact&limit=2").json()["page"]
    assert (counted["count"], counted["has_more"]) == (3, True)
    for field in object["fields"]:
        name, value = field["name"], records[0][field["name"]]
        if field["sortable"]:
            ascending = pages(tenant, f"{base(object)}?tags={tag}&sort={name},id&limit=1")
            assert set(ascending) == made and len(ascending) == 3, name
            assert pages(tenant, f"{base(object)}?tags={tag}&sort=-{name},-id&limit=2") == ascending[::-1], name
        if value is None or field["type"] in NO_VALUES:
            continue
        equal = {record["id"] for record in records if record[name] == value}
        asked = {"all": [{"field": "tags", "op": "contains", "value": tag}, {"field": name, "value": value}]}
        found = tenant.post(base(object) + "/search", {"where": asked, "limit": 10})
        assert set(ids(found)) == equal, f"{name} eq {value}"
        text = str(value).lower() if field["type"] == "boolean" else str(value)
        listed = tenant.get(f"{base(object)}?" + requests.compat.urlencode({"tags": tag, name: text}))
        assert set(ids(listed)) == equal, f"{name}={text}"
        missing = {"all": [asked["all"][0], {"field": name, "op": "is_not_set"}]}
        assert ids(tenant.post(base(object) + "/search", {"where": missing})) == [], name
    shown = tenant.get(f"{base(object)}?tags={tag}&fields={object['title']}&limit=1").json()["items"][0]
    assert set(shown) == {"id", object["title"]}
    for field in (field for field in object["fields"] if field["type"] == "link" and records[0][field["name"]]):
        included = tenant.get(f"{base(object)}?tags={tag}&include={field['name'].removesuffix('_id')}")
        assert included.status_code == 200, included.text


@each
def test_an_upsert_by_each_key_makes_one_record(object: Json, maker: Maker) -> None:
    tenant = maker.tenant
    for key in object["keys"]:
        field = next(field for field in object["fields"] if field["name"] == key)
        body = maker.body(object["name"])
        value = str(uuid.uuid4()) if key == "id" else body.pop(key)
        path = f"{base(object)}/by/{key}/{requests.utils.quote(value, safe='')}"
        assert tenant.get(path).status_code == 404
        first = tenant.api("PUT", path, body)
        assert (first.status_code, first.json().get("created")) == (201, True), first.text
        second = tenant.api("PUT", path, {"tags": ["second"]})
        assert (second.status_code, second.json()["created"], second.json()["id"]) == (200, False, first.json()["id"])
        assert tenant.get(path).json()["tags"] == ["second"]
        if key != "id":
            assert same(field, value, first.json()[key])
        stale = tenant.api("PUT", path, {"tags": []}, headers={"If-Match": first.headers["ETag"]})
        assert stale.status_code == 412
        only_new = tenant.api("PUT", path, {"tags": []}, headers={"If-None-Match": "*"})
        assert only_new.status_code == 412
    assert tenant.api("PUT", f"{base(object)}/by/version/1", {}).status_code == 404
    taken = tenant.post(base(object), {**maker.body(object["name"]), "external_id": first.json()["external_id"] or "x"})
    if first.json()["external_id"]:
        assert (taken.status_code, taken.json()["ids"]) == (409, [first.json()["id"]])


@each
def test_a_batch_answers_every_item_in_order(object: Json, maker: Maker) -> None:
    tenant = maker.tenant
    known, gone = maker.create(object["name"]), maker.create(object["name"])
    fresh = maker.body(object["name"])
    items = [
        {"op": "create", "data": maker.body(object["name"])},
        {"op": "update", "id": known["id"], "data": {"tags": ["batch"]}},
        {"op": "update", "id": known["id"], "data": {"tags": ["batch"]}},
        {"op": "upsert", "match": {"external_id": fresh["external_id"]}, "data": fresh},
        {"op": "upsert", "match": {"external_id": known["external_id"]}, "data": {"tags": ["last"]}},
        {"op": "create", "data": {"nonsense": 1}},
        {"op": "delete", "id": gone["id"]},
        {"op": "restore", "id": gone["id"]},
        {"op": "update", "id": unknown_id(object["id_prefix"]), "data": {"tags": []}},
    ]
    answer = tenant.post(base(object) + ":batch", {"items": items})
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [result["index"] for result in results] == list(range(len(items)))
    assert [result["status"] for result in results] == [201, 200, 200, 201, 200, 422, 204, 200, 404], results
    assert results[2]["outcome"] == "unchanged" and results[4]["id"] == known["id"]
    assert tenant.get(f"{base(object)}/{known['id']}").json()["tags"] == ["last"]
    before = tenant.get(base(object) + "?count=exact&limit=1").json()["page"]["count"]
    all_or_none = tenant.post(base(object) + ":batch", {"mode": "all", "items": [items[1], items[0] | {"data": {"nonsense": 1}}]})
    assert {result["outcome"] for result in all_or_none.json()["results"]} == {"error"}
    assert tenant.get(base(object) + "?count=exact&limit=1").json()["page"]["count"] == before
    assert tenant.get(f"{base(object)}/{known['id']}").json()["tags"] == ["last"]


@each
def test_search_and_sums(object: Json, maker: Maker) -> None:
    tenant, tag = maker.tenant, "s" + uuid.uuid4().hex[:8]
    records = [maker.create(object["name"], tags=[tag]) for _ in range(2)]
    for field in (field for field in object["fields"] if field["searchable"]):
        part = records[0][field["name"]][:-1].upper()
        found = tenant.post(base(object) + "/search", {"where": {"field": field["name"], "op": "contains", "value": part}})
        assert records[0]["id"] in ids(found), field["name"]
    if object["title"] in [field["name"] for field in object["fields"] if field["searchable"]]:
        paths = requests.get(tenant.server.base_url + "/openapi.json", timeout=30).json()["paths"]
        if "/v1/search" in paths:
            found = tenant.post("/v1/search", {"q": records[1][object["title"]]})
            assert records[1]["id"] in [item["id"] for item in found.json()["items"]]
    where = {"field": "tags", "op": "contains", "value": tag}
    assert tenant.post(base(object) + ":aggregate", {"where": where}).json()["items"][0]["measures"] == {"count": 2}
    numbers = [f["name"] for f in object["fields"] if f["type"] in ("integer", "decimal", "money", "percent")]
    for name in numbers:
        asked = {"where": where, "measures": [{"fn": fn, "field": name} for fn in ("sum", "min", "max")]}
        items = tenant.post(base(object) + ":aggregate", asked).json()["items"]
        values = [float(record[name]) for record in records]
        assert len(items) == 1, f"{name}: {items}"
        got = [float(items[0]["measures"][f"{fn}_{name}"]) for fn in ("sum", "min", "max")]
        assert got == pytest.approx([sum(values), min(values), max(values)]), name
    for field in object["fields"]:
        if field["type"] in ("select", "boolean", "link") and records[0][field["name"]] is not None:
            groups = tenant.post(base(object) + ":aggregate", {"where": where, "group": [field["name"]]}).json()["items"]
            assert sum(group["measures"]["count"] for group in groups) == 2, field["name"]
            assert records[0][field["name"]] in [group["group"][field["name"]] for group in groups]


@each
def test_history_tells_what_was_and_as_of_shows_it(object: Json, maker: Maker) -> None:
    tenant = maker.tenant
    record = maker.create(object["name"])
    place = f"{base(object)}/{record['id']}"
    between = tenant.server.sql("select to_char(now() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")[0][0]
    changed = tenant.api("PATCH", place, maker.changed(object, record)).json()
    items = tenant.get(place + "/history").json()["items"]
    # What a new contact's person is, is an entry of its own.
    expected = [("update", changed["version"]), *(("update", n) for n in range(record["version"], 1, -1)), ("create", 1)]
    assert [(item["action"], item["version"]) for item in items] == expected, items
    assert changed["version"] == record["version"] + 1
    assert items[0]["actor"] == items[-1]["actor"] == record["created_by"]
    for field in object["fields"]:
        name = field["name"]
        if record[name] != changed[name] and not field["read_only"]:
            old, new = items[0]["changes"][name]
            assert same(field, record[name], old) and same(field, changed[name], new), name
    assert tenant.get(place, params={"as_of": changed["updated_at"]}).json()["version"] == changed["version"]
    then = tenant.get(place, params={"as_of": between}).json()
    assert list(differences(object["fields"], {**record, "updated_at": then["updated_at"]}, then)) == []
    assert tenant.get(place, params={"as_of": "2001-01-01T00:00:00Z"}).status_code == 404
    first = tenant.get(place + "/history?limit=1").json()
    rest = tenant.get(place + "/history", params={"after": first["page"]["next"]}).json()
    assert [item["seq"] for item in first["items"] + rest["items"]] == [item["seq"] for item in items]


@each
def test_the_bin_gives_back_what_it_took(object: Json, maker: Maker) -> None:
    tenant = maker.tenant
    record = maker.create(object["name"])
    place = f"{base(object)}/{record['id']}"
    stale = tenant.api("DELETE", place, headers={"If-Match": '"v99"'})
    assert stale.status_code == 412
    assert tenant.api("DELETE", place).status_code == 204
    assert tenant.get(place).status_code == 404 and tenant.api("DELETE", place).status_code == 404
    assert tenant.api("PATCH", place, {"tags": []}).status_code == 404
    assert ids(tenant.get(f"{base(object)}?external_id={record['external_id']}")) == []
    assert tenant.get(place + "/history").json()["items"][0]["action"] == "delete"
    restored = tenant.post(place + ":restore")
    assert restored.status_code == 200, restored.text
    shown = tenant.get(place).json()
    changing = ("updated_at", "version")
    assert {k: v for k, v in shown.items() if k not in changing} == {k: v for k, v in record.items() if k not in changing}
    assert tenant.post(place + ":restore").status_code == 404


def wrong_values(field: Json) -> list[Any]:
    """What a field of its type must not take."""
    kind = field["type"]
    wrong: list[Any] = [{"nonsense": True}]
    if kind in ("integer", "decimal", "money", "percent", "date", "timestamp", "boolean", "currency", "select", "link", "tags"):
        wrong.append("no such thing")
    if kind in ("integer", "percent"):
        wrong += [field["minimum"] - 1, field["maximum"] + 1, True]
    if kind in ("decimal", "money"):
        wrong += [10**16, "1.23456", True]
    if kind in ("date", "timestamp"):
        wrong += ["2026-02-30", 20260101]
    if kind in ("email", "domain"):
        wrong += ["@", "a b"]
    if kind == "tags":
        wrong += [["x" * 101], [1], [f"n{n}" for n in range(101)]]
    if kind == "currency":
        wrong += ["EURO", "€"]
    if kind in ("field_names", "condition", "record"):
        wrong.append("no such thing")
    if kind == "field_names":
        wrong += [["nonsense"], [1]]
    if "maximum_bytes" in field:
        wrong += ["x" * (field["maximum_bytes"] + 1), "é" * (field["maximum_bytes"] // 2 + 1), ["x"]]
    return wrong


@each
def test_what_is_wrong_is_refused_with_its_place(object: Json, maker: Maker) -> None:
    tenant = maker.tenant
    body = maker.body(object["name"])
    record = maker.create(object["name"])
    place = f"{base(object)}/{record['id']}"
    for field in writable(object):
        name = field["name"]
        for value in wrong_values(field):
            for answer in (tenant.post(base(object), {**body, name: value}), tenant.api("PATCH", place, {name: value})):
                pointers = refused(answer)
                if field["type"] == "condition":
                    pointers = {"/" + pointer.split("/")[1] for pointer in pointers}
                assert pointers == {"/" + name}, f"{name}: {value!r:.60}"
        if field["type"] == "link":
            stranger = unknown_id(maker.objects[field["target"]]["id_prefix"])
            assert refused(tenant.post(base(object), {**body, name: stranger})) == {"/" + name}, name
        # A word that an id's prefix tells may be left out.
        told = {other["object"] for other in object["fields"] if other["type"] == "record"}
        if field["required"] and name not in told:
            without = {key: value for key, value in body.items() if key != name}
            assert refused(tenant.post(base(object), without)) == {"/" + name}
            assert refused(tenant.api("PATCH", place, {name: None})) == {"/" + name}
    for field in object["fields"]:
        if field["read_only"]:
            assert refused(tenant.post(base(object), {**body, field["name"]: "x"})) == {"/" + field["name"]}
    assert refused(tenant.post(base(object), {**body, "a/b~c": 1})) == {"/a~1b~0c"}
    assert refused(tenant.post(base(object), {**body, "nonsense": 1, "external_id": {}})) == {"/nonsense", "/external_id"}
    assert refused(tenant.post(base(object) + "/search", {"where": {"field": "nonsense", "value": 1}})) == {"/where/field"}
    assert refused(tenant.post(base(object) + ":aggregate", {"group": ["nonsense"]})) == {"/group/0"}
    for query in ("nonsense=1", "sort=nonsense", "fields=nonsense", "limit=0", "after=c_x"):
        assert tenant.get(f"{base(object)}?{query}").status_code == 400, query
    for text in ("nonsense", unknown_id("zz"), unknown_id(object["id_prefix"])):
        assert tenant.get(f"{base(object)}/{text}").status_code == 404
    assert tenant.get(place).json() == record


@each
def test_rows_of_a_record_come_and_go_with_it(object: Json, maker: Maker) -> None:
    tenant = maker.tenant
    for child in object["children"]:
        name = child["name"]
        record = maker.create(object["name"])
        place = f"{base(object)}/{record['id']}"
        rows = maker.rows(child)
        changed = tenant.api("PATCH", place, {name: rows})
        assert changed.status_code == 200, changed.text
        shown = changed.json()[name]
        for row in rows:
            assert any(not list(differences(child["fields"], row, other)) for other in shown), f"{row} is not in {shown}"
        assert tenant.get(place).json()[name] == shown
        assert refused(tenant.api("PATCH", place, {name: [rows[0], {**rows[1], "nonsense": 1}]})) == {f"/{name}/1/nonsense"}
        # A word that an id's prefix tells may be left out.
        told = {field["object"] for field in child["fields"] if field["type"] == "record"}
        for field in child["fields"]:
            if field["required"] and field["name"] not in told:
                without = {key: value for key, value in rows[0].items() if key != field["name"]}
                assert f"/{name}/0/{field['name']}" in refused(tenant.api("PATCH", place, {name: [without]}))
        assert refused(tenant.api("PATCH", place, {name: "x"})) == {"/" + name}
        assert tenant.api("DELETE", place).status_code == 204
        assert tenant.post(place + ":restore").status_code == 200
        assert tenant.get(place).json()[name] == shown


@each
def test_a_repeated_request_answers_the_same(object: Json, maker: Maker) -> None:
    body, key = maker.body(object["name"]), {"Idempotency-Key": uuid.uuid4().hex}
    first, second = (maker.tenant.post(base(object), body, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json() and second.headers["Idempotency-Replayed"] == "true"


@each
def test_a_module_that_a_tenant_has_not_is_closed(object: Json, tandem: Server) -> None:
    tenant = tandem.tenant("objects-cdp", modules="cdp")
    answer = tenant.get(base(object))
    if object["module"] in (None, "cdp"):
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "module_disabled")
        assert object["object"] not in [item["object"] for item in tenant.get("/v1/objects").json()["items"]]
        assert tenant.get(f"/v1/objects/{object['object']}").status_code == 404


@each
def test_a_file_is_imported_twice_and_undone(object: Json, maker: Maker, tmp_path: pathlib.Path) -> None:
    tenant = maker.tenant
    fields = [field for field in writable(object) if field["type"] != "link" or field["target"] in maker.objects]
    records = [maker.body(object["name"]) for _ in range(3)]
    lines = ["match: external_id", "fields:"]
    linked: dict[str, str] = {}
    for field in fields:
        name = field["name"]
        if field["type"] == "link":
            lines.append(f"  {name}: {{column: {name}, ref: {maker.objects[field['target']]['object']}.external_id}}")
            plural = maker.objects[field["target"]]["object"]
            for record in records:
                # Minimal records have no external id: the file needs a word for them.
                known = linked.setdefault(record[name], "ref-" + uuid.uuid4().hex[:8])
                tenant.api("PATCH", f"/v1/{plural}/{record[name]}", {"external_id": known}).raise_for_status()
        else:
            lines.append(f"  {name}: {name}")
    (tmp_path / "map.yaml").write_text("\n".join(lines) + "\n")
    with (tmp_path / "data.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [field["name"] for field in fields])
        writer.writeheader()
        for record in records:
            writer.writerow({name: linked.get(value, cell(value)) if isinstance(value, str) else cell(value)
                             for name, value in record.items()})

    def run() -> Json:
        return tenant.server.cli(
            "import", object["object"], str(tmp_path / "data.csv"), "--map", str(tmp_path / "map.yaml"), "--tenant", tenant.slug)

    def counts(answer: Json) -> list[int]:
        return [answer["import"][name] for name in ("created", "updated", "unchanged", "rejected")]

    first = run()
    assert counts(first) == [3, 0, 0, 0], first["rejects"] and pathlib.Path(first["rejects"]).read_text()
    for record in records:
        shown = tenant.get(f"{base(object)}/by/external_id/{record['external_id']}").json()
        assert list(differences(object["fields"], record, shown)) == []
    assert counts(run()) == [0, 0, 3, 0]
    undone = tenant.server.cli("import", "undo", first["import"]["id"], "--tenant", tenant.slug)
    assert (undone["removed"], undone["kept"]) == (3, 0), undone
    for record in records:
        assert tenant.get(f"{base(object)}/by/external_id/{record['external_id']}").status_code == 404


@each
def test_bi_sees_it_as_the_api_shows_it(object: Json, maker: Maker, other: Maker, bi: str) -> None:
    record, foreign = maker.create(object["name"]), other.create(object["name"])
    relation = object["relation"]
    engine = sqlalchemy.create_engine(bi.replace("postgresql://", "postgresql+psycopg://"))
    inspector = sqlalchemy.inspect(engine)
    columns = {column["name"]: column for column in inspector.get_columns(relation)}
    assert [field["name"] for field in object["fields"] if field["name"] not in columns] == []
    assert [name for name, column in columns.items() if not column["comment"]] == []
    assert inspector.get_table_comment(relation)["text"]
    assert inspector.get_pk_constraint(relation)["constrained_columns"] == ["id"]
    keys = {(column, key["referred_table"]) for key in inspector.get_foreign_keys(relation) for column in key["constrained_columns"]}
    for field in object["fields"]:
        if field["type"] == "link":
            target = maker.objects[field["target"]]["relation"] if field["target"] in maker.objects else "profiles"
            assert (field["name"], target) in keys, f"{relation}.{field['name']} has no foreign key to {target}"
    for child in object["children"]:
        named = {column["name"] for column in inspector.get_columns(child["relation"])}
        assert {field["name"] for field in child["fields"]} <= named
        assert relation in [key["referred_table"] for key in inspector.get_foreign_keys(child["relation"])]
    engine.dispose()
    with psycopg.connect(bi, autocommit=True, row_factory=psycopg.rows.dict_row) as connection:
        (row,) = connection.execute(f'select * from "{relation}" where id = %s', [plain_id(record["id"])]).fetchall()
        unlike = [f"{field['name']}: {record[field['name']]!r}, {row[field['name']]!r}" for field in object["fields"]
                  if not in_sql(field, record[field["name"]], row[field["name"]])]
        assert unlike == []
        assert connection.execute(f'select 1 from "{relation}" where id = %s', [plain_id(foreign["id"])]).fetchall() == []
        text = "\n".join(str(row) for row in connection.execute(f'select * from "{relation}"').fetchall())
        assert other.word not in text and maker.word in text
        for statement in (f'delete from "{relation}"', f'update "{relation}" set version = 9'):
            with pytest.raises(psycopg.errors.Error) as failure:
                connection.execute(statement)
            assert failure.value.sqlstate in ("42501", "25006")


@each
def test_links_to_another_tenants_records_are_links_to_nobodys(object: Json, maker: Maker, other: Maker) -> None:
    links = [field for field in writable(object) if field["type"] == "link" and field["target"] in maker.objects]
    for field in links:
        foreign = other.create(field["target"], only_required=True)["id"]
        body = maker.body(object["name"])
        answers = [maker.tenant.post(base(object), {**body, field["name"]: id})
                   for id in (foreign, unknown_id(foreign.split("_")[0]))]
        assert [refused(answer) for answer in answers] == [{"/" + field["name"]}] * 2
        assert other.word not in answers[0].text


def test_how_many(figures: Callable[[str, Any], None]) -> None:
    figures("objects described", len(OBJECTS))
    figures("their fields", sum(len(object["fields"]) for object in OBJECTS))
    figures("their routes", len(ROUTES) * len(OBJECTS))
