"""write_records: what one call does to records, ranks, children, the bin, history, outbox, dirty marks and audit."""

from __future__ import annotations

import uuid
from datetime import timedelta

from records import PUBLIC, SERVER, T0, Records


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
    assert crm.rows("select * from verify_audit()") == []


def test_the_audit_log_tells_what_was_done_to_it(crm: Records) -> None:
    for number in range(5):
        crm.create("product", name=f"GTX {number}", sku=str(number))
    assert crm.rows("select distinct chain from audit") == [(0,)]
    first, last = crm.rows("select min(seq), max(seq) from audit where object = 'product'")[0]

    def breaches(*statements: str) -> list[tuple[int, str]]:
        """After so much was done to the log, which is taken back."""
        crm.connection.execute("savepoint before")
        for statement in statements:
            crm.connection.execute(statement)
        found = crm.rows("select seq, breach from verify_audit()")
        crm.connection.execute("rollback to savepoint before")
        return found

    assert breaches() == []
    assert breaches(f"update audit set actor = 'another' where seq = {first}") == [(first, "changed")]
    # With its hash made anew.
    again = "audit_hash(previous_hash, chain, seq, at, actor, action, object, object_id, detail)"
    changed = f"update audit set actor = 'another' where seq = {first + 1}"
    assert breaches(changed, f"update audit set hash = {again}") == [(first + 1, "changed")]
    assert breaches(f"delete from audit where seq = {first + 2}") == [(first + 2, "missing")]
    assert breaches(f"delete from audit where seq > {last - 2}") == [(last - 1, "missing")]
    swap = f"update audit set seq = {first + last} - seq + 1000 where seq in ({first}, {last})"
    assert breaches(swap, "update audit set seq = seq - 1000 where seq > 1000") == [(first, "changed"), (last, "changed")]
    assert breaches("update audit_head set seq = seq - 1 where chain = 0") == [(last, "added")]


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
