"""Eight writers on the same few identifiers: batches, merges by hand, undos, aliases and leaves at once. No error that comes of their
meeting reaches a client, what was acknowledged is stored once, and all that is derived equals its rebuild.

WRITERS_SECONDS  how long, default 4 (`make show-identity-writers`: 300)
"""

from __future__ import annotations

import collections
import os
import random
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import requests

from server import Server, Tenant

FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
SECONDS = float(os.environ.get("WRITERS_SECONDS", "300" if FULL else "4"))
WRITERS, PEOPLE = 8, 12
# What a person's request may meet when others were quicker; anything else is a fault.
EXPECTED = {200, 201, 202, 204, 404, 409, 422}


class Writer(threading.Thread):
    """One client with a connection of its own; `merges` are those of all writers."""

    def __init__(self, number: int, tenant: Tenant, merges: list[str], until: float) -> None:
        super().__init__()
        self.chance = random.Random(f"writer-{number}")
        self.tenant = tenant
        self.merges = merges
        self.until = until
        self.session = requests.Session()
        self.answers: collections.Counter[tuple[str, int]] = collections.Counter()
        self.acknowledged: list[str] = []
        self.faults: list[str] = []

    def run(self) -> None:
        ways = [self.batch] * 6 + [self.merge] * 2 + [self.undo] * 2 + [self.leave]
        while time.monotonic() < self.until:
            try:
                self.chance.choice(ways)()
            except requests.RequestException as error:
                self.faults.append(repr(error))

    def call(self, name: str, method: str, path: str, body: Any = None) -> requests.Response:
        url, key = self.tenant.server.base_url + path, self.tenant.write_key if name == "batch" else self.tenant.secret_key
        answer = self.session.request(method, url, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=60)
        self.answers[name, answer.status_code] += 1
        if answer.status_code not in EXPECTED:
            self.faults.append(f"{name}: {answer.status_code} {answer.text[:300]}")
        return answer

    def end(self) -> dict[str, str]:
        kind, prefix = self.chance.choice([("user_id", "u"), ("anonymous_id", "a"), ("email", "e")])
        value = f"{prefix}{self.chance.randrange(PEOPLE)}"
        return {"type": kind, "value": value + "@hot.example" if kind == "email" else value}

    def message(self) -> dict[str, Any]:
        chance, message = self.chance, {"messageId": str(uuid.uuid4())}
        if chance.random() < 0.1:
            return {**message, "type": "alias", "userId": f"u{chance.randrange(PEOPLE)}", "previousId": f"a{chance.randrange(PEOPLE)}"}
        who: dict[str, Any] = {"anonymousId": f"a{chance.randrange(PEOPLE)}"}
        if chance.random() < 0.4:
            who["userId"] = f"u{chance.randrange(PEOPLE)}"
        if chance.random() < 0.2:
            return {**message, **who, "type": "group", "groupId": f"g{chance.randrange(3)}", "traits": {"seats": chance.randrange(9)}}
        if chance.random() < 0.4:
            traits = {"email": f"e{chance.randrange(PEOPLE)}@hot.example", "plan": chance.choice(["free", "pro", None])}
            return {**message, **who, "type": "identify", "traits": traits}
        return {**message, **who, "type": "track", "event": "Opened"}

    def batch(self) -> None:
        messages = [self.message() for _ in range(self.chance.randrange(1, 20))]
        answer = self.call("batch", "POST", "/v1/batch", {"batch": messages})
        if answer.status_code == 200:
            assert answer.json()["accepted"] == len(messages), answer.text
            self.acknowledged += [message["messageId"] for message in messages]

    def merge(self) -> None:
        body = {"winner": self.end(), "loser": self.end(), "ref": str(uuid.uuid4())}
        answer = self.call("merge", "POST", "/v1/merges", body)
        if answer.status_code == 201 and "id" in answer.json():
            self.merges.append(answer.json()["id"])

    def undo(self) -> None:
        if self.merges:
            self.call("undo", "POST", f"/v1/merges/{self.chance.choice(self.merges[-50:])}:undo", {})

    def leave(self) -> None:
        end = self.end()
        found = self.call("look up", "GET", f"/v1/profiles/by/{end['type']}/{end['value']}")
        accounts = found.json()["accounts"] if found.status_code == 200 else []
        if accounts:
            account = self.chance.choice(accounts)
            self.call("leave", "DELETE", f"/v1/profiles/{found.json()['id']}/accounts/{account['id']}")


def test_writers_on_the_same_people_never_see_each_other(
    tandem: Server, tenant: Tenant, figures: Callable[[str, Any], None]
) -> None:
    merges: list[str] = []
    begin = time.monotonic()
    writers = [Writer(number, tenant, merges, begin + SECONDS) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    taken = time.monotonic() - begin

    faults = [fault for writer in writers for fault in writer.faults]
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:20])
    answers = sum((writer.answers for writer in writers), collections.Counter())
    assert all(answers[name, status] for name, status in (("batch", 200), ("merge", 201), ("undo", 200))), answers
    acknowledged = [message for writer in writers for message in writer.acknowledged]
    stored = tandem.sql("select count(*), count(distinct message_id) from event_log", schema=tenant.schema)
    assert stored == [(len(acknowledged), len(acknowledged))]
    assert tandem.sql("select * from check_identity()", schema=tenant.schema) == []

    figures("seconds", round(taken))
    figures("events acknowledged and stored once", len(acknowledged))
    for (name, status), count in sorted(answers.items()):
        figures(f"{name}: {status}", count)
    figures("answers with another status", 0)
    figures("breaches of invariants, derived tables against their rebuild", 0)
