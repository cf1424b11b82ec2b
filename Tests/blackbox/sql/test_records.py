"""write_records: what one call does to records, ranks, children, the bin, history, outbox, dirty marks and audit."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest

T0 = datetime(2026, 1, 1, tzinfo=timezone.utc)
HAND, SERVER, IMPORT, PUBLIC = 40, 30, 20, 10


class Records:
    """One tenant's procedures, in a transaction that is rolled back at the end of the test."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, parameters or None).fetchall()

    def value(self, query: str, *parameters: Any) -> Any:
        rows = self.rows(query, *parameters)
        return rows[0][0] if rows else None

    def write(
        self, object: str, *items: dict[str, Any], source: int = 0, rank: int = HAND, at: datetime = T0, cause: str = "edit",
        procedure: str = "write_records",
    ) -> list[dict[str, Any]]:
        rows = self.rows(
            f"select idx, id, outcome, version, code, detail from {procedure}(%s, %s::int2, %s::int2, %s, %s, %s, %s)",
            object, source, rank, at, "tester", cause, json.dumps(list(items), default=str),
        )
        names = ("idx", "id", "outcome", "version", "code", "detail")
        return [dict(zip(names, row)) for row in rows]

    def create(self, object: str, **data: Any) -> uuid.UUID:
        (result,) = self.write(object, {"op": "create", "data": data})
        assert result["outcome"] == "created", result
        return result["id"]

    def update(self, object: str, id: uuid.UUID, **data: Any) -> dict[str, Any]:
        return self.write(object, {"op": "update", "id": str(id), "data": data})[0]

    def record(self, relation: str, id: uuid.UUID) -> dict[str, Any] | None:
        return self.value(f"select to_jsonb(t) from {relation} t where id = %s", id)

    def stage(self, key: str) -> uuid.UUID:
        return self.value("select id from stages where key = %s", key)

    def person(self, **traits: Any) -> tuple[int, uuid.UUID]:
        """A node alone in its profile."""
        id = uuid.uuid4()
        node = self.value(
            "insert into node (public_id, component, created_at) values (%s, nextval('component_label'), %s) returning id",
            id, T0,
        )
        self.rows(
            "insert into component (label, profile_id, public_node) select component, public_id, id from node "
            "where id = %s returning 1", node,
        )
        self.rows("insert into profiles (profile_id) values (%s) returning 1", id)
        if traits:
            self.say(node, 1, T0, **traits)
        return node, id

    def say(self, node: int, source: int, at: datetime, message_id: str = "m", **traits: Any) -> None:
        """What an identify does to a node."""
        self.value(
            "select apply_traits(array[%s::bigint], array[%s::bigint], array[%s], array['identify'], "
            "array[%s::timestamptz], array[%s::int2], array[%s::jsonb])",
            node, node, message_id, at, source, json.dumps(traits),
        )


@pytest.fixture(scope="module")
def connection(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection]:
    """A tenant's connection: of the database that TANDEM_TEST_SQL_DSN names (schemas t_x and t_x_i), else a tenant of the
    session's server."""
    dsn = os.environ.get("TANDEM_TEST_SQL_DSN")
    schema = "t_x"
    if dsn is None:
        server = request.getfixturevalue("tandem")
        dsn, schema = server.dsn, server.tenant(f"records-{os.getpid()}").schema
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "select set_config('search_path', %s, false)", [f"{schema}, {schema}_i, tandem_code, pg_temp"]
        )
        connection.commit()
        yield connection
        connection.rollback()


@pytest.fixture
def crm(connection: psycopg.Connection) -> Iterator[Records]:
    records = Records(connection)
    for id, kind in ((1, "server"), (2, "browser"), (3, "import")):
        records.rows(
            "insert into source (id, source_id, name, kind) values (%s, gen_random_uuid(), %s, %s) "
            "on conflict (id) do update set kind = excluded.kind returning 1",
            id, f"s{id}-{uuid.uuid4()}", kind,
        )
    yield records
    connection.rollback()


