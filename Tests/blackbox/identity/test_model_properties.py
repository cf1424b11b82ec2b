"""The properties that the design promises, on the model, over random histories of 10,000 operations together."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from histories import History, apply_to_model
from model import Model, parse_time

BASE = parse_time("2025-06-01T10:00:00.000Z")
SEEDS = range(50)
COUNT = 200


def history(seed: int, **options: Any) -> History:
    return History(seed, COUNT, f"p{seed:04d}-", BASE, **options)


def played(ops: list[dict]) -> Model:
    model = Model()
    for op in ops:
        apply_to_model(model, op, BASE)
    return model


def forked(model: Model) -> Model:
    """A copy that goes its own way; only edges, merges and reviews are ever changed in place."""
    other = copy.copy(model)
    for name, value in vars(model).items():
        if isinstance(value, (list, dict, set)):
            setattr(other, name, copy.copy(value))
    other.edges = [copy.copy(edge) for edge in model.edges]
    other.merges = {ref: copy.copy(merge) for ref, merge in model.merges.items()}
    other.reviews = copy.deepcopy(model.reviews)
    return other


def homes(model: Model) -> dict[str, Any]:
    return {event.message_id: event.node for event in model.events}


@pytest.mark.parametrize("seed", SEEDS)
def test_undo_right_after_any_merge_restores_the_whole_visible_state(seed: int) -> None:
    """(a) for manual merges, (b) for those of events: only the event itself stays, on its home."""
    model = Model()
    for op in history(seed).ops:
        for single in [{**op, "messages": [one]} for one in op.get("messages", [])] or [op]:
            before, known = forked(model), set(model.merges)
            apply_to_model(model, single, BASE)
            for ref in set(model.merges) - known:
                undone = forked(model)
                assert undone.undo(ref) == "undone"
                if "messages" in single:
                    store_without_joining(before, single["messages"][0])
                assert undone.visible_state() == before.visible_state()


def store_without_joining(model: Model, message: dict) -> None:
    at = model.event_time(message, BASE)
    decision = model.decide(model.read_identifiers(message)[0], at)
    decision.ends = []
    model.record(message, message["messageId"], at, decision)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_undos_does_not_matter(seed: int) -> None:
    """(c)"""
    model = played(history(seed).ops)
    active = [ref for ref, merge in model.merges.items() if not merge.undone]
    states = []
    for order in range(3):
        random.Random(order).shuffle(active)
        other = forked(model)
        assert [other.undo(ref) for ref in active] == ["undone"] * len(active)
        states.append(other.visible_state())
    assert states[0] == states[1] == states[2]
    if active:
        assert len(other.components()) == other.node_count


@pytest.mark.parametrize("seed", SEEDS)
def test_what_came_between_merge_and_undo_goes_to_its_home_side(seed: int) -> None:
    """(d): no operation moves an event or an identifier to another node."""
    model = Model()
    for op in history(seed).ops:
        before_homes, before_owned = homes(model), {key: owned.node for key, owned in model.owned.items()}
        apply_to_model(model, op, BASE)
        now_homes, now_owned = homes(model), {key: owned.node for key, owned in model.owned.items()}
        assert before_homes.items() <= now_homes.items()
        assert before_owned.items() <= now_owned.items()


def test_undo_equals_the_replay_in_which_the_merge_was_vetoed() -> None:
    """(e), the veto being the separation that the undo leaves behind.

    The undo comes as soon as an operation would not count: one in which a rule demotes something because of the merge,
    or the veto costs more than an identifier that added nothing to the merged profile; see README.md.
    """
    compared = [compare_with_veto(seed) for seed in range(100)]
    assert len([count for count in compared if count >= 10]) >= 40
    assert sum(compared) >= 1000


def compare_with_veto(seed: int) -> int:
    """The number of messages and operations between merge and undo."""
    chance = random.Random(seed)
    ops = History(seed, 100, f"p{seed:04d}-", BASE, rules=False).ops
    start = chance.randrange(5, 30)
    merged = played(ops[:start])
    parts = merged.components()
    if len(parts) < 2:
        return 0
    sides = [chance.choice(merged.identifiers(part)) for part in chance.sample(parts, 2)]
    vetoed = forked(merged)
    vetoed.separations.add(frozenset(merged.owned[side].node for side in sides))
    winner, loser = ({"type": kind, "value": value} for kind, value in sides)
    assert merged.merge(winner, loser, "vetoed") == "applied"
    count = 0
    for op in ops[start:]:
        for single in [{**op, "messages": [one]} for one in op.get("messages", [])] or [op]:
            if not step_counts(merged, vetoed, single):
                break
            count += 1
        else:
            continue
        break
    assert merged.undo("vetoed") == "undone"
    assert without_public(merged) == without_public(vetoed)
    return count


def step_counts(merged: Model, vetoed: Model, op: dict) -> bool:
    """Plays the operation on both unless the promise does not cover it; answers whether it did."""
    if op["op"] == "leave":
        return True  # recorded on every node that the profile has at that time, so not to be compared
    if op["op"] == "merge":
        # By identifier: the id of the merged profile names the winner's node, whichever side was meant.
        op = {**op, **{end: op[end].get("profile_of", op[end]) for end in ("winner", "loser")}}
    with_merge, with_veto = forked(merged), forked(vetoed)
    outcomes = [apply_to_model(model, op, BASE) for model in (with_merge, with_veto)]
    if outcomes[0] != outcomes[1]:
        return False  # a manual merge inside what is one profile on one side only
    demoted = with_veto.demotions[len(vetoed.demotions) :]
    if not set(with_merge.demotions[len(merged.demotions) :]) <= set(demoted):
        return False
    for message_id, identifier, _ in demoted:
        home, owned = homes(with_veto)[message_id], merged.owned.get(identifier)
        if owned is None or home >= merged.node_count or owned.node not in merged.component(home):
            return False
    apply_to_model(merged, op, BASE)
    apply_to_model(vetoed, op, BASE)
    return True


def without_public(model: Model) -> list:
    """The public id follows the latest manual merge, and its winner's public node is asked at that moment."""
    return [row for row in model.visible_state() if row[0] != "public"]


