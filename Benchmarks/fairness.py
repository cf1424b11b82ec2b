"""Many tenants at a few events a second each, beside the same total from one tenant: rate, latency, memory of connections. The events
come as servers' SDKs send them, in batches of half a second; how many single calls there can be is measured beside.

Prints Markdown, the result in its first line; exits 1 when the rate or the p99 of the many is beyond its bound or an event
is missing. See docs/benchmarks.md.
"""

import os
import statistics
import sys
import tempfile
import time

from blackbox import BINARY  # first: it makes load and server known
import load
from costs import memory_mb
from server import Server

TENANTS = int(os.environ.get("FAIRNESS_TENANTS", "200"))
EACH = float(os.environ.get("FAIRNESS_RATE", "20"))
MINUTES = float(os.environ.get("FAIRNESS_MINUTES", "10"))  # of the many, in all
ROUNDS = int(os.environ.get("FAIRNESS_ROUNDS", "5"))
PEOPLE = 100  # in each tenant; the one tenant has as many as all of them
BATCH = 10  # events in a call: what an SDK gathers in half a second
LEAST_RATE, MOST_P99 = 0.6, 3.0
ONE_SHARE = 0.25  # of the time of the many
WITHOUT_LIMIT_S = 5


class Crowd:
    """The tenants, and one beside them that sends as much as all."""

    def __init__(self, server):
        self.server = server
        self.many = [server.tenant(f"many-{number}", modules="cdp") for number in range(TENANTS)]
        self.one = server.tenant("one", modules="cdp")
        for tenant in self.many:
            load.make_users(tenant, PEOPLE)
        load.make_users(self.one, PEOPLE * TENANTS)
        # Else the server finds the frequent traits of all these tenants itself, some time during the rounds, and makes their columns.
        for tenant in [*self.many, self.one]:
            server.cli("bi", "promote", "--tenant", tenant.slug)
        server.sql("analyze")
        self.accepted = {"many": 0, "one": 0}
        self.runs = 0

    def run(self, side, seconds, rate=0, batch=BATCH):
        """Mixed calls, each tenant on a connection of its own or the one tenant on as many."""
        self.runs += 1
        options = {"mix": "mixed", "connections": TENANTS, "seconds": seconds, "rate": rate, **({"batch": batch} if batch > 1 else {})}
        if side == "one":
            result = load.run(self.one, prefix=f"r{self.runs}", users=PEOPLE * TENANTS, **options)
        else:
            with tempfile.NamedTemporaryFile("w", suffix=".keys") as keys:
                # The first tenant's key is given to every run of the generator.
                keys.writelines(f"{tenant.write_key}\n" for tenant in self.many[1:])
                keys.flush()
                result = load.run(self.many[0], prefix=f"r{self.runs}", users=PEOPLE, keys=keys.name, **options)
        self.accepted[side] += result["accepted"]
        if result["refused"] or result["lost"] or result["duplicates"]:
            raise AssertionError(f"{side}: {result}")
        return result

    def missing(self):
        """Events that were answered 200 and are not in the tables, or the other way round."""
        stored = {"many": 0, "one": 0}
        with self.server.connect() as connection:
            for side, tenants in (("many", self.many), ("one", [self.one])):
                for tenant in tenants:
                    query = f"select count(*) from {tenant.internals}.event_log where message_id like 'r%'"
                    stored[side] += connection.execute(query).fetchone()[0]
        return sum(abs(stored[side] - self.accepted[side]) for side in stored)


def connections_mb(server):
    """Private memory of each connection of the server to PostgreSQL, the largest first."""
    rows = server.sql("select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()")
    return sorted((memory_mb(pid, "RssAnon") for pid, in rows), reverse=True)


