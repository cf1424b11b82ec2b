"""Archives of Segment and RudderStack: their messages go the way of all events, once, with the times that they had."""

from __future__ import annotations

import gzip
import json
import pathlib
import signal
import subprocess
import time
from typing import Any

import pytest

from server import BINARY, ROOT, CommandFailed, Server, Tenant, wait_until


def message(number: int, **more: Any) -> dict[str, Any]:
    """A raw message as Segment keeps it."""
    second = f"2023-04-{1 + number // 86_400 % 28:02}T{number // 3_600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    return {
        "type": "track", "event": "Order Completed", "userId": f"u{number % 50}", "anonymousId": None,
        "messageId": f"ajs-next-{number}", "timestamp": second + ".250Z", "originalTimestamp": second + ".900Z",
        "sentAt": second + ".950Z", "receivedAt": second + ".300Z", "projectId": "p1", "version": 2, "channel": "server",
        "context": {"library": {"name": "analytics.js", "version": "next-1.70.0"}}, "integrations": {},
        "properties": {"number": number}, **more,
    }


def lines(messages: list[Any]) -> bytes:
    return "".join((m if isinstance(m, str) else json.dumps(m)) + "\n" for m in messages).encode()


def run(tenant: Tenant, *arguments: str, format: str = "segment") -> dict[str, Any]:
    return tenant.server.cli("import", "events", *arguments, "--format", format, "--tenant", tenant.slug)


def counts(answer: dict[str, Any]) -> tuple[int, ...]:
    return tuple(answer["import"][name] for name in ("read", "created", "unchanged", "rejected"))


