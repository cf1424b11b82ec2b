"""A PostgreSQL of one's own that is restarted on purpose, for a minor update or a setting, while events come in and records are read."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import requests

from cluster import Node
from server import Server, Tenant, wait_until
from test_failover import RECOVERY_S, Senders


class Readers:
    """Clients that read and write records meanwhile; what they were answered."""

    def __init__(self, tenant: Tenant):
        self.statuses: Counter[Any] = Counter()
        self.made: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._go, args=(tenant, number)) for number in range(4)]

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _go(self, tenant: Tenant, number: int) -> None:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {tenant.secret_key}"
        count = 0
        while not self._stop.is_set():
            count += 1
            name = f"account {number} {count}"
            try:
                made = session.post(tenant.server.base_url + "/v1/accounts", json={"name": name}, timeout=30)
                self.statuses[made.status_code] += 1
                if made.status_code == 201:
                    self.made.append(name)
                self.statuses[session.get(tenant.server.base_url + "/v1/accounts?limit=1", timeout=30).status_code] += 1
            except requests.RequestException as error:
                self.statuses[type(error).__name__] += 1
            time.sleep(0.05)


def test_a_planned_restart_of_postgresql_loses_nothing_that_was_acknowledged(
    full: bool, figures: Callable[[str, Any], None]
) -> None:
    node = Node("restart").make()
    try:
        node.sql("create role tandem login noinherit createrole")
        node.sql("create database tandem owner tandem")
        with Server(environment={"TANDEM_DATABASE_URL": f"postgresql://tandem@127.0.0.1:{node.port}/tandem"}) as server:
            tenant = server.tenant("restart")
            for number in range(5 if full else 1):
                restart(node, tenant, figures, f"restart {number + 1}")
    finally:
        node.close()


def restart(node: Node, tenant: Tenant, figures: Callable[[str, Any], None], name: str) -> None:
    with Senders([tenant]) as senders, Readers(tenant) as readers:
        time.sleep(1.5)
        began = time.monotonic()
        node.program("pg_ctl", "-D", str(node.data), "-l", str(node.folder / "log"), "-w", "-t", "60", "-m", "fast", "restart")
        again = time.monotonic()
        wait_until(lambda: any(moment > again for _, moment in senders.acknowledged), 60)
        time.sleep(1)
    healed = min(moment for _, moment in senders.acknowledged if moment > again) - again
    rows = {str(row[0]): row[1] for row in node.sql(
        f"select message_id, count(*) from {tenant.internals}.event_log group by 1", "tandem")}
    missing = [message for message, _ in senders.acknowledged if message not in rows]
    figures(name, {"acknowledged": len(senders.acknowledged), "lost": len(missing), "restart took s": round(again - began, 2),
                   "writes again after s": round(healed, 2), "slowest answer s": round(senders.slowest_s, 2)})
    assert len(senders.acknowledged) > 50 and not missing and set(rows.values()) == {1}, senders.statuses
    assert healed < RECOVERY_S, senders.statuses
    assert set(senders.statuses) <= {200, 503}, senders.statuses
    assert set(readers.statuses) <= {200, 201, 503} and readers.statuses[201] > 10, readers.statuses
    names = {str(row[0]) for row in node.sql(f"select name from {tenant.schema}.accounts", "tandem")}
    assert set(readers.made) <= names
    wait_until(lambda: requests.get(tenant.server.base_url + "/readyz", timeout=10).status_code == 200, 10)
