"""Replay: stored events run once more through what reads them, under the rules of now, and nothing is doubled."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from typing import Any

import pytest
import requests

from server import BINARY, ROOT, CommandFailed, Server, Tenant, wait_until


def rows(tenant: Tenant, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    return tenant.server.sql(query, parameters or None, schema=tenant.schema)


def replay(tenant: Tenant, *arguments: str) -> dict[str, Any]:
    return tenant.server.cli("events", "replay", "--tenant", tenant.slug, *arguments)


def submit(tenant: Tenant, number: int, form: str = "demo") -> None:
    answer = tenant.ingest("track", {
        "anonymousId": f"a{number}", "event": "Form Submitted", "messageId": f"f{number}", "timestamp": f"2026-03-{1 + number:02}",
        "properties": {"form": form, "fields": {"email": f"buyer-{number}@acme.example", "first_name": "Role"}},
    })
    assert answer.status_code == 200, answer.text


def everything(tenant: Tenant) -> list[list[tuple[Any, ...]]]:
    """What a second replay may not change."""
    return [rows(tenant, query) for query in [
        "select node, ts, event_id, message_id, type, name, account_id, source, flags, payload::text from event_log order by 1, 2, 3",
        "select node, ts, message_id, delta::text from trait_record order by 1, 2, 3",
        "select id, traits::text, trait_ts::text from node order by 1",
        "select node, group_id, \"left\", at, message_id from membership order by 1, 2, 3",
        "select event_id, form, node, lead_id, outcome, reason from form_submission order by 1",
        "select name, submission_count, lead_count from forms order by 1",
        "select node, ts, message_id, categories::text, proof::text from consent_statement order by 1, 2, 3",
        "select id, name, version from accounts order by 1", "select id, email, version from leads order by 1",
        "select id, email, version from contacts order by 1", "select profile_id, user_id, email from profiles order by 1",
        "select type, value, node from identifier order by 1, 2",
    ]]


def test_a_form_that_makes_leads_now(tandem: Server) -> None:
    tenant = tandem.tenant("replay-forms")
    submit(tenant, 0)
    form = tandem.cli("form", "list", "--tenant", tenant.slug)["items"][0]["id"]
    tandem.cli("form", "update", form, "--set", "makes_leads=false", "--tenant", tenant.slug)
    for number in range(1, 6):
        submit(tenant, number)
    assert rows(tenant, "select outcome, reason, count(*) from form_submission group by 1, 2 order by 1") == [
        ("created", None, 1), ("none", "form_makes_none", 5),
    ]
    tandem.cli("form", "update", form, "--set", "makes_leads=true", "--tenant", tenant.slug)

    dry = replay(tenant, "--event", "Form Submitted", "--since", "2026-03-03", "--dry-run")
    assert (dry["count"], dry["dry_run"]) == (4, True)
    assert dry["items"] == [{"type": "track", "name": "Form Submitted", "count": 4}]
    assert rows(tenant, "select count(*) from operation") == [(0,)]

    done = replay(tenant, "--event", "Form Submitted", "--since", "2026-03-03")
    assert (done["state"], done["type"], done["total"], done["done"]) == ("done", "event_replay", 4, 4)
    assert done["counts"] == {"replayed": 4, "forms": 4}
    assert rows(tenant, "select outcome, count(*) from form_submission group by 1 order by 1") == [("created", 5), ("none", 1)]
    assert rows(tenant, "select submission_count, lead_count from forms") == [(6, 5)]
    assert rows(tenant, "select count(*) from event_log") == [(6,)]

    replay(tenant)
    assert rows(tenant, "select count(*) from leads") == [(6,)]
    before = everything(tenant)
    again = replay(tenant)
    assert again["counts"] == {"replayed": 6}
    assert everything(tenant) == before


def test_a_source_that_may_make_accounts_now(tandem: Server) -> None:
    tenant = tandem.tenant("replay-accounts")
    tandem.cli("source", "update", "server", "--may-create-accounts", "false", "--tenant", tenant.slug)
    wait_until(lambda: not rows(tenant, "select 1 from accounts"), 10)
    time.sleep(6)
    tenant.ingest("identify", {"userId": "u", "traits": {"email": "buyer-1@globex.example", "plan": "pro"}, "messageId": "i"})
    tenant.ingest("group", {"userId": "u", "groupId": "globex", "messageId": "g",
                            "traits": {"name": "Globex", "industry": "retail", "employees": 120}})
    tenant.ingest("track", {"userId": "u", "event": "Used", "context": {"groupId": "globex"}, "messageId": "t"})
    assert rows(tenant, "select count(*) from accounts") == [(0,)]
    assert rows(tenant, "select count(*) from event_log where account_id is not null") == [(0,)]
    tandem.cli("source", "update", "server", "--may-create-accounts", "true", "--tenant", tenant.slug)
    done = replay(tenant)
    assert done["counts"]["replayed"] == 3 and done["counts"]["linked"] >= 2, done
    assert rows(tenant, "select group_id, name, industry, employee_count from accounts") == [("globex", "Globex", "retail", 120)]
    assert rows(tenant, "select message_id from event_log where account_id is not null order by 1")[-2:] == [("g",), ("t",)]
    before = everything(tenant)
    assert replay(tenant)["counts"] == {"replayed": 3}
    assert everything(tenant) == before


def test_traits_that_were_lost_come_back_in_their_order(tandem: Server) -> None:
    tenant = tandem.tenant("replay-traits")
    for number, traits in enumerate([{"plan": "free", "city": "Oslo"}, {"plan": "pro"}, {"city": None}]):
        tenant.ingest("identify", {
            "userId": "u", "traits": traits, "messageId": f"i{number}", "timestamp": f"2026-01-0{number + 1}"})
    wanted = tenant.get("/v1/profiles/by/user_id/u").json()["traits"]
    assert wanted == {"plan": "pro"}
    tandem.sql("update node set traits = '{}', trait_ts = '{}'", schema=tenant.schema)
    assert replay(tenant, "--type", "identify")["counts"] == {"replayed": 3}
    assert tenant.get("/v1/profiles/by/user_id/u").json()["traits"] == wanted
    assert rows(tenant, "select count(*) from trait_record") == [(3,)]


def test_under_the_same_rules_nothing_changes(tandem: Server) -> None:
    tenant = tandem.tenant("replay-same")
    story = [
        {"type": "page", "anonymousId": "a1", "name": "Pricing", "context": {"campaign": {"source": "news"}}},
        {"type": "track", "anonymousId": "a1", "event": "Form Submitted", "properties": {
            "form": "demo", "fields": {"email": "buyer-1@acme.example"}, "consent": [{"purpose": "news", "given": True, "text": "Yes"}]}},
        {"type": "identify", "anonymousId": "a1", "userId": "u1", "traits": {"email": "buyer-1@acme.example", "company": {"name": "Acme"}}},
        {"type": "group", "userId": "u1", "groupId": "acme", "traits": {"name": "Acme", "industry": "software"}},
        {"type": "track", "userId": "u1", "event": "Used", "context": {"groupId": "acme"}},
        {"type": "identify", "userId": "u2", "traits": {"email": "buyer-2@acme.example", "first_name": "Role"}},
        {"type": "alias", "previousId": "u2", "userId": "u3"},
        {"type": "track", "userId": "u3", "event": "Used"},
    ]
    # With the same key from a server and from a browser, which has fewer rights, also when its events run once more.
    for number, message in enumerate(story):
        assert tenant.ingest("batch", {"batch": [message]}).json()["accepted"] == 1
        theirs = {**message, **{key: message[key] + "-web" for key in ("userId", "anonymousId", "groupId", "previousId") if key in message}}
        text = json.dumps(theirs).replace("buyer-", "web-buyer-").replace("acme.example", "globex.example")
        answer = requests.post(
            f"{tandem.base_url}/v1/batch", data='{"batch":[' + text + "]}", auth=(tenant.write_key, ""),
            headers={"Origin": "https://shop.example"}, timeout=30)
        assert answer.json()["accepted"] == 1, (number, answer.text)
    before = everything(tenant)
    done = replay(tenant)
    # An alias has done what it does.
    assert done["counts"] == {"replayed": 14, "skipped": 2}
    for was, now in zip(before, everything(tenant)):
        assert now == was


def test_over_http_with_filters(tandem: Server) -> None:
    tenant, other = tandem.tenant("replay-http"), tandem.tenant("replay-foreign")
    other.ingest("track", {"userId": "u", "event": "A"})
    batch = [{"type": "track", "userId": f"u{n % 7}", "event": "AB"[n % 2], "messageId": f"m{n}", "timestamp": f"2026-02-{1 + n % 28:02}"}
             for n in range(56)] + [{"type": "page", "name": "Home", "userId": "u1", "timestamp": "2026-02-01"}]
    assert tenant.ingest("batch", {"batch": batch}).status_code == 200
    for filter, count in [
        ({}, 57), ({"event": "A"}, 28), ({"type": "page"}, 1), ({"since": "2026-02-15"}, 28), ({"until": "2026-02-15"}, 29),
        ({"since": "2026-02-01", "until": "2026-02-02"}, 3), ({"source": "server"}, 57), ({"source": "web"}, 0), ({"source": "none"}, 0),
    ]:
        dry = tenant.post("/v1/events:replay", {**filter, "dry_run": True})
        assert dry.status_code == 200 and (dry.json()["count"], dry.json()["dry_run"]) == (count, True), (filter, dry.text)
        answer = tenant.post("/v1/events:replay", filter)
        assert answer.status_code == 202, answer.text
        place = answer.headers["Location"]
        wait_until(lambda: tenant.get(place).json()["state"] != "running", 30)
        done = tenant.get(place).json()
        assert (done["state"], done["done"], done["total"]) == ("done", count, count), (filter, done)
    assert rows(tenant, "select count(*) from event_log") == [(57,)]
    assert rows(other, "select count(*) from operation") == [(0,)]
    for wrong, pointer in [
        ({"since": "noon"}, "/since"), ({"type": "wish"}, "/type"), ({"rate": 0}, "/rate"), ({"rate": "5"}, "/rate"),
        ({"color": "red"}, "/color"), ({"dry_run": 1}, "/dry_run"), ({"event": 1}, "/event"),
    ]:
        answer = tenant.post("/v1/events:replay", wrong)
        assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer, (wrong, answer.text)
    with pytest.raises(CommandFailed) as failure:
        replay(tenant, "--until", "noon")
    assert failure.value.code == 64


def test_it_keeps_to_a_rate_and_goes_on_when_killed(tandem: Server) -> None:
    tenant = tandem.tenant("replay-killed")
    for start in range(0, 1_000, 500):
        batch = [{"type": "track", "userId": f"u{n % 90}", "event": "E", "messageId": f"m{n}"} for n in range(start, start + 500)]
        assert tenant.ingest("batch", {"batch": batch}).status_code == 200
    process = subprocess.Popen(
        [str(BINARY), "events", "replay", "--tenant", tenant.slug, "--rate", "200", "--data-dir", str(tandem.data_dir)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def operation() -> dict[str, Any]:
        items = tenant.get("/v1/operations").json()["items"]
        return items[0] if items else {"done": 0, "state": ""}

    began = time.monotonic()
    wait_until(lambda: operation()["done"] >= 200, 30)
    assert time.monotonic() - began > 0.4
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert operation()["state"] == "running" and operation()["done"] < 1_000
    # A running server goes on behind the cursor when the lease has ended, which is now; nothing is counted twice.
    ended = "update operation set leased_until = clock_timestamp() where leased_until > clock_timestamp() returning 1"
    assert rows(tenant, ended) == [(1,)]
    wait_until(lambda: operation()["state"] == "done", 90, every_s=0.5)
    assert operation()["counts"] == {"replayed": 1_000}
    assert operation()["done"] == operation()["total"] == 1_000
