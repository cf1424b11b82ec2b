"""Writes raw requests to sockets and reads what comes back, strictly: an answer in HTTP/1.1, or a close without a reset."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from wire_mutations import Raw

# Longer than the server's own deadlines for a head (10 s) and a request (15 s).
TIMEOUT_S = 25


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def closes(self) -> bool:
        return self.headers.get("connection", "").lower() == "close"


class Malformed(Exception):
    """What the server sent is no HTTP/1.1."""


@dataclass
class Tally:
    """What came back, over all requests."""

    requests: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    # (status, code) of each problem; an event that a batch's answer rejects counts as the 400 that it would be alone.
    codes: Counter[tuple[int, str]] = field(default_factory=Counter)
    # Kinds of requests that were closed without an answer, and those whose connection served more than one.
    closed: Counter[str] = field(default_factory=Counter)
    reused: int = 0
    # What must not be: (what, number, kind).
    faults: list[tuple[str, int, str]] = field(default_factory=list)

    def count(self, answer: Answer, number: int, kind: str) -> None:
        self.answers[answer.status] += 1
        if answer.status >= 400:
            try:
                problem = json.loads(answer.body)
                self.codes[(answer.status, problem["code"])] += 1
                assert problem["message"] and answer.headers["content-type"] == "application/problem+json"
            except (ValueError, KeyError, AssertionError):
                self.faults.append((f"{answer.status} without code and message: {answer.body[:200]!r}", number, kind))
        elif answer.headers.get("content-type") == "application/json":
            body = json.loads(answer.body)
            for item in body.get("rejected", []):
                self.codes[(400, item["code"])] += 1
        if answer.status >= 500:
            self.faults.append((f"{answer.status} {answer.body[:200]!r}", number, kind))


async def read_answer(reader: asyncio.StreamReader) -> Answer | None:
    """The next final answer; None at a close before its first byte."""
    while True:
        line = await reader.readline()
        if not line:
            return None
        version, _, rest = line.partition(b" ")
        if version != b"HTTP/1.1" or not line.endswith(b"\r\n") or not rest[:3].isdigit():
            raise Malformed(f"status line {line[:100]!r}")
        headers: dict[str, str] = {}
        while (line := await reader.readline()) not in (b"\r\n", b""):
            name, colon, value = line.decode("latin-1").rstrip("\r\n").partition(":")
            if not colon:
                raise Malformed(f"header {line[:100]!r}")
            headers[name.lower()] = value.strip()
        status = int(rest[:3])
        if status < 200:
            continue
        if status == 204 or status == 304:
            return Answer(status, headers, b"")
        if "content-length" not in headers:
            raise Malformed(f"{status} without Content-Length: {headers}")
        return Answer(status, headers, await reader.readexactly(int(headers["content-length"])))


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.reader = reader
        self.writer = writer
        self.served = 0


async def _send(connection: _Connection, number: int, raw: Raw, tally: Tally) -> bool:
    """Sends one and reads its answers; True if the connection can carry another."""
    try:
        connection.writer.write(raw.data)
        await connection.writer.drain()
        if not raw.is_framed:
            connection.writer.write_eof()
    except (ConnectionError, OSError):
        # Refused before it was whole; the answer may lie there all the same.
        pass
    answers = 0
    while True:
        answer = await read_answer(connection.reader)
        if answer is None:
            if answers == 0:
                tally.closed[raw.kind] += 1
            return False
        answers += 1
        tally.count(answer, number, raw.kind)
        if raw.is_framed and not answer.closes:
            connection.served += 1
            tally.reused += connection.served > 1
            return True


async def _worker(host: str, port: int, jobs: Iterable[tuple[int, Raw]], tally: Tally) -> None:
    connection: _Connection | None = None
    for number, raw in jobs:
        tally.requests += 1
        is_open = False
        try:
            async with asyncio.timeout(TIMEOUT_S):
                if connection is None:
                    connection = _Connection(*await asyncio.open_connection(host, port, limit=1 << 20))
                is_open = await _send(connection, number, raw, tally)
        except TimeoutError:
            tally.faults.append((f"neither answered nor closed within {TIMEOUT_S} s", number, raw.kind))
        except (ConnectionError, OSError, asyncio.IncompleteReadError) as error:
            tally.faults.append((repr(error), number, raw.kind))
        except (Malformed, ValueError) as error:
            tally.faults.append((f"no HTTP/1.1: {error}", number, raw.kind))
        if not is_open and connection is not None:
            connection.writer.close()
            connection = None
    if connection is not None:
        connection.writer.close()


def send_all(host: str, port: int, numbers: range, make: Callable[[int], Raw], tally: Tally, workers: int = 32) -> None:
    """Sends the requests of these numbers over some connections at once."""
    upcoming = iter(numbers)

    def jobs() -> Iterable[tuple[int, Raw]]:
        for number in upcoming:
            yield number, make(number)

    async def run() -> None:
        await asyncio.gather(*(_worker(host, port, jobs(), tally) for _ in range(workers)))

    asyncio.run(run())

