"""What a stretch of work cost: processor seconds by process, and what PostgreSQL counted."""

import os
import pathlib
import resource
import time
from dataclasses import dataclass

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def process_seconds(pid, with_reaped=False):
    """User and system time of a process; `with_reaped` adds that of its ended children."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return TICK_S * sum(int(value) for value in fields[11 : 15 if with_reaped else 13])


def memory_mb(pid, field):
    """A field of a process's status: VmRSS is all that is resident, RssAnon what is its own."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(f"{field}:")).split()[1]) / 1024


@dataclass
class Costs:
    """Seconds."""

    wall: float = 0.0
    server: float = 0.0
    postgres: float = 0.0
    generator: float = 0.0

    def __sub__(self, other):
        return Costs(
            self.wall - other.wall, self.server - other.server, self.postgres - other.postgres,
            self.generator - other.generator,
        )


class Meter:
    """Reads the clocks of a server's processes, and of this process's children, which are the generators. `processes`: those
    that count as the server; by default its own."""

    def __init__(self, server, children, processes=None):
        self.processes = processes or (lambda: [server.pid])
        self.postmaster = server.postmaster_pid()
        self.children = children

    def read(self):
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        backends = sum(process_seconds(pid) for pid in self.children(self.postmaster))
        return Costs(
            time.monotonic(), sum(process_seconds(pid) for pid in self.processes()),
            process_seconds(self.postmaster, with_reaped=True) + backends, used.ru_utime + used.ru_stime,
        )


# PostgreSQL's processes report what they counted at most once a second, and after ten seconds of rest at the latest.
REPORTED_AFTER_S = 11


def counts(connection, wait):
    """(statements of clients, statements inside procedures, commits, flushes of the log) so far."""
    if wait:
        time.sleep(REPORTED_AFTER_S)
    outer, inner = connection.execute(
        "select coalesce(sum(calls) filter (where toplevel), 0)::int8,"
        " coalesce(sum(calls) filter (where not toplevel), 0)::int8 from bench_stat.pg_stat_statements"
    ).fetchone()
    commits = connection.execute(
        "select xact_commit from pg_stat_database where datname = current_database()"
    ).fetchone()[0]
    syncs = connection.execute("select wal_sync from pg_stat_wal").fetchone()[0]
    return outer, inner, commits, syncs
