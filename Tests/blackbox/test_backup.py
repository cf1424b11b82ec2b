"""The whole installation saved under load and restored to a moment: everything acknowledged by then is there, nothing later."""

from __future__ import annotations

import datetime
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from server import CommandFailed, Server, Tenant, wait_until

Json = dict[str, Any]


@pytest.fixture
def place() -> Iterator[pathlib.Path]:
    """For a restored data directory: short, and where PostgreSQL's user comes."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="tdr-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def restored(place: pathlib.Path) -> Iterator[Callable[[], Server]]:
    """Serves what was restored into `place`/data."""
    servers: list[Server] = []

    def serve() -> Server:
        server = Server()
        shutil.rmtree(server.data_dir)
        server.data_dir = place / "data"
        servers.append(server.start())
        return server

    yield serve
    for server in servers:
        server.close()


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")


def refused(server: Server, code: int, *arguments: str) -> Json:
    with pytest.raises(CommandFailed) as raised:
        server.cli(*arguments)
    assert raised.value.code == code, raised.value
    return json.loads(raised.value.errors.splitlines()[-1])["error"]


class Load:
    """Sends events one after the other from several threads and notes when each was acknowledged."""

    def __init__(self, tenant: Tenant, threads: int):
        self.tenant = tenant
        self.acknowledged: list[tuple[float, str]] = []
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def _send(self, number: int) -> None:
        session = requests.Session()
        count = 0
        while not self._ends.is_set():
            count += 1
            message = f"m-{number}-{count}-{uuid.uuid4().hex[:6]}"
            try:
                answer = session.post(
                    f"{self.tenant.server.base_url}/v1/track", auth=(self.tenant.write_key, ""), timeout=30,
                    json={"userId": f"u-{count % 50}", "event": "Counted", "messageId": message})
            except requests.RequestException:
                continue
            if answer.status_code == 200:
                self.acknowledged.append((time.time(), message))

    def end(self) -> list[tuple[float, str]]:
        self._ends.set()
        for thread in self._threads:
            thread.join(60)
        return self.acknowledged


def stored(server: Server, schema: str) -> set[str]:
    return {row[0] for row in server.sql("select message_id from event_log", schema=schema)}


def test_what_was_acknowledged_by_a_moment_is_there_after_a_crash_and_a_restore_to_it(
    own_tandem: Server, place: pathlib.Path, restored: Callable[[], Server], figures: Callable[[str, Any], None], full: bool
) -> None:
    """Backup under load, SIGKILL of all of PostgreSQL, restore to a moment between."""
    tenant = own_tandem.tenant("acme")
    load = Load(tenant, 8 if full else 4)
    time.sleep(60 if full else 1)
    backup = own_tandem.cli("backup", "create", "--dir", str(place / "backups"))
    assert backup["bytes"] > 10_000_000 and (own_tandem.data_dir / "backups").is_symlink()
    time.sleep(60 if full else 1)
    moment, at = now(), time.time()
    time.sleep(5 if full else 1)
    own_tandem.kill_postgres()
    acknowledged = load.end()
    by_then = {message for when, message in acknowledged if when < at}
    later = {message for when, message in acknowledged if when > at + 0.5}
    assert len(by_then) > 100 and later

    start = time.monotonic()
    made = own_tandem.cli("backup", "restore", "--to", moment, "--target", str(place / "data"))
    seconds = time.monotonic() - start
    assert made["backup"] == backup["name"] and made["reached_target"] is True and made["last_change"] <= moment
    server = restored()
    found = stored(server, tenant.schema)
    assert by_then - found == set(), "acknowledged before the moment, and lost"
    assert found & later == set(), "acknowledged after the moment, and there"
    assert server.sql("select * from check_identity()", schema=tenant.schema) == []
    # It is a server like any other: it takes events under the same keys, and the old one still runs.
    copy = Tenant(tenant.slug, tenant.id, tenant.schema, tenant.write_key, tenant.secret_key, server)
    assert copy.ingest("track", {"userId": "u-new", "event": "After"}).json()["accepted"] == 1
    wait_until(lambda: by_then | later <= stored(own_tandem, tenant.schema), 30)
    figures("backup and restore", {
        "acknowledged by the moment": len(by_then), "lost": len(by_then - found), "later ones found": len(found & later),
        "backup MB": round(backup["bytes"] / 1e6), "backup s": backup["seconds"], "restore s": round(seconds, 1)})


def test_a_restore_without_a_moment_has_all_there_is_and_erasures_hold(
    own_tandem: Server, place: pathlib.Path, restored: Callable[[], Server]
) -> None:
    tenant = own_tandem.tenant("acme")
    other = own_tandem.tenant("other")
    for one in (tenant, other):
        assert one.ingest("identify", {"userId": "gone", "traits": {"email": "gone@people.example"}}).ok
    assert tenant.ingest("identify", {"userId": "stays", "traits": {"email": "stays@people.example"}}).ok
    assert tenant.post("/v1/accounts", {"name": "Acme"}).status_code == 201
    backup = own_tandem.cli("backup", "create")
    moment = now()
    time.sleep(1.1)
    assert tenant.post("/v1/privacy/erase", {"type": "user_id", "value": "gone"}).status_code == 200
    # The list beside the backups follows by itself.
    lists = own_tandem.data_dir.resolve() / "backups/suppressions" / f"{tenant.id}.json"
    wait_until(lambda: len(json.loads(lists.read_text())["entries"]) >= 2, 30, every_s=0.2)
    assert "gone" not in lists.read_text()
    own_tandem.kill_postgres()
    own_tandem.kill()

    made = own_tandem.cli("backup", "restore", "--to", moment, "--target", str(place / "data"))
    assert made["suppressions"]["erased"] == 1 and made["not_sent_again"]["outbox"] > 0, made
    server = restored()
    copy = Tenant(tenant.slug, tenant.id, tenant.schema, tenant.write_key, tenant.secret_key, server)
    assert server.sql("select count(*) from identifier where value like 'gone%%'", schema=tenant.schema) == [(0,)]
    assert server.sql("select count(*) from identifier where value like 'gone%%'", schema=other.schema) == [(2,)]
    assert copy.ingest("track", {"userId": "gone", "event": "Back"}).json()["code"] == "suppressed"
    assert copy.get("/v1/profiles/by/user_id/stays").status_code == 200
    assert backup["name"] == made["backup"]


def test_backups_are_listed_verified_and_pruned_and_damage_is_named(own_tandem: Server, place: pathlib.Path) -> None:
    own_tandem.tenant("acme")
    error = refused(own_tandem, 5, "backup", "list")
    assert error["code"] == "no_backups"
    first = own_tandem.cli("backup", "create", "--dir", str(place / "b"))["name"]
    assert refused(own_tandem, 6, "backup", "create", "--dir", str(place / "c"))["code"] == "conflict"
    time.sleep(1.1)
    # What PostgreSQL's user may have put into its folders, and into what earlier versions gave it.
    victim = place / "victim"
    victim.write_text("untouched")
    cluster = own_tandem.data_dir.resolve() / "postgres"
    (cluster / "tandem.conf.new").symlink_to(victim)
    if os.geteuid() == 0:
        os.chown(place / "b", cluster.stat().st_uid, cluster.stat().st_gid)
    second = own_tandem.cli("backup", "create")["name"]
    for path in (place / "b/base" / f"{second}.json.new", place / "b/suppressions/x.json.new"):
        path.symlink_to(victim)
    assert own_tandem.cli("backup", "verify", second)["verified"] is True
    assert (victim.read_text(), victim.stat().st_uid, (place / "b").stat().st_uid) == ("untouched", os.geteuid(), os.geteuid())
    assert not (cluster / "tandem.conf").is_symlink() and not (place / "b/base" / f"{second}.json").is_symlink()
    listed = own_tandem.cli("backup", "list")["items"]
    assert [item["name"] for item in listed] == [second, first] and {item["state"] for item in listed[1:]} == {"not yet"}
    assert own_tandem.cli("backup", "verify")["verified"] is True
    assert own_tandem.cli("backup", "prune", "--keep", "1", "--dry-run")["removed"] == [first]
    assert own_tandem.cli("backup", "prune", "--keep", "1")["removed"] == [first]
    assert [path.name for path in (place / "b/base").iterdir() if path.is_dir()] == [second]
    assert refused(own_tandem, 5, "backup", "verify", first)["code"] == "not_found"

    # A byte of one file is another one.
    file = next(path for path in (place / "b/base" / second / "base").rglob("*") if path.is_file() and path.stat().st_size > 8192)
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    error = refused(own_tandem, 1, "backup", "verify")
    assert error["code"] == "damaged" and file.name in error["message"], error
    assert own_tandem.cli("backup", "list")["items"][0]["state"] == "DAMAGED"
    assert {item["check"]: item["result"] for item in findings(own_tandem)}["backups"] == "fail"
    # A segment of the log is not there any more.
    content[100] ^= 1
    file.write_bytes(content)
    for _ in range(3):
        own_tandem.sql("create table if not exists public.marks (n int)")
        own_tandem.sql("insert into public.marks select generate_series(1, 1000)")
        own_tandem.sql("select pg_switch_wal()")
    wal = place / "b/wal"
    wait_until(lambda: len(list(wal.glob("*.gz"))) >= 4, 30)
    assert own_tandem.cli("backup", "verify")["verified"] is True
    segments = sorted(wal.glob("0*.gz"))
    segments[-2].unlink()
    assert "missing" in refused(own_tandem, 1, "backup", "verify")["message"]
    segments[-2].write_bytes(gzip.compress(b"x")[:-4])
    assert "cannot be read" in refused(own_tandem, 1, "backup", "verify")["message"]


def test_a_restore_refuses_what_it_would_destroy_and_what_it_cannot_do(own_tandem: Server, place: pathlib.Path) -> None:
    own_tandem.tenant("acme")
    made = own_tandem.cli("backup", "create", "--dir", str(place / "b"))
    before = "2020-01-01T00:00:00Z"
    target = ("--target", str(place / "data"))
    # The one that serves; one that holds a cluster; no time; a time before the first backup.
    assert "being served" in refused(own_tandem, 6, "backup", "restore")["message"]
    (place / "data/postgres").mkdir(parents=True)
    (place / "data/postgres/PG_VERSION").write_text("15\n")
    assert "holds a cluster" in refused(own_tandem, 6, "backup", "restore", *target)["message"]
    shutil.rmtree(place / "data")
    assert refused(own_tandem, 64, "backup", "restore", *target, "--to", "yesterday")["code"] == "usage"
    assert "the oldest" in refused(own_tandem, 5, "backup", "restore", *target, "--to", before)["message"]
    assert refused(own_tandem, 6, "backup", "restore", made["name"], *target, "--to", before)["code"] == "conflict"
    assert refused(own_tandem, 5, "backup", "restore", "20200101T000000Z", *target)["code"] == "not_found"
    assert own_tandem.cli("backup", "restore", *target, "--dry-run")["backup"] == made["name"]
    assert not (place / "data").exists()
    note = place / "b/base" / f"{made['name']}.json"
    kept = json.loads(note.read_text())
    note.write_text(json.dumps({**kept, "postgres_version": 160004}))
    assert "PostgreSQL 16" in refused(own_tandem, 6, "backup", "restore", *target)["message"]
    note.write_text(json.dumps({**kept, "bytes": 10**15}))
    assert refused(own_tandem, 1, "backup", "restore", *target)["code"] == "no_space"


def findings(server: Server, *arguments: str) -> list[Json]:
    command = [str(server.binary), "doctor", "--data-dir", str(server.data_dir), "-o", "json", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    items = json.loads(result.stdout)["items"]
    assert result.returncode == (0 if {item["result"] for item in items} == {"ok"} else 3)
    return items


def test_with_a_database_of_ones_own_its_operator_makes_the_backups(own_tandem: Server) -> None:
    environment = {**os.environ, "TANDEM_DATABASE_URL": own_tandem.dsn.replace("user=postgres", "user=tandem")}
    result = subprocess.run(
        [str(own_tandem.binary), "backup", "create", "-o", "json"], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 6 and json.loads(result.stderr.splitlines()[-1])["error"]["code"] == "not_embedded"
