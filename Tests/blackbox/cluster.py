"""PostgreSQL servers of a test: a primary and a synchronous standby, which take each other's place."""

from __future__ import annotations

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import psycopg

from server import wait_until

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
SETTINGS = {
    "max_connections": "60", "shared_buffers": "64MB", "wal_level": "replica", "max_wal_senders": "5", "hot_standby": "on",
    "listen_addresses": "127.0.0.1", "wal_keep_size": "256MB", "checkpoint_timeout": "5min", "log_min_messages": "warning",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Node:
    """One server, with a folder and a port of its own."""

    def __init__(self, name: str):
        self.name = name
        self.port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"pg-{name}-"))
        self.data = self.folder / "data"
        # initdb refuses root.
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)

    def program(self, name: str, *arguments: str) -> None:
        as_user = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        result = subprocess.run(
            [str(PROGRAMS / name), *arguments], cwd=self.folder, text=True, capture_output=True, timeout=120, check=False, **as_user)
        assert result.returncode == 0, f"{name}: {result.stdout}{result.stderr}"

    def make(self) -> "Node":
        self.program("initdb", "-D", str(self.data), "-U", "admin", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8")
        with (self.data / "pg_hba.conf").open("a", encoding="utf-8") as rules:
            rules.write("host replication all 127.0.0.1/32 trust\n")
        return self.start()

    def start(self) -> "Node":
        options = {**SETTINGS, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        text = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self.program("pg_ctl", "-D", str(self.data), "-o", text, "-l", str(self.folder / "log"), "-w", "-t", "60", "start")
        return self

    def follow(self, primary: "Node") -> "Node":
        """A standby of another one, made anew."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.program(
            "pg_basebackup", "-D", str(self.data), "-X", "stream", "-c", "fast", "-R",
            "-d", f"host=127.0.0.1 port={primary.port} user=admin application_name={self.name}")
        # What the primary waits for is not for its follower to wait for. Not as an option of the start: that held once it is the primary.
        with (self.data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
            settings.write("synchronous_standby_names = ''\n")
        self.start()
        primary.sql(f"alter system set synchronous_standby_names = '{self.name}'")
        primary.sql("select pg_reload_conf()")
        wait_until(lambda: primary.sql("select sync_state from pg_stat_replication") == [("sync",)], 30)
        return self

    def promote(self) -> None:
        self.program("pg_ctl", "-D", str(self.data), "-w", "-t", "60", "promote")

    def sql(self, text: str, database: str = "postgres") -> list[tuple[object, ...]]:
        dsn = f"host=127.0.0.1 port={self.port} user=admin dbname={database}"
        with psycopg.connect(dsn, autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    def kill(self) -> None:
        """SIGKILL of all its processes, as a machine that is gone."""
        lines = (self.data / "postmaster.pid").read_text().splitlines()
        postmaster = int(lines[0])
        for pid in [postmaster] + children(postmaster):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_until(lambda: not is_alive(postmaster), 10)

    def close(self) -> None:
        try:
            self.program("pg_ctl", "-D", str(self.data), "-m", "immediate", "-t", "20", "stop")
        except (AssertionError, subprocess.TimeoutExpired):
            pass
        shutil.rmtree(self.folder, ignore_errors=True)


def children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], text=True, capture_output=True, check=False).stdout
    return [int(line) for line in found.split()]


def is_alive(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Pair:
    """A primary with a synchronous standby; `fail_over` makes the standby the primary, `repair` the lost one a standby."""

    def __init__(self) -> None:
        self.primary = Node("one").make()
        self.primary.sql("create role tandem login noinherit createrole")
        self.primary.sql("create database tandem owner tandem")
        self.standby = Node("two").follow(self.primary)

    @property
    def url(self) -> str:
        """As an operator gives it: both servers, and only the one that may write."""
        ports = sorted([self.primary.port, self.standby.port])
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        return f"postgresql://tandem@{hosts}/tandem?target_session_attrs=read-write"

    def fail_over(self, pause_s: float) -> float:
        """The primary is lost; after a pause, in which somebody notices it, the standby is promoted. The moment of the loss."""
        began = time.monotonic()
        self.primary.kill()
        time.sleep(pause_s)
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary
        return began

    def repair(self) -> None:
        self.standby.follow(self.primary)

    def close(self) -> None:
        self.primary.close()
        self.standby.close()
