"""Every documented example of Segment's identity resolution, by the name of the section that has it: "Identity Resolution Onboarding" and
"Settings" (flat matching, default identifiers, custom ones, blocked values, limit, priority, changes to rules), "ExternalIDs", "eCommerce
Example". Values are as documented but for addresses and numbers of people. Where Tandem decides otherwise, the test's name says so."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import quote

import pytest

from server import Server, Tenant

DAY = "2026-01-{:02}T12:00:00Z"


class Space:
    """A tenant as Segment's pages speak of one."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.numbers = itertools.count()

    def rules(self, *identifiers: tuple[str, int | None, str], **more: Any) -> None:
        """Identifiers in the order of priority: (type, limit, window)."""
        body = {"identifiers": [
            {"type": kind, "priority": place, **({} if limit is None else {"limit": limit, "window": window})}
            for place, (kind, limit, window) in enumerate(identifiers, start=1)], **more}
        answer = self.tenant.api("PUT", "/v1/identity/rules", body)
        assert answer.status_code == 200, answer.text

    def send(self, kind: str = "track", at: str | None = None, **message: Any) -> str:
        name = f"m{next(self.numbers)}"
        body = {"messageId": name, "timestamp": at or DAY.format(1), **({"event": "Event"} if kind == "track" else {}), **message}
        answer = self.tenant.ingest(kind, body)
        assert answer.status_code == 200 and answer.json()["accepted"] == 1, answer.text
        return name

    def profile(self, kind: str, value: str) -> dict[str, Any] | None:
        answer = self.tenant.get(f"/v1/profiles/by/{quote(kind, safe='')}/{quote(value, safe='')}")
        assert answer.status_code in (200, 404), answer.text
        return answer.json() if answer.ok else None

    def ids(self, kind: str, value: str) -> set[tuple[str, str]]:
        found = self.profile(kind, value)
        assert found is not None, (kind, value)
        return {(one["type"], one["value"]) for one in found["identifiers"]}

    def owner(self, message: str) -> str | None:
        """The profile that an event belongs to."""
        rows = self.tenant.server.sql("select profile_id from events where message_id = %s", [message], schema=self.tenant.schema)
        return str(rows[0][0]) if rows[0][0] else None

    def properties(self, message: str) -> dict[str, Any]:
        return self.tenant.server.sql("select properties from events where message_id = %s", [message], schema=self.tenant.schema)[0][0]

    def count(self) -> int:
        return len(self.tenant.get("/v1/profiles?limit=100").json()["items"])

    def same(self, first: tuple[str, str], second: tuple[str, str]) -> bool:
        one, other = self.profile(*first), self.profile(*second)
        return one is not None and other is not None and one["id"] == other["id"]


@pytest.fixture(scope="module")
def shared(tandem: Server) -> Tenant:
    return tandem.tenant("segment", modules="cdp")


@pytest.fixture
def space(shared: Tenant) -> Space:
    """The shared tenant without anybody in it, under the default rules (which voids what the server remembers)."""
    shared.server.sql(
        "truncate node, component, identifier, edge, merge, separation, demotion, demotion_memo, review, trait_record, membership, "
        "consent_statement, activity_seen, event_log, dedupe_0, dedupe_1, dedupe_2, profiles cascade", schema=shared.schema)
    answer = shared.api("PUT", "/v1/identity/rules", {})
    assert answer.status_code == 200, answer.text
    return Space(shared)


def device(kind: str, **fields: Any) -> dict[str, Any]:
    return {"device": {"type": kind, **fields}}


def external(kind: str, value: str, collection: str = "users", encoding: str = "none") -> dict[str, Any]:
    return {"externalIds": [{"id": value, "type": kind, "collection": collection, "encoding": encoding}]}


# --- Flat matching logic ---


def test_flat_matching_1_no_match_creates_a_profile(space: Space) -> None:
    space.send(userId="abc123", anonymousId="anon_123")
    assert space.count() == 1 and space.ids("user_id", "abc123") == {("user_id", "abc123"), ("anonymous_id", "anon_123")}


