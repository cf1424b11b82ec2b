"""Plays histories on a target beside the model, compares what is visible, and shrinks a history that differs."""

from __future__ import annotations

import itertools
import json
import random
import time
from dataclasses import dataclass
from typing import Any

from histories import HOUR_MS, History, batch_history, reprefixed
from targets import ModelTarget, Target, play

SHRINK_ATTEMPTS = 120


def lines(rows: list[list[Any]]) -> list[str]:
    """Canonical text of a visible state: one sorted line per fact, numbers by value (1.0 is 1)."""

    def plain(value: Any) -> Any:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    return sorted(
        f"{section} | {profile} | {item} | {json.dumps(plain(detail), sort_keys=True, ensure_ascii=False)}"
        for section, profile, item, detail in rows
    )


def shortened(line: str) -> str:
    """A line with the long name of a large profile cut to its first identifiers and its digest."""
    section, name, rest = line.split(" | ", 2)
    words = name.split(" ")
    if len(words) > 6:
        name = " ".join([*words[:4], f"(+{len(words) - 5})", words[-1]])
    return f"{section} | {name} | {rest}"


def difference(expected: list[str], found: list[str], most: int = 30) -> list[str]:
    """Minimal diff: `-` only the model has it, `+` only the target has it."""
    only_expected = sorted(set(expected) - set(found))
    only_found = sorted(set(found) - set(expected))
    twice = sorted({line for line in found if found.count(line) > 1}) if len(found) != len(set(found)) else []
    marked = [f"- {line}" for line in only_expected] + [f"+ {line}" for line in only_found]
    marked += [f"2 {line}" for line in twice]
    marked = [shortened(line) for line in marked]
    rest = len(marked) - most
    return marked[:most] + ([f"… and {rest} more"] if rest > 0 else [])


@dataclass
class Difference:
    """Where a target and the model part: after operation `step`, counted from 0."""

    step: int
    diff: list[str]


@dataclass
class Report:
    """What is printed when a seed differs; `ops` is the shrunken history."""

    seed: int
    base_ms: int
    found: Difference
    ops: list[dict]
    diff: list[str]

    def __str__(self) -> str:
        history = "\n".join(json.dumps(op, ensure_ascii=False) for op in self.ops)
        diff = "\n".join(self.diff)
        return (
            f"seed {self.seed}, base {self.base_ms}: differs after step {self.found.step}\n"
            f"shrunk to {len(self.ops)} operations:\n{history}\n"
            f"- only the model, + only the target:\n{diff}"
        )


def check_points(seed: int, count: int) -> set[int]:
    """Five random points and the end."""
    chance = random.Random(f"points-{seed}")
    return {*chance.sample(range(count), min(5, count)), count - 1}


def play_both(
    ops: list[dict], target: Target, model: ModelTarget, prefix: str, points: set[int]
) -> Difference | None:
    """The first difference in outcomes, at any step, or in the visible state, at the points."""
    for step, op in enumerate(ops):
        expected, found = play(model, op), play(target, op)
        if expected != found:
            return Difference(step, [f"- outcome {json.dumps(expected)}", f"+ outcome {json.dumps(found)}"])
        if step in points:
            diff = difference(lines(model.visible_state(prefix)), lines(target.visible_state(prefix)))
            if diff:
                return Difference(step, diff)
    return None


def compare_profiles(model: ModelTarget, target: Target, seed: int, most: int = 4) -> list[str]:
    """A sample of identifiers, asked as the API answers them."""
    chance = random.Random(f"profiles-{seed}")
    known = [key for key in sorted(model.model.owned) if key[0] in ("user_id", "anonymous_id", "email")]
    diff = []
    for kind, value in chance.sample(known, min(most, len(known))):
        who = {"type": kind, "value": value}
        expected, found = model.profile(who), target.profile(who)
        if expected != found:
            diff += [f"- {kind}={value} {json.dumps(expected)}", f"+ {kind}={value} {json.dumps(found)}"]
    return diff


class Prefixes:
    """Prefixes of equal length under one head, for the replays that shrinking needs."""

    def __init__(self, head: str) -> None:
        self.head = head
        self.numbers = itertools.count()

    def next(self) -> str:
        return f"{self.head}{next(self.numbers):04d}-"


