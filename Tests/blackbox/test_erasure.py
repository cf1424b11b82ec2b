"""An erasure as a whole, from a person of many events to an older backup that is restored: of 500 here, of 10,000 in the long form
(`make show-identity-erase`). Its parts are tested one by one in test_privacy.py and test_backup.py.

EVENTS   how many events the person has
"""

from __future__ import annotations

import json
import os
import pathlib
import time
import uuid
from collections.abc import Callable
from typing import Any

from server import Server, Tenant, wait_until
from test_backup import now, place, restored  # noqa: F401 (fixtures)
from test_privacy import Person, dump, erase, forms, mentions, places, steady

LONG = os.environ.get("TANDEM_TEST_FULL") == "1"
EVENTS = int(os.environ.get("EVENTS", "10000" if LONG else "500"))
OWN = 4  # events that a Person sends

Figures = Callable[[str, Any], None]


def clicks(person: Person) -> list[dict[str, Any]]:
    return [
        {"type": "track", "userId": person.user, "anonymousId": person.anonymous, "event": "Click", "messageId": f"click-{number}",
         "properties": {"mail": person.email}} for number in range(EVENTS - OWN)]


def refusals(server: Server, tenant: Tenant) -> int:
    """How many events the source `server` has had refused."""
    return server.cli("source", "stats", "server", "--tenant", tenant.slug)["totals"]["rejected"]


def in_log(server: Server, person: Person) -> list[str]:
    text = server.log_path.read_text().lower()
    return [form for value in [*person.values, person.word] for form in forms(value) if form in text]


def test_an_erased_person_is_nowhere_and_stays_away(
    own_tandem: Server, place: pathlib.Path, restored: Callable[[], Server], figures: Figures  # noqa: F811
) -> None:
    tenant, other = own_tandem.tenant("acme"), own_tandem.tenant("other")
    mark = uuid.uuid4().hex[:8]
    person, same = Person(tenant, mark), Person(other, mark)
    sent = clicks(person)
    for first in range(0, len(sent), 1_000):
        assert tenant.ingest("batch", {"batch": sent[first:first + 1_000]}).json()["accepted"] == len(sent[first:first + 1_000])
    call = {"type": "call", "subject": person.word, "links": [{"object": "contact", "id": person.contact}]}
    assert tenant.post("/v1/activities", call, headers={"Idempotency-Key": f"k-{mark}"}).status_code == 201
    before = own_tandem.sql("select count(*) from quarantine", schema=tenant.internals)[0][0]
    answers = own_tandem.sql("select count(*) from idempotency", schema=tenant.internals)[0][0]
    assert before > 0 and answers > 0 and len(set(mentions(dump(own_tandem, tenant), person))) >= 6
    others = steady(dump(own_tandem, other))
    own_tandem.cli("backup", "create")
    moment = now()
    time.sleep(1.1)

    began = time.monotonic()
    receipt = erase(tenant, "email", person.email)
    figures("seconds", round(time.monotonic() - began, 2))
    figures("receipt", {key: receipt[key] for key in ("kind", "state")} | {"events": receipt["counts"]["events"]})
    for relation, rows in receipt["counts"].items():
        figures(f"receipt: {relation}", rows)
    assert receipt["counts"]["events"] == EVENTS

    assert mentions(dump(own_tandem, tenant), person) == []
    figures("values found in a dump, rejects and remembered answers among it", 0)
    assert own_tandem.sql("select count(*) from quarantine", schema=tenant.internals)[0][0] < before
    assert in_log(own_tandem, person) == []
    figures("values found in the log", 0)
    assert steady(dump(own_tandem, other)) == others
    figures("the same person of another tenant", "untouched")

    count = refusals(own_tandem, tenant)
    assert tenant.ingest("batch", {"batch": sent[:5]}).json()["rejected"][0]["code"] == "suppressed"
    wait_until(lambda: refusals(own_tandem, tenant) == count + 5, 30)
    figures("replayed events refused and counted", 5)
    assert mentions(dump(own_tandem, tenant), person) == []

    lists = own_tandem.data_dir.resolve() / "backups/suppressions" / f"{tenant.id}.json"
    wait_until(lambda: len(json.loads(lists.read_text())["entries"]) >= 4, 30, every_s=0.2)
    assert in_files([lists], person) == []
    searched_on_disk(own_tandem, person, figures)
    own_tandem.kill_postgres()
    own_tandem.kill()

    made = own_tandem.cli("backup", "restore", "--to", moment, "--target", str(place / "data"))
    assert made["suppressions"]["erased"] == 1, made
    server = restored()
    copy = Tenant(tenant.slug, tenant.id, tenant.schema, tenant.write_key, tenant.secret_key, server)
    assert mentions(dump(server, copy), person) == []
    count = refusals(server, copy)
    assert copy.ingest("batch", {"batch": sent[:5]}).json()["rejected"][0]["code"] == "suppressed"
    wait_until(lambda: refusals(server, copy) == count + 5, 30)
    figures("an older backup, restored to before the erasure", "nothing in its dump; five replayed events refused and counted")
    twin = Tenant(other.slug, other.id, other.schema, other.write_key, other.secret_key, server)
    assert len(set(mentions(dump(server, twin), same))) >= 6


def in_files(files: list[pathlib.Path], person: Person) -> list[str]:
    return [
        form for file in files for value in [*person.values, person.word] for form in forms(value) if form in file.read_text().lower()]


def searched_on_disk(server: Server, person: Person, figures: Figures) -> None:
    """After a full vacuum, and checkpoints that delete segments of the write-ahead log instead of using them again. The other tenant has
    the same values, so it is deleted first."""
    server.cli("tenant", "delete", "other", "--confirm", "other", "--grace", "0d")
    for relation, in server.sql(
        "select format('%I.%I', schemaname, relname) from pg_stat_user_tables where schemaname like 't\\_%'"
    ):
        server.sql(f"vacuum (full, analyze) {relation}")
    server.sql("vacuum (full, analyze) pg_catalog.pg_statistic")
    for statement in ["alter system set wal_recycle = off", "select pg_reload_conf()"] + ["select pg_switch_wal()", "checkpoint"] * 8:
        server.sql(statement)
    found = places(server.data_dir.resolve() / "postgres", person)
    figures("files of the data directory with one of the values, the write-ahead log among them", len(found))
    assert found == []
