"""Fixtures of the black-box tests.

`tandem`      the server that the tests of a file share, and those of other files (see `server.Server`)
`own_tandem`  a server of this test alone, for tests that kill it
`tenant`      a fresh tenant of this test on the shared server
`figures`     `figures("events", 69659)` notes a figure for `make show-thread-NAME`
`counts`      the same for a module; what several processes count under one name is added
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import ground
from server import Server, Tenant

LONGEST = ("test_ninth_object.py", "test_screenshots.py")
TENANTS_AT_MOST = 25
FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
_numbers = itertools.count(1)
_running: list[Server] = []


class Shared:
    """The server that tests share, of a worker's process. Another takes its place when it has many tenants: each makes the next one
    dearer (the two hundredth costs six times what the first does), and a start on a copied cluster is half a second."""

    def __init__(self) -> None:
        self._server: Server | None = None

    def server(self) -> Server:
        if self._server is not None and self._server.tenant_count > TENANTS_AT_MOST:
            self.close()
        if self._server is None:
            # Tests stand for a proxy in front of it, too.
            self._server = Server(environment={"TANDEM_TRUSTED_PROXY": "127.0.0.1"})
            self._server.start()
            _running.append(self._server)
        return self._server

    def close(self) -> None:
        if self._server is not None:
            _running.remove(self._server)
            self._server.close()
            self._server = None


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Shared]:
    shared = Shared()
    yield shared
    shared.close()


@pytest.fixture(scope="module")
def tandem(shared_server: Shared) -> Server:
    return shared_server.server()


@pytest.fixture
def own_tandem() -> Iterator[Server]:
    with Server() as server:
        _running.append(server)
        yield server
        _running.remove(server)


@pytest.fixture
def tenant(tandem: Server, request: pytest.FixtureRequest) -> Tenant:
    return tandem.tenant(f"t{next(_numbers)}-{os.getpid()}", display_name=request.node.name[:60])


@pytest.fixture
def full() -> bool:
    """True in a show-thread target, which runs the long form of a test; False in `make test`."""
    return FULL


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[[str, Any], None]:
    """Notes a figure of this test in the file that TANDEM_FIGURES names (one JSON object a line), if it is set."""
    return lambda name, value: note({"test": request.node.name, "name": name, "value": value})


@pytest.fixture(scope="module")
def counts() -> Callable[[str, int], None]:
    return lambda name, number: note({"name": name, "value": number, "added": True})


def note(row: dict[str, Any]) -> None:
    if path := os.environ.get("TANDEM_FIGURES"):
        with pathlib.Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, default=str) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    """The worker processes of a run share its ground."""
    if not hasattr(config, "workerinput"):
        whole = contextlib.ExitStack()
        whole.enter_context(ground.shared())
        config.add_cleanup(whole.close)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long forms are selected by their show-thread target only. The longest files come first: one of them that came last would
    keep one worker when the others have nothing to do."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
    if not FULL:
        long = [item for item in items if item.get_closest_marker("full")]
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for server in _running:
            report.sections.append(("tandem serve", server.log_tail()))
