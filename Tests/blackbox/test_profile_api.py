"""The paths of Segment's Profile API, as a client that was written against it calls them: Basic with the access token."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from server import Tenant

pytestmark = pytest.mark.quick


@pytest.fixture()
def person(tenant: Tenant) -> str:
    traits = {f"t{number:02}": number for number in range(12)} | {"email": "Buyer-17@acme.example"}
    tenant.ingest("identify", {"userId": "u17", "anonymousId": "a17", "traits": traits, "messageId": "m0"})
    tenant.ingest("group", {"userId": "u17", "groupId": "g1", "traits": {"name": "Acme"}})
    for number in range(3):
        tenant.ingest("track", {
            "userId": "u17", "event": f"E{number}", "messageId": f"e{number}", "properties": {"n": number},
            "timestamp": f"2026-01-0{number + 1}T00:00:00Z"})
    return f"/v1/spaces/{tenant.slug}/collections/users/profiles/user_id:u17"


def get(tenant: Tenant, path: str, **query: Any) -> Any:
    answer = requests.get(tenant.server.base_url + path, params=query, auth=(tenant.secret_key, ""), timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_traits_come_in_pages_and_by_name(tenant: Tenant, person: str) -> None:
    first = get(tenant, f"{person}/traits")
    assert len(first["traits"]) == 10
    assert (first["cursor"]["has_more"], first["cursor"]["limit"]) == (True, 10)
    second = get(tenant, f"{person}/traits", next=first["cursor"]["next"])
    assert (second["cursor"]["has_more"], second["cursor"]["next"]) == (False, "")
    assert set(first["traits"]) | set(second["traits"]) == {f"t{number:02}" for number in range(12)} | {"email"}
    assert get(tenant, f"{person}/traits", limit=200)["cursor"]["has_more"] is False
    assert get(tenant, f"{person}/traits", include="t03,email,none")["traits"] == {"t03": 3, "email": "Buyer-17@acme.example"}


def test_identifiers_links_and_metadata(tenant: Tenant, person: str) -> None:
    ids = get(tenant, f"{person}/external_ids")["data"]
    assert {(item["type"], item["id"]) for item in ids} == {
        ("user_id", "u17"), ("anonymous_id", "a17"), ("email", "buyer-17@acme.example")}
    assert {(item["collection"], item["encoding"]) for item in ids} == {("users", "none")}
    (link,) = get(tenant, f"{person}/links")["data"]
    assert (link["to_collection"], link["external_ids"][0]["id"]) == ("accounts", "g1")
    assert get(tenant, f"{person}/metadata")["metadata"]["created_at"].startswith("20")


def test_events_come_newest_first(tenant: Tenant, person: str) -> None:
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = get(tenant, f"{person}/events", **query)
        seen += [item["message_id"] for item in page["data"]]
        if not page["cursor"]["has_more"]:
            break
        query["next"] = page["cursor"]["next"]
    assert [item for item in seen if item.startswith("e")] == ["e2", "e1", "e0"]
    assert seen[-1] == "e0"
    event = next(item for item in get(tenant, f"{person}/events")["data"] if item["message_id"] == "e2")
    assert (event["type"], event["event"], event["properties"]) == ("track", "E2", {"n": 2})


def test_a_person_has_many_names_and_a_space_one_owner(tenant: Tenant, person: str) -> None:
    by_mail = f"/v1/spaces/{tenant.id}/collections/users/profiles/email:BUYER-17@acme.example/traits"
    assert get(tenant, by_mail, include="t01")["traits"] == {"t01": 1}
    for path, status in [
        (person.replace("u17", "nobody"), 404), (person.replace(tenant.slug, "another"), 404), (person.replace("user_id:", ""), 400),
    ]:
        assert tenant.get(f"{path}/traits").status_code == status, path
    assert tenant.get(f"{person}/traits?next=none").json()["code"] == "invalid_cursor"
    assert requests.get(tenant.server.base_url + f"{person}/traits", auth=(tenant.write_key, ""), timeout=30).status_code == 403