def test_flat_matching_2_one_match_adds_to_it(space: Space) -> None:
    space.send(userId="abc123")
    space.send("identify", userId="abc123", anonymousId="anon_123", traits={"email": "buyer@example1.com", "plan": "Pro"})
    assert space.count() == 1
    profile = space.profile("email", "buyer@example1.com")
    assert profile is not None and profile["user_id"] == "abc123" and profile["traits"]["plan"] == "Pro"


def test_flat_matching_3_several_matches_merge(space: Space) -> None:
    space.send(anonymousId="anon_123")
    space.send(userId="abc123")
    assert space.count() == 2
    space.send(userId="abc123", anonymousId="anon_123")
    assert space.count() == 1 and space.same(("user_id", "abc123"), ("anonymous_id", "anon_123"))


def test_shared_ipad_users_of_one_device_stay_apart(space: Space) -> None:
    for number in range(4):
        traits = {"email": f"buyer-{number}@example1.com"}
        space.send("identify", userId=f"user_{number}", context=device("ios", id="ipad_1"), traits=traits)
    assert space.count() == 4
    assert space.same(("ios.id", "ipad_1"), ("user_id", "user_0"))
    assert ("ios.id", "ipad_1") not in space.ids("user_id", "user_3")


def test_shared_ipad_a_blocked_device_is_nobodys(space: Space) -> None:
    space.rules(("user_id", 1, "ever"), ("email", 5, "ever"), blocked=["ipad_1"])
    for number in range(2):
        space.send(anonymousId=f"anon_{number}", context=device("ios", id="ipad_1"))
    assert space.count() == 2 and space.profile("ios.id", "ipad_1") is None


# --- Default identifiers ---


PLACES = [
    (("user_id", "u"), {"userId": "u"}),
    (("anonymous_id", "a"), {"anonymousId": "a"}),
    (("email", "buyer@example1.com"), {"context": {"traits": {"email": "Buyer@Example1.com"}}}),
    (("android.id", "d"), {"context": device("android", id="d")}),
    (("android.idfa", "d"), {"context": device("android", advertisingId="d", adTrackingEnabled=True)}),
    (("android.push_token", "d"), {"context": device("android", token="d")}),
    (("ios.id", "d"), {"context": device("ios", id="d")}),
    (("ios.idfa", "d"), {"context": device("ios", advertisingId="d", adTrackingEnabled=True)}),
    (("ios.push_token", "d"), {"context": device("ios", token="d")}),
]


def test_default_identifiers_are_found_where_segment_finds_them(space: Space) -> None:
    for number, (identifier, message) in enumerate(PLACES):
        space.send(**{"anonymousId": f"known-{number}", **message})
        assert identifier in space.ids(*identifier)


def test_default_identifiers_email_of_an_identify_is_in_its_traits(space: Space) -> None:
    space.send("identify", userId="u", traits={"email": "buyer@example1.com"})
    assert space.same(("user_id", "u"), ("email", "buyer@example1.com"))


def test_default_identifiers_need_the_device_type_and_the_consent_to_tracking(space: Space) -> None:
    for context in (device("android", advertisingId="d"), device("ios", advertisingId="d", adTrackingEnabled=False),
                    device("windows", id="d", token="d")):
        space.send(userId="u", context=context)
        assert space.ids("user_id", "u") == {("user_id", "u")}, context


def test_default_identifiers_differ_group_id_is_an_account_and_ga_client_id_comes_as_an_external_id(space: Space) -> None:
    space.send("group", userId="u", groupId="g")
    space.send(userId="u", context={"integrations": {"Google Analytics": {"clientId": "1.2"}}})
    assert space.ids("user_id", "u") == {("user_id", "u")}
    space.send(userId="u", context=external("ga_client_id", "1.2"))
    assert ("ga_client_id", "1.2") in space.ids("user_id", "u")


# --- Custom identifiers ---


def test_custom_identifier_app_id_is_taken_from_each_place_in_both_spellings(space: Space) -> None:
    body = {"identifiers": [{"type": "app_id", "trait": "app_id", "limit": 5, "window": "ever"}]}
    assert space.tenant.api("PUT", "/v1/identity/rules", body).status_code == 200
    for number, key in enumerate(["app_id", "appId"]):
        places = {"traits": {"traits": {key: f"traits-{number}"}}, "context": {"context": {"traits": {key: f"context-{number}"}}},
                  "properties": {"properties": {key: f"properties-{number}"}}}
        for place, message in places.items():
            space.send("identify" if place == "traits" else "track", userId=f"{place}-{number}", **message)
            assert ("app_id", f"{place}-{number}") in space.ids("user_id", f"{place}-{number}")


