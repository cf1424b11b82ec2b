"""Ingest over HTTP as any client sees it: bytes, headers, answers."""

from __future__ import annotations

import concurrent.futures
import gzip
import json
import socket
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from server import Server, Tenant


def message_id() -> str:
    return str(uuid.uuid4())


def post(tenant: Tenant, path: str, body: bytes | str, **options: Any) -> requests.Response:
    data = body.encode() if isinstance(body, str) else body
    return requests.post(tenant.server.base_url + path, data=data, auth=(tenant.write_key, ""), timeout=30, **options)


def stored(tenant: Tenant, message: str) -> int:
    return tenant.server.sql("select count(*) from event_log where message_id = %s", [message], tenant.schema)[0][0]


@pytest.mark.quick
@pytest.mark.parametrize("path", ["track", "t"])
def test_an_event_is_stored_when_the_answer_came(tenant: Tenant, path: str) -> None:
    message = message_id()
    answer = tenant.ingest(path, {"userId": "u", "event": "E", "messageId": message})
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "accepted": 1, "duplicates": 0}
    assert answer.headers["Request-Id"].startswith("req_")
    assert stored(tenant, message) == 1


@pytest.mark.parametrize("path", ["identify", "i", "page", "p", "screen", "s", "group", "g", "alias", "a"])
def test_every_path_takes_its_call(tenant: Tenant, path: str) -> None:
    body = {"userId": f"u-{path}", "groupId": "g1", "previousId": f"a-{path}", "name": "N"}
    answer = tenant.ingest(path, body)
    assert answer.json() == {"success": True, "accepted": 1, "duplicates": 0}


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/plain"}, {"Content-Type": "application/json; charset=utf-8"}])
def test_a_body_is_json_whatever_it_is_called(tenant: Tenant, headers: dict[str, str]) -> None:
    assert post(tenant, "/v1/track", '{"userId":"u","event":"E"}', headers=headers).status_code == 200


