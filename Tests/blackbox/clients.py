"""Clients of several tenants at a steady rate, over one or several servers, as behind a load balancer: a request that could not be
sent goes to another server, one that was sent and not answered counts as failed."""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import random
import select
import statistics
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from server import Server, Tenant

# Requests a second of a connection, so that one rests for less than a server that drains takes for idle.
PACE = 8


@dataclass
class Answer:
    at: float
    took_ms: float
    kind: str
    # 0: no answer.
    status: int
    detail: str = ""


@dataclass
class Who:
    """A tenant as its clients know it."""

    tenant: Tenant
    contacts: list[str]
    sent: int = 0
    accepted: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Clients:
    """Runs until `stop`; `servers` may be set at any time, and `marks` names what happens from then on."""

    def __init__(self, tenants: list[Tenant], servers: list[Server], rate: float):
        self.who = [Who(tenant, [made(tenant) for _ in range(5)]) for tenant in tenants]
        self.servers = servers
        self.answers: list[Answer] = []
        self.moved = 0
        self.marks: list[tuple[str, float]] = []
        self._rate = rate
        self._stop = threading.Event()
        count = max(16, round(rate / PACE))
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(count)]

    def start(self, name: str) -> "Clients":
        self.mark(name)
        for thread in self._threads:
            thread.start()
        return self

    def mark(self, name: str) -> None:
        self.marks.append((name, time.monotonic()))

    def stop(self) -> None:
        self.mark("end")
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    @property
    def seconds(self) -> float:
        return self.marks[-1][1] - self.marks[0][1]

    @property
    def failed(self) -> list[Answer]:
        return [answer for answer in self.answers if not 200 <= answer.status < 300]

    def phases(self) -> list[dict[str, Any]]:
        """Of each mark: how many requests a second, how many failed, and the 50th and 99th percentile in milliseconds."""
        found = []
        for (name, begin), (_, end) in itertools.pairwise(self.marks):
            inside = [answer for answer in self.answers if begin <= answer.at < end]
            took = sorted(answer.took_ms for answer in inside) or [0.0]
            found.append({
                "phase": name, "seconds": round(end - begin, 1), "requests": len(inside), "requests/s": round(len(inside) / (end - begin)),
                "failed": sum(not 200 <= answer.status < 300 for answer in inside),
                "p50 ms": round(statistics.median(took), 1), "p99 ms": round(took[min(len(took) - 1, int(len(took) * 0.99))], 1),
            })
        return found

    def _run(self, number: int) -> None:
        chance = random.Random(number)
        lines: dict[str, http.client.HTTPConnection] = {}
        pause = len(self._threads) / self._rate
        due = time.monotonic() + pause * number / len(self._threads)
        while not self._stop.is_set():
            time.sleep(max(0.0, due - time.monotonic()))
            due += pause
            who = chance.choice(self.who)
            kind, method, path, body, key = self._request(who, chance)
            answer = self._send(lines, chance, kind, method, path, body, key)
            if kind == "track" and answer.status == 200:
                with who.lock:
                    who.accepted += 1
            self.answers.append(answer)
        for line in lines.values():
            line.close()

    def _request(self, who: Who, chance: random.Random) -> tuple[str, str, str, Any, str]:
        write, secret = basic(who.tenant.write_key), f"Bearer {who.tenant.secret_key}"
        dice = chance.random()
        if dice < 0.5:
            event = {"userId": f"u-{chance.randrange(500)}", "event": "Seen", "messageId": uuid.uuid4().hex, "properties": {"n": 1}}
            return "track", "POST", "/v1/track", event, write
        if dice < 0.65:
            return "list", "GET", "/v1/contacts?limit=20&sort=-created_at", None, secret
        if dice < 0.8:
            return "read", "GET", f"/v1/contacts/{chance.choice(who.contacts)}", None, secret
        if dice < 0.9:
            title = {"title": f"title {chance.randrange(1000)}"}
            return "write", "PATCH", f"/v1/contacts/{chance.choice(who.contacts)}", title, secret
        return "create", "POST", "/v1/accounts", {"name": f"account {uuid.uuid4().hex[:8]}"}, secret

    def _send(
        self, lines: dict[str, http.client.HTTPConnection], chance: random.Random, kind: str, method: str, path: str, body: Any, key: str,
    ) -> Answer:
        text = None if body is None else json.dumps(body)
        head = {"Authorization": key, **({} if text is None else {"Content-Type": "application/json"})}
        begin = time.monotonic()
        for _ in range(20):
            address = chance.choice(self.servers).base_url.removeprefix("http://")
            line = lines.get(address)
            # As a load balancer does: one that the server has closed meanwhile is not used again.
            if line is not None and line.sock is not None and select.select([line.sock], [], [], 0)[0]:
                lines.pop(address).close()
                line = None
            if line is None:
                line = http.client.HTTPConnection(address, timeout=60)
                try:
                    line.connect()
                except OSError:
                    self.moved += 1
                    time.sleep(0.01)
                    continue
                lines[address] = line
            try:
                line.request(method, path, body=text, headers=head)
                answer = line.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as error:
                lines.pop(address, None)
                return Answer(begin, (time.monotonic() - begin) * 1_000, kind, 0, repr(error))
            if answer.will_close or answer.getheader("Connection", "").lower() == "close":
                line.close()
                lines.pop(address, None)
            detail = "" if answer.status < 300 else content[:300].decode(errors="replace")
            return Answer(begin, (time.monotonic() - begin) * 1_000, kind, answer.status, detail)
        return Answer(begin, (time.monotonic() - begin) * 1_000, kind, 0, "no server takes connections")


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def made(tenant: Tenant) -> str:
    answer = tenant.post("/v1/contacts", {"first_name": "Rolling", "email": f"{uuid.uuid4().hex}@example.test"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