def test_create_update_and_the_same_again(crm: Records) -> None:
    (made,) = crm.write("account", {"op": "create", "data": {"name": "Acme", "company_key": "acme", "tags": ["a"]}})
    assert (made["outcome"], made["version"]) == ("created", 1)
    record = crm.record("accounts", made["id"])
    assert (record["name"], record["company_key"], record["tags"], record["created_by"]) == ("Acme", "acme", ["a"], "tester")

    changed = crm.update("account", made["id"], industry="Steel", name="Acme", company_key="acme")
    assert (changed["outcome"], changed["version"]) == ("updated", 2)
    again = crm.update("account", made["id"], industry="Steel")
    assert (again["outcome"], again["version"]) == ("unchanged", 2)

    history = crm.rows(
        "select action, version, changes, actor, cause from record_history where record_id = %s order by seq", made["id"]
    )
    assert [row[:2] for row in history] == [("create", 1), ("update", 2)]
    assert history[1][2] == {"industry": [None, "Steel"]}
    assert history[1][3:] == ("tester", "edit")


def test_every_write_leaves_outbox_and_audit(crm: Records) -> None:
    id = crm.create("product", name="GTX", sku="g")
    crm.update("product", id, series="S")
    topics = crm.rows("select topic, payload ->> 'version' from outbox where key = %s order by seq", str(id))
    assert topics == [("product.created", "1"), ("product.updated", "2")]
    assert crm.value("select count(*) from audit where object_id = %s", str(id)) == 2
    assert crm.value("select verify_audit()") is None
    crm.rows("update audit set actor = 'someone else' where object_id = %s returning 1", str(id))
    assert crm.value("select verify_audit()") is not None


def test_a_lost_end_of_the_audit_log_shows(crm: Records) -> None:
    id = crm.create("product", name="GTX", sku="g")
    last = crm.value("delete from audit where object_id = %s returning seq", str(id))
    assert crm.value("select verify_audit()") == last


def test_errors_are_per_item_and_change_nothing(crm: Records) -> None:
    taken = crm.create("account", name="Acme", external_id="x")
    results = crm.write(
        "account",
        {"op": "create", "data": {"name": "Other", "external_id": "x"}},
        {"op": "create", "data": {"industry": "Steel"}},
        {"op": "update", "id": str(uuid.uuid4()), "data": {"name": "N"}},
        {"op": "update", "id": str(taken), "if_match": 7, "data": {"name": "N"}},
        {"op": "update", "id": str(taken), "data": {"owner_id": str(uuid.uuid4())}},
        {"op": "update", "id": str(taken), "data": {"name": None}},
        {"op": "create", "data": {"name": "Fine"}},
    )
    assert [r["code"] for r in results] == [
        "duplicate", "validation_failed", "not_found", "version_mismatch", "validation_failed", "validation_failed", None,
    ]
    assert results[0]["detail"] == {"ids": [str(taken)]}
    assert results[1]["detail"][0]["pointer"] == "/name" and results[1]["detail"][0]["code"] == "required"
    assert results[3]["detail"] == {"version": 1}
    assert results[4]["detail"][0] == {
        "pointer": "/owner_id", "code": "unknown_reference", "detail": "there is no such record",
    }
    assert [r["idx"] for r in results] == list(range(7))
    assert crm.record("accounts", taken)["version"] == 1
    assert crm.value("select count(*) from field_source where record_id = %s and field = 'owner_id'", taken) == 0


def test_a_call_has_the_effect_of_its_items_one_by_one(crm: Records) -> None:
    results = crm.write(
        "account",
        {"op": "upsert", "match": {"external_id": "a"}, "data": {"name": "One"}},
        {"op": "upsert", "match": {"external_id": "a"}, "data": {"name": "Two", "industry": "I"}},
        {"op": "create", "data": {"external_id": "a", "name": "Three"}},
        {"op": "upsert", "match": {"external_id": "b"}, "data": {"name": "B"}},
        {"op": "delete", "match": {"external_id": "a"}},
        {"op": "create", "data": {"external_id": "a", "name": "Four"}},
    )
    assert [r["outcome"] for r in results] == ["created", "updated", "error", "created", "deleted", "created"]
    assert results[0]["id"] == results[1]["id"] == results[4]["id"]
    assert crm.rows("select name from accounts where external_id in ('a', 'b') order by 1") == [("B",), ("Four",)]


