"""The load generator of Benchmarks/load: builds it with the C compiler and runs it."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
from typing import Any

from server import ROOT, Tenant

SOURCES = ROOT / "Benchmarks/load"
BINARY = ROOT / ".build/load/load"


def build() -> pathlib.Path:
    """The generator's binary, made anew when a source is newer."""
    sources = sorted(SOURCES.glob("*.[ch]"))
    if not BINARY.exists() or any(path.stat().st_mtime > BINARY.stat().st_mtime for path in sources):
        BINARY.parent.mkdir(parents=True, exist_ok=True)
        # Built beside and moved, because two test runs may build at once.
        made = BINARY.with_suffix(f".{os.getpid()}")
        units = [str(path) for path in sources if path.suffix == ".c"]
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-std=gnu17", "-o", str(made), *units], check=True)
        made.rename(BINARY)
    return BINARY


class Load:
    """A run of the generator. Options are its flags: mix="mixed", connections=64, batch=100, rate=4000, seconds=5, …

    `acks` keeps what was acknowledged and what is in doubt, see `acknowledged` and `in_doubt`.
    """

    def __init__(self, tenant: Tenant, *, prefix: str, acks: bool = False, **options: Any):
        self.tenant = tenant
        self.prefix = prefix
        self._options = options
        flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        self._acks: pathlib.Path | None = None
        if acks:
            handle, path = tempfile.mkstemp(prefix="tdm-acks-")
            os.close(handle)
            self._acks = pathlib.Path(path)
            flags += ["--acks", path]
        port = tenant.server.base_url.rsplit(":", 1)[1]
        self._process = subprocess.Popen(
            [str(build()), "--port", port, "--key", tenant.write_key, "--prefix", prefix, *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )
        self.result: dict[str, Any] = {}
        self._lines: list[tuple[str, int, int, int, int]] = []

    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait(self, timeout_s: float = 120) -> dict[str, Any]:
        """Waits for its end; what it counted."""
        output, _ = self._process.communicate(timeout=timeout_s)
        if self._process.returncode != 0:
            raise AssertionError(f"the load generator exited {self._process.returncode}")
        self.result = json.loads(output)
        if self._acks is not None:
            for line in self._acks.read_text().splitlines():
                kind, lane, number, count, at_ms = line.split()
                self._lines.append((kind, int(lane), int(number), int(count), int(at_ms)))
            self._acks.unlink()
        return self.result

    def stop(self) -> dict[str, Any]:
        """Ends it at once; what is under way becomes in doubt."""
        if self.is_running():
            self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def acknowledged(self) -> list[tuple[str, int]]:
        """Message ids that a 200 acknowledged, each with its time in milliseconds since 1970."""
        return [
            (f"{self.prefix}-{lane}-{number + place}", at_ms)
            for kind, lane, number, count, at_ms in self._lines
            if kind == "A"
            for place in range(count)
        ]

    def in_doubt(self) -> list[tuple[int, int, int]]:
        """(lane, number, count) of the requests that nothing or something else than 200 answered."""
        return [(lane, number, count) for kind, lane, number, count, _ in self._lines if kind == "D"]

    def rejected(self) -> int:
        """Requests whose 200 did not say that all of it is stored."""
        return sum(1 for line in self._lines if line[0] == "R")


def resend(load: Load, **options: Any) -> dict[str, Any]:
    """Sends what is in doubt after `load` once more, with the same message ids, to where its tenant's server is now."""
    requests = load.in_doubt()
    with tempfile.NamedTemporaryFile("w", prefix="tdm-resend-", suffix=".txt") as file:
        file.writelines(f"{lane} {number} {count}\n" for lane, number, count in requests)
        file.flush()
        same = {name: value for name, value in load._options.items() if name in ("mix", "batch", "users")}
        # A server that is just back may say once more to come later: 503 with Retry-After, which SDKs do.
        for _ in range(10):
            again = Load(load.tenant, prefix=load.prefix, resend=file.name, **{"connections": 8, **same, **options})
            result = again.wait()
            if set(result["refused"]) != {"503"}:
                break
            assert result["without_retry_after"] == 0, result
            time.sleep(1)
    events = sum(count for _, _, count in requests)
    assert result["accepted"] + result["duplicates"] == events and not result["refused"], result
    return result


def run(tenant: Tenant, *, prefix: str, **options: Any) -> dict[str, Any]:
    """Runs the generator to its end; what it counted."""
    return Load(tenant, prefix=prefix, **options).wait(timeout_s=float(options.get("seconds", 5)) + 300)


def make_users(tenant: Tenant, count: int) -> None:
    """The known people that the mixes speak of: user-0 … and anon-0 …, identified."""
    result = run(tenant, prefix="known", mix="users", users=count, batch=100, connections=4)
    assert result["accepted"] + result["duplicates"] == count, result
