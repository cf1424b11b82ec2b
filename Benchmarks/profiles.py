"""What reading and changing one profile takes: two profiles of a million events merged and parted, their timeline, look-ups."""

import http.client
import json
import random
import time

from generate import Generator

MERGES, TIMELINES, LOOKUPS = 50, 500, 5000
PAGE = 50


def timed_ms(work):
    begin = time.perf_counter()
    answer = work()
    return 1000 * (time.perf_counter() - begin), answer


def percentile(values, share):
    values = sorted(values)
    return values[round(share * (len(values) - 1))]


class Api:
    """One kept connection with a tenant's secret key."""

    def __init__(self, tenant):
        self.connection = http.client.HTTPConnection(tenant.server.base_url.removeprefix("http://"))
        self.headers = {"Authorization": f"Bearer {tenant.secret_key}", "Content-Type": "application/json"}

    def post(self, path, body):
        return self._ask("POST", path, json.dumps(body))

    def get(self, path):
        return self._ask("GET", path)

    def _ask(self, method, path, body=None):
        self.connection.request(method, path, body, self.headers)
        answer = self.connection.getresponse()
        content = json.loads(answer.read())
        if answer.status not in (200, 201):
            raise AssertionError(f"{path}: {answer.status} {content}")
        return content


def timeline(connection, user):
    """Milliseconds of the newest items of a person's timeline in SQL."""
    profile = connection.execute("select profile_of_identifier('user_id', %s)", [f"user-{user}"]).fetchone()[0]
    query = "select * from profile_timeline(%s, null, null, %s)"
    taken, rows = timed_ms(lambda: connection.execute(query, [profile, PAGE], prepare=True).fetchall())
    if len(rows) != PAGE:
        raise AssertionError(f"the timeline has {len(rows)} items")
    return taken


def timelines(connection, users):
    """Those of random people; the first ones make the plans."""
    chance = random.Random(2)
    return [timeline(connection, chance.randrange(users)) for _ in range(TIMELINES + 20)][20:]


class LargeProfiles:
    """user-0 and user-1 of a tenant of their own, with `events` events each over two months."""

    def __init__(self, server, events):
        self.tenant = server.tenant("large-profiles", modules="cdp")
        self.generator = Generator(server, self.tenant, days=60)
        node = self.generator.people(0, 2)
        self.generator.events(node, 2, events)
        self.generator.settle()
        self.generator.vacuum()
        self.api = Api(self.tenant)

    def _merge(self, number):
        ends = {side: {"type": "user_id", "value": f"user-{place}"} for place, side in enumerate(("winner", "loser"))}
        return self.api.post("/v1/merges", {**ends, "ref": f"large-{number}"})["id"]

    def measure(self):
        """Milliseconds of each merge and undo over HTTP, and of each timeline of the merged profile in SQL."""
        found = {"merge": [], "undo": [], "timeline": []}
        for number in range(MERGES + 1):
            taken, merge = timed_ms(lambda: self._merge(number))
            timelines = [timeline(self.generator.connection, 1) for _ in range(TIMELINES // MERGES)]
            undone, _ = timed_ms(lambda: self.api.post(f"/v1/merges/{merge}:undo", {}))
            # The first one makes the plans and opens the connections.
            if number:
                found["merge"].append(taken)
                found["undo"].append(undone)
                found["timeline"] += timelines
        return found

    def close(self):
        self.generator.close()


def lookups(connection, users):
    """Milliseconds of each look-up of a profile by user id in SQL: of its id alone, and of all that the API shows of it."""
    taken = {"profile_of_identifier": [], "profile_by_identifier": []}
    chance = random.Random(1)
    for name, values in taken.items():
        for number in range(LOOKUPS + 100):
            value = f"user-{chance.randrange(users)}"
            one, _ = timed_ms(lambda: connection.execute(f"select {name}('user_id', %s)", [value], prepare=True).fetchone())
            if number >= 100:
                values.append(one)
    return taken
