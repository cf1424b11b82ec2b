"""Frequent traits become typed columns of `profiles` and stay current through ingest, merge and undo."""

from __future__ import annotations

import datetime
from typing import Any

import psycopg
import pytest

from server import CommandFailed, Tenant, wait_until

PEOPLE = 20
COLUMNS = {
    "plan": ("plan", "text"), "seatCount": ("seat_count", "numeric"), "Is Active": ("is_active", "boolean"),
    "signedUpAt": ("signed_up_at", "timestamptz"), "zip": ("zip", "text"),
}


def identify(tenant: Tenant, user: str, traits: dict[str, Any], message: str, ts: str = "2026-01-02T03:04:05Z") -> None:
    answer = tenant.ingest(
        "identify", {"userId": user, "traits": traits, "messageId": message, "timestamp": ts})
    assert answer.status_code == 200, answer.text


def people(tenant: Tenant) -> None:
    batch = [
        {
            "type": "identify", "userId": f"u{number}", "messageId": f"m{number}", "timestamp": "2026-01-01T00:00:00Z",
            "traits": {
                "plan": "pro" if number % 2 else "free", "seatCount": number, "Is Active": number % 3 == 0,
                "signedUpAt": f"2025-03-{number + 1:02}T10:00:00Z", "zip": f"0{number}000", "nested": {"a": 1},
            },
        }
        for number in range(PEOPLE)
    ]
    assert tenant.ingest("batch", {"batch": batch}).json()["accepted"] == PEOPLE


def row(tenant: Tenant, user: str, columns: str) -> tuple[Any, ...] | None:
    rows = tenant.server.sql(f"select {columns} from profiles where user_id = %s", [user], schema=tenant.schema)
    return rows[0] if rows else None


def columns(tenant: Tenant) -> dict[str, str]:
    return dict(tenant.server.sql(
        "select a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute a"
        " where a.attrelid = 'profiles'::regclass and a.attnum > 0 and not a.attisdropped",
        schema=tenant.schema))


def test_frequent_traits_become_typed_columns(tenant: Tenant) -> None:
    people(tenant)
    before = columns(tenant)
    planned = tenant.server.cli("bi", "promote", "--tenant", tenant.slug, "--dry-run")["items"]
    assert {item["trait"]: (item["column"], item["type"]) for item in planned} == COLUMNS
    assert columns(tenant) == before
    tenant.server.cli("bi", "promote", "--tenant", tenant.slug)
    added = {name: kind for name, kind in columns(tenant).items() if name not in before}
    assert added == {
        "plan": "text", "seat_count": "numeric", "is_active": "boolean", "zip": "text",
        "signed_up_at": "timestamp with time zone",
    }
    assert row(tenant, "u3", "plan, seat_count, is_active, zip, signed_up_at") == (
        "pro", 3, True, "03000", datetime.datetime(2025, 3, 4, 10, tzinfo=datetime.timezone.utc))
    assert tenant.server.cli("bi", "promote", "--tenant", tenant.slug)["items"] == []

    login = tenant.server.cli("bi", "user", "create", tenant.slug, "promote")
    with psycopg.connect(login["dsn"]) as connection:
        assert connection.execute("select count(plan), sum(seat_count) from profiles").fetchone() == (PEOPLE, 190)
        comment = connection.execute(
            "select col_description('profiles'::regclass, attnum) from pg_attribute"
            " where attrelid = 'profiles'::regclass and attname = 'seat_count'").fetchone()
    assert comment is not None and "seatCount" in comment[0]


def test_ingest_merge_and_undo_keep_them_current(tenant: Tenant) -> None:
    people(tenant)
    tenant.server.cli("bi", "promote", "--tenant", tenant.slug, "plan", "seatCount")
    identify(tenant, "u1", {"plan": "team"}, "later", "2026-02-01T00:00:00Z")
    assert row(tenant, "u1", "plan, seat_count") == ("team", 1)
    identify(tenant, "u1", {"plan": "late arrival"}, "earlier", "2025-02-01T00:00:00Z")
    assert row(tenant, "u1", "plan") == ("team",)
    identify(tenant, "u1", {"plan": None}, "cleared", "2026-03-01T00:00:00Z")
    assert row(tenant, "u1", "plan") == (None,)
    identify(tenant, "new", {"plan": "first"}, "new")
    assert row(tenant, "new", "plan") == ("first",)

    identify(tenant, "u2", {"plan": "newest"}, "newest", "2026-04-01T00:00:00Z")
    merge = tenant.server.cli("merge", "apply", "user_id:u3", "user_id:u2", "--tenant", tenant.slug)
    assert row(tenant, "u2", "1") is None or row(tenant, "u3", "1") is None
    user = "u2" if row(tenant, "u2", "1") else "u3"
    assert row(tenant, user, "plan") == ("newest",)
    tenant.server.cli("merge", "undo", merge["id"], "--tenant", tenant.slug)
    assert row(tenant, "u2", "plan, seat_count") == ("newest", 2)
    assert row(tenant, "u3", "plan, seat_count") == ("pro", 3)


def test_what_stops_parsing_becomes_text(tenant: Tenant) -> None:
    people(tenant)
    tenant.server.cli("bi", "promote", "--tenant", tenant.slug, "seatCount")
    identify(tenant, "u4", {"seatCount": "a few"}, "odd")
    assert row(tenant, "u4", "seat_count") == (None,)
    for number in range(5, 8):
        identify(tenant, f"u{number}", {"seatCount": "many"}, f"odd-{number}")
    changed = tenant.server.cli("bi", "promote", "--tenant", tenant.slug, "seatCount")["items"]
    assert [(item["trait"], item["type"], item["change"]) for item in changed] == [("seatCount", "text", "retyped")]
    assert row(tenant, "u4", "seat_count") == ("a few",)
    assert row(tenant, "u1", "seat_count") == ("1",)


def test_a_trait_that_nobody_has_is_refused(tenant: Tenant) -> None:
    people(tenant)
    with pytest.raises(CommandFailed) as failure:
        tenant.server.cli("bi", "promote", "--tenant", tenant.slug, "unheard_of")
    assert failure.value.code == 5


def test_the_server_promotes_by_itself_within_a_minute(tenant: Tenant) -> None:
    people(tenant)
    wait_until(lambda: "seat_count" in columns(tenant), timeout_s=60, every_s=1)
    wait_until(lambda: row(tenant, "u3", "seat_count") == (3,), timeout_s=10)