def test_an_upsert_by_a_shared_value_names_all_that_match(crm: Records) -> None:
    a, b = crm.create("account", name="A", domain="x.example"), crm.create("account", name="B", domain="x.example")
    (result,) = crm.write("account", {"op": "upsert", "match": {"domain": "x.example"}, "data": {"name": "C"}})
    assert (result["outcome"], result["code"]) == ("error", "duplicate")
    assert sorted(result["detail"]["ids"]) == sorted([str(a), str(b)])


def test_ranks_decide_and_the_others_stay_as_suggestions(crm: Records) -> None:
    id = crm.create("lead", last_name="Hand")
    (low,) = crm.write(
        "lead",
        {"op": "update", "id": str(id), "data": {"last_name": "Server", "company": "C", "company_key": "c"}},
        source=1, rank=SERVER, at=T0 + timedelta(days=1),
    )
    assert low["outcome"] == "updated"
    lead = crm.record("leads", id)
    assert (lead["last_name"], lead["company"], lead["company_key"]) == ("Hand", "C", "c")
    assert crm.rows(
        "select source, rank, value from field_source where record_id = %s and field = 'last_name' order by source", id
    ) == [(0, 40, "Hand"), (1, 30, "Server")]

    crm.write("lead", {"op": "update", "id": str(id), "data": {"company": "Public", "company_key": "public"}},
              source=2, rank=PUBLIC, at=T0 + timedelta(days=2))
    lead = crm.record("leads", id)
    assert (lead["company"], lead["company_key"]) == ("C", "c")


def test_within_a_rank_the_newer_wins_and_a_late_one_does_nothing(crm: Records) -> None:
    id = crm.create("lead", last_name="L")

    def say(company: str, day: int, message_id: str = "m") -> str:
        (result,) = crm.write(
            "lead", {"op": "update", "id": str(id), "data": {"company": company}, "at": T0 + timedelta(days=day),
                     "message_id": message_id}, source=1, rank=SERVER)
        return result["outcome"]

    assert say("B", 2) == "updated"
    assert say("A", 1) == "unchanged"
    assert say("C", 2, "n") == "updated"
    assert crm.record("leads", id)["company"] == "C"


def test_clearing_by_hand_is_an_edit(crm: Records) -> None:
    (made,) = crm.write("lead", {"op": "create", "data": {"company": "C", "last_name": "L"}}, source=1, rank=SERVER)
    assert crm.update("lead", made["id"], company=None)["outcome"] == "updated"
    crm.write("lead", {"op": "update", "id": str(made["id"]), "data": {"company": "D"}}, source=1, rank=SERVER,
              at=T0 + timedelta(days=3))
    assert crm.record("leads", made["id"])["company"] is None


def test_only_empty_fields_are_filled_on_request(crm: Records) -> None:
    (made,) = crm.write("lead", {"op": "create", "data": {"company": "C"}}, source=2, rank=PUBLIC)
    crm.write("lead", {"op": "update", "id": str(made["id"]), "only_empty": True,
                       "data": {"company": "D", "title": "T"}}, source=2, rank=PUBLIC, at=T0 + timedelta(days=1))
    lead = crm.record("leads", made["id"])
    assert (lead["company"], lead["title"]) == ("C", "T")


def test_a_contact_with_a_used_address_needs_permission(crm: Records) -> None:
    first = crm.create("contact", email="A@x.example", email_norm="a@x.example")
    item = {"op": "create", "data": {"email": "a@x.example", "email_norm": "a@x.example"}}
    (refused,) = crm.write("contact", item)
    assert (refused["code"], refused["detail"]) == ("duplicate", {"ids": [str(first)]})
    (allowed,) = crm.write("contact", {**item, "allow_duplicate": True})
    assert allowed["outcome"] == "created"


