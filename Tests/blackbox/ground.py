"""The ground that servers under test stand on: where their files lie, a cluster that is copied instead of made anew, and how the
files go.

A server whose data directory is empty makes its cluster (initdb), the control plane and all procedures. Nearly every test has
this behind it before it begins, so it is done once a run, by a server that starts from nothing; the others get a copy of what
that one left when it was stopped.
"""

from __future__ import annotations

import fcntl
import os
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# The run's folder, which its worker processes share.
VARIABLE = "TANDEM_TEST_GROUND"
MEMORY = pathlib.Path("/dev/shm")
# A tenant has 8 MB of files; a run has a thousand of them.
NEEDED_GB = 10


def folder() -> str | None:
    """Where data directories lie: beside the run's folder; None, which is where temporary files do, when no run has one."""
    place = os.environ.get(VARIABLE)
    return str(pathlib.Path(place).parent) if place else None


def _memory() -> str | None:
    """In memory if there is plenty of it, because a thousand tenants are some hundred thousand files. Never in a long form, which
    measures; nor with TANDEM_TEST_DISK=1."""
    is_asked = os.environ.get("TANDEM_TEST_DISK") != "1" and os.environ.get("TANDEM_TEST_FULL") != "1"
    if not is_asked or not os.access(MEMORY, os.W_OK):
        return None
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    free_kb = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    space = os.statvfs(MEMORY)
    room = min(free_kb * 1024, space.f_bavail * space.f_frsize)
    return str(MEMORY) if room > NEEDED_GB << 30 else None


@contextmanager
def shared() -> Iterator[None]:
    """The run's folder, from its begin to its end. A run inside another one, of another binary, has its own."""
    before = os.environ.get(VARIABLE)
    made = tempfile.mkdtemp(prefix="tdm-ground-", dir=_memory())
    os.environ[VARIABLE] = made
    try:
        yield
    finally:
        shutil.rmtree(made, ignore_errors=True)
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def put_cluster(data_dir: pathlib.Path, make: Callable[[], Any]) -> str | None:
    """Copies the run's cluster into a data directory, and answers an admin key of it. The first one to ask makes it."""
    place = os.environ.get(VARIABLE)
    if place is None:
        return None
    ground = pathlib.Path(place)
    key = ground / "key"
    with (ground / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not key.exists():
            _make(ground, key, make())
    if not (ground / "postgres").exists():
        return None
    subprocess.run(["cp", "-a", "--reflink=auto", str(ground / "postgres"), str(data_dir)], check=True)
    return key.read_text()


def _make(ground: pathlib.Path, key: pathlib.Path, server: Any) -> None:
    with server:
        made = server.cli("key", "create", "--kind", "admin")["key"]
        assert server.stop() == 0
        cluster = server.data_dir / "postgres"
        # A cluster that lies elsewhere, because PostgreSQL's user cannot come here, is made anew each time.
        if not cluster.is_symlink():
            # Each copy looks for a port of its own.
            (cluster / "tandem.conf").unlink()
            cluster.rename(ground / "postgres")
    key.write_text(made)


def remove(path: pathlib.Path) -> None:
    """Removes a tree: renamed at once, so that it is out of the way; its files, which may be many, by a process that nobody waits for."""
    gone = path.with_name(path.name + ".gone")
    try:
        path.rename(gone)
    except OSError:
        # A file system is mounted there.
        shutil.rmtree(path, ignore_errors=True)
        return
    subprocess.run(["setsid", "--fork", "nice", "-n", "19", "rm", "-rf", str(gone)], stdin=subprocess.DEVNULL, check=True)
