"""Runs the peer on the PostgreSQL of a Tandem server, and measures it as a line of the benchmark."""

import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.request
from types import SimpleNamespace

from costs import Meter
from server import ROOT, children

HERE = pathlib.Path(__file__).parent
PYTHON = pathlib.Path(os.environ.get("PEER_PYTHON", ROOT / ".venv-peer/bin/python"))
# Of each worker, as asyncpg's pool has by default.
CONNECTIONS = int(os.environ.get("PEER_CONNECTIONS", "10"))
# Like event_log without what identity and accounts add; its key serves the timeline of a person, as event_log's does.
TABLE = """
drop schema if exists peer cascade;
create schema peer;
create sequence peer.event_seq cache 32;
create table peer.event_log (
    person text collate "C" not null,
    ts timestamptz not null,
    seq bigint not null default nextval('peer.event_seq'),
    received_at timestamptz not null,
    message_id text not null,
    type text not null,
    name text,
    payload jsonb not null,
    primary key (person, ts, seq)
)
"""


class Peer:
    """uvicorn with as many workers as there are cores. Quacks like a tenant where the load generator is concerned."""

    write_key = "peer-key"

    def __init__(self, server, app="app", **more):
        """`app`: the module; `more`: what else it finds in its environment."""
        self.database = server
        server.sql(TABLE)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.server = SimpleNamespace(base_url=f"http://127.0.0.1:{port}")
        place = server.postgres
        environment = {
            **os.environ, "PEER_KEYS": self.write_key, "PEER_CONNECTIONS": str(CONNECTIONS),
            "PEER_DSN": f"postgresql://{place['user']}@/{place['database']}?host={place['socket_dir']}&port={place['port']}", **more,
        }
        self.process = subprocess.Popen(
            [str(PYTHON), "-m", "uvicorn", f"{app}:app", "--port", str(port), "--workers", str(os.cpu_count()),
             "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"],
            cwd=HERE, env=environment, stdin=subprocess.DEVNULL)
        self.meter = Meter(server, children, self._processes)
        self._wait()

    def _processes(self):
        return [self.process.pid, *children(self.process.pid)]

    def _wait(self):
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.server.base_url}/healthz", timeout=5).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the peer does not answer; see its messages above") from None
                time.sleep(0.1)

    def rows(self):
        return self.database.sql("select count(*) from peer.event_log")[0][0]

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.database.sql("drop schema peer cascade")
