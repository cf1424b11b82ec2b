"""A TCP proxy on 127.0.0.1 that misbehaves on demand: the network between the server and its PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass


@dataclass
class Faults:
    """How bytes pass. All of it may be changed at any moment; connections that are open obey too."""

    swallow: bool = False  # reads everything and passes nothing on, either way
    swallow_answers: bool = False  # passes what the client sends and drops what the server answers
    refuse: bool = False  # resets new connections
    latency_s: float = 0.0  # on each piece, each way
    cut_after: int | None = None  # resets a connection once so many bytes have come back from the server


class FlakyProxy:
    """In front of a Unix socket; runs in a thread of its own; `port` is where clients connect."""

    def __init__(self, socket_path: str):
        self._target = socket_path
        self.faults = Faults()
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        started: threading.Event = threading.Event()
        self.port = 0

        async def start() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            started.set()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            self._loop.create_task(start())
            self._loop.run_forever()

        threading.Thread(target=run, daemon=True).start()
        if not started.wait(10):
            raise AssertionError("the proxy did not start")

    def reset(self) -> None:
        """Resets all connections now."""
        self._loop.call_soon_threadsafe(lambda: [writer.transport.abort() for writer in list(self._writers)])

    def close(self) -> None:
        self.reset()
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self.faults.refuse:
                return
            upstream_reader, upstream_writer = await asyncio.open_unix_connection(self._target)
            self._writers.add(upstream_writer)
            pumps = [
                asyncio.create_task(self._pump(reader, upstream_writer, is_answer=False)),
                asyncio.create_task(self._pump(upstream_reader, writer, is_answer=True)),
            ]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                upstream_writer.transport.abort()
                self._writers.discard(upstream_writer)
        except OSError:
            pass
        finally:
            writer.transport.abort()
            self._writers.discard(writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_answer: bool) -> None:
        passed = 0
        try:
            while piece := await reader.read(65536):
                if self.faults.latency_s:
                    await asyncio.sleep(self.faults.latency_s)
                if self.faults.swallow or (is_answer and self.faults.swallow_answers):
                    continue
                limit = self.faults.cut_after
                if is_answer and limit is not None and passed + len(piece) > limit:
                    writer.write(piece[: max(0, limit - passed)])
                    await writer.drain()
                    return
                passed += len(piece)
                writer.write(piece)
                await writer.drain()
        except (OSError, ConnectionError):
            return
