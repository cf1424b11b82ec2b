"""Mutated requests on the ingest paths: each is answered or its connection closed in order, nothing fails inside, no answer has
an undocumented code, and the valid events in between are stored as they were sent.

FUZZ_SEED, FUZZ_REQUESTS    the seed (17) and how many requests (2,000; 100,000 in the long form)
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from server import ROOT, Server, Tenant, resident_mb
from wire_client import Tally, send_all
from wire_mutations import mutated
from wire_seeds import seeds

FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
SEED = int(os.environ.get("FUZZ_SEED", "17"))
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "100000" if FULL else "2000"))
CONTROLS = 20
CODES_PAGE = ROOT / "docs/ingest-codes.md"
Figures = Callable[[str, Any], None]


def documented() -> set[tuple[int, str]]:
    """(status, code) of each row of the page."""
    rows = re.findall(r"^\| (\d{3}) \| `([a-z_]+)` \|", CODES_PAGE.read_text(), re.M)
    return {(int(status), code) for status, code in rows}


def control(number: int) -> dict[str, Any]:
    return {
        "messageId": f"control-{number}", "userId": f"control-u{number}", "event": f"Control {number}",
        "timestamp": f"2026-05-{number + 1:02}T10:00:00Z",
        "properties": {
            "number": number, "text": f"Größe {number} \u2028 \U0001f600", "price": number + 0.25,
            "list": [1, None, {"a": True}], "empty": "",
        },
    }


def is_stored_as_sent(tenant: Tenant, number: int) -> bool:
    sent = control(number)
    rows = tenant.server.sql(
        "select e.event, e.properties, to_char(e.ts at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), p.user_id"
        " from events e left join profiles p using (profile_id) where e.message_id = %s", [sent["messageId"]], tenant.schema)
    return rows == [(sent["event"], sent["properties"], sent["timestamp"], sent["userId"])]


@pytest.mark.timeout(3600)
def test_mutated_requests_harm_nobody(own_tandem: Server, figures: Figures) -> None:
    tenant = own_tandem.tenant("fuzz")
    own_tandem.cli("source", "create", "payments", "--kind", "webhook", "--tenant", tenant.slug)
    webhook = own_tandem.cli("key", "create", "--kind", "write", "--source", "payments", "--tenant", tenant.slug)["key"]
    start = seeds(tenant.write_key, webhook)
    host, port = own_tandem.base_url.removeprefix("http://").split(":")
    tally = Tally()
    part = REQUESTS // CONTROLS
    memory = []
    for number in range(CONTROLS):
        send_all(host, int(port), range(number * part, (number + 1) * part), lambda at: mutated(start, SEED, at), tally)
        answer = tenant.ingest("track", control(number))
        assert (answer.status_code, answer.json()) == (200, {"success": True, "accepted": 1, "duplicates": 0})
        memory.append(resident_mb(own_tandem.pid))
    stored = sum(is_stored_as_sent(tenant, number) for number in range(CONTROLS))
    # The first fifth warms up.
    before, after = memory[CONTROLS // 5], memory[-1]
    figures("mutated requests", tally.requests)
    figures("seed", SEED)
    figures("answers by status", json.dumps({status: count for status, count in sorted(tally.answers.items())}))
    figures("closed in order without an answer", json.dumps(dict(tally.closed)))
    figures("requests on a connection that had served before", tally.reused)
    figures("reset, hung, answered in no HTTP, or 5xx", len(tally.faults))
    figures("control events stored and equal", f"{stored} of {CONTROLS}")
    figures("memory of the server after the first fifth, MB", round(before))
    figures("memory of the server at the end, MB", round(after))
    for (status, code), count in sorted(tally.codes.items()):
        figures(f"{status} {code}", count)
    assert tally.faults == [], tally.faults[:20]
    assert set(tally.codes) - documented() == set(), f"not in {CODES_PAGE}"
    assert stored == CONTROLS
    assert after <= before * 1.1 + (0 if FULL else 64), memory
    # Nothing was written as an error of the server's own.
    errors = [line for line in own_tandem.log_tail(100_000).splitlines() if '"level":"error"' in line or "request failed" in line]
    assert errors == []


def test_every_code_of_an_event_and_a_body_is_documented() -> None:
    codes = {code for _, code in documented()}
    folder = ROOT / "Sources/Tandem/Ingestion"
    events = re.findall(r'case \w+ = "([a-z_]+)"', (folder / "MessageError.swift").read_text())
    bodies = re.findall(r'case \.\w+: "([a-z_]+)"$', (folder / "BodyError.swift").read_text(), re.M)
    assert len(events) > 25 and len(bodies) >= 5
    # The body is inflated before it is a batch: `invalid_encoding` is what a request hears.
    assert [code for code in events + bodies if code not in codes | {"invalid_gzip"}] == []


PATHS = (
    r"^/(v1/(track|identify|page|screen|group|alias|batch|import|[tipsgabm])|beacon/v1/batch|v1/pixel/\w+|pixel/v1/\w+"
    r"|(v1/)?projects/\{writeKey\}/settings|sourceConfig)$"
)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_schemathesis_finds_nothing(own_tandem: Server, figures: Figures, tmp_path: pathlib.Path) -> None:
    program = ROOT / ".venv-fuzz/bin/schemathesis"
    assert program.exists(), "scripts/python fuzz"
    tenant = own_tandem.tenant("schemathesis")
    result = subprocess.run(
        [str(program), "run", own_tandem.base_url + "/openapi.json", "--include-path-regex", PATHS, "--auth", f"{tenant.write_key}:",
         "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,unsupported_method",
         "--max-examples", "200", "--seed", str(SEED), "--no-color"],
        cwd=tmp_path, capture_output=True, text=True, timeout=3000)
    print(result.stdout[-5000:], result.stderr[-2000:])
    assert result.returncode == 0
    figures("schemathesis", " ".join(result.stdout.strip().splitlines()[-1].strip("= ").split()))
