"""Faults put into the SQL of a running server on purpose, to show that the comparison with the model can fail.

A mutation replaces one piece of one procedure's file below sql/code and creates the changed function in the shared
code schema; leaving the `mutated` context creates the function from the file as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

CODE = Path(__file__).resolve().parents[3] / "sql" / "code"


@dataclass(frozen=True)
class Mutation:
    name: str
    path: str  # below sql/code
    pattern: str  # regular expression, must match exactly once
    replacement: str
    description: str

    def text(self) -> str:
        """The changed file. The pattern must match once, so that a mutation cannot quietly stop mutating."""
        changed, count = re.subn(self.pattern, self.replacement, self.original(), flags=re.MULTILINE)
        if count != 1:
            raise LookupError(f"mutation {self.name}: {self.path} matches {count} times, not once")
        return changed

    def original(self) -> str:
        return (CODE / self.path).read_text()


def apply(dsn: str, text: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set search_path = tandem_code, pg_temp")
        connection.execute("set check_function_bodies = off")
        connection.execute(text)


@contextmanager
def mutated(dsn: str, mutation: Mutation) -> Iterator[None]:
    """Runs the block while the server has the fault."""
    text = mutation.text()
    try:
        apply(dsn, text)
        yield
    finally:
        apply(dsn, mutation.original())


MUTATIONS: list[Mutation] = []
