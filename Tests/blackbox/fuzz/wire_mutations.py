"""Mutations of requests, from a seeded generator: of the JSON, of the body's bytes, of the head, of how long things say they are."""

from __future__ import annotations

import copy
import gzip
import json
import random
import re
from dataclasses import dataclass
from typing import Any

from wire_seeds import Request, encoded, numbered, text_of


@dataclass(frozen=True)
class Raw:
    """What is written to a socket. `is_framed`: its length is what it says, so that the connection can carry another one."""

    data: bytes
    kind: str
    is_framed: bool = True


Maker = random.Random

# Texts that stand in place of a value, as JSON: beyond doubles, too deep, repaired, refused or just odd.
ODD = [
    b"1e400", b"-1e400", b"1e-400", b"-0", b"9" * 400, b"0." + b"1" * 5000, b"NaN", b"Infinity", b"01", b"1.", b"+1", b"null", b"true",
    b'""', b'" "', b'"\\u0000"', b'"a\\u0000b"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\ud83d\\ude00"', b'"\x00"', b'"\xff\xfe"',
    b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe2\x82"', b'"\\x41"', b'"\t"', b'"\x7f"', b'"\xef\xbb\xbf"',
    b'"\xe2\x80\xae"', b"[]", b"{}", b"[null]", b'{"":""}', b'{"a":1,"a":2}', b'"[object Object]"', b'"2026-02-30T25:61:61Z"',
    b'"-9999-01-01T00:00:00Z"', b'"99999-01-01T00:00:00Z"', b'"0001-01-01"', b"-9223372036854775808", b"9223372036854775808",
    b"18446744073709551616", b"1e308", b"4.9e-324", b"[" * 31 + b"]" * 31, b"[" * 40 + b"]" * 40, b"[" * 3000 + b"]" * 3000,
    b'{"a":' * 33 + b"1" + b"}" * 33, b'{"a":' * 3000 + b"1" + b"}" * 3000, b'"' + b"x" * 513 + b'"', b'"' + b"y" * 40_000 + b'"',
    b'{"' + b"k" * 300 + b'":1}', b'"' + "ä".encode() * 300 + b'"', b"[" + b"1," * 5000 + b"1]",
    b"{" + b",".join(b'"t%d":1' % number for number in range(400)) + b"}", b'"%s%n%n"', b"\"'; drop table event_log; --\"", b"undefined",
]
_MARK = "\u2063mark\u2063"


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of each value inside."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for key, inner in items for found in _places(inner, (*path, key))]


def odd_value(body: Any, rng: Maker) -> bytes:
    """One value is replaced by an odd one, or its key by an odd key, or it is left out."""
    body = copy.deepcopy(body)
    *way, last = rng.choice(_places(body))
    parent = body
    for key in way:
        parent = parent[key]
    choice = rng.random()
    if choice < 0.1:
        del parent[last]
        return text_of(body)
    if choice < 0.15 and isinstance(parent, dict):
        name = rng.choice(["", "k" * 257, "a\u0000b", "__proto__", "$set", "ключ", "writeKey", "batch", "type"])
        parent[name] = parent.pop(last)
        return text_of(body)
    parent[last] = _MARK
    return text_of(body).replace(json.dumps(_MARK, ensure_ascii=False).encode(), rng.choice(ODD))