def measure(crowd):
    seconds = 60 * MINUTES / ROUNDS
    for side in crowd.accepted:
        crowd.run(side, min(10, seconds), TENANTS * EACH)
    rounds, memory, begin = [], [(0.0, connections_mb(crowd.server))], 0.0
    for number in range(ROUNDS):
        pair = {"many": crowd.run("many", seconds, TENANTS * EACH)}
        begin += seconds / 60
        memory.append((begin, connections_mb(crowd.server)))
        pair["one"] = crowd.run("one", seconds * ONE_SHARE, TENANTS * EACH)
        rounds.append(pair)
        print(f"fairness: round {number + 1} of {ROUNDS}", file=sys.stderr)
    unlimited = {
        batch: [{side: crowd.run(side, WITHOUT_LIMIT_S, batch=batch) for side in ("many", "one")} for _ in range(ROUNDS)]
        for batch in (BATCH, 1)
    }
    return rounds, unlimited, memory


def ratio(rounds, value):
    return statistics.median(pair["many"][value] / pair["one"][value] for pair in rounds)


def rows(name, rounds):
    for side, title in (("many", f"{TENANTS} tenants"), ("one", "one tenant")):
        rate, p50, p99 = (statistics.median(pair[side][value] for pair in rounds) for value in ("events_per_s", "p50_ms", "p99_ms"))
        yield f"| {name} | {title} | {rate:,.0f} | {p50:.1f} | {p99:.1f} |"
    yield f"| {name} | ratio | {ratio(rounds, 'events_per_s'):.2f} | {ratio(rounds, 'p50_ms'):.2f} | {ratio(rounds, 'p99_ms'):.2f} |"


def main():
    load.build()
    begin = time.monotonic()
    with Server(BINARY) as server:
        crowd = Crowd(server)
        made_s = time.monotonic() - begin
        rounds, unlimited, memory = measure(crowd)
        missing = crowd.missing()
    rate, p99 = ratio(rounds, "events_per_s"), ratio(rounds, "p99_ms")
    faults = [text for fault, text in (
        (rate < LEAST_RATE, f"the rate is below {LEAST_RATE} of one tenant's"),
        (p99 > MOST_P99, f"the p99 is over {MOST_P99:g} times one tenant's"),
        (missing, f"{missing} events are missing or too many"),
    ) if fault]
    last = memory[-1][1]
    single = statistics.median(pair["many"]["events_per_s"] for pair in unlimited[1])
    print(f"{TENANTS} tenants at {EACH:g} events/s each in batches of {BATCH}, against the same total from one: rate {rate:.2f} of it, "
          f"p99 {p99:.2f} times, at most {last[0]:.0f} MB of memory a database connection after {memory[-1][0]:g} minutes; "
          f"of single calls, each a transaction, there can be {single / TENANTS:.1f} a second each"
          f"{': ' + ', '.join(faults) if faults else ''}.")
    seconds = 60 * MINUTES / ROUNDS
    print(f"\nMixed calls over {TENANTS} connections, one a tenant; latency counts from when a call was due. Medians of {ROUNDS} "
          f"pairs of {seconds:g} s of the many and {seconds * ONE_SHARE:g} s of the one (of {WITHOUT_LIMIT_S} s without a limit); "
          f"{PEOPLE} known people a tenant, {PEOPLE * TENANTS:,} in the one. Making the tenants took {made_s:.0f} s. "
          "Every event answered 200 was counted in the tables.")
    print("\n| offered | by | events/s | p50 ms | p99 ms |\n|---|---|--:|--:|--:|")
    print("\n".join([
        *rows(f"{TENANTS * EACH:,.0f} events/s in batches of {BATCH}", rounds),
        *rows(f"batches of {BATCH} without a limit", unlimited[BATCH]), *rows("single calls without a limit", unlimited[1])]))
    print("\nPrivate memory of the connections to PostgreSQL, where each keeps what it knows of the tables it has used:\n")
    print("| after minutes of the many | connections | largest MB | median MB | sum MB |\n|--:|--:|--:|--:|--:|")
    for minute, sizes in memory:
        print(f"| {minute:g} | {len(sizes)} | {sizes[0]:.1f} | {statistics.median(sizes):.1f} | {sum(sizes):.0f} |")
    if faults:
        sys.exit(1)


if __name__ == "__main__":
    main()
