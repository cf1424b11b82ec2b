"""Cases of the identity rules, one by one, on the procedures."""

from datetime import timedelta

import batches
from tenant import refused

DAY = 86_400


def test_anonymous_history_joins_the_user_it_becomes(tenant):
    a, u = tenant.anonymous("a"), tenant.user("u")
    tenant.track("1", a)
    tenant.identify("2", u, a, ts=1)
    assert tenant.same(a, u)
    assert tenant.home("1") == tenant.home("2") == tenant.owner(u)


def test_a_second_user_of_a_device_gets_a_profile_of_its_own(tenant):
    a, u1, u2 = tenant.anonymous("a"), tenant.user("u1"), tenant.user("u2")
    tenant.track("1", u1, a)
    tenant.track("2", u2, a, ts=1)
    assert tenant.same(u1, a) and tenant.apart(u1, u2)
    assert tenant.demotions("2") == [("anonymous_id", "a", "limit")]
    assert tenant.home("2") == tenant.owner(u2)


def test_a_demotion_that_repeats_is_remembered_and_recorded_each_time(tenant):
    a, u1, u2 = tenant.anonymous("a"), tenant.user("u1"), tenant.user("u2")
    tenant.track("1", u1, a)
    tenant.track("2", u2)
    before = tenant.value("select count(*) from demotion_memo")
    for number in range(3, 8):
        tenant.track(str(number), u2, a, ts=number)
    assert tenant.value("select count(*) from demotion_memo") == before + 1
    assert all(tenant.demotions(str(number)) == [("anonymous_id", "a", "limit")] for number in range(3, 8))
    # What lifts it is asked again: a manual merge makes one profile of both.
    tenant.merge(u1, u2, "by-hand")
    tenant.track("9", u2, a, ts=9)
    assert tenant.demotions("9") == [] and tenant.home("9") == tenant.owner(u2)


def test_lowest_priority_goes_first_and_alone_nothing_violates(tenant):
    tenant.put_rules({"max_ids": 2})
    u, e, a = tenant.user("u"), tenant.email("e"), tenant.anonymous("a")
    tenant.track("1", u, e, a)
    assert tenant.same(u, e) and tenant.profile(*a) is None
    assert tenant.demotions("1") == [("anonymous_id", "a", "max_ids")]
    tenant.track("2", a)
    assert tenant.apart(u, a)
    tenant.track("3", u, a)
    assert tenant.demotions("3") == [("anonymous_id", "a", "max_ids")]


def test_a_limit_counts_inside_its_window_only(tenant):
    tenant.put_rules({"default": {"limit": 2, "window": "weekly"}})
    u = tenant.user("u")
    a = [tenant.anonymous(f"a{number}") for number in range(4)]
    tenant.track("1", u, a[0], ts=0)
    tenant.track("2", u, a[1], ts=1 * DAY)
    tenant.track("3", u, a[2], ts=2 * DAY)
    assert tenant.profile(*a[2]) is None and tenant.demotions("3") == [("anonymous_id", "a2", "limit")]
    # Exactly seven days after the first: it counts no more.
    tenant.track("4", u, a[2], ts=7 * DAY)
    assert tenant.same(u, a[2])
    tenant.track("5", u, a[3], ts=8 * DAY - 1)
    assert tenant.profile(*a[3]) is None


def test_a_profile_over_its_limit_by_hand_is_not_frozen(tenant):
    u1, u2, a = tenant.user("u1"), tenant.user("u2"), tenant.anonymous("a")
    tenant.track("1", u1)
    tenant.track("2", u2)
    tenant.merge(u1, u2, "m")
    tenant.track("3", u1, a)
    assert tenant.same(u1, u2, a)
    tenant.track("4", u1, tenant.user("u3"))
    assert tenant.profile(*tenant.user("u3")) is None


