"""Files without a mapping: what they are is found out, what nobody can know is asked for; and a large one, tried, imported,
killed, gone on with and taken back."""

from __future__ import annotations

import csv
import json
import os
import pathlib
import random
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from contacts import write
from server import BINARY, ROOT, CommandFailed, Tenant

FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
ROWS = int(os.environ.get("TANDEM_IMPORT_ROWS", "1000000" if FULL else "6000"))
SEED = int(os.environ.get("TANDEM_SEED", "11"))

MAP = """
match: external_id
fields:
  external_id: Kontakt-ID
  first_name: Vorname
  last_name: Nachname
  email: E-Mail
  phone: Telefon
"""


def detect(*arguments: str) -> tuple[int, dict[str, Any], str]:
    result = subprocess.run(
        [str(BINARY), "import", "detect", *arguments, "-o", "json"], cwd=ROOT, text=True, capture_output=True, timeout=120)
    return result.returncode, json.loads(result.stdout) if result.stdout else {}, result.stderr


def columns(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in found["columns"]}


TEXT = "Id;Name;Größe\n1;Müller & Söhne;1,5\n2;Straße 7;22,75\n"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16le"), ("utf-16-be", "utf-16be"), ("cp1252", "windows-1252")],
)
def test_encodings_are_known_by_their_bytes(tmp_path: pathlib.Path, tenant: Tenant, encoding: str, expected: str) -> None:
    path = tmp_path / "data.csv"
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    path.write_bytes(mark + TEXT.encode(encoding))
    code, found, _ = detect("accounts", str(path))
    assert code == 0 and (found["encoding"], found["delimiter"], found["header"], found["rows"]) == (expected, ";", True, 2)
    assert columns(found)["Größe"]["format"] == "1.234,5" and columns(found)["Name"]["field"] == "name"
    # The mapping says neither encoding nor delimiter.
    map = tmp_path / "map.yaml"
    map.write_text('match: external_id\nfields:\n  external_id: Id\n  name: Name\n', encoding="utf-8")
    done = tenant.server.cli("import", "accounts", str(path), "--map", str(map), "--tenant", tenant.slug)["import"]
    assert done["created"] == 2
    names = {item["name"] for item in tenant.get("/v1/accounts").json()["items"]}
    assert names == {"Müller & Söhne", "Straße 7"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_files_without_a_header(tmp_path: pathlib.Path, delimiter: str) -> None:
    path = tmp_path / "data.csv"
    rows = [["a1", "buyer-1@acme.example", "true", "12"], ["a2", "buyer-2@acme.example", "false", "13"]]
    path.write_text("".join(delimiter.join(row) + "\n" for row in rows))
    code, found, _ = detect("contacts", str(path))
    assert (code, found["delimiter"], found["header"], found["rows"]) == (0, delimiter, False, 2)
    assert [column["type"] for column in found["columns"]] == ["text", "email", "boolean", "integer"]
    path.write_text(delimiter.join(["Key", "E-Mail", "Active", "Count"]) + "\n" + path.read_text())
    found = detect("contacts", str(path))[1]
    assert (found["header"], found["rows"], columns(found)["E-Mail"]["field"]) == (True, 2, "email")


def test_dates_and_numbers_that_can_be_read_in_two_ways_are_asked_for(tmp_path: pathlib.Path, tenant: Tenant) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("Deal Name,Close Date,Signed,Amount,Other\nA,03/04/2026,13/04/2026,1.500,1.500\nB,05/06/2026,01/02/2026,2.250,2.2\n")
    code, found, err = detect("opportunities", str(path))
    seen = columns(found)
    assert code == 3
    assert seen["Close Date"]["ambiguous"] and seen["Close Date"]["readings"] == ["DD/MM/YYYY", "MM/DD/YYYY"]
    assert seen["Close Date"]["format"] is None and seen["Signed"]["format"] == "DD/MM/YYYY"
    assert seen["Amount"]["ambiguous"] and not seen["Other"]["ambiguous"]
    text = subprocess.run(
        [str(BINARY), "import", "detect", "opportunities", str(path)], cwd=ROOT, text=True, capture_output=True, timeout=60)
    assert "--date-format" in text.stderr and "is 03/04/2026 DD/MM/YYYY or MM/DD/YYYY?" in text.stderr
    found = detect("opportunities", str(path), "--date-format", "MM/DD/YYYY")[1]
    assert columns(found)["Close Date"]["format"] == "MM/DD/YYYY"
    assert 'close_date: {column: "Close Date", format: "MM/DD/YYYY"}' in found["mapping"]

    map = tmp_path / "map.yaml"
    map.write_text("match: name\nfields:\n  name: Deal Name\n  close_date: Close Date\n")
    command = ("import", "opportunities", str(path), "--map", str(map), "--tenant", tenant.slug)
    with pytest.raises(CommandFailed) as refused:
        tenant.server.cli(*command)
    assert "ambiguous_date" in refused.value.errors
    assert tenant.server.cli(*command, "--date-format", "DD/MM/YYYY")["import"]["created"] == 2
    assert {item["close_date"] for item in tenant.get("/v1/opportunities").json()["items"]} == {"2026-04-03", "2026-06-05"}


def test_a_proposed_mapping_can_be_imported_by(tmp_path: pathlib.Path, tenant: Tenant) -> None:
    path, map = tmp_path / "people.csv", tmp_path / "map.yaml"
    path.write_text("Record ID,First Name,Last Name,Email,Phone Number,Shoe Size\n7,Role,Buyer,buyer-7@acme.example,+49 221 7654321,42\n")
    map.write_text(detect("contacts", str(path))[1]["mapping"])
    assert "# FIELD: \"Shoe Size\"" in map.read_text()
    command = ("import", "contacts", str(path), "--map", str(map), "--tenant", tenant.slug)
    assert tenant.server.cli(*command)["import"]["created"] == 1
    contact = tenant.get("/v1/contacts").json()["items"][0]
    assert (contact["external_id"], contact["last_name"], contact["phone"]) == ("7", "Buyer", "+49 221 7654321")


def test_the_mappings_that_come_along_fit_their_objects(tmp_path: pathlib.Path, tenant: Tenant) -> None:
    items = tenant.server.cli("import", "mappings")["items"]
    assert {item["name"].split("-")[0] for item in items} == {"hubspot", "salesforce", "pipedrive", "close"}
    for item in items:
        text = tenant.server.cli("import", "mappings", item["name"], json=False)
        lines = [line.strip() for line in text.splitlines() if line.startswith("  ")]
        names = [line.split("column: ")[1].split(",")[0].rstrip("}") if "column: " in line else line.split(": ", 1)[1] for line in lines]
        (cursor,) = [line.removeprefix("cursor: ") for line in text.splitlines() if line.startswith("cursor: ")]
        cursor = cursor.split("column: ")[1].split(",")[0] if "column: " in cursor else cursor
        path = tmp_path / f"{item['name']}.csv"
        path.write_text(",".join([*names, cursor]) + "\n")
        # Every field is one of the object's, every reference leads somewhere, every column is the header's.
        done = tenant.server.cli(
            "import", item["object"], str(path), "--map", item["name"], "--tenant", tenant.slug, "--dry-run")["import"]
        assert (done["read"], done["rejected"], done["cursor"]["column"]) == (0, 0, cursor), item
        assert "missing" not in done["cursor"]
    with pytest.raises(CommandFailed) as refused:
        tenant.server.cli("import", "leads", str(path), "--map", "hubspot-contacts", "--tenant", tenant.slug)
    assert "is for contacts" in refused.value.errors


def test_what_was_tried_is_what_is_imported(tmp_path: pathlib.Path, tenant: Tenant) -> None:
    path, map = tmp_path / "a.csv", tmp_path / "map.yaml"
    path.write_text("id,name,size\n1,One,5\n2,Two,many\n3,,6\n")
    map.write_text("match: external_id\nfields:\n  external_id: id\n  name: {column: name, empty: reject}\n  employee_count: size\n")
    command = ("import", "accounts", str(path), "--map", str(map), "--tenant", tenant.slug)
    for name in ("rows.csv", "rows.jsonl"):
        tried = tenant.server.cli(*command, "--dry-run", "--report", str(tmp_path / name))["import"]
    assert (tried["created"], tried["rejected"], tried["encoding"]) == (1, 2, "utf-8")
    with (tmp_path / "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["outcome"], row["column"], row["field"]) for row in rows] == [
        ("2", "created", "", ""), ("3", "rejected", "size", "employee_count"), ("4", "rejected", "name", "name")]
    assert all(row["reason"] for row in rows[1:])
    lines = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [line["outcome"] for line in lines] == ["created", "rejected", "rejected"]
    path.write_text(path.read_text() + "4,Four,7\n")
    with pytest.raises(CommandFailed) as refused:
        tenant.server.cli(*command, "--sha256", tried["file_sha256"])
    assert "file_changed" in refused.value.errors and "--dry-run" in refused.value.errors
    assert tenant.get("/v1/accounts").json()["items"] == []
    again = tenant.server.cli(*command, "--dry-run")["import"]["file_sha256"]
    assert tenant.server.cli(*command, "--sha256", again)["import"]["created"] == 2


def test_a_large_file_is_killed_gone_on_with_and_taken_back(
    tmp_path: pathlib.Path, tenant: Tenant, figures: Callable[[str, Any], None]
) -> None:
    made = write(tmp_path / "contacts.csv", ROWS, SEED)
    map = tmp_path / "map.yaml"
    map.write_text(MAP, encoding="utf-8")
    code, found, _ = detect("contacts", str(made.path))
    seen = columns(found)
    assert (code, found["encoding"], found["delimiter"], found["rows"]) == (0, "windows-1252", ";", ROWS)
    assert (found["odd_rows"], found["odd_lines"]) == (1, [made.odd_line])
    assert (seen["Umsatz"]["format"], seen["Angelegt"]["format"]) == ("1.234,5", "DD.MM.YYYY")
    figures("file, MB", round(made.path.stat().st_size / 1e6, 1))

    command = ["import", "contacts", str(made.path), "--map", str(map), "--tenant", tenant.slug]
    counts = lambda: tenant.server.sql("select count(*), count(distinct external_id) from contacts", schema=tenant.schema)[0]  # noqa: E731
    chance, began, kills = random.Random(SEED), time.monotonic(), 0
    for _ in range(3):
        process = start(tenant, command)
        time.sleep(chance.uniform(0.3, 1.0 if not FULL else 60))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait(60)
    process = start(tenant, command)
    out, err = process.communicate(timeout=7_000)
    took = time.monotonic() - began
    assert process.returncode == 0, err.decode()
    done = json.loads(out)
    report = done["import"]
    figures("killed", kills)
    figures("rows a second, kills included", round(ROWS / took))
    figures("memory of the import, MB", round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1_024))
    figures("rejected", report["rejected"])
    assert report["read"] == ROWS and report["rejected"] == made.bad + 1
    assert report["created"] == made.contacts and counts() == (made.contacts, made.contacts)
    rejects = [json.loads(line) for line in pathlib.Path(done["rejects"]).read_text().splitlines()]
    assert len(rejects) == made.bad + 1 and any(line["line"] == made.odd_line for line in rejects)
    # Letters arrived.
    assert tenant.get("/v1/contacts?limit=1").json()["items"][0]["first_name"].startswith("Prüfling ")
    # Undone: as before.
    began = time.monotonic()
    undone = tenant.server.cli("import", "undo", report["id"], "--tenant", tenant.slug, timeout_s=7_000)
    figures("undone, rows a second", round(made.contacts / (time.monotonic() - began)))
    assert (undone["removed"], undone["kept"]) == (made.contacts, 0) and counts() == (0, 0)


def start(tenant: Tenant, command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(BINARY), *command, "--data-dir", str(tenant.server.data_dir), "-o", "json"], cwd=ROOT, env=tenant.server._environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
