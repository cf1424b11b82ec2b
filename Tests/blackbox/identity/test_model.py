"""The model's own tests: cases computed by hand from the design, so that the model itself is not taken on trust."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from model import DAY_MS, Model, Rules, format_time, parse_time

pytestmark = pytest.mark.quick

NOW = parse_time("2025-06-01T00:00:00.000Z")
NUMBERS = count()


def send(model: Model, kind: str = "track", at: int = NOW, message_id: str | None = None, **fields: Any) -> str:
    """Receives one message; answers its messageId."""
    message_id = message_id or f"m{next(NUMBERS):06d}"
    message = {"type": kind, "messageId": message_id, "timestamp": format_time(at), **fields}
    assert model.receive(message, NOW) in ("accepted", "duplicate")
    return message_id


def person(model: Model, value: str, kind: str = "user_id") -> frozenset[int]:
    return model.component(model.owned[kind, value].node)


def parts(model: Model) -> list[list[str]]:
    """The partition, as the values of each profile's identifiers."""
    return sorted(sorted(value for _, value in model.identifiers(part)) for part in model.components())


def user(value: str) -> dict[str, str]:
    return {"type": "user_id", "value": value}


def three_users() -> Model:
    model = Model()
    for value in "abc":
        send(model, userId=value)
    return model


@pytest.fixture
def model() -> Model:
    return Model()


# --- sections 4 and 5: ownership, edges, undo ---


def test_undo_of_the_first_of_two_chained_merges_splits_only_that_edge() -> None:
    model = three_users()
    assert model.merge(user("a"), user("b"), "ab") == "applied"
    assert model.merge(user("b"), user("c"), "bc") == "applied"
    assert parts(model) == [["a", "b", "c"]]
    assert model.undo("ab") == "undone"
    assert parts(model) == [["a"], ["b", "c"]]
    assert model.undo("bc") == "undone"
    assert parts(model) == [["a"], ["b"], ["c"]]


def test_undo_of_the_last_of_two_chained_merges_leaves_the_first() -> None:
    model = three_users()
    model.merge(user("a"), user("b"), "ab")
    model.merge(user("b"), user("c"), "bc")
    model.undo("bc")
    assert parts(model) == [["a", "b"], ["c"]]


def test_edges_join_owning_nodes_and_not_the_profiles_named_in_the_merge() -> None:
    """b–c names b; that b's profile had a's id at the time must not matter."""
    model = three_users()
    model.merge(user("a"), user("b"), "ab")
    model.merge(user("c"), user("b"), "cb")
    model.undo("ab")
    assert parts(model) == [["a"], ["b", "c"]]


def test_a_merge_by_profile_id_ends_at_the_public_node() -> None:
    model = three_users()
    model.merge(user("a"), user("b"), "ab")
    model.merge({"profile_of": user("b")}, user("c"), "profile-c")
    model.undo("ab")
    assert parts(model) == [["a", "c"], ["b"]]


def test_one_event_joins_several_profiles_with_its_home_and_is_undone_at_once(model: Model) -> None:
    send(model, userId="u")
    send(model, anonymousId="a")
    send(model, "identify", anonymousId="x", traits={"email": "E@x.test "})
    ref = send(model, "identify", userId="u", anonymousId="a", traits={"email": "e@x.test"})
    assert parts(model) == [["a", "e@x.test", "u", "x"]]
    assert [(edge.home, edge.end) for edge in model.edges] == [(0, 2), (0, 1)]
    assert model.undo(ref) == "undone"
    assert parts(model) == [["a"], ["e@x.test", "x"], ["u"]]
    assert model.separations == {frozenset((0, 1)), frozenset((0, 2))}
    assert model.undo(ref) == "already_undone"


def test_new_identifiers_and_the_event_belong_to_the_owner_of_the_highest_priority_one(model: Model) -> None:
    send(model, anonymousId="a")
    send(model, userId="u")
    model.merge(user("u"), {"type": "anonymous_id", "value": "a"}, "r")
    event = send(model, "identify", anonymousId="a", traits={"email": "new@x.test"})
    model.undo("r")
    assert parts(model) == [["a", "new@x.test"], ["u"]]
    assert [e.message_id for e in model.events if e.node in person(model, "a", "anonymous_id")][-1] == event


