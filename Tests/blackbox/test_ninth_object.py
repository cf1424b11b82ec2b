"""A ninth object: a copy of the product with one migration, one description and one line of the catalogue passes, for that
object too, the tests that know no object by name. The other objects pass them with the product as it is; the long form runs them
for all on the copy."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import ground
from server import ROOT

NINTH = ROOT / "Tests/blackbox/ninth"
MIGRATIONS = "sql/tenant/migrations"
CATALOGUE = "Sources/Tandem/Records/ObjectCatalog.swift"
DESCRIPTION = "Sources/Tandem/CRM/Vehicle.swift"
TESTS = [str(ROOT / "Tests/blackbox" / name) for name in ("test_objects.py", "test_isolation.py")]


def not_copied(folder: str, names: list[str]) -> list[str]:
    """What was built and the copy's build does not read, which is larger than the rest; and what other tests make there."""
    if pathlib.Path(folder) == ROOT / ".build":
        return [name for name in names if name in ("load", "screenshots")]
    if pathlib.Path(folder).parent == ROOT / ".build":
        return [name for name in names if name == "release"]
    if pathlib.Path(folder).name == "debug":
        return [name for name in names if name == "index" or name.endswith(".xctest")]
    return []


def tree(folder: pathlib.Path) -> dict[str, bytes]:
    """The files of a copy by their paths, without what is built."""
    paths = [path for path in folder.rglob("*") if ".build" not in path.parts and path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def copy(target: pathlib.Path) -> None:
    """The product's files (what git has and what it would take) with their times, and what was built of them, so that little
    is built anew."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for path in listed.split("\0"):
        if (ROOT / path).is_file():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, target / path)
    shutil.copytree(ROOT / ".build", target / ".build", symlinks=True, ignore=not_copied)
    if (ROOT / "Package.resolved").exists():
        shutil.copy2(ROOT / "Package.resolved", target)


def add_vehicles(target: pathlib.Path) -> list[str]:
    """The paths that a ninth object needs."""
    last = max(int(path.name[:4]) for path in (target / MIGRATIONS).glob("*.sql"))
    migration = f"{MIGRATIONS}/{last + 1:04}_vehicles.sql"
    shutil.copy(NINTH / "vehicles.sql", target / migration)
    shutil.copy(NINTH / "Vehicle.swift", target / DESCRIPTION)
    text = (target / CATALOGUE).read_text()
    changed, count = re.subn(r"(public static let standard = ObjectCatalog\(\[\n)", r"\1        .vehicle,\n", text)
    assert count == 1
    (target / CATALOGUE).write_text(changed)
    return sorted([migration, DESCRIPTION, CATALOGUE])


def build(target: pathlib.Path) -> pathlib.Path:
    """Builds the copy's binary. What was compiled is valid at its own path only: where a mount namespace may be made, the copy
    is built at the original's place, else where it is, from the beginning."""
    command = ["swift", "build", "--product", "tandem"]
    private = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    if subprocess.run([*private, "true"], capture_output=True).returncode == 0:
        script = 'mount --bind "$0" "$1" && cd "$1" && shift && exec "$@"'
        command = [*private, "bash", "-c", script, str(target), str(ROOT), *command]
    else:
        for entry in (target / ".build").iterdir():
            if entry.name not in ("checkouts", "repositories", "workspace-state.json", "artifacts"):
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    # SwiftPM locks a place by its path among the temporary files: what is built in the original meanwhile is another matter.
    own = {**os.environ, "TMPDIR": str(target.parent)}
    result = subprocess.run(command, cwd=target, env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert result.returncode == 0, (result.stdout + result.stderr)[-6000:]
    return target / ".build/debug/tandem"


def pytest_run(binary: pathlib.Path, *arguments: str) -> str:
    """Runs pytest with that binary; what it said."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        env={**os.environ, "TANDEM_TEST_BINARY": str(binary), "TANDEM_FIGURES": ""})
    assert run.returncode == 0, run.stdout[-8000:]
    return run.stdout


def outcomes(report: pathlib.Path) -> list[tuple[str, str, list[str]]]:
    """(test, passed or what else, the paths that it noted) of a run."""
    found = []
    for case in xml.parse(report).getroot().iter("testcase"):
        bad = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        paths = [item.get("value", "") for item in case.iter("property") if item.get("name") == "path"]
        found.append((case.get("name", ""), bad[0] if bad else "passed", paths))
    return found


@pytest.fixture
def target(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """A copy of the product; gone afterwards, because it is large."""
    folder = tmp_path / "tandem"
    copy(folder)
    yield folder
    ground.remove(folder)


@pytest.mark.timeout(3600)
def test_a_description_and_a_migration_make_an_object(
    target: pathlib.Path, tmp_path: pathlib.Path, full: bool, figures: Callable[[str, Any], None]
) -> None:
    before = tree(target)
    needed = add_vehicles(target)
    began = time.monotonic()
    binary = build(target)
    built = time.monotonic() - began

    after = tree(target)
    assert sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path)) == needed
    changed = set(after[CATALOGUE].splitlines()) ^ set(before[CATALOGUE].splitlines())
    assert changed == {b"        .vehicle,"}

    report = tmp_path / "report.xml"
    began = time.monotonic()
    pytest_run(binary, f"--junit-xml={report}", *TESTS, *([] if full else ["-k", "vehicles or test_isolation"]))
    took = time.monotonic() - began

    tests = outcomes(report)
    assert {outcome for _, outcome, _ in tests} == {"passed"}
    passed = {name.split("[")[0] for name, _, _ in tests if name.endswith("[vehicles]")}
    collected = pytest_run(binary, "--collect-only", "-q", TESTS[0]).splitlines()
    asked = {line.split("::")[1].split("[")[0] for line in collected if line.endswith("[accounts]")}
    assert passed == asked and len(passed) > 10
    assert {"test_a_file_is_imported_twice_and_undone", "test_bi_sees_it_as_the_api_shows_it"} <= passed
    paths = {path for _, _, noted in tests for path in noted if path.startswith("/v1/vehicles")}
    assert len(paths) >= 9 and "/v1/vehicles/{id}" in paths

    figures("files added", 2)
    figures("lines changed elsewhere", 1)
    figures("generated tests of the new object", len(passed))
    figures("paths of the new object that were called with another tenant's ids", len(paths))
    figures("all tests that ran on the binary with it", len(tests))
    figures("seconds to build it", round(built, 1))
    figures("seconds of those tests", round(took, 1))
