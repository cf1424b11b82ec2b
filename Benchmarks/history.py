"""A tenant of 20 million events beside one of a million: timeline, look-up, ingest, vacuum, disk, each as a ratio.

Prints Markdown, the result in its first line; exits 69 when the disk is too small, 1 when an event is missing. See
docs/benchmarks.md.
"""

import os
import shutil
import statistics
import sys
import time

from blackbox import BINARY  # first: it makes load and server known
import load
import profiles
from generate import Generator
from server import Server

LARGE = int(os.environ.get("HISTORY_EVENTS", "20000000"))
SMALL = int(os.environ.get("HISTORY_BASE", "1000000"))
EACH = int(os.environ.get("HISTORY_EVENTS_EACH", "100"))  # of a person
DAYS = int(os.environ.get("HISTORY_DAYS", "365"))
ROUNDS = int(os.environ.get("HISTORY_ROUNDS", "5"))
SECONDS = float(os.environ.get("HISTORY_SECONDS", "3"))
# What an event may take with its indexes, its log and what COPY leaves behind until the checkpoint.
BYTES_EACH, SPARE_BYTES = 1500, 10 * 2**30
LINES = {"single": {"mix": "mixed", "connections": 64}, "batch": {"mix": "mixed", "connections": 8, "batch": 100}}


def seconds_of(work):
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


class Side:
    """One tenant, and what was measured of it."""

    def __init__(self, server, slug, events):
        self.events = events
        self.people = max(1, events // EACH)
        self.tenant = server.tenant(slug, modules="cdp")
        load.run(self.tenant, prefix="first", mix="track", connections=1, seconds=0.1, first=self.people, users=1)
        self.generator = Generator(server, self.tenant, DAYS)
        self.connection = self.generator.connection
        self.copy_s = seconds_of(self._fill)
        self.vacuum_s = seconds_of(self.generator.vacuum)
        self.connection.execute("checkpoint")
        self.bytes = self._size()
        self.results = {name: [] for name in LINES}
        self.runs = self.accepted = 0

    def _fill(self):
        node = self.generator.people(0, self.people)
        self.generator.events(node, self.people, EACH)
        self.generator.settle()

    def _size(self):
        query = "select sum(pg_total_relation_size(c.oid)) from pg_class c join pg_namespace n on n.oid = c.relnamespace" \
                " where n.nspname in (%s, %s) and c.relkind = 'r'"
        return int(self.connection.execute(query, [self.tenant.schema, self.tenant.internals]).fetchone()[0])

    def ingest(self, name, seconds=SECONDS, keep=True):
        self.runs += 1
        result = load.run(self.tenant, prefix=f"h{self.runs}", users=self.people, seconds=seconds, **LINES[name])
        if result["refused"] or result["lost"] or result["duplicates"]:
            raise AssertionError(f"{self.tenant.slug}: {result}")
        self.accepted += result["accepted"]
        if keep:
            self.results[name].append(result)

    def rate(self, name):
        return statistics.median(result["events_per_s"] for result in self.results[name])

    def p99(self, name):
        return statistics.median(result["p99_ms"] for result in self.results[name])

    def read(self):
        self.timelines = profiles.timelines(self.connection, self.people)
        self.lookups = profiles.lookups(self.connection, self.people)["profile_by_identifier"]

    def finish(self):
        """The vacuum of what the rounds have brought, and whether all of it is there."""
        self.last_vacuum_s = seconds_of(self.generator.vacuum)
        stored = self.connection.execute("select count(*) from event_log where message_id like 'h%'").fetchone()[0]
        self.generator.close()
        if stored != self.accepted:
            raise AssertionError(f"{self.tenant.slug}: {self.accepted} events answered, {stored} stored")


def check_disk(folder):
    need = (LARGE + SMALL) * BYTES_EACH + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < need:
        print(f"history: {need / 2**30:.0f} GB of free disk are needed at {folder}, {free / 2**30:.0f} are free; "
              "HISTORY_EVENTS takes a smaller number", file=sys.stderr)
        sys.exit(69)


def measure(server):
    check_disk(server.data_dir)
    sides = []
    for slug, events in (("small", SMALL), ("large", LARGE)):
        sides.append(Side(server, slug, events))
        print(f"history: {events:,} events made in {sides[-1].copy_s:.0f} s", file=sys.stderr)
    for side in sides:
        for name in LINES:
            side.ingest(name, min(SECONDS, 2), keep=False)
        server.cli("bi", "promote", "--tenant", side.tenant.slug)
    for number in range(ROUNDS):
        for name in LINES:
            for side in sides:
                side.ingest(name)
        print(f"history: round {number + 1} of {ROUNDS}", file=sys.stderr)
    for side in sides:
        side.read()
    for side in sides:
        side.finish()
    return sides


def figures(sides):
    """(title, format, value of the small one, of the large one, ratio)."""
    small, large = sides
    millions = {side: side.events / 1e6 for side in sides}

    def row(title, shape, value):
        values = [value(side) for side in sides]
        return title, shape, *values, values[1] / values[0]

    for name, title in (("single", "mixed single calls, 64 connections"), ("batch", "batches of 100 mixed, 8 connections")):
        ratio = statistics.median(
            b["events_per_s"] / a["events_per_s"] for a, b in zip(small.results[name], large.results[name]))
        yield f"{title}: events/s", ",.0f", small.rate(name), large.rate(name), ratio
        yield row(f"{title}: p99 ms", ".1f", lambda side: side.p99(name))
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        yield row(f"timeline of {profiles.PAGE} in SQL: {name} ms", ".2f", lambda side: profiles.percentile(side.timelines, share))
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        yield row(f"profile by an identifier in SQL: {name} ms", ".3f", lambda side: profiles.percentile(side.lookups, share))
    yield row("first vacuum (analyze): s per million events", ".2f", lambda side: side.vacuum_s / millions[side])
    yield row("vacuum (analyze) after the rounds: s", ".2f", lambda side: side.last_vacuum_s)
    yield row("disk: MB per million events", ",.0f", lambda side: side.bytes / 1e6 / millions[side])
    yield row("COPY and what is derived: s per million events", ".1f", lambda side: side.copy_s / millions[side])


def main():
    load.build()
    with Server(BINARY, {"TANDEM_EVENT_RATE": "0"}) as server:
        sides = measure(server)
    rows = list(figures(sides))
    ratio = {title: ratio for title, *_, ratio in rows}
    by = {name: next(value for title, value in ratio.items() if title.startswith(name)) for name in ("mixed", "batches", "disk")}
    by |= {name: next(v for t, v in ratio.items() if t.startswith(name) and "p99" in t) for name in ("timeline", "profile")}
    print(f"A tenant of {LARGE:,} events against one of {SMALL:,}: single calls {by['mixed']:.2f} of the rate, "
          f"batches {by['batches']:.2f}, timeline's p99 {by['timeline']:.2f} times, look-up's p99 {by['profile']:.2f} times, "
          f"disk per event {by['disk']:.2f} times.")
    print(f"\n{EACH} events a person over {DAYS} days in monthly partitions, written by COPY. Ingest: medians of {ROUNDS} pairs of "
          f"{SECONDS:g} s, ratios taken within a pair. Every event answered 200 was counted in the table.\n")
    print(f"| | {SMALL:,} events | {LARGE:,} events | ratio |\n|---|--:|--:|--:|")
    for title, shape, one, other, quotient in rows:
        print(f"| {title} | {one:{shape}} | {other:{shape}} | {quotient:.2f} |")


if __name__ == "__main__":
    main()
