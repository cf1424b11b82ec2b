"""Another build of the binary without compiling one: bytes of it are changed, for others of the same number."""

from __future__ import annotations

import pathlib

from server import BINARY


def another_build(path: pathlib.Path, changes: dict[str, str], binary: pathlib.Path = BINARY) -> pathlib.Path:
    """Writes the binary with these texts in place of those, wherever they stand: in its SQL and in what calls it."""
    content = binary.read_bytes()
    for old, new in changes.items():
        assert len(old) == len(new), f"{old} and {new} differ in length"
        assert content.count(old.encode()) > 0, f"the binary does not contain {old}"
        content = content.replace(old.encode(), new.encode())
    path.write_bytes(content)
    path.chmod(0o755)
    return path


def build_before(path: pathlib.Path, migration: str, procedures: dict[str, str], binary: pathlib.Path = BINARY) -> pathlib.Path:
    """One that does not have the migration yet, and whose procedures have other names."""
    hidden = {f"tenant/migrations/{migration}.sql": f"tenant/migrationz/{migration}.sql"}
    return another_build(path, {**hidden, **procedures}, binary)