def test_children_are_replaced_or_joined_and_the_primary_channel_follows(crm: Records) -> None:
    account, other = crm.create("account", name="A"), crm.create("account", name="B")
    id = crm.create(
        "contact", email="a@x.example", email_norm="a@x.example", accounts=[{"account_id": str(account), "role": "buyer"}]
    )
    assert crm.rows("select kind, value, \"primary\" from contact_channels where contact_id = %s", id) == [
        ("email", "a@x.example", True)
    ]
    (joined,) = crm.write("contact", {"op": "update", "id": str(id), "data": {}, "add": {"accounts": [{"account_id": str(other)}]}})
    assert (joined["outcome"], joined["version"]) == ("updated", 2)
    (again,) = crm.write("contact", {"op": "update", "id": str(id), "data": {}, "add": {"accounts": [{"account_id": str(other)}]}})
    assert again["outcome"] == "unchanged"
    assert crm.value("select count(*) from account_contacts where contact_id = %s", id) == 2
    crm.update("contact", id, accounts=[{"account_id": str(other)}], email="b@x.example", email_norm="b@x.example")
    assert crm.rows("select account_id from account_contacts where contact_id = %s", id) == [(other,)]
    assert crm.rows("select value from contact_channels where contact_id = %s", id) == [("b@x.example",)]
    (wrong,) = crm.write("contact", {"op": "update", "id": str(id), "data": {"accounts": [{"account_id": str(uuid.uuid4())}]}})
    assert wrong["detail"][0]["pointer"] == "/accounts/0/account_id"


def test_an_old_address_with_an_opt_out_stays(crm: Records) -> None:
    id = crm.create("contact", email="a@x.example", email_norm="a@x.example",
                    channels=[{"kind": "email", "value": "a@x.example", "primary": True, "opted_out": True}])
    crm.update("contact", id, email="b@x.example", email_norm="b@x.example")
    assert crm.rows(
        "select value, \"primary\", opted_out from contact_channels where contact_id = %s order by 1", id
    ) == [("a@x.example", False, True), ("b@x.example", True, False)]


def test_the_bin_keeps_all_and_restore_brings_it_back(crm: Records) -> None:
    parent = crm.create("account", name="Parent")
    child = crm.create("account", name="Child", parent_id=str(parent))
    contact = crm.create("contact", last_name="L", accounts=[{"account_id": str(parent), "role": "r"}])
    activity = crm.create("activity", type="note", links=[{"object": "account", "record_id": str(parent)}])
    opportunity = crm.create("opportunity", name="O", account_id=str(parent))
    before = crm.record("accounts", parent)

    (gone,) = crm.write("account", {"op": "delete", "id": str(parent)})
    assert gone["outcome"] == "deleted"
    assert crm.record("accounts", parent) is None
    assert crm.record("accounts", child)["parent_id"] is None
    assert crm.record("accounts", child)["version"] == 2
    assert crm.record("opportunities", opportunity)["account_id"] is None
    assert crm.value("select count(*) from account_contacts where contact_id = %s", contact) == 0
    assert crm.value("select changes from record_history where record_id = %s and version = 2", child) == {
        "parent_id": [str(parent), None]
    }
    assert crm.write("account", {"op": "update", "id": str(parent), "data": {"name": "N"}})[0]["code"] == "not_found"

    elsewhere = crm.create("account", name="Elsewhere")
    crm.update("opportunity", opportunity, account_id=str(elsewhere))
    (back,) = crm.write("account", {"op": "restore", "id": str(parent)})
    assert back["outcome"] == "restored"
    assert back["detail"] == {"not_restored": {"opportunities": 1}}
    assert crm.record("accounts", child)["parent_id"] == str(parent)
    assert crm.value("select role from account_contacts where contact_id = %s", contact) == "r"
    assert crm.value("select count(*) from activity_links where activity_id = %s", activity) == 1
    after = crm.record("accounts", parent)
    assert after.pop("version") > before.pop("version")
    after.pop("updated_at"), before.pop("updated_at")
    assert after == before
    assert crm.write("account", {"op": "restore", "id": str(parent)})[0]["code"] == "not_found"


def test_restore_meets_a_key_that_was_taken(crm: Records) -> None:
    first = crm.create("account", name="A", external_id="e")
    crm.write("account", {"op": "delete", "id": str(first)})
    second = crm.create("account", name="B", external_id="e")
    (result,) = crm.write("account", {"op": "restore", "id": str(first)})
    assert (result["code"], result["detail"]) == ("duplicate", {"ids": [str(second)]})


