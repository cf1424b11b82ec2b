"""The contracts of the procedures, stated in SQL: every sql/tests/FEATURE/NAME_test.sql with pgTAP.

Each file runs in a transaction of one migrated tenant, which is rolled back. A failing assertion is shown with what pgTAP says of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest

from server import ROOT, Server, code_schema

FOLDER = ROOT / "sql/tests"
FILES = sorted(FOLDER.rglob("*_test.sql"))


@pytest.fixture(scope="module")
def connection() -> Iterator[psycopg.Connection]:
    """A superuser's connection to a new tenant with pgTAP, on a server of its own: what pgTAP brings is nothing for BI to see."""
    with Server() as server:
        schema = server.tenant("pgtap").schema
        with psycopg.connect(server.dsn) as connection:
            connection.execute("create schema tap")
            connection.execute("create extension pgtap schema tap")
            connection.execute(f"set search_path to tap, {code_schema()}, pg_temp")
            connection.execute("set check_function_bodies to off")
            connection.execute((FOLDER / "setup.sql").read_text())
            connection.execute(f"set search_path to {schema}, {schema}_i, {code_schema()}, tap, pg_temp")
            connection.commit()
            yield connection
            connection.rollback()


def tap(connection: psycopg.Connection, script: str) -> list[str]:
    """What the script's queries answer as text, line by line."""
    lines: list[str] = []
    cursor = connection.execute(script)
    while True:
        if cursor.description and len(cursor.description) == 1:
            lines += [line for (value,) in cursor.fetchall() if isinstance(value, str) for line in value.split("\n")]
        if not cursor.nextset():
            return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)).removesuffix("_test.sql"))
def test_contract(connection: psycopg.Connection, path) -> None:
    try:
        lines = tap(connection, path.read_text())
    finally:
        connection.rollback()
    assertions = [line for line in lines if re.match(r"(not )?ok \d+ ", line)]
    print("\n".join(assertions))
    failed = [line for line in lines if line.startswith(("not ok ", "# "))]
    assert failed == [], "\n".join(lines)
    (plan,) = [line for line in lines if line.startswith("1..")]
    assert plan == f"1..{len(assertions)}"


def test_every_file_states_some_contract() -> None:
    assert len(FILES) >= 10