def test_merges_are_capped(tenant):
    tenant.put_rules({"max_merges": 1})
    u, a, b = tenant.user("u"), tenant.anonymous("a"), tenant.anonymous("b")
    for name, one in (("1", u), ("2", a), ("3", b)):
        tenant.track(name, one)
    tenant.track("4", u, a)
    tenant.track("5", u, b)
    assert tenant.same(u, a) and tenant.apart(u, b)
    assert tenant.demotions("5") == [("anonymous_id", "b", "max_merges")]


def test_edges_end_at_owners_so_the_middle_of_a_chain_can_be_undone(tenant):
    a, b, c = tenant.anonymous("a"), tenant.anonymous("b"), tenant.anonymous("c")
    for name, one in (("1", a), ("2", b), ("3", c)):
        tenant.track(name, one)
    tenant.track("ab", a, b)
    tenant.track("bc", b, c)
    assert tenant.same(a, b, c)
    tenant.undo("ab")
    assert tenant.apart(a, b) and tenant.same(b, c)
    tenant.undo("bc")
    assert tenant.apart(a, b, c)
    assert [tenant.home(name) for name in ("ab", "bc")] == [tenant.owner(a), tenant.owner(b)]


def test_one_event_may_join_several_and_is_undone_as_one(tenant):
    u, a, b = tenant.user("u"), tenant.anonymous("a"), tenant.anonymous("b")
    for name, one in (("1", u), ("2", a), ("3", b)):
        tenant.track(name, one)
    tenant.track("4", u, a, b)
    assert tenant.same(u, a, b)
    merge = tenant.undo("4")
    assert len(merge["edges"]) == 2 and merge["state"] == "undone"
    assert tenant.apart(u, a, b)


def test_what_was_undone_is_not_joined_again_by_events_but_by_hand(tenant):
    u, a = tenant.user("u"), tenant.anonymous("a")
    tenant.track("1", u)
    tenant.track("2", a)
    tenant.track("3", u, a)
    tenant.undo("3")
    assert tenant.track("3", u, a) == ["duplicate"]
    tenant.track("4", u, a)
    assert tenant.apart(u, a) and tenant.demotions("4") == [("anonymous_id", "a", "separated")]
    tenant.merge(u, a, "hand")
    assert tenant.same(u, a)
    tenant.track("5", u, a)
    assert tenant.demotions("5") == []


def test_events_and_identifiers_between_merge_and_undo_go_to_their_home(tenant):
    u, a, e, b = tenant.user("u"), tenant.anonymous("a"), tenant.email("e"), tenant.anonymous("b")
    tenant.track("1", u)
    tenant.track("2", a)
    tenant.merge(u, a, "m")
    tenant.identify("3", e, a, ts=3, traits={"plan": "pro"})
    tenant.identify("4", u, b, ts=4, traits={"plan": "free"})
    assert tenant.same(u, a, e, b) and tenant.show(u)["traits"] == {"plan": "free"}
    tenant.undo("m")
    assert tenant.same(a, e) and tenant.same(u, b) and tenant.apart(u, a)
    assert tenant.show(a)["traits"] == {"plan": "pro"} and tenant.show(u)["traits"] == {"plan": "free"}


def test_the_oldest_node_names_a_profile_unless_a_person_chose(tenant):
    a, b, c = tenant.anonymous("a"), tenant.anonymous("b"), tenant.anonymous("c")
    for name, one in (("1", a), ("2", b), ("3", c)):
        tenant.track(name, one)
    first, second, third = (tenant.profile(*one) for one in (a, b, c))
    tenant.track("4", c, a)
    assert tenant.profile(*c) == first
    tenant.merge(b, a, "m")
    assert tenant.profile(*a) == second
    assert set(tenant.show(a)["merged_ids"]) == {str(first), str(third)}
    assert tenant.value("select profile_show(%s)", third)["id"] == str(second)
    tenant.undo("m")
    assert tenant.profile(*a) == first