def test_external_ids_phone_of_a_track_call(space: Space) -> None:
    space.rules(("user_id", 1, "ever"), ("phone_id", 5, "ever"))
    upgraded = {"event": "Subscription Upgraded", "context": external("phone_id", "123-456-7890")}
    space.send(userId="use_123", properties={"plan": "Pro", "mrr": 99.99}, **upgraded)
    assert space.same(("user_id", "use_123"), ("phone_id", "123-456-7890"))
    # The next event with it alone belongs to the same person.
    event = space.send(**upgraded)
    profile = space.profile("user_id", "use_123")
    assert profile is not None and space.owner(event) is not None and space.count() == 1


def test_external_ids_phone_in_properties_and_context_traits(space: Space) -> None:
    body = {"identifiers": [{"type": "phone", "trait": "phone", "limit": 5, "window": "ever"}]}
    answer = space.tenant.api("PUT", "/v1/identity/rules", body)
    assert answer.status_code == 200, answer.text
    space.send(userId="use_123", properties={"phone": "+1 202-555-0143"})
    space.send(userId="use_456", context={"traits": {"phone": "+1 202-555-0144"}})
    assert space.same(("user_id", "use_123"), ("phone", "+1 202-555-0143"))
    assert space.same(("user_id", "use_456"), ("phone", "+1 202-555-0144"))


def test_external_ids_need_all_four_fields_of_a_person(space: Space) -> None:
    whole = external("app_id", "x")["externalIds"][0]
    lacking = [{name: value for name, value in whole.items() if name != key} for key in whole]
    for wrong in ({**whole, "collection": "accounts"}, {**whole, "encoding": "base64"}, *lacking):
        space.send(userId="u", context={"externalIds": [wrong]})
        assert space.ids("user_id", "u") == {("user_id", "u")}, wrong
    space.send(userId="u", context={"externalIds": [whole]})
    assert space.ids("user_id", "u") == {("user_id", "u"), ("app_id", "x")}


def test_external_ids_of_a_new_type_take_the_preset_priority_and_limit(space: Space) -> None:
    for number in range(6):
        space.send(userId="u", context=external("shopify_id", f"s{number}"))
    assert sum(kind == "shopify_id" for kind, _ in space.ids("user_id", "u")) == 5


def test_external_ids_anonymous_visit_then_sign_up(space: Space) -> None:
    visit = space.send("page", name="Pricing", anonymousId="anon_123",
                       properties={"title": "Acme Pricing", "url": "https://acme.com/pricing", "referrer": "https://google.com/"})
    before = space.owner(visit)
    assert space.owner(space.send("page", name="Home", anonymousId="anon_123")) == before
    sign_up = space.send(event="User Signup", userId="use_123", anonymousId="anon_123")
    # The same person, under the same id.
    assert space.owner(sign_up) == before == space.owner(visit) and space.count() == 1


# --- Blocked values ---


def test_blocked_values_suggested_ones_join_nobody_and_stay_in_the_payload(space: Space) -> None:
    for value in ["0", "000-000", "00000000-0000-0000-0000-000000000000", "----", "-1", "null", "anonymous"]:
        first = space.send(userId=f"one {value}", anonymousId=value, properties={"seen": value})
        second = space.send(userId=f"two {value}", anonymousId=value)
        assert space.owner(first) != space.owner(second)
        assert space.ids("user_id", f"one {value}") == {("user_id", f"one {value}")} and space.profile("anonymous_id", value) is None
        assert space.properties(first)["seen"] == value


def test_blocked_values_of_ones_own_development(space: Space) -> None:
    space.rules(("user_id", 1, "ever"), ("email", 5, "ever"), blocked=["-1", "null", "anonymous", "void", "abc123"])
    for value in ["void", "abc123"]:
        for number in range(2):
            space.send(userId=value, anonymousId=f"{value}_{number}")
        assert space.profile("user_id", value) is None
        assert not space.same(("anonymous_id", f"{value}_0"), ("anonymous_id", f"{value}_1"))


# --- Limit ---


