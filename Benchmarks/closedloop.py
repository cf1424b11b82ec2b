"""Requests over some connections, each sending its next when it has its answer: a rate, p50 and p99. One process, no parsing beyond the
length, so that the generator costs little beside what it measures."""

import re
import selectors
import socket
import time
from urllib.parse import urlsplit

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Wire:
    def __init__(self, address):
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""
        self.began = 0.0

    def send(self, request):
        self.data = b""
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self):
        """The status when the answer is whole, else None."""
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise ConnectionError("the server closed a connection")
        self.data += chunk
        head, mark, body = self.data.partition(b"\r\n\r\n")
        if not mark or len(body) < int(LENGTH.search(head).group(1)):
            return None
        return int(head[9:12])


def request(method, path, host, key, body=b""):
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def run(base_url, make, seconds, connections=16):
    """{"rate" of answers that are no refusal, "refused", "p50_ms", "p99_ms"}. `make(number)` is the next request's bytes."""
    place = urlsplit(base_url)
    selector = selectors.DefaultSelector()
    wires = [Wire((place.hostname, place.port)) for _ in range(connections)]
    number, times, refused = 0, [], 0
    for wire in wires:
        selector.register(wire.socket, selectors.EVENT_READ, wire)
        wire.send(make(number))
        number += 1
    began = time.perf_counter()
    busy = len(wires)
    while busy:
        for key, _ in selector.select():
            wire = key.data
            status = wire.receive()
            if status is None:
                continue
            if 300 <= status < 500:
                raise AssertionError(wire.data[:2000].decode(errors="replace"))
            now = time.perf_counter()
            times.append(now - wire.began)
            refused += status >= 500
            if now - began < seconds:
                wire.send(make(number))
                number += 1
            else:
                busy -= 1
    took = time.perf_counter() - began
    for wire in wires:
        wire.socket.close()
    times.sort()
    return {
        "rate": (len(times) - refused) / took, "refused": refused,
        "p50_ms": 1e3 * times[len(times) // 2], "p99_ms": 1e3 * times[int(len(times) * 0.99)],
    }
