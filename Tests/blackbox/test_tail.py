"""The live tail: everything that becomes of events, as it happens, to those who may see it."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import threading
import time
from typing import Any, Iterator

import pytest
import requests

from server import BINARY, ROOT, Server, Tenant, wait_until


class Stream:
    """A reader of server-sent events in a thread of its own."""

    def __init__(self, tenant: Tenant, **filter: str) -> None:
        self.events: list[tuple[str, Any]] = []
        self.comments = 0
        self.is_over = False
        self.response = tenant.get("/v1/events:tail", params=filter, stream=True)
        assert self.response.status_code == 200, self.response.text
        assert self.response.headers["Content-Type"] == "text/event-stream"
        lines = self.response.iter_lines(chunk_size=None)
        # The first line comes when the stream is open.
        assert next(lines) == b"retry: 1000"
        threading.Thread(target=self._read, args=[lines], daemon=True).start()

    def _read(self, lines: Iterator[bytes]) -> None:
        name, data = "message", ""
        try:
            for line in lines:
                if line.startswith(b":"):
                    self.comments += 1
                elif line.startswith(b"event: "):
                    name = line[7:].decode()
                elif line.startswith(b"data: "):
                    data = line[6:].decode()
                elif not line and data:
                    self.events.append((name, json.loads(data)))
                    name, data = "message", ""
        except (requests.RequestException, AttributeError):
            pass
        self.is_over = True

    def messages(self) -> list[dict[str, Any]]:
        return [data for name, data in self.events if name == "message"]

    def wait(self, count: int, timeout_s: float = 10) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.messages()) >= count, timeout_s)
        return self.messages()

    def close(self) -> None:
        # Else it would wait for the reader, and that for the next line of an idle stream.
        with contextlib.suppress(AttributeError, OSError):
            self.response.raw.connection.sock.shutdown(socket.SHUT_RDWR)
        self.response.close()


@pytest.fixture
def streams() -> Iterator[list[Stream]]:
    opened: list[Stream] = []
    yield opened
    for stream in opened:
        stream.close()


def track(n: int, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "E", "userId": "u", "messageId": f"m{n}", **more}


def test_every_outcome_with_its_reason(tandem: Server, streams: list[Stream]) -> None:
    tenant = tandem.tenant("tail-outcomes")
    stream = Stream(tenant)
    streams.append(stream)
    batch = [track(1), track(1), track(2, timestamp="never"), 17, {"type": "page", "name": "Home", "anonymousId": "a"}]
    answer = tenant.ingest("batch", {"batch": batch, "context": {"locale": "nb"}}).json()
    assert (answer["accepted"], answer["duplicates"], len(answer["rejected"])) == (2, 1, 2)
    seen = stream.wait(5)
    assert [(s["outcome"], s["type"], s["name"], s["message_id"]) for s in seen[:3]] == [
        ("accepted", "track", "E", "m1"), ("duplicate", "track", "E", "m1"), ("rejected", "track", "E", "m2"),
    ]
    assert [s["event"] for s in seen] == batch
    assert (seen[2]["code"], seen[2]["source"], seen[2]["path"]) == ("invalid_timestamp", "server", "/v1/batch")
    assert seen[2]["message"] and "code" not in seen[0]
    assert (seen[3]["outcome"], seen[3]["code"]) == ("rejected", "event_not_object")
    # By its id each is found again.
    assert seen[0]["event_id"] == seen[1]["event_id"]
    events = tenant.get("/v1/profiles/by/user_id/u").json()["id"]
    assert seen[0]["event_id"] in [e["id"] for e in tenant.get(f"/v1/profiles/{events}/events").json()["items"]]
    assert tenant.get(f"/v1/quarantine/{seen[2]['quarantine_id']}").json()["code"] == "invalid_timestamp"
    # An event without an id has the one that was made for it.
    assert len(seen[4]["message_id"]) == 36

    # A body over several lines is one line of the stream.
    body = json.dumps({"userId": "u", "event": "Lines", "properties": {"text": "a\nb\u2028"}}, indent=2)
    requests.post(f"{tandem.base_url}/v1/track", data=body, auth=(tenant.write_key, ""), timeout=30)
    assert stream.wait(6)[5]["event"] == json.loads(body)

    # An event over the size limit comes without its bytes.
    tenant.ingest("track", track(9, properties={"x": "y" * 40_000}))
    large = stream.wait(7)[6]
    assert (large["code"], large["event"]) == ("event_too_large", None) and large["size"] > 40_000


def test_held_events_are_quarantined(tandem: Server, streams: list[Stream]) -> None:
    tenant = tandem.tenant("tail-held")
    stream = Stream(tenant, outcome="quarantined")
    streams.append(stream)
    tandem.cli("source", "update", "server", "--enabled", "false", "--tenant", tenant.slug)
    wait_until(lambda: bool(tenant.ingest("track", track(1)).json().get("quarantined")), 20, every_s=0.3)
    seen = stream.wait(1)
    assert (seen[0]["outcome"], seen[0]["code"], seen[0]["event"]["event"]) == ("quarantined", "source_disabled", "E")


def test_filters(tandem: Server, streams: list[Stream]) -> None:
    tenant = tandem.tenant("tail-filters")
    web = tandem.cli("key", "create", "--kind", "write", "--source", "web", "--tenant", tenant.slug)["key"]
    filters: list[tuple[dict[str, str], list[str]]] = [
        ({}, ["m1", "m2", "m3", "m2", "m4"]), ({"source": "web"}, ["m3"]), ({"type": "page"}, ["m2", "m2"]),
        ({"event": "E"}, ["m1", "m3", "m4"]), ({"outcome": "duplicate,rejected"}, ["m2", "m4"]),
        ({"type": "page", "outcome": "accepted"}, ["m2"]), ({"event": "e"}, []),
    ]
    opened = [Stream(tenant, **filter) for filter, _ in filters]
    streams += opened
    page = {"type": "page", "name": "Home", "userId": "u", "messageId": "m2"}
    tenant.ingest("batch", {"batch": [track(1), page]})
    requests.post(f"{tandem.base_url}/v1/track", json=track(3), auth=(web, ""), timeout=30)
    tenant.ingest("batch", {"batch": [page]})
    tenant.ingest("batch", {"batch": [track(4, properties=1)]})
    opened[0].wait(5)
    time.sleep(0.5)
    for stream, (filter, wanted) in zip(opened, filters):
        assert [m["message_id"] for m in stream.messages()] == wanted, filter

    for wrong, word in [
        ({"source": "elsewhere"}, "server"), ({"type": "wish"}, "track"), ({"outcome": "accepted,lost"}, "duplicate"),
    ]:
        answer = tenant.get("/v1/events:tail", params=wrong)
        assert answer.status_code == 400 and answer.json()["code"] == "invalid_parameter", answer.text
        assert word in answer.json()["message"]
    assert tenant.get("/v1/events:tail?color=red").json()["code"] == "unknown_parameter"


def test_who_may_watch_what(tandem: Server, streams: list[Stream]) -> None:
    tenant, other = tandem.tenant("tail-own"), tandem.tenant("tail-other")
    url = f"{tandem.base_url}/v1/events:tail"
    assert requests.get(url, timeout=30).status_code == 401
    assert requests.get(url, auth=(tenant.write_key, ""), timeout=30).status_code == 403
    crm = tandem.tenant("tail-crm", modules="crm")
    assert crm.get("/v1/events:tail").json()["code"] == "module_disabled"
    assert requests.head(url, headers={"Authorization": f"Bearer {tenant.secret_key}"}, timeout=30).status_code == 200
    mine, theirs = Stream(tenant), Stream(other)
    streams += [mine, theirs]
    tenant.ingest("track", track(1, event="Mine"))
    other.ingest("track", track(1, event="Theirs"))
    assert [m["name"] for m in mine.wait(1)] == ["Mine"]
    assert [m["name"] for m in theirs.wait(1)] == ["Theirs"]
    time.sleep(0.3)
    assert len(mine.messages()) == len(theirs.messages()) == 1

    # As many as may; who leaves makes room.
    streams += [Stream(tenant) for _ in range(19)]
    refused = tenant.get("/v1/events:tail")
    assert refused.status_code == 429 and refused.json()["code"] == "too_many_readers"
    assert int(refused.headers["Retry-After"]) > 0
    mine.close()

    def has_room() -> bool:
        with tenant.get("/v1/events:tail", stream=True) as answer:
            return answer.status_code == 200

    wait_until(has_room, 20, every_s=0.5)


def test_a_reader_that_lags_is_told_how_much_it_missed(tandem: Server, streams: list[Stream]) -> None:
    tenant = tandem.tenant("tail-gap")
    # Nobody reads until everything is sent: what fits into buffers comes, then the number of the rest.
    answer = tenant.get("/v1/events:tail", stream=True)
    keen = Stream(tenant)
    streams.append(keen)
    sent = 0
    for batch in range(30):
        items = [track(batch * 500 + n, properties={"text": "x" * 1_500}) for n in range(500)]
        assert tenant.ingest("batch", {"batch": items}).status_code == 200
        sent += 500
    began = time.monotonic()
    seen, missed, gaps, name = 0, 0, 0, "message"
    last = -1
    for line in answer.iter_lines(chunk_size=65_536):
        if line.startswith(b"event: "):
            name = line[7:].decode()
        elif line.startswith(b"data: "):
            data = json.loads(line[6:])
            if name == "gap":
                missed += data["missed"]
                gaps += 1
            else:
                number = int(data["message_id"][1:])
                assert number > last
                last = number
                seen += 1
            name = "message"
        if seen + missed >= sent:
            break
        assert time.monotonic() - began < 60, (seen, missed)
    answer.close()
    assert seen + missed == sent and gaps >= 1 and missed > 0
    # Its neighbour has all of them, or is told as well.
    wait_until(lambda: len(keen.messages()) + sum(d["missed"] for n, d in keen.events if n == "gap") == sent, 30)


def test_an_idle_stream_and_a_read_one_are_not_cut(tandem: Server, streams: list[Stream]) -> None:
    tenant = tandem.tenant("tail-long")
    stream = Stream(tenant)
    streams.append(stream)
    # Longer than a request may take, and than a reader that stalls is given.
    end = time.monotonic() + 18
    number = 0
    while time.monotonic() < end:
        time.sleep(6)
        tenant.ingest("track", track(number))
        number += 1
    assert [m["message_id"] for m in stream.wait(number)] == [f"m{n}" for n in range(number)]
    assert stream.comments >= 2 and not stream.is_over


def test_a_drain_ends_it_with_an_event() -> None:
    with Server() as server:
        tenant = server.tenant("tail-drain")
        stream = Stream(tenant)
        assert tenant.ingest("track", track(1)).status_code == 200
        stream.wait(1)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: stream.is_over, 10)
        assert stream.events[-1] == ("end", {"reason": "shutdown"})
        assert server.process.wait(30) == 0
        assert time.monotonic() - began < 15


def tail(tenant: Tenant, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(BINARY), "events", "tail", "--tenant", tenant.slug, "--data-dir", str(tenant.server.data_dir),
         "--url", tenant.server.base_url, *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def send_until(tenant: Tenant, process: subprocess.Popen[str]) -> None:
    """Sends events until the command has seen enough."""
    number = 0
    while process.poll() is None and number < 200:
        tenant.ingest("track", track(number))
        tenant.ingest("page", {"name": "Home", "userId": "u", "messageId": f"p{number}", "timestamp": "never"})
        number += 1
        time.sleep(0.1)


def test_the_command(tandem: Server) -> None:
    tenant = tandem.tenant("tail-cli")
    process = tail(tenant, "--outcome", "rejected", "--count", "2", "-o", "json")
    send_until(tenant, process)
    out, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    items = [json.loads(line) for line in out.splitlines()]
    assert [(i["outcome"], i["code"], i["type"]) for i in items] == [("rejected", "invalid_timestamp", "page")] * 2
    # The key that it made is no longer in force.
    keys = [k for k in tandem.cli("key", "list", "--tenant", tenant.slug)["items"] if k["kind"] == "restricted"]
    assert len(keys) == 1 and keys[0]["revoked_at"]

    process = tail(tenant, "--key", tenant.secret_key, "--event", "E", "--count", "1")
    send_until(tenant, process)
    out, errors = process.communicate(timeout=30)
    assert process.returncode == 0 and "  server  track  E\n" in out, (out, errors)

    process = tail(tenant, "--key", tenant.secret_key)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


@pytest.mark.parametrize("arguments, code, word", [
    (["--key", "sk_nobody"], 4, "key"), (["--type", "wish", "--key", "{key}"], 64, "track"),
    (["--url", "http://127.0.0.1:9", "--key", "{key}"], 69, "127.0.0.1:9"), (["--url", "https://x.example", "--key", "{key}"], 64, "http"),
])
def test_the_command_says_why_not(tandem: Server, arguments: list[str], code: int, word: str) -> None:
    tenant = tandem.tenant("tail-cli-wrong")
    process = tail(tenant, *[a.format(key=tenant.secret_key) for a in arguments])
    _, errors = process.communicate(timeout=30)
    assert process.returncode == code and word in errors, errors
