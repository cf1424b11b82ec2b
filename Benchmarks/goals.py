"""The goals of ingest, each in the same run on the same machine: ratios to `pgbench` and to a FastAPI application, processor
time, latencies, and what must not happen. See docs/benchmarks.md.

Prints Markdown, its first line saying how many floors are met; a floor that is missed is no failure of the run. Writes each
round's figures to GOALS_RAW.
"""

import dataclasses
import json
import os
import pathlib
import statistics
import sys

from blackbox import BINARY  # first: it makes load and server known
import load
import profiles
from bench import LINES, MODULES, ROUNDS, SECONDS, USERS, Bench, Sample
from goal import Goal
from peer.peer import CONNECTIONS, Peer
from server import Server

EVENTS = int(os.environ.get("GOALS_EVENTS", "1000000"))
RAW = os.environ.get("GOALS_RAW")
PEERED = {"mixed": (4, 8), "batch": (1, 2)}


class Goals(Bench):
    """The lines of the benchmark, two of them followed at once by the peer's."""

    def __init__(self, server, modules, peer):
        super().__init__(server, modules)
        self.peer = peer
        self.samples.update({f"peer {name}": [] for name in PEERED})

    def prepare(self):
        super().prepare()
        for line in LINES:
            if line.name in PEERED:
                self.run_peer(line, min(SECONDS, 2))

    def run_peer(self, line, seconds=SECONDS):
        self.runs += 1
        before, rows = self.peer.meter.read(), self.peer.rows()
        prefix = f"{self.modules.replace(',', '-')}-{self.runs}"
        result = load.run(self.peer, prefix=prefix, users=USERS, seconds=seconds, **line.flags)
        if result["refused"] or result["lost"] or self.peer.rows() - rows != result["accepted"]:
            raise AssertionError(f"the peer, {line.title}: {result}")
        return Sample(result["events_per_s"], result["accepted"], self.peer.meter.read() - before,
                      p50_ms=result["p50_ms"], p99_ms=result["p99_ms"])

    def pair(self, line):
        super().pair(line)
        if line.name in PEERED:
            sample = self.run_peer(line)
            sample.against = self.samples[line.name][-1].rate
            self.samples[f"peer {line.name}"].append(sample)

    def measure(self):
        self.prepare()
        for number in range(ROUNDS):
            self.round()
            print(f"goals: {self.modules}: round {number + 1} of {ROUNDS}", file=sys.stderr)
        self.lookups = profiles.lookups(self.connection, USERS)
        # `round` has compared the number of rows with that of the answers already.
        self.lost = self.stored - self.rows()
        self.doubled = self.rows() - self.connection.execute("select count(distinct message_id) from event_log").fetchone()[0]

    # What came of it

    def over_peer(self, name):
        return statistics.median(sample.against / sample.rate for sample in self.samples[f"peer {name}"])

    def goals(self):
        """Those of this set of modules."""
        yield from (Goal(f"{line.title} ÷ {line.yardstick}", "", line.floor, line.stretch, self.ratio(line.name)) for line in LINES)
        for line in LINES:
            if line.name in PEERED:
                yield Goal(f"{line.title} ÷ FastAPI + asyncpg", " ×", *PEERED[line.name], self.over_peer(line.name))
        costs = statistics.median(1e6 * sample.costs.postgres / sample.events for sample in self.samples["b"])
        yield Goal("PostgreSQL's processor time per mixed event, batch 128", " µs", 70, 40, costs, most=True)
        for name in ("track", "mixed"):
            p99 = statistics.median(sample.p99_ms for sample in self.samples[name])
            yield Goal(f"p99 of single calls over 64 connections, {name}", " ms", 25, 8, p99, most=True)
        p99 = profiles.percentile(self.lookups["profile_by_identifier"], 0.99)
        yield Goal("p99 of the look-up of a profile by an identifier, in SQL", " ms", 1, 0.2, p99, most=True)
        yield Goal("answered, but not stored", "", 0, 0, self.lost, most=True)
        yield Goal("stored twice", "", 0, 0, self.doubled, most=True)

    def peer_table(self):
        for line in LINES:
            if line.name in PEERED:
                name = f"peer {line.name}"
                p50, p99 = (statistics.median(getattr(sample, value) for sample in self.samples[name]) for value in ("p50_ms", "p99_ms"))
                yield (f"| FastAPI + asyncpg: {line.title} | {self.rate(name):,.0f} | Tandem's is {self.over_peer(line.name):.2f} × it "
                       f"| | | | {p50:.1f} | {p99:.1f} | {self.cpu(name)} |")


