"""Saving one tenant and making another of it: every table equal, nobody else touched, erasures hold, nothing is sent twice."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from server import CommandFailed, Server, Tenant
from test_privacy import Person, dump, erase, mentions, steady

Json = dict[str, Any]


@pytest.fixture
def folder() -> Iterator[pathlib.Path]:
    path = pathlib.Path("/tmp") / f"tdm-saved-{uuid.uuid4().hex[:8]}"
    yield path
    shutil.rmtree(path, ignore_errors=True)


def restore(server: Server, folder: pathlib.Path, name: str, *arguments: str) -> tuple[Json, Tenant]:
    made = server.cli("tenant", "restore", "--from", str(folder), "--as", name, *arguments)
    tenant = made["tenant"]
    return made, Tenant(
        slug=name, id=tenant["id"], schema=tenant["schema"], write_key=made["keys"]["write"], secret_key=made["keys"]["secret"],
        server=server)


def refused(server: Server, code: int, *arguments: str) -> Json:
    with pytest.raises(CommandFailed) as raised:
        server.cli(*arguments)
    assert raised.value.code == code, raised.value
    return json.loads(raised.value.errors)["error"]


def fill(tenant: Tenant) -> Person:
    """A tenant with a column of its own, a promoted trait, merges, and somebody in every table."""
    assert tenant.post("/v1/objects/account/fields", {
        "name": "cf_tier", "type": "select", "label": "Tier", "options": ["gold", "iron"]}).status_code == 201
    assert tenant.post("/v1/objects/contact/fields", {
        "name": "cf_badge", "type": "text", "label": "Badge", "unique": True, "searchable": True}).status_code == 201
    person = Person(tenant, uuid.uuid4().hex[:8])
    assert tenant.post("/v1/accounts", {"name": "Ümlaut \\ & Søn\tGmbH\nzwei", "cf_tier": "gold"}).status_code == 201
    assert tenant.post("/v1/contacts", {"first_name": "Grace", "email": "grace@navy.example", "cf_badge": "7"}).status_code == 201
    for number in range(40):
        assert tenant.ingest("identify", {
            "userId": f"u-{number}", "traits": {"plan": "pro", "email": f"u{number}@people.example", "seats": number}}).ok
    first, second = ({"type": "user_id", "value": f"u-{number}"} for number in (1, 2))
    assert tenant.post("/v1/merges", {"winner": first, "loser": second, "ref": "ticket-1"}).status_code == 201
    tenant.server.cli("bi", "promote", "plan", "--tenant", tenant.slug)
    return person


def test_a_tenant_is_restored_beside_itself_with_every_table_equal_and_nobody_else_touched(
    tandem: Server, tenant: Tenant, folder: pathlib.Path
) -> None:
    fill(tenant)
    other = tandem.tenant(f"{tenant.slug}-other")
    assert other.ingest("identify", {"userId": "u-1", "traits": {"email": "u1@people.example"}}).ok
    saved = tandem.cli("tenant", "export", tenant.slug, "--to", str(folder))
    assert saved["rows"] > 200 and saved["tenant"] == tenant.slug
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    before, others = steady(dump(tandem, tenant)), steady(dump(tandem, other))

    made, copy = restore(tandem, folder, f"{tenant.slug}-copy")
    sums = {table["name"]: (table["rows"], table["checksum"]) for table in saved["tables"]}
    assert {table["name"]: (table["rows"], table["checksum"]) for table in made["tables"]} == sums
    assert {table["result"] for table in made["tables"]} == {"equal"}
    assert sums["event_log"][0] > 40 and sums["accounts"][0] >= 2 and sums["edge"][0] >= 1
    assert steady(dump(tandem, tenant)) == before
    assert steady(dump(tandem, other)) == others

    # It works by itself, under its own keys and no other.
    assert made["tenant"]["id"] != tenant.id and made["tenant"]["state"] == "active"
    assert copy.get("/v1/profiles/by/user_id/u-2").json()["id"] == tenant.get("/v1/profiles/by/user_id/u-1").json()["id"]
    assert requests.get(
        f"{tandem.base_url}/v1/accounts", headers={"Authorization": f"Bearer {tenant.secret_key}"}, timeout=30
    ).json()["items"] == copy.get("/v1/accounts").json()["items"]
    assert copy.get("/v1/accounts?filter=cf_tier eq \"gold\"").status_code in (200, 400)
    taken = copy.post("/v1/contacts", {"first_name": "Joan", "cf_badge": "7"})
    assert taken.status_code == 409, taken.text
    assert copy.ingest("track", {"userId": "u-new", "event": "Began"}).json()["accepted"] == 1
    assert copy.post("/v1/merges/" + copy.get("/v1/merges?ref=ticket-1").json()["items"][0]["id"] + ":undo").ok
    assert tenant.get("/v1/profiles/by/user_id/u-new").status_code == 404
    assert tenant.get("/v1/merges?ref=ticket-1").json()["items"][0]["state"] == "applied"
    assert tandem.sql("select * from check_identity()", schema=copy.schema) == []
    findings = {item["check"]: item["result"] for item in doctor(tandem, copy)}
    assert findings["identity"] == findings["audit"] == "ok"
    # What BI sees is there too, with a login of its own.
    login = tandem.cli("bi", "user", "create", copy.slug, "analyst")
    assert login["schema"] == copy.schema
    count = subprocess.run(
        ["psql", login["dsn"], "-Atc", "select count(*) from events"], capture_output=True, text=True, check=True).stdout
    assert int(count) == sums["event_log"][0] + 1


def doctor(server: Server, tenant: Tenant) -> list[Json]:
    command = [str(server.binary), "doctor", "--tenant", tenant.slug, "--data-dir", str(server.data_dir), "-o", "json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)["items"]


def test_who_was_erased_since_the_backup_is_erased_again_and_kept_out(
    tandem: Server, tenant: Tenant, folder: pathlib.Path
) -> None:
    person = Person(tenant, uuid.uuid4().hex[:8])
    assert tenant.ingest("identify", {"userId": "kept-out", "traits": {"email": "out@people.example"}}).ok
    assert tenant.ingest("identify", {"userId": "stays", "traits": {"email": "stays@people.example"}}).ok
    tandem.cli("tenant", "export", tenant.slug, "--to", str(folder))
    assert person.email in (folder / "contacts.copy").read_text()
    erase(tenant, "email", person.email)
    assert tenant.post("/v1/privacy/suppress", {"type": "user_id", "value": "kept-out"}).ok

    made, copy = restore(tandem, folder, f"{tenant.slug}-copy")
    assert made["suppressions"]["erased"] == 1 and made["suppressions"]["changed"] >= 4
    assert mentions(dump(tandem, copy), person) == []
    assert copy.get("/v1/profiles/by/user_id/stays").status_code == 200
    assert copy.get("/v1/profiles/by/user_id/kept-out").status_code == 200
    for user in (person.user, "kept-out"):
        answer = copy.ingest("track", {"userId": user, "event": "Back"})
        assert (answer.status_code, answer.json()["code"]) == (400, "suppressed"), answer.text
    # A backup of the copy knows it as well, when neither the first tenant nor its list is there any more.
    again = folder.with_name(folder.name + "-2")
    try:
        tandem.cli("tenant", "export", copy.slug, "--to", str(again))
        tandem.cli("tenant", "delete", tenant.slug, "--confirm", tenant.slug, "--grace", "0d")
        _, third = restore(tandem, again, f"{tenant.slug}-third")
        assert third.ingest("track", {"userId": person.user, "event": "Back"}).status_code == 400
    finally:
        shutil.rmtree(again, ignore_errors=True)


def test_what_waited_to_be_sent_is_not_sent_again(tandem: Server, tenant: Tenant, folder: pathlib.Path) -> None:
    assert tenant.post("/v1/activities", {
        "type": "task", "subject": "Call back", "status": "planned", "due_at": "2026-01-05T10:00:00Z",
        "reminders": [{"minutes": 10}]}).status_code == 201
    assert tenant.post("/v1/accounts", {"name": "Acme"}).status_code == 201
    tandem.sql("update reminder set sent_at = null, seen_at = null", schema=tenant.schema)
    tandem.cli("tenant", "export", tenant.slug, "--to", str(folder))
    made, copy = restore(tandem, folder, f"{tenant.slug}-copy")
    assert made["not_sent_again"]["outbox"] > 0 and made["not_sent_again"]["reminders"] == 1, made["not_sent_again"]
    assert tandem.sql("select count(*) from outbox", schema=copy.schema) == [(0,)]
    assert tandem.sql("select count(*) from reminder where sent_at is null or seen_at is null", schema=copy.schema) == [(0,)]


def test_a_damaged_backup_is_refused_by_name_and_leaves_nothing_behind(
    tandem: Server, tenant: Tenant, folder: pathlib.Path
) -> None:
    assert tenant.post("/v1/accounts", {"name": "Acme"}).status_code == 201
    tandem.cli("tenant", "export", tenant.slug, "--to", str(folder))
    name = f"{tenant.slug}-copy"
    arguments = ("tenant", "restore", "--from", str(folder), "--as", name)
    assert refused(tandem, 6, "tenant", "export", tenant.slug, "--to", str(folder))["code"] == "conflict"
    assert refused(tandem, 6, "tenant", "restore", "--from", str(folder), "--as", tenant.slug)["code"] == "duplicate"
    assert refused(tandem, 5, "tenant", "restore", "--from", str(folder / "nowhere"), "--as", name)["code"] == "not_found"
    assert refused(tandem, 64, "tenant", "restore", "--from", str(folder))["code"] == "usage"
    whole = tandem.cli(*arguments, "--dry-run")
    assert whole["dry_run"] is True

    accounts = folder / "accounts.copy"
    text = accounts.read_text()
    accounts.write_text(text.replace("Acme", "Amce"))
    error = refused(tandem, 1, *arguments)
    assert error["code"] == "damaged" and "accounts.copy" in error["message"]
    accounts.write_text(text[:-5])
    assert "ends within a row" in refused(tandem, 1, *arguments)["message"]
    accounts.write_text(text)

    manifest = folder / "manifest.json"
    kept = json.loads(manifest.read_text())
    newer = json.loads(manifest.read_text())
    newer["saved"]["migrations"]["tenant/migrations/9999_later.sql"] = "00" * 32
    manifest.write_text(json.dumps(newer))
    assert "9999_later" in refused(tandem, 6, *arguments)["message"]
    # A column that nobody has here fails while rows are being copied: then all of it is taken back.
    odd = json.loads(json.dumps(kept))
    next(table for table in odd["tables"] if table["name"] == "accounts")["columns"][0] = "no_such_column"
    manifest.write_text(json.dumps(odd))
    assert "no_such_column" in refused(tandem, 6, *arguments)["message"]
    assert name not in [item["slug"] for item in tandem.cli("tenant", "list")["items"]]
    assert tandem.sql("select count(*) from pg_namespace where nspname ~ '^t_' and nspname !~ '_i$'") == tandem.sql(
        "select count(*) from tandem.tenant")
    manifest.write_text(json.dumps(kept))
    restore(tandem, folder, name)


def test_an_older_backup_is_brought_to_this_version(tandem: Server, tenant: Tenant, folder: pathlib.Path) -> None:
    """One that was written before the last migration."""
    assert tenant.post("/v1/accounts", {"name": "Acme"}).status_code == 201
    tandem.cli("tenant", "export", tenant.slug, "--to", str(folder))
    manifest = json.loads((folder / "manifest.json").read_text())
    # Nor those that change what it made.
    later = [path for path in manifest["saved"]["migrations"] if "0041_tasks_internal" in path or "0125_task_failures" in path]
    for path in later:
        del manifest["saved"]["migrations"][path]
    tables = [table for table in manifest["tables"] if table["name"] not in ("reminder", "task_occurrence", "timer")]
    (folder / "manifest.json").write_text(json.dumps({**manifest, "tables": tables}))
    made, copy = restore(tandem, folder, f"{tenant.slug}-copy")
    assert made["tenant"]["version"] == len(manifest["saved"]["migrations"]) + len(later)
    assert copy.get("/v1/accounts").json()["items"][0]["name"] == "Acme"
    assert tandem.sql("select count(*) from timer", schema=copy.schema)[0][0] > 0