def rows(tenant: Tenant, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    return tenant.server.sql(query, parameters or None, schema=tenant.schema)


def test_a_segment_archive_keeps_its_times_and_is_stored_once(tandem: Server, tmp_path: pathlib.Path) -> None:
    tenant = tandem.tenant("arc-segment")
    file = tmp_path / "day.gz"
    # Of two members, as archives are that were appended to.
    file.write_bytes(gzip.compress(lines([message(n) for n in range(1_500)])) + gzip.compress(lines([message(1_500)])))
    first = run(tenant, str(file))
    assert counts(first) == (1_501, 1_501, 0, 0)
    assert first["import"]["state"] == "done" and first["rejects"] is None

    stored = rows(
        tenant,
        "select ts::text, received_at::text, payload ->> 'originalTimestamp', flags & 3, e.name, s.name from event_log e"
        " join source s on s.id = e.source where message_id = 'ajs-next-7'")
    assert stored == [
        ("2023-04-01 00:00:07.25+00", "2023-04-01 00:00:07.3+00", "2023-04-01T00:00:07.900Z", 0, "Order Completed", "import")
    ]
    assert rows(tenant, "select count(*) from profiles") == [(50,)]
    # In the order of the file for each person.
    for user in ["u0", "u49"]:
        numbers = [n for (n,) in rows(
            tenant,
            "select (e.payload #>> '{properties,number}')::int from event_log e join identifier i on i.node = e.node"
            " where i.type = 'user_id' and i.value = %s order by e.seq", user)]
        assert numbers == sorted(numbers) and len(numbers) >= 30

    # Known for ever: by another file with the same messages, and by the messages themselves.
    assert counts(run(tenant, str(file))) == (1_501, 0, 1_501, 0)
    plain = tmp_path / "again.json"
    plain.write_bytes(lines([message(n) for n in range(1_490, 1_510)]))
    assert counts(run(tenant, str(plain))) == (20, 9, 11, 0)
    tandem.sql("truncate dedupe_0, dedupe_1, dedupe_2", schema=tenant.schema)
    assert tenant.ingest("track", {"userId": "u0", "event": "E", "messageId": "ajs-next-7"}).json()["duplicates"] == 1
    assert rows(tenant, "select count(*) from event_log") == [(1_510,)]


def test_older_traits_do_not_overwrite_newer_ones(tandem: Server, tmp_path: pathlib.Path) -> None:
    tenant = tandem.tenant("arc-traits")
    now = {"userId": "u", "traits": {"plan": "pro", "seats": 9}, "timestamp": "2024-02-01T00:00:00Z", "messageId": "live"}
    assert tenant.ingest("identify", now).status_code == 200
    file = tmp_path / "a.jsonl"
    file.write_bytes(lines([
        message(1, type="identify", userId="u", traits={"plan": "team", "city": "Oslo", "seats": 3}, timestamp="2024-01-02T00:00:00Z",
                receivedAt=None),
        message(2, type="identify", userId="u", traits={"plan": "free", "city": "Bergen"}, timestamp="2023-01-02T00:00:00Z",
                receivedAt="2023-01-02T00:00:01Z"),
        message(3, type="identify", userId="u", traits={"seats": 11}, timestamp="2024-03-01T00:00:00Z", receivedAt=None),
    ]))
    assert counts(run(tenant, str(file))) == (3, 3, 0, 0)
    profile = tenant.get("/v1/profiles/by/user_id/u").json()
    assert profile["traits"] == {"plan": "pro", "city": "Oslo", "seats": 11}
    assert profile["first_seen_at"] == "2023-01-02T00:00:00.000000Z"


def test_the_shapes_of_rudderstack(tandem: Server, tmp_path: pathlib.Path) -> None:
    tenant = tandem.tenant("arc-rudder")
    event = {"type": "track", "event": "E", "userId": "u", "messageId": "r1", "originalTimestamp": "2023-05-01T10:00:00.000Z",
             "sentAt": "2023-05-01T10:00:05.000Z", "receivedAt": "2023-05-01T10:00:35.000Z", "request_ip": "192.0.2.1"}
    batch = [
        {k: v for k, v in {**event, "messageId": f"r{n}"}.items() if k != "receivedAt"} for n in (3, 4)
    ] + [{"type": "track", "userId": "u", "messageId": "r5"}]
    file = tmp_path / "gw.json.gz"
    file.write_bytes(gzip.compress(lines([
        event,
        {"userId": "u", "payload": {**event, "messageId": "r2", "timestamp": "2023-05-01T10:00:02.000Z"},
         "createdAt": "2023-05-01T10:00:36.000Z", "messageId": "r2"},
        {"userId": "<<>>u", "payload": {"batch": batch, "writeKey": "w", "receivedAt": "2023-05-01T10:01:05.000Z"},
         "createdAt": "2023-05-01T10:01:06.000Z", "messageId": "x"},
        {"payload": {"batch": []}}, {"payload": 1},
    ])))
    answer = run(tenant, str(file), format="rudderstack")
    assert counts(answer) == (5, 4, 0, 3)
    stored = rows(tenant, "select message_id, ts::text, received_at::text, flags & 2 from event_log order by message_id")
    # Without a corrected time it is corrected by that of the receipt there.
    assert stored == [
        ("r1", "2023-05-01 10:00:30+00", "2023-05-01 10:00:35+00", 2),
        ("r2", "2023-05-01 10:00:02+00", "2023-05-01 10:00:35+00", 0),
        ("r3", "2023-05-01 10:01:00+00", "2023-05-01 10:01:05+00", 2),
        ("r4", "2023-05-01 10:01:00+00", "2023-05-01 10:01:05+00", 2),
    ]
    rejects = [json.loads(line) for line in pathlib.Path(answer["rejects"]).read_text().splitlines()]
    assert [(r["line"], r["errors"][0]["code"], r["errors"][0].get("column")) for r in rejects] == [
        (3, "event_not_defined", "batch/2"), (4, "empty_batch", "batch"), (5, "invalid_row", "payload"),
    ]


BAD = [
    "{", "[]", "17", "", '{"type":"track"}',
    message(2, timestamp="yesterday"), message(3, timestamp=None, originalTimestamp=None, receivedAt=None, sentAt=None),
    message(4, type="wish"), message(5, messageId="m" * 101), message(6, properties={"x": "y" * 40_000}),
    message(7, timestamp="1969-01-01T00:00:00Z"), '{"type":"track","event":"\xff","userId":"u"',
]


def test_what_is_rejected_is_told_with_its_line(tandem: Server, tmp_path: pathlib.Path) -> None:
    tenant = tandem.tenant("arc-bad")
    file = tmp_path / "bad.jsonl"
    file.write_bytes(lines([message(0), *BAD, message(1, messageId=None), message(8, timestamp="2023-09-01T00:00:00Z")]))
    dry = run(tenant, str(file), "--dry-run")
    assert dry["import"]["state"] == "dry_run" and counts(dry) == (14, 3, 0, 11)
    assert rows(tenant, "select count(*) from event_log") == [(0,)]
    assert rows(tenant, "select count(*) from import") == [(0,)]
    problems = {p["code"]: (p["count"], p["lines"]) for p in dry["import"]["problems"] if p["reason"] != "the line is no JSON"}
    assert [p["lines"] for p in dry["import"]["problems"] if p["reason"] == "the line is no JSON"] == [[2, 13]]
    assert problems == {
        "invalid_row": (2, [3, 4]), "event_not_defined": (1, [6]), "invalid_timestamp": (2, [7, 8]), "unknown_type": (1, [9]),
        "message_id_too_long": (1, [10]), "event_too_large": (1, [11]), "timestamp_too_early": (1, [12]),
    }
    assert all(p["reason"] for p in dry["import"]["problems"])

    answer = run(tenant, str(file))
    assert counts(answer) == counts(dry)
    rejects = [json.loads(line) for line in pathlib.Path(answer["rejects"]).read_text().splitlines()]
    assert {r["errors"][0]["code"] for r in rejects} == set(problems) and len(rejects) == 11
    # The line as it was, to be put right.
    assert json.loads(next(r for r in rejects if r["line"] == 9)["data"])["type"] == "wish"
    # A message without an id is known by file and row; one that is far ahead of its receipt is clamped to it.
    assert counts(run(tenant, str(file))) == (14, 0, 3, 11)
    assert rows(tenant, "select ts::date::text, flags & 1 from event_log where message_id = 'ajs-next-8'") == [("2023-04-01", 1)]


def test_a_dry_run_counts_by_type_name_and_time(tandem: Server, tmp_path: pathlib.Path) -> None:
    tenant = tandem.tenant("arc-count")
    file = tmp_path / "a.jsonl"
    file.write_bytes(lines(
        [message(n) for n in range(100)] + [message(n, type="page", name="Home", event=None) for n in range(100, 130)]
        + [message(n, type="identify", traits={"a": n}) for n in range(130, 140)] + [message(0), message(1)]
    ))
    dry = run(tenant, str(file), "--dry-run")["import"]
    assert dry["types"] == {"track": 102, "page": 30, "identify": 10}
    assert dry["names"] == [{"name": "Order Completed", "count": 102}, {"name": "Home", "count": 30}]
    assert (dry["first_timestamp"], dry["last_timestamp"]) == ("2023-04-01T00:00:00.250Z", "2023-04-01T00:02:19.250Z")
    # Two messages are there twice.
    assert (dry["created"], dry["unchanged"], dry["rejected"]) == (140, 2, 0)
    assert counts(run(tenant, str(file))) == (142, 140, 2, 0)
    dry = run(tenant, str(file), "--dry-run")["import"]
    assert (dry["created"], dry["unchanged"]) == (0, 142)
    text = tandem.cli("import", "events", str(file), "--format", "segment", "--tenant", tenant.slug, "--dry-run", json=False)
    assert "track      102" in text and "2023-04-01T00:00:00.250Z" in text


def test_a_folder_a_source_and_a_rate(tandem: Server, tmp_path: pathlib.Path) -> None:
    tenant = tandem.tenant("arc-folder")
    folder = tmp_path / "segment-logs/src1"
    for day in range(3):
        place = folder / str(1_680_307_200_000 + day * 86_400_000)
        place.mkdir(parents=True)
        (place / "part.gz").write_bytes(gzip.compress(lines([message(day * 10 + n) for n in range(10)])))
    (folder / ".hidden.json").write_text("no")
    (folder / "note.txt").write_text("no")
    began = time.monotonic()
    answer = run(tenant, str(tmp_path / "segment-logs"), "--source", "web", "--rate", "10")
    assert time.monotonic() - began > 2.2
    assert answer["total"] == {"files": 3, "read": 30, "created": 30, "unchanged": 0, "rejected": 0}
    assert [i["import"]["file"] for i in answer["imports"]] == sorted(i["import"]["file"] for i in answer["imports"])
    assert rows(tenant, "select distinct s.name from event_log e join source s on s.id = e.source") == [("web",)]
    # A browser's source has no more rights for being imported.
    assert rows(tenant, "select count(*) from event_log where ts <> received_at - interval '50 ms'") == [(0,)]
    with pytest.raises(CommandFailed) as failure:
        run(tenant, str(tmp_path / "segment-logs"), "--source", "elsewhere")
    assert failure.value.code == 5


@pytest.mark.parametrize("arguments, words", [
    (["{file}"], "--map"), (["{file}", "--format", "parquet"], "segment"), (["{file}", "--format", "segment", "--rate", "0"], "rate"),
    (["nowhere.gz", "--format", "segment"], "nowhere.gz"), (["{empty}", "--format", "segment"], "no archive"),
    (["{cut}", "--format", "segment"], "ends early"), (["{damaged}", "--format", "segment"], "damaged"),
    (["{file}", "{file}", "--map", "x.yaml"], "one file"),
])
def test_what_cannot_be_imported_says_why(tandem: Server, tmp_path: pathlib.Path, arguments: list[str], words: str) -> None:
    tenant = tandem.tenant("arc-wrong")
    packed = gzip.compress(lines([message(n) for n in range(2_000)]))
    (tmp_path / "file.json").write_bytes(lines([message(0)]))
    (tmp_path / "cut.gz").write_bytes(packed[:-400])
    (tmp_path / "damaged.gz").write_bytes(packed[:2_000] + bytes(200) + packed[2_200:])
    (tmp_path / "empty").mkdir()
    places = {"file": tmp_path / "file.json", "cut": tmp_path / "cut.gz", "damaged": tmp_path / "damaged.gz", "empty": tmp_path / "empty"}
    with pytest.raises(CommandFailed) as failure:
        tandem.cli("import", "events", *[a.format(**places) for a in arguments], "--tenant", tenant.slug)
    assert failure.value.code == 64 and words in failure.value.errors, failure.value
    # Nothing of a damaged file is written.
    assert rows(tenant, "select count(*) from event_log") == [(0,)]


def test_killed_anywhere_it_goes_on(tandem: Server, tmp_path: pathlib.Path) -> None:
    tenant = tandem.tenant("arc-kill")
    file = tmp_path / "a.json.gz"
    file.write_bytes(gzip.compress(lines([message(n) for n in range(4_000)] + ["{"])))
    command = [
        str(BINARY), "import", "events", str(file), "--format", "segment", "--rate", "2000", "--tenant", tenant.slug,
        "--data-dir", str(tandem.data_dir), "-o", "json",
    ]

    def done() -> int:
        found = rows(tenant, "select read from import")
        return found[0][0] if found else 0

    for least in (500, 1_500):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wait_until(lambda: done() >= least, 60)
        process.send_signal(signal.SIGKILL)
        process.wait()
    at = done()
    assert 1_500 <= at < 4_000
    # The ledger and the events are of one transaction.
    wait_until(lambda: rows(tenant, "select count(*) from event_log") == [(done(),)], 10)
    answer = run(tenant, str(file))
    assert counts(answer) == (4_001, 4_000, 0, 1)
    assert rows(tenant, "select count(*), count(distinct message_id) from event_log") == [(4_000, 4_000)]
    assert len(tandem.cli("import", "list", "--tenant", tenant.slug)["items"]) == 1
    with pytest.raises(CommandFailed) as failure:
        tandem.cli("import", "undo", answer["import"]["id"], "--tenant", tenant.slug)
    assert failure.value.code == 6


def test_two_runs_at_once_store_everything_once(tandem: Server, tmp_path: pathlib.Path) -> None:
    tenant = tandem.tenant("arc-two")
    file = tmp_path / "a.json"
    file.write_bytes(lines([message(n) for n in range(3_000)]))
    command = [
        str(BINARY), "import", "events", str(file), "--format", "segment", "--rate", "3000", "--tenant", tenant.slug,
        "--data-dir", str(tandem.data_dir), "-o", "json",
    ]
    runs = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    ends = [(r.communicate(timeout=120), r.returncode) for r in runs]
    codes = sorted(code for _, code in ends)
    assert codes in ([0, 0], [0, 6]), ends
    assert rows(tenant, "select count(*), count(distinct message_id) from event_log") == [(3_000, 3_000)]
