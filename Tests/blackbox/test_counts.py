"""Every event is accounted for: the counts by source, key and hour agree with what senders were told and with what lies in the
tables, and a source that sends many duplicates is seen."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import requests

from server import CommandFailed, Server, Tenant, wait_until
from test_quarantine import disable, enable, finished

COUNTS = ["received", "accepted", "duplicates", "quarantined", "rejected", "recovered"]


def counts(stats: dict[str, Any]) -> list[int]:
    return [stats[name] for name in COUNTS]


def agree(server: Server, tenant: Tenant) -> None:
    """What was counted is what lies there."""
    stored, kept = server.sql("select (select count(*) from event_log), (select count(*) from quarantine)", schema=tenant.schema)[0]
    totals = tenant.get("/v1/sources:stats").json()["totals"]
    assert totals["accepted"] + totals["recovered"] == stored
    assert totals["quarantined"] + totals["rejected"] == kept
    assert totals["received"] == totals["accepted"] + totals["duplicates"] + totals["quarantined"] + totals["rejected"]


def metrics(server: Server) -> dict[str, float]:
    key = server.cli("key", "create", "--kind", "admin")["key"]
    text = requests.get(f"{server.admin_url}/metrics", headers={"Authorization": f"Bearer {key}"}, timeout=30).text
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}


def test_counts_add_up(tandem: Server) -> None:
    tenant = tandem.tenant("counts")
    second = tandem.cli("key", "create", "--kind", "write", "--source", "web", "--tenant", "counts")
    told = dict.fromkeys(COUNTS, 0)
    for round_number in range(4):
        batch = [{"type": "track", "event": "E", "userId": f"u{n}", "messageId": f"m{round_number // 2}-{n}"} for n in range(30)]
        batch += [{"type": "track", "event": "Bad", "userId": "u", "timestamp": "never"}] * 3
        batch += [batch[0]] if round_number == 0 else []
        answer = tenant.ingest("batch", {"batch": batch}).json()
        told["rejected"] += len(answer.pop("rejected"))
        for name in ["received", "accepted", "duplicates", "quarantined"]:
            told[name] += answer[name]
    assert told["duplicates"] == 61
    assert tenant.ingest("track", {"userId": "u", "event": "Alone"}).json()["accepted"] == 1
    assert tenant.ingest("track", {"userId": "u", "event": "Bad", "timestamp": "never"}).status_code == 400
    told["received"] += 2
    told["accepted"] += 1
    told["rejected"] += 1
    first = tenant.get("/v1/sources/server/stats").json()
    assert counts(first["totals"]) == counts(told)
    assert [i["source"] for i in first["items"]] == ["server"]
    # Another key and source, in one request.
    sent = requests.post(
        f"{tandem.base_url}/v1/batch", auth=(second["key"], ""),
        json={"batch": [{"type": "page", "anonymousId": "a"}, {"type": "page", "anonymousId": "a"}]},
    ).json()
    assert sent["accepted"] == 2
    both = tenant.get("/v1/sources:stats?by=key").json()
    assert {i["source"]: i["accepted"] for i in both["items"]} == {"server": told["accepted"], "web": 2}
    assert len({i["key"] for i in both["items"]}) == 2
    web = tenant.get("/v1/sources/web/stats?by=hour").json()
    assert [i["received"] for i in web["items"]] == [2]
    assert web["items"][0]["at"].endswith(":00:00Z") or web["items"][0]["at"].endswith(":00:00.000000Z")
    agree(tandem, tenant)

    # Rolled up or not, the counts are the same, also for BI.
    wait_until(lambda: tandem.sql("select count(*) from tally", schema=tenant.schema) == [(0,)], 30)
    agree(tandem, tenant)
    assert tenant.get("/v1/sources/server/stats").json()["totals"] == first["totals"]
    seen = tandem.sql("select source, sum(received)::int, sum(rejected)::int from event_counts group by 1 order by 1", schema=tenant.schema)
    assert seen == [("server", told["received"], told["rejected"]), ("web", 2, 0)]
    assert tandem.sql("select roll_tallies()", schema=tenant.schema) == [(0,)]

    disable(tandem, tenant)
    held = tenant.ingest("batch", {"batch": [{"type": "track", "event": "Held", "userId": "u", "messageId": f"h{n}"} for n in range(7)]})
    assert held.json()["quarantined"] == 7
    enable(tandem, tenant)
    agree(tandem, tenant)
    done = finished(tenant, tenant.post("/v1/quarantine:reprocess", {"name": "Held"}))
    assert done["counts"] == {"accepted": 7}
    agree(tandem, tenant)
    totals = tenant.get("/v1/sources/server/stats").json()["totals"]
    assert totals["recovered"] == 7 and totals["quarantined"] >= 7

    shown = tandem.cli("source", "stats", "server", "--tenant", "counts")
    assert shown["totals"] == totals
    table = tandem.cli("source", "stats", "--by", "key", "--tenant", "counts", json=False)
    assert table.splitlines()[0].split() == ["SOURCE", "KEY", *(name.upper() for name in COUNTS)]
    assert table.splitlines()[-1].split()[0] == "all"
    figures = metrics(tandem)
    assert figures['ingest_events_total{outcome="accepted"}'] >= told["accepted"] + 2
    assert figures['ingest_events_total{outcome="duplicate"}'] >= told["duplicates"]
    assert figures['ingest_events_total{outcome="rejected"}'] >= told["rejected"]
    assert figures['ingest_events_total{outcome="quarantined"}'] >= 7

    now = datetime.datetime.now(datetime.timezone.utc)
    for query, message in [
        ("by=week", "by has to be"), ("from=noon", "from has to be"), ("from=2026-01-02&to=2026-01-01", "later than from"),
        ("by=hour&from=2020-01-01", "32 days"),
    ]:
        refused = tenant.get(f"/v1/sources:stats?{query}")
        assert refused.status_code == 400 and message in refused.json()["message"], refused.text
    assert tenant.get("/v1/sources/nowhere/stats").status_code == 404
    past = tenant.get("/v1/sources:stats", params={"to": (now - datetime.timedelta(hours=3)).isoformat()}).json()
    assert counts(past["totals"]) == [0] * 6
    other = tandem.tenant("counts-other")
    assert counts(other.get("/v1/sources:stats").json()["totals"]) == [0] * 6


def test_a_source_that_repeats_itself_is_seen(own_tandem: Server) -> None:
    tenant = own_tandem.tenant("repeats")
    quiet = own_tandem.tenant("quiet")

    def send(where: Tenant, count: int, ids: int) -> None:
        batch = [{"type": "track", "event": "E", "userId": "u", "messageId": f"m{n % ids}"} for n in range(count)]
        assert where.ingest("batch", {"batch": batch}).status_code == 200

    send(quiet, 100, 80)
    send(tenant, 99, 1)
    assert tenant.get("/v1/sources:stats").json()["alarms"] == []
    send(tenant, 1, 1)
    # A fifth exactly is not more than a fifth.
    assert quiet.get("/v1/sources:stats").json()["alarms"] == []
    alarm = tenant.get("/v1/sources:stats").json()["alarms"][0]
    assert (alarm["source"], alarm["code"], alarm["received"], alarm["duplicates"]) == ("server", "many_duplicates", 100, 99)
    wait_until(lambda: metrics(own_tandem)["ingest_duplicate_alarms"] == 1, 30, every_s=0.5)
    assert "a source sends many duplicates" in own_tandem.log_tail(50)
    words = own_tandem.cli("status")["alarms"]
    assert len(words) == 1 and words[0].startswith("repeats: source server: 99 % of 100 events")
    with pytest.raises(CommandFailed) as failure:
        own_tandem.cli("doctor")
    assert failure.value.code == 3 and "repeats, source server" in failure.value.output
