"""Which version of the normaliser made a record's normal forms: noted by each write, and what doctor --fix writes of older ones."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from records import SERVER, Records

NOW = 1
Json = dict[str, Any]


def contact(crm: Records, name: str, **data: Any) -> uuid.UUID:
    return crm.create("contact", last_name=name, **data)


def version(crm: Records, relation: str, id: uuid.UUID) -> int:
    return crm.record(relation, id)["normalizer_version"]


def put_back(crm: Records, relation: str, *ids: uuid.UUID, to: int = 0, **forms: Any) -> None:
    names = "".join(f", {name} = %s" for name in forms)
    for id in ids:
        crm.rows(f"update {relation} set normalizer_version = %s{names} where id = %s returning 1", to, *forms.values(), id)


def renew(crm: Records, object: str, *items: Json) -> dict[uuid.UUID, list[uuid.UUID]]:
    rows = crm.rows("select id, holders from renew_forms(%s, %s)", object, json.dumps(list(items), default=str))
    return dict(rows)


def item(id: uuid.UUID, email: str, norm: str | None, **more: Any) -> Json:
    return {"id": id, "of": {"email": email, "phone": None}, "forms": {"email_norm": norm, "phone_e164": None}, "numbers": {}, **more}


def outdated(crm: Records) -> dict[str, int]:
    return dict(crm.rows("select relation, rows from outdated_forms(1000)"))


def test_the_version_is_noted_by_whoever_makes_a_record(crm: Records) -> None:
    one = contact(crm, "One", email="A@x.example", email_norm="a@x.example")
    many = crm.write("contact", *({"op": "create", "data": {"last_name": str(n), "email": f"{n}@x.example"}} for n in range(12)))
    node, _ = crm.person(email="b@x.example")
    (fed,) = crm.write("contact", {"op": "create", "node": node, "data": {"email": "b@x.example"}}, source=1, rank=SERVER)
    for id in [one, fed["id"], *(made["id"] for made in many)]:
        assert version(crm, "contacts", id) == NOW
    assert version(crm, "accounts", crm.create("account", name="Acme", company_key="acme")) == NOW
    assert version(crm, "leads", crm.create("lead", last_name="L", company="Acme")) == NOW
    assert outdated(crm) == {}


@pytest.mark.parametrize(("before", "data", "after"), [
    (NOW, {"email": "n@x.example", "email_norm": "n@x.example"}, NOW),
    (NOW, {"title": "CTO"}, NOW),
    (0, {"title": "CTO"}, 0),
    (0, {"email": "n@x.example", "email_norm": "n@x.example"}, 0),  # its number is as old as it was
    (0, {"email": "n@x.example", "email_norm": "n@x.example", "phone": "+14155552671", "phone_e164": "+14155552671"}, NOW),
    (0, {"email": "n@x.example", "email_norm": "n@x.example", "phone": None, "phone_e164": None}, NOW),
    (2, {"email": "n@x.example", "email_norm": "n@x.example"}, NOW),  # not of a newer one any more
    (2, {"title": "CTO"}, 2),
])
def test_an_update_notes_the_oldest_of_what_it_leaves(crm: Records, before: int, data: Json, after: int) -> None:
    id = contact(crm, "One", email="A@x.example", email_norm="a@x.example", phone="+14155552670", phone_e164="+14155552670")
    put_back(crm, "contacts", id, to=before)
    assert crm.update("contact", id, **data)["outcome"] == "updated"
    assert version(crm, "contacts", id) == after


def test_an_older_number_of_a_channel_keeps_its_contact_old(crm: Records) -> None:
    id = contact(crm, "One", email="a@x.example", email_norm="a@x.example", channels=[
        {"kind": "email", "value": "a@x.example", "primary": True}, {"kind": "mobile", "value": "+14155552670"}])
    put_back(crm, "contacts", id)
    crm.update("contact", id, email="b@x.example", email_norm="b@x.example")
    assert version(crm, "contacts", id) == 0


def test_what_sql_derives_by_itself_makes_nothing_new(crm: Records) -> None:
    node, _ = crm.person(email="b@x.example")
    (fed,) = crm.write("contact", {"op": "create", "node": node, "data": {"email": "b@x.example"}}, source=1, rank=SERVER)
    put_back(crm, "contacts", fed["id"])
    crm.rows("delete from trait_record where node = %s returning 1", node)
    crm.rows("update node set traits = '{}', trait_ts = '{}' where id = %s returning 1", node)
    crm.say(node, 1, crm.value("select now()"), message_id="n", email="c@x.example")
    crm.value("select refold_contacts(array[%s::uuid])", fed["id"])
    assert crm.record("contacts", fed["id"])["email_norm"] == "c@x.example"
    assert version(crm, "contacts", fed["id"]) == 0


def test_values_that_move_to_another_record_are_as_old_there(crm: Records) -> None:
    lead = crm.create("lead", last_name="L", company="Acme Ltd", company_key="acme", email="l@x.example", email_norm="l@x.example")
    put_back(crm, "leads", lead)
    done = crm.value("select convert_lead(%s, '{}', 'tester', false)", lead)
    made = {kind: uuid.UUID(done[kind]["id"]) for kind in ("account", "contact")}
    assert version(crm, "accounts", made["account"]) == version(crm, "contacts", made["contact"]) == 0

    winner = contact(crm, "W")
    (loser, other) = (contact(crm, name, email=f"{name}@x.example", email_norm=f"{name}@x.example") for name in "mo")
    put_back(crm, "contacts", loser, to=0)
    merge = crm.value("select merge_records('contact', %s, array[%s::uuid], '{}', 'tester', false)", winner, loser)
    assert version(crm, "contacts", winner) == 0
    assert renew(crm, "contact", item(winner, "m@x.example", "m2@x.example")) == {winner: []}
    crm.value("select undo_record_merge(%s, 'tester', false)", merge["id"])
    # Nothing is left that could be old.
    assert [crm.record("contacts", winner)[name] for name in ("email", "email_norm", "normalizer_version")] == [None, None, NOW]
    # Its form is of the newer one, by way of normal_form; that it is said to be older costs one more look.
    assert (crm.record("contacts", loser)["email_norm"], version(crm, "contacts", loser)) == ("m2@x.example", 0)
    assert version(crm, "contacts", other) == NOW


def test_a_record_from_the_bin_is_as_old_as_it_was(crm: Records) -> None:
    id = crm.create("account", name="Acme", company_key="acme")
    put_back(crm, "accounts", id)
    crm.write("account", {"op": "delete", "id": str(id)})
    crm.write("account", {"op": "restore", "id": str(id)})
    assert version(crm, "accounts", id) == 0


def test_renewed_forms_are_stored_and_nothing_is_told(crm: Records) -> None:
    id = contact(crm, "One", email="A@x.example", email_norm="a@x.example", channels=[
        {"kind": "email", "value": "A@x.example", "primary": True}, {"kind": "mobile", "value": "0049 171 1234567"}])
    put_back(crm, "contacts", id, email_norm="wrong@x.example")
    before = crm.record("contacts", id)
    numbers = {"0049 171 1234567": "+491711234567"}
    assert renew(crm, "contact", item(id, "A@x.example", "a@x.example", numbers=numbers)) == {id: []}
    after = crm.record("contacts", id)
    assert after == {**before, "email_norm": "a@x.example", "normalizer_version": NOW}
    assert crm.value("select phone_e164 from contact_channels where contact_id = %s and kind = 'mobile'", id) == "+491711234567"
    assert renew(crm, "contact", item(id, "A@x.example", "b@x.example")) == {}, "it is of this version already"


def test_a_record_that_says_something_else_by_now_is_passed_over(crm: Records) -> None:
    id = contact(crm, "One", email="new@x.example", email_norm="new@x.example")
    put_back(crm, "contacts", id)
    assert renew(crm, "contact", item(id, "old@x.example", "old@x.example")) == {}
    assert crm.record("contacts", id)["email_norm"] == "new@x.example"


def test_a_key_that_another_record_has_leaves_the_record_as_it_was(crm: Records) -> None:
    taken, late = contact(crm, "T", email="a@x.example", email_norm="a@x.example"), contact(crm, "L", email="a@X.example")
    put_back(crm, "contacts", late, email_norm="old@x.example")
    before = crm.record("contacts", late)
    assert renew(crm, "contact", item(late, "a@X.example", "a@x.example")) == {late: [taken]}
    assert crm.record("contacts", late) == before and outdated(crm) == {"contacts": 1}


def test_two_that_come_to_one_key_together_do_not_share_it_unless_they_did(crm: Records) -> None:
    first, second = sorted(contact(crm, "F", email="m@x.example") for _ in range(2))
    put_back(crm, "contacts", first, email_norm="f@x.example")
    put_back(crm, "contacts", second, email_norm="s@x.example")
    found = renew(crm, "contact", *(item(id, "m@x.example", "one@x.example") for id in (second, first)))
    assert found == {first: [], second: [first]}
    put_back(crm, "contacts", second, to=NOW)
    pair = sorted(contact(crm, "P", email="m@x.example") for _ in range(2))
    put_back(crm, "contacts", *pair, email_norm="pair@x.example")
    page = crm.rows("select id, is_page from outdated_records('contact', null, 1)")
    assert page == [(pair[0], True), (pair[1], False)], "they come together"
    assert renew(crm, "contact", *(item(id, "m@x.example", "two@x.example") for id in pair)) == {id: [] for id in pair}


def test_what_sql_would_derive_again_stays(crm: Records) -> None:
    """Events say of a person what Swift takes for no number, and the contact shows it."""
    id = contact(crm, "One", phone="+1234")
    put_back(crm, "contacts", id, phone_e164="+1234")
    what = {"id": id, "of": {"email": None, "phone": "+1234"}, "forms": {"email_norm": None, "phone_e164": None}, "numbers": {}}
    assert renew(crm, "contact", what) == {id: []}
    assert crm.record("contacts", id)["phone_e164"] == "+1234"
    put_back(crm, "contacts", id, phone_e164="+9999")
    assert renew(crm, "contact", what) == {id: []}
    assert crm.record("contacts", id)["phone_e164"] is None


def test_a_domain_is_changed_for_all_to_see(crm: Records) -> None:
    id = crm.create("account", name="Acme", company_key="acme", domain="www.acme.example")
    put_back(crm, "accounts", id, company_key="acme ltd")
    before = crm.record("accounts", id)
    what = {"id": id, "of": {"name": "Acme", "phone": None, "domain": "www.acme.example"},
            "forms": {"company_key": "acme", "phone_e164": None, "domain": "acme.example"}, "numbers": {}}
    assert renew(crm, "account", what) == {id: []}
    after = crm.record("accounts", id)
    assert (after["domain"], after["company_key"], after["version"]) == ("acme.example", "acme", before["version"] + 1)
    assert after["normalizer_version"] == NOW
    history = crm.rows("select cause, actor, changes -> 'domain' from record_history where record_id = %s and version = 2", id)
    assert history == [("normalize", "tandem", ["www.acme.example", "acme.example"])]
    assert crm.value("select value from field_source where record_id = %s and field = 'domain'", id) == "acme.example"


def test_kept_forms_are_renewed_and_what_was_made_of_them_is_next(crm: Records) -> None:
    crm.rows(
        "insert into normal_form values ('email', 'A@bücher.example', 'old@x.example', 0), ('phone', 'gone', '+12345', 0) returning 1")
    id = contact(crm, "One", email="A@bücher.example", email_norm="old@x.example")
    assert outdated(crm) == {"normal_form": 2}
    found = crm.rows("select kind, raw from outdated_normal_forms('', '', 10)")
    assert found == [("email", "A@bücher.example"), ("phone", "gone")]
    crm.value("select renew_normal_forms(%s, %s, %s)", [kind for kind, _ in found], [raw for _, raw in found],
              ["a@xn--bcher-kva.example", None])
    assert crm.rows("select kind, norm from normal_form") == [("email", "a@xn--bcher-kva.example")]
    assert version(crm, "contacts", id) == 0 and outdated(crm) == {"contacts": 1}


def test_the_rows_are_found_by_an_index_that_has_no_others(crm: Records) -> None:
    for relation in ("accounts", "contacts", "leads", "normal_form"):
        crm.rows("select set_config('enable_seqscan', 'off', true)")
        query = f"explain select from {relation} t where t.normalizer_version <> normalizer_version()"
        plan = "\n".join(row[0] for row in crm.rows(query))
        assert f"{relation}_normalizer_{NOW}" in plan, plan
