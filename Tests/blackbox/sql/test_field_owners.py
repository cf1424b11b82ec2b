"""The table "Who owns a field", whole: every pair of ranks in both orders of arrival and of time, clearing by hand, taking over."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from records import HAND, IMPORT, PUBLIC, SERVER, T0, Records

RANKS = {"hand": (0, HAND), "server": (1, SERVER), "import": (3, IMPORT), "public": (2, PUBLIC)}
BEST_FIRST = list(RANKS)
OBJECTS = {"contact": "title", "lead": "company", "account": "industry"}
PAIRS = [(a, b) for a, b in itertools.product(RANKS, RANKS)]


def new(crm: Records, object: str) -> uuid.UUID:
    return crm.create(object, **({"name": "N"} if object == "account" else {"last_name": "N"}))


def say(crm: Records, object: str, id: uuid.UUID, who: str, value: Any, day: int) -> None:
    source, rank = RANKS[who]
    (done,) = crm.write(
        object, {"op": "update", "id": str(id), "data": {OBJECTS[object]: value}, "message_id": f"m{day}"}, source=source, rank=rank,
        at=T0 + timedelta(days=day))
    assert done["outcome"] in ("updated", "unchanged"), done


def shown(crm: Records, object: str, id: uuid.UUID) -> Any:
    return crm.value(f"select {OBJECTS[object]} from {object}s where id = %s", id)


def sources(crm: Records, object: str, id: uuid.UUID) -> dict[int, tuple[Any, bool]]:
    found = crm.rows(
        "select source, value #>> '{}', is_shown from field_sources(%s, %s) where field = %s", object, id, OBJECTS[object])
    return {source: (value, is_shown) for source, value, is_shown in found}


@pytest.mark.parametrize("object", OBJECTS)
@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda rank: rank)
@pytest.mark.parametrize("newer", ["second", "first"])
def test_the_higher_rank_shows_and_within_one_the_newer(
    crm: Records, figures: Callable[[str, Any], None], object: str, first: str, second: str, newer: str
) -> None:
    id = new(crm, object)
    days = (1, 2) if newer == "second" else (2, 1)
    say(crm, object, id, first, "of the first", days[0])
    say(crm, object, id, second, "of the second", days[1])
    if first == second:
        winner = newer
    else:
        winner = "first" if BEST_FIRST.index(first) < BEST_FIRST.index(second) else "second"
    assert shown(crm, object, id) == f"of the {winner}"
    kept = sources(crm, object, id)
    if first == second:
        assert kept == {RANKS[first][0]: (f"of the {winner}", True)}
    else:
        assert kept == {
            RANKS[first][0]: ("of the first", winner == "first"), RANKS[second][0]: ("of the second", winner == "second")}
    if object == "contact":
        figures(f"{first}, then {second}", {
            "the newer by its time": newer, "shows": first if winner == "first" else second,
            "kept beside it": "nothing" if first == second else second if winner == "first" else first})


@pytest.mark.parametrize("object", OBJECTS)
@pytest.mark.parametrize("other", ["server", "import", "public"])
def test_a_hand_that_clears_a_field_has_edited_it(
    crm: Records, figures: Callable[[str, Any], None], object: str, other: str
) -> None:
    id = new(crm, object)
    say(crm, object, id, other, "said", 1)
    assert shown(crm, object, id) == "said"
    say(crm, object, id, "hand", None, 2)
    assert shown(crm, object, id) is None
    say(crm, object, id, other, "said again", 3)
    assert shown(crm, object, id) is None, "what outranks it is nothing, and stays"
    assert sources(crm, object, id) == {RANKS[other][0]: ("said again", False), 0: (None, True)}
    say(crm, object, id, "hand", "written", 4)
    assert shown(crm, object, id) == "written"
    if object == "contact":
        figures(f"{other}, then cleared by hand, then {other} again", {
            "the newer by its time": other, "shows": "nothing", "kept beside it": other})


@pytest.mark.parametrize("object", OBJECTS)
@pytest.mark.parametrize("other", ["server", "import", "public"])
def test_what_was_taken_over_is_a_hands_own(
    crm: Records, figures: Callable[[str, Any], None], object: str, other: str
) -> None:
    id = new(crm, object)
    say(crm, object, id, "hand", "by hand", 1)
    say(crm, object, id, other, "better", 2)
    assert shown(crm, object, id) == "by hand" and sources(crm, object, id)[RANKS[other][0]] == ("better", False)
    say(crm, object, id, "hand", "better", 3)
    say(crm, object, id, other, "worse", 4)
    assert shown(crm, object, id) == "better"
    assert sources(crm, object, id) == {0: ("better", True), RANKS[other][0]: ("worse", False)}
    if object == "contact":
        figures(f"hand, then {other}, taken over, then {other} again", {
            "the newer by its time": other, "shows": "what was taken over", "kept beside it": other})


@pytest.mark.parametrize("order", list(itertools.permutations(RANKS)), ids="-".join)
def test_all_four_in_any_order_end_alike(crm: Records, order: tuple[str, ...]) -> None:
    id = new(crm, "contact")
    for day, who in enumerate(order, 1):
        say(crm, "contact", id, who, who, day)
    assert shown(crm, "contact", id) == "hand"
    assert sources(crm, "contact", id) == {source: (who, who == "hand") for who, (source, _) in RANKS.items()}
