"""A Tandem server under test: the built binary, its embedded PostgreSQL, its command line, its tenants."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import psycopg
import requests

import ground

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("TANDEM_TEST_BINARY", ROOT / ".build/debug/tandem"))
START_TIMEOUT_S = float(os.environ.get("TANDEM_TEST_START_TIMEOUT", "120"))


@functools.cache
def code_schema(binary: pathlib.Path = BINARY) -> str:
    """Where the procedures of that build are: behind a tenant's schemas in the search path."""
    said = subprocess.run([str(binary), "version", "-o", "json"], text=True, capture_output=True, timeout=60, check=True)
    return str(json.loads(said.stdout)["procedures"])


class CommandFailed(Exception):
    """A command line that exited with another code than 0."""

    def __init__(self, arguments: tuple[str, ...], code: int, output: str, errors: str):
        super().__init__(f"tandem {' '.join(arguments)} exited {code}\n{output}{errors}")
        self.code = code
        self.output = output
        self.errors = errors


@dataclass
class Tenant:
    """A tenant made by the command line, with its first keys."""

    slug: str
    id: str
    schema: str
    write_key: str
    secret_key: str
    server: "Server" = field(repr=False)

    @property
    def internals(self) -> str:
        """The schema of the internals."""
        return self.schema + "_i"

    def api(self, method: str, path: str, json: Any = None, **options: Any) -> requests.Response:
        """A request of the data plane with the secret key; `path` begins with /v1."""
        headers = {"Authorization": f"Bearer {self.secret_key}", **options.pop("headers", {})}
        options.setdefault("timeout", 60)
        answer = requests.request(method, self.server.base_url + path, json=json, headers=headers, **options)
        if answer.status_code < 300:
            said = self.server.documented(method, path)
            assert said is None or str(answer.status_code) in said, f"{method} {path}: {answer.status_code} is not in {sorted(said)}"
        return answer

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.api("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> requests.Response:
        return self.api("POST", path, json=json, **options)

    def ingest(self, kind: str, message: dict[str, Any], **options: Any) -> requests.Response:
        """Sends one message, or a batch when `kind` is "batch", with the write key as vendors' SDKs do."""
        options.setdefault("timeout", 60)
        return requests.post(f"{self.server.base_url}/v1/{kind}", json=message, auth=(self.write_key, ""), **options)


class Server:
    """`tandem serve` on free ports with a data directory of its own. Start it with `start()` or as a context."""

    def __init__(self, binary: pathlib.Path = BINARY, environment: dict[str, str] | None = None, from_nothing: bool = False):
        """`from_nothing`: its first start makes the cluster itself, instead of getting a copy of one that such a start has made."""
        self.binary = pathlib.Path(binary)
        if not self.binary.exists():
            raise FileNotFoundError(f"{self.binary} is not built: swift build --product tandem")
        # Short, because a socket's path ends at 107 bytes; the binary makes it reachable for the user of PostgreSQL.
        self.data_dir = pathlib.Path(tempfile.mkdtemp(prefix="tdm-", dir=ground.folder()))
        self.log_path = self.data_dir.with_suffix(".log")
        self.base_url = ""
        self.admin_url = ""
        self.pid = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._from_nothing = from_nothing
        self._admin_key: str | None = None
        self._tenants: dict[str, Tenant] = {}
        self._documented: list[tuple[re.Pattern[str], dict[str, Any]]] | None = None
        self._environment = {key: value for key, value in os.environ.items() if not key.startswith("TANDEM_")}
        self._environment.update(environment or {})

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def documented(self, method: str, path: str) -> set[str] | None:
        """The statuses that /openapi.json says of a request; None: it says nothing of such a path."""
        if self._documented is None:
            paths = requests.get(self.base_url + "/openapi.json", timeout=60).json()["paths"]
            # `/v1/accounts/search` is no account of that name: what has fewer captures comes first.
            self._documented = [
                (re.compile(re.sub(r"\\\{[^{}]*\\\}", "[^/]+", re.escape(template))), paths[template])
                for template in sorted(paths, key=lambda template: template.count("{"))]
        known = path.split("?")[0]
        meant = [methods for pattern, methods in self._documented if pattern.fullmatch(known) and method.lower() in methods]
        return set(meant[0][method.lower()]["responses"]) if meant else None

    # The server's life

    def start(self, *arguments: str, timeout_s: float = START_TIMEOUT_S) -> "Server":
        """Starts the server and waits for its line "listening". `arguments` are added to the command."""
        if self._is_copied():
            self._admin_key = ground.put_cluster(self.data_dir, lambda: Server(from_nothing=True))
        command = [
            str(self.binary), "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
            "--data-dir", str(self.data_dir), *arguments,
        ]
        log = self.log_path.open("ab", buffering=0)
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        listening: dict[str, Any] = {}
        ready = threading.Event()

        def read(stream: Any) -> None:
            for line in stream:
                log.write(line)
                if not ready.is_set() and b'"listening"' in line:
                    try:
                        listening.update(json.loads(line))
                    except ValueError:
                        continue
                    ready.set()
            log.close()

        threading.Thread(target=read, args=(self.process.stderr,), daemon=True).start()
        deadline = time.monotonic() + timeout_s
        while not ready.wait(0.05):
            code = self.process.poll()
            if code is not None:
                raise AssertionError(f"tandem serve exited {code} before it listened\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"tandem serve did not listen within {timeout_s} s\n{self.log_tail()}")
        self.base_url = ("https://" if listening.get("tls") else "http://") + listening["listen"]
        self.admin_url = "http://" + listening["admin_listen"]
        self.pid = int(listening["pid"])
        return self

    def _is_copied(self) -> bool:
        """Whether its cluster is a copy: before its first start, on PostgreSQL of its own, and by the binary under test."""
        is_own = "TANDEM_DATABASE_URL" not in self._environment and self.binary == BINARY
        return is_own and not self._from_nothing and not any(self.data_dir.iterdir())

    def stop(self, timeout_s: float = 60) -> int:
        """Stops the server and its PostgreSQL as Ctrl-C does; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        """SIGKILL of the server; PostgreSQL stays."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)

    def restart(self, *arguments: str) -> "Server":
        """Kills the server if it runs, and starts it on the same data, on new ports."""
        self.kill()
        return self.start(*arguments)

    def kill_postgres(self, everything: bool = True) -> None:
        """SIGKILL of the postmaster and, with `everything`, of all its processes at once."""
        postmaster = self.postmaster_pid()
        victims = [postmaster] + (children(postmaster) if everything else [])
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_until(lambda: not pathlib.Path(f"/proc/{postmaster}").exists() or is_zombie(postmaster), 30)

    def close(self) -> None:
        """Ends everything at once and removes the data: a checkpoint of what goes anyway takes longer than most tests."""
        told: list[str] = []
        try:
            self.kill()
            if (self.data_dir / "postgres.json").exists():
                try:
                    self.end_postgres()
                except (FileNotFoundError, ValueError):
                    pass
            told = self.told_secrets()
        finally:
            ground.remove(self.data_dir.resolve())
            if self.data_dir.is_symlink():
                self.data_dir.unlink()
            self.log_path.unlink(missing_ok=True)
        assert not told, f"the log of PostgreSQL has the keys of {told}"

    def told_secrets(self) -> list[str]:
        """Whose keys stand in the log of its PostgreSQL, where none may."""
        keys = [(tenant.slug, key) for tenant in self._tenants.values() for key in (tenant.write_key, tenant.secret_key)]
        keys += [("an administrator", self._admin_key)] if self._admin_key else []
        # The last part of a key is its secret.
        secrets = [(whose, key.rpartition("_")[2].encode()) for whose, key in keys]
        logs = list(self.data_dir.glob("postgres/log/*")) + list(self.data_dir.glob("postgres/start.log"))
        text = b"".join(path.read_bytes() for path in logs if path.is_file())
        return sorted({whose for whose, secret in secrets if secret in text})

    def end_postgres(self) -> None:
        """PostgreSQL's immediate shutdown: no checkpoint, and no shared memory is left. What does not hear is killed."""
        postmaster, sockets = self.postmaster_pid(), self.postgres["socket_dir"]
        try:
            os.kill(postmaster, signal.SIGQUIT)
            wait_until(lambda: not pathlib.Path(f"/proc/{postmaster}").exists() or is_zombie(postmaster), 20)
        except ProcessLookupError:
            pass
        except AssertionError:
            self.kill_postgres()
        shutil.rmtree(sockets, ignore_errors=True)

    def log_tail(self, lines: int = 40) -> str:
        """The last lines that the server wrote."""
        if not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    # Its database

    @property
    def postgres(self) -> dict[str, Any]:
        """Where the embedded server listens: socket_dir, port, user, database."""
        return json.loads((self.data_dir / "postgres.json").read_text())

    @property
    def dsn(self) -> str:
        """Superuser connection string of the embedded server, through its socket."""
        place = self.postgres
        return f"host={place['socket_dir']} port={place['port']} user={place['user']} dbname={place['database']}"

    def connect(self, **options: Any) -> psycopg.Connection:
        """A superuser connection; it commits each statement unless `autocommit=False`."""
        return psycopg.connect(self.dsn, **{"autocommit": True, **options})

    def sql(self, statement: str, parameters: Any = None, schema: str | None = None) -> list[tuple[Any, ...]]:
        """Runs one statement as superuser; its rows. With `schema` (of a tenant) names need no schema."""
        with self.connect() as connection:
            if schema is not None:
                path = f"{schema}, {schema}_i, {code_schema(self.binary)}"
                connection.execute("select set_config('search_path', %s, false)", [path])
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def postmaster_pid(self) -> int:
        place = self.postgres
        lock = pathlib.Path(place["socket_dir"]) / f".s.PGSQL.{place['port']}.lock"
        pid = int(lock.read_text().splitlines()[0])
        if "postgres" not in pathlib.Path(f"/proc/{pid}/comm").read_text():
            raise ValueError(f"process {pid} is no postmaster")
        return pid

    # Its command line

    def cli(self, *arguments: str, json: bool = True, timeout_s: float = 300, input: str | None = None) -> Any:
        """Runs `tandem ARGUMENTS -o json --data-dir …`; the parsed JSON, or the text with `json=False`."""
        command = [str(self.binary), *arguments, "--data-dir", str(self.data_dir)]
        if json:
            command += ["-o", "json"]
        result = subprocess.run(
            command, cwd=ROOT, env=self._environment, text=True, capture_output=True, timeout=timeout_s,
            **({"stdin": subprocess.DEVNULL} if input is None else {"input": input}),
        )
        if result.returncode != 0:
            raise CommandFailed(arguments, result.returncode, result.stdout, result.stderr)
        return _parse(result.stdout) if json else result.stdout

    def tenant(self, slug: str, modules: str = "cdp,crm", **options: str) -> Tenant:
        """The tenant of that name, made at its first use. Options become flags: display_name="Acme"."""
        if slug not in self._tenants:
            made = self._make_tenant(slug, modules, options)
            self._tenants[slug] = Tenant(
                slug=slug,
                id=made["tenant"]["id"],
                schema=made["tenant"]["schema"],
                write_key=made["keys"]["write"],
                secret_key=made["keys"]["secret"],
                server=self,
            )
        return self._tenants[slug]


    @property
    def tenant_count(self) -> int:
        """How many tenants `tenant` has made."""
        return len(self._tenants)

    def _make_tenant(self, slug: str, modules: str, options: dict[str, str]) -> Any:
        """By the admin plane where there is a key for it, which spares a process; else by the command line."""
        if self._admin_key is None or self.process is None or self.process.poll() is not None:
            flags = [part for name, value in options.items() for part in ("--" + name.replace("_", "-"), value)]
            return self.cli("tenant", "create", slug, "--modules", modules, *flags)
        answer = requests.post(
            self.admin_url + "/admin/v1/tenants", json={"slug": slug, "modules": modules.split(","), **options},
            headers={"Authorization": f"Bearer {self._admin_key}"}, timeout=60)
        assert answer.status_code == 201, answer.text
        return answer.json()


def _parse(text: str) -> Any:
    return json.loads(text) if text.strip() else None


def children(pid: int) -> list[int]:
    """The processes whose parent is `pid`."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(after_name[1]) == pid:
                found.append(int(entry.name))
    return found


def resident_mb(pid: int) -> float:
    """The resident set of a process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) / 1024


def is_zombie(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until(condition: Any, timeout_s: float = 30, every_s: float = 0.05) -> None:
    """Waits until `condition()` is true; fails after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not true within {timeout_s} s")
        time.sleep(every_s)
