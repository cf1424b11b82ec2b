"""The data plane as any HTTP client sees it: errors, conditions, idempotency, paging, the admin plane."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import uuid

import pytest
import requests

from server import Server, Tenant


@pytest.mark.quick
def test_a_record_round_trip_with_etags(tenant: Tenant) -> None:
    made = tenant.post("/v1/accounts", {"name": "Acme", "annual_revenue": "1200.50", "currency": "EUR"})
    assert made.status_code == 201
    account = made.json()
    assert account["annual_revenue"] == "1200.50"
    assert made.headers["Location"] == f"/v1/accounts/{account['id']}"
    same = tenant.get(made.headers["Location"], headers={"If-None-Match": made.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    changed = tenant.api("PATCH", made.headers["Location"], {"name": "Acme Inc."}, headers={"If-Match": made.headers["ETag"]})
    assert changed.status_code == 200
    stale = tenant.api("PATCH", made.headers["Location"], {"name": "No"}, headers={"If-Match": made.headers["ETag"]})
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (412, "version_mismatch", changed.json()["version"])


def test_two_writers_and_one_version(tenant: Tenant) -> None:
    made = tenant.post("/v1/accounts", {"name": "Race"})
    tag, place = made.headers["ETag"], made.headers["Location"]
    codes: list[int] = []

    def write(n: int) -> None:
        codes.append(tenant.api("PATCH", place, {"name": f"Race {n}"}, headers={"If-Match": tag}).status_code)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] + [412] * 7


def test_one_idempotency_key_makes_one_record(tenant: Tenant) -> None:
    key = str(uuid.uuid4())
    answers: list[requests.Response] = []

    def write() -> None:
        answers.append(tenant.post("/v1/accounts", {"name": "Once"}, headers={"Idempotency-Key": f'"{key}"'}))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {a.status_code for a in answers} <= {201, 409}
    again = tenant.post("/v1/accounts", {"name": "Once"}, headers={"Idempotency-Key": key})
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert {a.json()["id"] for a in answers if a.status_code == 201} == {again.json()["id"]}
    assert tenant.get("/v1/accounts?name=Once&count=exact").json()["page"]["count"] == 1


def test_pages_hold_every_record_once(tenant: Tenant) -> None:
    items = [{"op": "create", "data": {"name": f"N{n % 7}"}} for n in range(100)]
    assert {r["status"] for r in tenant.post("/v1/accounts:batch", {"items": items}).json()["results"]} == {201}
    seen: list[str] = []
    path = "/v1/accounts?sort=name&limit=9"
    after = ""
    while True:
        page = tenant.get(path + after).json()
        seen += [item["id"] for item in page["items"]]
        if not page["page"]["has_more"]:
            break
        after = "&after=" + page["page"]["next"]
    assert len(seen) == len(set(seen)) == 100


def test_a_batch_of_all_or_nothing(tenant: Tenant) -> None:
    items = [{"op": "create", "data": {"name": "Good"}}, {"op": "create", "data": {"name": ""}}]
    results = tenant.post("/v1/accounts:batch", {"mode": "all", "items": items}).json()["results"]
    assert [r["status"] for r in results] == [409, 422]
    assert tenant.get("/v1/accounts").json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/v1/accounts/acct_0", 404, "not_found"),
        ("GET", "/v1/accounts/prof_00000000000000000000000001", 404, "not_found"),
        ("DELETE", "/v1/accounts", 405, "method_not_allowed"),
        ("GET", "/v1/accounts?nothing=1", 400, "unknown_parameter"),
        ("GET", "/v1/profiles?limit=-1", 400, "invalid_parameter"),
        ("GET", "/v1/profiles?after=c_xx", 400, "invalid_cursor"),
        ("GET", "/v1/profiles/by/nonsense/1", 404, "identifier_type_not_configured"),
        ("POST", "/v1/merges", 422, "validation_failed"),
        ("POST", "/v1/accounts", 422, "validation_failed"),
    ],
)
def test_every_refusal_has_one_shape(tenant: Tenant, method: str, path: str, status: int, code: str) -> None:
    answer = tenant.api(method, path, {} if method == "POST" else None)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert body["request_id"] == answer.headers["Request-Id"]
    assert body["status"] == status and body["message"] and body["title"] and body["type"]


def test_captures_are_percent_decoded(tenant: Tenant) -> None:
    name = "a/b c?é"
    quoted = requests.utils.quote(name, safe="")
    made = tenant.api("PUT", f"/v1/accounts/by/external_id/{quoted}", {"name": "X"})
    assert made.status_code == 201
    assert made.json()["external_id"] == name
    assert tenant.get(f"/v1/accounts/by/external_id/{quoted}").json()["id"] == made.json()["id"]


def test_the_admin_plane_wants_an_admin_key(tandem: Server) -> None:
    tenant = tandem.tenant("adminless")
    path = tandem.admin_url + "/admin/v1/tenants"
    assert requests.get(path, timeout=30).status_code == 401
    assert requests.get(path, headers={"Authorization": f"Bearer {tenant.secret_key}"}, timeout=30).status_code == 403
    key = tandem.cli("key", "create", "--kind", "admin")["key"]
    headers = {"Authorization": f"Bearer {key}"}
    made = requests.post(path, json={"slug": "by-api", "modules": ["crm"]}, headers=headers, timeout=120)
    assert made.status_code == 201, made.text
    assert "by-api" in [t["slug"] for t in requests.get(path, headers=headers, timeout=30).json()["items"]]
    assert requests.get(tandem.base_url + "/admin/v1/tenants", headers=headers, timeout=30).status_code == 404
    assert "http_server_request_duration_seconds" in requests.get(tandem.admin_url + "/metrics", headers=headers, timeout=30).text
    data = requests.get(tandem.base_url + "/v1/accounts", headers=headers, timeout=30)
    assert (data.status_code, data.json()["code"]) == (403, "insufficient_scope")


def test_a_revoked_key_is_refused_within_five_seconds(tenant: Tenant) -> None:
    server = tenant.server
    made = server.cli("key", "create", "--kind", "secret", "--tenant", tenant.slug)
    key = Tenant(tenant.slug, tenant.id, tenant.schema, "", made["key"], server)
    assert key.get("/v1/accounts").status_code == 200
    server.cli("key", "revoke", made["id"])
    time.sleep(5)
    assert key.get("/v1/accounts").status_code == 401


def test_a_stop_answers_what_it_took(own_tandem: Server) -> None:
    """SIGTERM under load: no connection is reset, and what was acknowledged is stored."""
    server = own_tandem
    tenant = server.tenant("drained")
    acknowledged: list[str] = []
    failures: list[str] = []
    stopped = threading.Event()

    def load(lane: int) -> None:
        session = requests.Session()
        n = 0
        while not stopped.is_set():
            message = f"{lane}-{n}"
            n += 1
            try:
                answer = session.post(
                    server.base_url + "/v1/track", json={"userId": f"u{lane}", "event": "E", "messageId": message},
                    auth=(tenant.write_key, ""), timeout=30,
                )
            except requests.ConnectionError as error:
                if "refused" in str(error):
                    return
                failures.append(repr(error))
                return
            if answer.status_code == 200:
                acknowledged.append(message)
            if answer.headers.get("Connection") == "close":
                return

    threads = [threading.Thread(target=load, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGTERM)
    assert server.process.wait(60) == 0
    stopped.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(acknowledged) > 50
    server.start()
    stored = {row[0] for row in server.sql("select message_id from event_log", schema=tenant.schema)}
    assert set(acknowledged) <= stored


def test_the_description_is_openapi(tandem: Server) -> None:
    document = requests.get(tandem.base_url + "/openapi.json", timeout=30).json()
    assert document["openapi"].startswith("3.1")
    identifiers = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(identifiers) == len(set(identifiers))
    assert json.dumps(document).count('"x-tandem-scope"') == len(identifiers)


def test_an_address_that_the_rules_kept_out_does_not_come_in_by_a_contact(tenant: Tenant) -> None:
    rules = tenant.get("/v1/identity/rules").json()
    for identifier in rules["identifiers"]:
        if identifier["type"] == "email":
            identifier["limit"] = 1
    assert tenant.api("PUT", "/v1/identity/rules", rules).status_code == 200
    for address in ("first@acme.example", "second@acme.example"):
        sent = tenant.ingest("identify", {"userId": "u", "traits": {"email": address}})
        assert sent.status_code == 200, sent.text
    made = tenant.post("/v1/contacts", {"external_id": "c", "profile": {"type": "user_id", "value": "u"}})
    assert (made.status_code, made.json()["email"]) == (201, "second@acme.example")
    assert tenant.get("/v1/profiles/by/email/second@acme.example").status_code == 404
    changed = tenant.api("PATCH", made.headers["Location"], {"email": "third@acme.example"})
    assert changed.status_code == 200, changed.text
    assert tenant.get("/v1/profiles/by/email/third@acme.example").json()["user_id"] == "u"