@pytest.mark.parametrize("seed", SEEDS)
def test_without_rules_and_aliases_the_order_of_arrival_does_not_matter(seed: int) -> None:
    """(f): partition, identifier sets, traits and groups; first_seen_at, the public id and consent do depend on arrival."""
    source = history(seed, rules=False, people=False, alias=False)
    first, messages = source.ops[0], {message["messageId"]: message for message in source.messages}
    states = []
    for order in range(3):
        shuffled = list(messages.values())
        random.Random(order).shuffle(shuffled)
        model = played([first, {"op": "batch", "messages": shuffled}])
        assert model.demotions == []
        rows = [row for row in without_public(model) if row[0] != "consent"]
        states.append([[*row[:3], None if row[0] == "identifier" else row[3]] for row in rows])
    assert states[0] == states[1] == states[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_active_edges_form_a_forest_and_everything_is_in_exactly_one_profile(seed: int) -> None:
    """(g), after every operation."""
    model = Model()
    for op in history(seed).ops:
        apply_to_model(model, op, BASE)
        parts = model.components()
        active = sum(edge.active for edge in model.edges)
        assert active == model.node_count - len(parts)
        assert sorted(node for part in parts for node in part) == list(range(model.node_count))
    rows = model.visible_state()
    events = [row[2] for row in rows if row[0] in ("event", "unassigned")]
    assert sorted(events) == sorted(model.received)
    identifiers = [row[2] for row in rows if row[0] == "identifier"]
    assert sorted(identifiers) == sorted("=".join(key) for key in model.owned)


def test_histories_are_alike_for_the_same_seed_and_reach_every_rule() -> None:
    assert history(7).ops == history(7).ops
    models = [history(seed).model for seed in SEEDS]
    rules = {rule for model in models for _, _, rule in model.demotions}
    assert rules == {"limit", "separated", "max_ids", "max_merges", "anomaly"}
    assert {merge.cause for model in models for merge in model.merges.values()} == {"event", "alias", "manual", "review"}
    assert max(len(part) for model in models for part in model.components()) >= 6