def odd_bytes(data: bytes, rng: Maker) -> bytes:
    """One to four places are flipped, filled, doubled or taken out."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(5):
            case 0 if at < len(changed):
                changed[at] ^= 1 << rng.randrange(8)
            case 1:
                changed[at:at] = rng.choice([b"\x00", b"\xff", b"\r\n", b"\n", b'"', b"}", b"{", b"[", b"\\", b",", b":", b"  ", b"\x80"])
            case 2:
                del changed[at : at + rng.randint(1, 20)]
            case 3:
                changed[at:at] = changed[at : at + rng.randint(1, 60)]
            case _:
                changed[at:at] = rng.randbytes(rng.randint(1, 8))
    return bytes(changed)


def _json(request: Request, rng: Maker) -> Raw:
    head, body = encoded(request, odd_value(request.json, rng))
    return Raw(head + body, "odd value")


def _text(request: Request, rng: Maker) -> Raw:
    head, body = encoded(request, odd_bytes(text_of(request.json), rng))
    return Raw(head + body, "bytes of the JSON")


def _short_text(request: Request, rng: Maker) -> Raw:
    text = text_of(request.json)
    head, body = encoded(request, text[: rng.randrange(len(text))])
    return Raw(head + body, "JSON cut short")


def _head_bytes(request: Request, rng: Maker) -> Raw:
    head, body = encoded(request, text_of(request.json))
    return Raw(odd_bytes(head, rng) + body, "bytes of the head", is_framed=False)


def _cut(request: Request, rng: Maker) -> Raw:
    data = b"".join(encoded(request, text_of(request.json)))
    return Raw(data[: rng.randrange(len(data))], "request cut", is_framed=False)


def _length(request: Request, rng: Maker) -> Raw:
    """A Content-Length that lies, twice, or beside chunks."""
    head, body = encoded(request, text_of(request.json))
    size = len(body)
    lies = [
        str(size - rng.randint(1, max(1, size))), str(size + rng.randint(1, 500)), "-1", "0", "", "abc", "0x10", f"+{size}",
        f"{size} ", f"{size}, {size}",
        "4194305", "9223372036854775807", "9223372036854775808", "1" * 400, f"{size}.0", f"{size}\x00",
    ]
    lie = rng.choice(lies)
    if b"Content-Length" in head and rng.random() < 0.7:
        head = re.sub(rb"Content-Length: \d+", lambda _: f"Content-Length: {lie}".encode(), head)
    else:
        head = head.replace(b"\r\n\r\n", f"\r\nContent-Length: {lie}\r\n\r\n".encode())
    return Raw(head + body, "length that lies", is_framed=False)


def _headers(request: Request, rng: Maker) -> Raw:
    """Headers twice, odd ones, too many, too long; an odd query or path."""
    odd = [
        ("Authorization", "Basic"), ("Authorization", "Basic !!!"), ("Authorization", "Digest x"),
        ("Authorization", "Bearer " + "x" * 5000),
        ("Content-Type", "application/xml"), ("Content-Type", ""), ("Content-Type", "application/json; charset=utf-16"),
        ("Content-Encoding", "br"), ("Content-Encoding", "gzip"), ("Content-Encoding", "gzip, gzip"), ("Host", ""), ("Host", "a b"),
        ("Transfer-Encoding", "gzip, chunked"), ("Transfer-Encoding", "identity"), ("Connection", "close"), ("Connection", "upgrade"),
        ("Upgrade", "h2c"), ("Expect", "100-continue"), ("Expect", "200-ok"), ("SentAt", "never"), ("X-Retry-Count", "-9" * 50),
        ("X-Forwarded-For", "1, ::1%eth0, '"), ("Origin", "null"), ("Origin", "\x01"), ("Idempotency-Key", "k" * 300),
        ("X-Long", "v" * 20_000),
        ("X-\u00e4", "1"), ("X Y", "1"), ("", "1"), ("Range", "bytes=0-1"), ("If-Match", "*"),
        ("Trailer", "Content-Length"), ("Cookie", "=;=;"),
    ]
    match rng.randrange(5):
        case 0 | 1:
            request = request.with_headers(*rng.sample(odd, rng.randint(1, 3)))
        case 2 if request.headers:
            request = request.with_headers(*[rng.choice(request.headers)] * rng.randint(1, 3))
        case 3:
            request = request.with_headers(*[(f"X-{number}", "v") for number in range(rng.choice([90, 200, 2000]))])
        case _:
            tail = rng.choice([
                "%", "%zz", "?%00", "?a=%ff", "/../..", "//", "?writeKey=other", "?" + "q=1&" * 500, "#x", "\u00e4", "?data=%%%", ";a=b",
            ])
            request = Request(
                rng.choice([request.method, "GET", "PUT", "DELETE", "TRACE", "BREW"]), request.target + tail, request.headers, request.json,
                request.is_gzip, request.is_chunked)
    head, body = encoded(request, text_of(request.json))
    return Raw(head + body, "headers, path, query", is_framed=False)


def _chunks(request: Request, rng: Maker) -> Raw:
    """Chunks of odd sizes, with lies, or cut."""
    plain = Request(request.method, request.target, request.headers, request.json, request.is_gzip, is_chunked=True)
    head, body = encoded(plain, text_of(request.json), chunk=rng.choice([1, 7, 300, 100_000]))
    match rng.randrange(5):
        case 0:
            return Raw(head + body, "chunks", is_framed=True)
        case 1:
            body = body[: rng.randrange(len(body))]
        case 2:
            sizes = [b"ffffffffffffffff", b"-1", b"", b"zz", b"7fffffff", b"0", b"1;x=" + b"y" * 20_000]
            body = re.sub(rb"^[0-9a-f]+", rng.choice(sizes), body)
        case 3:
            body = body.replace(b"\r\n", b"\n", rng.randint(1, 3))
        case _:
            body = odd_bytes(body, rng)
    return Raw(head + body, "chunks that lie", is_framed=False)


def _gzip(request: Request, rng: Maker) -> Raw:
    """gzip that is damaged, doubled, cut, followed by something, or a bomb."""
    text = text_of(request.json)
    packed = gzip.compress(text, mtime=0)
    body = rng.choice([
        lambda: odd_bytes(packed, rng), lambda: packed[: rng.randrange(len(packed))], lambda: gzip.compress(packed),
        lambda: packed + b"rest",
        lambda: packed + packed, lambda: packed[:-4] + b"\x00\x00\x00\x00", lambda: text, lambda: b"",
        lambda: gzip.compress(b" " * (5 << 20)), lambda: gzip.compress(text + b" " * 60_000)])()
    plain = Request(request.method, request.target, tuple(header for header in request.headers if header[0] != "Content-Encoding"))
    head, _ = encoded(plain.with_headers(("Content-Encoding", "gzip")), body)
    return Raw(head + body, "gzip that is damaged")


def _several(request: Request, rng: Maker) -> Raw:
    """Pipelined: a whole one, then another that is not right."""
    whole = b"".join(encoded(request, text_of(request.json)))
    other = rng.choice([_head_bytes, _cut, _length, _json if request.json is not None else _headers])(request, rng)
    return Raw(whole + other.data, "two in one piece", is_framed=False)


_OF_BODIES = [_json, _json, _json, _text, _text, _short_text, _gzip, _chunks]
_OF_ALL = [_head_bytes, _cut, _length, _headers, _headers, _several]


def mutated(seeds: list[Request], seed: int, number: int) -> Raw:
    """The request of that number: the same for the same seed, whatever ran before."""
    rng = random.Random(f"{seed}-{number}")
    request = numbered(rng.choice(seeds), number)
    makers = _OF_BODIES + _OF_ALL if request.json is not None else _OF_ALL
    return rng.choice(makers)(request, rng)
