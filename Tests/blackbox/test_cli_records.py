"""The command line's nouns for people and records answer what the API shows."""

from __future__ import annotations

import csv
import io
import json
import subprocess

import pytest

from server import CommandFailed, Tenant


@pytest.fixture
def person(tenant: Tenant) -> Tenant:
    batch = [
        {"type": "track", "anonymousId": "a1", "event": "Viewed", "messageId": "1"},
        {"type": "identify", "userId": "u1", "traits": {"email": "buyer@acme.example", "plan": "pro"}, "messageId": "2"},
        {"type": "identify", "userId": "u1", "anonymousId": "a1", "messageId": "3"},
        {"type": "track", "userId": "u2", "event": "Signed Up", "messageId": "4"},
    ]
    assert tenant.ingest("batch", {"batch": batch}).json()["accepted"] == 4
    return tenant


def cli(tenant: Tenant, *arguments: str, **options):
    return tenant.server.cli(*arguments, "--tenant", tenant.slug, **options)


def test_a_profile_is_found_by_id_and_by_identifier_and_shown_as_the_api_does(person: Tenant) -> None:
    found = cli(person, "profile", "find", "email", "Buyer@Acme.example")
    ways = [
        cli(person, "profile", "show", found["id"]),
        cli(person, "profile", "show", "anonymous_id:a1"),
        person.get("/v1/profiles/" + found["id"]).json(),
    ]
    # The server may promote a trait meanwhile, which raises the version.
    assert all({**way, "version": None} == {**found, "version": None} for way in ways)
    assert found["id"].startswith("prof_") and found["traits"]["plan"] == "pro"
    assert len(cli(person, "profile", "list")["items"]) == 2
    kinds = [item["kind"] for item in cli(person, "profile", "timeline", found["id"])["items"]]
    assert kinds.count("event") == 3 and "merge" in kinds
    with pytest.raises(CommandFailed) as failure:
        cli(person, "profile", "find", "user_id", "nobody")
    assert failure.value.code == 5


def test_a_merge_is_planned_applied_drawn_and_undone(person: Tenant) -> None:
    plan = cli(person, "merge", "apply", "user_id:u1", "user_id:u2", "--ref", "by-hand", "--dry-run")
    assert plan["dry_run"] and plan["state"] == "applied"
    assert len(cli(person, "profile", "list")["items"]) == 2
    made = cli(person, "merge", "apply", "user_id:u1", "user_id:u2", "--ref", "by-hand")
    assert made["id"].startswith("mrg_") and made["state"] == "applied"
    assert cli(person, "profile", "show", "user_id:u2")["id"] == cli(person, "profile", "show", "user_id:u1")["id"]
    assert made["id"] in [item["id"] for item in cli(person, "merge", "list", "--profile", "user_id:u2")["items"]]
    drawn = cli(person, "profile", "graph", "user_id:u1", json=False)
    assert "by-hand" in drawn and "UNDONE" not in drawn and drawn.count("●") == 3

    tried = cli(person, "merge", "undo", "by-hand", "--dry-run")
    assert tried["dry_run"] and tried["state"] == "undone"
    assert cli(person, "merge", "show", "by-hand")["state"] == "applied"
    assert cli(person, "merge", "undo", made["id"])["state"] == "undone"
    drawn = cli(person, "profile", "graph", "user_id:u1", json=False)
    assert "UNDONE" in drawn and "○" in drawn
    with pytest.raises(CommandFailed) as failure:
        cli(person, "merge", "undo", made["id"])
    assert failure.value.code == 6
    assert cli(person, "merge", "review", "list")["items"] == []


def test_records_are_made_changed_listed_binned_and_brought_back(tenant: Tenant) -> None:
    tried = cli(tenant, "account", "create", "--set", "name=Acme", "--set", "domain=acme.example", "--dry-run")
    assert tried["dry_run"] and cli(tenant, "account", "list")["items"] == []
    made = cli(tenant, "account", "create", "--set", "name=Acme", "--set", "domain=acme.example",
               "--set", "employee_count=12", "--set", "tags=key,2026")
    assert made["id"].startswith("acct_") and made["employee_count"] == 12 and made["tags"] == ["key", "2026"]
    assert made == tenant.get("/v1/accounts/" + made["id"]).json()
    lines = "\n".join(json.dumps({"name": f"Company {number}", "employee_count": number}) for number in range(3))
    assert len(cli(tenant, "account", "create", "--from-file", "-", input=lines)["items"]) == 3

    listed = cli(tenant, "account", "list", "--where", "employee_count gte 1", "--sort=-employee_count", "--limit", "2")
    assert [item["name"] for item in listed["items"]] == ["Acme", "Company 2"]
    changed = cli(tenant, "account", "update", "domain=acme.example", "--set", "lifecycle=customer", "--set", "tags=")
    assert changed["lifecycle"] == "customer" and changed["version"] == made["version"] + 1
    with pytest.raises(CommandFailed) as failure:
        cli(tenant, "account", "update", made["id"], "--set", "lifecycle=unheard-of")
    assert failure.value.code == 64 and "/lifecycle" in failure.value.errors
    with pytest.raises(CommandFailed) as failure:
        cli(tenant, "account", "update", made["id"], "--set", "name=X", "--if-match", "1")
    assert failure.value.code == 6

    cli(tenant, "account", "delete", made["id"], "--dry-run")
    assert cli(tenant, "account", "show", made["id"])["name"] == "Acme"
    cli(tenant, "account", "delete", made["id"])
    with pytest.raises(CommandFailed) as failure:
        cli(tenant, "account", "show", made["id"])
    assert failure.value.code == 5
    assert cli(tenant, "account", "restore", made["id"])["name"] == "Acme"


def test_every_object_has_its_noun(tenant: Tenant) -> None:
    for noun in ["account", "contact", "lead", "opportunity", "pipeline", "stage", "product", "activity", "user", "team"]:
        assert isinstance(cli(tenant, noun, "list")["items"], list)
        text = subprocess.run(
            [str(tenant.server.binary), "help", noun], capture_output=True, text=True, check=True).stdout
        assert f"tandem {noun} list" in text
    text = cli(tenant, "pipeline", "list", "-o", "csv", json=False)
    assert text.startswith("id,name,position")


def test_csv_of_a_command_runs_no_formula(tenant: Tenant) -> None:
    names = {"=1+1": "'=1+1", "@sum(a1)": "'@sum(a1)", "-2+cmd": "'-2+cmd", "-5": "-5", "plain": "plain"}
    for name in names:
        cli(tenant, "product", "create", "--set", f"name={name}", "--set", "tags==a,b")
    rows = list(csv.DictReader(io.StringIO(cli(tenant, "product", "list", "-o", "csv", json=False))))
    assert {row["name"] for row in rows} == set(names.values())
    # Any other form says what it is.
    assert {item["name"] for item in cli(tenant, "product", "list")["items"]} == set(names)
    assert {line.split()[1] for line in cli(tenant, "product", "list", json=False).splitlines()[1:]} >= {"=1+1", "@sum(a1)"}