def test_refused_merges_and_undos_have_no_effect() -> None:
    model = three_users()
    model.merge(user("a"), user("b"), "ab")
    before = model.visible_state()
    assert model.merge(user("b"), user("a"), "again") == "same_profile"
    assert model.merge(user("a"), user("nobody"), "x") == "unknown_identifier"
    assert model.merge(user("a"), user("c"), "ab") == "ref_exists"
    assert model.undo("nothing") == "unknown_merge"
    assert model.visible_state() == before


# --- public id ---


def test_the_public_id_is_the_winner_of_the_latest_active_manual_merge() -> None:
    model = three_users()
    assert model.public_node(person(model, "a")) == 0
    model.merge(user("b"), user("a"), "ba")
    assert model.public_node(person(model, "a")) == 1
    model.merge(user("c"), user("b"), "cb")
    assert model.public_node(person(model, "a")) == 2
    model.undo("cb")
    assert model.public_node(person(model, "a")) == 1
    model.undo("ba")
    assert model.public_node(person(model, "a")) == 0


def test_when_the_winner_has_left_the_public_id_is_the_winners_end() -> None:
    model = three_users()
    model.merge(user("a"), user("b"), "ab")
    model.merge(user("b"), user("c"), "bc")  # winner_node is a, the public node then; the winner's end is b
    model.undo("ab")
    assert model.public_node(person(model, "c")) == 1


# --- section 6: separation ---


def test_a_separation_keeps_events_from_redoing_the_merge_but_not_people(model: Model) -> None:
    send(model, userId="u")
    send(model, anonymousId="a")
    model.undo(send(model, userId="u", anonymousId="a"))
    again = send(model, userId="u", anonymousId="a")
    assert parts(model) == [["a"], ["u"]]
    assert model.demotions[-1] == (again, ("anonymous_id", "a"), "separated")
    assert model.merge(user("u"), {"type": "anonymous_id", "value": "a"}, "hand") == "applied"
    send(model, "identify", userId="u", anonymousId="a", traits={"email": "e@x.test"})
    assert parts(model) == [["a", "e@x.test", "u"]]  # inert inside one profile
    model.undo("hand")
    send(model, userId="u", anonymousId="a")
    assert parts(model) == [["a"], ["e@x.test", "u"]]


def test_a_separation_also_keeps_apart_what_would_be_joined_through_a_third_profile(model: Model) -> None:
    for value in "abc":
        send(model, anonymousId=value)
    model.merge({"type": "anonymous_id", "value": "a"}, {"type": "anonymous_id", "value": "b"}, "ab")
    model.undo("ab")
    model.merge({"type": "anonymous_id", "value": "a"}, {"type": "anonymous_id", "value": "c"}, "ac")
    send(model, anonymousId="b", context={"externalIds": [external("c", "anonymous_id")]})
    assert parts(model) == [["a", "c"], ["b"]]


def external(value: Any, kind: str = "loyalty", **other: str) -> dict[str, Any]:
    return {"id": value, "type": kind, "collection": "users", "encoding": "none", **other}


# --- section 3: demotion ---


def test_a_second_user_id_is_never_joined_and_the_lowest_identifiers_go_first(model: Model) -> None:
    send(model, "identify", userId="u1", anonymousId="a", traits={"email": "e@x.test"})
    event = send(model, "identify", userId="u2", anonymousId="a", traits={"email": "e@x.test"})
    assert parts(model) == [["a", "e@x.test", "u1"], ["u2"]]
    assert [(identifier[1], rule) for message, identifier, rule in model.demotions] == [
        ("a", "limit"),
        ("e@x.test", "limit"),
    ]
    assert model.events[-1].message_id == event and model.events[-1].node == 1