def test_a_merge_that_cannot_be_is_refused_without_effect(tenant):
    a, b, c = tenant.anonymous("a"), tenant.anonymous("b"), tenant.anonymous("c")
    tenant.track("1", a)
    tenant.track("2", b)
    with refused("TD008"):
        tenant.merge(a, c, "m")
    assert tenant.merge(a, b, "m", dry_run=True)["state"] == "applied" and tenant.apart(a, b)
    tenant.merge(a, b, "m")
    with refused("TD006"):
        tenant.merge(a, b, "n")
    tenant.track("3", c)
    with refused("TD007"):
        tenant.merge(a, c, "m")
    with refused("TD001"):
        tenant.undo("nothing")
    tenant.undo("m")
    with refused("TD009"):
        tenant.undo("m")


def test_of_two_copies_in_one_batch_the_first_wins(tenant):
    u, a = tenant.user("u"), tenant.anonymous("a")
    assert tenant.send(tenant.message("1", [u]), tenant.message("1", [u, a])) == ["accepted", "duplicate"]
    assert tenant.profile(*a) is None


def test_a_message_id_after_the_window_is_a_new_event_with_a_ref_of_its_own(tenant):
    u, a = tenant.user("u"), tenant.anonymous("a")
    tenant.track("1", u)
    tenant.track("2", a)
    tenant.track("3", u, a)
    tenant.undo("3")
    tenant.merge(u, a, "hand")
    tenant.undo("hand")
    key = batches.event_id(tenant.prefix + "3")
    for number in range(3):
        tenant.connection.execute(f"delete from dedupe_{number} where event_id = %s", [key])
    assert tenant.track("3", u, a, ts=9) == ["accepted"]
    assert tenant.apart(u, a), "a separation still holds"
    b = tenant.anonymous("b")
    tenant.track("4", b)
    for number in range(3):
        tenant.connection.execute(f"delete from dedupe_{number} where event_id = %s", [key])
    tenant.track("3", u, b, ts=10)
    assert tenant.same(u, b)
    ref = tenant.value("select ref from merge where message_id = %s and state = 'applied'", tenant.prefix + "3")
    assert ref == tenant.prefix + "3@2026-01-01T00:00:10.000000Z"


def test_an_alias_joins_what_the_previous_id_names(tenant):
    u, v, a = tenant.user("u"), tenant.user("v"), tenant.anonymous("a")
    tenant.track("1", u)
    tenant.track("2", a)

    def alias(name, user, previous):
        return tenant.send(tenant.message(name, [user], "alias", previous=tenant.prefix + previous))

    alias("3", u, "a")
    assert tenant.same(u, a)
    assert tenant.value("select cause from merge where ref = %s", tenant.prefix + "3") == "alias"
    alias("4", u, "new")
    assert tenant.same(u, tenant.anonymous("new"))
    # Known as a user id: a second one is over the limit, so the alias is refused and the event stays with userId.
    tenant.track("5", v)
    alias("6", u, "v")
    assert tenant.apart(u, v) and tenant.home("6") == tenant.owner(u)
    assert tenant.demotions("6") == [("user_id", "v", "limit")]


def test_an_identify_makes_the_node_that_later_messages_of_the_batch_use(tenant):
    u, a, b = tenant.user("u"), tenant.anonymous("a"), tenant.anonymous("b")
    tenant.send(
        tenant.message("1", [a]),
        tenant.message("2", [u, a], "identify"),
        tenant.message("3", [u]),
        tenant.message("4", [b]),
        tenant.message("5", [u, b]),
        tenant.message("6", [b]),
    )
    assert tenant.same(u, a, b)
    assert [tenant.home(name) == tenant.owner(u) for name in "1 2 3 5".split()] == [True] * 4
    assert tenant.home("4") == tenant.home("6") == tenant.owner(b) != tenant.owner(u)
    assert tenant.value("select count(*) from merge where ref = %s", tenant.prefix + "5") == 1


