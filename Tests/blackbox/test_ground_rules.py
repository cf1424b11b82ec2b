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
