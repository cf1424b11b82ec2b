"""An HTTP proxy between an SDK and the server: it notes each request with its answer and on demand answers itself, makes the
body too large, or throws an answer away."""

from __future__ import annotations

import enum
import gzip
import http.server
import json
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import requests


class Act(enum.Enum):
    """What becomes of one request."""

    PASS = "passed on"
    UNAVAILABLE = "answered 503 here; the server hears nothing of it"
    ENLARGE = "passed on with so much white space that the server refuses it"
    CUT = "passed on; its answer is thrown away and the connection reset"


@dataclass
class Seen:
    """One request, with the status that the client got: None where that was a reset."""

    act: Act
    status: int | None
    code: str | None
    retry_after: int | None
    # What was answered, also where the client never got it.
    answer: dict[str, Any]
    # When, by the monotonic clock.
    at_s: float


class AnswerProxy:
    """In front of a server's URL; clients send to `url`. `acts` are for the next requests in turn; without one they pass."""

    def __init__(self, target: str):
        self.target = target
        self.acts: deque[Act] = deque()
        self.seen: list[Seen] = []
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    def shutdown_request(self, request: Any) -> None:
        # Without the FIN of the base class, which a client would take for an orderly end.
        self.close_request(request)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: AnswerProxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        act = self.owner.acts.popleft() if self.owner.acts else Act.PASS
        if act is Act.UNAVAILABLE:
            answer = {"code": "overloaded", "message": "Said by the proxy of this test."}
            self._answer(act, 503, {"Retry-After": "1", "Content-Type": "application/problem+json"}, json.dumps(answer).encode())
            return
        if act is Act.ENLARGE:
            space = b" " * (5 << 20)
            body += gzip.compress(space) if self.headers.get("Content-Encoding") == "gzip" else space
        passed = {name: value for name, value in self.headers.items() if name.lower() not in {"host", "content-length", "connection"}}
        answer = requests.post(self.owner.target + self.path, data=body, headers=passed, timeout=30)
        self._answer(act, answer.status_code, dict(answer.headers), answer.content)

    def _answer(self, act: Act, status: int, headers: dict[str, str], body: bytes) -> None:
        said = json.loads(body)
        wait = headers.get("Retry-After")
        self.owner.seen.append(
            Seen(
                act=act, status=None if act is Act.CUT else status, code=said.get("code"),
                retry_after=int(wait) if wait else None, answer=said, at_s=time.monotonic()))
        if act is Act.CUT:
            # A close with nothing to linger for is a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        self.send_response_only(status)
        for name in ("Content-Type", "Retry-After"):
            if name in headers:
                self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""
