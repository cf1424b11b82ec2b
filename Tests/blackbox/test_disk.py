"""A disk that gets full: events are turned away before PostgreSQL stops, reads go on, what was acknowledged is stored, and once there is
room events are taken again by themselves."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from server import CommandFailed, Server, Tenant, wait_until

SIZE_MB = 300


@pytest.fixture
def small() -> Iterator[Server]:
    """A server whose data directory is a file system of 300 MB."""
    server = Server()
    os.chmod(server.data_dir, 0o755)
    options = f"size={SIZE_MB}m,mode=755"
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tandem-test", str(server.data_dir)], capture_output=True, text=True)
    if made.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    try:
        with server:
            yield server
    finally:
        subprocess.run(["umount", "--lazy", str(server.data_dir)], check=False)
        if server.data_dir.exists():
            server.data_dir.rmdir()


class Ballast:
    """A file that takes room."""

    def __init__(self, server: Server):
        self.folder = server.data_dir
        self.path = server.data_dir / "ballast"

    def free_mb(self) -> float:
        status = os.statvfs(self.folder)
        return status.f_bavail * status.f_frsize / 1e6

    def leave(self, megabytes: float) -> None:
        """Takes room until so much is left."""
        block = b"\0" * 4096
        with self.path.open("ab", buffering=0) as file:
            try:
                while self.free_mb() > megabytes + 1:
                    file.write(block * 256)
                while self.free_mb() > megabytes:
                    file.write(block)
            except OSError:
                pass

    def drop(self) -> None:
        self.path.unlink()


def send(tenant: Tenant, name: str, size: int = 10) -> requests.Response:
    message = {"userId": f"u{name}", "event": "E", "messageId": name, "properties": {"text": os.urandom(size // 2).hex()}}
    return tenant.ingest("track", message)


def figure(server: Server, name: str) -> float:
    key = server.cli("key", "create", "--kind", "admin")["key"]
    text = requests.get(server.admin_url + "/metrics", headers={"Authorization": f"Bearer {key}"}, timeout=10).text
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith(name + " ")))


def test_events_are_turned_away_before_the_disk_is_full(small: Server, figures: Callable[[str, Any], None]) -> None:
    tenant = small.tenant("small")
    ballast = Ballast(small)
    assert send(tenant, "first").status_code == 200
    account = tenant.post("/v1/accounts", {"name": "Anvil Co"}).json()
    ballast.leave(25)
    wait_until(lambda: send(tenant, "second").status_code == 503, 5)
    refused = send(tenant, "third")
    assert refused.status_code == 503 and refused.json()["code"] == "disk_full", refused.text
    assert 5 <= int(refused.headers["Retry-After"]) <= 15
    assert "tandem doctor" in refused.json()["message"]
    batch = tenant.ingest("batch", {"batch": [{"type": "track", "userId": "u", "event": "E", "messageId": "b1"}]})
    assert (batch.status_code, batch.json()["code"]) == (503, "disk_full")
    # Everything else works: reads, writes of records, the command line.
    assert tenant.get("/v1/profiles").status_code == 200
    assert tenant.get(f"/v1/accounts/{account['id']}").status_code == 200
    assert requests.get(small.base_url + "/readyz", timeout=10).status_code == 200
    assert figure(small, "disk_short") == 1
    assert 0 < figure(small, "disk_free_bytes") < figure(small, "disk_reserve_bytes")
    found = {each["check"]: each for each in doctor(small)}
    assert found["disk"]["result"] == "fail" and "503 disk_full" in found["disk"]["detail"], found["disk"]
    ready = requests.get(small.admin_url + "/readyz", timeout=10)
    assert (ready.status_code, ready.json()["status"], ready.json()["checks"]["disk"]["status"]) == (200, "degraded", "short")
    assert ready.json()["checks"]["disk"]["free_bytes"] < ready.json()["checks"]["disk"]["reserve_bytes"]
    # What would fill it waits, or says so; what takes away goes on.
    rows = small.data_dir.parent / f"{small.data_dir.name}.csv"
    rows.write_text("name\nBolt Co\n")
    mapping = rows.with_suffix(".yaml")
    mapping.write_text("format: {kind: csv}\nmatch: name\nfields:\n  name: name\n")
    import_file = ("import", "accounts", str(rows), "--map", str(mapping), "--tenant", tenant.slug)
    try:
        with pytest.raises(CommandFailed, match="disk") as refused_import:
            small.cli(*import_file)
        assert refused_import.value.code == 75
        ordered = tenant.post("/v1/accounts:export", {"format": "csv"})
        assert ordered.status_code == 202, ordered.text
        with pytest.raises(CommandFailed, match="disk_reserve"):
            small.cli("backup", "create")
        time.sleep(1)
        assert state_of(small, tenant, "export") == "running"
        begin = time.monotonic()
        ballast.drop()
        wait_until(lambda: send(tenant, "third").status_code == 200, 10)
        assert small.cli(*import_file)["import"]["created"] == 1
        wait_until(lambda: state_of(small, tenant, "export") == "done", 20)
    finally:
        rows.unlink()
        mapping.unlink()
    figures("nearly full: seconds from room to the first event taken", round(time.monotonic() - begin, 2))
    assert figure(small, "disk_short") == 0
    rows = small.sql("select count(distinct message_id) from event_log where message_id in ('first', 'third')", schema=tenant.schema)
    assert rows == [(2,)]


def state_of(server: Server, tenant: Tenant, kind: str) -> str:
    return server.sql("select state from operation where type like %s order by created_at desc limit 1", [f"%{kind}%"], tenant.schema)[0][0]


def test_status_and_doctor_know_the_reserve_that_was_set(own_tandem: Server) -> None:
    """Both look from outside of the server, with the settings that they find."""
    disk = own_tandem.cli("status")["disk"]
    assert disk["reserve_bytes"] == min(20 << 30, max(32 << 20, disk["total_bytes"] // 100 * 5))
    own_tandem._environment["TANDEM_DISK_RESERVE"] = "0"
    assert own_tandem.cli("status")["disk"]["reserve_bytes"] == 0


def doctor(server: Server) -> list[dict[str, Any]]:
    command = [str(server.binary), "doctor", "-o", "json", "--data-dir", str(server.data_dir)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode in (0, 3), result.stderr
    return json.loads(result.stdout)["items"]


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("reserve", [5, 0])
def test_a_disk_that_events_fill(small: Server, reserve: int, figures: Callable[[str, Any], None]) -> None:
    """With the reserve, events are refused before PostgreSQL sees anything; without it, its own errors are answered the same way."""
    if reserve == 0:
        small._environment["TANDEM_DISK_RESERVE"] = "0"
        small.stop()
        small.start()
    case = f"reserve of {reserve} %"
    tenant = small.tenant("small")
    ballast = Ballast(small)
    ballast.leave(90 if reserve else 40)
    statuses: dict[str, int] = {}
    stored: list[str] = []
    reads: dict[int, int] = {}
    over = threading.Event()
    lock = threading.Lock()

    def write(number: int) -> None:
        count = 0
        while not over.is_set():
            count += 1
            name = f"w{number}-{count}"
            answer = send(tenant, name, 20_000)
            code = "200" if answer.status_code == 200 else f"{answer.status_code} {answer.json()['code']}"
            with lock:
                statuses[code] = statuses.get(code, 0) + 1
                if answer.status_code == 200:
                    stored.append(name)

    def read() -> None:
        while not over.wait(0.05):
            answer = tenant.get("/v1/profiles?limit=1")
            with lock:
                reads[answer.status_code] = reads.get(answer.status_code, 0) + 1

    threads = [threading.Thread(target=write, args=(number,), daemon=True) for number in range(4)]
    threads.append(threading.Thread(target=read, daemon=True))
    for thread in threads:
        thread.start()
    wait_until(lambda: statuses.get("503 disk_full", 0) > 20, 300)
    time.sleep(5)
    figures(f"{case}: MB free while events were refused", round(ballast.free_mb(), 1))
    begin = time.monotonic()
    with lock:
        before = len(stored)
    ballast.drop()
    wait_until(lambda: len(stored) > before + 10, 60)
    figures(f"{case}: seconds from room to events taken again", round(time.monotonic() - begin, 2))
    over.set()
    for thread in threads:
        thread.join(60)
    figures(f"{case}: answers to events", str(statuses))
    figures(f"{case}: answers to reads", str(reads))
    there = {row[0] for row in small.sql("select message_id from event_log", schema=tenant.schema)}
    lost = [name for name in stored if name not in there]
    figures(f"{case}: acknowledged events, of them lost", f"{len(stored)}, {len(lost)}")
    assert not lost
    assert set(reads) == {200}, reads
    assert set(statuses) <= {"200", "503 disk_full", "503 unavailable", "503 overloaded"}, statuses
    assert pathlib.Path(f"/proc/{small.pid}").exists()
