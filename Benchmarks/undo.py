"""Merging and parting two profiles of a thousand and of a million events, 300 traits each, and the middle of a chain of 101: milliseconds
over HTTP, the first read after it too. Prints Markdown; exits 1 when the large ones take twice as long as the small ones.

UNDO_EVENTS=1000000 UNDO_ROUNDS=30 UNDO_TRAITS=300 UNDO_CHAIN=101"""

import os
import sys

from blackbox import BINARY  # first: it makes load and server known
from generate import Generator
from profiles import Api, percentile, timed_ms
from server import Server

FEW, MANY = 1_000, int(os.environ.get("UNDO_EVENTS", "1000000"))
ROUNDS = int(os.environ.get("UNDO_ROUNDS", "30"))
TRAITS = int(os.environ.get("UNDO_TRAITS", "300"))
CHAIN = int(os.environ.get("UNDO_CHAIN", "101"))
STEPS = "merge", "first read after the merge", "undo", "first read after the undo"
LIMIT = 2.0


def end(user):
    return {"type": "user_id", "value": f"user-{user}"}


class Pair:
    """user-0 and user-1 of a tenant of their own, each with so many events and 300 traits, half of them of one name with the other's."""

    def __init__(self, server, events):
        self.events = events
        tenant = server.tenant(f"pair-{events}", modules="cdp")
        generator = Generator(server, tenant, days=60)
        generator.events(generator.people(0, 2), 2, events)
        generator.settle()
        for user in range(2):
            # A third a message: a message has a bound on its size.
            for part in range(3):
                names = [f"{'both' if number % 2 else f'own{user}'}_{number}" for number in range(part, TRAITS, 3)]
                traits = {name: f"value {user} of {name}" for name in names}
                answer = tenant.ingest("identify", {"userId": f"user-{user}", "traits": traits})
                assert answer.status_code == 200, answer.text
        generator.vacuum()
        generator.close()
        self.api = Api(tenant)
        self.samples = {step: [] for step in STEPS}
        self.tried = 0

    def read(self, user):
        """All traits of a person, as a page of the console or a client would ask for them."""
        profile = self.api.get(f"/v1/profiles/by/user_id/user-{user}")
        return len(profile["traits"])

    def round(self, counts=True):
        self.tried += 1
        body = {"winner": end(0), "loser": end(1), "ref": f"pair-{self.tried}"}
        taken = {}
        taken["merge"], merge = timed_ms(lambda: self.api.post("/v1/merges", body))
        taken["first read after the merge"], both = timed_ms(lambda: self.read(1))
        taken["undo"], _ = timed_ms(lambda: self.api.post(f"/v1/merges/{merge['id']}:undo", {}))
        taken["first read after the undo"], one = timed_ms(lambda: self.read(1))
        if (both, one) != (TRAITS + TRAITS // 2, TRAITS):
            raise AssertionError(f"{both} traits when merged and {one} when parted")
        if counts:
            for step, value in taken.items():
                self.samples[step].append(value)

    def median(self, step):
        return percentile(self.samples[step], 0.5)


def chain(server):
    """Milliseconds to join people one after the other, to part the middle and to join it again."""
    tenant = server.tenant("chain", modules="cdp")
    generator = Generator(server, tenant)
    generator.events(generator.people(0, CHAIN), CHAIN, 10)
    generator.settle()
    generator.vacuum()
    generator.close()
    api, joined, merges = Api(tenant), [], []
    for user in range(1, CHAIN):
        body = {"winner": end(user - 1), "loser": end(user), "ref": f"link-{user}"}
        taken, merge = timed_ms(lambda: api.post("/v1/merges", body))
        joined.append(taken)
        merges.append(merge["id"])
    middle, parted, mended = merges[len(merges) // 2], [], []
    for number in range(ROUNDS):
        taken, _ = timed_ms(lambda: api.post(f"/v1/merges/{middle}:undo", {}))
        parted.append(taken)
        body = {"winner": end(CHAIN // 2), "loser": end(CHAIN // 2 + 1), "ref": f"again-{number}"}
        taken, merge = timed_ms(lambda: api.post("/v1/merges", body))
        mended.append(taken)
        middle = merge["id"]
    breaches = server.sql("select * from check_identity()", schema=tenant.schema)
    if breaches:
        raise AssertionError(breaches)
    return {
        f"a merge at the end of it, of the first ten of {CHAIN}": joined[:10],
        f"a merge at the end of it, of the last ten of {CHAIN}": joined[-10:],
        f"undo of the middle of {CHAIN}": parted,
        "the same two joined again": mended,
    }


def report(few, many, links, version):
    ratios = {step: many.median(step) / few.median(step) for step in STEPS}
    worst = max(ratios, key=ratios.get)
    print(f"With {MANY:,} events instead of {FEW:,} a merge takes {ratios['merge']:.2f} times as long, an undo {ratios['undo']:.2f}; "
          f"at most, {worst}: {ratios[worst]:.2f} (limit {LIMIT:g}). The undo of the middle of a chain of {CHAIN}: "
          f"{percentile(links[f'undo of the middle of {CHAIN}'], 0.5):.1f} ms.")
    print(f"\nPostgreSQL {version}; over HTTP on one kept connection; medians of {ROUNDS} rounds, small and large in turn; {TRAITS} traits "
          "on each side, every second one of a name that the other has too. A read is of the whole profile by its user id.\n")
    print(f"| | {FEW:,} events: p50 ms | p99 ms | {MANY:,} events: p50 ms | p99 ms | ratio of p50 |")
    print("|---|--:|--:|--:|--:|--:|")
    for step in STEPS:
        cells = [f"{percentile(pair.samples[step], share):.1f}" for pair in (few, many) for share in (0.5, 0.99)]
        print(f"| {step} | {' | '.join(cells)} | {ratios[step]:.2f} |")
    print("\n| chain | p50 ms | p99 ms |\n|---|--:|--:|")
    for name, values in links.items():
        print(f"| {name} | {percentile(values, 0.5):.1f} | {percentile(values, 0.99):.1f} |")
    return ratios[worst] < LIMIT


def main():
    with Server(BINARY, {"TANDEM_REQUEST_RATE": "0"}) as server:
        pairs = [Pair(server, FEW), Pair(server, MANY)]
        print("undo: filled", file=sys.stderr)
        for number in range(ROUNDS + 2):
            for pair in pairs:
                # The first rounds make the plans and open the connections.
                pair.round(counts=number >= 2)
        holds = report(*pairs, chain(server), server.sql("show server_version")[0][0])
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