def test_what_is_in_use_stays(crm: Records) -> None:
    user = crm.create("user", name="U", email="u@x.example")
    product = crm.create("product", name="P", list_price="10")
    crm.create("opportunity", name="O", owner_id=str(user), products=[{"product_id": str(product), "quantity": 2}])
    pipeline = crm.value("select id from pipelines")
    for object, id, relation in (
        ("user", user, "opportunities"), ("product", product, "opportunity_products"),
        ("pipeline", pipeline, "opportunities"), ("stage", crm.stage("prospecting"), "opportunities"),
    ):
        (result,) = crm.write(object, {"op": "delete", "id": str(id)})
        assert (result["outcome"], result["code"]) == ("error", "in_use"), object
        assert relation in result["detail"]["references"]
    assert crm.write("stage", {"op": "delete", "id": str(crm.stage("won"))})[0]["outcome"] == "deleted"


def test_an_unused_pipeline_goes_and_comes_with_its_stages(crm: Records) -> None:
    pipeline = crm.create("pipeline", name="Partners")
    crm.create("stage", pipeline_id=str(pipeline), key="a", name="A", probability=10, forecast_category="pipeline",
               status="open")
    assert crm.write("pipeline", {"op": "delete", "id": str(pipeline)})[0]["outcome"] == "deleted"
    assert crm.value("select count(*) from stages where pipeline_id = %s", pipeline) == 0
    assert crm.write("pipeline", {"op": "restore", "id": str(pipeline)})[0]["outcome"] == "restored"
    assert crm.value("select count(*) from stages where pipeline_id = %s", pipeline) == 1


def test_a_deleted_contact_comes_back_with_its_person(crm: Records) -> None:
    node, profile = crm.person(email="a@x.example")
    (made,) = crm.write("contact", {"op": "create", "node": node, "data": {"last_name": "L"}})
    crm.write("contact", {"op": "delete", "id": str(made["id"])})
    assert crm.value("select nodes from dirty order by seq desc limit 1") == [node]
    crm.write("contact", {"op": "restore", "id": str(made["id"])})
    contact = crm.record("contacts", made["id"])
    assert (contact["profile_id"], contact["email"]) == (str(profile), "a@x.example")


# Opportunities


def test_the_stage_gives_status_probability_and_category(crm: Records) -> None:
    id = crm.create("opportunity", name="O", amount="100", currency="USD")
    record = crm.record("opportunities", id)
    assert (record["status"], record["probability"], record["forecast_category"], record["closed_at"]) == (
        "open", 10, "pipeline", None,
    )
    assert record["stage_id"] == str(crm.stage("prospecting"))

    crm.update("opportunity", id, probability=33)
    record = crm.record("opportunities", id)
    assert (record["probability"], record["probability_manual"]) == (33, True)
    crm.update("opportunity", id, amount="120")
    assert crm.record("opportunities", id)["probability"] == 33

    crm.update("opportunity", id, stage_id=str(crm.stage("engaging")))
    record = crm.record("opportunities", id)
    assert (record["probability"], record["probability_manual"], record["forecast_category"]) == (40, False, "best_case")

    crm.update("opportunity", id, stage_id=str(crm.stage("won")), forecast_category="commit", probability=90)
    record = crm.record("opportunities", id)
    assert (record["status"], record["probability"], record["forecast_category"]) == ("won", 90, "commit")
    assert record["closed_at"].startswith("2026-01-01")
    crm.update("opportunity", id, stage_id=str(crm.stage("engaging")))
    assert crm.record("opportunities", id)["closed_at"] is None


