"""Hot spots beside normal ones in the same tables: a group of a million members, a device of ten million events.

Prints Markdown, the result in its first line; exits 1 when a hot spot's rate is below 0.7 of normal or an event is missing.
See docs/benchmarks.md.
"""

import os
import statistics
import sys
import time

from blackbox import BINARY  # first: it makes load and server known
import load
from generate import Generator
from server import Server

MEMBERS = int(os.environ.get("HOT_MEMBERS", "1000000"))
EVENTS = int(os.environ.get("HOT_EVENTS", "10000000"))
USERS = int(os.environ.get("HOT_USERS", "20000"))  # that send, of the large group and of the others
ROUNDS = int(os.environ.get("HOT_ROUNDS", "5"))
SECONDS = float(os.environ.get("HOT_SECONDS", "3"))
GROUP = 10  # members of a normal group
LEAST = 0.7

# People of the large group come first, then those of normal groups, then the device.
NORMAL = {"first": MEMBERS, "users": USERS}
LARGE = {"first": 0, "users": min(USERS, MEMBERS)}
DEVICE = {"first": MEMBERS + USERS, "users": 1}
PAIRS = {
    "`group` calls of a group's members": (
        {"mix": "group", **LARGE, "group": 0, "members": MEMBERS}, {"mix": "group", **NORMAL, "group": 1, "members": GROUP}),
    "`track` calls of a group's members": ({"mix": "track", **LARGE}, {"mix": "track", **NORMAL}),
    "`track` calls of a device": ({"mix": "track", **DEVICE}, {"mix": "track", **NORMAL}),
}
FORMS = {"single, 64 connections": {"connections": 64}, "batches of 100, 8 connections": {"connections": 8, "batch": 100}}


def make(server, tenant):
    """The data; how many seconds that took."""
    begin = time.monotonic()
    load.run(tenant, prefix="first", mix="track", connections=1, seconds=0.1, first=MEMBERS + USERS + 1, users=1)
    generator = Generator(server, tenant)
    people = generator.people(0, MEMBERS + USERS)
    device = generator.people(MEMBERS + USERS, 1)
    generator.join(people, MEMBERS, 0, MEMBERS)
    generator.join(people + MEMBERS, USERS, 1, GROUP)
    generator.events(people, MEMBERS + USERS, 1, kind="group")
    generator.events(device, 1, EVENTS)
    generator.settle()
    name_groups(tenant)
    generator.vacuum()
    generator.close()
    return time.monotonic() - begin


def name_groups(tenant):
    """The groups' accounts, made as ever: by a call of one member."""
    members = [0, *range(MEMBERS, MEMBERS + USERS, GROUP)]
    calls = [{"type": "group", "messageId": f"named-{group}", "userId": f"user-{member}", "groupId": f"group-{group}",
              "traits": {"name": f"Group {group}"}} for group, member in enumerate(members)]
    for first in range(0, len(calls), 100):
        part = calls[first:first + 100]
        answer = tenant.ingest("batch", {"batch": part})
        if answer.status_code != 200 or answer.json()["accepted"] != len(part):
            raise AssertionError(f"{answer.status_code} {answer.text}")


class Pairs:
    """Each hot spot right after its normal counterpart."""

    def __init__(self, tenant):
        self.tenant = tenant
        self.runs = 0
        self.accepted = 0
        self.found = {(title, form): [] for title in PAIRS for form in FORMS}

    def run(self, flags, form, seconds):
        self.runs += 1
        result = load.run(self.tenant, prefix=f"h{self.runs}", seconds=seconds, **flags, **FORMS[form])
        if result["refused"] or result["lost"] or result["duplicates"]:
            raise AssertionError(f"{flags}: {result}")
        self.accepted += result["accepted"]
        return result

    def round(self, seconds=SECONDS, keep=True):
        for (title, form), found in self.found.items():
            hot, normal = PAIRS[title]
            results = (self.run(normal, form, seconds), self.run(hot, form, seconds))
            if keep:
                found.append(results)

    def ratio(self, key):
        return statistics.median(hot["events_per_s"] / normal["events_per_s"] for normal, hot in self.found[key])

    def table(self):
        yield "| calls | sent as | hot events/s | normal events/s | ratio | hot p99 ms | normal p99 ms |\n|---|---|--:|--:|--:|--:|--:|"
        for (title, form), found in self.found.items():
            rates = [statistics.median(pair[side]["events_per_s"] for pair in found) for side in (1, 0)]
            p99s = [statistics.median(pair[side]["p99_ms"] for pair in found) for side in (1, 0)]
            yield (f"| {title} | {form} | {rates[0]:,.0f} | {rates[1]:,.0f} | {self.ratio((title, form)):.2f} "
                   f"| {p99s[0]:.1f} | {p99s[1]:.1f} |")


def main():
    load.build()
    with Server(BINARY, {"TANDEM_EVENT_RATE": "0"}) as server:
        tenant = server.tenant("hot", modules="cdp")
        made_s = make(server, tenant)
        pairs = Pairs(tenant)
        pairs.round(min(SECONDS, 2), keep=False)
        server.cli("bi", "promote", "--tenant", tenant.slug)
        for number in range(ROUNDS):
            pairs.round()
            print(f"hot: round {number + 1} of {ROUNDS}", file=sys.stderr)
        stored = server.sql("select count(*) from event_log where message_id like 'h%%'", [], schema=tenant.schema)[0][0]
    ratios = {key: pairs.ratio(key) for key in pairs.found}
    faults = [f"{title}, {form}: {ratio:.2f}" for (title, form), ratio in ratios.items() if ratio < LEAST]
    if stored != pairs.accepted:
        faults.append(f"{pairs.accepted} events answered, {stored} stored")
    print(f"A group of {MEMBERS:,} members and a device of {EVENTS:,} events are ingested at {min(ratios.values()):.2f} of the "
          f"normal rate or more (floor {LEAST}){': missed by ' + '; '.join(faults) if faults else ''}.")
    print(f"\nMedians of {ROUNDS} pairs of {SECONDS:g} s, in one tenant; ratios are taken within a pair. Normal: {USERS:,} people in "
          f"groups of {GROUP}. All events of a device go down one lane in their order. The data were written by COPY in {made_s:.0f} s.\n")
    print("\n".join(pairs.table()))
    if faults:
        sys.exit(1)


if __name__ == "__main__":
    main()
