"""Look-ups of a profile by identifier over HTTP among a million, at 64 connections and at one: p50, p99, and the rate beside FastAPI +
asyncpg in the same run. Prints Markdown. See docs/benchmarks.md.

LOOKUP_PROFILES=1000000 LOOKUP_ROUNDS=5 LOOKUP_SECONDS=5 LOOKUP_CONNECTIONS=64"""

import dataclasses
import os
import random
import statistics
import sys
import urllib.parse

from blackbox import BINARY  # first: it makes load and server known
import closedloop
from costs import Meter
from generate import Generator
from peer.peer import CONNECTIONS, Peer
from server import Server, children

PROFILES = int(os.environ.get("LOOKUP_PROFILES", "1000000"))
ROUNDS = int(os.environ.get("LOOKUP_ROUNDS", "5"))
SECONDS = float(os.environ.get("LOOKUP_SECONDS", "5"))
CLIENTS = int(os.environ.get("LOOKUP_CONNECTIONS", "64"))
TRAITS = 10
# What identify would have left: a record each, folded into the node.
RECORDED = f"""
insert into trait_record (node, ts, message_id, source, delta)
select n.id, n.created_at, 'generated-traits-' || n.id, 1,
    (select jsonb_object_agg('trait_' || t, 'value ' || t || ' of ' || n.id) from generate_series(1, {TRAITS}) t)
from node n
"""
FOLDED = """
update node n set traits = r.delta, trait_ts = s.stamps
from trait_record r
cross join lateral (
    select jsonb_object_agg(
        k.key, jsonb_build_array((extract(epoch from r.ts) * 1000000)::bigint, r.message_id, r.source)) as stamps
    from jsonb_object_keys(r.delta) k(key)
) s
where r.node = n.id
"""
PEER = """
create table peer.profiles as
select n.public_id as id, n.traits, p.first_seen_at, p.last_seen_at
from {schema}_i.node n join {schema}.profiles p on p.profile_id = n.public_id;
alter table peer.profiles add primary key (id);
create table peer.identifiers as
select i.type, i.value, n.public_id as profile_id, i.attached_at as first_seen_at
from {schema}_i.identifier i join {schema}_i.node n on n.id = i.node;
alter table peer.identifiers add primary key (type, value);
create index on peer.identifiers (profile_id);
"""


@dataclasses.dataclass
class Side:
    """Who is asked, and what was measured of it by number of connections."""

    base_url: str
    key: str
    meter: Meter
    samples: dict

    def ask(self, connections, seconds, seed):
        chance = random.Random(seed)
        host = urllib.parse.urlsplit(self.base_url).netloc

        def make(number):
            return closedloop.request("GET", f"/v1/profiles/by/user_id/user-{chance.randrange(PROFILES)}", host, self.key)

        before = self.meter.read()
        found = closedloop.run(self.base_url, make, seconds, connections)
        used = self.meter.read() - before
        assert not found["refused"], found
        answers = found["rate"] * used.wall
        return {**found, "server_us": 1e6 * used.server / answers, "postgres_us": 1e6 * used.postgres / answers}

    def median(self, connections, name):
        return statistics.median(sample[name] for sample in self.samples[connections])


def fill(server, tenant):
    generator = Generator(server, tenant)
    generator.people(0, PROFILES)
    generator.connection.execute(RECORDED)
    generator.connection.execute(FOLDED)
    generator.settle()
    generator.vacuum()
    generator.close()
    breaches = server.sql("select * from check_identity()", schema=tenant.schema)
    if breaches:
        raise AssertionError(breaches[:5])


def measure(server):
    tenant = server.tenant("lookup", modules="cdp")
    fill(server, tenant)
    print("lookup: filled", file=sys.stderr)
    peer = Peer(server, "people")
    try:
        server.sql(PEER.format(schema=tenant.schema))
        server.sql("vacuum analyze peer.profiles, peer.identifiers")
        sides = {
            "Tandem": Side(server.base_url, tenant.secret_key, Meter(server, children), {1: [], CLIENTS: []}),
            "FastAPI + asyncpg": Side(peer.server.base_url, peer.write_key, peer.meter, {1: [], CLIENTS: []}),
        }
        for number in range(ROUNDS + 1):
            for connections in (CLIENTS, 1):
                for side in sides.values():
                    sample = side.ask(connections, SECONDS, number)
                    # The first round makes the plans and fills the caches.
                    if number:
                        side.samples[connections].append(sample)
            print(f"lookup: round {number} of {ROUNDS}", file=sys.stderr)
        return sides
    finally:
        peer.close()


def report(sides, version):
    own, peer = sides["Tandem"], sides["FastAPI + asyncpg"]
    ratio = statistics.median(
        a["rate"] / b["rate"] for a, b in zip(own.samples[CLIENTS], peer.samples[CLIENTS]))
    print(f"{own.median(CLIENTS, 'rate'):,.0f} look-ups a second among {PROFILES:,} profiles at {CLIENTS} connections, {ratio:.2f} times "
          f"what FastAPI + asyncpg answers; p50 {own.median(CLIENTS, 'p50_ms'):.1f} ms, p99 {own.median(CLIENTS, 'p99_ms'):.1f} ms; at one "
          f"connection p50 {own.median(1, 'p50_ms'):.2f} ms, p99 {own.median(1, 'p99_ms'):.2f} ms.")
    print(f"\nPostgreSQL {version}; server, database, peer and generator on the same {os.cpu_count()} cores; random people of two "
          f"identifiers and {TRAITS} traits each. Medians of {ROUNDS} rounds of {SECONDS:g} s, Tandem and the peer in turn. The peer: "
          f"{os.cpu_count()} workers of {CONNECTIONS} connections each, one statement over two tables; no accounts, merged ids, "
          "sources.\n")
    print("| | connections | requests/s | p50 ms | p99 ms | server µs each | PostgreSQL µs each |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for connections in (CLIENTS, 1):
        for name, side in sides.items():
            cells = [format(side.median(connections, key), form) for key, form in (
                ("rate", ",.0f"), ("p50_ms", ".2f"), ("p99_ms", ".2f"), ("server_us", ".0f"), ("postgres_us", ".0f"))]
            print(f"| {name} | {connections} | {' | '.join(cells)} |")


def main():
    # The rate that a tenant has by default is below what is measured.
    with Server(BINARY, {"TANDEM_REQUEST_RATE": "0"}) as server:
        report(measure(server), server.sql("show server_version")[0][0])


if __name__ == "__main__":
    main()
