"""What is acknowledged was flushed: strace counts the fdatasyncs of PostgreSQL, the write-ahead log has the commits.

A call that comes alone has a commit and a flush of its own. Calls that come together share commits, and commits that come
together may share a flush, which PostgreSQL does by itself; how far is noted, and is no loss.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import load
from server import Server, Tenant, children, wait_until

FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
SECONDS = 20 if FULL else 1
USERS = 500
Figures = Callable[[str, Any], None]


class Flushes:
    """strace at the postmaster and all that it has forked and will fork, from `with` to its end; then `count`."""

    def __init__(self, server: Server, folder: pathlib.Path):
        postmaster = server.postmaster_pid()
        self._pids = [postmaster, *children(postmaster)]
        self._calls = folder / "calls"
        self._said = folder / "said"
        self.count = 0

    def __enter__(self) -> "Flushes":
        targets = [part for pid in self._pids for part in ("-p", str(pid))]
        command = ["strace", "-f", "-e", "trace=fdatasync", "-o", str(self._calls), *targets]
        self._strace = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._said.open("w"))
        try:
            wait_until(lambda: self._strace.poll() is not None or self._is_attached(), 20)
            if self._strace.poll() is not None and "Operation not permitted" in self._said.read_text() and not FULL:
                pytest.skip("strace may not attach here")
            assert self._strace.poll() is None, self._said.read_text()
        except BaseException:
            self._strace.kill()
            raise
        return self

    def _is_attached(self) -> bool:
        """To all but those that ended since they were listed."""
        said = self._said.read_text()
        return said.count(" attached") + said.count("No such process") >= len(self._pids)

    def __exit__(self, *_: object) -> None:
        self._strace.terminate()
        self._strace.wait(20)
        # A call that another interrupts in the listing has a second line, "<... fdatasync resumed>".
        self.count = sum(" fdatasync(" in line for line in self._calls.read_text().splitlines())


@dataclass
class Window:
    acknowledged: int
    commits: int
    flushes: int


@pytest.fixture(scope="module")
def tenant() -> Iterator[Tenant]:
    assert shutil.which("strace"), "make packages"
    with Server() as server:
        found = server.tenant("flushes")
        load.make_users(found, USERS)
        server.sql("create extension pg_walinspect")
        assert server.sql("show wal_sync_method") == [("fdatasync",)]
        yield found


def observe(tenant: Tenant, folder: pathlib.Path, prefix: str, connections: int) -> Window:
    """Single calls for some seconds, with the flushes and the commits of that time."""
    server = tenant.server
    folder.mkdir()
    with Flushes(server, folder) as flushes:
        begin = server.sql("select pg_current_wal_insert_lsn()")[0][0]
        result = load.run(tenant, prefix=prefix, mix="track", users=USERS, connections=connections, seconds=SECONDS)
        # All of it is on the disk before strace goes.
        time.sleep(0.5)
        end = server.sql("select pg_current_wal_flush_lsn()")[0][0]
    assert not result["refused"] and result["lost"] == 0, result
    commits = server.sql(
        "select count(*) from pg_get_wal_records_info(%s, %s) where resource_manager = 'Transaction' and record_type like 'COMMIT%%'",
        [begin, end])[0][0]
    return Window(result["accepted"], commits, flushes.count)


def test_each_call_that_comes_alone_has_a_flush_of_its_own(tenant: Tenant, figures: Figures, tmp_path: pathlib.Path) -> None:
    alone = observe(tenant, tmp_path / "alone", "alone", connections=1)
    figures("one connection: calls acknowledged", alone.acknowledged)
    figures("one connection: commits in the write-ahead log", alone.commits)
    figures("one connection: fdatasyncs", alone.flushes)
    assert alone.acknowledged <= alone.commits <= alone.flushes, alone


@pytest.mark.full
def test_calls_that_come_together_share_commits(tenant: Tenant, figures: Figures, tmp_path: pathlib.Path) -> None:
    many = observe(tenant, tmp_path / "many", "many", connections=64)
    figures("64 connections: calls acknowledged", many.acknowledged)
    figures("64 connections: commits in the write-ahead log", many.commits)
    figures("64 connections: fdatasyncs", many.flushes)
    # Two lanes store a tenant's events, so that at most two commits meet in one flush.
    assert many.commits <= 2 * many.flushes, many


@pytest.mark.full
def test_without_synchronous_commit_flushes_are_missing(tenant: Tenant, figures: Figures, tmp_path: pathlib.Path) -> None:
    """The control: this test can see a commit that nobody flushed."""
    server = tenant.server
    server.sql("alter system set synchronous_commit = off")
    server.sql("select pg_reload_conf()")
    try:
        off = observe(tenant, tmp_path / "off", "off", connections=1)
    finally:
        server.sql("alter system reset synchronous_commit")
        server.sql("select pg_reload_conf()")
    figures("control without synchronous_commit: commits", off.commits)
    figures("control without synchronous_commit: fdatasyncs", off.flushes)
    assert off.flushes < off.commits, off