def test_history_and_stays_of_a_moving_opportunity(crm: Records) -> None:
    id = crm.create("opportunity", name="O")
    for day, key in ((2, "engaging"), (2, "engaging"), (5, "won"), (9, "engaging")):
        crm.write("opportunity", {"op": "update", "id": str(id), "data": {"stage_id": str(crm.stage(key))},
                                  "at": T0 + timedelta(days=day)})
    crm.update("opportunity", id, name="P")
    assert crm.rows(
        "select seq, new_status, changed_at from opportunity_history where opportunity_id = %s order by seq", id
    ) == [
        (1, "open", T0), (2, "open", T0 + timedelta(days=2)), (3, "won", T0 + timedelta(days=5)),
        (4, "open", T0 + timedelta(days=9)),
    ]
    day = 86400
    assert crm.rows(
        "select k.key, s.duration_s, s.open from opportunity_stages s join stages k on k.id = s.stage_id "
        "where opportunity_id = %s order by s.seq", id
    ) == [("prospecting", 2 * day, False), ("engaging", 3 * day, False), ("won", 4 * day, False), ("engaging", None, True)]


def test_an_import_records_only_what_its_dates_prove(crm: Records) -> None:
    won, lost, open_ = crm.write(
        "opportunity",
        {"op": "create", "data": {"name": "W", "stage_id": str(crm.stage("won"))}, "changed_at": T0 + timedelta(days=9),
         "history": [{"stage_id": str(crm.stage("prospecting")), "at": None},
                     {"stage_id": str(crm.stage("engaging")), "at": T0}]},
        {"op": "create", "data": {"name": "L", "stage_id": str(crm.stage("lost")), "closed_at": None}, "changed_at": None},
        {"op": "create", "data": {"name": "E", "stage_id": str(crm.stage("engaging"))}, "changed_at": T0},
        rank=IMPORT, source=3, cause="import",
    )
    def stays(result: dict[str, Any]) -> list[tuple[Any, ...]]:
        return crm.rows(
            "select k.key, s.entered_at, s.exited_at, s.open from opportunity_stages s join stages k on k.id = s.stage_id "
            "where opportunity_id = %s order by s.seq", result["id"])

    end = T0 + timedelta(days=9)
    assert stays(won) == [("prospecting", None, T0, False), ("engaging", T0, end, False), ("won", end, None, True)]
    assert crm.rows(
        "select changed_at, new_status, old_status, new_amount from opportunity_history where opportunity_id = %s order by seq",
        won["id"],
    ) == [(None, "open", None, None), (T0, "open", "open", None), (end, "won", "open", None)]
    assert stays(lost) == [("lost", None, None, True)]
    assert crm.record("opportunities", lost["id"])["closed_at"] is None
    assert stays(open_) == [("engaging", T0, None, True)]


def test_lines_make_the_amount(crm: Records) -> None:
    product = crm.create("product", name="P", list_price="10.50")
    id = crm.create("opportunity", name="O", products=[
        {"product_id": str(product), "quantity": 2}, {"product_id": str(product), "unit_price": 8, "discount": 50}])
    assert crm.record("opportunities", id)["amount"] == 25
    result = crm.update("opportunity", id, amount="999", name="P")
    assert (result["outcome"], result["detail"]) == ("updated", {"ignored": ["amount"]})
    assert crm.record("opportunities", id)["amount"] == 25
    crm.update("opportunity", id, products=[])
    assert crm.update("opportunity", id, amount="7")["outcome"] == "updated"
    assert crm.record("opportunities", id)["amount"] == 7


def test_a_stage_of_another_pipeline_is_refused(crm: Records) -> None:
    pipeline = crm.create("pipeline", name="Partners", position=5)
    (result,) = crm.write("opportunity", {"op": "create", "data": {
        "name": "O", "pipeline_id": str(pipeline), "stage_id": str(crm.stage("won"))}})
    assert result["detail"][0]["code"] == "not_in_pipeline"
    (result,) = crm.write("opportunity", {"op": "create", "data": {"name": "O", "stage_id": str(uuid.uuid4())}})
    assert (result["detail"][0]["pointer"], result["detail"][0]["code"]) == ("/stage_id", "not_in_pipeline")


# Contacts and their persons


