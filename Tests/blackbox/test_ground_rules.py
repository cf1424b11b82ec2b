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


def serve(tandem: Server, *arguments: str, user: str | None = None) -> subprocess.CompletedProcess[str]:
    """A second server on a data directory, which ends by itself; only what it says before is looked at."""
    return run("serve", "--admin-listen", "127.0.0.1:0", *arguments, "--data-dir", str(tandem.data_dir), user=user)


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