def test_another_type_is_refused(tenant: Tenant) -> None:
    answer = post(tenant, "/v1/track", "<e/>", headers={"Content-Type": "application/xml"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_gzip_is_inflated(tenant: Tenant) -> None:
    message = message_id()
    body = gzip.compress(json.dumps({"userId": "u", "event": "E", "messageId": message}).encode())
    assert post(tenant, "/v1/track", body, headers={"Content-Encoding": "gzip"}).status_code == 200
    assert stored(tenant, message) == 1


def test_a_bomb_is_refused(tenant: Tenant) -> None:
    body = gzip.compress(b'{"batch":[' + b" " * (64 << 20) + b"]}")
    answer = post(tenant, "/v1/batch", body, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_large_body_is_refused_without_a_reset(tenant: Tenant) -> None:
    answer = post(tenant, "/v1/batch", b"x" * (8 << 20))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_large_event_is_refused_and_its_neighbours_are_not(tenant: Tenant) -> None:
    large = {"type": "track", "userId": "u", "event": "E", "properties": {"x": "y" * 33_000}}
    small = {"type": "track", "userId": "u", "event": "E"}
    single = tenant.ingest("track", large)
    assert (single.status_code, single.json()["code"]) == (400, "event_too_large")
    answer = tenant.ingest("batch", {"batch": [small, large, small]}).json()
    assert answer["accepted"] == 2
    assert [(r["index"], r["code"]) for r in answer["rejected"]] == [(1, "event_too_large")]


def test_a_batch_adds_up_even_when_all_is_refused(tenant: Tenant) -> None:
    answer = tenant.ingest("batch", {"batch": [{"type": "track"}, {"type": "nonsense", "userId": "u"}, 17]})
    assert answer.status_code == 200
    body = answer.json()
    assert body["received"] == 3
    assert body["received"] == body["accepted"] + body["duplicates"] + body["quarantined"] + len(body["rejected"])
    assert [r["index"] for r in body["rejected"]] == [0, 1, 2]
    listed = tenant.get("/v1/quarantine?state=rejected").json()["items"]
    assert len(listed) == 3


def test_2500_events_in_one_batch(tenant: Tenant) -> None:
    batch = [{"type": "track", "userId": f"u{n % 50}", "event": "E", "messageId": f"m{n}"} for n in range(2_501)]
    answer = tenant.ingest("batch", {"batch": batch}).json()
    assert (answer["received"], answer["accepted"]) == (2_501, 2_501)
    again = tenant.ingest("batch", {"batch": batch}).json()
    assert (again["accepted"], again["duplicates"]) == (0, 2_501)


def test_null_bytes_and_lone_surrogates_become_replacement_characters(tenant: Tenant) -> None:
    message = message_id()
    body = '{"userId":"u","event":"E","messageId":"%s","properties":{"a":"x\\u0000y","b":"\\ud800"}}' % message
    assert post(tenant, "/v1/track", body).status_code == 200
    row = tenant.server.sql(
        "select payload->'properties', flags & 4 from event_log where message_id = %s", [message], tenant.schema
    )[0]
    assert row == ({"a": "x\ufffdy", "b": "\ufffd"}, 4)


def test_one_bad_message_does_not_fail_its_neighbours_of_other_requests(tenant: Tenant) -> None:
    def send(n: int) -> int:
        bad = n % 10 == 0
        body = {"userId": f"u{n}", "event": "E", "properties": {"n": "1e999" if bad else 1}}
        text = json.dumps(body).replace('"1e999"', "1e999")
        return post(tenant, "/v1/track", text).status_code

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        codes = list(pool.map(send, range(200)))
    assert [code for n, code in enumerate(codes) if n % 10 == 0] == [400] * 20
    assert [code for n, code in enumerate(codes) if n % 10 != 0] == [200] * 180


def test_one_message_sent_many_times_at_once_is_stored_once(tenant: Tenant) -> None:
    messages = [message_id() for _ in range(20)]

    def send(message: str) -> tuple[int, int]:
        answer = tenant.ingest("track", {"userId": f"u-{message}", "event": "E", "messageId": message})
        assert answer.status_code == 200, answer.text
        return answer.json()["accepted"], answer.json()["duplicates"]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(send, [message for message in messages for _ in range(10)]))
    assert sum(accepted for accepted, _ in outcomes) == 20
    assert sum(duplicates for _, duplicates in outcomes) == 180
    assert all(stored(tenant, message) == 1 for message in messages)


def test_requests_of_one_person_keep_their_order(tenant: Tenant) -> None:
    """Pipelined on one connection they arrive in order; the last value of a trait with equal timestamps is by messageId,
    so the order is told by what each answer already shows."""
    for n in range(30):
        tenant.ingest("identify", {"userId": "ordered", "traits": {"n": n}})
        assert tenant.get("/v1/profiles/by/user_id/ordered").json()["traits"]["n"] == n


@pytest.mark.parametrize(
    ("path", "key", "code"),
    [("/v1/track", None, "missing_key"), ("/v1/track", "nonsense", "invalid_key"), ("/v1/batch", "tdm_wk_live_x", "invalid_key")],
)
def test_an_unknown_key_is_401_in_the_shape_that_sdks_stop_at(tenant: Tenant, path: str, key: str | None, code: str) -> None:
    body = {"batch": [{"type": "track", "userId": "u", "event": "E"}], "userId": "u", "event": "E"}
    answer = requests.post(tenant.server.base_url + path, json=body, auth=(key, "") if key else None, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert isinstance(answer.json()["message"], str)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_beacon_has_its_key_in_the_query(tenant: Tenant) -> None:
    message = message_id()
    body = json.dumps({"batch": [{"type": "track", "anonymousId": "a", "event": "E", "messageId": message}]})
    answer = requests.post(
        f"{tenant.server.base_url}/beacon/v1/batch?writeKey={tenant.write_key}",
        data=body, headers={"Content-Type": "text/plain"}, timeout=30,
    )
    assert answer.json()["accepted"] == 1
    assert stored(tenant, message) == 1


GIF = b"GIF89a"


def test_pixels_always_answer_an_image(tenant: Tenant) -> None:
    base = tenant.server.base_url
    message = message_id()
    answer = requests.get(
        f"{base}/v1/pixel/track",
        params={"writeKey": tenant.write_key, "anonymousId": "a", "event": "Opened", "messageId": message, "properties.mail": "m1"},
        timeout=30,
    )
    assert (answer.status_code, answer.content[:6], answer.headers["Content-Type"]) == (200, GIF, "image/gif")
    row = tenant.server.sql("select name, payload->'properties' from event_log where message_id = %s", [message], tenant.schema)
    assert row == [("Opened", {"mail": "m1"})]
    for path in ["/v1/pixel/track?writeKey=nonsense", "/pixel/v1/page", "/v1/pixel/track?data=%21"]:
        broken = requests.get(base + path, timeout=30)
        assert (broken.status_code, broken.content[:6]) == (200, GIF)


def test_sdks_in_browsers_get_their_settings(tenant: Tenant) -> None:
    base = tenant.server.base_url
    settings = requests.get(f"{base}/v1/projects/{tenant.write_key}/settings?v=2", timeout=30)
    assert settings.json()["integrations"]["Segment.io"]["apiKey"] == tenant.write_key
    config = requests.get(f"{base}/sourceConfig/", params={"writeKey": tenant.write_key, "p": "web"}, timeout=30).json()
    assert config["source"]["enabled"] is True
    assert config["source"]["destinations"] == []
    assert requests.get(f"{base}/v1/projects/nonsense/settings", timeout=30).status_code == 404
    assert requests.get(f"{base}/sourceConfig", params={"writeKey": "nonsense"}, timeout=30).status_code == 401


def test_browsers_may_send_from_anywhere_with_browser_trust(tenant: Tenant) -> None:
    origin = {"Origin": "https://shop.example"}
    preflight = requests.options(
        tenant.server.base_url + "/v1/t", timeout=30,
        headers={**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"},
    )
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    answer = post(
        tenant, "/v1/g", json.dumps({"userId": "u", "groupId": "from-a-browser", "traits": {"name": "X"}}),
        headers={**origin, "Content-Type": "text/plain"},
    )
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert tenant.get("/v1/accounts/by/group_id/from-a-browser").status_code == 404
    tenant.ingest("group", {"userId": "u", "groupId": "from-a-server", "traits": {"name": "X"}})
    assert tenant.get("/v1/accounts/by/group_id/from-a-server").status_code == 200


def raw(server: Server, text: bytes) -> bytes:
    """The whole answer to bytes on a plain socket."""
    place = urlsplit(server.base_url)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(text)
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
        return b"".join(parts)


@pytest.mark.parametrize(
    ("request_text", "status", "code"),
    [
        (b"GET /v1/accounts HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "missing_host"),
        (b"NONSENSE\r\n\r\n", 400, "malformed_request"),
        (b"GET /%ff HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", 400, "invalid_path"),
        (b"PUT /v1/track HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 405, "method_not_allowed"),
        (b"GET / HTTP/1.1\r\nHost: t\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 400, "malformed_request"),
    ],
)
def test_what_is_no_request_is_answered_in_the_same_shape(tandem: Server, request_text: bytes, status: int, code: str) -> None:
    head, _, body = raw(tandem, request_text).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert json.loads(body)["code"] == code


def test_held_until_the_tenant_is_served_again(tandem: Server) -> None:
    tenant = tandem.tenant("held")
    tandem.cli("tenant", "suspend", "held")
    deadline = 50
    while tenant.ingest("track", {"userId": "u", "event": "E"}).json().get("quarantined") != 1:
        deadline -= 1
        assert deadline > 0
        __import__("time").sleep(0.2)
    assert tenant.get("/v1/quarantine").status_code == 403
    tandem.cli("tenant", "resume", "held")


def test_a_crm_tenant_takes_no_events(tandem: Server) -> None:
    tenant = tandem.tenant("only-crm", modules="crm")
    answer = tenant.ingest("track", {"userId": "u", "event": "E"})
    assert (answer.status_code, answer.json()["code"]) == (403, "module_disabled")
    other = tandem.tenant("only-cdp", modules="cdp")
    answer = other.get("/v1/contacts")
    assert (answer.status_code, answer.json()["code"]) == (403, "module_disabled")
    assert other.get("/v1/accounts").status_code == 200