def shared_goals(large, deadlocks):
    """Those that no set of modules changes."""
    size = f"{EVENTS:,}"
    for name, title in (("merge", "merge"), ("undo", "undo of the merge")):
        p50 = statistics.median(large[name])
        yield Goal(f"p50 of the {title} of two profiles of {size} events, over HTTP", " ms", 5, 1, p50, most=True)
    p99 = profiles.percentile(large["timeline"], 0.99)
    yield Goal(f"p99 of the timeline of {profiles.PAGE} after that merge, in SQL", " ms", 5, 1, p99, most=True)
    yield Goal("deadlocks", "", 0, 0, deadlocks, most=True)


def measure(server):
    large = profiles.LargeProfiles(server, EVENTS)
    peer = Peer(server)
    try:
        runs = []
        for modules in MODULES:
            run = Goals(server, modules, peer)
            run.measure()
            run.close()
            runs.append(run)
        found = large.measure()
    finally:
        peer.close()
        large.close()
    deadlocks = server.sql("select deadlocks from pg_stat_database where datname = current_database()")[0][0]
    return runs, found, list(shared_goals(found, deadlocks))


def write_raw(runs, large):
    def rounded(values):
        return [round(value, 3) for value in values]

    raw = {
        "rounds": ROUNDS, "seconds": SECONDS, "users": USERS, "profile_events": EVENTS,
        "samples": {run.modules: {name: [dataclasses.asdict(sample) for sample in samples] for name, samples in run.samples.items()}
                    for run in runs},
        "large_profiles_ms": {name: rounded(values) for name, values in large.items()},
        "lookups_ms": {run.modules: {name: rounded(values[::10]) for name, values in run.lookups.items()} for run in runs},
    }
    text = json.dumps(raw, indent=1)
    pathlib.Path(RAW).write_text(text + "\n")


def main():
    load.build()
    with Server(BINARY, {"TANDEM_EVENT_RATE": "0"}) as server:
        runs, large, shared = measure(server)
        version = server.sql("show server_version")[0][0]
    if RAW:
        write_raw(runs, large)
    report(runs, shared, version)


def report(runs, shared, version):
    parts = [(f"module {run.modules}", list(run.goals())) for run in runs] + [("whatever the modules", shared)]
    goals = [goal for _, part in parts for goal in part]
    missed = [f"{goal.title} ({name})" for name, part in parts for goal in part if not goal.meets(goal.floor)]
    print(f"{len(goals) - len(missed)} of {len(goals)} floors are met, {sum(goal.meets(goal.stretch) for goal in goals)} of them "
          f"with the stretch goal; {'missed: ' + '; '.join(missed) if missed else 'none is missed'}.")
    print(f"\nPostgreSQL {version}, `synchronous_commit` on; server, database, peer and generator on the same {os.cpu_count()} cores. "
          f"Medians of {ROUNDS} rounds of {SECONDS:g} s; each line stands right after its yardstick and the peer right after the line "
          f"that it is compared with (A B A B …), ratios are taken within such a pair. {USERS:,} known people. The peer: FastAPI on "
          f"uvicorn with uvloop, {os.cpu_count()} workers of {CONNECTIONS} connections each, one prepared insert of `unnest` a request, "
          "answered after its commit. After each round the rows stored are compared with the answers.")
    for name, part in parts:
        print(f"\n## Goals: {name}\n\n| goal | floor | stretch | measured | |\n|---|--:|--:|--:|---|")
        print("\n".join(goal.row() for goal in part))
    for run in runs:
        print(f"\n## Rates and processor time (seconds per 1,000 events): module {run.modules}\n")
        print("\n".join([*run.table(), *run.peer_table()]))
        print(f"\nBatches of the procedure lines that PostgreSQL asked to repeat (a lane would; they are not counted): {run.to_repeat}.")


if __name__ == "__main__":
    main()