def test_limit_defaults_are_one_user_id_and_five_of_all_others(space: Space) -> None:
    for number in range(7):
        space.send("identify", userId="u", anonymousId=f"anon_{number}", traits={"email": f"buyer-{number}@example1.com"})
    kinds = [kind for kind, _ in space.ids("user_id", "u")]
    assert kinds.count("user_id") == 1 and kinds.count("email") == 5 and kinds.count("anonymous_id") == 5
    space.send(userId="other", anonymousId="anon_0")
    assert not space.same(("user_id", "other"), ("user_id", "u"))


def test_limit_two_user_ids_and_one_email(space: Space) -> None:
    space.rules(("email", 1, "ever"), ("user_id", 2, "ever"))
    for user in ("shopify-1", "5f0c2b4e", "third"):
        space.send("identify", userId=user, traits={"email": "buyer@example1.com"})
    assert space.ids("email", "buyer@example1.com") == {
        ("email", "buyer@example1.com"), ("user_id", "shopify-1"), ("user_id", "5f0c2b4e")}
    # A second address is one too many for that profile: the event belongs to whom the address names.
    space.send("identify", userId="shopify-1", traits={"email": "second@example1.com"})
    assert not space.same(("email", "second@example1.com"), ("email", "buyer@example1.com"))


@pytest.mark.parametrize("window, inside, outside", [
    ("weekly", "2025-01-08T11:00:00Z", "2025-01-08T12:00:01Z"),
    ("monthly", "2025-01-31T11:00:00Z", "2025-01-31T12:00:01Z"),
    ("annually", "2026-01-01T11:00:00Z", "2026-01-01T12:00:01Z"),
])
def test_limit_five_in_a_sliding_window(space: Space, window: str, inside: str, outside: str) -> None:
    begin = "2025-01-01T12:00:00Z"
    space.rules(("user_id", 1, "ever"), ("email", 5, "ever"), ("anonymous_id", 5, window))
    for number in range(5):
        space.send(userId="u", anonymousId=f"anon_{number}", at=begin)
    space.send(userId="u", anonymousId="too-early", at=inside)
    assert ("anonymous_id", "too-early") not in space.ids("user_id", "u")
    space.send(userId="u", anonymousId="later", at=outside)
    assert ("anonymous_id", "later") in space.ids("user_id", "u")


# --- Priority ---


def test_priority_a_second_user_id_with_a_known_email_makes_a_profile_of_its_own(space: Space) -> None:
    space.rules(("user_id", 1, "ever"), ("email", 5, "ever"), ("anonymous_id", 5, "ever"))
    space.send("identify", userId="abc123", traits={"email": "buyer@example1.com"})
    space.send("identify", userId="abc456", traits={"email": "buyer@example1.com"})
    assert space.ids("user_id", "abc123") == {("user_id", "abc123"), ("email", "buyer@example1.com")}
    assert space.ids("user_id", "abc456") == {("user_id", "abc456")}


def by_rank(space: Space, kinds: list[str]) -> list[str]:
    """The order in which identifiers of these types decide whose an event is, each being that of another user."""
    places = {
        "email": lambda: {"context": {"traits": {"email": "buyer@example1.com"}}},
        "android.id": lambda: {"context": device("android", id="d")},
        "anonymous_id": lambda: {"anonymousId": "a"},
        "ga_client_id": lambda: {"context": external("ga_client_id", "g")},
    }
    owners = {}
    for kind in kinds:
        owners[space.owner(space.send(userId=f"of {kind}", **places[kind]()))] = kind
    assert len(owners) == len(kinds)
    order, left = [], list(kinds)
    while left:
        message: dict[str, Any] = {"context": {}}
        for kind in left:
            part = places[kind]()
            message["context"] |= part.pop("context", {})
            message |= part
        order.append(owners[space.owner(space.send(**message))])
        left.remove(order[-1])
    return order


def test_priority_by_default_is_email_then_the_alphabet(space: Space) -> None:
    assert by_rank(space, ["ga_client_id", "anonymous_id", "email"]) == ["email", "anonymous_id", "ga_client_id"]


def test_priority_a_new_type_takes_its_place_in_the_alphabet(space: Space) -> None:
    order = by_rank(space, ["ga_client_id", "anonymous_id", "email", "android.id"])
    assert order == ["email", "android.id", "anonymous_id", "ga_client_id"]


