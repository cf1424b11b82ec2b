"""SIGTERM under load: no connection is reset and no request stays without an answer; then the server is gone."""

from __future__ import annotations

import http.client
import itertools
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

import load
from server import Server, Tenant, wait_until

# A connection that the kernel has taken and a server without a processor has not yet seen is reset with the listener.
pytestmark = pytest.mark.alone

_numbers = itertools.count(1)
USERS = 500


def drain_under_load(server: Server, tenant: Tenant, rate: int, connections: int, is_reopened: bool) -> dict[str, Any]:
    """One SIGTERM in the middle of a load; what the load saw, and how long the server took to leave."""
    prefix = f"drain{next(_numbers)}"
    running = load.Load(
        tenant, prefix=prefix, mix="mixed", users=USERS, connections=connections, rate=rate, seconds=12,
        reconnect=int(is_reopened), acks=True)
    time.sleep(1.5)
    assert running.is_running()
    assert server.process is not None
    begin = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    code = server.process.wait(30)
    took = time.monotonic() - begin
    result = running.stop()
    result.update(exit_code=code, exit_s=took, prefix=prefix, acknowledged=len(running.acknowledged()))
    return result


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("is_reopened", [False, True], ids=["kept", "reopened"])
def test_a_drain_resets_nobody(
    own_tandem: Server, full: bool, is_reopened: bool, figures: Callable[[str, Any], None]
) -> None:
    """Once with connections that the clients keep, and once with clients that open a closed one again at once."""
    tenant = own_tandem.tenant("drain")
    load.make_users(tenant, USERS)
    own_tandem.sql("analyze")
    rounds = []
    for _ in range(20 if full else 2):
        rounds.append(drain_under_load(own_tandem, tenant, 2_000 if full else 150, 32, is_reopened))
        own_tandem.start()
        stored = own_tandem.sql(
            "select count(*) from event_log where message_id like %s", [rounds[-1]["prefix"] + "-%"], schema=tenant.schema)
        rounds[-1]["stored"] = stored[0][0]
    name = "connections opened again" if is_reopened else "connections kept"
    before = [round["answers"] for round in rounds]
    figures(f"{name}: SIGTERM under load", len(rounds))
    figures(f"{name}: requests answered, fewest in a round", min(before))
    figures(f"{name}: requests without an answer", sum(round["lost"] for round in rounds))
    figures(f"{name}: connections reset", sum(round["resets"] for round in rounds))
    figures(f"{name}: answers other than 200", str([round["refused"] for round in rounds if round["refused"]]))
    figures(f"{name}: acknowledged and not stored", sum(round["acknowledged"] - round["stored"] for round in rounds))
    figures(f"{name}: longest exit, s", f"{max(round['exit_s'] for round in rounds):.1f}")
    for round in rounds:
        assert (round["lost"], round["resets"], round["exit_code"]) == (0, 0, 0), round
        assert not round["refused"], round
        assert round["stored"] == round["acknowledged"], round
        assert round["exit_s"] < 15, round


def test_an_idle_connection_ends_without_a_reset(own_tandem: Server) -> None:
    host = own_tandem.base_url.removeprefix("http://")
    idle = http.client.HTTPConnection(host, timeout=30)
    idle.request("GET", "/livez")
    idle.getresponse().read()
    late = http.client.HTTPConnection(host, timeout=30)
    late.request("GET", "/livez")
    late.getresponse().read()
    assert own_tandem.process is not None
    own_tandem.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    # It drains: what is asked is answered, and says that this was the last.
    late.request("GET", "/livez")
    answer = late.getresponse()
    assert (answer.status, answer.getheader("Connection")) == (200, "close")
    assert answer.read()
    # ECONNRESET would raise.
    assert idle.sock.recv(100) == b""
    assert own_tandem.process.wait(30) == 0


def test_a_killed_server_starts_again_without_hands(own_tandem: Server) -> None:
    tenant = own_tandem.tenant("crash")
    for _ in range(2):
        own_tandem.kill()
        begin = time.monotonic()
        own_tandem.start()
        assert time.monotonic() - begin < 20
        wait_until(lambda: tenant.ingest("track", {"userId": "u", "event": "E"}).status_code == 200, 10)
