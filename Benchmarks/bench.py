"""Events a second beside plain inserts of `pgbench`, in one run on one server. See docs/benchmarks.md.

Prints Markdown, the result in its first line; exits 1 when half of a floor is missed or an answer lied.
"""

import os
import statistics
import sys
from dataclasses import dataclass, field

from blackbox import BINARY  # first: it makes load and server known
import load
from costs import Costs, Meter, counts
from pgbench import Plain
from procedure.bench import BATCH, Procedure
from server import Server, children

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
USERS = int(os.environ.get("BENCH_USERS", "20000"))
MODULES = os.environ.get("BENCH_MODULES", "cdp cdp,crm").split()
# Batches in a round of the procedure, by mix: some three seconds, of which the first plans take a small part.
BATCHES = {"a": 400, "b": 240, "c": 120}


@dataclass
class Line:
    """A way to store events, and what it is measured against."""

    name: str
    title: str
    yardstick: str
    floor: float
    stretch: float
    flags: dict = field(default_factory=dict)


LINES = [
    Line("track", "HTTP `track`, 64 connections", "L1", 0.60, 1.0, {"mix": "track", "connections": 64}),
    Line("mixed", "HTTP mixed single calls, 64 connections", "L1", 0.45, 0.80, {"mix": "mixed", "connections": 64}),
    Line("batch", "HTTP `/v1/batch` of 100 mixed, 8 connections", "L100", 0.20, 0.40,
         {"mix": "mixed", "connections": 8, "batch": 100}),
    Line("a", "procedure alone, mix a, batch 128, 2 connections", "L100", 0.35, 0.55),
    Line("b", "procedure alone, mix b, batch 128, 2 connections", "L100", 0.22, 0.40),
    Line("c", "procedure alone, mix c, batch 128, 2 connections", "L100", 0.14, 0.25),
]
YARDSTICKS = {"L1": ("`pgbench`, 1 row a transaction, 32 clients", 1, 32),
              "L100": ("`pgbench`, 100 rows a transaction, 4 clients", 100, 4)}


@dataclass
class Sample:
    """One round of a line or a yardstick."""

    rate: float
    events: int
    costs: Costs
    against: float = 0.0
    p50_ms: float | None = None
    p99_ms: float | None = None


class Bench:
    """All lines on one tenant."""

    def __init__(self, server, modules):
        self.server = server
        self.modules = modules
        self.tenant = server.tenant("bench-" + modules.replace(",", "-"), modules=modules)
        self.connection = server.connect()
        self.connection.execute("set plan_cache_mode = force_generic_plan")
        self.meter = Meter(server, children)
        self.plain = Plain(self.connection, server.dsn, self.tenant.schema)
        self.procedure = Procedure(self.connection, server.dsn, self.tenant.schema)
        self.samples = {name: [] for name in [*YARDSTICKS, *(line.name for line in LINES)]}
        self.statements = {}
        self.stored = 0
        self.runs = 0
        self.to_repeat = 0  # batches of the procedure lines that PostgreSQL asked to repeat

    def rows(self):
        return self.connection.execute("select count(*) from event_log").fetchone()[0]

    def prepare(self):
        """Known people, and plans made when the tables are no longer empty."""
        load.make_users(self.tenant, USERS)
        self.connection.execute("analyze")
        for line in LINES:
            self.run(line, min(SECONDS, 2))
        # Else the server finds the frequent traits itself, some time during the rounds, and fills their columns beside a line.
        self.server.cli("bi", "promote", "--tenant", self.tenant.slug)
        self.connection.execute("analyze")
        self.connection.execute("checkpoint")
        self.stored = self.rows()

    def run(self, line, seconds=SECONDS, is_prepared=False):
        """One round of a line."""
        self.runs += 1
        if not line.flags:
            if not is_prepared:
                self.procedure.prepare(line.name, BATCHES[line.name])
            before = self.meter.read()
            rate, failed = self.procedure.run(BATCHES[line.name])
            self.to_repeat += failed
            events = (BATCHES[line.name] - failed) * BATCH
            self.stored += events
            return Sample(rate, events, self.meter.read() - before)
        before = self.meter.read()
        result = load.run(self.tenant, prefix=f"r{self.runs}", users=USERS, seconds=seconds, **line.flags)
        if result["refused"] or result["lost"] or result["duplicates"]:
            raise AssertionError(f"{line.title}: {result}")
        self.stored += result["accepted"]
        return Sample(result["events_per_s"], result["accepted"], self.meter.read() - before,
                      p50_ms=result["p50_ms"], p99_ms=result["p99_ms"])

    def yardstick(self, name):
        _, rows, clients = YARDSTICKS[name]
        before = self.meter.read()
        seconds = max(1, round(SECONDS))
        rate = self.plain.run(rows, clients, seconds)
        return Sample(rate, round(rate * seconds), self.meter.read() - before)

    def round(self):
        """A B A B …: each line right after its yardstick."""
        for line in LINES:
            self.pair(line)
        stored = self.rows()
        if stored != self.stored:
            raise AssertionError(f"answers said {self.stored} events are stored, the table has {stored}")

    def pair(self, line):
        yardstick = self.yardstick(line.yardstick)
        self.samples[line.yardstick].append(yardstick)
        sample = self.run(line)
        sample.against = yardstick.rate
        self.samples[line.name].append(sample)

    def count(self):
        """Statements, commits and flushes an event, in runs of their own: counting them slows the others."""
        for line in [line for line in LINES if line.name in ("track", "mixed", "batch", "b")]:
            # The preparation of the procedure's batches is not the procedure's cost.
            if not line.flags:
                self.procedure.prepare(line.name, BATCHES[line.name])
            before = counts(self.connection, wait=False)
            sample = self.run(line, is_prepared=True)
            after = counts(self.connection, wait=True)
            self.statements[line.name] = [(late - early) / sample.events for early, late in zip(before, after)]

    def close(self):
        self.plain.close()
        self.procedure.close()
        self.connection.close()

    # What came of it

    def rate(self, name):
        return statistics.median(sample.rate for sample in self.samples[name])

    def ratio(self, name):
        return statistics.median(sample.rate / sample.against for sample in self.samples[name])

    def missed(self):
        """Titles of the lines below half of their floor."""
        return [line.title for line in LINES if self.ratio(line.name) < line.floor / 2]

    def below_floor(self):
        return [line.title for line in LINES if self.ratio(line.name) < line.floor]

    def table(self):
        yield ("| line | events/s | ÷ yardstick | half floor | floor | stretch | p50 ms | p99 ms | server | PostgreSQL "
               "| generator |")
        yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
        for name, (title, _, _) in YARDSTICKS.items():
            yield f"| {name}: {title} | {self.rate(name):,.0f} | 1 | | | | | | {self.cpu(name)} |"
        for line in LINES:
            latency = [""] * 2
            if line.flags:
                latency = [f"{statistics.median(getattr(sample, value) for sample in self.samples[line.name]):.1f}"
                           for value in ("p50_ms", "p99_ms")]
            yield (f"| {line.title} | {self.rate(line.name):,.0f} | {self.ratio(line.name):.2f} of {line.yardstick} "
                   f"| {line.floor / 2:.2f} | {line.floor:.2f} | {line.stretch:.2f} | {latency[0]} | {latency[1]} "
                   f"| {self.cpu(line.name)} |")

    def cpu(self, name):
        """Processor seconds per 1,000 events of server, PostgreSQL and generator."""
        samples = self.samples[name]
        events = sum(sample.events for sample in samples)
        return " | ".join(
            f"{1000 * sum(getattr(sample.costs, part) for sample in samples) / events:.3f}"
            for part in ("server", "postgres", "generator"))

    def statement_table(self):
        yield "| line | statements sent | statements inside the procedure | commits | fdatasyncs |"
        yield "|---|--:|--:|--:|--:|"
        for line in LINES:
            if line.name in self.statements:
                values = " | ".join(f"{value:.3f}" for value in self.statements[line.name])
                yield f"| {line.title} | {values} |"


