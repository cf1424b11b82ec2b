"""Short requests are answered in their connection's pipeline, others by a task: the same request answers the same both ways."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
import requests

from server import Tenant

# A query sends a request the long way.
WAYS = {"short": "", "long": "?way=long"}

BODIES: dict[str, tuple[str, Any]] = {
    "track": ("track", {"userId": "u", "event": "E", "properties": {"n": 1}}),
    "identify": ("identify", {"userId": "u", "traits": {"plan": "pro"}}),
    "batch": ("batch", {"batch": [{"type": "track", "userId": "u", "event": "E"}, {"type": "track", "userId": "u"}]}),
    "no person": ("track", {"event": "E"}),
    "no event": ("track", {"userId": "u"}),
    "no object": ("track", [1]),
    "empty batch": ("batch", {"batch": []}),
    "key in the body": ("track", {"userId": "u", "event": "E", "writeKey": "$key"}),
    "another key in the body": ("track", {"userId": "u", "event": "E", "writeKey": "nobody's"}),
}


def send(tenant: Tenant, way: str, path: str, body: Any, key: str | None = None, **headers: str) -> requests.Response:
    """The second of two equal requests of a connection, whose key is remembered."""
    with requests.Session() as session:
        session.auth = (key or tenant.write_key, "")
        url = f"{tenant.server.base_url}/v1/{path}{WAYS[way]}"
        session.post(url, json={"userId": "warm", "event": "E"}, timeout=30)
        return session.post(url, json=body, headers=headers, timeout=30)


def seen(answer: requests.Response) -> tuple[int, Any, dict[str, str]]:
    """What has to be equal: all but the request's own id and the time."""
    body = answer.json()
    body.pop("request_id", None)
    for item in body.get("rejected", []):
        item.pop("messageId", None)
    own = {"request-id", "date", "ratelimit"}
    return answer.status_code, body, {name.lower(): value for name, value in answer.headers.items() if name.lower() not in own}


@pytest.mark.parametrize("case", BODIES)
def test_both_ways_answer_the_same(tenant: Tenant, case: str) -> None:
    path, body = BODIES[case]
    if isinstance(body, dict) and body.get("writeKey") == "$key":
        body = body | {"writeKey": tenant.write_key}
    short, long = (seen(send(tenant, way, path, body)) for way in WAYS)
    assert short == long
    assert "x-content-type-options" in short[2]


@pytest.mark.parametrize("way", WAYS)
def test_a_duplicate_is_told(tenant: Tenant, way: str) -> None:
    message = {"userId": "u", "event": "E", "messageId": str(uuid.uuid4())}
    answers = [send(tenant, way, "track", message).json() for _ in range(2)]
    assert answers == [{"success": True, "accepted": 1, "duplicates": 0}, {"success": True, "accepted": 0, "duplicates": 1}]


@pytest.mark.parametrize("way", WAYS)
def test_the_time_of_sending_in_a_header_counts(tenant: Tenant, way: str) -> None:
    """A browser's clock that is an hour behind is corrected by it."""
    message = str(uuid.uuid4())
    server = tenant.server
    name = f"app-{way}"
    server.cli("source", "create", name, "--kind", "mobile", "--tenant", tenant.slug)
    key = server.cli("key", "create", "--kind", "write", "--source", name, "--tenant", tenant.slug)["key"]
    body = {"userId": "u", "event": "E", "messageId": message, "originalTimestamp": "2020-01-01T00:00:00Z"}
    assert send(tenant, way, "track", body, key=key, SentAt="2020-01-01T00:00:00Z").status_code == 200
    [(age,)] = server.sql(
        "select extract(epoch from received_at - ts) from event_log where message_id = %s", [message], tenant.schema)
    assert abs(age) < 5


@pytest.mark.parametrize("way", WAYS)
def test_a_revoked_key_is_refused_within_five_seconds(tenant: Tenant, way: str) -> None:
    made = tenant.server.cli("key", "create", "--kind", "secret", "--tenant", tenant.slug)
    event = {"userId": "u", "event": "E"}
    with requests.Session() as session:
        session.auth = (made["key"], "")
        url = f"{tenant.server.base_url}/v1/track{WAYS[way]}"
        assert session.post(url, json=event, timeout=30).status_code == 200
        tenant.server.cli("key", "revoke", made["id"])
        end = time.monotonic() + 5
        while session.post(url, json=event, timeout=30).status_code == 200 and time.monotonic() < end:
            time.sleep(0.1)
        assert session.post(url, json=event, timeout=30).status_code == 401