def test_what_events_say_of_a_person_shows_unless_a_hand_said_otherwise(crm: Records) -> None:
    node, profile = crm.person(email="a@x.example", firstName="Ada")
    (made,) = crm.write("contact", {"op": "create", "node": node, "data": {"email": "a@x.example",
                        "email_norm": "a@x.example", "first_name": "Ada"}}, source=1, rank=SERVER)
    contact = crm.record("contacts", made["id"])
    assert (contact["profile_id"], contact["first_name"], contact["email_norm"]) == (str(profile), "Ada", "a@x.example")

    crm.say(node, 1, T0 + timedelta(days=1), firstName="Adele", title="CTO")
    crm.value("select refold_contacts(array[%s::uuid])", made["id"])
    contact = crm.record("contacts", made["id"])
    assert (contact["first_name"], contact["title"]) == ("Adele", "CTO")

    assert crm.update("contact", made["id"], first_name="A.")["outcome"] == "updated"
    crm.say(node, 1, T0 + timedelta(days=2), firstName="Adelheid")
    crm.value("select refold_contacts(array[%s::uuid])", made["id"])
    assert crm.record("contacts", made["id"])["first_name"] == "A."
    assert crm.value("select traits -> 'first_name' from node where id = %s", node) == "A."
    assert crm.value("select trait_ts -> 'first_name' ->> 2 from node where id = %s", node) == "0"


def test_a_public_source_says_nothing_of_a_contact(crm: Records) -> None:
    node, _ = crm.person(title="Engineer")
    (made,) = crm.write("contact", {"op": "create", "node": node, "data": {"last_name": "L"}}, source=1, rank=SERVER)
    assert crm.record("contacts", made["id"])["title"] is None  # nobody asked for it
    crm.value("select refold_contacts(array[%s::uuid])", made["id"])
    assert crm.record("contacts", made["id"])["title"] == "Engineer"
    crm.say(node, 2, T0 + timedelta(days=5), title="Owner", phone="+49 30 1234567")
    crm.value("select refold_contacts(array[%s::uuid])", made["id"])
    contact = crm.record("contacts", made["id"])
    assert (contact["title"], contact["phone"]) == ("Engineer", None)


def test_an_undone_merge_leaves_no_trace_in_a_contact(crm: Records) -> None:
    node, _ = crm.person(email="a@x.example")
    other, _ = crm.person(title="CFO", email="b@x.example", phone="030 1234567")
    crm.rows("insert into normal_form values ('phone', '030 1234567', '+49301234567') returning 1")
    (made,) = crm.write("contact", {"op": "create", "node": node, "data": {"last_name": "L"}})
    crm.value("select refold_contacts(array[%s::uuid])", made["id"])
    before = crm.record("contacts", made["id"])
    label = crm.value("select component from node where id = %s", other)
    crm.rows("update node set component = (select component from node where id = %s) where id = %s returning 1", node, other)
    crm.value("select refold_contacts(array[%s::uuid])", made["id"])
    merged = crm.record("contacts", made["id"])
    assert (merged["title"], merged["phone_e164"]) == ("CFO", "+49301234567")
    crm.rows("update node set component = %s where id = %s returning 1", label, other)
    crm.value("select refold_contacts(array[%s::uuid])", made["id"])
    after = crm.record("contacts", made["id"])
    for field in ("version", "updated_at"):
        before.pop(field), after.pop(field)
    assert after == before


def test_a_full_name_is_parted_and_gives_way_to_its_parts(crm: Records) -> None:
    node, _ = crm.person(name=" Ada  King Lovelace ")
    (made,) = crm.write("contact", {"op": "create", "node": node, "data": {"title": "T"}})
    crm.value("select refold_contacts(array[%s::uuid])", made["id"])
    contact = crm.record("contacts", made["id"])
    assert (contact["first_name"], contact["last_name"]) == ("Ada", "King Lovelace")
    crm.say(node, 1, T0 + timedelta(days=1), name="Augusta", lastName="Byron")
    crm.value("select refold_contacts(array[%s::uuid])", made["id"])
    contact = crm.record("contacts", made["id"])
    assert (contact["first_name"], contact["last_name"]) == ("Augusta", "Byron")