def single_messages(ops: list[dict]) -> list[dict]:
    """The same history with one message per batch."""
    return [
        {**op, "messages": [message]} if op["op"] == "batch" else op
        for op in ops
        for message in op.get("messages", [None])
    ]


def shrink(ops: list[dict], target: Target, prefix: str, prefixes: Prefixes) -> tuple[list[dict], list[str]]:
    """Drops operations, then single messages, while the end still differs. The first one sets the rules and stays."""
    attempts = 0

    def differs(some: list[dict]) -> list[str]:
        nonlocal attempts
        attempts += 1
        fresh = prefixes.next()
        found = play_both(reprefixed(some, prefix, fresh), target, ModelTarget(), fresh, {len(some) - 1})
        return [line.replace(fresh, prefix) for line in found.diff] if found else []

    best, best_diff = ops, differs(ops)
    if not best_diff:
        return ops, ["(does not differ when it is played again)"]
    split = single_messages(ops)
    split_diff = differs(split)
    if split_diff:
        best, best_diff = split, split_diff
    size, dropped = max(len(best) // 2, 1), False
    while attempts < SHRINK_ATTEMPTS:
        start = 1
        while start < len(best) and attempts < SHRINK_ATTEMPTS:
            fewer = best[:start] + best[start + size :]
            diff = differs(fewer) if len(fewer) < len(best) else []
            if diff:
                best, best_diff, dropped = fewer, diff, True
            else:
                start += size
        if size == 1 and not dropped:
            break
        size, dropped = max(size // 2, 1), False
    return best, best_diff


def base_now() -> int:
    """A full hour in the past, so that a printed history can be played again within some hours."""
    return int(time.time() * 1000) // HOUR_MS * HOUR_MS


def run_seed(
    seed: int, count: int, target: Target, prefix: str, shrinking: bool = True, contacts: bool = False, base_ms: int = 0
) -> Report | None:
    """Plays one seed on the target beside the model. None when both agree at every point."""
    base = base_ms or base_now()
    prefixes = Prefixes(prefix)
    first = prefixes.next()
    ops = History(seed, count, first, base, contacts=contacts).ops
    model = ModelTarget()
    found = play_both(ops, target, model, first, check_points(seed, len(ops)))
    if found is None:
        diff = compare_profiles(model, target, seed)
        return Report(seed, base, Difference(len(ops) - 1, diff), ops, diff) if diff else None
    played = ops[: found.step + 1]
    if not shrinking:
        return Report(seed, base, found, played, found.diff)
    shrunk, diff = shrink(played, target, first, prefixes)
    return Report(seed, base, found, shrunk, diff)


def cut(messages: list[dict], seed: int, largest: int = 60) -> list[list[dict]]:
    """Random cuts of the messages into consecutive batches."""
    chance = random.Random(f"cuts-{seed}")
    batches, start = [], 0
    while start < len(messages):
        size = chance.randint(1, largest)
        batches.append(messages[start : start + size])
        start += size
    return batches


def run_batch_law(seed: int, count: int, target: Target, prefix: str) -> list[str]:
    """The same messages one by one and in random batches: the difference of what is visible, and to the model."""
    prefixes = Prefixes(prefix)
    first, second = prefixes.next(), prefixes.next()
    rules, messages = batch_history(seed, count, first, base_now())
    model = ModelTarget()
    for side in (target, model):
        side.put_rules(rules)
    for message in messages:
        target.send_batch([message])
        model.send_batch([message])
    again = reprefixed(messages, first, second)
    target.put_rules(reprefixed([rules], first, second)[0])
    for batch in cut(again, seed):
        target.send_batch(batch)
    one_by_one = lines(target.visible_state(first))
    # The names of profiles hold a digest of message ids, so the model plays the second prefix as well.
    expected = lines(model.visible_state(first))
    diff = [f"one by one: {line}" for line in difference(expected, one_by_one)]
    model = ModelTarget()
    model.put_rules(reprefixed([rules], first, second)[0])
    for message in again:
        model.send_batch([message])
    expected = lines(model.visible_state(second))
    return diff + [f"in batches: {line}" for line in difference(expected, lines(target.visible_state(second)))]