def test_blocked_events_are_unassigned_and_a_source_that_may_not_identify_finds_only(tenant):
    u, a = tenant.user("u"), tenant.anonymous("a")
    tenant.track("1", flags=batches.MAY_IDENTIFY | 8)
    assert tenant.home("1") == 0
    tenant.track("2", a, flags=0)
    assert tenant.home("2") == 0 and tenant.profile(*a) is None
    tenant.track("3", u)
    tenant.track("4", a, u, flags=0)
    assert tenant.home("4") == tenant.owner(u) and tenant.profile(*a) is None


def test_a_batch_under_old_rules_is_refused(tenant):
    tenant.rules -= 1
    with refused("TD011"):
        tenant.track("1", tenant.user("u"))
    tenant.rules += 1
    assert tenant.track("1", tenant.user("u")) == ["accepted"]


def test_traits_follow_time_then_message_id_and_null_is_a_value(tenant):
    u = tenant.user("u")
    tenant.identify("b", u, ts=10, traits={"plan": "pro", "seats": 3, "gone": 1})
    tenant.identify("a", u, ts=10, traits={"plan": "free"})
    tenant.identify("c", u, ts=5, traits={"seats": 9, "late": True})
    tenant.identify("d", u, ts=20, traits={"gone": None})
    tenant.identify("e", u, ts=15, traits={"gone": 2})
    assert tenant.show(u)["traits"] == {"plan": "pro", "seats": 3, "late": True}


def test_a_leave_counts_on_every_node_and_a_later_call_joins_again(tenant):
    u, a = tenant.user("u"), tenant.anonymous("a")
    group = tenant.prefix + "g"
    tenant.send(tenant.message("1", [u], "group", group=group))
    tenant.send(tenant.message("2", [a], "group", group=group))
    tenant.track("3", u, a)
    tenant.value("select profile_leave_account(%s, null, %s, 'tests')", tenant.profile(*u), group)
    assert tenant.show(u)["accounts"] == []
    with refused("TD001"):
        tenant.value("select profile_leave_account(%s, null, %s, 'tests')", tenant.profile(*u), group)
    tenant.undo("3")
    assert tenant.show(a)["accounts"] == []
    later = tenant.value("select now()") + timedelta(hours=1)
    tenant.send(tenant.message("4", [a], "group", ts=later, group=group))
    assert [one["group_id"] for one in tenant.show(a)["accounts"]] == [group]


def test_consent_is_kept_verbatim_with_its_home(tenant):
    u = tenant.user("u")
    tenant.track("1", u, consent={"Advertising": False})
    rows = tenant.rows("select node, categories from consent_statement where message_id = %s", tenant.prefix + "1")
    assert rows == [(tenant.owner(u), {"Advertising": False})]


def test_a_timeline_pages_through_events_merges_and_undos_once_each(tenant):
    u, a = tenant.user("u"), tenant.anonymous("a")
    for number in range(6):
        tenant.track(f"u{number}", u, ts=number % 3)
        tenant.track(f"a{number}", a, ts=number % 3)
    tenant.merge(u, a, "m1")
    tenant.undo("m1")
    tenant.merge(u, a, "m2")
    pages, last = [], (None, None)
    while page := tenant.rows("select at, key from profile_timeline(%s, %s, %s, 4)", tenant.profile(*u), *last):
        pages += page
        last = page[-1]
    assert len(pages) == len(set(pages)) == 12 + 3
    assert pages == sorted(pages, key=lambda row: (row[0], row[1].encode()), reverse=True)
    events = tenant.rows("select ts, seq from profile_events(%s, null, null, 100)", tenant.profile(*u))
    assert len(events) == 12 and events == sorted(events, reverse=True)


def test_the_first_call_of_a_connection_may_be_of_any_kind(tenant):
    u, a = tenant.user("u"), tenant.anonymous("a")
    tenant.track("1", u)
    for name, ids in (("2", [u]), ("3", [u, a]), ("4", [a])):
        own = tenant.another()
        assert own.track(name, *ids) == ["accepted"]
        own.connection.close()


def test_all_that_is_derived_agrees(tenant):
    assert tenant.breaches() == []
