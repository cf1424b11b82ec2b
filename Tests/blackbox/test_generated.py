"""The data that benchmarks write by COPY are what ingest could have left: nothing that is derived disagrees, and what comes
over HTTP goes on from them."""

from __future__ import annotations

import sys

from server import ROOT, Server

sys.path.insert(1, str(ROOT / "Benchmarks"))

from generate import Generator  # noqa: E402


def test_generated_people_and_events_are_a_state_that_ingest_could_have_left(tandem: Server) -> None:
    tenant = tandem.tenant("generated", modules="cdp")
    generator = Generator(tandem, tenant, days=70)
    node = generator.people(0, 40)
    generator.join(node, 30, 0, 30)
    generator.join(node + 30, 10, 1, 5)
    generator.events(node, 40, 25)
    generator.settle()
    generator.vacuum()
    generator.close()

    events = [
        {"type": "track", "messageId": "live-1", "event": "Opened", "userId": "user-3", "anonymousId": "anon-3"},
        {"type": "group", "messageId": "live-2", "groupId": "group-0", "userId": "user-4", "traits": {"name": "Large"}},
        {"type": "identify", "messageId": "live-3", "userId": "user-40", "anonymousId": "anon-40", "traits": {"plan": "pro"}},
    ]
    assert tenant.ingest("batch", {"batch": events}).json()["accepted"] == 3
    ends = {"winner": {"type": "user_id", "value": "user-1"}, "loser": {"type": "anonymous_id", "value": "anon-2"}}
    merged = tenant.post("/v1/merges", {**ends, "ref": "both"})
    assert merged.status_code == 201, merged.text

    profile = tenant.get("/v1/profiles/by/user_id/user-2").json()
    timeline = tenant.get(f"/v1/profiles/{profile['id']}/timeline?limit=100").json()["items"]
    assert sum(item["kind"] == "event" for item in timeline) == 50
    assert tandem.sql("select count(*), count(distinct event_id) from event_log", schema=tenant.schema) == [(1003, 1003)]
    assert tandem.sql("select count(*) from event_log_default", schema=tenant.schema) == [(0,)]
    assert tandem.sql("select * from check_identity()", schema=tenant.schema) == []