def test_the_limit_itself_is_allowed_and_one_more_is_demoted(model: Model) -> None:
    for number in range(6):
        send(model, userId="u", anonymousId=f"a{number}")
    assert parts(model) == [["a0", "a1", "a2", "a3", "a4", "u"]]
    assert [identifier for _, identifier, _ in model.demotions] == [("anonymous_id", "a5")]
    assert ("anonymous_id", "a5") not in model.owned  # never attached to anybody


def test_a_profile_over_the_limit_by_a_manual_merge_still_takes_other_identifiers() -> None:
    model = three_users()
    model.merge(user("a"), user("b"), "ab")
    send(model, "identify", userId="a", traits={"email": "e@x.test"})
    send(model, userId="c", anonymousId="z")
    assert parts(model) == [["a", "b", "e@x.test"], ["c", "z"]]
    assert model.demotions == []


def test_a_window_counts_from_the_attaching_event_and_excludes_its_border(model: Model) -> None:
    model.put_rules({"default": {"limit": 1, "window": "weekly"}})
    send(model, userId="u", anonymousId="a", at=NOW - 20 * DAY_MS)
    send(model, userId="u", anonymousId="b", at=NOW - 13 * DAY_MS)
    assert parts(model) == [["a", "b", "u"]]
    send(model, userId="u", anonymousId="c", at=NOW - 19 * DAY_MS)
    assert parts(model) == [["a", "b", "u"]]


def test_the_cap_of_identifiers_and_of_merges(model: Model) -> None:
    model.put_rules({"max_ids": 2, "max_merges": 1})
    send(model, userId="u", anonymousId="a")
    send(model, userId="u", anonymousId="b")
    assert parts(model) == [["a", "u"]]
    model.put_rules({"max_merges": 1})
    send(model, anonymousId="b")
    send(model, anonymousId="c")
    send(model, userId="u", anonymousId="b")
    send(model, userId="u", anonymousId="c")
    assert parts(model) == [["a", "b", "u"], ["c"]]
    assert [rule for _, _, rule in model.demotions] == ["max_ids", "max_merges"]


def test_contacts_of_two_accounts_are_not_joined_by_an_event_and_open_one_review(model: Model) -> None:
    first, second = two_contacts(model, "acme", "globex")
    assert list(model.reviews) == [first] and model.reviews[first].refs == [first, second]
    assert (model.reviews[first].home, model.reviews[first].ends) == (0, [1])
    assert parts(model) == [["a"], ["z"]]
    assert [rule for _, _, rule in model.demotions] == ["review", "review"]


def two_contacts(model: Model, *accounts: str) -> list[str]:
    """A user and a visitor with a contact each, and two events that would join them."""
    send(model, userId="a")
    send(model, anonymousId="z")
    for who, account in zip((user("a"), visitor("z")), accounts, strict=True):
        assert model.link_contact(who, [account]) == "linked"
    return [send(model, userId="a", anonymousId="z") for _ in range(2)]


def visitor(value: str) -> dict[str, str]:
    return {"type": "anonymous_id", "value": value}


def test_contacts_of_one_account_are_joined(model: Model) -> None:
    two_contacts(model, "acme", "acme")
    assert parts(model) == [["a", "z"]] and model.reviews == {}


def test_an_approved_review_joins_and_can_be_undone(model: Model) -> None:
    ref, _ = two_contacts(model, "acme", "globex")
    assert model.decide_review(ref, approve=True) == "approved"
    assert parts(model) == [["a", "z"]]
    assert model.decide_review(ref, approve=True) == "already_decided"
    assert model.undo(f"review:{ref}") == "undone"
    assert parts(model) == [["a"], ["z"]]


def test_a_rejected_review_separates(model: Model) -> None:
    ref, _ = two_contacts(model, "acme", "globex")
    assert model.decide_review(ref, approve=False) == "rejected"
    assert model.separations == {frozenset((0, 1))}
    send(model, userId="a", anonymousId="z")
    assert model.demotions[-1][2] == "separated"


