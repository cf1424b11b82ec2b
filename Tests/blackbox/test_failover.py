"""A PostgreSQL that is lost while events come in, with a synchronous standby that takes its place; and two servers on one
database."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from cluster import Pair
from server import Server, Tenant, wait_until

RECOVERY_S = 10.0


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.close()


@pytest.fixture(scope="module")
def servers(pair: Pair) -> Iterator[list[Server]]:
    """Two servers on one database."""
    both = [Server(environment={"TANDEM_DATABASE_URL": pair.url}) for _ in range(2)]
    try:
        for server in both:
            server.start()
        yield both
    finally:
        for server in both:
            server.close()


@pytest.fixture(scope="module")
def tenant(servers: list[Server]) -> Tenant:
    return servers[0].tenant("failover")


def at(server: Server, tenant: Tenant) -> Tenant:
    """The same tenant through another server."""
    return Tenant(tenant.slug, tenant.id, tenant.schema, tenant.write_key, tenant.secret_key, server)


@dataclass
class Senders:
    """Clients that send one event after the other, each again until it is answered 200."""

    tenants: list[Tenant]
    acknowledged: list[tuple[str, float]] = field(default_factory=list)
    attempts: int = 0
    statuses: dict[Any, int] = field(default_factory=dict)
    slowest_s: float = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> "Senders":
        for number in range(8):
            thread = threading.Thread(target=self._send, args=(self.tenants[number % len(self.tenants)],))
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _send(self, tenant: Tenant) -> None:
        session = requests.Session()
        while not self._stop.is_set():
            message = str(uuid.uuid4())
            body = {"userId": f"u{message[:2]}", "event": "E", "messageId": message}
            while not self._stop.is_set():
                began = time.monotonic()
                try:
                    answer = session.post(
                        tenant.server.base_url + "/v1/track", json=body, auth=(tenant.write_key, ""), timeout=30)
                    status: Any = answer.status_code
                except requests.RequestException as error:
                    status = type(error).__name__
                self.attempts += 1
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                self.statuses[status] = self.statuses.get(status, 0) + 1
                if status == 200:
                    self.acknowledged.append((message, time.monotonic()))
                    break
                time.sleep(0.1)


def stored(pair: Pair, tenant: Tenant) -> dict[str, int]:
    rows = pair.primary.sql(f"select message_id, count(*) from {tenant.internals}.event_log group by 1", "tandem")
    return {str(message): int(str(count)) for message, count in rows}


def test_no_acknowledged_event_is_lost_when_the_standby_takes_over(
    pair: Pair, servers: list[Server], tenant: Tenant, full: bool, figures: Callable[[str, Any], None]
) -> None:
    for number in range(10 if full else 1):
        with Senders([at(server, tenant) for server in servers]) as senders:
            time.sleep(10 if full else 2)
            lost = pair.fail_over(pause_s=2)
            again = time.monotonic()
            wait_until(lambda: any(moment > again for _, moment in senders.acknowledged), 60)
            time.sleep(10 if full else 2)
        first = min(moment for _, moment in senders.acknowledged if moment > again)
        rows = stored(pair, tenant)
        missing = [message for message, _ in senders.acknowledged if message not in rows]
        doubled = [message for message, count in rows.items() if count > 1]
        figures(f"failover {number + 1}", {
            "acknowledged": len(senders.acknowledged), "lost": len(missing), "doubled": len(doubled),
            "promoted after s": round(again - lost, 1), "writes again after s": round(first - lost, 1),
            "slowest answer s": round(senders.slowest_s, 2)})
        assert len(senders.acknowledged) > 50 and not missing and not doubled, senders.statuses
        assert first - again < RECOVERY_S, senders.statuses
        # Nothing but answers that say: try again.
        assert set(senders.statuses) <= {200, 503}, senders.statuses
        for server in servers:
            wait_until(lambda: requests.get(server.base_url + "/readyz", timeout=10).status_code == 200, 15)
        if full:
            pair.repair()


def test_a_key_that_is_revoked_is_dead_on_both_servers_within_five_seconds(servers: list[Server], tenant: Tenant) -> None:
    key = servers[0].cli("key", "create", "--kind", "secret", "--tenant", tenant.slug)
    headers = {"Authorization": f"Bearer {key['key']}"}

    def statuses() -> list[int]:
        return [requests.get(server.base_url + "/v1/profiles", headers=headers, timeout=10).status_code for server in servers]

    wait_until(lambda: statuses() == [200, 200], 10)
    servers[0].cli("key", "revoke", key["id"])
    began = time.monotonic()
    wait_until(lambda: statuses() == [401, 401], 6, every_s=0.1)
    assert time.monotonic() - began < 5.5


def test_two_servers_ring_each_reminder_once(pair: Pair, servers: list[Server], tenant: Tenant) -> None:
    """The services of both look every ten seconds."""
    owner = tenant.post("/v1/users", {"name": "Reminded", "email": "reminded@task.example"}).json()["id"]
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
    items = [{"op": "create", "data": {
        "type": "task", "status": "planned", "subject": f"Ring {number}", "due_at": soon, "owner_id": owner, "recurrence": "FREQ=DAILY",
        "recurs_when": "due", "reminders": [{"minutes": 0}]}} for number in range(50)]
    made = tenant.post("/v1/activities:batch", {"items": items}).json()["results"]
    assert all(result["status"] == 201 for result in made), made[0]
    path = f"{tenant.schema}.activities"
    query = f"select count(*) from {tenant.internals}.reminder where sent_at is not null"
    wait_until(lambda: pair.primary.sql(query, "tandem") == [(50,)], 40)
    wait_until(lambda: pair.primary.sql(f"select count(*) from {path} where subject like 'Ring %'", "tandem") == [(100,)], 40)
    # The next look of both finds nothing that was done already.
    time.sleep(11)
    assert pair.primary.sql(f"select count(*) from {path} where subject like 'Ring %'", "tandem") == [(100,)]
