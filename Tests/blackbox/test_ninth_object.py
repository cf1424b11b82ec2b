"""A ninth object: a copy of the product with one migration, one description and one line of the catalogue passes, for that
object too, the tests that know no object by name."""

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

from server import ROOT

pytestmark = pytest.mark.alone

NINTH = ROOT / "Tests/blackbox/ninth"
MIGRATIONS = "sql/tenant/migrations"
CATALOGUE = "Sources/Tandem/Records/ObjectCatalog.swift"
DESCRIPTION = "Sources/Tandem/CRM/Vehicle.swift"
TESTS = ["test_objects.py", "test_isolation.py"]


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
    (target / ".build").mkdir()
    for entry in (ROOT / ".build").iterdir():
        subprocess.run(["cp", "-a", "--reflink=auto", str(entry), str(target / ".build")], check=True)
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
    result = subprocess.run(command, cwd=target, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert result.returncode == 0, (result.stdout + result.stderr)[-6000:]
    return target / ".build/debug/tandem"


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
    shutil.rmtree(folder)


@pytest.mark.timeout(3600)
def test_a_description_and_a_migration_make_an_object(
    target: pathlib.Path, tmp_path: pathlib.Path, figures: Callable[[str, Any], None]
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
    run = subprocess.run(
        [sys.executable, "-m", "pytest", f"--junit-xml={report}", *(f"Tests/blackbox/{name}" for name in TESTS)],
        cwd=ROOT, env={**os.environ, "TANDEM_TEST_BINARY": str(binary), "TANDEM_FIGURES": ""},
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    took = time.monotonic() - began
    assert run.returncode == 0, run.stdout[-8000:]

    tests = outcomes(report)
    assert {outcome for _, outcome, _ in tests} == {"passed"}
    of = {plural: {name.split("[")[0] for name, _, _ in tests if name.endswith(f"[{plural}]")} for plural in ("vehicles", "accounts")}
    assert of["vehicles"] == of["accounts"] and len(of["vehicles"]) > 10
    assert {"test_a_file_is_imported_twice_and_undone", "test_bi_sees_it_as_the_api_shows_it"} <= of["vehicles"]
    paths = {path for _, _, noted in tests for path in noted if path.startswith("/v1/vehicles")}
    assert len(paths) >= 9 and "/v1/vehicles/{id}" in paths

    figures("files added", 2)
    figures("lines changed elsewhere", 1)
    figures("generated tests of the new object", len(of["vehicles"]))
    figures("paths of the new object that were called with another tenant's ids", len(paths))
    figures("all tests that ran on the binary with it", len(tests))
    figures("seconds to build it", round(built, 1))
    figures("seconds of those tests", round(took, 1))