def test_a_review_of_profiles_joined_meanwhile_is_obsolete(model: Model) -> None:
    ref, _ = two_contacts(model, "acme", "globex")
    assert model.merge(user("a"), visitor("z"), "hand") == "review"
    assert model.merge(user("a"), visitor("z"), "hand") == "ref_exists"
    assert model.merge(user("a"), visitor("z"), "forced", force=True) == "applied"
    assert model.decide_review(ref, approve=True) == "obsolete"
    assert model.decide_review("hand", approve=False) == "obsolete"


# --- section 10: alias ---


def test_alias_joins_an_anonymous_visitor_and_refuses_a_second_user(model: Model) -> None:
    send(model, anonymousId="a")
    send(model, "alias", userId="u", previousId="a")
    assert parts(model) == [["a", "u"]]
    send(model, "alias", userId="u", previousId="never-seen")
    assert ("anonymous_id", "never-seen") in model.owned
    send(model, userId="v")
    refused = send(model, "alias", userId="v", previousId="u")
    assert parts(model) == [["a", "never-seen", "u"], ["v"]]
    assert model.events[-1].message_id == refused and model.events[-1].node in person(model, "v")


def test_alias_between_user_ids_joins_them_where_the_limit_allows(model: Model) -> None:
    model.put_rules({"identifiers": [{"type": "user_id", "priority": 1, "limit": 2, "window": "ever"}]})
    send(model, userId="a")
    send(model, userId="b")
    send(model, "alias", userId="b", previousId="a")
    assert parts(model) == [["a", "b"]]
    assert model.events[-1].node == 1  # userId comes first, whatever the values


# --- section 2: dedupe, refusals ---


def test_a_second_copy_is_ignored_even_after_the_undo_of_its_merge(model: Model) -> None:
    send(model, userId="u")
    send(model, anonymousId="a")
    ref = send(model, userId="u", anonymousId="a")
    model.undo(ref)
    before = model.visible_state()
    message = {"type": "track", "messageId": ref, "userId": "u", "anonymousId": "a"}
    assert model.receive(message, NOW) == "duplicate"
    assert model.visible_state() == before


def test_after_the_window_the_same_message_is_a_new_event_that_cannot_redo_its_merge(model: Model) -> None:
    send(model, userId="u")
    send(model, anonymousId="a")
    send(model, anonymousId="b")
    ref = send(model, userId="u", anonymousId="a")
    model.undo(ref)
    late = NOW + 7 * DAY_MS
    both = {"type": "track", "messageId": ref, "userId": "u"}
    assert model.receive({**both, "anonymousId": "a"}, late) == "accepted"
    assert parts(model) == [["a"], ["b"], ["u"]]
    later = late + 7 * DAY_MS
    assert model.receive({**both, "anonymousId": "b"}, later) == "accepted"
    assert list(model.merges)[-1] == f"{ref}@{format_time(later)}"


def test_no_identifier_is_refused_and_leaves_the_message_id_free(model: Model) -> None:
    message = {"type": "track", "messageId": "m", "userId": None, "anonymousId": True}
    assert model.receive(message, NOW) == "no_user_anon_id"
    assert model.receive({**message, "userId": 42}, NOW) == "accepted"
    assert ("user_id", "42") in model.owned


def test_an_event_with_blocked_identifiers_only_is_kept_unassigned(model: Model) -> None:
    for value in ("anonymous", "-1", "null", "0000-0000"):
        send(model, "identify", userId=value, traits={"color": "red"})
    assert [row[0] for row in model.visible_state()] == ["unassigned"] * 4
    assert model.node_count == 0


# --- section 1: where identifiers come from ---