def test_priority_in_an_order_of_ones_own(space: Space) -> None:
    space.rules(*[(kind, None, "") for kind in ("user_id", "ga_client_id", "anonymous_id", "email", "android.id")])
    order = by_rank(space, ["android.id", "email", "anonymous_id", "ga_client_id"])
    assert order == ["ga_client_id", "anonymous_id", "email", "android.id"]


# --- Merge protection ---


def test_merge_protection_two_users_never_merge_through_what_they_share(space: Space) -> None:
    space.send("identify", userId="abc123", anonymousId="anon_123", traits={"email": "buyer@example1.com"})
    space.send("identify", userId="abc456", anonymousId="anon_456", traits={"email": "second@example1.com"})
    event = space.send(anonymousId="anon_456", context={"traits": {"email": "buyer@example1.com"}})
    assert space.count() == 2 and not space.same(("user_id", "abc123"), ("user_id", "abc456"))
    # The event is that of the address, which ranks higher.
    assert space.owner(event) == space.owner("m0")


def test_merge_protection_a_full_profile_takes_no_further_value_by_a_merge(space: Space) -> None:
    for number in range(5):
        space.send(userId="u", anonymousId=f"anon_{number}")
    space.send("identify", anonymousId="sixth", traits={"email": "buyer@example1.com"})
    space.send("identify", userId="u", traits={"email": "buyer@example1.com"})
    assert not space.same(("user_id", "u"), ("anonymous_id", "sixth"))


# --- Changes to rules ---


def test_changes_less_restrictive_rules_hold_for_new_events(space: Space) -> None:
    for number in range(6):
        space.send(userId="u", anonymousId=f"anon_{number}")
    assert ("anonymous_id", "anon_5") not in space.ids("user_id", "u")
    space.rules(("user_id", 1, "ever"), ("email", 5, "ever"), ("anonymous_id", 7, "ever"))
    assert ("anonymous_id", "anon_5") not in space.ids("user_id", "u")
    space.send(userId="u", anonymousId="anon_5")
    assert ("anonymous_id", "anon_5") in space.ids("user_id", "u")


def test_changes_more_restrictive_rules_leave_a_profile_beyond_them_as_it_is(space: Space) -> None:
    for number in range(4):
        space.send(userId="u", anonymousId=f"anon_{number}")
    space.rules(("user_id", 1, "ever"), ("email", 5, "ever"), ("anonymous_id", 2, "ever"))
    space.send(userId="u", anonymousId="anon_0")
    space.send(userId="u", anonymousId="anon_9")
    assert {value for kind, value in space.ids("user_id", "u") if kind == "anonymous_id"} == {f"anon_{number}" for number in range(4)}


# --- eCommerce example ---


def test_ecommerce_example_one_buyer_from_anonymous_to_known_over_devices_and_apps(space: Space) -> None:
    phone, other = device("ios", id="ios_abc123"), device("android", id="and_1a2b3c4d")
    events = [space.send(event=name, anonymousId="anon_123", context={"app": {"name": "SegKicks"}, **phone})
              for name in ("App Opened", "ShoeA Clicked", "ShoeB Clicked", "ShoeC Clicked")]
    assert space.count() == 1
    first = space.owner(events[0])
    known = {"userId": "abc123def", "traits": {"email": "buyer@example.com"}}
    space.send("identify", anonymousId="anon_123", context={"app": {"name": "SegKicks"}, **phone}, **known)
    ids = {("anonymous_id", "anon_123"), ("ios.id", "ios_abc123"), ("user_id", "abc123def"), ("email", "buyer@example.com")}
    assert space.ids("user_id", "abc123def") == ids
    space.send("identify", anonymousId="anon_456", context={"app": {"name": "SegKicks"}, **other}, **known)
    ids |= {("anonymous_id", "anon_456"), ("android.id", "and_1a2b3c4d")}
    assert space.ids("user_id", "abc123def") == ids
    space.send("identify", anonymousId="anon_789", context={"app": {"name": "SegRuns"}, **other}, **known)
    assert space.ids("user_id", "abc123def") == ids | {("anonymous_id", "anon_789")}
    # One person all along, with the first visits.
    assert space.count() == 1 and {space.owner(event) for event in events} == {first}