def test_a_contact_made_by_hand_becomes_a_person(crm: Records) -> None:
    item = {"op": "create", "data": {"email": "A@x.example", "email_norm": "a@x.example", "first_name": "Ada"}}
    (made,) = crm.write("contact", item, procedure="write_people")
    contact = crm.record("contacts", made["id"])
    assert contact["version"] == made["version"]
    profile = crm.rows("select email, profile_id::text from profiles where profile_id = %s", contact["profile_id"])
    assert profile == [("A@x.example", contact["profile_id"])]
    assert crm.value(
        "select n.traits from identifier i join node n on n.id = i.node where i.type = 'email' and i.value = 'a@x.example'"
    ) == {"email": "A@x.example", "first_name": "Ada"}

    # A second contact of the same address is the same person; a new address is attached; another's opens a review.
    (twin,) = crm.write("contact", {**item, "allow_duplicate": True}, procedure="write_people")
    assert crm.record("contacts", twin["id"])["profile_id"] == contact["profile_id"]
    crm.write("contact", {"op": "update", "id": str(made["id"]), "data": {"email": "b@x.example", "email_norm": "b@x.example"}},
              procedure="write_people", at=T0 + timedelta(days=1))
    assert crm.value("select count(*) from identifier i join node n on n.id = i.node join component k on k.label = n.component "
                     "where k.profile_id = %s", contact["profile_id"]) == 2
    crm.write("contact", {"op": "create", "data": {"email": "c@x.example", "email_norm": "c@x.example"}}, procedure="write_people")
    crm.write("contact", {"op": "update", "id": str(made["id"]), "data": {"email": "c@x.example", "email_norm": "c@x.example"}},
              procedure="write_people", at=T0 + timedelta(days=2))
    assert crm.value("select count(*) from review where reason = 'contact_email' and state = 'open'") == 1
    assert crm.record("contacts", made["id"])["profile_id"] == contact["profile_id"]


def test_a_contact_may_name_its_person(crm: Records) -> None:
    node, profile = crm.person()
    results = crm.write(
        "contact",
        {"op": "create", "person": {"id": str(profile)}, "data": {"email": "n@x.example", "email_norm": "n@x.example"}},
        {"op": "create", "person": {"type": "user_id", "value": "u-new"}, "data": {"last_name": "L"}},
        {"op": "create", "data": {"last_name": "Nobody"}},
        procedure="write_people",
    )
    first, second, third = (crm.record("contacts", r["id"]) for r in results)
    assert first["profile_id"] == str(profile)
    assert crm.value("select node from identifier where type = 'email' and value = 'n@x.example'") == node
    assert second["profile_id"] is not None and third["profile_id"] is None
    assert crm.value("select user_id from profiles where profile_id = %s", second["profile_id"]) == "u-new"


def test_a_lead_finds_its_person_by_address(crm: Records) -> None:
    item = {"data": {"email": "a@x.example", "email_norm": "a@x.example", "last_name": "L"}, "op": "create"}
    (contact,) = crm.write("contact", item, procedure="write_people")
    (lead,) = crm.write("lead", item, procedure="write_people")
    assert crm.record("leads", lead["id"])["profile_id"] == crm.record("contacts", contact["id"])["profile_id"]


def test_writes_mark_the_person_dirty(crm: Records) -> None:
    node, _ = crm.person()
    (made,) = crm.write("contact", {"op": "create", "node": node, "data": {"last_name": "L"}})
    crm.create("opportunity", name="O", contacts=[{"contact_id": str(made["id"]), "role": "buyer"}])
    assert crm.rows("select nodes from dirty order by seq desc limit 2") == [([node],), ([node],)]


def test_an_object_of_a_tenants_own_needs_only_a_table_and_a_row(crm: Records) -> None:
    crm.connection.execute(
        "create table vehicles (id uuid primary key, external_id text unique, plate text not null, account_id uuid "
        "references accounts, created_at timestamptz not null, updated_at timestamptz not null, created_by text not null, "
        "version integer not null default 1)"
    )
    crm.rows("insert into object_description (object, relation) values ('vehicle', 'vehicles') returning 1")
    account = crm.create("account", name="A")
    vehicle = crm.create("vehicle", plate="B-1", account_id=str(account))
    crm.write("account", {"op": "delete", "id": str(account)})
    assert crm.record("vehicles", vehicle)["account_id"] is None
    crm.write("account", {"op": "restore", "id": str(account)})
    assert crm.record("vehicles", vehicle)["account_id"] == str(account)