def test_identifiers_of_every_place(model: Model) -> None:
    own_type = {"type": "member", "priority": 3, "limit": 5, "window": "ever", "trait": "member_no"}
    model.put_rules({"identifiers": [*Rules.DEFAULT["identifiers"], own_type]})
    device = {"type": "ios", "id": "d", "advertisingId": "i", "adTrackingEnabled": True, "token": "t"}
    context = {
        "traits": {"email": "B@x.test", "memberNo": 7},
        "device": device,
        "externalIds": [external("x"), external("y", encoding="sha256"), external("z", collection="accounts")],
    }
    send(model, userId=" u ", traits={"email": "a@x.test"}, properties={"email": "c@x.test"}, context=context)
    assert sorted(model.owned) == [
        ("email", "a@x.test"),
        ("email", "b@x.test"),
        ("email", "c@x.test"),
        ("ios.id", "d"),
        ("ios.idfa", "i"),
        ("ios.push_token", "t"),
        ("loyalty", "x"),
        ("member", "7"),
        ("user_id", "u"),
    ]
    send(model, anonymousId="n", context={"device": {**device, "id": "e", "token": "s", "adTrackingEnabled": "yes"}})
    assert ("ios.id", "e") in person_ids(model, "n") and ("ios.idfa", "i") not in person_ids(model, "n")


def person_ids(model: Model, value: str) -> list[tuple[str, str]]:
    return model.identifiers(person(model, value, "anonymous_id"))


def test_the_traits_of_a_group_call_are_the_accounts(model: Model) -> None:
    send(model, "group", userId="u", groupId="g", traits={"email": "office@x.test", "color": "red"})
    assert list(model.owned) == [("user_id", "u")]
    assert model.traits(person(model, "u")) == {}
    assert model.groups(person(model, "u")) == {"g"}


def test_types_outside_the_list_follow_alphabetically_and_values_by_byte(model: Model) -> None:
    order = [("user_id", "b"), ("user_id", "é"), ("email", "a"), ("android.id", "z"), ("anonymous_id", "a")]
    assert sorted(reversed(order), key=model.rules.priority) == order


def test_a_user_id_without_a_limit_of_its_own_has_one_and_not_the_default(model: Model) -> None:
    for listed in ([], [{"type": "user_id", "priority": 1}]):
        model.put_rules({"identifiers": listed, "default": {"limit": 3, "window": "weekly"}})
        assert model.rules.limit("user_id") == (1, None)
        assert model.rules.limit("email") == (3, 7 * DAY_MS)


# --- section 7: traits and groups ---


def test_a_late_identify_never_overwrites_and_a_tombstone_hides_what_is_older(model: Model) -> None:
    send(model, "identify", at=NOW, userId="u", traits={"plan": "pro", "color": "red"})
    send(model, "identify", at=NOW - 5, userId="u", traits={"plan": "free", "size": 1})
    send(model, "identify", at=NOW - 1, userId="u", traits={"size": None})
    send(model, "identify", at=NOW - 3, userId="u", traits={"size": 2})
    values = {key: found[0] for key, found in model.traits(person(model, "u")).items()}
    assert values == {"plan": "pro", "color": "red"}


def test_at_the_same_time_the_greater_message_id_decides(model: Model) -> None:
    send(model, "identify", message_id="z", userId="u", traits={"k": "of z"})
    send(model, "identify", message_id="b", userId="u", traits={"k": "of b"})
    assert model.traits(person(model, "u"))["k"] == ("of z", NOW, "z")


def test_context_traits_count_only_for_an_identify_without_traits_of_its_own(model: Model) -> None:
    send(model, "identify", userId="u", traits={}, context={"traits": {"a": 1}})
    send(model, "identify", userId="u", traits={"b": 1}, context={"traits": {"c": 1}})
    send(model, "track", userId="u", context={"traits": {"d": 1}})
    assert sorted(model.traits(person(model, "u"))) == ["a", "b"]


def test_a_leave_ends_every_nodes_membership_until_a_later_join(model: Model) -> None:
    send(model, "group", userId="u", groupId="g", at=NOW - 9)
    send(model, "group", userId="v", groupId="g", at=NOW - 9)
    model.merge(user("u"), user("v"), "uv")
    assert model.leave(user("u"), "g", NOW) == "left"
    model.undo("uv")
    assert model.groups(person(model, "u")) == model.groups(person(model, "v")) == set()
    send(model, "group", userId="u", groupId="g", at=NOW - 1)
    assert model.groups(person(model, "u")) == set()
    send(model, "group", userId="u", groupId="g", at=NOW)  # at the same time the leave comes first
    assert model.groups(person(model, "u")) == {"g"}
