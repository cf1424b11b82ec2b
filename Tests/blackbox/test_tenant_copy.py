"""One tenant of a gigabyte saved and made another, among few tenants and among many: every table has the same checksum, which SQL says here
and not the command; nothing waits to be sent; who was erased since stays so; and how many seconds a gigabyte takes.

TANDEM_COPY_EVENTS and TANDEM_COPY_CONTACTS say how much, TANDEM_COPY_TENANTS=10,500 among how many, TANDEM_COPY_ROUNDS how often."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import pathlib
import shutil
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from contacts import write
from server import ROOT, Server, Tenant, wait_until
from test_import_detect import MAP
from test_privacy import Person, erase

sys.path.insert(1, str(ROOT / "Benchmarks"))

from generate import Generator  # noqa: E402

FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
EVENTS = int(os.environ.get("TANDEM_COPY_EVENTS", "1000000" if FULL else "3000"))
CONTACTS = int(os.environ.get("TANDEM_COPY_CONTACTS", "200000" if FULL else "200"))
FEW, MANY = (int(count) for count in os.environ.get("TANDEM_COPY_TENANTS", "10,500" if FULL else "1,2").split(","))
ROUNDS = int(os.environ.get("TANDEM_COPY_ROUNDS", "3" if FULL else "1"))
EVENTS_EACH = 50
GB = 1e9
LONG_S = 3_600

#: Columns that differ between a tenant and its copy, and why. A table with no columns named differs as a whole.
DIFFERENT: dict[str, tuple[list[str], str]] = {
    "source": (["source_id"], "the copy's sources have ids, and keys, of their own"),
    "outbox": ([], "what waited to be sent is not sent again"),
    "reminder": (["sent_at", "seen_at"], "those whose moment has passed count as sent"),
    "idempotency": ([], "answers are remembered for keys, which the copy does not have"),
    "promoted_trait": (["filled_at"], "the server fills new columns once more, in the source or in the copy"),
    "bi_grantee": ([], "the copy has no BI logins yet"),
}


@dataclasses.dataclass
class Saved:
    folder: pathlib.Path
    answer: dict[str, Any]
    seconds: float

    @property
    def gigabytes(self) -> float:
        return sum(table["bytes"] for table in self.answer["tables"]) / GB


class Site:
    """A server with `FEW` tenants, one of which has all the data."""

    def __init__(self, server: Server, folder: pathlib.Path) -> None:
        self.server = server
        self.folder = folder
        self.tenants = 0
        self._numbers = itertools.count(1)
        self._admin = {"Authorization": "Bearer " + server.cli("key", "create", "--kind", "admin")["key"]}
        self._session = requests.Session()
        self.source = server.tenant("source")
        self.tenants += 1
        began = time.monotonic()
        self.person = self._fill()
        self.filled_s = time.monotonic() - began
        self.make_tenants(FEW)

    def _fill(self) -> Person:
        people = max(40, EVENTS // EVENTS_EACH)
        generator = Generator(self.server, self.source, days=70)
        node = generator.people(0, people)
        generator.events(node, people, EVENTS // people)
        generator.join(node, people, 0, 30)
        generator.settle()
        made = write(self.folder / "contacts.csv", CONTACTS, seed=11)
        (self.folder / "map.yaml").write_text(MAP, encoding="utf-8")
        done = self.server.cli(
            "import", "contacts", str(made.path), "--map", str(self.folder / "map.yaml"), "--tenant", self.source.slug,
            timeout_s=LONG_S)["import"]
        assert done["created"] == made.contacts
        # Somebody with a row in most tables, and what waits to be sent.
        person = Person(self.source, uuid.uuid4().hex[:8])
        assert self.source.post("/v1/activities", {
            "type": "task", "subject": "Call back", "status": "planned", "due_at": "2026-01-05T10:00:00Z",
            "reminders": [{"minutes": 10}]}).status_code == 201
        # What is done in the background, now: later it would change one side alone.
        self.server.sql("select roll_tallies()", schema=self.source.schema)
        self.server.cli("bi", "promote", "--tenant", self.source.slug)
        if FULL:
            generator.vacuum()
        generator.close()
        return person

    def make_tenants(self, until: int) -> float:
        """As many as fill up to that number, through the admin plane; how many a second."""
        began, before = time.monotonic(), self.tenants
        while self.tenants < until:
            made = self._session.post(
                self.server.admin_url + "/admin/v1/tenants", json={"slug": f"other-{self.tenants}"}, headers=self._admin, timeout=60)
            assert made.status_code == 201, made.text
            self.tenants += 1
        return (self.tenants - before) / (time.monotonic() - began)

    def settle(self) -> None:
        """Nobody vacuums and no page is dirty: what is measured is not paid for by what was done before."""
        busy = "select count(*) from pg_stat_activity where backend_type = 'autovacuum worker'"
        wait_until(lambda: self.server.sql(busy) == [(0,)], 600, every_s=0.5)
        self.server.sql("checkpoint")

    def save(self) -> Saved:
        folder = self.folder / f"saved-{next(self._numbers)}"
        began = time.monotonic()
        answer = self.server.cli("tenant", "export", self.source.slug, "--to", str(folder), timeout_s=LONG_S)
        return Saved(folder, answer, time.monotonic() - began)

    def restore(self, saved: Saved) -> tuple[dict[str, Any], Tenant, float]:
        name = f"copy-{next(self._numbers)}"
        began = time.monotonic()
        made = self.server.cli("tenant", "restore", "--from", str(saved.folder), "--as", name, timeout_s=LONG_S)
        seconds = time.monotonic() - began
        tenant = made["tenant"]
        assert {table["result"] for table in made["tables"]} == {"equal"}
        return made, Tenant(
            slug=name, id=tenant["id"], schema=tenant["schema"], write_key=made["keys"]["write"], secret_key=made["keys"]["secret"],
            server=self.server), seconds

    def drop(self, tenant: Tenant) -> None:
        self.server.cli("tenant", "delete", tenant.slug, "--confirm", tenant.slug, "--grace", "0d", timeout_s=LONG_S)

    def database_bytes(self, tenant: Tenant) -> int:
        return int(self.server.sql(
            "select sum(pg_total_relation_size(c.oid)) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname in (%s, %s) and c.relkind = 'r'", [tenant.schema, tenant.internals])[0][0])


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Server() as server:
        folder = pathlib.Path(os.environ.get("TANDEM_COPY_FOLDER", "/tmp")) / f"tdm-copy-{uuid.uuid4().hex[:8]}"
        folder.mkdir(mode=0o700)
        try:
            yield Site(server, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def columns(site: Site, tenant: Tenant) -> dict[str, list[tuple[str, str]]]:
    """Each table, a partitioned one as one, with its columns and their types; the generated ones too."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, type in site.server.sql("""
        select c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
        where n.nspname in (%s, %s) and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
        order by c.relname, a.attname""", [tenant.schema, tenant.internals]):
        found.setdefault(table, []).append((column, type))
    return found


def checksums(site: Site, tenant: Tenant) -> dict[str, tuple[int, str]]:
    """Rows and checksum of each table: the sums of both halves of each row's MD5, which do not depend on the rows' order. Without the
    columns of `DIFFERENT`."""
    found = {}
    with site.server.connect() as connection:
        connection.execute("select set_config('search_path', %s, false)", [f"{tenant.schema}, {tenant.internals}"])
        for table, all_columns in columns(site, tenant).items():
            without, _ = DIFFERENT.get(table, ([], ""))
            if table in DIFFERENT and not without:
                continue
            names = ", ".join(f'"{name}"' for name, _ in all_columns if name not in without)
            rows, low, high = connection.execute(f"""
                select count(*), coalesce(sum(('x' || left(h, 16))::bit(64)::bigint::numeric), 0),
                    coalesce(sum(('x' || right(h, 16))::bit(64)::bigint::numeric), 0)
                from (select md5(row({names})::text) as h from "{table}") x""").fetchone()
            found[table] = (rows, f"{int(low) % 2**64:016x}{int(high) % 2**64:016x}")
    return found


def test_every_table_of_the_copy_has_the_checksum_that_sql_says_of_the_source(site: Site, figures: Callable[[str, Any], None]) -> None:
    source, server = site.source, site.server
    waited = server.sql("select count(*) from outbox", schema=source.schema)[0][0]
    assert waited > CONTACTS / 2
    # The server sends reminders; how many still waited is what the file says.
    server.sql("update reminder set sent_at = null, seen_at = null", schema=source.schema)
    saved = site.save()
    tables = json.loads((saved.folder / "manifest.json").read_text())["tables"]
    sent_at = next(table["columns"] for table in tables if table["name"] == "reminder").index("sent_at")
    due = sum(line.split("\t")[sent_at] == "\\N" for line in (saved.folder / "reminder.copy").read_text().splitlines())
    made, copy, _ = site.restore(saved)
    wanted, found = checksums(site, source), checksums(site, copy)
    try:
        assert columns(site, copy) == columns(site, source)
        assert set(DIFFERENT) <= set(columns(site, source))
        assert {table: found[table] for table in found if found[table] != wanted[table]} == {}
        rows = {table["name"]: table["rows"] for table in saved.answer["tables"]}
        assert {table: count for table, (count, _) in wanted.items()} == {table: rows[table] for table in wanted}
        assert wanted["event_log"][0] >= EVENTS and wanted["contacts"][0] > CONTACTS * 0.9
        # What differs does so as it should.
        ids = [{one for one, in server.sql("select source_id from source where id > 0", schema=tenant.schema)} for tenant in (source, copy)]
        assert ids[0] and ids[1] and not ids[0] & ids[1]
        # Nothing is sent anew.
        assert server.sql("select count(*) from outbox", schema=copy.schema) == [(0,)]
        assert server.sql("select count(*) from reminder where sent_at is null or seen_at is null", schema=copy.schema) == [(0,)]
        assert made["not_sent_again"]["outbox"] == waited and made["not_sent_again"].get("reminders", 0) == due
        assert server.sql("select count(*) from outbox", schema=source.schema) == [(waited,)]
        # It is whole, and works.
        assert server.sql("select * from check_identity()", schema=copy.schema) == []
        assert copy.get("/v1/audit/verify", timeout=120).json()["intact"] is True
        assert copy.ingest("track", {"userId": "user-1", "event": "Began"}).json()["accepted"] == 1
        assert copy.get("/v1/profiles/by/user_id/user-1").json()["id"] == source.get("/v1/profiles/by/user_id/user-1").json()["id"]
    finally:
        site.drop(copy)
        shutil.rmtree(saved.folder)
    figures("tables compared", len(wanted))
    figures("rows compared", sum(count for count, _ in wanted.values()))
    figures("tables whose checksums differ", 0)
    figures("waited to be sent in the source, in the copy", f"{waited}, 0")
    for table, (count, checksum) in sorted(wanted.items(), key=lambda one: -one[1][0])[:20]:
        without, why = DIFFERENT.get(table, ([], ""))
        figures(table, {"rows": count, "checksum of source and copy": checksum, "without": f"{', '.join(without)}: {why}" if why else ""})
    for table, (without, why) in DIFFERENT.items():
        figures(table, {"not compared": ", ".join(without) or "all of it", "why": why})


def test_who_was_erased_or_kept_out_since_the_export_is_so_in_the_copy(site: Site, figures: Callable[[str, Any], None]) -> None:
    source, server, person = site.source, site.server, site.person
    saved = site.save()
    assert person.email in (saved.folder / "contacts.copy").read_text()
    erase(source, "email", person.email)
    assert source.post("/v1/privacy/suppress", {"type": "user_id", "value": "user-7"}).ok
    made, copy, _ = site.restore(saved)
    try:
        assert made["suppressions"]["erased"] == 1
        for user in (person.user, "user-7"):
            answer = copy.ingest("track", {"userId": user, "event": "Back"})
            assert (answer.status_code, answer.json()["code"]) == (400, "suppressed"), answer.text
        assert copy.get(f"/v1/profiles/by/user_id/{person.user}").status_code == 404
        held = "select hash, lifted_at is null from suppression order by 1"
        assert server.sql(held, schema=copy.schema) == server.sql(held, schema=source.schema) != []
        assert server.sql("select * from erased_but_present()", schema=copy.schema) == []
        left = server.sql(
            "select (select count(*) from event_log where payload::text like %s) + (select count(*) from contacts c where c::text like %s)",
            [f"%{person.email}%"] * 2, schema=copy.schema)
        assert left == [(0,)]
        kept = len(server.sql(held, schema=copy.schema))
    finally:
        site.drop(copy)
        shutil.rmtree(saved.folder)
    figures("suppressions that hold in the copy", kept)
    figures("erased since the export, there in the copy", 0)


@dataclasses.dataclass
class Times:
    gigabytes: list[float] = dataclasses.field(default_factory=list)
    export_s: list[float] = dataclasses.field(default_factory=list)
    restore_s: list[float] = dataclasses.field(default_factory=list)

    def per_gb(self, seconds: list[float]) -> float:
        return statistics.median(took / size for took, size in zip(seconds, self.gigabytes))


def measure(site: Site) -> Times:
    times = Times()
    for _ in range(ROUNDS):
        site.settle()
        saved = site.save()
        site.settle()
        _, copy, restore_s = site.restore(saved)
        times.gigabytes.append(saved.gigabytes)
        times.export_s.append(saved.seconds)
        times.restore_s.append(restore_s)
        site.drop(copy)
        shutil.rmtree(saved.folder)
    return times


@pytest.mark.full
def test_a_gigabyte_takes_as_long_among_many_tenants_as_among_few(site: Site, figures: Callable[[str, Any], None]) -> None:
    figures("events, contacts", f"{EVENTS:,}, {CONTACTS:,}")
    figures("filled in, s", round(site.filled_s, 1))
    figures("GB in the database, with indexes", round(site.database_bytes(site.source) / GB, 3))
    few = measure(site)
    say(figures, FEW, few)
    figures("tenants made a second", round(site.make_tenants(MANY), 2))
    assert site.server.sql("select count(*) from tandem.tenant where state = 'active'") == [(MANY,)]
    many = measure(site)
    say(figures, MANY, many)
    ratios = {
        "export": many.per_gb(many.export_s) / few.per_gb(few.export_s),
        "restore": many.per_gb(many.restore_s) / few.per_gb(few.restore_s)}
    for name, ratio in ratios.items():
        figures(f"{name}: seconds per GB among {MANY} ÷ among {FEW} tenants", round(ratio, 2))
    assert max(ratios.values()) < 2, ratios


def say(figures: Callable[[str, Any], None], count: int, times: Times) -> None:
    figures(f"among {count} tenants", {
        "GB saved": round(statistics.median(times.gigabytes), 3),
        "export s": round(statistics.median(times.export_s), 2), "export s per GB": round(times.per_gb(times.export_s), 2),
        "restore s": round(statistics.median(times.restore_s), 2), "restore s per GB": round(times.per_gb(times.restore_s), 2),
        "restore s, each": ", ".join(f"{took:.1f}" for took in times.restore_s)})
