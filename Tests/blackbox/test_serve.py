"""The server as a process: it says where it listens, finds its database again, and leaves nothing behind."""

from __future__ import annotations

import pathlib
import socket
from collections.abc import Iterator

import pytest
import requests

from server import CommandFailed, Server, Tenant, wait_until


@pytest.mark.quick
def test_livez_and_readyz_answer(tandem: Server) -> None:
    assert requests.get(tandem.base_url + "/livez", timeout=10).status_code == 200
    assert requests.get(tandem.base_url + "/readyz", timeout=10).status_code == 200


@pytest.mark.quick
def test_a_tenant_is_made_and_listed(tandem: Server, tenant: Tenant) -> None:
    listed = {item["slug"]: item for item in tandem.cli("tenant", "list")["items"]}
    assert listed[tenant.slug]["schema"] == tenant.schema
    schemas = {row[0] for row in tandem.sql("select nspname from pg_namespace")}
    assert {tenant.schema, tenant.internals} <= schemas


def test_a_second_server_on_the_same_data_directory_names_the_first(tandem: Server) -> None:
    with pytest.raises(CommandFailed) as failure:
        tandem.cli("serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", json=False, timeout_s=60)
    assert str(tandem.pid) in failure.value.errors


def test_a_busy_port_exits_78_and_is_named(tandem: Server, own_data_dir: Server) -> None:
    busy = tandem.base_url.removeprefix("http://")
    with pytest.raises(CommandFailed) as failure:
        own_data_dir.cli("serve", "--listen", busy, "--admin-listen", "127.0.0.1:0", json=False, timeout_s=120)
    assert failure.value.code == 78
    assert busy.rpartition(":")[2] in failure.value.errors


def test_a_killed_server_adopts_its_postgres_and_ctrl_c_stops_both(own_tandem: Server) -> None:
    tenant = own_tandem.tenant("acme")
    postmaster = own_tandem.postmaster_pid()
    own_tandem.restart()
    assert own_tandem.postmaster_pid() == postmaster
    assert tenant.slug in {item["slug"] for item in own_tandem.cli("tenant", "list")["items"]}
    assert own_tandem.stop() == 0
    wait_until(lambda: not is_alive(postmaster))


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def own_data_dir() -> Iterator[Server]:
    """A server that the test starts itself, or not at all."""
    server = Server()
    yield server
    server.close()


def test_systemd_is_told_when_the_server_listens_and_when_it_stops(tmp_path: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "n"))
        manager.settimeout(60)
        with Server(environment={"NOTIFY_SOCKET": str(tmp_path / "n")}) as server:
            said = manager.recv(1_000).decode()
            assert said.splitlines() == ["READY=1", "STATUS=listening at " + server.base_url.removeprefix("http://")]
            assert server.stop() == 0
            assert manager.recv(1_000) == b"STOPPING=1"


def test_an_older_binary_leaves_a_database_of_a_newer_one_alone(own_tandem: Server) -> None:
    own_tandem.kill()
    own_tandem.sql("insert into tandem.control_migration (path, sha256) values ('control/migrations/9000_of_tomorrow.sql', '')")
    with pytest.raises(CommandFailed) as failure:
        own_tandem.cli("serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", json=False, timeout_s=60)
    assert failure.value.code == 6, failure.value.errors
    assert "a newer version of tandem has migrated this database (control/migrations/9000_of_tomorrow.sql)" in failure.value.errors
    assert "Start the newer binary" in failure.value.errors and "deployed procedures" not in failure.value.errors