def restart_with_statistics(server):
    """pg_stat_statements has to be loaded when PostgreSQL starts."""
    server.sql("alter system set shared_preload_libraries = 'pg_stat_statements'")
    server.stop()
    server.start()
    server.sql("alter system set pg_stat_statements.track = 'all'")
    server.sql("select pg_reload_conf()")
    server.sql("create schema bench_stat")
    server.sql("create extension pg_stat_statements schema bench_stat")


def measure(server):
    benches = []
    for modules in MODULES:
        bench = Bench(server, modules)
        bench.prepare()
        for number in range(ROUNDS):
            bench.round()
            print(f"bench: {modules}: round {number + 1} of {ROUNDS}", file=sys.stderr)
        bench.close()
        benches.append(bench)
    restart_with_statistics(server)
    for bench in benches:
        again = Bench(server, bench.modules)
        # Message ids go on where they were.
        again.runs = bench.runs
        again.procedure.mixes = bench.procedure.mixes
        again.count()
        bench.statements = again.statements
        again.close()
    return benches


def sentence(bench):
    p99 = statistics.median(sample.p99_ms for sample in bench.samples["track"])
    below = len(bench.below_floor())
    floors = "every floor is reached" if below == 0 else (
        f"half of every floor is reached, {len(LINES) - below} of {len(LINES)} floors in full"
        if not bench.missed() else f"half of the floor is missed by: {'; '.join(bench.missed())}")
    return (f"With module {bench.modules}, single `track` calls: {bench.rate('track'):,.0f} events/s over 64 connections "
            f"({bench.ratio('track'):.2f} of L1, p99 {p99:.0f} ms); batches of 100: {bench.rate('batch'):,.0f} events/s "
            f"({bench.ratio('batch'):.2f} of L100); the procedure alone: {bench.rate('b'):,.0f} events/s in mix b "
            f"({bench.ratio('b'):.2f} of L100); {floors}.")


def main():
    load.build()
    with Server(BINARY, {"TANDEM_EVENT_RATE": "0"}) as server:
        benches = measure(server)
        version = server.sql("show server_version")[0][0]
    print(" ".join(sentence(bench) for bench in benches))
    print()
    print(f"PostgreSQL {version}, `synchronous_commit` on, server, database and generator on the same "
          f"{os.cpu_count()} cores; medians of {ROUNDS} rounds of {SECONDS:g} s, each line right after its yardstick "
          f"(A B A B …), ratios taken within the pair; {USERS:,} known people. Processor columns: seconds per 1,000 events. "
          "Every event that was answered 200 was counted in the table, and no other.")
    for bench in benches:
        print(f"\n## Module {bench.modules}\n")
        print("\n".join(bench.table()))
        print("\nPer event, in runs of their own with `pg_stat_statements`:\n")
        print("\n".join(bench.statement_table()))
        print(f"\nBatches of the procedure lines that PostgreSQL asked to repeat (a lane would; they are not counted): {bench.to_repeat}.")
    if any(bench.missed() for bench in benches):
        sys.exit(1)


if __name__ == "__main__":
    main()
