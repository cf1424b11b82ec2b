"""Imports of what is new only (`--since`): of nightly files rows that were done are passed over, and none is lost."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Iterable
from typing import Any

import pytest

from console import Browser
from server import ROOT, CommandFailed, Server, Tenant

long = pytest.mark.skipif(os.environ.get("TANDEM_TEST_FULL") != "1", reason="make show-operations-import")
MAP = "match: external_id\ncursor: at\nfields: {external_id: id, name: name}\n"


class Nights:
    """Files of one system, night by night, and imports of them."""

    def __init__(self, folder: pathlib.Path, tenant: Tenant) -> None:
        self.folder = folder
        self.tenant = tenant
        self.map = MAP
        self.object = "accounts"

    def write(self, rows: Iterable[tuple[Any, ...]], head: str = "id,name,at") -> pathlib.Path:
        path = self.folder / "export.csv"
        path.write_text(head + "\n" + "".join(",".join(str(cell) for cell in row) + "\n" for row in rows))
        (self.folder / "map.yaml").write_text(self.map)
        return path

    def command(self, *more: str) -> tuple[str, ...]:
        return (
            "import", self.object, str(self.folder / "export.csv"), "--map", str(self.folder / "map.yaml"),
            "--tenant", self.tenant.slug, *more)

    def run(self, rows: Iterable[tuple[Any, ...]], *more: str, head: str = "id,name,at") -> dict[str, Any]:
        self.write(rows, head)
        return self.tenant.server.cli(*self.command(*more))["import"]

    def words(self, rows: Iterable[tuple[Any, ...]], *more: str) -> str:
        self.write(rows)
        return self.tenant.server.cli(*self.command(*more), json=False)

    def fail(self, *more: str) -> str:
        with pytest.raises(CommandFailed) as failure:
            self.tenant.server.cli(*self.command(*more))
        assert failure.value.code == 64, failure.value
        return failure.value.errors

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        return self.tenant.server.sql(query, None, schema=self.tenant.schema)

    def undo(self, done: dict[str, Any], *more: str) -> dict[str, Any]:
        return self.tenant.server.cli("import", "undo", done["id"], "--tenant", self.tenant.slug, *more)


@pytest.fixture
def nights(tmp_path: pathlib.Path, tenant: Tenant) -> Nights:
    return Nights(tmp_path, tenant)


def counts(done: dict[str, Any]) -> tuple[int, ...]:
    return tuple(done[name] for name in ("read", "created", "updated", "unchanged", "rejected", "passed_over"))


FIRST = [("a", "A", "2026-11-01T01:00:00Z"), ("b", "B", "2026-11-02T01:00:00Z"), ("c", "C", "2026-11-03T01:00:00Z")]
SECOND = [FIRST[0], ("b", "B two", "2026-11-04T02:00:00+01:00"), FIRST[2], ("d", "D", "2026-11-03T01:00:00Z")]


def test_night_after_night_only_what_is_new_is_read(nights: Nights) -> None:
    first = nights.run(FIRST)
    assert counts(first) == (3, 3, 0, 0, 0, 0)
    assert (first["cursor"]["since"], first["cursor"]["before"], first["cursor"]["kept"]) == (None, None, "2026-11-03T01:00:00Z")
    # Nothing is passed over that would change something: a tie at the border is read again.
    tried = nights.run(SECOND, "--since", "last", "--dry-run")
    assert counts(tried) == (3, 1, 1, 1, 0, 1)
    assert (tried["cursor"]["from"], tried["cursor"]["kept"]) == ("2026-11-03T01:00:00Z", "2026-11-03T01:00:00Z")
    second = nights.run(SECOND, "--since", "last")
    assert counts(second) == (3, 1, 1, 1, 0, 1)
    assert (second["cursor"]["before"], second["cursor"]["kept"]) == ("2026-11-03T01:00:00Z", "2026-11-04T01:00:00Z")
    assert nights.sql("select external_id, name from accounts order by 1") == [("a", "A"), ("b", "B two"), ("c", "C"), ("d", "D")]
    assert nights.sql("select count(*) from import_row where import = (select id from import order by created_at desc limit 1)") == [(3,)]
    third = nights.run(SECOND, "--since", "last")
    assert counts(third) == (1, 0, 0, 1, 0, 3)

    shown = nights.tenant.server.cli("import", "show", second["id"], "--tenant", nights.tenant.slug)["import"]
    assert (shown["passed_over"], shown["cursor"]["column"], shown["cursor"]["since"], shown["cursor"]["kept"]) == (
        1, "at", "last", "2026-11-04T01:00:00Z")
    table = nights.tenant.server.cli("import", "list", "--tenant", nights.tenant.slug, json=False)
    assert "PASSED OVER" in table.splitlines()[0] and "2026-11-04T01:00:00Z" in table
    page = Browser(nights.tenant.server).sign_in().get(f"/console/{nights.tenant.slug}/imports")
    assert "2026-11-04T01:00:00Z" in page.text and "export.csv" in page.text
    words = nights.words(SECOND, "--since", "last")
    assert "passed     3 rows with `at` below 2026-11-04T01:00:00Z" in words
    assert "cursor     2026-11-04T01:00:00Z; --since last goes on there" in words


def test_a_rejected_row_is_taken_again_until_it_fits(nights: Nights) -> None:
    nights.object = "opportunities"
    nights.map = MAP.replace("name: name}", "name: id, account: {column: name, ref: accounts.name}}")
    rows = [("o1", "Acme", "2026-11-01"), ("o2", "", "2026-11-02"), ("o3", "", "2026-11-03")]
    first = nights.run(rows)
    assert counts(first) == (3, 2, 0, 0, 1, 0) and first["cursor"]["kept"] == "2026-11-03T00:00:00Z"
    again = nights.run(rows, "--since", "last")
    assert counts(again) == (2, 0, 0, 1, 1, 1) and again["cursor"]["again"] == 1
    nights.tenant.api("POST", "/v1/accounts", {"name": "Acme"}).raise_for_status()
    words = nights.words(rows, "--since", "last")
    assert "created    1" in words and "again      1 rows below, since such were rejected before" in words
    assert counts(nights.run(rows, "--since", "last")) == (1, 0, 0, 1, 0, 2)


def test_rows_that_do_not_say_how_new_they_are_are_taken(nights: Nights) -> None:
    rows = [("a", "A", "2026-11-01"), ("b", "B", ""), ("c", "C", "n/a"), ("d", "D", "2999-01-01"), ("e", "E", "2026-11-02")]
    first = nights.run(rows)
    # A date that is not yet would pass over all that is to come.
    assert counts(first) == (5, 5, 0, 0, 0, 0) and first["cursor"]["kept"] == "2026-11-02T00:00:00Z"
    assert (first["cursor"]["without"], first["cursor"]["first_without"]) == (3, {"line": 3, "value": ""})
    assert counts(nights.run(rows, "--since", "last")) == (4, 0, 0, 4, 0, 1)
    words = nights.words(rows, "--since", "last")
    assert "no cursor  3 rows, which are taken every time: `at` is empty or cannot be used (line 3)" in words


def test_from_a_stated_value_on(nights: Nights) -> None:
    assert nights.run([], "--since", "2026-11-02", "--dry-run")["cursor"]["from"] == "2026-11-02T00:00:00Z"
    first = nights.run(FIRST, "--since", "2026-11-02T01:00:00Z")
    assert counts(first) == (2, 2, 0, 0, 0, 1) and first["cursor"]["kept"] == "2026-11-03T01:00:00Z"
    later = [*FIRST, ("d", "D", "2026-11-05"), ("e", "E", "2026-11-07")]
    ahead = nights.run(later, "--since", "2026-11-06")
    assert counts(ahead) == (1, 1, 0, 0, 0, 4)
    # What lies between was not read: the next reads it.
    assert (ahead["cursor"]["kept"], ahead["cursor"]["stays"]) == ("2026-11-03T01:00:00Z", True)
    assert "stays at 2026-11-03T01:00:00Z" in nights.words(later, "--since", "2026-11-06")
    assert counts(nights.run(later, "--since", "last")) == (3, 1, 0, 2, 0, 2)
    assert counts(nights.run(later, "--since", "2026-11-01")) == (5, 1, 0, 4, 0, 0)
    assert nights.run(later)["cursor"]["kept"] == "2026-11-07T00:00:00Z"


@long
def test_numbers_zones_and_an_overlap(nights: Nights) -> None:
    nights.map = MAP.replace("cursor: at", 'cursor: {column: at, type: number, format: "12,345.6", overlap: 5}')
    nights.run([("a", "A", '"1,090"'), ("b", "B", '"1,100"')])
    assert nights.run([("a", "A", '"1,094"'), ("b", "B", '"1,095.5"')], "--since", "last")["cursor"]["from"] == "1095"
    assert nights.run([("b", "B", '"1,110.5"')], "--since", "1,110")["passed_over"] == 0

    nights.map = MAP.replace("cursor: at", "cursor: {column: at, format: DD.MM.YYYY HH:mm, timezone: Europe/Berlin}")
    assert nights.run([("a", "A", "01.11.2026 08:00")])["cursor"]["kept"] == "2026-11-01T07:00:00Z"
    stated = nights.run([("a", "A", "01.11.2026 08:00"), ("b", "B", "01.11.2026 08:01")], "--since", "2026-11-01T08:01", "--dry-run")
    assert (stated["cursor"]["from"], counts(stated)) == ("2026-11-01T07:01:00Z", (1, 0, 0, 1, 0, 1))


@long
def test_what_an_import_goes_on_from_is_object_and_mapping(nights: Nights) -> None:
    nights.run(FIRST)
    # However the file is written and called.
    semicolons = [tuple(";".join(row).split(";")) for row in FIRST]
    path = nights.write([])
    path.write_text("id;name;at\n" + "".join(";".join(row) + "\n" for row in semicolons))
    assert nights.tenant.server.cli(*nights.command("--since", "last"))["import"]["passed_over"] == 2
    # Who takes something else takes it from all rows.
    nights.map = MAP.replace("name: name}", "name: name, industry: name}")
    assert counts(nights.run(FIRST, "--since", "last")) == (3, 0, 3, 0, 0, 0)
    nights.map = MAP.replace("cursor: at", "cursor: {column: at, name: other system}")
    words = nights.words(FIRST, "--since", "last")
    assert "0 rows: no import by this mapping, as it is, has ended yet" in words
    nights.map, nights.object = MAP, "products"
    assert counts(nights.run(FIRST, "--since", "last"))[1] == 3


def test_what_one_tenant_has_read_another_has_not(nights: Nights, tandem: Server) -> None:
    nights.run(FIRST)
    foreign = Nights(nights.folder, tandem.tenant("sincetwo"))
    assert counts(foreign.run(FIRST, "--since", "last")) == (3, 3, 0, 0, 0, 0)
    nights.map = MAP.replace("name: name}", "name: name, industry: name}")
    assert "0 rows: no import by this mapping, as it is, has ended yet" in nights.words(FIRST, "--since", "last")


def test_undo_puts_the_cursor_back(nights: Nights) -> None:
    first = nights.run(FIRST)
    second = nights.run(SECOND, "--since", "last")
    third = nights.run(SECOND, "--since", "last")
    tried = nights.tenant.server.cli("import", "undo", second["id"], "--tenant", nights.tenant.slug, "--dry-run", json=False)
    assert "the cursor would go back to 2026-11-03T01:00:00Z" in tried
    undone = nights.undo(second)
    assert undone["cursor"] == {"column": "at", "now": "2026-11-03T01:00:00Z"}
    # The import after it had found its rows unchanged: they come again.
    assert counts(nights.run(SECOND, "--since", "last")) == (3, 1, 1, 1, 0, 1)
    assert nights.undo(third)["cursor"]["now"] == "2026-11-04T01:00:00Z"
    assert nights.undo(first)["cursor"]["now"] is None
    assert nights.run(FIRST, "--since", "last", "--dry-run")["passed_over"] == 0


def test_what_cannot_be_asked_for_says_why(nights: Nights) -> None:
    nights.write(FIRST)
    assert "`last` or a date or time such as 2026-11-01" in nights.fail("--since", "yesterday")
    nights.map = MAP.replace("cursor: at", "cursor: changed")
    nights.write(FIRST)
    assert "line 2: the file has no column `changed`" in nights.fail("--since", "last")
    # Without the column the file can still be imported whole.
    assert "the file has no column `changed`: how far it comes is not kept" in nights.words(FIRST)
    nights.map = MAP.replace("cursor: at\n", "")
    nights.write(FIRST)
    assert "--since needs a `cursor` in the mapping" in nights.fail("--since", "last")
    nights.map = MAP.replace("match: external_id\n", "").replace("external_id: id, ", "")
    nights.write(FIRST)
    assert "line 1: `cursor` needs `match`" in nights.fail()
    nights.map = MAP
    nights.write([("a", "A", "1/2/2026")])
    message = nights.fail()
    assert "line 2: no `cursor` can be read, such as `1/2/2026` (line 2 of the file)" in message and "type: number" in message
    with pytest.raises(CommandFailed) as failure:
        nights.tenant.server.cli(
            "import", "events", str(nights.folder), "--format", "segment", "--since", "last", "--tenant", nights.tenant.slug)
    assert "name the new files" in failure.value.errors
    assert nights.sql("select count(*) from import_cursor") == [(0,)]


def test_events_by_a_mapping(nights: Nights) -> None:
    nights.object = "events"
    nights.map = "cursor: at\nevent: {value: Ordered}\nmessage_id: id\ntimestamp: at\nidentifiers: {user_id: name}\n"
    assert counts(nights.run(FIRST)) == (3, 3, 0, 0, 0, 0)
    more = [*FIRST, ("d", "D", "2026-11-04T01:00:00Z")]
    assert counts(nights.run(more, "--since", "last")) == (2, 1, 0, 1, 0, 2)
    assert nights.sql("select count(*) from events") == [(4,)]


@long
def test_killed_it_goes_on_with_what_it_had_asked_for(nights: Nights, tandem: Server) -> None:
    number = 4_000
    rows = [(f"a{i}", f"A{i}", f"2026-10-01T00:{i % 60:02}:00Z") for i in range(number)]
    newer = ("z", "Z", "2026-11-01T00:00:00Z")
    nights.write(rows)
    command = [str(tandem.binary), *nights.command("--since", "last"), "--data-dir", str(tandem.data_dir)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while nights.sql("select count(*) from accounts") < [(1000,)] and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert nights.sql("select state from import") == [("running",)] and nights.sql("select count(*) from import_cursor") == [(0,)]
    # Another one of the same mapping comes further meanwhile.
    assert nights.run([newer])["cursor"]["kept"] == "2026-11-01T00:00:00Z"
    done = nights.run(rows, "--since", "last")
    assert counts(done) == (number, number, 0, 0, 0, 0)
    assert (done["cursor"]["from"], done["cursor"]["kept"]) == (None, "2026-11-01T00:00:00Z")
    assert nights.sql("select count(*) from import") == [(2,)]


def test_a_cursor_tells_of_nobody(nights: Nights) -> None:
    nights.object = "contacts"
    nights.map = "match: email\ncursor: at\nfields: {email: id, last_name: name, title: {column: title, empty: reject}}\n"
    head = "id,name,at,title"
    nights.run([("buyer@since.example", "Buyer", "2026-11-01", "x")], head=head)
    rejected = nights.run([("buyer@since.example", "Buyer two", "2026-11-02", "")], "--since", "last", head=head)
    assert rejected["rejected"] == 1 and nights.sql("select open is not null from import_cursor") == [(True,)]
    nights.tenant.api("POST", "/v1/privacy/erase", {"type": "email", "value": "buyer@since.example"}).raise_for_status()
    left = [f"(select string_agg(r::text, ' ') from {relation} r)" for relation in ("import", "import_row", "import_cursor")]
    ((text,),) = nights.sql(f"select concat({', '.join(left)})")
    assert "1793577600000000" in text and "since.example" not in text and "Buyer" not in text
    assert nights.run([("next@since.example", "Next", "2026-11-03", "x")], "--since", "last", head=head)["passed_over"] == 0
