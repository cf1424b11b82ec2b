"""write_records and write_people on contacts and leads: what events said of their persons, and who they are."""

from __future__ import annotations

from datetime import timedelta

from records import SERVER, T0, Records


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


def test_what_a_hand_says_of_somebody_new_is_what_an_echo_would_say(crm: Records) -> None:
    data = {"email": "E@x.example", "email_norm": "e@x.example", "first_name": "Eve", "phone": "+49 30 1", "phone_e164": "+49301234"}
    _, known = crm.person()
    results = crm.write(
        "contact",
        {"op": "create", "data": data},
        # One person of two contacts, and one whom events know: an echo says it of them.
        {"op": "create", "person": {"type": "user_id", "value": "u-two"}, "data": {"first_name": "Eve", "title": "T"}},
        {"op": "create", "person": {"type": "user_id", "value": "u-two"}, "data": {"first_name": "Eve", "title": "T"}},
        {"op": "create", "person": {"id": str(known)}, "data": {"first_name": "Eve"}},
        procedure="write_people",
    )
    said = crm.rows(
        "select distinct r.ts, r.message_id, r.source, r.delta from contact_node l join trait_record r on r.node = l.node "
        "where l.contact_id = any (%s::uuid[])", [str(r["id"]) for r in results])
    assert sorted((row[3] for row in said), key=len) == [
        {"first_name": "Eve"}, {"first_name": "Eve", "title": "T"},
        {"email": "E@x.example", "phone": "+49 30 1", "first_name": "Eve"}]
    assert {row[:3] for row in said} == {(T0, "", 0)}
    profile = crm.record("contacts", results[0]["id"])["profile_id"]
    assert crm.rows("select user_id, email, phone from profiles where profile_id = %s", profile) == [(None, "E@x.example", "+49 30 1")]

    stamps = "select n.id, n.traits, n.trait_ts from node n order by n.id"
    before = crm.rows(stamps)
    crm.value("select echo_contact_edits(array(select id from contacts))")
    assert crm.rows(stamps) == before
    assert crm.rows("select * from check_identity()") == []


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
