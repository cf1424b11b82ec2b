"""Rates of tenants and sources, slow clients, bodies that grow: what is refused, how, and that nobody else is concerned."""

from __future__ import annotations

import gzip
import itertools
import re
import selectors
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from server import Server, Tenant, wait_until

_numbers = itertools.count(1)
# A changed rate holds within five seconds.
RATE_KNOWN_S = 10


def track(count: int = 1) -> dict[str, Any]:
    return {"batch": [{"type": "track", "userId": "u", "event": "E"} for _ in range(count)]}


def until_limited(tenant: Tenant, count: int) -> requests.Response:
    """Sends batches until one is refused: a new rate is known to the server within five seconds."""
    answers: list[requests.Response] = []

    def is_refused() -> bool:
        answers.append(tenant.ingest("batch", track(count)))
        return answers[-1].status_code == 429

    wait_until(is_refused, RATE_KNOWN_S, every_s=0.2)
    return answers[-1]


def test_a_tenants_rate_is_held_and_its_neighbour_is_not_concerned(tandem: Server, tenant: Tenant) -> None:
    shown = tandem.cli("tenant", "update", tenant.slug, "--rate", "1", "--burst", "20")
    assert (shown["rate_per_second"], shown["burst"]) == (1, 20)
    refused = until_limited(tenant, 15)
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 30
    assert re.fullmatch(r'"ingest";q=20;w=20', refused.headers["RateLimit-Policy"])
    assert re.fullmatch(r'"ingest";r=\d+;t=\d+', refused.headers["RateLimit"])
    for _ in range(10):
        assert tenant.ingest("batch", track(20)).status_code == 429
    neighbour = tandem.tenant(f"neighbour{next(_numbers)}")
    assert neighbour.ingest("batch", track(100)).status_code == 200
    # What the header says is true.
    time.sleep(int(tenant.ingest("batch", track(2)).headers.get("Retry-After", "0")))
    assert tenant.ingest("batch", track(2)).status_code == 200
    assert "rate_per_second" not in tandem.cli("tenant", "update", tenant.slug, "--rate", "0", "--burst", "0")
    wait_until(lambda: tenant.ingest("batch", track(500)).status_code == 200, RATE_KNOWN_S)


def test_a_source_and_the_api_have_rates_of_their_own(tandem: Server, tenant: Tenant) -> None:
    shown = tandem.cli("source", "update", "server", "--tenant", tenant.slug, "--rate", "1", "--burst", "5")
    assert (shown["rate_per_second"], shown["burst"]) == (1, 5)
    refused = until_limited(tenant, 5)
    assert '"source";r=' in refused.headers["RateLimit"] and '"ingest";r=' in refused.headers["RateLimit"]
    tandem.cli("tenant", "update", tenant.slug, "--request-rate", "2")
    wait_until(lambda: tenant.get("/v1/profiles").status_code == 429, RATE_KNOWN_S, every_s=0)
    answer = tenant.get("/v1/profiles")
    assert answer.headers["RateLimit-Policy"] == '"requests";q=4;w=2'
    with pytest.raises(Exception, match="rate"):
        tandem.cli("tenant", "update", tenant.slug, "--rate", "-1")


@pytest.mark.parametrize("body", [b"0" * (5 << 20), b'{"batch":[' + b" " * (3 << 20) + b"]}"])
def test_a_gzip_bomb_is_refused_while_it_inflates(tenant: Tenant, body: bytes) -> None:
    small = gzip.compress(body)
    assert len(small) < 20_000
    answer = requests.post(
        f"{tenant.server.base_url}/v1/batch", data=small, auth=(tenant.write_key, ""), timeout=10,
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


SLOW = {
    "head": b"POST /v1/track HTTP/1.1\r\nHost: t\r\nX-Slow: ",
    "body": b"POST /v1/track HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
    "nothing": b"",
}


def test_slow_clients_are_cut_and_others_are_served(
    tandem: Server, tenant: Tenant, full: bool, figures: Callable[[str, Any], None]
) -> None:
    count = 300 if full else 40
    host, port = tandem.base_url.removeprefix("http://").split(":")
    begin = time.monotonic()
    poller = selectors.DefaultSelector()
    for kind, data in SLOW.items():
        for _ in range(count):
            connection = socket.create_connection((host, int(port)))
            connection.sendall(data)
            connection.setblocking(False)
            poller.register(connection, selectors.EVENT_READ, kind)
    ends: dict[str, list[float]] = {kind: [] for kind in SLOW}
    answers: dict[str, set[bytes]] = {kind: set() for kind in SLOW}
    waits: list[float] = []
    while poller.get_map() and time.monotonic() - begin < 20:
        for key, _ in poller.select(0.1):
            data = key.fileobj.recv(4096)  # type: ignore[union-attr]
            if data:
                answers[key.data].add(data.split(b"\r\n", 1)[0])
            else:
                ends[key.data].append(time.monotonic() - begin)
                poller.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]
        before = time.monotonic()
        assert tenant.ingest("track", {"userId": "u", "event": "E"}).status_code == 200
        waits.append(time.monotonic() - before)
    assert {kind: len(times) for kind, times in ends.items()} == dict.fromkeys(SLOW, count)
    assert answers["head"] == answers["body"] == {b"HTTP/1.1 408 Request Timeout"}
    assert answers["nothing"] == set()
    assert max(ends["head"] + ends["nothing"]) < 13 and max(ends["body"]) < 18
    figures("slow connections of each kind", count)
    figures("last slow head closed after, s", f"{max(ends['head']):.1f}")
    figures("last slow body closed after, s", f"{max(ends['body']):.1f}")
    figures("median call of another client meanwhile, ms", f"{1000 * sorted(waits)[len(waits) // 2]:.1f}")


def test_refusals_are_counted(tandem: Server) -> None:
    key = tandem.cli("key", "create", "--kind", "admin")["key"]
    text = requests.get(tandem.admin_url + "/metrics", headers={"Authorization": f"Bearer {key}"}, timeout=10).text
    for name in (
        'rate_limited_total{policy="ingest"}', 'rate_limited_total{policy="source"}',
        'rate_limited_total{policy="requests"}', 'ingest_refusals_total{reason="wait"}', "http_connections_open",
        'http_connections_refused_total{reason="address"}', 'http_connections_cut_total{reason="slow_head"}',
    ):
        assert re.search(rf"^{re.escape(name)} \d+$", text, re.MULTILINE), name
