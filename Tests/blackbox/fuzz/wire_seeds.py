"""Valid requests of every ingest path and form, as the vendors' SDKs send them: what the mutations begin with."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass, field, replace
from typing import Any

TYPES = ["track", "identify", "page", "screen", "group", "alias"]
JSON_TYPE = ("Content-Type", "application/json")


@dataclass(frozen=True)
class Request:
    """A request in parts; `encoded` makes its bytes. `json` is the body before it is compressed or cut into chunks."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    json: Any = None
    is_gzip: bool = False
    is_chunked: bool = False
    name: str = field(default="", compare=False)

    def with_headers(self, *headers: tuple[str, str]) -> "Request":
        return replace(self, headers=self.headers + headers)


def message(kind: str, number: int) -> dict[str, Any]:
    """One call with all that SDKs put into it; its ids belong to the fuzz alone."""
    person = number % 5000
    user = f"fuzz-u{person}"
    common: dict[str, Any] = {
        "type": kind, "messageId": f"fuzz-{number}", "userId": user, "anonymousId": f"fuzz-a{person}",
        "timestamp": "2026-03-01T12:00:00.000Z", "sentAt": "2026-03-01T12:00:01.000Z", "integrations": {"All": True},
        "context": {
            "library": {"name": "analytics-python", "version": "2.4.0"}, "locale": "de-AT", "timezone": "Europe/Vienna",
            "page": {"path": "/pricing", "url": "https://acme.example/pricing?q=1", "title": "Preise"},
            "campaign": {"name": "spring", "source": "news"}, "sessionId": 1772366400,
            "device": {"id": "d-1", "advertisingId": "ad-1"}, "consent": {"categoryPreferences": {"ads": False}},
            "externalIds": [{"id": "x-1", "type": "crm_id", "collection": "users", "encoding": "none"}],
        },
    }
    own: dict[str, dict[str, Any]] = {
        "track": {"event": "Order Placed", "properties": {"total": 17.5, "items": [{"sku": "ä-1", "n": 2}], "gift": None}},
        "identify": {"traits": {"email": f"{user}@acme.example", "plan": "pro", "age": 41, "address": {"city": "Graz"}}},
        "page": {"name": "Pricing", "category": "Docs", "properties": {"path": "/pricing"}},
        "screen": {"name": "Home", "properties": {}},
        "group": {"groupId": f"fuzz-g{number % 50}", "traits": {"name": "Acme", "employees": 120, "domain": "acme.example"}},
        "alias": {"previousId": f"fuzz-old{person}"},
    }
    return {**common, **own[kind]}


def seeds(write_key: str, webhook_key: str) -> list[Request]:
    """One of each path and form. A seed's message ids are given by `numbered`."""
    basic = ("Authorization", "Basic " + base64.b64encode(f"{write_key}:".encode()).decode())
    found: list[Request] = []

    def add(name: str, target: str, json: Any, *headers: tuple[str, str], **form: Any) -> None:
        found.append(Request("POST", target, headers, json, name=name, **form))

    for kind in TYPES:
        for path in (kind, kind[0]):
            add(f"one {kind}", f"/v1/{path}", message(kind, 0), basic, JSON_TYPE)
    batch = {"batch": [message(kind, 0) for kind in TYPES], "context": {"ip": "192.0.2.1"}, "sentAt": "2026-03-01T12:00:02Z"}
    for path in ("batch", "b", "import"):
        add("batch", f"/v1/{path}", batch, basic, JSON_TYPE)
    add("batch with gzip", "/v1/batch", batch, basic, JSON_TYPE, ("Content-Encoding", "gzip"), is_gzip=True)
    add("batch in chunks", "/v1/batch", batch, basic, JSON_TYPE, is_chunked=True)
    add("gzip in chunks", "/v1/batch", batch, basic, JSON_TYPE, ("Content-Encoding", "gzip"), is_gzip=True, is_chunked=True)
    add("key in the body", "/v1/b", {**batch, "writeKey": write_key}, ("Content-Type", "text/plain"))
    add("vendor's bearer", "/v1/batch", {**batch, "writeKey": write_key}, ("Authorization", "Bearer oauth"), JSON_TYPE)
    add("beacon", f"/beacon/v1/batch?writeKey={write_key}", batch, ("Content-Type", "text/plain;charset=UTF-8"))
    add("from a page", "/v1/t", message("track", 0), basic, JSON_TYPE, ("Origin", "https://acme.example"),
        ("AnonymousId", "Zm9v"), ("SentAt", "2026-03-01T12:00:02.000Z"), ("X-Retry-Count", "2"))
    add("own counters", "/v1/m", {"series": [{"type": "Counter", "metric": "m", "value": 1, "tags": {}}]}, basic, JSON_TYPE)
    add("webhook", f"/v1/webhooks/{webhook_key}", {"id": "evt_1", "type": "customer.created", "created": 1772366400,
        "data": {"object": {"id": "cus_1", "email": "fuzz@acme.example"}}}, JSON_TYPE)
    data = base64.b64encode(json.dumps({**message("track", 0), "writeKey": write_key}).encode()).decode()
    gets = [
        f"/v1/pixel/track?data={data}",
        f"/v1/pixel/page?writeKey={write_key}&userId=fuzz-u1&name=Mail&properties.mail=spring%20sale",
        f"/pixel/v1/track?writeKey={write_key}&anonymousId=fuzz-a1&event=Mail+Opened",
        f"/v1/projects/{write_key}/settings",
        f"/sourceConfig/?p=npm&v=3&writeKey={write_key}",
    ]
    found += [Request("GET", target, (("Accept", "*/*"),), name="get") for target in gets]
    found.append(Request("OPTIONS", "/v1/batch", (
        ("Origin", "https://acme.example"), ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization,content-type")), name="preflight"))
    return found


def numbered(request: Request, number: int) -> Request:
    """The same with the messages of that number."""
    body = request.json
    if not isinstance(body, dict):
        return request
    if "batch" in body:
        fresh = [{**message(item["type"], number), "messageId": f"fuzz-{number}-{place}"} for place, item in enumerate(body["batch"])]
        return replace(request, json={**body, "batch": fresh})
    if "messageId" in body:
        return replace(request, json=message(body["type"], number))
    return request


def text_of(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body, ensure_ascii=False).encode()


def encoded(request: Request, body: bytes, chunk: int = 300) -> tuple[bytes, bytes]:
    """(head, body) as bytes; `body` is compressed and cut into chunks as the request says."""
    if request.is_gzip:
        body = gzip.compress(body, mtime=0)
    headers = [("Host", "tandem.example"), ("User-Agent", "fuzz"), *request.headers]
    if request.is_chunked:
        headers.append(("Transfer-Encoding", "chunked"))
        pieces = [body[start : start + chunk] for start in range(0, len(body), chunk)] + [b""]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    elif request.method == "POST":
        headers.append(("Content-Length", str(len(body))))
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode(), body
