"""What an installation stands on: whose its files are, its ports, what PostgreSQL takes and what its log says."""

from __future__ import annotations

import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator

import psycopg
import pytest

import ground
from server import BINARY, Server, wait_until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes users")


def run(*arguments: str, user: str | None = None, cwd: pathlib.Path | None = None) -> subprocess.CompletedProcess[str]:
    """The binary, as another user if one is named."""
    who = pwd.getpwnam(user) if user else None
    options = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []} if who else {}
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    return subprocess.run(
        [str(BINARY), *arguments], cwd=cwd or "/", env=environment, text=True, capture_output=True, timeout=120, **options)


def refused(result: subprocess.CompletedProcess[str], code: int) -> str:
    assert result.returncode == code, result.stdout + result.stderr
    return result.stderr


def listing(folder: pathlib.Path) -> dict[str, tuple[int, int, int]]:
    """Whose each file is, its rights, and when it changed."""
    return {str(path): ((status := path.lstat()).st_uid, status.st_mode, status.st_mtime_ns) for path in folder.rglob("*")}


@pytest.fixture
def nobodys() -> Iterator[pathlib.Path]:
    """A data directory of the user nobody, with a cluster that nobody's server made."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="tdn-", dir=ground.folder()))
    ground.put_cluster(place, lambda: Server(from_nothing=True))
    subprocess.run(["chown", "-R", "nobody:nogroup", str(place)], check=True)
    yield place
    shutil.rmtree(place, ignore_errors=True)


@as_root
def test_root_leaves_another_users_installation_alone(nobodys: pathlib.Path) -> None:
    data = ("--data-dir", str(nobodys))
    made = run("tenant", "create", "acme", *data, user="nobody")
    assert made.returncode == 0, made.stderr
    before = listing(nobodys)
    for command in (("tenant", "list"), ("serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")):
        told = refused(run(*command, *data), 77)
        assert "belongs to nobody" in told and "sudo -u nobody tandem" in told, told
    assert listing(nobodys) == before, "nothing was written"
    listed = run("tenant", "list", "-o", "name", *data, user="nobody")
    assert (listed.returncode, listed.stdout.split()) == (0, ["acme"]), listed.stderr


@as_root
def test_another_user_is_told_whose_the_installation_is(tandem: Server, tmp_path: pathlib.Path) -> None:
    data = ("--data-dir", str(tandem.data_dir))
    for command in (("tenant", "list"), ("serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")):
        told = refused(run(*command, *data, user="nobody"), 77)
        assert "is served by root, not by nobody" in told and "sudo tandem" in told, told
    with tempfile.TemporaryDirectory() as closed:
        told = refused(run("tenant", "list", "--data-dir", closed + "/data", user="nobody"), 77)
        assert "behind a folder that nobody may not enter" in told and "--data-dir" in told, told
    with tempfile.TemporaryDirectory() as empty:
        os.chmod(empty, 0o755)
        told = refused(run("tenant", "list", "--data-dir", empty, user="nobody"), 77)
        assert "belongs to root: nobody may not write there" in told, told


@as_root
def test_root_goes_on_with_what_it_made_as_another_user(nobodys: pathlib.Path) -> None:
    """A machine had no user postgres when root began there, and has one now."""
    os.chown(nobodys, 0, 0)
    assert run("tenant", "create", "acme", "--data-dir", str(nobodys)).returncode == 0
    assert (nobodys / "postgres").stat().st_uid == pwd.getpwnam("nobody").pw_uid


def serve(tandem: Server, *arguments: str, user: str | None = None) -> subprocess.CompletedProcess[str]:
    """A second server on a data directory, which ends by itself; only what it says before is looked at."""
    return run("serve", "--admin-listen", "127.0.0.1:0", *arguments, "--data-dir", str(tandem.data_dir), user=user)


def test_a_port_that_cannot_be_had_is_told_from_a_busy_one(tandem: Server) -> None:
    told = refused(serve(tandem, "--listen", "192.0.2.7:8080"), 78)
    assert "listen: 192.0.2.7 is no address of this machine" in told and "0.0.0.0" in told and "in use" not in told
    told = refused(serve(tandem, "--listen", tandem.base_url.removeprefix("http://")), 78)
    assert "is in use by another process" in told
    if os.geteuid() == 0 and int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) > 443:
        told = refused(serve(tandem, "--listen", "127.0.0.1:443", user="nobody"), 78)
        assert "port 443 is not open to nobody" in told and "CAP_NET_BIND_SERVICE" in told and "in use" not in told


@pytest.mark.parametrize("arguments, keys", [
    (("--listen", "127.0.0.1:0"), {}),
    (("--listen", "0.0.0.0:0"), {"listen": "give --tls-certificate"}),
    (("--listen", "127.0.0.1:0", "--admin-listen", "0.0.0.0:0"), {"admin_listen": "give --tls-certificate"}),
    (("--listen", "0.0.0.0:0", "--trusted-proxy", "192.0.2.7"), {"listen": "comes past the proxy"}),
    (("--listen", "127.0.0.1:0", "--trusted-proxy", "192.0.2.7"), {}),
])
def test_plain_http_is_warned_of_wherever_it_can_be_read(tandem: Server, arguments: tuple[str, ...], keys: dict[str, str]) -> None:
    lines = [json.loads(line) for line in refused(serve(tandem, *arguments), 6).splitlines() if line.startswith("{")]
    warned = {key: line["msg"] for line in lines if "unencrypted" in line["msg"] for key in ("listen", "admin_listen") if key in line}
    assert set(warned) == set(keys) and all(words in warned[key] for key, words in keys.items()), warned


def test_postgresql_takes_as_many_connections_as_the_settings_need(own_tandem: Server) -> None:
    def most() -> int:
        return int(own_tandem.sql("show max_connections")[0][0])

    cores = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0))
    assert most() in {min(40, max(6, 4 * count)) + 2 + 2 * 50 + 30 for count in (cores, usable)}
    postmaster = own_tandem.postmaster_pid()
    own_tandem._environment |= {"TANDEM_CONNECTIONS": "200", "TANDEM_INGEST_CONNECTIONS": "8", "TANDEM_BI_CONNECTIONS": "60"}
    own_tandem.restart()
    assert most() == 200 + 8 + 2 * 60 + 30 and own_tandem.postmaster_pid() != postmaster, "what it had adopted took too few"
    # A command that finds PostgreSQL stopped starts it as it was.
    assert own_tandem.stop() == 0
    own_tandem.cli("tenant", "list")
    assert most_of(own_tandem) == 358


def most_of(server: Server) -> int:
    lines = (server.data_dir / "postgres" / "tandem.conf").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("max_connections")).split("=")[1])


def test_postgresqls_log_quotes_no_value(tandem: Server) -> None:
    name = "log-test@people.example"
    with tandem.connect() as connection:
        connection.execute("create temporary table once (name text primary key)")
        connection.execute("insert into once values (%s)", [name])
        with pytest.raises(psycopg.errors.UniqueViolation, match=name):
            connection.execute("insert into once values (%s)", [name])

    def said() -> str:
        return "".join(path.read_text(errors="replace") for path in (tandem.data_dir / "postgres" / "log").glob("*.log"))

    wait_until(lambda: 'duplicate key value violates unique constraint "once_pkey"' in said(), 10)
    assert name not in said()


def test_a_secret_in_postgresqls_log_is_found_when_a_server_is_closed(own_data: Server) -> None:
    """What `Server.close` looks for after each test, it would find."""
    own_data.start()
    key = own_data.tenant("acme").secret_key
    own_data.sql(f"do $$ begin raise warning 'this is {key}'; end $$")
    wait_until(lambda: own_data.told_secrets() != [], 10)
    with pytest.raises(AssertionError, match="acme"):
        own_data.close()
    assert not own_data.data_dir.exists()


@pytest.fixture
def own_data() -> Iterator[Server]:
    server = Server()
    yield server
    if server.process is not None and server.process.poll() is None:
        os.kill(server.pid, signal.SIGKILL)
